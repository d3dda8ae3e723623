//! Hard positive mining (Huang et al., KDD 2020, section 4.2): what people wanted and the model would not have found
//! comes up more often.
//!
//! The paper takes such positives from the later clicks of sessions that failed. Our data have no failed sessions; the
//! stand-in is ours: from the second pass on, training examples whose positive the model of that moment ranks behind
//! the first K take the last rows of every batch. The frequencies that logQ corrects for stay those of the data.

use std::rc::Rc;

use crate::engine::data::{Batch, UserId, World};
use crate::engine::rng::{Purpose, Rng};

use super::TrainConfig;

/// Examples judged before a pass at most.
pub const JUDGED: usize = 4096;

/// The examples that were found badly ranked, and what is wanted of them.
#[derive(Clone, Debug)]
pub struct HardPositives {
    /// Rows of a batch that they take.
    rows: usize,
    /// K: those of this rank and better are well ranked.
    k: usize,
    /// By their number in the batches; shared with checkpoints.
    examples: Rc<Vec<u32>>,
}

impl HardPositives {
    /// None found yet.
    pub fn new(config: &TrainConfig, batch: usize) -> Self {
        Self {
            rows: (config.hard_positives * batch as f32) as usize,
            k: config.hard_positives_k,
            examples: Rc::default(),
        }
    }

    /// Whether batches are to hold any.
    pub const fn wanted(&self) -> bool {
        self.rows > 0
    }

    /// Forgets what was found in an earlier pass.
    pub fn begin(&mut self) {
        self.examples = Rc::default();
    }

    /// Keeps those of `examples` whose positive is ranked behind the first K by `scores`, `[B, N]`, of the rows of
    /// `batch`. What else the row's user is known to like has no rank; its scores are overwritten.
    pub fn judge(&mut self, examples: &[u32], batch: &Batch, world: &World, scores: &mut [f32]) {
        let found = Rc::make_mut(&mut self.examples);
        let rows = scores.chunks_exact_mut(world.counts.len());
        for ((row, scores), example) in rows.enumerate().zip(examples) {
            let positive = scores[batch.positives[row].idx()];
            for item in known(world, batch.users[row]) {
                scores[item] = f32::NEG_INFINITY;
            }
            let better = scores.iter().filter(|score| **score > positive).count();
            if better >= self.k {
                found.push(*example);
            }
        }
    }

    /// Puts some of them, drawn anew for every step, into the last places of `examples`.
    pub fn put_into(&self, examples: &mut [u32], seed: u32, step: u64) {
        if self.examples.is_empty() {
            return;
        }
        let mut rng = Rng::stream(seed, Purpose::HardPositives, step);
        let first = examples.len().saturating_sub(self.rows);
        for place in &mut examples[first..] {
            *place = self.examples[rng.below(self.examples.len() as u32) as usize];
        }
    }
}

/// What `user` chose in training, by number.
fn known(world: &World, user: UserId) -> impl Iterator<Item = usize> {
    let end = world.split.train_end[user.idx()] as usize;
    world.dataset.log.user(user).items[..end].iter().map(|item| item.idx())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Dataset, Interaction, ItemId, Log, Split};

    /// One user who chose items 1, 2 and 2 again, out of five.
    fn world() -> World {
        let chosen = [1, 2, 2].into_iter().zip(0..);
        let events = chosen.map(|(item, time)| Interaction {
            user: UserId(0),
            item: ItemId(item),
            time,
            value: 1.0,
        });
        let mut dataset = Dataset {
            log: Log::build(1, events.collect()),
            ..Dataset::default()
        };
        dataset.users.keys.push("u".to_owned());
        dataset.items.keys.extend((0..5).map(|item| item.to_string()));
        let split = Split {
            train_end: vec![3],
            ..Split::default()
        };
        World::new(Rc::new(dataset), split)
    }

    fn positives(k: usize) -> HardPositives {
        HardPositives {
            rows: 2,
            k,
            examples: Rc::default(),
        }
    }

    #[test]
    fn a_positive_is_hard_if_k_items_that_are_no_positives_stand_before_it() {
        let batch = Batch {
            users: vec![UserId(0)],
            positives: vec![ItemId(1)],
            ..Batch::default()
        };
        // Items 0 and 3 stand before item 1; item 2 does, too, but the user likes it.
        let scores = [0.9, 0.5, 0.8, 0.7, 0.1];
        for (k, expected) in [(2, vec![9]), (3, vec![])] {
            let mut hard = positives(k);
            hard.judge(&[9], &batch, &world(), &mut scores.clone());
            assert_eq!(*hard.examples, expected, "K = {k}");
        }
    }

    #[test]
    fn they_take_the_last_rows_and_other_steps_draw_others() {
        let mut hard = positives(1);
        let untouched = [1, 2, 3, 4, 5];
        let mut examples = untouched;
        hard.put_into(&mut examples, 7, 0);
        assert_eq!(examples, untouched);
        hard.examples = Rc::new((100..1100).collect());
        let at = |step| {
            let mut examples = untouched;
            hard.put_into(&mut examples, 7, step);
            examples
        };
        assert_eq!(at(3)[..3], untouched[..3]);
        assert!(at(3)[3..].iter().all(|example| *example >= 100));
        assert_eq!(at(3), at(3));
        assert_ne!(at(3), at(4));
    }
}
