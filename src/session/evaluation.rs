//! Judging a model on held-out events, some users at a time.

use crate::engine::data::{Batch, Case, Clicks, World};
use crate::engine::metrics::{Ranking, Stages, judge_rows};
use crate::engine::train::{Pointwise, TrainConfig, Trainer};
use crate::protocol::Metrics;

/// Users judged in one unit of work.
const USERS: usize = 64;

/// The same where every candidate is read together with its user.
const USERS_READ: usize = 8;

/// Rows of features judged in one unit of work.
const ROWS: usize = 4096;

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

    /// The rows to judge, of data in rows.
    #[must_use]
    pub fn rows(self, clicks: &Clicks) -> &[u32] {
        match self {
            Self::Valid => &clicks.valid,
            Self::Test => &clicks.test,
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

/// What an evaluation found.
pub struct Judgement {
    /// The metrics.
    pub metrics: Metrics,
    /// Users judged by their lists; 0 where rows were.
    pub users: usize,
    /// Rows judged one by one.
    pub rows: usize,
    /// Mean chance and share of clicks of each class of them.
    pub calibration: Vec<[f32; 2]>,
}

/// An evaluation under way.
pub struct Evaluation {
    /// On which events.
    pub on: HeldOut,
    done: usize,
    history: usize,
    top: usize,
    seed: u32,
    ranking: Ranking,
    /// Of a model that orders what another has found.
    stages: Option<Stages>,
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
            top: config.top,
            seed,
            stages: None,
            ranking: Ranking::new(&world.counts, config.top).with_samples(seed),
            batch: Batch::default(),
            scores: Vec::new(),
        }
    }

    /// Judges the next users, or rows; when there are no more, gives what was found.
    pub fn advance(&mut self, trainer: &mut dyn Trainer, world: &World) -> Option<Judgement> {
        if let Some(model) = trainer.pointwise() {
            return self.judge_rows(model);
        }
        let cases = self.on.cases(world);
        let second = trainer.second_stage();
        let read = second.is_some_and(|second| second.first().is_some());
        let users = if read { USERS_READ } else { USERS };
        let next = &cases[self.done..cases.len().min(self.done + users)];
        let log = &world.dataset.log;
        self.batch.contexts(&world.dataset, next, self.history);
        trainer.scores(&self.batch, &mut self.scores);
        let n_items = world.dataset.items.len();
        for (case, scores) in next.iter().zip(self.scores.chunks_exact(n_items)) {
            let (seen, targets) = case.parts(log);
            self.ranking.add(scores, seen, targets);
        }
        if let Some(second) = trainer.second_stage().filter(|_| read) {
            let (top, seed) = (self.top, self.seed);
            let stages = self.stages.get_or_insert_with(|| Stages::new(world, second, top, seed));
            for (row, case) in next.iter().enumerate() {
                stages.add(world, case, &self.batch.alone(row), second);
            }
        }
        self.done += next.len();
        (self.done == cases.len()).then(|| {
            let mut metrics = if cases.is_empty() {
                Metrics::new()
            } else {
                self.ranking.finish()
            };
            if let Some(stages) = &self.stages {
                stages.finish(&mut metrics);
            }
            Judgement {
                metrics,
                users: cases.len(),
                rows: 0,
                calibration: Vec::new(),
            }
        })
    }

    /// Judges the next rows.
    fn judge_rows(&mut self, model: &mut dyn Pointwise) -> Option<Judgement> {
        let rows = self.on.rows(model.clicks());
        let (n, next) = (rows.len(), &rows[self.done..rows.len().min(self.done + ROWS)]);
        self.done += next.len();
        let next = next.to_vec();
        model.log_odds(&next, &mut self.scores);
        (self.done == n).then(|| {
            let clicks = model.clicks();
            let (metrics, calibration) = judge_rows(clicks, self.on.rows(clicks), &self.scores);
            Judgement {
                metrics,
                users: 0,
                rows: n,
                calibration,
            }
        })
    }
}
