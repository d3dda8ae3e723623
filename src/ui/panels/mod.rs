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
mod search;
mod user;

pub use columns::ColumnsForm;
pub use data::{DataPanel, DropZone};
pub use inside::InsidePanel;
pub use lab::FeatureLab;
pub use map::MapPanel;
pub use metrics::MetricsTable;
pub use negatives::NegativesPanel;
pub use notice::NoticeBar;
pub use personal::PersonalSearch;
pub use search::SearchPanel;
pub use user::UserPanel;
