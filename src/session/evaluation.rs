//! Judging a model on held-out events, some users at a time.

use crate::engine::data::{Batch, Case, World};
use crate::engine::metrics::Ranking;
use crate::engine::train::{TrainConfig, Trainer};
use crate::protocol::Metrics;

/// Users judged in one unit of work.
const USERS: usize = 64;

/// Which held-out events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldOut {
    /// Those that settings may be chosen by.
    Valid,
    /// Those looked at once, at the end.
    Test,
}

impl HeldOut {
    /// As the protocol calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }

    /// The cases to judge.
    #[must_use]
    pub fn cases(self, world: &World) -> &[Case] {
        match self {
            Self::Valid => &world.split.valid,
            Self::Test => &world.split.test,
        }
    }
}

/// An evaluation under way.
pub struct Evaluation {
    /// On which events.
    pub on: HeldOut,
    done: usize,
    history: usize,
    ranking: Ranking,
    batch: Batch,
    scores: Vec<f32>,
}

impl Evaluation {
    /// Not a user judged yet.
    #[must_use]
    pub fn new(on: HeldOut, world: &World, config: TrainConfig, seed: u32) -> Self {
        Self {
            on,
            done: 0,
            history: config.history,
            ranking: Ranking::new(&world.counts, config.top).with_samples(seed),
            batch: Batch::default(),
            scores: Vec::new(),
        }
    }

    /// Judges the next users; when there are no more, gives the metrics.
    pub fn advance(&mut self, trainer: &mut dyn Trainer, world: &World) -> Option<Metrics> {
        let cases = self.on.cases(world);
        let next = &cases[self.done..cases.len().min(self.done + USERS)];
        let log = &world.dataset.log;
        self.batch.contexts(&world.dataset, next, self.history);
        trainer.scores(&self.batch, &mut self.scores);
        let n_items = world.dataset.items.len();
        for (case, scores) in next.iter().zip(self.scores.chunks_exact(n_items)) {
            let (seen, targets) = case.parts(log);
            self.ranking.add(scores, seen, targets);
        }
        self.done += next.len();
        (self.done == cases.len()).then(|| self.ranking.finish())
    }
}
