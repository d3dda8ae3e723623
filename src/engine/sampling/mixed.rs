//! Mixed negatives: the positives of the other rows and B' uniform ones, shared by all rows (Yang et al., "Mixed
//! Negative Sampling for Learning Two-tower Neural Networks in Recommendations", WWW 2020 companion).
//!
//! ```text
//! w_ij = exp(⟨u_i, v_j⟩ − log Q*_j)          Q*_j = (B q_j + B'/N) / (B + B')
//! ```
//!
//! The paper says that Q* is a mixture of the unigram and the uniform distribution, set by B : B'; the formula is ours.
//! The paper does not correct the positive. Then the scale of Q* matters: the expected count `(B − 1) q_j + B'/N` in
//! its place makes the sum an unbiased estimate of the one over the catalogue.

use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};

use super::frequency::log_shares;
use super::mask::{Masks, Policy};
use super::{Candidates, Sampler, SamplerKind, Scene, easy, in_batch};

pub const KIND: SamplerKind = SamplerKind {
    kind: "mixed",
    source: "Yang et al., WWW 2020",
    knobs: || {
        vec![
            Knob::whole("n", 1, 8192, 256).paper(Value::Number(8192.0)),
            Knob::flag("positive_corrected", false).paper(Value::Flag(false)),
            Knob::flag("count_scale", false).paper(Value::Flag(false)),
            Policy::knob(),
        ]
    },
    impressions: false,
    logq: true,
    rows: false,
    batch: true,
    mixes: false,
    build: |settings, world| {
        let shares = log_shares(&world.counts);
        Ok(Box::new(Mixed {
            mixture: Mixture {
                n: settings.whole("n") as usize,
                count_scale: settings.flag("count_scale"),
                shares: shares.into_iter().map(|log_q| libm::exp(f64::from(log_q))).collect(),
            },
            positive_corrected: settings.flag("positive_corrected"),
            masks: Masks::new(Policy::build(settings), world.counts.len()),
        }))
    },
};

#[derive(Clone)]
struct Mixed {
    mixture: Mixture,
    /// Whether the positive has the correction of its negatives.
    positive_corrected: bool,
    masks: Masks,
}

/// Q*.
#[derive(Clone)]
struct Mixture {
    /// B'.
    n: usize,
    /// Whether Q counts draws of a step rather than being the chance of one.
    count_scale: bool,
    /// q of every item.
    shares: Vec<f64>,
}

impl Mixture {
    /// `log Q*` of an item in a batch of `rows`.
    fn log_q(&self, item: u32, rows: usize) -> f32 {
        let (rows, n) = (rows as f64, self.n as f64);
        let uniform = n / self.shares.len() as f64;
        let share = self.shares[item as usize];
        let q = if self.count_scale {
            (rows - 1.0) * share + uniform
        } else {
            (rows * share + uniform) / (rows + n)
        };
        libm::log(q) as f32
    }
}

impl Sampler for Mixed {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        let Self { mixture, masks, .. } = self;
        let batch = scene.batch;
        let log_q = |item| mixture.log_q(item, batch.len());
        out.begin(batch.len());
        in_batch::draw(batch, log_q, masks, out);
        let block = easy::draw(mixture.n, batch, mixture.shares.len(), masks, rng, out);
        for (into, &item) in block.log_q.iter_mut().zip(&block.items) {
            *into = log_q(item);
        }
        if self.positive_corrected {
            in_batch::correct_positives(batch, log_q, out);
        }
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Source, trial};
    use super::*;

    #[test]
    fn the_blocks_are_the_batch_and_the_catalogue() {
        let out = trial::draw("mixed", &[("n", 4.0)]);
        let sources: Vec<_> = out
            .blocks()
            .iter()
            .map(|block| (block.source, block.items.len()))
            .collect();
        assert_eq!(sources, [(Source::Batch, 3), (Source::Catalogue, 4)]);
        assert_eq!(
            out.positive_log_q, [0.0; 3],
            "the paper leaves the positive uncorrected"
        );
        let out = trial::draw_with("mixed", &[("positive_corrected", Value::Flag(true))]);
        assert_eq!(out.positive_log_q, out.blocks()[0].log_q);
    }

    #[test]
    fn q_is_the_mixture_by_hand_in_both_scales() {
        // B = 2, B' = 6, N = 4, q = 0.7: (1.4 + 1.5) / 8 = 0.3625; 0.7 + 1.5 = 2.2.
        let mut mixture = Mixture {
            n: 6,
            count_scale: false,
            shares: vec![0.7, 0.1, 0.1, 0.1],
        };
        assert!((libm::expf(mixture.log_q(0, 2)) - 0.3625).abs() < 1e-6);
        mixture.count_scale = true;
        assert!((libm::expf(mixture.log_q(0, 2)) - 2.2).abs() < 1e-6);
    }
}
