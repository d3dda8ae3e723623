//! Attention between rows of ragged blocks, in one operation for any number of heads.
//!
//! Within a block, and within the columns of each head, `H = softmax(s · Q Kᵀ) V` (Vaswani et al., NeurIPS 2017,
//! equation 1). Queries and keys of a block need not be equally many: rows that attend to each other, and a few
//! queries that attend to a history, are the same operation with other offsets.
//!
//! The weights need not be a softmax: with [`AttentionWeights::Sigmoid`] every key is looked at by itself, and the sum over
//! n keys is divided by n, so that it does not grow with them.
//!
//! A *null* key has logit 0 and value 0 whatever was learnt, so that a query may attend to nothing: the `Z = [0 ; X]`
//! of Li et al., KDD 2021, section 3. It only adds `e⁰` to the sum below the fraction. Its own weight never appears:
//! its value is zero, so it adds nothing to `H` and nothing to a gradient.

use std::ops::Range;

use wide::f32x4;

use super::super::exponential::{exp_in_place, sigmoid};
use super::super::simd;
use super::super::tape::{Span, Tape, Values, Var, grown};
use super::Op;

/// Who attends to whom, and how.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSpec<'a> {
    /// Block `b` has the query rows `query_offsets[b]..query_offsets[b + 1]`: blocks + 1.
    pub query_offsets: &'a [u32],
    /// Block `b` has the rows `key_offsets[b]..key_offsets[b + 1]` of keys and values: blocks + 1.
    pub key_offsets: &'a [u32],
    /// Heads; each has its share of the columns.
    pub heads: usize,
    /// What logits are multiplied by: `1 / √width of a head`, or 1.
    pub scale: f32,
    /// What logits become.
    pub weights: AttentionWeights,
    /// A query sees only the keys up to its own place in the block, which then has as many of both.
    pub causal: bool,
}

/// How the logits of a query become weights of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionWeights {
    /// Softmax.
    Softmax,
    /// Softmax with a null key.
    SoftmaxOrNothing,
    /// Each by itself: `1 / (1 + e^-x)`, divided by the number of keys.
    Sigmoid,
}

/// Notes the weights of the keys, strip by strip.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Attention {
    queries: Var,
    keys: Var,
    values: Var,
    query_bounds: Span,
    key_bounds: Span,
    heads: usize,
    scale: f32,
    weights: AttentionWeights,
    causal: bool,
}

/// The blocks and their heads.
#[derive(Clone, Copy)]
struct Blocks<'a> {
    queries: &'a [u32],
    keys: &'a [u32],
    heads: usize,
    causal: bool,
}

/// What one query has to do with the keys of its block, in one head.
struct Strip {
    query: usize,
    keys: Range<usize>,
    head: usize,
    /// Where the weights of the keys stand.
    weights: Range<usize>,
}

/// Rows whose columns are shared out evenly between heads.
#[derive(Clone, Copy)]
struct Split<'a> {
    rows: &'a [f32],
    cols: usize,
    heads: usize,
}

impl Tape {
    /// `softmax(scale · Q Kᵀ) V` block by block and head by head: `[ΣQ, d], [ΣT, d], [ΣT, e] → [ΣQ, e]`. A query of a
    /// block without keys gets zeros.
    ///
    /// # Panics
    /// If a shape or an offset does not fit, the heads do not divide the columns, or a causal block has not as many
    /// queries as keys.
    pub fn attention(&mut self, queries: Var, keys: Var, values: Var, spec: &AttentionSpec) -> Var {
        let (shape, heads) = (self.check_attention(queries, keys, values, spec), spec.heads);
        let blocks = Blocks {
            queries: spec.query_offsets,
            keys: spec.key_offsets,
            heads,
            causal: spec.causal,
        };
        let op = Attention {
            queries,
            keys,
            values,
            query_bounds: self.keep(spec.query_offsets.iter().copied()),
            key_bounds: self.keep(spec.key_offsets.iter().copied()),
            heads,
            scale: spec.scale,
            weights: spec.weights,
            causal: spec.causal,
        };
        let inputs = [queries, keys, values];
        let [(_, d), _, (_, e)] = inputs.map(|input| self.shape(input));
        let out = self.push(Op::Attention(op), shape, blocks.weights(), &inputs);
        let forward = self.forward(out);
        let of = |input, cols| Split::new(forward.inputs.of(input), cols, heads);
        blocks.products(forward.note, of(queries, d), of(keys, d));
        blocks.for_each(|strip| weigh(&mut forward.note[strip.weights], spec));
        forward.output.fill(0.0);
        blocks.to_queries(forward.output, forward.note, of(values, e));
        out
    }

