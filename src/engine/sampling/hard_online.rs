//! Online hard negatives: of the positives of the other rows, the h that score highest, and random items (Huang et
//! al., "Embedding-based Retrieval in Facebook Search", KDD 2020, section 4.1.1).
//!
//! The paper finds that more than two hard negatives a positive hurt. How it blends them with the random ones within a
//! step is not said; ours is to let all count alike.

use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};

use super::mask::{Masks, Policy};
use super::{Candidates, Sampler, SamplerKind, Scene, easy, in_batch};

pub const KIND: SamplerKind = SamplerKind {
    kind: "hard_online",
    source: "Huang et al., KDD 2020",
    knobs: || {
        vec![
            Knob::whole("hardest", 0, 1024, 1).paper(Value::Number(2.0)),
            Knob::whole("n", 0, 4096, 4),
            Policy::knob(),
        ]
    },
    impressions: false,
    logq: false,
    rows: false,
    batch: true,
    mixes: false,
    build: |settings, world| {
        let n_items = world.counts.len();
        Ok(Box::new(HardOnline {
            hardest: settings.whole("hardest") as usize,
            n: settings.whole("n") as usize,
            n_items,
            masks: Masks::new(Policy::build(settings), n_items),
        }))
    },
};

#[derive(Clone)]
struct HardOnline {
    /// h.
    hardest: usize,
    /// Random negatives, shared by all rows.
    n: usize,
    n_items: usize,
    masks: Masks,
}

impl Sampler for HardOnline {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        out.begin(scene.batch.len());
        if self.hardest > 0 {
            // The chance to be the hardest is unknown, so there is nothing to correct.
            let block = in_batch::draw(scene.batch, |_| 0.0, &mut self.masks, out);
            block.hardest = Some(self.hardest);
        }
        let block = easy::draw(self.n, scene.batch, self.n_items, &mut self.masks, rng, out);
        block.log_q.fill(0.0);
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Source, trial};

    #[test]
    fn spec_1_13_4_without_hard_ones_only_random_negatives_are_left() {
        let out = trial::draw("hard_online", &[("hardest", 0.0), ("n", 3.0)]);
        let sources: Vec<_> = out
            .blocks()
            .iter()
            .map(|block| (block.source, block.items.len()))
            .collect();
        assert_eq!(sources, [(Source::Catalogue, 3)]);
    }

    #[test]
    fn the_hard_ones_are_chosen_among_the_other_rows_and_never_a_copy_of_the_positive() {
        let out = trial::draw("hard_online", &[("hardest", 2.0)]);
        let block = &out.blocks()[0];
        assert_eq!((block.source, block.hardest), (Source::Batch, Some(2)));
        assert!(block.masked.contains(&(0, 2)) && block.masked.contains(&(1, 1)));
    }
}
