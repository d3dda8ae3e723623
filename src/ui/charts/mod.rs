//! Charts: one canvas, one painter, and the curves that are shown.

mod backend;
mod canvas;
mod figure;
mod lines;
mod negatives;
mod panel;

pub use canvas::{Canvas, Frame};
pub use negatives::{DriftChart, EffectChart, PoolChart, PopularityChart};
pub use panel::{LossChart, QualityChart};
