//! Two models served as one (Huang et al., KDD 2020, section 4.3). Each is trained by itself, on the same batches; their
//! scores are added, and one vector a side serves both (hats: length 1):
//!
//! ```text
//! S_w(Q, D) = cos(V_Q1, U_D1) + α cos(V_Q2, U_D2)
//! E_Q = [V̂_Q1, α V̂_Q2] / √(1 + α²)     E_D = [Û_D1, Û_D2] / √2     cos(E_Q, E_D) = S_w(Q, D) / √(2 (1 + α²))
//! ```

use crate::engine::data::Batch;
use crate::engine::embed::Embed;
use crate::engine::features::Opened;
use crate::engine::matrix::{Matrix, Metric};

use super::score_all::{rows, score_all};
use super::{Change, Checkpoint, ComparedRow, DriftPoint, Member, StepReport, Trainer};

/// Two models of cosines with one vector a user each.
pub struct Weighted {
    first: Member,
    second: Member,
    /// α.
    weight: f32,
    /// Item vectors for both, and the step they are of.
    items: Option<(u64, Matrix)>,
}

impl Weighted {
    /// Of two members made from the same world and seed.
    ///
    /// # Panics
    /// If a member compares by inner products or has several vectors for a user.
    #[must_use]
    pub fn new(first: Member, second: Member, weight: f32) -> Self {
        for member in [&first, &second] {
            assert!(
                member.metric() == Metric::Cosine && member.heads() == 1,
                "the members of an ensemble compare one vector a user by cosines"
            );
        }
        Self {
            first,
            second,
            weight,
            items: None,
        }
    }
}

impl Trainer for Weighted {
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
        let users = self.users(batch);
        score_all(rows(&users), 1, self.items(), out);
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        Some(self)
    }

    /// Of the first.
    fn opened(&mut self) -> Option<Opened<'_>> {
        self.first.opened()
    }

    fn drift(&self) -> Option<DriftPoint> {
        self.first.drift()
    }

    /// By the first.
    fn compared(&self, row: usize) -> Option<ComparedRow> {
        self.first.compared(row)
    }

    fn again(&mut self, row: usize) -> Option<(f32, ComparedRow)> {
        self.first.again(row)
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

impl Embed for Weighted {
    fn metric(&self) -> Metric {
        Metric::Cosine
    }

    fn heads(&self) -> usize {
        1
    }

    fn items(&mut self) -> &Matrix {
        let step = self.steps();
        if self.items.as_ref().is_none_or(|(of, _)| *of != step) {
            self.items = Some((step, concatenated(self.first.items(), self.second.items(), 1.0)));
        }
        let (_, items) = self.items.as_ref().expect("just made");
        items
    }

    fn users(&mut self, batch: &Batch) -> Matrix {
        concatenated(&self.first.users(batch), &self.second.users(batch), self.weight)
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
