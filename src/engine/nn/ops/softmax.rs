//! Sampled softmax with cross-entropy, in one operation.
//!
//! `S ← S / τ`, then `S ← S − log Q`, then masked pairs to −1e30, then `−S[i, pos] + logsumexp_j S[i, j]`. Temperature
//! before the correction is the order of Yi et al. (2019), "Sampling-Bias-Corrected Neural Modeling for Large Corpus
//! Item Recommendations".

use wide::f32x4;

use super::super::exponential::exp_in_place;
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
    let sum = exp_in_place(row, highest);
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

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    const PLAIN: SoftmaxSpec = SoftmaxSpec {
        temperature: 1.0,
        log_q: None,
        positives: &[0, 1],
        masked: &[],
        weights: None,
    };

    /// Two rows, three columns.
    const SCORES: [f32; 6] = [1.0, 2.0, 3.0, 0.5, -0.5, 0.0];

    fn loss_of(spec: &SoftmaxSpec) -> f32 {
        let mut tape = Tape::new();
        let scores = tape.input(2, 3, &SCORES);
        let loss = tape.softmax_cross_entropy(scores, spec);
        tape.value(loss)[0]
    }

    fn assert_near(found: f32, expected: f32) {
        assert!((found - expected).abs() < 2e-6, "{found} for {expected}");
    }

    #[test]
    fn the_loss_agrees_with_arithmetic_by_hand() {
        // ln(e¹ + e² + e³) − 1 = 2.407606; ln(e^0.5 + e^-0.5 + e⁰) + 0.5 = 1.680270; mean 2.043938.
        assert_near(loss_of(&PLAIN), 2.043_938);
    }

    #[test]
    fn scores_are_divided_by_the_temperature_before_log_q_is_subtracted() {
        // 2 S − log Q with log Q = (0, 1, 2): (2, 3, 4) and (1, −2, −2).
        // ln(e² + e³ + e⁴) − 2 = 2.407606; ln(e¹ + 2 e^-2) + 2 = 3.094925; mean 2.751265.
        let spec = SoftmaxSpec {
            temperature: 0.5,
            log_q: Some(&[0.0, 1.0, 2.0]),
            ..PLAIN
        };
        assert_near(loss_of(&spec), 2.751_265);
    }

    #[test]
    fn masked_pairs_do_not_count_but_a_positive_does() {
        // Row 0 without column 2: ln(e¹ + e²) − 1 = 1.313262. Row 1 has only its positive masked, which is ignored.
        let spec = SoftmaxSpec {
            masked: &[(1, 1), (0, 2)],
            ..PLAIN
        };
        assert_near(loss_of(&spec), (1.313_262 + 1.680_27) / 2.0);
    }

    #[test]
    fn rows_count_by_their_weight() {
        let spec = SoftmaxSpec {
            weights: Some(&[3.0, 1.0]),
            ..PLAIN
        };
        assert_near(loss_of(&spec), (3.0 * 2.407_606 + 1.680_27) / 4.0);
        let spec = SoftmaxSpec {
            weights: Some(&[0.0, 0.0]),
            ..PLAIN
        };
        assert_eq!(loss_of(&spec), 0.0);
    }

    #[test]
    fn scores_far_apart_neither_overflow_nor_hide_a_nan() {
        let mut tape = Tape::new();
        let scores = tape.input(2, 2, &[3e4, -3e4, 3e4, -3e4]);
        let loss = tape.softmax_cross_entropy(scores, &PLAIN);
        assert_eq!(tape.value(loss), [3e4]);
        let scores = tape.input(2, 2, &[0.0, f32::NAN, 0.0, 0.0]);
        let loss = tape.softmax_cross_entropy(scores, &PLAIN);
        assert!(tape.value(loss)[0].is_nan());
    }

    #[test]
    fn a_masked_pair_and_its_score_learn_nothing() {
        let mut tape = Tape::new();
        let scores = tape.variable(2, 3, &SCORES);
        let spec = SoftmaxSpec {
            masked: &[(0, 2)],
            ..PLAIN
        };
        let loss = tape.softmax_cross_entropy(scores, &spec);
        tape.backward(&mut Params::new(), loss);
        let gradient = tape.gradient(scores);
        assert_eq!(gradient[2], 0.0);
        assert!(gradient[0] < 0.0 && gradient[1] > 0.0, "{gradient:?}");
    }
}
