//! Which items a user is compared with in a step, and how likely each was to be drawn.

mod in_batch;

use crate::settings::{Knob, Settings};

use super::data::Batch;
use super::rng::Rng;

/// The items scored in one step, shared by all rows of the batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// Item of each column, `[C]`.
    pub items: Vec<u32>,
    /// Logarithm of the probability with which each column's item is drawn, `[C]`.
    pub log_q: Vec<f32>,
    /// Column of each row's positive, `[B]`.
    pub positives: Vec<u32>,
    /// Pairs of row and column that must not count as negatives.
    pub masked: Vec<(u32, u32)>,
}

/// A source of negatives.
pub trait Sampler {
    /// Fills `out` with the candidates of `batch`.
    fn draw(&mut self, batch: &Batch, rng: &mut Rng, out: &mut Candidates);
}

/// An entry of the table of samplers.
pub struct SamplerKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Makes it, given how often each item occurs in training.
    pub build: fn(&Settings, &[u32]) -> Box<dyn Sampler>,
}

/// All samplers, in alphabetical order.
pub const SAMPLERS: &[SamplerKind] = &[in_batch::KIND];
