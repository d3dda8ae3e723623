//! Charts: one canvas, one painter, and the curves that are shown.

mod backend;
mod calibration;
mod canvas;
mod features;
mod figure;
mod lines;
mod negatives;
mod panel;
mod sizes;

pub use calibration::CalibrationChart;
pub use canvas::{Canvas, Frame};
pub use features::{CodesChart, NumberChart};
pub use figure::Figure;
pub use lines::Line;
pub use negatives::{DriftChart, EffectChart, PoolChart, PopularityChart};
pub use panel::{LossChart, QualityChart};
pub use sizes::SizeChart;
