//! Softmax cross-entropy of a positive against its negatives, with temperature, logQ correction and masks, in one pass.
//!
//! ```text
//! s'_ij = s_ij / τ − log Q_j        masked pairs: −1e30        L = Σ_i w_i (logsumexp_j s'_ij − s'_i,pos) / Σ w
//! ```
//!
//! Column 0 of the sum is the positive; the negatives come in blocks, so that scores which were computed apart (of
//! vectors that learn, of a memory bank, of a row's own candidates) need not be copied side by side.

use wide::f32x4;

use super::super::exponential::exp_in_place;
use super::super::simd::{self, Write};
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// Score of a masked pair: finite, so that no NaN arises, and too small to count.
const MASKED: f32 = -1e30;

/// A block of scores of negatives.
#[derive(Clone, Copy, Debug)]
pub struct Negatives<'a> {
    /// `[B, C]`.
    pub scores: Var,
    /// log Q: of each column, C numbers, or of each score, B · C numbers; empty for none.
    pub log_q: &'a [f32],
    /// Pairs of row and column that do not count, in any order.
    pub masked: &'a [(u32, u32)],
}

/// What turns scores into a loss.
#[derive(Clone, Copy, Debug)]
pub struct SoftmaxSpec<'a> {
    /// Temperature τ; scores are divided by it.
    pub temperature: f32,
    /// Whether log Q is subtracted, of positive and negatives.
    pub logq: bool,
    /// log Q of each row's positive, B numbers; empty for none.
    pub positive_log_q: &'a [f32],
    /// Weight of each row's loss, B numbers; all alike if absent.
    pub weights: Option<&'a [f32]>,
}

/// Notes the softmax `[B, C₁ + C₂ + … + 1]`, the positive last, then each row's weight divided by the sum of weights
/// `[B]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct SoftmaxCrossEntropy {
    positive: Var,
    negatives: Span,
    temperature: f32,
}

impl SoftmaxSpec<'_> {
    /// Scores as they are, rows alike.
    pub const PLAIN: Self = Self {
        temperature: 1.0,
        logq: false,
        positive_log_q: &[],
        weights: None,
    };
}

impl Tape {
    /// Mean over rows, weighted if asked, of the cross-entropy of the softmax with the positive: `positive` is
    /// `[B, 1]`, each block of negatives `[B, C]`, the loss `[1, 1]`. The loss of no rows, or of rows without weight,
    /// is 0, and so is that of a row without negatives.
    ///
    /// # Panics
    /// If a length does not fit, a masked pair lies outside, or the temperature is not above 0.
    pub fn softmax_cross_entropy(&mut self, positive: Var, negatives: &[Negatives], spec: &SoftmaxSpec) -> Var {
        let rows = check_blocks(self, positive, negatives);
        check(rows, spec);
        let width = 1 + negatives.iter().map(|block| self.shape(block.scores).1).sum::<usize>();
        let kept = self.keep_blocks(negatives);
        let op = SoftmaxCrossEntropy {
            positive,
            negatives: kept,
            temperature: spec.temperature,
        };
        let note_len = rows * width + rows;
        let out = self.push_blocks(Op::SoftmaxCrossEntropy(op), note_len, positive, negatives);
        let mut first = 0;
        for block in negatives {
            let cols = self.shape(block.scores).1;
            let forward = self.forward(out);
            let scores = forward.inputs.of(block.scores);
            for row in 0..rows {
                let log_q = if spec.logq {
                    log_q_of(block.log_q, row, cols)
                } else {
                    &[]
                };
                let into = &mut forward.note[row * width + first..][..cols];
                write_logits(into, &scores[row * cols..][..cols], log_q, spec.temperature);
            }
            for &(row, column) in block.masked {
                forward.note[row as usize * width + first + column as usize] = MASKED;
            }
            first += cols;
        }
        let forward = self.forward(out);
        let (logits, shares) = forward.note.split_at_mut(rows * width);
        write_shares(shares, spec.weights);
        let mut loss = 0.0;
        for (row, (logits, share)) in logits.chunks_exact_mut(width).zip(&*shares).enumerate() {
            let log_q = spec.positive_log_q.get(row).filter(|_| spec.logq);
            let score = forward.inputs.of(positive)[row];
            let of_positive = score * (1.0 / spec.temperature) - log_q.copied().unwrap_or(0.0);
            logits[first] = of_positive;
            loss += share * (softmax_in_place(logits) - of_positive);
        }
        forward.output[0] = loss;
        out
    }

