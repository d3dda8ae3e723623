//! One run of a recipe: training steps, and an evaluation whenever one is due.
//!
//! The session drives it in the worker, the native runner drives it on a command line, tests drive it in between.

use std::rc::Rc;

use crate::engine::data::World;
use crate::engine::nn::{Pen, Unfit};
use crate::engine::train::{Checkpoint, Trainer};
use crate::plan::Plan;
use crate::protocol::recipe::LIVE;
use crate::protocol::{Advice, Change, DatasetInfo, Evaluated, Keyframes, Metrics, RunState, Status};
use crate::text::{Message, Result};

use super::evaluation::{Evaluation, HeldOut, Judgement};

/// A run at some step.
pub struct Run {
    /// The recipe, checked.
    pub plan: Plan,
    /// The data.
    pub world: Rc<World>,
    /// The method at work.
    pub trainer: Box<dyn Trainer>,
    info: DatasetInfo,
    /// The evaluation under way.
    evaluation: Option<Evaluation>,
    /// Step up to which the validation has been done.
    judged: Option<u64>,
    /// Whether the test has been done, which ends the run.
    tested: bool,
    patience: Patience,
    /// How many of the recipe's changes hold.
    stage: usize,
    /// The furthest step it has come to, since it was last changed.
    reach: u64,
    loss: Option<f32>,
    metrics: Metrics,
    error: Option<Message>,
}

/// The stop rule on validation recall, or AUC.
#[derive(Clone, Copy, Debug, Default)]
struct Patience {
    best: f64,
    /// Evaluations since the best.
    waited: u32,
    /// The rule holds, or the target was met.
    over: bool,
}

/// What one unit of work did.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// A training step; the loss of its batch, if the method has one.
    Stepped(Option<f32>),
    /// A part of an evaluation.
    Judging,
    /// An evaluation came to its end.
    Judged(Evaluated),
    /// Nothing is left to do up to the goal.
    Idle,
}

impl Saved {
    /// Steps made.
    #[must_use]
    pub const fn step(&self) -> u64 {
        self.trainer.step
    }

    /// Bytes it takes.
    #[must_use]
    pub fn weight(&mut self) -> usize {
        let mut pen = Pen::Weigh(0);
        match (self.pass(&mut pen), pen) {
            (Ok(()), Pen::Weigh(sum)) => sum,
            _ => usize::MAX,
        }
    }

    /// Everything it holds, for `pen`.
    ///
    /// # Errors
    /// If `pen` reads the state of another run, or this one cannot be written.
    pub fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        let mut numbers = [self.stage as u64, self.judged.map_or(0, |step| step + 1)];
        pen.one(&mut numbers)?;
        self.stage = numbers[0] as usize;
        self.judged = numbers[1].checked_sub(1);
        self.trainer.pass(pen)?;
        let mut flags = [self.tested, self.patience.over, self.loss.is_some()].map(u8::from);
        pen.one(&mut flags)?;
        let [tested, over, lost] = flags.map(|flag| flag > 0);
        (self.tested, self.patience.over) = (tested, over);
        pen.one(&mut self.patience.best)?;
        pen.one(&mut self.patience.waited)?;
        let mut loss = self.loss.unwrap_or_default();
        pen.one(&mut loss)?;
        self.loss = lost.then_some(loss);
        pass_metrics(&mut self.metrics, pen)
    }
}

fn pass_metrics(metrics: &mut Metrics, pen: &mut Pen) -> Result<(), Unfit> {
    let before = std::mem::take(metrics);
    let mut count = before.len() as u32;
    pen.one(&mut count)?;
    let mut before = before.into_iter();
    for _ in 0..count {
        let (name, mut value) = before.next().unwrap_or_default();
        let mut name = name.into_bytes();
        pen.list(&mut name)?;
        pen.one(&mut value)?;
        metrics.insert(String::from_utf8(name).map_err(|_| Unfit)?, value);
    }
    Ok(())
}

/// A run to come back to.
pub struct Saved {
    trainer: Checkpoint,
    stage: usize,
    judged: Option<u64>,
    tested: bool,
    patience: Patience,
    loss: Option<f32>,
    metrics: Metrics,
}

impl Run {
    /// At step 0.
    ///
    /// # Errors
    /// If these data have not what the recipe's parts need.
    pub fn new(plan: Plan, world: Rc<World>) -> Result<Self> {
        let mut trainer = plan.trainer(Rc::clone(&world))?;
        let mut info = info(&world);
        if let Some(model) = trainer.pointwise() {
            let clicks = model.clicks();
            info.rows = clicks.len() as u64;
            info.train = clicks.train.len() as u64;
            // The recipe's split holds out nothing of them.
            (info.valid_users, info.test_users) = (0, 0);
            info.notices.clone_from(&world.dataset.notices);
        }
        for stage in 1..=plan.recipe.changes.len() {
            plan.after(stage).parts(&LIVE, &world)?;
        }
        Ok(Self {
            stage: 0,
            reach: 0,
            info,
            plan,
            world,
            trainer,
            evaluation: None,
            judged: None,
            tested: false,
            patience: Patience::default(),
            loss: None,
            metrics: Metrics::new(),
            error: None,
        })
    }

