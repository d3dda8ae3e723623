//! The interest map: where points are, how they move, and how they are painted. The panel around it is
//! `panels::map`.

mod gesture;
mod glide;
mod lasso;
mod motion;
mod paint;
mod scene;
mod view;

pub use gesture::{Gesture, Wish};
pub use lasso::Caught;
pub use motion::Motion;
pub use scene::{Given, Scene};
pub use view::{Place, Point};
