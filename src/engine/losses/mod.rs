//! What is minimised: from the scores of a batch to one number.

mod sampled_softmax;

use crate::settings::{Knob, Settings};

use super::nn::{Tape, Var};
use super::sampling::Candidates;

/// The scores of a step and what is known of their columns.
#[derive(Clone, Copy, Debug)]
pub struct Logits<'a> {
    /// `[B, C]`: row's user against column's item.
    pub scores: Var,
    /// The columns.
    pub candidates: &'a Candidates,
}

/// A loss.
pub trait Loss {
    /// The mean over the rows, `[1, 1]`.
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var;
}

/// An entry of the table of losses.
pub struct LossKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Makes it.
    pub build: fn(&Settings) -> Box<dyn Loss>,
}

/// All losses, in alphabetical order.
pub const LOSSES: &[LossKind] = &[sampled_softmax::KIND];
