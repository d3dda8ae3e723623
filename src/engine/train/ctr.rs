//! The training of a [`ClickModel`]: rows → log-odds → binary cross-entropy → gradients → optimiser.
//!
//! ```text
//! L = mean_b −ln σ(y_b s_b)          y_b = 1 for a click, −1 for none
//! ```
//!
//! What was refused is in the rows: nothing is sampled, and the recipe's negatives and loss play no part.

use std::rc::Rc;

use crate::engine::data::{Batch, Clicks, Dataset, Passes, World};
use crate::engine::embed::Embed;
use crate::engine::features::Opened;
use crate::engine::model::ClickModel;
use crate::engine::nn::{Optimizer, Pairwise, Params, Tape};
use crate::engine::rng::{Purpose, Rng};

use super::{Change, Checkpoint, Learnt, Parts, Pointwise, StepReport, Trainer, has_room};
use crate::text::Result;

/// Rows judged at once: enough to fill the kernels, little enough to keep the tape small.
const CHUNK: usize = 1024;

/// A model of clicks, its parameters, and everything that trains them.
pub struct CtrTrainer {
    world: Rc<World>,
    clicks: Clicks,
    seed: u32,
    steps: u64,
    passes: Passes,
    optimizer: Optimizer,
    model: Box<dyn ClickModel>,
    params: Params,
    tape: Tape,
    /// A tape of its own for judging, so that the training tape keeps its shape.
    serving: Tape,
    /// For each side the rows that meet: scratch.
    rows: Vec<Vec<u32>>,
    /// 1 or −1 for each row of the batch: scratch.
    signs: Vec<f32>,
}

impl CtrTrainer {
    /// Puts `model`, whose parameters are `params`, to work on `clicks`.
    ///
    /// # Errors
    /// If a table of the model is too large to be kept.
    pub fn new(parts: Parts, clicks: Clicks, model: Box<dyn ClickModel>, params: Params) -> Result<Self> {
        has_room(&params)?;
        Ok(Self {
            passes: Passes::new(clicks.train.len() as u32, parts.train.batch, parts.seed),
            optimizer: parts.optimizer.build(&params),
            rows: vec![Vec::new(); clicks.sides.len()],
            world: parts.world,
            clicks,
            seed: parts.seed,
            steps: 0,
            model,
            params,
            tape: Tape::default(),
            serving: Tape::default(),
            signs: Vec::new(),
        })
    }

    /// Appends the log-odds of the rows at hand.
    fn judge(&mut self, out: &mut Vec<f32>) {
        self.serving.reset();
        self.model.take_chances(None);
        let logits = self.model.logits(&mut self.serving, &self.params, &self.rows);
        out.extend_from_slice(self.serving.value(logits));
    }
}

impl Trainer for CtrTrainer {
    fn step(&mut self) -> StepReport {
        let places = self.passes.places(self.steps);
        self.passes.order(self.steps);
        let chosen = &self.passes.at_hand()[places];
        let chosen = chosen.iter().map(|&place| self.clicks.train[place as usize] as usize);
        for (rows, side) in self.rows.iter_mut().zip(&self.clicks.sides) {
            rows.clear();
            rows.extend(chosen.clone().map(|row| side.rows[row]));
        }
        let sign = |row: usize| if self.clicks.clicked[row] { 1.0 } else { -1.0 };
        self.signs.clear();
        self.signs.extend(chosen.map(sign));

        self.tape.reset();
        self.tape.learn();
        let chance = Rng::stream(self.seed, Purpose::Dropout, self.steps);
        self.model.take_chances(Some(chance));
        let logits = self.model.logits(&mut self.tape, &self.params, &self.rows);
        let signs = self.tape.input(self.signs.len(), 1, &self.signs);
        let right = self.tape.mul(logits, signs);
        let loss = self
            .tape
            .pairwise_loss(right, &[], Pairwise::Binary { temperature: 1.0 });
        self.tape.backward(&mut self.params, loss);
        self.optimizer.step(&mut self.params);
        self.steps += 1;
        StepReport {
            loss: Some(self.tape.value(loss)[0]),
        }
    }

    fn change(&mut self, change: Change) {
        if let Some(optimizer) = change.optimizer {
            self.optimizer = optimizer.build(&self.params);
        }
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn steps_per_epoch(&self) -> u64 {
        self.passes.steps_per_epoch()
    }

    fn parameters(&self) -> u64 {
        self.params.count() as u64
    }

    fn checksum(&self) -> u64 {
        self.params.checksum()
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        out.clear();
        let items: Vec<u32> = (0..self.world.dataset.items.len() as u32).collect();
        for (row, user) in batch.users.iter().enumerate() {
            let time = batch.times.get(row).copied().unwrap_or(0);
            for items in items.chunks(CHUNK) {
                self.rows.iter_mut().for_each(Vec::clear);
                for &item in items {
                    let pair = self.clicks.pair(user.0, item, time);
                    let of_sides = pair.into_iter().flatten();
                    self.rows.iter_mut().zip(of_sides).for_each(|(rows, of)| rows.push(of));
                }
                self.judge(out);
            }
        }
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        None
    }

    fn opened(&mut self) -> Option<Opened<'_>> {
        let sides = self.clicks.sides.iter().map(|side| (side.name, &side.table));
        // Sides number users and items; the data know their names.
        let Dataset { users, items, .. } = &*self.world.dataset;
        let named = [("user", users), ("item", items)];
        Some(Opened {
            params: &self.params,
            fields: self.model.fields(),
            tables: sides.chain(named).collect(),
        })
    }

    fn pointwise(&mut self) -> Option<&mut dyn Pointwise> {
        Some(self)
    }

    fn save(&self) -> Checkpoint {
        Checkpoint {
            step: self.steps,
            learnt: vec![Learnt {
                params: self.params.save(),
                optimizer: self.optimizer.save(),
                comparing: None,
            }],
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        if let Some(learnt) = checkpoint.learnt.first() {
            self.params.restore(&learnt.params);
            self.optimizer.restore(&learnt.optimizer);
            self.steps = checkpoint.step;
        }
    }
}

impl Pointwise for CtrTrainer {
    fn clicks(&self) -> &Clicks {
        &self.clicks
    }

    fn log_odds(&mut self, rows: &[u32], out: &mut Vec<f32>) {
        for chosen in rows.chunks(CHUNK) {
            for (rows, side) in self.rows.iter_mut().zip(&self.clicks.sides) {
                rows.clear();
                rows.extend(chosen.iter().map(|row| side.rows[*row as usize]));
            }
            self.judge(out);
        }
    }
}
