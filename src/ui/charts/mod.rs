//! Charts: one canvas, one painter, and the curves that are shown.

mod axis;
mod backend;
mod calibration;
mod canvas;
mod features;
mod figure;
mod lines;
mod negatives;
mod panel;
mod sizes;

pub use calibration::{CalibrationProps, calibration_chart};
pub use canvas::{Canvas, Frame, save_pictures};
pub use features::{FeatureChartProps, codes_chart, number_chart};
pub use figure::FigureProps;
pub use lines::Line;
pub use negatives::{MeasuredProps, RowChartProps, drift_chart, effect_chart, pool_chart, popularity_chart};
pub use panel::{LossProps, QualityProps, loss_chart, quality_chart, race_chart};
pub use sizes::SizeProps;
