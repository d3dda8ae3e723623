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
use crate::engine::matrix::Metric;
use crate::engine::nn::fingerprint;
use crate::engine::train::{Checkpoint, StepReport, Trainer};

use super::Method;

pub const METHOD: Method = Method {
    kind: "most_popular",
    source: "",
    gradient: false,
    vectors: false,
    metric: |_| Metric::Dot,
    queries: false,
    knobs: Vec::new,
    build: |_, parts| {
        let counts = parts.world.counts.iter().map(|&count| count as f32).collect();
        Ok(Box::new(MostPopular { counts, steps: 0 }))
    },
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
