//! Two models served as one (Huang et al., KDD 2020, section 4.3). Each is trained by itself, on the same batches.
//!
//! Weighted, their scores are added, and one vector a side serves both (hats: length 1):
//!
//! ```text
//! S_w(Q, D) = cos(V_Q1, U_D1) + α cos(V_Q2, U_D2)
//! E_Q = [V̂_Q1, α V̂_Q2] / √(1 + α²)     E_D = [Û_D1, Û_D2] / √2     cos(E_Q, E_D) = S_w(Q, D) / √(2 (1 + α²))
//! ```
//!
//! In a cascade the first model retrieves, and the second puts the first M of that list in its own order.

use crate::engine::data::Batch;
use crate::engine::embed::{Embed, SecondStage};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::model::Retriever;
use crate::engine::order;

use super::score_all::{rows, score_all};
use super::{Change, Checkpoint, ComparedRow, DriftPoint, RetrieverTrainer, StepReport, Trainer};

/// How two models answer together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Serving {
    /// By the sum of their scores, the second's times α.
    Weighted(f32),
    /// The first finds, the second orders so many of those found: M.
    Cascade(usize),
}

/// A model among others, whatever it is.
pub type Member = RetrieverTrainer<Box<dyn Retriever>>;

/// Two models of cosines with one vector a user each.
pub struct Ensemble {
    first: Member,
    second: Member,
    serving: Serving,
    /// Item vectors for both, and the step they are of.
    items: Option<(u64, Matrix)>,
    scores: Vec<f32>,
    keys: Vec<u64>,
}

impl Ensemble {
    /// Of two members made from the same world and seed.
    ///
    /// # Panics
    /// If a member compares by inner products or has several vectors for a user.
    #[must_use]
    pub fn new(first: Member, second: Member, serving: Serving) -> Self {
        for member in [&first, &second] {
            assert!(
                member.metric() == Metric::Cosine && member.heads() == 1,
                "the members of an ensemble compare one vector a user by cosines"
            );
        }
        Self {
            first,
            second,
            serving,
            items: None,
            scores: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Puts the first `m` items of each row of `out`, `[B, N]`, in the order of the second's `scores`; they stay
    /// before all others. Cosines differ by at most 2.
    fn reorder(&mut self, m: usize, n_items: usize, out: &mut [f32]) {
        let by_second = self.scores.chunks_exact(n_items);
        for (scores, by_second) in out.chunks_exact_mut(n_items).zip(by_second) {
            self.keys.clear();
            self.keys
                .extend((0..).zip(&*scores).map(|(item, score)| order::key(*score, item)));
            order::sort_first(&mut self.keys, m);
            scores.iter_mut().for_each(|score| *score -= 4.0);
            for &key in self.keys.iter().take(m) {
                let item = order::number(key) as usize;
                scores[item] = by_second[item];
            }
        }
    }
}

impl Trainer for Ensemble {
    /// A step of each; the loss is their mean.
    fn step(&mut self) -> StepReport {
        let losses = [self.first.step().loss, self.second.step().loss];
        StepReport {
            loss: losses[0].zip(losses[1]).map(|(first, second)| (first + second) / 2.0),
        }
    }

    /// The negatives of the second stay: they are what makes it another model.
    fn change(&mut self, change: Change) {
        self.second.change(Change {
            sampler: None,
            loss: change.loss.clone(),
            optimizer: change.optimizer,
        });
        self.first.change(change);
    }

    fn steps(&self) -> u64 {
        self.first.steps()
    }

    fn steps_per_epoch(&self) -> u64 {
        self.first.steps_per_epoch()
    }

    fn parameters(&self) -> u64 {
        self.first.parameters() + self.second.parameters()
    }

    fn checksum(&self) -> u64 {
        self.first.checksum().rotate_left(1) ^ self.second.checksum()
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        match self.serving {
            Serving::Weighted(_) => {
                let users = self.users(batch);
                score_all(rows(&users), 1, self.items(), out);
            }
            Serving::Cascade(m) => {
                self.first.scores(batch, out);
                let mut scores = std::mem::take(&mut self.scores);
                self.second.scores(batch, &mut scores);
                self.scores = scores;
                let n_items = self.first.items().nrows();
                self.reorder(m, n_items, out);
            }
        }
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        Some(self)
    }

    /// Of the first.
    fn drift(&self) -> Option<DriftPoint> {
        self.first.drift()
    }

    /// By the first.
    fn compared(&self, row: usize) -> Option<ComparedRow> {
        self.first.compared(row)
    }

    /// Of the first.
    fn pool(&self) -> usize {
        self.first.pool()
    }

    fn save(&self) -> Checkpoint {
        Checkpoint {
            step: self.steps(),
            learnt: vec![self.first.learnt(), self.second.learnt()],
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        let members = [&mut self.first, &mut self.second];
        for (member, learnt) in members.into_iter().zip(&checkpoint.learnt) {
            member.take_up(checkpoint.step, learnt);
        }
        self.items = None;
    }
}

impl Embed for Ensemble {
    fn metric(&self) -> Metric {
        Metric::Cosine
    }

    fn heads(&self) -> usize {
        1
    }

    fn items(&mut self) -> &Matrix {
        if matches!(self.serving, Serving::Cascade(_)) {
            return self.first.items();
        }
        let step = self.steps();
        if self.items.as_ref().is_none_or(|(of, _)| *of != step) {
            self.items = Some((step, concatenated(self.first.items(), self.second.items(), 1.0)));
        }
        let (_, items) = self.items.as_ref().expect("just made");
        items
    }

    fn users(&mut self, batch: &Batch) -> Matrix {
        let first = self.first.users(batch);
        match self.serving {
            Serving::Cascade(_) => first,
            Serving::Weighted(weight) => concatenated(&first, &self.second.users(batch), weight),
        }
    }

    fn second_stage(&mut self) -> Option<&mut dyn SecondStage> {
        match self.serving {
            Serving::Weighted(_) => None,
            Serving::Cascade(_) => Some(self),
        }
    }
}

impl SecondStage for Ensemble {
    fn depth(&self) -> usize {
        match self.serving {
            Serving::Weighted(_) => 0,
            Serving::Cascade(m) => m,
        }
    }

    fn rescore(&mut self, asked: &Batch, items: &[u32]) -> Vec<f32> {
        let user = self.second.users(asked);
        let all = self.second.items();
        let score = |&item: &u32| user.row(0).dot(&all.row(item as usize));
        items.iter().map(score).collect()
    }
}

/// The rows of both, the second's times `weight`, at length 1 where theirs are.
fn concatenated(first: &Matrix, second: &Matrix, weight: f32) -> Matrix {
    let length = (1.0 + weight * weight).sqrt();
    let mut values = Vec::with_capacity(first.len() + second.len());
    for (one, other) in first.outer_iter().zip(second.outer_iter()) {
        values.extend(one.iter().map(|x| x / length));
        values.extend(other.iter().map(|x| x * weight / length));
    }
    let shape = (first.nrows(), first.ncols() + second.ncols());
    Matrix::from_shape_vec(shape, values).expect("a row of each for every row")
}
