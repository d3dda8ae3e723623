//! What can be seen of an index: its cells, how a search goes through it, and what it keeps of an item.

mod cells;
mod kept;
mod walked;

pub use cells::{CellsScene, cells_of, cells_picture};
pub use kept::kept;
pub use walked::walked;
