//! Multi-head attention as a layer, and the encoder layer made of it (Vaswani et al., NeurIPS 2017, section 3).

use crate::rng::Rng;

use super::{Activation, AttentionSpec, AttentionWeights, Dropout, Init, ParamId, Params, Tape, Var};

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

/// Rows in blocks: block `b` has the rows `offsets[b]..offsets[b + 1]`.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    /// The rows, or different rows that `places` repeats.
    pub rows: Var,
    /// Which of `rows` each row is; all in their order if absent. What can be computed once for a row that stands in
    /// many blocks then is.
    pub places: Option<&'a [u32]>,
    /// Blocks + 1.
    pub offsets: &'a [u32],
}

impl Blocks<'_> {
    /// What was computed of the different rows, for each row.
    fn spread(&self, tape: &mut Tape, of_rows: Var) -> Var {
        match self.places {
            Some(places) => tape.select(of_rows, places.iter().copied()),
            None => of_rows,
        }
    }
}

/// The sizes of an encoder layer.
#[derive(Clone, Copy, Debug)]
pub struct EncoderSpec {
    /// Columns of its rows, d.
    pub width: usize,
    /// Heads.
    pub heads: usize,
    /// Columns of each head.
    pub head_width: usize,
    /// Columns of the inner layer.
    pub inner: usize,
    /// f, that of the inner layer.
    pub activation: Activation,
}

impl EncoderSpec {
    /// As in the paper: heads that share out the columns, an inner layer four times as wide, ReLU.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[must_use]
    pub fn plain(width: usize, heads: usize) -> Self {
        Self {
            width,
            heads,
            head_width: shared_out(width, heads),
            inner: 4 * width,
            activation: Activation::Relu,
        }
    }
}

/// `y = N(x + MultiHead(x))`, then `N(y + W₂ f(W₁ y + b₁) + b₂)`, with N the layer norm. What is added to `x` and to `y`
/// can be left out in part while the layer learns.
#[derive(Clone, Copy, Debug)]
pub struct EncoderLayer {
    attention: MultiHead,
    activation: Activation,
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
        Self::of(name, width, heads, shared_out(width, heads), params, rng)
    }

    /// Of `width` columns with heads of `head_width` each.
    fn of(name: &str, width: usize, heads: usize, head_width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let inner = heads * head_width;
        let mut weight = |part: &str, from, to| params.dense(&format!("{name}.{part}"), from, to, Init::Glorot, rng);
        Self {
            query: weight("query", width, inner),
            key: weight("key", width, inner),
            value: weight("value", width, inner),
            output: weight("output", inner, width),
            heads,
            scale: 1.0 / (head_width as f32).sqrt(),
        }
    }

    /// Rows of a block attend to each other: `[ΣT, d] → [ΣT, d]`, block `b` being rows `offsets[b]..offsets[b + 1]`.
    pub fn among(&self, tape: &mut Tape, params: &Params, rows: Var, offsets: &[u32]) -> Var {
        let queries = self.queries(tape, params, rows);
        let blocks = Blocks {
            rows,
            places: None,
            offsets,
        };
        let (out, _) = self.attend(tape, params, (queries, offsets), blocks);
        out
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
        let blocks = Blocks {
            rows,
            places: None,
            offsets,
        };
        let (out, _) = self.attend(tape, params, (queries, firsts), blocks);
        out
    }

    fn queries(&self, tape: &mut Tape, params: &Params, rows: Var) -> Var {
        tape.linear(params, rows, self.query, None, Activation::None)
    }

    /// What the heads give the queries, through `W_O` and as it is.
    fn attend(
        &self,
        tape: &mut Tape,
        params: &Params,
        (queries, query_offsets): (Var, &[u32]),
        blocks: Blocks,
    ) -> (Var, Var) {
        let [keys, values] = [self.key, self.value].map(|id| {
            let of_rows = tape.linear(params, blocks.rows, id, None, Activation::None);
            blocks.spread(tape, of_rows)
        });
        let spec = AttentionSpec {
            query_offsets,
            key_offsets: blocks.offsets,
            heads: self.heads,
            scale: self.scale,
            weights: AttentionWeights::Softmax,
            causal: false,
        };
        let attended = tape.attention(queries, keys, values, &spec);
        let out = tape.linear(params, attended, self.output, None, Activation::None);
        (out, attended)
    }
}

impl EncoderLayer {
    /// `name` goes before the parameters' names.
    pub fn build(name: &str, spec: EncoderSpec, params: &mut Params, rng: &mut Rng) -> Self {
        let EncoderSpec { width, inner, .. } = spec;
        let attention = MultiHead::of(name, width, spec.heads, spec.head_width, params, rng);
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
            activation: spec.activation,
            inner: layer("inner", width, inner, Init::He),
            outer: layer("outer", inner, width, Init::Glorot),
        }
    }

    /// `[ΣT, d] → [ΣT, d]`; rows see those of their block, `offsets[b]..offsets[b + 1]`.
    pub fn forward(&self, tape: &mut Tape, params: &Params, rows: Var, offsets: &[u32]) -> Var {
        let blocks = Blocks {
            rows,
            places: None,
            offsets,
        };
        let (out, _) = self.asked(tape, params, blocks, blocks, &mut Dropout::default());
        out
    }

    /// Rows `asking` that see those of their block, `[ΣQ, d], [ΣT, d] → [ΣQ, d]`; with it what the heads gave, which
    /// knows the weights.
    pub fn asked(
        &self,
        tape: &mut Tape,
        params: &Params,
        asking: Blocks,
        blocks: Blocks,
        dropout: &mut Dropout,
    ) -> (Var, Var) {
        let queries = self.attention.queries(tape, params, asking.rows);
        let queries = (asking.spread(tape, queries), asking.offsets);
        let (change, heads) = self.attention.attend(tape, params, queries, blocks);
        let change = dropout.apply(tape, change);
        let asked = asking.spread(tape, asking.rows);
        let rows = self.add_and_norm(tape, params, 0, asked, change);
        let [weight, bias] = self.inner;
        let inner = tape.linear(params, rows, weight, Some(bias), self.activation);
        let [weight, bias] = self.outer;
        let outer = tape.linear(params, inner, weight, Some(bias), Activation::None);
        let outer = dropout.apply(tape, outer);
        (self.add_and_norm(tape, params, 1, rows, outer), heads)
    }

    fn add_and_norm(&self, tape: &mut Tape, params: &Params, place: usize, rows: Var, change: Var) -> Var {
        let sum = tape.add(rows, change);
        let [gain, bias] = self.norms[place];
        tape.layer_norm(params, sum, gain, bias)
    }
}

/// Columns of each of `heads` that share out `width`.
fn shared_out(width: usize, heads: usize) -> usize {
    assert!(
        heads > 0 && width.is_multiple_of(heads),
        "{heads} heads of {width} columns"
    );
    width / heads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

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
