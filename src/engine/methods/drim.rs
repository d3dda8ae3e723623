//! DRIM: diversity regularized interests modelling (Hao et al., arXiv 2103.12404).
//!
//! ```text
//! v_1 … v_K = capsules of the history, as in MIND     k* = argmax_k ⟨v_k, e_t⟩
//! L = softmax on ⟨v_k*, e_t⟩ − λ · mean over users of R(v_1 … v_K)
//! ```
//!
//! R is large when a user's interests lie apart: one of three separators, by distance from the mean, by pairs, or by
//! entropy. The paper's text could not be had: its ideas are known, the exact forms are ours and stand in
//! `nn/ops/separate.rs`; that it takes one separator at a time is our reading, and which capsules it has, MIND's or
//! ComiRec-DR's, is not known. Without an MLP after
//! them capsules are shorter than 1, so that no separator can grow without bound; with d = 2 a user is drawn as points
//! inside a circle.

use crate::engine::data::Batch;
use crate::engine::inside::{Inside, Looked};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Params, Separator, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::interests::{BehaviourToInterest, DynamicRouting, INTERESTS_MAX, Interests};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "drim",
    source: "Hao et al., arXiv 2021",
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32),
            Knob::whole("interests", 1, INTERESTS_MAX, 4),
            Knob::choice("extractor", &["b2i", "dr"], "b2i"),
            Knob::choice("separator", &["dist", "pair", "e1", "e2", "e3"], "dist"),
            Knob::real("lambda", 0.0, 10.0, 0.1),
            Knob::flag("adaptive", false),
            Knob::whole("rounds", 1, 10, 3),
            Knob::real("sigma", 0.0, 10.0, 1.0),
        ]
    },
    build,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (n_items, places) = (parts.world.dataset.items.len(), parts.train.history);
    let (seed, dim) = (parts.seed, settings.whole("dim") as usize);
    let interests = Interests::build(n_items, dim, &mut params, &mut rng, |items, params, rng| {
        if settings.word("extractor") == "dr" {
            Box::new(DynamicRouting::build(settings, items, places, params, rng))
        } else {
            Box::new(BehaviourToInterest::build(settings, items, places, seed, params, rng))
        }
    });
    let model: Box<dyn Retriever> = Box::new(Drim::new(settings, interests));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

/// The model.
pub(super) struct Drim {
    interests: Interests,
    separator: Separator,
    lambda: f32,
}

impl Drim {
    /// Keeps `interests` apart, by the settings `separator` and `lambda`.
    pub(super) fn new(settings: &Settings, interests: Interests) -> Self {
        Self {
            interests,
            separator: match settings.word("separator") {
                "pair" => Separator::Pair,
                "e1" => Separator::E1,
                "e2" => Separator::E2,
                "e3" => Separator::E3,
                _ => Separator::Dist,
            },
            lambda: settings.real("lambda"),
        }
    }
}

impl Retriever for Drim {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        let encoded = self.interests.encode(tape, params, batch, items);
        let penalty = (self.lambda > 0.0).then(|| {
            let active = self.interests.extractor.active();
            let apart = tape.separate(encoded.users, active, self.separator);
            tape.scale(apart, -self.lambda)
        });
        Encoded { penalty, ..encoded }
    }

    fn metric(&self) -> Metric {
        self.interests.metric()
    }

    fn heads(&self) -> usize {
        self.interests.heads()
    }

    fn inside(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, looked: Looked) -> Inside {
        self.interests.inside(tape, params, batch, looked)
    }
}