    /// The weights of what [`Tape::attention`] made, block after block: for each query those of its block's keys, in
    /// each head.
    pub fn attention_weights(&self, out: Var) -> &[f32] {
        self.values().note(out)
    }

    /// The shape of the result.
    fn check_attention(&self, queries: Var, keys: Var, values: Var, spec: &AttentionSpec) -> (usize, usize) {
        let [(n, d), (t, d_keys), (t_values, e)] = [queries, keys, values].map(|input| self.shape(input));
        assert_eq!(
            (d, t),
            (d_keys, t_values),
            "widths of queries and keys, rows of keys and values"
        );
        assert!(
            spec.heads > 0 && d % spec.heads == 0 && e % spec.heads == 0,
            "{} heads of {d} and {e} columns",
            spec.heads
        );
        let (of_queries, of_keys) = (spec.query_offsets, spec.key_offsets);
        assert_eq!(of_queries.len(), of_keys.len(), "blocks of queries and of keys");
        let covers =
            |offsets: &[u32], rows: usize| offsets.first() == Some(&0) && offsets.last() == Some(&(rows as u32));
        assert!(
            covers(of_queries, n) && covers(of_keys, t),
            "blocks cover {n} queries and {t} keys"
        );
        assert!(
            !spec.causal || of_queries == of_keys,
            "a causal block has a query for each key"
        );
        (n, e)
    }
}

/// Products to weights, which add up to less than 1 where there is a null key.
fn weigh(row: &mut [f32], spec: &AttentionSpec) {
    row.iter_mut().for_each(|x| *x *= spec.scale);
    if spec.weights == AttentionWeights::Sigmoid {
        let share = f32x4::splat(1.0 / row.len() as f32);
        simd::map_in_place(row, |x| sigmoid(x) * share);
        return;
    }
    let null = spec.weights == AttentionWeights::SoftmaxOrNothing;
    let mut highest = simd::max(row);
    if null && highest < 0.0 {
        highest = 0.0;
    }
    let mut null = [if null { 0.0 } else { f32::NEG_INFINITY }];
    let sum = exp_in_place(row, highest) + exp_in_place(&mut null, highest);
    let inverse = 1.0 / sum;
    row.iter_mut().for_each(|x| *x *= inverse);
}

impl Attention {
    /// With the weights `P`: `∂/∂V = Pᵀ G`, `D = P ⊙ (G Vᵀ − rowsum(P ⊙ G Vᵀ)) · s`, `∂/∂Q = D K`, `∂/∂K = Dᵀ Q`. For
    /// n keys looked at one by one `D = P ⊙ (1 − n P) ⊙ G Vᵀ · s`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let [(_, d), (_, e)] = [self.queries, self.values].map(|input| tape.shape(input));
        self.before_weights(out, tape);
        if let Some(edge) = tape.edge(out, self.values) {
            let from = Split::new(edge.from, e, self.heads);
            let (blocks, weights) = (self.blocks(edge.values), edge.values.note(out));
            blocks.to_keys(edge.write.sum_into(edge.into), weights, from);
        }
        if let Some(edge) = tape.edge(out, self.queries) {
            let keys = Split::new(edge.values.of(self.keys), d, self.heads);
            let blocks = self.blocks(edge.values);
            blocks.to_queries(edge.write.sum_into(edge.into), &edge.scratch.delta, keys);
        }
        if let Some(edge) = tape.edge(out, self.keys) {
            let queries = Split::new(edge.values.of(self.queries), d, self.heads);
            let blocks = self.blocks(edge.values);
            blocks.to_keys(edge.write.sum_into(edge.into), &edge.scratch.delta, queries);
        }
    }

    /// Puts `D` into the scratch space.
    fn before_weights(self, out: Var, tape: &mut Tape) {
        let width = tape.shape(out).1;
        let leaf = tape.leaf(out);
        let blocks = self.blocks(leaf.values);
        let weights = leaf.values.note(out);
        let delta = grown(&mut leaf.scratch.delta, weights.len());
        let (from, values) = (leaf.from, leaf.values.of(self.values));
        let split = |rows| Split::new(rows, width, self.heads);
        blocks.products(delta, split(from), split(values));
        let scale = f32x4::splat(self.scale);
        blocks.for_each(|strip| {
            let (into, weights) = (&mut delta[strip.weights.clone()], &weights[strip.weights]);
            if self.weights == AttentionWeights::Sigmoid {
                let n = f32x4::splat(weights.len() as f32);
                simd::update(into, weights, |slope, weight| {
                    slope * weight * (f32x4::ONE - n * weight) * scale
                });
                return;
            }
            let mean = f32x4::splat(simd::dot(into, weights));
            simd::update(into, weights, |slope, weight| weight * (slope - mean) * scale);
        });
    }

    fn blocks(self, values: Values<'_>) -> Blocks<'_> {
        Blocks {
            queries: values.whole(self.query_bounds),
            keys: values.whole(self.key_bounds),
            heads: self.heads,
            causal: self.causal,
        }
    }
}

