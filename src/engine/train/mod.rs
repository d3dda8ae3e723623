//! Training: what the worker drives, whatever the paper.

mod compared;
mod ctr;
mod drift;
mod hard_positives;
mod mining;
mod objective;
mod optimizers;
mod retriever;
mod score_all;
mod two_stage;
mod weighted;

#[cfg(test)]
mod chain;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod properties;

use std::rc::Rc;

use crate::settings::{Knob, Settings};
use crate::text::{Message, Result};

use super::data::{Batch, Clicks, Table, World};
use super::embed::Embed;
use super::features::{Facts, NumericSpec, Opened};
use super::inside::{Inside, Looked};
use super::losses::Loss;
use super::nn::{Encoders, OptimizerSnapshot, Params, ParamsSnapshot, Pen, TooLarge, Unfit};
use super::sampling::Sampler;

use drift::Drift;
use hard_positives::HardPositives;
use mining::Frozen;

#[cfg(test)]
pub(crate) use objective::Objective;

pub use compared::{Compared, ComparedRow};
pub use ctr::CtrTrainer;
pub use drift::{DriftPoint, INTERVALS};
pub use optimizers::{OPTIMIZERS, OptimizerKind, OptimizerParts};
pub use retriever::{Member, RetrieverTrainer};
pub use score_all::{rows, score_all};
pub use two_stage::{Leads, TwoStage};
pub use weighted::Weighted;

/// How long and in what portions a model is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainConfig {
    /// Rows of a batch, B.
    pub batch: usize,
    /// Passes over the training examples.
    pub epochs: u64,
    /// Most recent events of a user that a model sees, L.
    pub history: usize,
    /// Passes between two evaluations.
    pub eval_every: u64,
    /// Length of the ranked list that is judged.
    pub top: usize,
    /// Evaluations without a better recall, or AUC where rows are judged, before training stops; 0 for never.
    pub patience: u32,
    /// Steps after which training stops, if that is before the last pass ends; 0 for never.
    pub steps: u64,
    /// Recall, or AUC where rows are judged, with which training stops; 0 for never.
    pub target: f32,
    /// Share of a batch's rows that badly ranked positives take.
    pub hard_positives: f32,
    /// Rank behind which a positive is badly ranked.
    pub hard_positives_k: usize,
}

impl TrainConfig {
    /// The settings of the recipe's `train` section.
    #[must_use]
    pub fn knobs() -> Vec<Knob> {
        vec![
            Knob::whole("batch", 1, 4096, 256),
            Knob::whole("epochs", 1, 10_000, 20),
            Knob::whole("history", 1, 200, 20),
            Knob::whole("eval_every", 1, 1000, 1),
            Knob::whole("top", 1, 1000, 20),
            Knob::whole("patience", 0, 1000, 0),
            Knob::whole("steps", 0, 10_000_000, 0),
            Knob::real("target", 0.0, 1.0, 0.0),
            Knob::real("hard_positives", 0.0, 0.9, 0.0),
            Knob::whole("hard_positives_k", 1, 100_000, 100),
        ]
    }

    /// From checked settings.
    #[must_use]
    pub fn build(settings: &Settings) -> Self {
        Self {
            batch: settings.whole("batch") as usize,
            epochs: u64::from(settings.whole("epochs")),
            history: settings.whole("history") as usize,
            eval_every: u64::from(settings.whole("eval_every")),
            top: settings.whole("top") as usize,
            patience: settings.whole("patience"),
            steps: u64::from(settings.whole("steps")),
            target: settings.real("target"),
            hard_positives: settings.real("hard_positives"),
            hard_positives_k: settings.whole("hard_positives_k") as usize,
        }
    }
}