    /// Keeps which blocks of scores an operation takes.
    pub(super) fn keep_blocks(&mut self, negatives: &[Negatives]) -> Span {
        self.keep_vars(negatives.iter().map(|block| block.scores))
    }

    /// Records an operation on a positive and blocks of negatives that gives one number.
    pub(super) fn push_blocks(&mut self, op: Op, note_len: usize, positive: Var, negatives: &[Negatives]) -> Var {
        let learns = self.learns(positive) || negatives.iter().any(|block| self.learns(block.scores));
        self.push_node(op, (1, 1), note_len, learns)
    }
}

/// Panics where blocks do not fit; gives their number of rows.
pub(super) fn check_blocks(tape: &Tape, positive: Var, negatives: &[Negatives]) -> usize {
    let (rows, one) = tape.shape(positive);
    assert_eq!(one, 1, "one positive a row");
    for block in negatives {
        let (n, cols) = tape.shape(block.scores);
        assert_eq!(n, rows, "rows of a block of negatives");
        let len = block.log_q.len();
        assert!(
            [0, cols, rows * cols].contains(&len),
            "{len} log Q for {rows} rows of {cols} columns"
        );
        let inside = |&(row, column): &(u32, u32)| (row as usize) < rows && (column as usize) < cols;
        assert!(
            block.masked.iter().all(inside),
            "masked pairs lie in {rows} rows and {cols} columns"
        );
    }
    rows
}

fn check(rows: usize, spec: &SoftmaxSpec) {
    assert!(spec.temperature > 0.0, "a temperature is above 0");
    let len = spec.positive_log_q.len();
    assert!(len == 0 || len == rows, "{len} log Q for {rows} positives");
    assert!(
        spec.weights.is_none_or(|weights| weights.len() == rows),
        "one weight a row"
    );
}

/// The log Q of a row of `cols` scores.
fn log_q_of(log_q: &[f32], row: usize, cols: usize) -> &[f32] {
    if log_q.len() > cols {
        &log_q[row * cols..][..cols]
    } else {
        log_q
    }
}

