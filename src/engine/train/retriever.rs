//! The training of a [`Retriever`]: batch → candidates → vectors → scores → loss → gradients → optimiser.

use std::rc::Rc;

use crate::engine::data::{Batch, Batches, Dataset, ItemId, World};
use crate::engine::embed::Embed;
use crate::engine::features::Opened;
use crate::engine::inside::{Inside, Looked};
use crate::engine::losses::{Logits, Loss, Weighing};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::model::{Compared, Encoded, Retriever};
use crate::engine::nn::{Of, Optimizer, Params, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::sampling::{Bank, Candidates, Mined, Sampler, Scene};
use crate::text::Result;

use super::drift::{Drift, DriftPoint};
use super::hard_positives::{HardPositives, JUDGED};
use super::mining::{Frozen, Miner};
use super::objective::{Comparison, Objective, items_to_encode};
use super::score_all::{rows, score_all};
use super::{Change, Checkpoint, ComparedRow, Comparing, Learnt, Parts, SecondStage, StepReport, Trainer, has_room};

/// Items encoded at once when all are wanted: enough to fill the kernels, little enough to keep the tape small.
const CHUNK: usize = 1024;

/// Regions and items compared at once when all are: each pair takes some rows on the tape.
const PAIRS: usize = 1 << 14;

/// A model among others, whatever it is.
pub type Member = RetrieverTrainer<Box<dyn Retriever>>;

/// A retriever, its parameters, and everything that trains them.
pub struct RetrieverTrainer<R> {
    world: Rc<World>,
    seed: u32,
    steps: u64,
    /// Steps of the whole run.
    planned: u64,
    batches: Batches,
    sampler: Box<dyn Sampler>,
    loss: Rc<dyn Loss>,
    optimizer: Optimizer,
    model: R,
    /// Whether it compares by itself.
    joint: bool,
    /// How many items found by regions are compared in earnest; 0 where users are none.
    depth: usize,
    params: Params,
    frozen: Option<Rc<Frozen>>,
    hard_positives: HardPositives,
    drift: Drift,
    tape: Tape,
    work: Work,
    serving: Serving,
}

/// What a step fills and the next one fills anew.
#[derive(Default)]
struct Work {
    batch: Batch,
    /// The numbers of its examples, where some of them are others than their turn says.
    examples: Vec<u32>,
    mined: Mined,
    miner: Miner,
    candidates: Candidates,
    items: Vec<u32>,
    objective: Objective,
}

impl Work {
    /// A row of the batch as `objective` has scored it on `tape`.
    fn compared(&self, tape: &Tape, objective: &Objective, row: usize, weighing: Weighing) -> Option<ComparedRow> {
        Some(ComparedRow {
            rows: self.batch.len(),
            user: *self.batch.users.get(row)?,
            positive: *self.batch.positives.get(row)?,
            score: *tape.value(objective.positive()?).get(row)?,
            log_q: *self.candidates.positive_log_q.get(row)?,
            negatives: objective.compared(tape, &self.candidates, row),
            weighing,
        })
    }
}

/// What is kept for scoring: a tape of its own, so that the training tape keeps its shape, and the item vectors.
#[derive(Default)]
struct Serving {
    tape: Tape,
    /// Item vectors and the step they were encoded at.
    items: Option<(u64, Matrix)>,
    /// Vectors of all users, of a model that computes them with the items.
    users: Option<Matrix>,
    no_users: Batch,
}

impl<R: Retriever> RetrieverTrainer<R> {
    /// Puts `model`, whose parameters are `params`, to work.
    ///
    /// # Errors
    /// If a table of the model is too large to be kept.
    pub fn new(parts: Parts, mut model: R, params: Params) -> Result<Self> {
        has_room(&params)?;
        let Parts {
            world,
            seed,
            train,
            sampler,
            loss,
            optimizer,
            ..
        } = parts;
        let batches = Batches::new(&world.dataset.log, &world.split, train.batch, train.history, 0, seed);
        Ok(Self {
            planned: train.epochs * batches.steps_per_epoch(),
            hard_positives: HardPositives::new(&train, batches.batch_size()),
            batches,
            optimizer: optimizer.build(&params),
            drift: Drift::new(world.dataset.items.len(), seed),
            world,
            seed,
            steps: 0,
            sampler,
            loss,
            joint: model.joint().is_some(),
            depth: model.joint().and_then(|model| model.depth()).unwrap_or(0),
            model,
            params,
            frozen: None,
            tape: Tape::default(),
            work: Work::default(),
            serving: Serving::default(),
        })
    }

    fn dataset(&self) -> &Dataset {
        &self.world.dataset
    }

    /// Puts the next batch together.
    fn next_batch(&mut self) {
        if !self.hard_positives.wanted() {
            self.batches.fill(&self.world.dataset, self.steps, &mut self.work.batch);
            return;
        }
        if self.steps > 0 && self.steps.is_multiple_of(self.batches.steps_per_epoch()) {
            self.judge_positives();
        }
        let Work { batch, examples, .. } = &mut self.work;
        let places = self.batches.places(self.steps);
        examples.clear();
        examples.extend_from_slice(&self.batches.pass(self.steps)[places]);
        self.hard_positives.put_into(examples, self.seed, self.steps);
        self.batches.put(&self.world.dataset, examples, batch);
    }

    /// Looks for positives that the present state ranks badly, among the first examples of the pass that begins.
    fn judge_positives(&mut self) {
        let world = Rc::clone(&self.world);
        let pass = self.batches.pass(self.steps);
        let examples = pass[..pass.len().min(JUDGED)].to_vec();
        let mut hard_positives = self.hard_positives.clone();
        hard_positives.begin();
        let (mut batch, mut scores) = (Batch::default(), Vec::new());
        for examples in examples.chunks(self.batches.batch_size()) {
            self.batches.put(&world.dataset, examples, &mut batch);
            self.scores(&batch, &mut scores);
            hard_positives.judge(examples, &batch, &world, &mut scores);
        }
        self.hard_positives = hard_positives;
    }

    /// What it has learnt.
    pub(super) fn learnt(&self) -> Learnt {
        Learnt {
            params: self.params.save(),
            optimizer: self.optimizer.save(),
            comparing: Some(Comparing {
                sampler: self.sampler.copy(),
                frozen: self.frozen.clone(),
                hard_positives: self.hard_positives.clone(),
                drift: self.drift.clone(),
            }),
        }
    }

    /// Goes to what it had learnt at step `step`.
    pub(super) fn take_up(&mut self, step: u64, learnt: &Learnt) {
        self.params.restore(&learnt.params);
        self.optimizer.restore(&learnt.optimizer);
        if let Some(comparing) = &learnt.comparing {
            self.sampler = comparing.sampler.copy();
            self.frozen.clone_from(&comparing.frozen);
            self.hard_positives.clone_from(&comparing.hard_positives);
            self.drift = comparing.drift.clone();
        }
        self.steps = step;
        self.serving.items = None;
    }

    /// Mines for the present batch, where the sampler wants it: from what `finder` scores high, or from a state of this
    /// model that is new every few epochs.
    fn mine(&mut self, finder: Option<&mut dyn Trainer>) {
        let Some(mining) = self.sampler.mining() else {
            return;
        };
        if let Some(finder) = finder {
            let Work {
                batch, mined, miner, ..
            } = &mut self.work;
            return miner.found(finder, &self.world, batch, mining, mined);
        }
        let every = mining.every_epochs * self.batches.steps_per_epoch();
        let due = self.steps - self.steps % every.max(1);
        if self.frozen.as_ref().is_none_or(|frozen| frozen.step < due) {
            let items = self.items().clone();
            self.frozen = Some(Rc::new(Frozen {
                step: self.steps,
                params: self.params.clone(),
                items,
            }));
        }
        if let Some(frozen) = &self.frozen {
            let Work {
                batch, mined, miner, ..
            } = &mut self.work;
            miner.band(&mut self.model, frozen, &self.world, batch, mining, mined);
        }
    }

    /// Computes all users and items, unless that has been done in this step; says no for a model that has not to compute
    /// them together.
    fn together(&mut self) -> bool {
        let Serving { tape, items, users, .. } = &mut self.serving;
        if users.is_some() && items.as_ref().is_some_and(|(step, _)| *step == self.steps) {
            return true;
        }
        tape.reset();
        let Some(all) = self.model.all(tape, &self.params) else {
            return false;
        };
        let [of_users, of_items] = all.map(|rows| matrix(tape, rows));
        *users = Some(of_users);
        *items = Some((self.steps, of_items));
        true
    }

    /// Scores of all items for the users of `batch`, by a model that compares by itself.
    fn compare_all(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        let n_items = self.dataset().items.len();
        let all: Vec<u32> = (0..n_items as u32).collect();
        out.clear();
        out.resize(batch.len() * n_items, 0.0);
        let mut scores = Vec::new();
        let (mut first, width) = (0, (PAIRS / batch.len().max(1)).max(1));
        for items in all.chunks(width) {
            self.compare(batch, items, &mut scores);
            for (into, scores) in out.chunks_exact_mut(n_items).zip(scores.chunks_exact(items.len())) {
                into[first..first + items.len()].copy_from_slice(scores);
            }
            first += items.len();
        }
    }

    /// Scores of `items` for each user of `batch`, `[B, C]`, by such a model.
    fn compare(&mut self, batch: &Batch, items: &[u32], out: &mut Vec<f32>) {
        let tape = &mut self.serving.tape;
        tape.reset();
        let encoded = self.model.encode(tape, &self.params, batch, items);
        out.clear();
        if let Some(model) = self.model.joint() {
            let with = Compared::by_all(items, encoded.items);
            let scores = model.compare(tape, &self.params, with);
            out.extend_from_slice(tape.value(scores));
        }
    }

    /// A step; what is to be mined is mined from what `finder` scores high, or else from an earlier state of this model.
    pub(super) fn learn(&mut self, finder: Option<&mut dyn Trainer>) -> StepReport {
        self.next_batch();
        self.mine(finder);
        self.model
            .take_chances(Rng::stream(self.seed, Purpose::Dropout, self.steps));
        let Work {
            batch,
            mined,
            candidates,
            items,
            objective,
            ..
        } = &mut self.work;
        let mut rng = Rng::stream(self.seed, Purpose::Negatives, self.steps);
        let scene = Scene {
            batch,
            progress: self.steps as f32 / self.planned.max(1) as f32,
            drift: self.drift.last().map(|point| point.relative),
            mined,
        };
        self.sampler.draw(&scene, &mut rng, candidates);
        items_to_encode(batch, candidates, items);

        let learnt = (&mut self.model, &self.params, &*self.loss);
        let asked = (&*batch, &**items, &*candidates);
        let (encoded, loss) = forward(&mut self.tape, learnt, asked, objective, self.sampler.bank());
        self.tape.backward(&mut self.params, loss);
        self.optimizer.step(&mut self.params);
        self.steps += 1;

        let vectors = self.tape.value(encoded.items);
        let d = self.tape.shape(encoded.items).1;
        self.sampler.observe(&batch.positives, &vectors[..batch.len() * d]);
        let loss = self.tape.value(loss)[0];
        self.measure_drift();
        StepReport { loss: Some(loss) }
    }

    /// Measures how far vectors moved, at the steps where that is due.
    fn measure_drift(&mut self) {
        let Some(items) = self.drift.wants(self.steps) else {
            return;
        };
        let Serving { tape, no_users, .. } = &mut self.serving;
        tape.reset();
        let encoded = self.model.encode(tape, &self.params, no_users, items);
        self.drift.take(self.steps, tape.value(encoded.items));
    }
}

/// The forward pass of a batch: what it is compared with, and the loss of that.
fn forward<R: Retriever>(
    tape: &mut Tape,
    (model, params, loss): (&mut R, &Params, &dyn Loss),
    (batch, items, candidates): (&Batch, &[u32], &Candidates),
    objective: &mut Objective,
    bank: Option<&Bank>,
) -> (Encoded, Var) {
    tape.reset();
    let history = ItemId::numbers(&batch.history_items);
    tape.announce(params, Of::Items, [history, items]);
    let encoded = model.encode(tape, params, batch, items);
    let by = match model.joint() {
        Some(model) => Comparison::Joint(model, params),
        None => Comparison::Products(model.readout()),
    };
    let scores = objective.score(tape, (&encoded, items), candidates, bank, by);
    let loss = loss.eval(
        tape,
        Logits {
            positive: scores.positive,
            positive_log_q: &candidates.positive_log_q,
            negatives: scores.negatives(),
        },
    );
    let loss = encoded.penalty.map_or(loss, |penalty| tape.add(loss, penalty));
    (encoded, loss)
}

impl<R: Retriever> Trainer for RetrieverTrainer<R> {
    fn step(&mut self) -> StepReport {
        self.learn(None)
    }

    fn change(&mut self, change: Change) {
        if let Some(sampler) = change.sampler {
            self.sampler = sampler;
            self.frozen = None;
        }
        if let Some(loss) = change.loss {
            self.loss = loss;
        }
        if let Some(optimizer) = change.optimizer {
            self.optimizer = optimizer.build(&self.params);
        }
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn parameters(&self) -> u64 {
        self.params.count() as u64
    }

    fn checksum(&self) -> u64 {
        self.params.checksum()
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        if self.joint {
            return self.compare_all(batch, out);
        }
        let users = self.users(batch);
        let heads = self.heads();
        score_all(rows(&users), heads, self.items(), out);
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        Some(self)
    }

    fn second_stage(&mut self) -> Option<&mut dyn SecondStage> {
        (self.depth > 0).then_some(self)
    }

    fn inside(&mut self, batch: &Batch, looked: Looked) -> Inside {
        let tape = &mut self.serving.tape;
        tape.reset();
        self.model.inside(tape, &self.params, batch, looked)
    }

    fn opened(&mut self) -> Option<Opened<'_>> {
        let Dataset { users, items, .. } = &*self.world.dataset;
        Some(Opened {
            params: &self.params,
            fields: self.model.fields(),
            tables: vec![("user", users), ("item", items)],
        })
    }

    fn drift(&self) -> Option<DriftPoint> {
        self.drift.last()
    }

    fn compared(&self, row: usize) -> Option<ComparedRow> {
        self.work
            .compared(&self.tape, &self.work.objective, row, self.loss.weighing())
    }

    fn again(&mut self, row: usize) -> Option<(f32, ComparedRow)> {
        // A bank has moved on with the step.
        self.work.objective.positive()?;
        if self.sampler.bank().is_some() {
            return None;
        }
        let last = self.steps.checked_sub(1)?;
        self.model.take_chances(Rng::stream(self.seed, Purpose::Dropout, last));
        let Work {
            batch,
            candidates,
            items,
            ..
        } = &self.work;
        let (tape, mut objective) = (&mut self.serving.tape, Objective::default());
        let learnt = (&mut self.model, &self.params, &*self.loss);
        let (_, loss) = forward(tape, learnt, (batch, items, candidates), &mut objective, None);
        let loss = tape.value(loss)[0];
        let compared = self.work.compared(tape, &objective, row, self.loss.weighing())?;
        Some((loss, compared))
    }

    fn pool(&self) -> usize {
        self.work.objective.pool(&self.tape)
    }

    fn winners(&self) -> &[u32] {
        self.work.objective.winners()
    }

    fn save(&self) -> Checkpoint {
        Checkpoint {
            step: self.steps,
            learnt: vec![self.learnt()],
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        if let Some(learnt) = checkpoint.learnt.first() {
            self.take_up(checkpoint.step, learnt);
        }
    }
}

/// Each row of width `d` with its magnitudes beside: what the product with a centre and its radii beside is the
/// largest score of a region for (Wu et al., CIKM 2021; the bound is ours).
fn with_magnitudes(rows: &[f32], d: usize) -> Vec<f32> {
    let mut both = Vec::with_capacity(2 * rows.len());
    for row in rows.chunks_exact(d.max(1)) {
        both.extend_from_slice(row);
        both.extend(row.iter().map(|x| x.abs()));
    }
    both
}

impl<R: Retriever> SecondStage for RetrieverTrainer<R> {
    fn depth(&self) -> usize {
        self.depth
    }

    fn log_odds(&self) -> bool {
        self.loss.weighing() == Weighing::Binary { temperature: 1.0 }
    }

    fn rescore(&mut self, asked: &Batch, items: &[u32]) -> Vec<f32> {
        let mut out = Vec::new();
        if self.joint {
            self.compare(asked, items, &mut out);
            return out;
        }
        let users = self.users(asked);
        let (heads, rows_of_items) = (self.heads(), self.items());
        let wanted: Vec<usize> = items.iter().map(|item| *item as usize).collect();
        let wanted = rows_of_items.select(ndarray::Axis(0), &wanted);
        score_all(rows(&users), heads, &wanted, &mut out);
        out
    }
}

impl<R: Retriever> Embed for RetrieverTrainer<R> {
    fn regions(&self) -> bool {
        self.depth > 0
    }

    fn metric(&self) -> Metric {
        self.model.metric()
    }

    fn heads(&self) -> usize {
        self.model.heads()
    }

    fn items(&mut self) -> &Matrix {
        let n_items = self.dataset().items.len();
        let together = self.together();
        let Serving {
            tape, items, no_users, ..
        } = &mut self.serving;
        if !together && items.as_ref().is_none_or(|(step, _)| *step != self.steps) {
            let all: Vec<u32> = (0..n_items as u32).collect();
            let mut values = Vec::new();
            for chunk in all.chunks(CHUNK) {
                tape.reset();
                let encoded = self.model.encode(tape, &self.params, no_users, chunk);
                values.extend_from_slice(tape.value(encoded.items));
            }
            if self.depth > 0 {
                values = with_magnitudes(&values, values.len() / n_items.max(1));
            }
            let matrix = Matrix::from_shape_vec((n_items, values.len() / n_items.max(1)), values);
            *items = Some((self.steps, matrix.expect("every item has a row of equal length")));
        }
        let (_, matrix) = items.as_ref().expect("just encoded");
        matrix
    }

    fn users(&mut self, batch: &Batch) -> Matrix {
        let together = self.together();
        if let Some(users) = self.serving.users.as_ref().filter(|_| together) {
            let rows: Vec<usize> = batch.users.iter().map(|user| user.idx()).collect();
            return users.select(ndarray::Axis(0), &rows);
        }
        let tape = &mut self.serving.tape;
        tape.reset();
        let encoded = self.model.encode(tape, &self.params, batch, &[]);
        matrix(tape, encoded.users)
    }
}

/// A value as a matrix of its own.
fn matrix(tape: &Tape, of: Var) -> Matrix {
    Matrix::from_shape_vec(tape.shape(of), tape.value(of).to_vec()).expect("a value has its variable's shape")
}
