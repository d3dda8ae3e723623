//! A history as several interests: what MIND, ComiRec and DRIM are made of.

mod b2i;
mod dynamic_routing;
mod self_attention;

#[cfg(test)]
mod parity;

use crate::engine::data::Batch;
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{CAPSULES_MAX, ParamId, Params, Tape, Var};

pub use b2i::BehaviourToInterest;
pub use dynamic_routing::DynamicRouting;
pub use self_attention::SelfAttention;

/// Vectors that a user has at most.
pub const INTERESTS_MAX: u32 = CAPSULES_MAX as u32;

/// How the events of a history become a few vectors.
pub trait Extractor {
    /// K.
    fn heads(&self) -> usize;

    /// How many of its K vectors each user of the batch last read has; the others repeat the first.
    fn active(&self) -> &[u32];

    /// The vectors of every user, `[B·K, d]`.
    fn interests(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var;

    /// As [`Retriever::shares`].
    fn shares(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Vec<Vec<f32>>;
}

/// Users are the interests of their histories, items are embeddings: `s(u, i) = max_k ⟨v_k, e_i⟩`.
pub struct Interests {
    /// E, one row for each item.
    pub items: ParamId,
    pub extractor: Box<dyn Extractor>,
}

impl Retriever for Interests {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        Encoded {
            users: self.extractor.interests(tape, params, batch),
            items: tape.gather(params, self.items, items),
            penalty: None,
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn heads(&self) -> usize {
        self.extractor.heads()
    }

    fn shares(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Vec<Vec<f32>> {
        self.extractor.shares(tape, params, batch)
    }
}
