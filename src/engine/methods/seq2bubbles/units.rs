//! The parts that attend: see the formulas in `seq2bubbles/mod.rs`.

use crate::engine::nn::{
    Activation, AttentionSpec, AttentionWeights, BubbleSpec, Init, Pairs, ParamId, Params, Tape, Var,
};
use crate::engine::rng::Rng;

/// First bias of radii: with 0 every radius would begin larger than all centres.
pub const FIRST_BIAS: f32 = -2.0;

/// Attention among the events of a user and a linear layer.
pub struct Unit {
    /// W_K of the event that hears and W_Q of those it hears from; without attention it hears itself.
    attention: Option<(ParamId, ParamId, AttentionWeights)>,
    /// W_N and b_N.
    layer: (ParamId, ParamId),
}

impl Unit {
    /// Of `d` columns; `name` goes before the parameters' names.
    pub fn build(
        name: &str,
        d: usize,
        attention: Option<AttentionWeights>,
        bias: f32,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let mut weight = |part: &str| params.dense(&format!("{name}.{part}"), d, d, Init::Glorot, rng);
        Self {
            attention: attention.map(|weights| (weight("k"), weight("q"), weights)),
            layer: (weight("n"), biases(name, d, bias, params, rng)),
        }
    }

    /// What each event makes of those it hears from: all of its user's, or those up to itself. `[ΣT, d] → [ΣT, d]`
    pub fn forward(&self, tape: &mut Tape, params: &Params, rows: Var, offsets: &[u32], causal: bool) -> Var {
        let heard = match self.attention {
            None => rows,
            Some((k, q, weights)) => {
                let [own, others] = [k, q].map(|weight| tape.linear(params, rows, weight, None, Activation::None));
                let spec = AttentionSpec {
                    query_offsets: offsets,
                    key_offsets: offsets,
                    heads: 1,
                    scale: scale(tape, rows),
                    weights,
                    causal,
                };
                tape.attention(own, others, rows, &spec)
            }
        };
        let (weight, bias) = self.layer;
        tape.linear(params, heard, weight, Some(bias), Activation::None)
    }
}

/// The bubble that depends on the item.
pub struct Context {
    /// W_K and W_Q.
    k: ParamId,
    q: ParamId,
    weights: AttentionWeights,
    /// W_N, `[2d, d]`, and b_N; none where users are points.
    layer: Option<(ParamId, ParamId)>,
}

impl Context {
    /// Of `d` columns.
    pub fn build(d: usize, weights: AttentionWeights, radii: bool, params: &mut Params, rng: &mut Rng) -> Self {
        let mut weight = |part: &str, rows: usize| {
            let name = format!("context.{part}");
            params.dense(&name, rows, d, Init::Glorot, rng)
        };
        let (k, q) = (weight("k", d), weight("q", d));
        let layer = radii.then(|| weight("n", 2 * d));
        Self {
            k,
            q,
            weights,
            layer: layer.map(|layer| (layer, biases("context", d, FIRST_BIAS, params, rng))),
        }
    }

    /// What items ask events: `[C, d] → [C, d]`.
    pub fn queries(&self, tape: &mut Tape, params: &Params, items: Var) -> Var {
        tape.linear(params, items, self.q, None, Activation::None)
    }

    /// c̃ of each pair of user and item. Queries stand user after user; `memory` is h, the centres and where each user's
    /// begin.
    pub fn centres(
        &self,
        tape: &mut Tape,
        params: &Params,
        (queries, bounds): (Var, &[u32]),
        (hidden, centres, offsets): (Var, Var, &[u32]),
    ) -> Var {
        let keys = tape.linear(params, hidden, self.k, None, Activation::None);
        let spec = AttentionSpec {
            query_offsets: bounds,
            key_offsets: offsets,
            heads: 1,
            scale: scale(tape, centres),
            weights: self.weights,
            causal: false,
        };
        tape.attention(queries, keys, centres, &spec)
    }

    /// `p̃ ⊙ q` of each pair.
    pub fn corners(&self, tape: &mut Tape, params: &Params, centres: Var, points: Var, bounds: &mut Vec<u32>) -> Var {
        let Some((weight, bias)) = self.layer else {
            return tape.mul(centres, points);
        };
        let both = tape.concat(&[centres, points]);
        let radii = tape.linear(params, both, weight, Some(bias), Activation::Softplus);
        bounds.clear();
        bounds.extend(0..=tape.shape(points).0 as u32);
        let spec = BubbleSpec {
            offsets: bounds,
            pairs: Pairs::Own,
            whole: false,
        };
        tape.pool_bubbles(centres, radii, points, &spec)
    }
}

fn biases(name: &str, d: usize, value: f32, params: &mut Params, rng: &mut Rng) -> ParamId {
    let bias = params.dense(&format!("{name}.b"), 1, d, Init::Zeros, rng);
    params.values_mut(bias).fill(value);
    bias
}

/// `1 / √d`.
fn scale(tape: &Tape, rows: Var) -> f32 {
    1.0 / (tape.shape(rows).1 as f32).sqrt()
}
