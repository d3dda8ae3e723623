//! Losses of a positive and its negatives: of each pair of them, or of each score by itself; the mean over those of a
//! row and over the rows.
//!
//! ```text
//! hinge: max(0, s⁻ − s⁺ + m)          logistic (BPR): −log σ((s⁺ − s⁻) / τ)
//! binary cross-entropy: −log σ(s⁺ / τ) and −log(1 − σ(s⁻ / τ))
//! ```

use wide::f32x4;

use super::super::exponential::sigmoid;
use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;
use super::softmax::{Negatives, check_blocks};

/// What a pair costs, as a function of `x = s⁻ − s⁺`; or what a score costs by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pairwise {
    /// `max(0, x + margin)`.
    Hinge {
        /// m.
        margin: f32,
    },
    /// `ln(1 + e^(x/τ))`.
    Logistic {
        /// τ.
        temperature: f32,
    },
    /// `ln(1 + e^(s⁻/τ))` of each negative, `ln(1 + e^(-s⁺/τ))` of the positive.
    Binary {
        /// τ.
        temperature: f32,
    },
}

/// Notes the slope of every score, divided by what counts in its row and by the rows: the positive's, then those of the
/// negatives, `[B, 1 + C₁ + C₂ + …]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct PairwiseLoss {
    positive: Var,
    negatives: Span,
}

impl Tape {
    /// Mean over rows of the mean over the row's unmasked pairs, or scores: `positive` is `[B, 1]`, each block of negatives
    /// `[B, C]`, the loss `[1, 1]`. A row without pairs adds 0. The blocks' log Q plays no part: it would shift a
    /// margin unseen.
    ///
    /// # Panics
    /// If a length does not fit or a masked pair lies outside.
    pub fn pairwise_loss(&mut self, positive: Var, negatives: &[Negatives], pairwise: Pairwise) -> Var {
        let rows = check_blocks(self, positive, negatives);
        let width = 1 + negatives.iter().map(|block| self.shape(block.scores).1).sum::<usize>();
        let op = PairwiseLoss {
            positive,
            negatives: self.keep_blocks(negatives),
        };
        let out = self.push_blocks(Op::PairwiseLoss(op), rows * width, positive, negatives);
        let mut first = 1;
        for block in negatives {
            let cols = self.shape(block.scores).1;
            let forward = self.forward(out);
            let (positive, scores) = (forward.inputs.of(positive), forward.inputs.of(block.scores));
            for row in 0..rows {
                let into = &mut forward.note[row * width + first..][..cols];
                let positive = f32x4::splat(if pairwise.alone() { 0.0 } else { positive[row] });
                simd::map(into, &scores[row * cols..][..cols], |score| score - positive);
            }
            for &(row, column) in block.masked {
                forward.note[row as usize * width + first + column as usize] = f32::NEG_INFINITY;
            }
            first += cols;
        }
        let forward = self.forward(out);
        let positives = forward.inputs.of(positive);
        let of_rows = forward.note.chunks_exact_mut(width).zip(positives);
        forward.output[0] = of_rows.map(|(row, positive)| pairwise.row(*positive, row, rows)).sum();
        out
    }
}

impl Pairwise {
    /// Whether each score is judged by itself.
    const fn alone(self) -> bool {
        matches!(self, Self::Binary { .. })
    }

    /// The row's part of the loss; replaces the differences, of which masked ones are negative infinity, by slopes, and
    /// puts the positive's before them.
    fn row(self, positive: f32, row: &mut [f32], rows: usize) -> f32 {
        let Some((own, row)) = row.split_first_mut() else {
            return 0.0;
        };
        let alone = self.alone();
        let counted = row.iter().filter(|x| **x != f32::NEG_INFINITY).count() + usize::from(alone);
        let share = 1.0 / (counted.max(1) * rows) as f32;
        let mut loss = 0.0;
        if alone {
            let (cost, slope) = self.pair(-positive);
            loss = cost;
            *own = -slope * share;
        }
        for x in &mut *row {
            if *x == f32::NEG_INFINITY {
                *x = 0.0;
                continue;
            }
            let (cost, slope) = self.pair(*x);
            loss += cost;
            *x = slope * share;
        }
        if !alone {
            *own = -simd::sum(row);
        }
        loss * share
    }

    /// Cost and slope at `x = s⁻ − s⁺`, or at a score.
    fn pair(self, x: f32) -> (f32, f32) {
        match self {
            Self::Hinge { margin } => {
                let cost = x + margin;
                // Written so that a NaN is not taken for an inactive pair.
                if cost <= 0.0 { (0.0, 0.0) } else { (cost, 1.0) }
            }
            Self::Logistic { temperature } | Self::Binary { temperature } => {
                let x = x / temperature;
                let softplus = x.max(0.0) + libm::log1pf(libm::expf(-x.abs()));
                let cost = if x.is_nan() { x } else { softplus };
                (cost, sigmoid(f32x4::splat(x)).to_array()[0] / temperature)
            }
        }
    }
}

