//! What the page shows of negatives.

use serde::{Deserialize, Serialize};

/// What was measured of the item vectors and the candidates at one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Steps made, t.
    pub step: u64,
    /// Mean distance that item vectors moved over 1, 5 and 10 steps.
    pub drift: [f32; 3],
    /// Negatives a row is compared with.
    pub pool: u32,
}

/// A row of the last batch and what it was compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NegativesPicture {
    /// Steps made.
    pub step: u64,
    /// The row, from 0.
    pub row: u32,
    /// Rows of the batch.
    pub rows: u32,
    /// Whose row it is.
    pub user: u32,
    /// What they chose.
    pub positive: Negative,
    /// The negatives that weigh most, those that do not count among them by their scores.
    pub hardest: Vec<Negative>,
    /// How many negatives come from where.
    pub sources: Vec<(String, u32)>,
    /// How many of them do not count.
    pub masked: u32,
    /// Loss of the same batch once it has been learnt from; absent while the model trains, and where candidates change
    /// with the step.
    pub loss_after: Option<f32>,
    /// What temperature or margin do to this row.
    pub effect: Effect,
    /// Ten classes of items, each with as many items as the others, the least chosen first: share of the training
    /// events, share of the negatives of the last pictures, and that share after logQ.
    pub popularity: Vec<[f32; 3]>,
}

/// An item a row was compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Negative {
    /// The item.
    pub item: u32,
    /// Its score.
    pub score: f32,
    /// Its score once the batch has been learnt from.
    pub after: Option<f32>,
    /// How much it teaches: its share of the gradient among the negatives. Of the positive: the chance the model gives
    /// it.
    pub share: f32,
    /// Where it comes from.
    pub source: String,
    /// It does not count.
    pub masked: bool,
}

/// What the loss's setting does to a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// For three temperatures: shares of the negatives, the largest first. The second is the run's.
    Temperature(Vec<(f32, Vec<f32>)>),
    /// Share of the negatives that lie within each margin.
    Margin { own: f32, within: Vec<(f32, f32)> },
}