impl Blocks<'_> {
    /// How many weights there are.
    fn weights(self) -> usize {
        let blocks = self.queries.windows(2).zip(self.keys.windows(2));
        let pairs = blocks.map(|(queries, keys)| {
            let (queries, keys) = (queries[1] - queries[0], keys[1] - keys[0]);
            if self.causal {
                keys * (keys + 1) / 2
            } else {
                queries * keys
            }
        });
        self.heads * pairs.sum::<u32>() as usize
    }

    fn for_each(self, mut visit: impl FnMut(Strip)) {
        let mut at = 0;
        for (queries, keys) in self.queries.windows(2).zip(self.keys.windows(2)) {
            let keys = keys[0] as usize..keys[1] as usize;
            for query in queries[0] as usize..queries[1] as usize {
                let mut keys = keys.clone();
                if self.causal {
                    keys.end = query + 1;
                }
                for head in 0..self.heads {
                    let weights = at..at + keys.len();
                    at = weights.end;
                    visit(Strip {
                        query,
                        keys: keys.clone(),
                        head,
                        weights,
                    });
                }
            }
        }
    }

    /// `weights = A Bᵀ`, `a` having the rows of the queries and `b` those of the keys.
    fn products(self, weights: &mut [f32], a: Split, b: Split) {
        self.for_each(|strip| {
            let query = a.part(strip.query, strip.head);
            for (weight, key) in weights[strip.weights].iter_mut().zip(strip.keys) {
                *weight = simd::short_dot(query, b.part(key, strip.head));
            }
        });
    }

    /// `into += W B`: what the keys give the queries.
    fn to_queries(self, into: &mut [f32], weights: &[f32], b: Split) {
        self.for_each(|strip| {
            let into = &mut into[b.place(strip.query, strip.head)];
            for (weight, key) in weights[strip.weights].iter().zip(strip.keys) {
                simd::short_add_scaled(into, b.part(key, strip.head), *weight);
            }
        });
    }

    /// `into += Wᵀ A`: what the queries give the keys.
    fn to_keys(self, into: &mut [f32], weights: &[f32], a: Split) {
        self.for_each(|strip| {
            let query = a.part(strip.query, strip.head);
            for (weight, key) in weights[strip.weights].iter().zip(strip.keys) {
                simd::short_add_scaled(&mut into[a.place(key, strip.head)], query, *weight);
            }
        });
    }
}

impl<'a> Split<'a> {
    fn new(rows: &'a [f32], cols: usize, heads: usize) -> Self {
        Self { rows, cols, heads }
    }

    /// Where the columns of a head stand in a row, here or in another matrix of this width.
    fn place(self, row: usize, head: usize) -> Range<usize> {
        let width = self.cols / self.heads;
        let start = row * self.cols + head * width;
        start..start + width
    }

    fn part(self, row: usize, head: usize) -> &'a [f32] {
        &self.rows[self.place(row, head)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    /// Blocks of two queries and two keys, and of one query and no key.
    const SPEC: AttentionSpec = AttentionSpec {
        query_offsets: &[0, 2, 3],
        key_offsets: &[0, 2, 2],
        heads: 1,
        scale: 1.0,
        weights: AttentionWeights::Softmax,
        causal: false,
    };

    fn assert_near(found: &[f32], expected: &[f32]) {
        let near = |(found, expected): (&f32, &f32)| (found - expected).abs() < 1e-6;
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(near),
            "{found:?} for {expected:?}"
        );
    }

