//! What a row of the last batch was compared with: for whoever wants to see it, not for training.

use crate::engine::data::{ItemId, UserId};
use crate::engine::losses::Weighing;
use crate::engine::sampling::Source;

/// A row of the last batch with everything its positive was compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedRow {
    /// Rows of the batch.
    pub rows: usize,
    /// Whose row it is.
    pub user: UserId,
    /// What they chose.
    pub positive: ItemId,
    /// Its score.
    pub score: f32,
    /// Its `log Q`.
    pub log_q: f32,
    /// The negatives, in the order of the blocks; those that did not count as well.
    pub negatives: Vec<Compared>,
    /// How the loss weighed them.
    pub weighing: Weighing,
}

/// A negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The item, or the hard negative a mixture is made of.
    pub item: u32,
    /// Its score before temperature and logQ.
    pub score: f32,
    /// Its `log Q`; 0 where there is nothing to correct.
    pub log_q: f32,
    /// Where it comes from.
    pub source: Source,
    /// It was mixed with the positive.
    pub mixed: bool,
    /// It did not count: it is the row's own positive, or something the user is known to have chosen.
    pub masked: bool,
}