    /// One unit of work towards step `goal`: the evaluation that is due, else a training step.
    pub fn advance(&mut self, goal: u64) -> Work {
        if self.error.is_some() {
            return Work::Idle;
        }
        if self.evaluation.is_none()
            && let Some(on) = self.due()
        {
            self.evaluation = Some(Evaluation::new(
                on,
                &self.world,
                self.plan.train(),
                self.plan.recipe.seed,
            ));
        }
        if let Some(mut evaluation) = self.evaluation.take() {
            return match evaluation.advance(self.trainer.as_mut(), &self.world) {
                None => {
                    self.evaluation = Some(evaluation);
                    Work::Judging
                }
                Some(judgement) => self.judged(evaluation.on, judgement),
            };
        }
        if self.trainer.steps() >= goal.min(self.last_step()) || self.tested {
            return Work::Idle;
        }
        if let Err(why) = self.keep_to_plan() {
            self.error = Some(why);
            return Work::Idle;
        }
        self.loss = self.trainer.step().loss;
        self.reach = self.reach.max(self.trainer.steps());
        self.error = self.diverged();
        Work::Stepped(self.loss)
    }

    /// Where the run stands; `status` is the shell's to know while it works.
    #[must_use]
    pub fn state(&self, working: bool) -> RunState {
        let status = if self.error.is_some() {
            Status::Failed
        } else if working && self.evaluation.is_some() {
            Status::Evaluating
        } else if self.tested {
            Status::Finished
        } else if working {
            Status::Training
        } else {
            Status::Paused
        };
        let step = self.trainer.steps();
        RunState {
            status,
            step,
            epoch: step.div_ceil(self.trainer.steps_per_epoch()),
            steps_per_epoch: self.trainer.steps_per_epoch(),
            last_step: self.last_step(),
            loss: self.loss,
            metrics: self.metrics.clone(),
            checksum: (!working).then(|| format!("{:016x}", self.trainer.checksum())),
            parameters: self.trainer.parameters(),
            steps_per_second: None,
            keyframes: Keyframes::default(),
            dataset: self.info.clone(),
            error: self.error.clone(),
        }
    }

    /// Notes what tells its data's files from others.
    pub fn sign(&mut self, digest: String) {
        self.info.digest = digest;
    }

    /// The data in numbers.
    #[must_use]
    pub const fn info(&self) -> &DatasetInfo {
        &self.info
    }

    /// The step at which the stop rule ends the run: the last of the last pass or of as many as are asked for, or
    /// where patience ran out or the target was met. A method that learns by counting is done after one.
    #[must_use]
    pub fn last_step(&self) -> u64 {
        if self.patience.over || !self.plan.method().gradient {
            self.judged.unwrap_or(0).max(1)
        } else {
            let config = self.plan.train();
            let passes = config.epochs * self.trainer.steps_per_epoch();
            if config.steps > 0 {
                passes.min(config.steps)
            } else {
                passes
            }
        }
    }

    /// Keeps the present state. An evaluation under way is not kept: it is done again.
    #[must_use]
    pub fn save(&self) -> Saved {
        Saved {
            trainer: self.trainer.save(),
            stage: self.stage,
            judged: self.judged,
            tested: self.tested,
            patience: self.patience,
            loss: self.loss,
            metrics: self.metrics.clone(),
        }
    }

    /// Goes back to step 0.
    ///
    /// # Errors
    /// As [`Run::new`].
    pub fn restart(&mut self) -> Result<()> {
        *self = Self {
            reach: self.reach,
            info: std::mem::take(&mut self.info),
            ..Self::new(self.plan.clone(), Rc::clone(&self.world))?
        };
        Ok(())
    }

    /// Goes to the state that these bytes are of.
    ///
    /// # Errors
    /// If they are of another run.
    pub fn read(&mut self, state: &[u8]) -> Result<(), Unfit> {
        let mut stage = 0_u64;
        Pen::Read(state).one(&mut stage)?;
        let stage = stage as usize;
        if stage > self.plan.recipe.changes.len() {
            return Err(Unfit);
        }
        // What is read takes the place of what parts like these remember.
        self.go_to_stage(stage).map_err(|_| Unfit)?;
        let (mut saved, mut pen) = (self.save(), Pen::Read(state));
        saved.pass(&mut pen)?;
        if !matches!(pen, Pen::Read([])) {
            return Err(Unfit);
        }
        self.restore(&saved).map_err(|_| Unfit)
    }

    /// Goes back to a state of this run.
    ///
    /// # Errors
    /// If these data have not what a part of that time needs.
    pub fn restore(&mut self, saved: &Saved) -> Result<()> {
        self.go_to_stage(saved.stage)?;
        self.trainer.restore(&saved.trainer);
        self.reach = self.reach.max(saved.step());
        self.evaluation = None;
        self.judged = saved.judged;
        self.tested = saved.tested;
        self.patience = saved.patience;
        self.loss = saved.loss;
        self.metrics.clone_from(&saved.metrics);
        self.error = self.diverged();
        Ok(())
    }