    const LN_3: f32 = 1.098_612_3;

    /// Queries (ln 3, 0), (0, 0), (1, 1) on keys that are also the values: (1, 0) and (0, 1).
    fn attend(spec: &AttentionSpec) -> Vec<f32> {
        let mut tape = Tape::new();
        let queries = tape.input(3, 2, &[LN_3, 0.0, 0.0, 0.0, 1.0, 1.0]);
        let keys = tape.input(2, 2, &[1.0, 0.0, 0.0, 1.0]);
        let out = tape.attention(queries, keys, keys, spec);
        tape.value(out).to_vec()
    }

    #[test]
    fn weights_agree_with_arithmetic_by_hand() {
        // Logits (ln 3, 0): weights 3 : 1. Logits (0, 0): halves. No key: nothing.
        assert_near(&attend(&SPEC), &[0.75, 0.25, 0.5, 0.5, 0.0, 0.0]);
        // Twice as sharp: 9 : 1.
        let spec = AttentionSpec { scale: 2.0, ..SPEC };
        assert_near(&attend(&spec), &[0.9, 0.1, 0.5, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn a_null_key_takes_its_share_and_gives_nothing() {
        // 3 : 1 : 1 and 1 : 1 : 1, of which the last is the null key's.
        let spec = AttentionSpec {
            weights: AttentionWeights::SoftmaxOrNothing,
            ..SPEC
        };
        assert_near(&attend(&spec), &[0.6, 0.2, 1.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]);
    }

    #[test]
    fn keys_looked_at_one_by_one_have_the_mean_of_what_each_gives() {
        // Logits (ln 3, 0) and (0, 0) in block 0: 3/4 and 1/2, 1/2 and 1/2.
        let spec = AttentionSpec {
            weights: AttentionWeights::Sigmoid,
            ..SPEC
        };
        assert_near(&attend(&spec), &[0.375, 0.25, 0.25, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn a_causal_query_sees_what_was_up_to_its_own_place() {
        let mut tape = Tape::new();
        let x = tape.input(3, 1, &[1.0, 2.0, 3.0]);
        let nothing = tape.scale(x, 0.0);
        let spec = AttentionSpec {
            query_offsets: &[0, 1, 3],
            key_offsets: &[0, 1, 3],
            causal: true,
            ..SPEC
        };
        let seen = tape.attention(nothing, nothing, x, &spec);
        assert_near(tape.value(seen), &[1.0, 2.0, 2.5]);
    }

    #[test]
    fn each_head_sees_its_own_columns() {
        // Head 0 has logits (ln 3, 0) on values 1 and 0; head 1 has logits (0, 0) on values 0 and 1.
        let spec = AttentionSpec { heads: 2, ..SPEC };
        assert_near(&attend(&spec), &[0.75, 0.5, 0.5, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn keys_that_nothing_reaches_with_any_weight_leave_the_null_key_alone() {
        let mut tape = Tape::new();
        let queries = tape.input(1, 2, &[-1e4, 0.0]);
        let keys = tape.variable(2, 2, &[1.0, 5.0, 2.0, 5.0]);
        let spec = AttentionSpec {
            query_offsets: &[0, 1],
            key_offsets: &[0, 2],
            weights: AttentionWeights::SoftmaxOrNothing,
            ..SPEC
        };
        let out = tape.attention(queries, keys, keys, &spec);
        assert_eq!(tape.value(out), [0.0, 0.0]);
        let loss = tape.sum(out);
        tape.backward(&mut Params::new(), loss);
        assert_eq!(tape.gradient(keys), [0.0; 4]);
    }

    #[test]
    fn a_nan_is_not_hidden() {
        let mut tape = Tape::new();
        let queries = tape.input(1, 1, &[f32::NAN]);
        let keys = tape.input(1, 1, &[1.0]);
        let spec = AttentionSpec {
            query_offsets: &[0, 1],
            key_offsets: &[0, 1],
            weights: AttentionWeights::SoftmaxOrNothing,
            ..SPEC
        };
        let out = tape.attention(queries, keys, keys, &spec);
        assert!(tape.value(out)[0].is_nan());
    }
}
