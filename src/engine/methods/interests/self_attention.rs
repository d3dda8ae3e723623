//! Self-attention over a history, once for each interest (Cen et al., KDD 2020, section 3.2; after Lin et al., ICLR
//! 2017): the formula is in `methods/comirec_sa.rs`.

use crate::engine::data::{Batch, ItemId};
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::nn::{Activation, AttentionSpec, AttentionWeights, Init, ParamId, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Settings;

use super::Extractor;

/// E, P, W1 and W2.
pub struct SelfAttention {
    /// E, one row for each item.
    items: ParamId,
    /// P, one row for each place of a history.
    places: ParamId,
    /// W1, `[d, d_a]`, and its bias.
    inner: (ParamId, ParamId),
    /// W2ᵀ, `[K, d_a]`.
    outer: ParamId,
    interests: usize,
    /// Places of the batch's events, where the K rows of each user begin, and K for every user: scratch.
    numbers: Vec<u32>,
    rows: Vec<u32>,
    active: Vec<u32>,
}

impl SelfAttention {
    /// By the settings `dim`, `interests` and `inner`, on the items of the table `items` and histories of at most
    /// `places` events.
    pub fn build(settings: &Settings, items: ParamId, places: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let dim = settings.whole("dim") as usize;
        let interests = settings.whole("interests") as usize;
        let width = dim * settings.whole("inner") as usize;
        Self {
            items,
            places: params.table("place", places, dim, EMBEDDING_INIT, rng),
            inner: (
                params.dense("inner", dim, width, Init::Glorot, rng),
                params.dense("inner_bias", 1, width, Init::Zeros, rng),
            ),
            outer: params.dense("outer", interests, width, Init::Glorot, rng),
            interests,
            numbers: Vec::new(),
            rows: Vec::new(),
            active: Vec::new(),
        }
    }
}

impl Extractor for SelfAttention {
    fn heads(&self) -> usize {
        self.interests
    }

    fn active(&self) -> &[u32] {
        &self.active
    }

    /// Attention has one.
    fn rounds(&self) -> usize {
        1
    }

    fn after(&mut self, _rounds: usize, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        let (n, k) = (batch.len() as u32, self.interests as u32);
        self.active.clear();
        self.active.resize(batch.len(), k);
        self.numbers.clear();
        for bounds in batch.history_offsets.windows(2) {
            self.numbers.extend(0..bounds[1] - bounds[0]);
        }
        let history = tape.gather(params, self.items, ItemId::numbers(&batch.history_items));
        let places = tape.gather(params, self.places, &self.numbers);
        let placed = tape.add(history, places);
        let (weight, bias) = self.inner;
        let keys = tape.linear(params, placed, weight, Some(bias), Activation::Tanh);
        let outer = tape.param(params, self.outer);
        let queries = tape.select(outer, (0..n).flat_map(|_| 0..k));
        self.rows.clear();
        self.rows.extend((0..=n).map(|user| user * k));
        let spec = AttentionSpec {
            query_offsets: &self.rows,
            key_offsets: &batch.history_offsets,
            heads: 1,
            scale: 1.0,
            weights: AttentionWeights::Softmax,
            causal: false,
        };
        tape.attention(queries, keys, history, &spec)
    }

    /// A, transposed.
    fn shares(&self, tape: &Tape, batch: &Batch, interests: Var) -> Vec<f32> {
        let (k, mut weights) = (self.interests, tape.attention_weights(interests));
        let mut shares = Vec::with_capacity(weights.len());
        for bounds in batch.history_offsets.windows(2) {
            let events = (bounds[1] - bounds[0]) as usize;
            let (of_user, others) = weights.split_at(k * events);
            shares.extend((0..events).flat_map(|event| (0..k).map(move |head| of_user[head * events + event])));
            weights = others;
        }
        shares
    }
}
