//! MostPopular: every user is given the items that were chosen most often in training.
//!
//! ```text
//! s(i) = number of training events of item i
//! ```
//!
//! The baseline every table needs. It learns by counting, all in its first step; there is no loss and there are no
//! vectors. Items a user already has are removed by the evaluation, as for every method.

use crate::engine::data::Batch;
use crate::engine::embed::Embed;
use crate::engine::nn::fingerprint;
use crate::engine::train::{Checkpoint, StepReport, Trainer};

use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "most_popular",
    source: "",
    gradient: false,
    vectors: false,
    knobs: Vec::new,
    build: |_, parts| {
        let counts = parts.world.counts.iter().map(|&count| count as f32).collect();
        Ok(Box::new(MostPopular { counts, steps: 0 }))
    },
    encoded: false,
    ..RETRIEVER
};

struct MostPopular {
    /// Training events of each item.
    counts: Vec<f32>,
    /// Before the first step nothing has been counted, and every item scores 0.
    steps: u64,
}

impl MostPopular {
    fn learnt(&self) -> impl Iterator<Item = f32> {
        self.counts
            .iter()
            .map(|&count| if self.steps == 0 { 0.0 } else { count })
    }
}

impl Trainer for MostPopular {
    fn step(&mut self) -> StepReport {
        self.steps += 1;
        StepReport { loss: None }
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn steps_per_epoch(&self) -> u64 {
        1
    }

    fn parameters(&self) -> u64 {
        self.counts.len() as u64
    }

    fn checksum(&self) -> u64 {
        fingerprint(self.learnt())
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        out.clear();
        for _ in 0..batch.len() {
            out.extend(self.learnt());
        }
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        None
    }

    fn save(&self) -> Checkpoint {
        Checkpoint {
            step: self.steps,
            learnt: Vec::new(),
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        self.steps = checkpoint.step;
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::engine::data::{Dataset, Interaction, ItemId, Log, SplitConfig, Table, UserId, World};
    use crate::engine::rng::{Purpose, Rng};

    /// Twelve users of a few events each, in any order.
    fn events() -> Vec<Interaction> {
        let mut rng = Rng::stream(6, Purpose::Trial, 0);
        let mut events = Vec::new();
        for user in 0..12 {
            for time in 0..4 + i64::from(user % 5) {
                events.push(Interaction {
                    user: UserId(user),
                    item: ItemId(rng.below(9)),
                    time,
                    value: 1.0,
                });
            }
        }
        rng.shuffle(&mut events);
        events
    }

    fn world(events: Vec<Interaction>) -> World {
        let items = Table {
            keys: (0..9).map(|row: u32| row.to_string()).collect(),
            ..Table::default()
        };
        let log = Log::build(12, events);
        let split = SplitConfig::LeaveOneOut.split(&log, true, 0).expect("events enough");
        let dataset = Dataset {
            items,
            log,
            ..Dataset::default()
        };
        World::new(Rc::new(dataset), split)
    }

    fn trained(world: &World) -> MostPopular {
        let counts = world.counts.iter().map(|&count| count as f32).collect();
        MostPopular { counts, steps: 1 }
    }

    fn scores(world: &World, users: &[u32]) -> Vec<f32> {
        let mut batch = Batch::default();
        let cases: Vec<_> = users.iter().map(|&user| world.case(UserId(user))).collect();
        batch.contexts(&world.dataset, &cases, 20);
        let mut scores = Vec::new();
        trained(world).scores(&batch, &mut scores);
        scores
    }

    #[test]
    fn spec_1_1_1_the_order_of_the_log_changes_nothing() {
        let mut turned = events();
        turned.reverse();
        assert_eq!(scores(&world(events()), &[0]), scores(&world(turned), &[0]));
    }

    #[test]
    fn spec_1_1_2_counts_are_those_of_the_training_events() {
        let world = world(events());
        let training: u32 = world.split.train_end.iter().sum();
        assert!(training < events().len() as u32, "something is held out");
        assert_eq!(trained(&world).counts.iter().sum::<f32>(), training as f32);
    }

    #[test]
    fn spec_1_1_3_all_users_get_the_same() {
        let scores = scores(&world(events()), &[2, 9]);
        assert_eq!(scores[..9], scores[9..]);
    }
}
