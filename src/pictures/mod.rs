//! Engine results → numbers to paint.

mod card;
mod features;
mod indexes;
mod inside;
mod map;
mod negatives;
mod scenery;

pub use card::user_card;
pub use features::FeaturesPainter;
pub use indexes::{CellsScene, cells_of, cells_picture, kept, walked};
pub use inside::{Scene, inside_picture};
pub use map::MapPainter;
pub use negatives::NegativesPainter;
pub use scenery::scenery;
