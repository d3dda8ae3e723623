//! In-batch negatives: the positives of the other rows (Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large
//! Corpus Item Recommendations", RecSys 2019).
//!
//! A popular item is the positive of many rows and so is drawn as a negative often: `log q_j` of each column tells the
//! loss how often, and the logQ correction takes it back. The positive is corrected too.

use crate::engine::data::{Batch, ItemId};
use crate::engine::nn::{Pen, Unfit};
use crate::engine::rng::Rng;

use super::frequency::Frequency;
use super::mask::{Masks, Policy};
use super::{Block, Candidates, Sampler, SamplerKind, Scene, Source};

pub const KIND: SamplerKind = SamplerKind {
    kind: "in_batch",
    source: "Yi et al., RecSys 2019",
    knobs: || {
        let mut knobs = vec![Policy::knob()];
        knobs.extend(Frequency::knobs());
        knobs
    },
    impressions: false,
    logq: true,
    rows: true,
    batch: true,
    mixes: false,
    build: |settings, world| {
        Ok(Box::new(InBatch {
            frequency: Frequency::build(settings, &world.counts),
            masks: Masks::new(Policy::build(settings), world.counts.len()),
        }))
    },
};

#[derive(Clone)]
struct InBatch {
    frequency: Frequency,
    masks: Masks,
}

impl Sampler for InBatch {
    fn draw(&mut self, scene: &Scene, _: &mut Rng, out: &mut Candidates) {
        out.begin(scene.batch.len());
        let log_q = |item| self.frequency.log_q(item);
        draw(scene.batch, log_q, &mut self.masks, out);
        correct_positives(scene.batch, log_q, out);
    }

    fn observe(&mut self, positives: &[ItemId], _: &[f32]) {
        self.frequency.observe(ItemId::numbers(positives));
    }

    fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        self.frequency.pass(pen)
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

/// Adds the positives of the batch as negatives of the other rows.
pub fn draw<'a>(
    batch: &Batch,
    log_q: impl Fn(u32) -> f32,
    masks: &mut Masks,
    out: &'a mut Candidates,
) -> &'a mut Block {
    let block = out.block(Source::Batch);
    block.items.extend_from_slice(ItemId::numbers(&batch.positives));
    block.log_q.extend(block.items.iter().map(|&item| log_q(item)));
    // A row's own column is its positive, whatever else is masked.
    block.masked.extend((0..batch.len() as u32).map(|row| (row, row)));
    masks.shared(batch, block);
    block
}

/// Gives the positives the `log q` they have as negatives.
pub fn correct_positives(batch: &Batch, log_q: impl Fn(u32) -> f32, out: &mut Candidates) {
    for (into, positive) in out.positive_log_q.iter_mut().zip(&batch.positives) {
        *into = log_q(positive.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Source, trial};
    use crate::settings::Value;

    #[test]
    fn the_negatives_are_the_positives_of_the_other_rows() {
        let out = trial::draw("in_batch", &[]);
        let [block] = out.blocks() else {
            panic!("one block");
        };
        assert_eq!((block.source, &*block.items), (Source::Batch, &[5, 2, 5][..]));
        // Rows 0 and 2 have the same positive: none of them is a negative of the other.
        let mut masked = block.masked.clone();
        masked.sort_unstable();
        masked.dedup();
        assert_eq!(masked, [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)]);
        assert_eq!(out.positive_log_q, block.log_q);
        // Counts of items 0..8 are 1..=8, in all 36: item 5 has 6/36, item 2 has 3/36.
        assert!((block.log_q[0] - libm::logf(6.0 / 36.0)).abs() < 1e-6);
        assert!((block.log_q[1] - libm::logf(3.0 / 36.0)).abs() < 1e-6);
    }

    #[test]
    fn without_a_mask_only_a_rows_own_column_is_left_out() {
        let out = trial::draw_with("in_batch", &[("mask", Value::Text("none".to_owned()))]);
        assert_eq!(out.blocks()[0].masked, [(0, 0), (1, 1), (2, 2)]);
    }
}
