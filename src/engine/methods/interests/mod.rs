//! A history as several interests: what MIND, ComiRec and DRIM are made of.

mod b2i;
mod dynamic_routing;
mod self_attention;

#[cfg(test)]
mod parity;

use crate::engine::data::Batch;
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::inside::{Inside, Looked};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{CAPSULES_MAX, ParamId, Params, Tape, Var, Wanted};
use crate::engine::rng::Rng;

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

    /// Rounds in which the vectors come about.
    fn rounds(&self) -> usize;

    /// The vectors of every user after so many rounds, `[B·K, d]`.
    fn after(&mut self, rounds: usize, tape: &mut Tape, params: &Params, batch: &Batch) -> Var;

    /// How much each event counted for each vector in the last round of what [`Extractor::after`] made, `[ΣT, K]`.
    fn shares(&self, tape: &Tape, batch: &Batch, interests: Var) -> Vec<f32>;
}

/// Users are the interests of their histories, items are embeddings: `s(u, i) = max_k ⟨v_k, e_i⟩`.
pub struct Interests {
    /// E, one row for each item.
    pub items: ParamId,
    pub extractor: Box<dyn Extractor>,
}

impl Interests {
    /// Of `n_items` items in `dim` dimensions, read by what `extractor` makes of their table.
    pub fn build(
        n_items: usize,
        dim: usize,
        params: &mut Params,
        rng: &mut Rng,
        extractor: impl FnOnce(ParamId, &mut Params, &mut Rng) -> Box<dyn Extractor>,
    ) -> Self {
        let items = params.embedding(Wanted::items("item.id", n_items, dim, EMBEDDING_INIT), rng);
        let extractor = extractor(items, params, rng);
        Self { items, extractor }
    }
}

impl Retriever for Interests {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        Encoded {
            users: read(self.extractor.as_mut(), tape, params, batch),
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

    fn inside(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, _looked: Looked) -> Inside {
        inside(self.extractor.as_mut(), tape, params, batch)
    }
}

/// The vectors of every user, `[B·K, d]`.
pub fn read(extractor: &mut dyn Extractor, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
    extractor.after(extractor.rounds(), tape, params, batch)
}

/// The weights of events in every round, as [`Retriever::inside`] gives them.
pub fn inside(extractor: &mut dyn Extractor, tape: &mut Tape, params: &Params, batch: &Batch) -> Inside {
    let rounds = 1..=extractor.rounds();
    let after = |rounds| {
        let interests = extractor.after(rounds, tape, params, batch);
        extractor.shares(tape, batch, interests)
    };
    Inside::Shares(rounds.map(after).collect())
}
