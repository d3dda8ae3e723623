//! Building in slices: whoever builds asks for one unit of work after another, shows how far it is, and drops the
//! builder to cancel.

use super::Index;

/// How far a building is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What is being done: the key of its words.
    pub phase: &'static str,
    /// Share of this phase that is done, from 0 to 1.
    pub share: f32,
}

/// An index under construction.
pub trait Builder {
    /// Does a unit of work, of some milliseconds at most; none when nothing is left to do.
    fn advance(&mut self) -> Option<Progress>;

    /// The index.
    ///
    /// # Panics
    /// If something is left to do.
    fn finish(self: Box<Self>) -> Box<dyn Index>;
}

/// An index that needs no building.
pub struct Ready(pub Box<dyn Index>);

impl Builder for Ready {
    fn advance(&mut self) -> Option<Progress> {
        None
    }

    fn finish(self: Box<Self>) -> Box<dyn Index> {
        self.0
    }
}

/// Builds to the end.
#[must_use]
pub fn run(mut builder: Box<dyn Builder>) -> Box<dyn Index> {
    while builder.advance().is_some() {}
    builder.finish()
}
