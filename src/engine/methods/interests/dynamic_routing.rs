//! Dynamic routing with a map of its own for every pair of a place and an interest (Cen et al., KDD 2020, section 3.2;
//! as in Sabour et al., NeurIPS 2017). ComiRec-DR reads users with it, and DRIM if so chosen.

use crate::engine::data::{Batch, ItemId};
use crate::engine::nn::{Init, ParamId, Params, RoutingSpec, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Settings;

use super::Extractor;

/// E, and W for every place and interest.
pub struct DynamicRouting {
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

impl DynamicRouting {
    /// By the settings `dim`, `interests` and `rounds`, on the items of the table `items` and histories of at most
    /// `places` events.
    pub fn build(settings: &Settings, items: ParamId, places: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let dim = settings.whole("dim") as usize;
        let interests = settings.whole("interests") as usize;
        Self {
            items,
            maps: params.dense("routing", places * dim, interests * dim, Init::Normal(1.0), rng),
            interests,
            rounds: settings.whole("rounds") as usize,
            logits: vec![0.0; places * interests],
            numbers: Vec::new(),
            active: Vec::new(),
        }
    }
}

impl Extractor for DynamicRouting {
    fn heads(&self) -> usize {
        self.interests
    }

    fn active(&self) -> &[u32] {
        &self.active
    }

    fn rounds(&self) -> usize {
        self.rounds
    }

    fn after(&mut self, rounds: usize, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
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
            rounds,
            logits: &self.logits,
        };
        tape.route(mapped, &spec)
    }

    fn shares(&self, tape: &Tape, _batch: &Batch, interests: Var) -> Vec<f32> {
        tape.routing_weights(interests).to_vec()
    }
}
