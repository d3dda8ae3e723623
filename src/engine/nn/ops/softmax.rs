//! Sampled softmax with cross-entropy, in one operation.
//!
//! `S ← S / τ`, then `S ← S − log Q`, then masked pairs to −1e30, then `−S[i, pos] + logsumexp_j S[i, j]`. Temperature
//! before the correction is the order of Yi et al. (2019), "Sampling-Bias-Corrected Neural Modeling for Large Corpus
//! Item Recommendations".

use wide::f32x4;

use super::super::exponential::exp;
use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// Score of a masked pair: finite, so that no NaN arises, and too small to count.
const MASKED: f32 = -1e30;

/// What turns a matrix of scores `[B, C]` into a loss.
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxSpec<'a> {
    /// Temperature τ; scores are divided by it.
    pub temperature: f32,
    /// log Q of each column, subtracted from the scores: C numbers.
    pub log_q: Option<&'a [f32]>,
    /// The column of each row's positive: B numbers.
    pub positives: &'a [u32],
    /// Pairs of row and column that do not count, in any order. A positive counts even if it is listed.
    pub masked: &'a [(u32, u32)],
    /// Weight of each row's loss, B numbers; all alike if absent.
    pub weights: Option<&'a [f32]>,
}

/// Notes the softmax P `[B, C]`, then each row's weight divided by the sum of weights `[B]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct SoftmaxCrossEntropy {
    scores: Var,
    positives: Span,
    temperature: f32,
}

impl Tape {
    /// Mean over rows, weighted if asked, of the cross-entropy of the softmax of `scores` with the positives:
    /// `[B, C] → [1, 1]`. The loss of no rows, or of rows without weight, is 0.
    ///
    /// # Panics
    /// If a length does not fit, a positive or a masked pair lies outside, or the temperature is not above 0.
    pub fn softmax_cross_entropy(&mut self, scores: Var, spec: &SoftmaxSpec) -> Var {
        let (rows, cols) = self.shape(scores);
        check(rows, cols, spec);
        let positives = self.keep(spec.positives.iter().copied());
        let temperature = spec.temperature;
        let op = SoftmaxCrossEntropy {
            scores,
            positives,
            temperature,
        };
        let out = self.push(Op::SoftmaxCrossEntropy(op), (1, 1), rows * cols + rows, &[scores]);
        let forward = self.forward(out);
        let (logits, shares) = forward.note.split_at_mut(rows * cols);
        write_logits(logits, forward.inputs.of(scores), cols, spec);
        mask(logits, cols, spec);
        write_shares(shares, spec.weights);
        let mut loss = 0.0;
        for ((row, share), positive) in logits.chunks_exact_mut(cols.max(1)).zip(&*shares).zip(spec.positives) {
            let of_positive = row[*positive as usize];
            loss += share * (softmax_in_place(row) - of_positive);
        }
        forward.output[0] = loss;
        out
    }
}

fn check(rows: usize, cols: usize, spec: &SoftmaxSpec) {
    assert!(
        spec.temperature > 0.0,
        "a temperature is above 0, not {}",
        spec.temperature
    );
    assert_eq!(spec.positives.len(), rows, "one positive a row");
    assert!(
        spec.positives.iter().all(|column| (*column as usize) < cols),
        "positives are columns below {cols}"
    );
    assert!(spec.log_q.is_none_or(|log_q| log_q.len() == cols), "one log Q a column");
    assert!(
        spec.weights.is_none_or(|weights| weights.len() == rows),
        "one weight a row"
    );
    let inside = |&(row, column): &(u32, u32)| (row as usize) < rows && (column as usize) < cols;
    assert!(
        spec.masked.iter().all(inside),
        "masked pairs lie in {rows} rows and {cols} columns"
    );
}

/// `S / τ − log Q`.
fn write_logits(logits: &mut [f32], scores: &[f32], cols: usize, spec: &SoftmaxSpec) {
    let inverse = 1.0 / spec.temperature;
    let Some(log_q) = spec.log_q else {
        return simd::scaled(logits, scores, inverse);
    };
    let inverse = f32x4::splat(inverse);
    for (into, scores) in logits
        .chunks_exact_mut(cols.max(1))
        .zip(scores.chunks_exact(cols.max(1)))
    {
        simd::update2(into, scores, log_q, |_, score, log_q| score * inverse - log_q);
    }
}

fn mask(logits: &mut [f32], cols: usize, spec: &SoftmaxSpec) {
    for &(row, column) in spec.masked {
        if spec.positives[row as usize] != column {
            logits[row as usize * cols + column as usize] = MASKED;
        }
    }
}

/// Each row's part of the mean.
fn write_shares(shares: &mut [f32], weights: Option<&[f32]>) {
    let Some(weights) = weights else {
        return shares.fill(1.0 / shares.len().max(1) as f32);
    };
    let total = simd::sum(weights);
    let inverse = if total == 0.0 { 0.0 } else { 1.0 / total };
    simd::scaled(shares, weights, inverse);
}

/// Replaces logits by their softmax and returns their logsumexp.
fn softmax_in_place(row: &mut [f32]) -> f32 {
    let highest = simd::max(row);
    let lanes_highest = f32x4::splat(highest);
    let (chunks, tail) = row.as_chunks_mut::<4>();
    let mut sums = f32x4::ZERO;
    for chunk in chunks {
        let e = exp(f32x4::from(*chunk) - lanes_highest);
        sums += e;
        *chunk = e.to_array();
    }
    let mut sum = simd::lanes_sum(sums);
    for x in tail {
        *x = exp(f32x4::splat(*x - highest)).to_array()[0];
        sum += *x;
    }
    let inverse = 1.0 / sum;
    row.iter_mut().for_each(|x| *x *= inverse);
    highest + libm::logf(sum)
}

impl SoftmaxCrossEntropy {
    /// `∂/∂S = (P − Y) · share / τ` with `Y` one at the positives; masked pairs have `P = 0`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (rows, cols) = tape.shape(self.scores);
        let Some(edge) = tape.edge(out, self.scores) else {
            return;
        };
        let (softmax, shares) = edge.values.note(out).split_at(rows * cols);
        let factor = edge.from[0] / self.temperature;
        let positives = edge.values.whole(self.positives);
        for (row, (share, positive)) in shares.iter().zip(positives).enumerate() {
            let range = row * cols..(row + 1) * cols;
            let into = &mut edge.into[range.clone()];
            edge.write.scaled(into, &softmax[range], factor * share);
            into[*positive as usize] -= factor * share;
        }
    }
}
