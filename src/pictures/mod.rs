//! Engine results → numbers to paint.

mod card;
mod map;
mod negatives;
mod scenery;

pub use card::user_card;
pub use map::MapPainter;
pub use negatives::NegativesPainter;
pub use scenery::scenery;
