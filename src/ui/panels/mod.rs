//! The panels: each shows one part of what is known, and asks for more over the desk.

mod columns;
mod data;
mod inside;
mod lab;
mod listed;
mod map;
mod metrics;
mod negatives;
mod notice;
mod personal;
mod race;
mod search;
mod share;
mod sweep;
mod user;

pub use columns::ColumnsProps;
pub use data::{DataProps, take_dropped};
pub use inside::InsideProps;
pub use lab::LabProps;
pub use map::MapPanel;
pub use metrics::MetricsProps;
pub use negatives::NegativesProps;
pub use notice::NoticeProps;
pub use personal::PersonalProps;
pub use race::RaceProps;
pub use search::SearchProps;
pub use share::ShareProps;
pub use sweep::SweepProps;
pub use user::UserProps;
