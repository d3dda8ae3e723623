//! Behaviour-to-interest routing: a history as a few capsules (Li et al., CIKM 2019, section 3.3). MIND reads
//! users with it, and DRIM unless otherwise chosen.

use crate::engine::data::{Batch, ItemId};
use crate::engine::nn::{Activation, Init, ParamId, Params, RoutingSpec, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::settings::Settings;

use super::Extractor;

/// E, S and the first logits.
pub struct BehaviourToInterest {
    /// E, one row for each item.
    items: ParamId,
    /// S, `[d, d]`, the same for all pairs.
    map: ParamId,
    interests: usize,
    /// K' follows the length of the history.
    adaptive: bool,
    rounds: usize,
    /// b at first, `[places of a history, K]`.
    logits: Vec<f32>,
    /// K' of each user of the last batch.
    active: Vec<u32>,
}

impl BehaviourToInterest {
    /// By the settings `dim`, `interests`, `adaptive`, `rounds` and `sigma`, on the items of the table `items` and
    /// histories of at most `places` events; `seed` decides the first logits.
    pub fn build(
        settings: &Settings,
        items: ParamId,
        places: usize,
        seed: u32,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let dim = settings.whole("dim") as usize;
        let interests = settings.whole("interests") as usize;
        let sigma = settings.real("sigma");
        let mut chance = Rng::stream(seed, Purpose::Routing, 0);
        Self {
            items,
            map: params.dense("routing", dim, dim, Init::Glorot, rng),
            interests,
            adaptive: settings.flag("adaptive"),
            rounds: settings.whole("rounds") as usize,
            logits: (0..places * interests).map(|_| sigma * chance.normal()).collect(),
            active: Vec::new(),
        }
    }

    /// Other first logits, of the same shape.
    #[cfg(test)]
    pub fn set_logits(&mut self, logits: &[f32]) {
        self.logits.copy_from_slice(logits);
    }
}

impl Extractor for BehaviourToInterest {
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
        let (most, adaptive) = (self.interests as u32, self.adaptive);
        let events = batch.history_offsets.windows(2).map(|bounds| bounds[1] - bounds[0]);
        self.active.clear();
        self.active.extend(events.map(|events| match events.checked_ilog2() {
            Some(log) if adaptive => log.clamp(1, most),
            None if adaptive => 1,
            _ => most,
        }));
        let history = tape.gather(params, self.items, ItemId::numbers(&batch.history_items));
        let mapped = tape.linear(params, history, self.map, None, Activation::None);
        let spec = RoutingSpec {
            offsets: &batch.history_offsets,
            active: &self.active,
            capsules: self.interests,
            own: false,
            rounds,
            logits: &self.logits,
        };
        tape.route(mapped, &spec)
    }

    fn shares(&self, tape: &Tape, _batch: &Batch, interests: Var) -> Vec<f32> {
        tape.routing_weights(interests).to_vec()
    }
}