/// What every method is built from, beside its own settings.
pub struct Parts {
    /// The data.
    pub world: Rc<World>,
    /// Seed of all chance.
    pub seed: u32,
    /// How long and in what portions.
    pub train: TrainConfig,
    /// Where negatives come from.
    pub sampler: Box<dyn Sampler>,
    /// What is minimised.
    pub loss: Rc<dyn Loss>,
    /// How parameters move.
    pub optimizer: OptimizerParts,
    /// What embeddings are made of; tables where there is nothing.
    pub encoders: Option<Rc<dyn Encoders>>,
    /// How numbers become vectors.
    pub numeric: NumericSpec,
}

impl Parts {
    /// No parameters yet, with embeddings as the recipe wants them.
    #[must_use]
    pub fn params(&self) -> Params {
        self.encoders.clone().map_or_else(Params::new, Params::encoded_by)
    }

    /// The same parts for another model.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            world: Rc::clone(&self.world),
            sampler: self.sampler.copy(),
            loss: Rc::clone(&self.loss),
            encoders: self.encoders.clone(),
            numeric: self.numeric.clone(),
            ..*self
        }
    }

    /// The numbers of users: each occurs in training as often as it has events there.
    #[must_use]
    pub fn of_users(&self) -> Facts<'_> {
        let World { dataset, split, .. } = &*self.world;
        self.numbers(&dataset.users, &split.train_end)
    }

    /// The numbers of items.
    #[must_use]
    pub fn of_items(&self) -> Facts<'_> {
        self.numbers(&self.world.dataset.items, &self.world.counts)
    }

    fn numbers<'a>(&'a self, table: &'a Table, occurrences: &'a [u32]) -> Facts<'a> {
        Facts {
            spec: &self.numeric,
            table,
            occurrences,
            clicks: None,
        }
    }
}

/// Refuses parameters of which a table had no room, with what it would need and what would do instead.
fn has_room(params: &Params) -> Result<()> {
    let Some(table) = params.too_large() else {
        return Ok(());
    };
    let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(Message::new("encoder.no_room")
        .with("name", &table.name)
        .with("ids", table.rows)
        .with("dim", table.cols)
        .with("needed", megabytes(TooLarge::bytes(table.rows, table.cols)))
        .with("most", megabytes(TooLarge::MOST)))
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Mean loss of the batch; absent for a method without one. It may be infinite or NaN: then the run has failed.
    pub loss: Option<f32>,
}

/// A state of training to come back to.
pub struct Checkpoint {
    /// Steps made.
    pub step: u64,
    /// What each of its models has learnt; empty for a method that learns by counting.
    pub learnt: Vec<Learnt>,
}

/// What training by gradient holds at one step.
pub struct Learnt {
    params: ParamsSnapshot,
    optimizer: OptimizerSnapshot,
    /// What else it holds that compares users with negatives.
    comparing: Option<Comparing>,
}

/// What a model that compares users with negatives holds beside its parameters.
struct Comparing {
    /// The sampler with its bank and its estimates.
    sampler: Box<dyn Sampler>,
    /// The state that hard negatives are mined from.
    frozen: Option<Rc<Frozen>>,
    hard_positives: HardPositives,
    drift: Drift,
}

impl Checkpoint {
    /// Every number, for `pen`: one that reads makes this the state whose numbers it finds.
    ///
    /// # Errors
    /// If `pen` reads the state of another run; or for a state that hard examples were mined with, which is too large
    /// to be written and soon mined again.
    pub fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        pen.one(&mut self.step)?;
        self.learnt.iter_mut().try_for_each(|learnt| learnt.pass(pen))
    }
}

impl Learnt {
    fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        self.params.pass(pen)?;
        self.optimizer.pass(pen)?;
        let Some(comparing) = &mut self.comparing else {
            return Ok(());
        };
        comparing.sampler.pass(pen)?;
        comparing.drift.pass(pen)?;
        match pen {
            Pen::Weigh(sum) => {
                // Shared by the checkpoints until the next mining; at its most each has one of its own.
                let frozen = comparing.frozen.as_ref();
                *sum += frozen.map_or(0, |frozen| 4 * (frozen.params.count() + frozen.items.len()));
                Ok(())
            }
            _ if comparing.frozen.is_none() && !comparing.hard_positives.wanted() => Ok(()),
            _ => Err(Unfit),
        }
    }
}

