//! A model of which only the item vectors are used: users are served by clusters of their items.

use crate::engine::data::Batch;
use crate::engine::embed::Embed;
use crate::engine::features::Opened;
use crate::engine::inside::{Inside, Looked};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::train::{Change, Checkpoint, ComparedRow, DriftPoint, StepReport, Trainer, rows, score_all};

use super::user::Clusters;

/// The source of item vectors, and how users are served from them.
pub struct PinnerSage {
    source: Box<dyn Trainer>,
    clusters: Clusters,
    /// Item vectors at length 1, and the step they are of.
    items: Option<(u64, Matrix)>,
}

impl PinnerSage {
    /// Serves from the item vectors of `source`.
    ///
    /// # Panics
    /// If `source` has no vectors.
    pub fn new(mut source: Box<dyn Trainer>, clusters: Clusters) -> Self {
        assert!(source.embed().is_some(), "the source of item vectors has some");
        Self {
            source,
            clusters,
            items: None,
        }
    }

    /// Unit vectors of the history of row `row`.
    fn points(&mut self, batch: &Batch, row: usize) -> Matrix {
        let history: Vec<usize> = batch.history(row).iter().map(|item| item.0 as usize).collect();
        self.items().select(ndarray::Axis(0), &history)
    }

    fn times(batch: &Batch, row: usize) -> &[i64] {
        &batch.history_times[batch.history_offsets[row] as usize..batch.history_offsets[row + 1] as usize]
    }
}

impl Trainer for PinnerSage {
    fn step(&mut self) -> StepReport {
        self.source.step()
    }

    fn change(&mut self, change: Change) {
        self.source.change(change);
    }

    fn steps(&self) -> u64 {
        self.source.steps()
    }

    fn steps_per_epoch(&self) -> u64 {
        self.source.steps_per_epoch()
    }

    fn parameters(&self) -> u64 {
        self.source.parameters()
    }

    fn checksum(&self) -> u64 {
        self.source.checksum()
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        let users = self.users(batch);
        let heads = self.heads();
        score_all(rows(&users), heads, self.items(), out);
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        Some(self)
    }

    fn inside(&mut self, batch: &Batch, looked: Looked) -> Inside {
        let Some(user) = batch.users.first() else {
            return Inside::Nothing;
        };
        let points = self.points(batch, 0);
        let clusters = Clusters {
            alpha: looked.height.unwrap_or(self.clusters.alpha),
            ..self.clusters
        };
        Inside::Clusters(clusters.group(*user, &points, Self::times(batch, 0), batch.times[0]))
    }

    fn opened(&mut self) -> Option<Opened<'_>> {
        self.source.opened()
    }

    fn drift(&self) -> Option<DriftPoint> {
        self.source.drift()
    }

    fn compared(&self, row: usize) -> Option<ComparedRow> {
        self.source.compared(row)
    }

    fn again(&mut self, row: usize) -> Option<(f32, ComparedRow)> {
        self.source.again(row)
    }

    fn pool(&self) -> usize {
        self.source.pool()
    }

    fn save(&self) -> Checkpoint {
        self.source.save()
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        self.source.restore(checkpoint);
        self.items = None;
    }
}

impl Embed for PinnerSage {
    fn metric(&self) -> Metric {
        Metric::Cosine
    }

    fn heads(&self) -> usize {
        self.clusters.medoids
    }

    fn items(&mut self) -> &Matrix {
        let step = self.source.steps();
        if self.items.as_ref().is_none_or(|(of, _)| *of != step) {
            let source = self.source.embed().expect("looked at when it was made");
            let mut items = source.items().clone();
            for mut item in items.outer_iter_mut() {
                let length = item.dot(&item).sqrt();
                if length > 0.0 {
                    item.mapv_inplace(|x| x / length);
                }
            }
            self.items = Some((step, items));
        }
        let (_, items) = self.items.as_ref().expect("just made");
        items
    }

    fn users(&mut self, batch: &Batch) -> Matrix {
        let (heads, width) = (self.clusters.medoids, self.items().ncols());
        let mut users = Matrix::zeros((batch.len() * heads, width));
        for (row, (user, now)) in batch.users.iter().zip(&batch.times).enumerate() {
            let points = self.points(batch, row);
            let grouping = self.clusters.group(*user, &points, Self::times(batch, row), *now);
            let queries = self.clusters.queries(&points, &grouping);
            for head in 0..heads {
                if let Some(query) = queries.get(head).or_else(|| queries.first()) {
                    let mut into = users.row_mut(row * heads + head);
                    into.iter_mut().zip(query).for_each(|(into, x)| *into = *x);
                }
            }
        }
        users
    }
}
