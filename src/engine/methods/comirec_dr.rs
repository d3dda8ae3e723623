//! ComiRec-DR: controllable multi-interest recommendation by dynamic routing (Cen et al., KDD 2020).
//!
//! ```text
//! h_j|i = W_ij e_i     b_ij = 0     v_1 … v_K = capsule routing of the h_j|i, three rounds (see `nn/ops/routing.rs`)
//! training: k* = argmax_k ⟨v_k, e_t⟩, softmax on ⟨v_k*, e_t⟩       serving: s(u, i) = max_k ⟨v_k, e_i⟩
//! ```
//!
//! There is a matrix for every pair of a place in the history, oldest first, and an interest, as in the first capsule
//! networks; MIND has one for all. They begin as N(0, 1), so that first logits of zero do not leave the interests
//! equal. The authors' code needs a larger learning rate than for self-attention, 0.005.

use crate::engine::data::{Batch, ItemId};
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Init, ParamId, Params, RoutingSpec, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::{INTERESTS_MAX, Method};

pub const METHOD: Method = Method {
    kind: "comirec_dr",
    source: "Cen et al., KDD 2020",
    gradient: true,
    vectors: true,
    metric: |_| Metric::Dot,
    queries: false,
    knobs: || {
        vec![
            Knob::whole("dim", 2, 64, 32).paper(Value::Number(64.0)),
            Knob::whole("interests", 1, INTERESTS_MAX, 4).paper(Value::Number(4.0)),
            Knob::whole("rounds", 1, 10, 3).paper(Value::Number(3.0)),
        ]
    },
    build,
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = Params::default();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (n_items, places) = (parts.world.dataset.items.len(), parts.train.history);
    let model: Box<dyn Retriever> = Box::new(ComirecDr::build(settings, n_items, places, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)))
}

/// The model.
pub(super) struct ComirecDr {
    /// E, one row for each item.
    items: ParamId,
    /// `W_i1 … W_iK` side by side, for every place below each other: `[places · d, K · d]`.
    maps: ParamId,
    interests: usize,
    rounds: usize,
    /// First logits, all zero: `[places, K]`.
    logits: Vec<f32>,
    /// Places of the batch's events, and K for every user: scratch.
    numbers: Vec<u32>,
    active: Vec<u32>,
}

impl ComirecDr {
    pub(super) fn build(
        settings: &Settings,
        n_items: usize,
        places: usize,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let dim = settings.whole("dim") as usize;
        let interests = settings.whole("interests") as usize;
        Self {
            items: params.table("item.id", n_items, dim, EMBEDDING_INIT, rng),
            maps: params.dense("routing", places * dim, interests * dim, Init::Normal(1.0), rng),
            interests,
            rounds: settings.whole("rounds") as usize,
            logits: vec![0.0; places * interests],
            numbers: Vec::new(),
            active: Vec::new(),
        }
    }

    /// The capsules of every user, `[B·K, d]`.
    fn users(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        self.numbers.clear();
        for bounds in batch.history_offsets.windows(2) {
            self.numbers.extend(0..bounds[1] - bounds[0]);
        }
        self.active.clear();
        self.active.resize(batch.len(), self.interests as u32);
        let history = tape.gather(params, self.items, ItemId::numbers(&batch.history_items));
        let mapped = tape.placed_linear(params, history, self.maps, &self.numbers);
        let spec = RoutingSpec {
            offsets: &batch.history_offsets,
            active: &self.active,
            capsules: self.interests,
            own: true,
            rounds: self.rounds,
            logits: &self.logits,
        };
        tape.route(mapped, &spec)
    }
}

impl Retriever for ComirecDr {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        Encoded {
            users: self.users(tape, params, batch),
            items: tape.gather(params, self.items, items),
            penalty: None,
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn heads(&self) -> usize {
        self.interests
    }
}