    /// A run whose loss is no longer a number has come to its end.
    fn diverged(&self) -> Option<Message> {
        let lost = self.loss.is_some_and(|loss| !loss.is_finite());
        lost.then(|| Message::new("run.diverged").with("step", self.trainer.steps()))
    }

    fn go_to_stage(&mut self, stage: usize) -> Result<()> {
        if stage != self.stage {
            let parts = self.plan.after(stage).parts(&LIVE, &self.world)?;
            self.trainer.change(parts);
            self.stage = stage;
        }
        Ok(())
    }

    /// Goes on with other negatives, another loss or another rule from the present step, whatever step `change` names:
    /// it becomes part of the recipe, so that the recipe still decides the result. Later changes up to where it has
    /// been belong to what it leaves; those behind that are yet to come.
    ///
    /// # Errors
    /// If the run is over, or the recipe is not sound with the change; then the run goes on as before.
    pub fn change(&mut self, change: Change) -> Result<()> {
        if self.tested || self.error.is_some() {
            return Err(Message::new("run.over"));
        }
        let step = self.trainer.steps();
        let sections: Vec<&str> = LIVE.into_iter().filter(|key| change.section(key).is_some()).collect();
        if sections.is_empty() {
            return Err(Message::new("run.no_change"));
        }
        let mut recipe = self.plan.recipe.clone();
        recipe
            .changes
            .retain(|other| other.step <= step || other.step > self.reach);
        recipe.change(Change { step, ..change });
        let plan = recipe.validate().map_err(Message::join)?;
        let stage = plan.stage(step);
        let parts = plan.after(stage).parts(&sections, &self.world)?;
        self.keep_to_plan()?;
        self.trainer.change(parts);
        self.plan = plan;
        self.stage = stage;
        self.reach = step;
        Ok(())
    }

    /// What is to be said of the plan that holds now.
    #[must_use]
    pub fn advice(&self) -> Advice {
        self.now().advice(&self.world)
    }

    /// The plan that holds now.
    #[must_use]
    pub fn now(&self) -> &Plan {
        self.plan.after(self.plan.stage(self.trainer.steps()))
    }

    /// Makes the changes that are due before the next step.
    fn keep_to_plan(&mut self) -> Result<()> {
        let due = self.plan.stage(self.trainer.steps());
        while self.stage < due {
            let change = &self.plan.recipe.changes[self.stage];
            let sections: Vec<&str> = LIVE.into_iter().filter(|key| change.section(key).is_some()).collect();
            self.stage += 1;
            let parts = self.plan.after(self.stage).parts(&sections, &self.world)?;
            self.trainer.change(parts);
        }
        Ok(())
    }

    /// The evaluation to be done before the next step.
    fn due(&self) -> Option<HeldOut> {
        let step = self.trainer.steps();
        let every = self.plan.train().eval_every * self.trainer.steps_per_epoch();
        if self.tested {
            None
        } else if (step.is_multiple_of(every) || step >= self.last_step()) && self.judged != Some(step) {
            Some(HeldOut::Valid)
        } else if step >= self.last_step() {
            Some(HeldOut::Test)
        } else {
            None
        }
    }

    fn judged(&mut self, on: HeldOut, judgement: Judgement) -> Work {
        let Judgement {
            metrics,
            users,
            rows,
            calibration,
        } = judgement;
        let step = self.trainer.steps();
        match on {
            HeldOut::Valid => {
                self.judged = Some(step);
                let config = self.plan.train();
                let by = if self.plan.method().clicks {
                    "auc".to_owned()
                } else {
                    format!("recall@{}", config.top)
                };
                let quality = metrics.get(&by).copied().unwrap_or(0.0);
                self.patience.see(quality, config.patience);
                self.patience.over |= config.target > 0.0 && quality >= f64::from(config.target);
            }
            HeldOut::Test => self.tested = true,
        }
        self.metrics.clone_from(&metrics);
        let epoch = step / self.trainer.steps_per_epoch();
        Work::Judged(Evaluated {
            step,
            epoch,
            on: on.word().to_owned(),
            metrics,
            users: users as u32,
            rows: rows as u32,
            calibration,
        })
    }
}

fn info(world: &World) -> DatasetInfo {
    let World { dataset, split, .. } = world;
    DatasetInfo {
        name: dataset.name.clone(),
        digest: String::new(),
        users: dataset.users.len() as u32,
        items: dataset.items.len() as u32,
        interactions: dataset.log.len() as u64,
        rows: 0,
        train: split.train_end.iter().map(|&end| u64::from(end)).sum(),
        valid_users: split.valid.len() as u32,
        test_users: split.test.len() as u32,
        notices: dataset.notices.iter().chain(&split.notices).cloned().collect(),
    }
}

impl Patience {
    fn see(&mut self, quality: f64, patience: u32) {
        if quality > self.best {
            self.best = quality;
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        self.over = patience > 0 && self.waited >= patience;
    }
}