/// `S / τ − log Q`.
fn write_logits(logits: &mut [f32], scores: &[f32], log_q: &[f32], temperature: f32) {
    let inverse = 1.0 / temperature;
    if log_q.is_empty() {
        return simd::scaled(logits, scores, inverse);
    }
    let inverse = f32x4::splat(inverse);
    simd::update2(logits, scores, log_q, |_, score, log_q| score * inverse - log_q);
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
pub(super) fn softmax_in_place(row: &mut [f32]) -> f32 {
    let highest = simd::max(row);
    let sum = exp_in_place(row, highest);
    let inverse = 1.0 / sum;
    row.iter_mut().for_each(|x| *x *= inverse);
    highest + libm::logf(sum)
}

impl SoftmaxCrossEntropy {
    /// `∂/∂S = (P − Y) · share / τ` with `Y` one at the positives; masked pairs have `P = 0`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let rows = tape.shape(self.positive).0;
        let width = tape.values().note(out).len() / rows.max(1) - 1;
        let (mut first, mut place) = (0, 0);
        while let Some(block) = tape.kept_var(self.negatives, place) {
            let cols = tape.shape(block).1;
            if let Some(edge) = tape.edge(out, block) {
                let (softmax, shares) = edge.values.note(out).split_at(rows * width);
                let factor = edge.from[0] / self.temperature;
                for (row, share) in shares.iter().enumerate() {
                    let into = &mut edge.into[row * cols..][..cols];
                    edge.write
                        .scaled(into, &softmax[row * width + first..][..cols], factor * share);
                }
            }
            first += cols;
            place += 1;
        }
        if let Some(edge) = tape.edge(out, self.positive) {
            let (softmax, shares) = edge.values.note(out).split_at(rows * width);
            let factor = edge.from[0] / self.temperature;
            for (row, share) in shares.iter().enumerate() {
                let gradient = factor * share * (softmax[row * width + first] - 1.0);
                match edge.write {
                    Write::Store => edge.into[row] = gradient,
                    Write::Accumulate => edge.into[row] += gradient,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    const PLAIN: SoftmaxSpec = SoftmaxSpec {
        temperature: 1.0,
        logq: true,
        positive_log_q: &[],
        weights: None,
    };

    /// Two rows: a positive and two negatives each.
    const POSITIVE: [f32; 2] = [1.0, -0.5];
    const SCORES: [f32; 4] = [2.0, 3.0, 0.5, 0.0];

    fn loss_of(log_q: &[f32], masked: &[(u32, u32)], spec: &SoftmaxSpec) -> f32 {
        let mut tape = Tape::new();
        let positive = tape.input(2, 1, &POSITIVE);
        let scores = tape.input(2, 2, &SCORES);
        let block = Negatives { scores, log_q, masked };
        let loss = tape.softmax_cross_entropy(positive, &[block], spec);
        tape.value(loss)[0]
    }

    fn assert_near(found: f32, expected: f32) {
        assert!((found - expected).abs() < 2e-6, "{found} for {expected}");
    }

    #[test]
    fn the_loss_agrees_with_arithmetic_by_hand() {
        // ln(e¹ + e² + e³) − 1 = 2.407606; ln(e^0.5 + e^-0.5 + e⁰) + 0.5 = 1.680270; mean 2.043938.
        assert_near(loss_of(&[], &[], &PLAIN), 2.043_938);
    }

    #[test]
    fn scores_are_divided_by_the_temperature_before_log_q_is_subtracted() {
        // 2 S − log Q with log Q = 0 and −1 of the positives, 1 and 2 of the columns: (2; 3, 4) and (0; 0, −2).
        // ln(e² + e³ + e⁴) − 2 = 2.407606; ln(2 e⁰ + e^-2) = 0.758623; mean 1.583115.
        let spec = SoftmaxSpec {
            temperature: 0.5,
            positive_log_q: &[0.0, -1.0],
            ..PLAIN
        };
        assert_near(loss_of(&[1.0, 2.0], &[], &spec), 1.583_115);
        // The same, said of each score.
        assert_near(loss_of(&[1.0, 2.0, 1.0, 2.0], &[], &spec), 1.583_115);
    }

    #[test]
    fn blocks_apart_give_the_loss_of_one_block() {
        let mut tape = Tape::new();
        let positive = tape.input(2, 1, &POSITIVE);
        let blocks = [[2.0, 0.5], [3.0, 0.0]].map(|scores| Negatives {
            scores: tape.input(2, 1, &scores),
            log_q: &[],
            masked: &[],
        });
        let loss = tape.softmax_cross_entropy(positive, &blocks, &PLAIN);
        assert_eq!(tape.value(loss), [loss_of(&[], &[], &PLAIN)]);
    }

    #[test]
    fn masked_pairs_do_not_count() {
        // Row 0 without its second negative: ln(e¹ + e²) − 1 = 1.313262. Row 1 has no negative left: 0.
        assert_near(loss_of(&[], &[(1, 1), (0, 1), (1, 0)], &PLAIN), 1.313_262 / 2.0);
    }

    #[test]
    fn rows_count_by_their_weight() {
        let spec = SoftmaxSpec {
            weights: Some(&[3.0, 1.0]),
            ..PLAIN
        };
        assert_near(loss_of(&[], &[], &spec), (3.0 * 2.407_606 + 1.680_27) / 4.0);
        let spec = SoftmaxSpec {
            weights: Some(&[0.0, 0.0]),
            ..PLAIN
        };
        assert_eq!(loss_of(&[], &[], &spec), 0.0);
    }

    #[test]
    fn scores_far_apart_neither_overflow_nor_hide_a_nan() {
        let loss = |positive: [f32; 2], scores: [f32; 2]| {
            let mut tape = Tape::new();
            let positive = tape.input(2, 1, &positive);
            let scores = tape.input(2, 1, &scores);
            let block = Negatives {
                scores,
                log_q: &[],
                masked: &[],
            };
            let loss = tape.softmax_cross_entropy(positive, &[block], &PLAIN);
            tape.value(loss)[0]
        };
        assert_eq!(loss([3e4, -3e4], [-3e4, 3e4]), 3e4);
        assert!(loss([0.0, 0.0], [f32::NAN, 0.0]).is_nan());
    }

    #[test]
    fn a_masked_pair_and_its_score_learn_nothing() {
        let mut tape = Tape::new();
        let positive = tape.variable(2, 1, &POSITIVE);
        let scores = tape.variable(2, 2, &SCORES);
        let block = Negatives {
            scores,
            log_q: &[],
            masked: &[(0, 1)],
        };
        let loss = tape.softmax_cross_entropy(positive, &[block], &PLAIN);
        tape.backward(&mut Params::new(), loss);
        let gradient = tape.gradient(scores);
        assert!(gradient[0] > 0.0 && gradient[1] == 0.0, "{gradient:?}");
        assert!(tape.gradient(positive)[0] < 0.0);
    }
}