impl PairwiseLoss {
    /// Each score gets its slope.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let rows = tape.shape(self.positive).0;
        let width = tape.values().note(out).len() / rows.max(1);
        let (mut first, mut place) = (1, 0);
        let learn = |tape: &mut Tape, scores: Var, first: usize| {
            let cols = tape.shape(scores).1;
            if let Some(edge) = tape.edge(out, scores) {
                let slopes = edge.values.note(out);
                for row in 0..rows {
                    let into = &mut edge.into[row * cols..][..cols];
                    edge.write
                        .scaled(into, &slopes[row * width + first..][..cols], edge.from[0]);
                }
            }
            cols
        };
        while let Some(block) = tape.kept_var(self.negatives, place) {
            first += learn(tape, block, first);
            place += 1;
        }
        learn(tape, self.positive, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    const BPR: Pairwise = Pairwise::Logistic { temperature: 1.0 };

    /// Loss and gradients of positive and negatives of two rows with two negatives each.
    fn eval(pairwise: Pairwise, masked: &[(u32, u32)]) -> (f32, Vec<f32>, Vec<f32>) {
        let mut tape = Tape::new();
        let positive = tape.variable(2, 1, &[0.9, 0.2]);
        let scores = tape.variable(2, 2, &[0.8, 0.1, 0.2, 0.6]);
        let block = Negatives {
            scores,
            log_q: &[],
            masked,
        };
        let loss = tape.pairwise_loss(positive, &[block], pairwise);
        tape.backward(&mut Params::new(), loss);
        (
            tape.value(loss)[0],
            tape.gradient(positive).to_vec(),
            tape.gradient(scores).to_vec(),
        )
    }

    #[test]
    fn the_hinge_is_the_mean_of_the_active_pairs_by_hand() {
        // s⁻ − s⁺ + 0.2: 0.1, −0.6; 0.2, 0.6. Means 0.05 and 0.4, of both 0.225.
        let (loss, positive, negatives) = eval(Pairwise::Hinge { margin: 0.2 }, &[]);
        assert!((loss - 0.225).abs() < 1e-6, "{loss}");
        assert_eq!(negatives, [0.25, 0.0, 0.25, 0.25]);
        assert_eq!(positive, [-0.25, -0.5]);
    }

    #[test]
    fn a_masked_pair_leaves_the_mean() {
        // Row 0 has one pair left: −0.6 → 0. Row 1 has one: 0.6. Mean 0.3.
        let (loss, positive, negatives) = eval(Pairwise::Hinge { margin: 0.2 }, &[(0, 0), (1, 0)]);
        assert!((loss - 0.3).abs() < 1e-6, "{loss}");
        assert_eq!((positive, negatives), (vec![0.0, -0.5], vec![0.0, 0.0, 0.0, 0.5]));
        let (loss, positive, _) = eval(BPR, &[(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert_eq!((loss, positive), (0.0, vec![0.0, 0.0]));
    }

    #[test]
    fn bpr_is_minus_the_logarithm_of_the_sigmoid_by_hand() {
        // x: −0.1, −0.8; 0, 0.4. ln(1 + eˣ): 0.644397, 0.371101; 0.693147, 0.913015. Mean 0.655415.
        let (loss, ..) = eval(BPR, &[]);
        assert!((loss - 0.655_415).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn binary_cross_entropy_judges_each_score_by_itself_by_hand() {
        // −ln σ(0.9), −ln(1 − σ(0.8)), −ln(1 − σ(0.1)): 0.341154, 1.171101, 0.744397, mean 0.752217; of the second row
        // 0.598139, 0.798139 and what is masked: mean 0.698139.
        let (loss, positive, negatives) = eval(Pairwise::Binary { temperature: 1.0 }, &[(1, 1)]);
        assert!((loss - 0.725_178).abs() < 1e-6, "{loss}");
        let sigmoid = |x: f32| 1.0 / (1.0 + libm::expf(-x));
        let expected = [(sigmoid(0.9) - 1.0) / 6.0, (sigmoid(0.2) - 1.0) / 4.0];
        assert!(
            positive.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{positive:?}"
        );
        let expected = [sigmoid(0.8) / 6.0, sigmoid(0.1) / 6.0, sigmoid(0.2) / 4.0, 0.0];
        assert!(
            negatives.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{negatives:?}"
        );
    }

    #[test]
    fn differences_far_apart_do_not_overflow_and_a_nan_shows() {
        assert_eq!(BPR.pair(1e4), (1e4, 1.0));
        assert_eq!(BPR.pair(-1e4).0, 0.0);
        assert!(BPR.pair(f32::NAN).0.is_nan());
        assert!(Pairwise::Hinge { margin: 0.2 }.pair(f32::NAN).0.is_nan());
    }
}
