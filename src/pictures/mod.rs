//! Engine results → numbers to paint.

mod card;
mod map;
mod scenery;

pub use card::user_card;
pub use map::MapPainter;
pub use scenery::scenery;
