//! What is minimised: from the scores of a batch to one number.

mod bce;
mod bpr;
mod hinge;
mod sampled_softmax;
mod triplet;

use crate::settings::{Knob, Settings};

use super::nn::{Negatives, Tape, Var};

/// The scores of a step: of each row's positive, and of blocks of negatives.
#[derive(Clone, Copy, Debug)]
pub struct Logits<'a> {
    /// `[B, 1]`.
    pub positive: Var,
    /// `log Q` of each positive, `[B]`.
    pub positive_log_q: &'a [f32],
    /// Each block `[B, C]`, with the log Q of its columns and what does not count.
    pub negatives: &'a [Negatives<'a>],
}

/// How much each negative of a row teaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weighing {
    /// By the softmax of `S / τ`, less `log Q` where that is corrected.
    Softmax { temperature: f32, logq: bool },
    /// All alike that come within this margin of the positive, the others nothing.
    Margin(f32),
    /// By the logistic function of `(s⁻ − s⁺) / τ`.
    Logistic { temperature: f32 },
    /// By its own chance `σ(s⁻ / τ)`, whatever the positive's score.
    Binary { temperature: f32 },
}

/// A loss.
pub trait Loss {
    /// The mean over the rows, `[1, 1]`.
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var;

    /// How it weighs negatives.
    fn weighing(&self) -> Weighing;
}

/// An entry of the table of losses.
pub struct LossKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Whether its scores must be cosines.
    pub cosine: bool,
    /// Makes it.
    pub build: fn(&Settings) -> Box<dyn Loss>,
}

/// All losses, in alphabetical order.
pub const LOSSES: &[LossKind] = &[bce::KIND, bpr::KIND, hinge::KIND, sampled_softmax::KIND, triplet::KIND];