/// What may change while a run goes on; what is absent stays as it is.
#[derive(Default)]
pub struct Change {
    /// Where negatives come from.
    pub sampler: Option<Box<dyn Sampler>>,
    /// What is minimised.
    pub loss: Option<Rc<dyn Loss>>,
    /// How parameters move; a new rule remembers nothing of the old one.
    pub optimizer: Option<OptimizerParts>,
}

/// Puts the first of what was found in an order of its own.
pub trait SecondStage {
    /// How many of the first it orders.
    fn depth(&self) -> usize;

    /// Scores of `items` for the only user of `asked`.
    fn rescore(&mut self, asked: &Batch, items: &[u32]) -> Vec<f32>;

    /// Whether its scores are log-odds that the user takes the item.
    fn log_odds(&self) -> bool {
        false
    }

    /// The model that finds, where it is another one.
    fn first(&mut self) -> Option<&mut dyn Trainer> {
        None
    }
}

/// Says of rows of features, each with a click or none, how likely the click is.
pub trait Pointwise {
    /// The rows.
    fn clicks(&self) -> &Clicks;

    /// Appends the log-odds of a click of each of `rows`.
    fn log_odds(&mut self, rows: &[u32], out: &mut Vec<f32>);
}

/// A method at work: it can be stepped, it can score, and some can be indexed.
pub trait Trainer {
    /// One step of training.
    fn step(&mut self) -> StepReport;

    /// Goes on with other negatives, another loss or another rule from the next step. A method that is not trained by
    /// gradient has none of them.
    fn change(&mut self, _change: Change) {}

    /// Steps made.
    fn steps(&self) -> u64;

    /// Steps of one pass over the training examples, at least 1.
    fn steps_per_epoch(&self) -> u64;

    /// Numbers the method learns.
    fn parameters(&self) -> u64;

    /// Of all it has learnt: the same recipe at the same step gives the same value everywhere.
    fn checksum(&self) -> u64;

    /// The score of every item for each user of `batch`, `[B, N]` row after row; the larger the better.
    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>);

    /// Its vectors, if it has any.
    fn embed(&mut self) -> Option<&mut dyn Embed>;

    /// Who puts the first of what is found in an order of its own, if anybody does.
    fn second_stage(&mut self) -> Option<&mut dyn SecondStage> {
        None
    }

    /// The same method as one that judges rows, if it is: then it is judged by them and not by lists.
    fn pointwise(&mut self) -> Option<&mut dyn Pointwise> {
        None
    }

    /// How the history of the only user of `batch` became what it is.
    fn inside(&mut self, _batch: &Batch, _looked: Looked) -> Inside {
        Inside::Nothing
    }

    /// How ids and numbers become vectors in it, if they do.
    fn opened(&mut self) -> Option<Opened<'_>> {
        None
    }

    /// How far its item vectors moved when that was last measured.
    fn drift(&self) -> Option<DriftPoint> {
        None
    }

    /// What row `row` of the last batch was compared with; nothing before the first step, and for a method that
    /// compares nothing.
    fn compared(&self, _row: usize) -> Option<ComparedRow> {
        None
    }

    /// The loss of the last batch and one of its rows, compared with the same candidates by what has been learnt from
    /// it; nothing where those are no longer there.
    fn again(&mut self, _row: usize) -> Option<(f32, ComparedRow)> {
        None
    }

    /// How many negatives a row of the last batch was compared with.
    fn pool(&self) -> usize {
        0
    }

    /// Which of its user's vectors was nearest to the positive, for each row of the last batch; empty where users have
    /// one vector.
    fn winners(&self) -> &[u32] {
        &[]
    }

    /// The present state.
    fn save(&self) -> Checkpoint;

    /// Goes to a state that [`Trainer::save`] of the same recipe gave.
    fn restore(&mut self, checkpoint: &Checkpoint);
}
