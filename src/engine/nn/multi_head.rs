//! Multi-head attention as a layer, and the encoder layer made of it (Vaswani et al., NeurIPS 2017, section 3).

use crate::engine::rng::Rng;

use super::{Activation, AttentionSpec, AttentionWeights, Init, ParamId, Params, Tape, Var};

/// How much wider the inner layer of an encoder is than its rows, as in the paper.
const WIDENING: usize = 4;

/// `[head₁ … head_h] W_O`, head `k` being the attention of its columns of `x W_Q`, `y W_K` and `y W_V`.
#[derive(Clone, Copy, Debug)]
pub struct MultiHead {
    query: ParamId,
    key: ParamId,
    value: ParamId,
    output: ParamId,
    heads: usize,
    /// `1 / √width of a head`.
    scale: f32,
}

/// `y = N(x + MultiHead(x))`, then `N(y + W₂ max(W₁ y + b₁, 0) + b₂)`, with N the layer norm; no dropout.
#[derive(Clone, Copy, Debug)]
pub struct EncoderLayer {
    attention: MultiHead,
    /// Gain and bias of the norms, each.
    norms: [[ParamId; 2]; 2],
    inner: [ParamId; 2],
    outer: [ParamId; 2],
}

impl MultiHead {
    /// Of `width` columns; `name` goes before the parameters' names.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn build(name: &str, width: usize, heads: usize, params: &mut Params, rng: &mut Rng) -> Self {
        assert!(
            heads > 0 && width.is_multiple_of(heads),
            "{heads} heads of {width} columns"
        );
        let mut weight = |part: &str| params.dense(&format!("{name}.{part}"), width, width, Init::Glorot, rng);
        Self {
            query: weight("query"),
            key: weight("key"),
            value: weight("value"),
            output: weight("output"),
            heads,
            scale: 1.0 / ((width / heads) as f32).sqrt(),
        }
    }

    /// Rows of a block attend to each other: `[ΣT, d] → [ΣT, d]`, block `b` being rows `offsets[b]..offsets[b + 1]`.
    pub fn among(&self, tape: &mut Tape, params: &Params, rows: Var, offsets: &[u32]) -> Var {
        let queries = self.queries(tape, params, rows);
        self.attend(tape, params, (queries, offsets), (rows, offsets))
    }

    /// One learnt row attends to the rows of every block: `[1, d], [ΣT, d] → [B, d]`. It is what [`Self::among`] gives
    /// the row if it stands first in each block, without computing what it gives the others.
    ///
    /// `firsts` are the offsets of blocks of one row: 0, 1, … B.
    pub fn first(
        &self,
        tape: &mut Tape,
        params: &Params,
        row: Var,
        firsts: &[u32],
        (rows, offsets): (Var, &[u32]),
    ) -> Var {
        let query = self.queries(tape, params, row);
        let queries = tape.select(query, firsts.iter().skip(1).map(|_| 0));
        self.attend(tape, params, (queries, firsts), (rows, offsets))
    }

    fn queries(&self, tape: &mut Tape, params: &Params, rows: Var) -> Var {
        tape.linear(params, rows, self.query, None, Activation::None)
    }

    fn attend(
        &self,
        tape: &mut Tape,
        params: &Params,
        (queries, query_offsets): (Var, &[u32]),
        (rows, key_offsets): (Var, &[u32]),
    ) -> Var {
        let [keys, values] = [self.key, self.value].map(|id| tape.linear(params, rows, id, None, Activation::None));
        let spec = AttentionSpec {
            query_offsets,
            key_offsets,
            heads: self.heads,
            scale: self.scale,
            weights: AttentionWeights::Softmax,
            causal: false,
        };
        let attended = tape.attention(queries, keys, values, &spec);
        tape.linear(params, attended, self.output, None, Activation::None)
    }
}

impl EncoderLayer {
    /// Of `width` columns; `name` goes before the parameters' names.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn build(name: &str, width: usize, heads: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let attention = MultiHead::build(name, width, heads, params, rng);
        let norms = [1, 2].map(|place| {
            let gain = params.dense(&format!("{name}.gain{place}"), 1, width, Init::Zeros, rng);
            params.values_mut(gain).fill(1.0);
            [
                gain,
                params.dense(&format!("{name}.shift{place}"), 1, width, Init::Zeros, rng),
            ]
        });
        let mut layer = |part: &str, from: usize, to: usize, init| {
            let weight = params.dense(&format!("{name}.{part}"), from, to, init, rng);
            [
                weight,
                params.dense(&format!("{name}.{part}_bias"), 1, to, Init::Zeros, rng),
            ]
        };
        Self {
            attention,
            norms,
            inner: layer("inner", width, WIDENING * width, Init::He),
            outer: layer("outer", WIDENING * width, width, Init::Glorot),
        }
    }

    /// `[ΣT, d] → [ΣT, d]`; rows see those of their block, `offsets[b]..offsets[b + 1]`.
    pub fn forward(&self, tape: &mut Tape, params: &Params, rows: Var, offsets: &[u32]) -> Var {
        let attended = self.attention.among(tape, params, rows, offsets);
        let rows = self.add_and_norm(tape, params, 0, rows, attended);
        let [weight, bias] = self.inner;
        let inner = tape.linear(params, rows, weight, Some(bias), Activation::Relu);
        let [weight, bias] = self.outer;
        let outer = tape.linear(params, inner, weight, Some(bias), Activation::None);
        self.add_and_norm(tape, params, 1, rows, outer)
    }

    fn add_and_norm(&self, tape: &mut Tape, params: &Params, place: usize, rows: Var, change: Var) -> Var {
        let sum = tape.add(rows, change);
        let [gain, bias] = self.norms[place];
        tape.layer_norm(params, sum, gain, bias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Purpose;

    #[test]
    fn one_row_before_all_blocks_gets_what_it_would_get_among_them() {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let layer = MultiHead::build("layer", 4, 2, &mut params, &mut rng);
        let mut tape = Tape::new();
        let values: Vec<f32> = (0..20).map(|_| rng.between(-1.0, 1.0)).collect();
        let rows = tape.input(5, 4, &values);
        let first = tape.rows(rows, 0, 1);
        // Blocks 0, 1, 2 and 0, 3, 4 by row.
        let blocks = tape.select(rows, [0, 1, 2, 0, 3, 4]);
        let all = layer.among(&mut tape, &params, blocks, &[0, 3, 6]);
        let expected = tape.select(all, [0, 3]);
        let found = layer.first(&mut tape, &params, first, &[0, 1, 2], (blocks, &[0, 3, 6]));
        let near = |(found, expected): (&f32, &f32)| (found - expected).abs() < 1e-6;
        assert!(tape.value(found).iter().zip(tape.value(expected)).all(near));
        assert_ne!(tape.value(found)[..4], tape.value(found)[4..]);
    }
}
