//! What the page knows of searches beside what was found: which indexes stand, how they do, how a search goes.

mod bench;
mod played;
mod verdicts;

pub use bench::{Bench, OnMap};
pub use played::Played;
pub use verdicts::{because, column};
