//! ComiRec-DR: controllable multi-interest recommendation by dynamic routing (Cen et al., KDD 2020).
//!
//! ```text
//! h_j|i = W_ij e_i     b_ij = 0     v_1 … v_K = capsule routing of the h_j|i, three rounds (see `nn/ops/routing.rs`)
//! training: k* = argmax_k ⟨v_k, e_t⟩, softmax on ⟨v_k*, e_t⟩       serving: s(u, i) = max_k ⟨v_k, e_i⟩
//! ```
//!
//! There is a matrix for every pair of a place in the history, oldest first, and an interest, as in the first capsule
//! networks; MIND has one for all. They begin as N(0, 1), so that first logits of zero do not leave the interests
//! equal. The authors' code needs a larger learning rate than for self-attention, 0.005. The choice of k* is the
//! trainer's, for every model with several vectors.

use crate::engine::model::Retriever;
use crate::engine::nn::Params;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::interests::{DynamicRouting, INTERESTS_MAX, Interests};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "comirec_dr",
    source: "Cen et al., KDD 2020",
    knobs: || {
        vec![
            Knob::whole("dim", 2, 64, 32).paper(Value::Number(64.0)),
            Knob::whole("interests", 1, INTERESTS_MAX, 4).paper(Value::Number(4.0)),
            Knob::whole("rounds", 1, 10, 3).paper(Value::Number(3.0)),
        ]
    },
    build,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (n_items, places) = (parts.world.dataset.items.len(), parts.train.history);
    let model: Box<dyn Retriever> = Box::new(model(settings, n_items, places, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

/// The model.
pub(super) fn model(
    settings: &Settings,
    n_items: usize,
    places: usize,
    params: &mut Params,
    rng: &mut Rng,
) -> Interests {
    let dim = settings.whole("dim") as usize;
    Interests::build(n_items, dim, params, rng, |items, params, rng| {
        Box::new(DynamicRouting::build(settings, items, places, params, rng))
    })
}
