//! Charts: one canvas, one painter, and the curves that are shown.

mod backend;
mod canvas;
mod lines;
mod panel;

pub use canvas::{Canvas, Frame};
pub use panel::{LossChart, QualityChart};
