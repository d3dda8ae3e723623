//! The session: calls in, slices of work, replies out. Browser-free; the worker's shell gives it messages and time.

mod evaluation;
pub mod files;
mod library;
mod relevance;
mod run;
mod search;

use std::rc::Rc;

use crate::decimal::written_f32;
use crate::engine::data::{Dataset, Truth};
use crate::engine::methods::METHODS;
use crate::engine::train::DriftPoint;
use crate::pictures::{FeaturesPainter, MapPainter, NegativesPainter, Scene, inside_picture, scenery, user_card};
use crate::plan::{Plan, catalogue, demo};
use crate::protocol::{
    Applied, Call, Change, Event, FeatureLook, Look, Measured, NamedFile, Recipe, Reply, Request, RunState, Section,
    Watch,
};
use crate::text::{Message, Result};

pub use evaluation::{Evaluation, HeldOut};
pub use library::Library;
pub use run::{Run, Saved, Work};
use search::Searcher;

/// The pipe to the page: replies go out as they come about.
pub type Out<'a> = &'a mut dyn FnMut(Reply);

/// Data, model and index of the worker, and what the page wants of them.
#[derive(Default)]
pub struct Session {
    library: Library,
    /// Number of the present run.
    number: u32,
    active: Option<Active>,
    watch: Watch,
    /// Steps a second at most; 0 for as fast as it goes.
    speed: f32,
}

/// The present run and what hangs on it.
struct Active {
    run: Run,
    /// What is true of its data, where that is known.
    truth: Option<Rc<Truth>>,
    /// Step to train to; none while paused.
    goal: Option<u64>,
    /// The calls that are answered when the run comes to rest.
    waiting: Vec<u32>,
    saved: Option<Saved>,
    searcher: Searcher,
    painter: MapPainter,
    negatives: NegativesPainter,
    features: FeaturesPainter,
    /// Losses not told yet.
    losses: Vec<(u64, f32)>,
    /// What was measured and not told yet.
    measured: Vec<Measured>,
    /// What was told last, so that nothing is told twice.
    told: Told,
}

/// Of so many snapshots in a row, one tells what needs a while to be read: tables and the charts beside them.
const SELDOM: u32 = 10;

/// The model that is put to work on files of rows, where the one at hand can do nothing with them.
const FOR_ROWS: &str = "deepfm";

/// The step and watch of the last pictures.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    state: Option<RunState>,
    map: Option<(u64, Option<u32>)>,
    user: Option<(u64, u32)>,
    negatives: Option<(u64, u32)>,
    inside: Option<(u64, u32, Look)>,
    features: Option<(u64, FeatureLook)>,
    /// Step of the last measurement.
    measured: Option<u64>,
    /// Snapshots since the last that told what is told seldom.
    snapshots: u32,
}

impl Session {
    /// Nothing loaded, nothing running.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first words: what can be chosen, and the recipe of the demo.
    pub fn start(&self, out: Out) {
        let recipe = Box::new(demo());
        self.tell(
            None,
            Event::Ready {
                catalogue: catalogue(),
                recipe,
            },
            out,
        );
    }

    /// Whether there is work for [`Session::tick`].
    #[must_use]
    pub fn busy(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.goal.is_some())
    }

    /// Steps a second at most; 0 for as fast as it goes. The shell, which has a clock, keeps to it.
    #[must_use]
    pub const fn speed(&self) -> f32 {
        self.speed
    }

    /// Does what a call asks, or says why not; then everything stands as before.
    pub fn handle(&mut self, call: Call, out: Out) {
        let answers = Some(call.id);
        match self.request(call) {
            Ok(Some(event)) => self.tell(answers, event, out),
            Ok(None) => {}
            Err(why) => self.tell(answers, Event::Refused(why), out),
        }
        let number = self.number;
        if let Some(active) = self.active.as_mut().filter(|active| active.goal.is_none()) {
            active.rest(number, out);
        }
    }

    /// Works while `more` says so, asking before every unit of work (a training step, some users judged).
    pub fn tick(&mut self, more: &mut dyn FnMut() -> bool, out: Out) {
        let number = self.number;
        let Some(active) = &mut self.active else { return };
        while let Some(goal) = active.goal {
            if !more() {
                return;
            }
            match active.run.advance(goal) {
                Work::Stepped(loss) => active.take_note(loss),
                Work::Judging => {}
                Work::Judged(evaluated) => out(Reply {
                    run: number,
                    answers: None,
                    event: Event::Evaluated(evaluated),
                }),
                Work::Idle => active.rest(number, out),
            }
        }
    }

    /// Tells what is watched and has changed since it was last told.
    pub fn snapshot(&mut self, out: Out) {
        let run = self.number;
        let watch = self.watch.clone();
        let Some(active) = &mut self.active else { return };
        let mut tell = |event| {
            out(Reply {
                run,
                answers: None,
                event,
            })
        };
        if !active.losses.is_empty() {
            tell(Event::Losses {
                points: std::mem::take(&mut active.losses),
            });
        }
        active.told.snapshots += 1;
        let seldom = active.goal.is_none() || active.told.snapshots >= SELDOM;
        if seldom {
            active.told.snapshots = 0;
        }
        if seldom && !active.measured.is_empty() {
            tell(Event::Measured {
                points: std::mem::take(&mut active.measured),
            });
        }
        let state = active.state();
        if active.told.state.as_ref() != Some(&state) {
            active.told.state = Some(state.clone());
            tell(Event::State(state));
        }
        let step = active.run.trainer.steps();
        let history = active.run.plan.train().history;
        let truth = active.truth.as_deref();
        if watch.map && active.told.map != Some((step, watch.user)) {
            active.told.map = Some((step, watch.user));
            if let Some(map) = active
                .painter
                .draw(active.run.trainer.as_mut(), &active.run.world, truth, watch.user)
            {
                tell(Event::Map(map));
            }
        }
        if let Some(user) = watch.user
            && active.told.user != Some((step, user))
            && (user as usize) < active.run.world.dataset.users.len()
        {
            active.told.user = Some((step, user));
            tell(Event::User(user_card(
                active.run.trainer.as_mut(),
                &active.run.world,
                user,
                history,
            )));
        }
        let inside = watch.user.filter(|_| watch.inside);
        if let Some(user) = inside
            && active.told.inside != Some((step, user, watch.look))
            && (seldom
                || active
                    .told
                    .inside
                    .is_none_or(|(_, told, look)| (told, look) != (user, watch.look)))
            && (user as usize) < active.run.world.dataset.users.len()
        {
            active.told.inside = Some((step, user, watch.look));
            let trainer = active.run.trainer.as_mut();
            let scene = Scene {
                world: &active.run.world,
                truth,
                history,
                projection: active.painter.projection(),
                look: watch.look,
            };
            if let Some(picture) = inside_picture(trainer, scene, user) {
                tell(Event::Inside(Box::new(picture)));
            }
        }
        if let Some(look) = watch.features
            && active.told.features.as_ref() != Some(&(step, look.clone()))
            && (seldom || active.told.features.as_ref().is_none_or(|(_, told)| *told != look))
        {
            let Run {
                plan, world, trainer, ..
            } = &mut active.run;
            let picture = active.features.draw(trainer.as_mut(), plan, world, &look);
            active.told.features = Some((step, look));
            if let Some(picture) = picture {
                tell(Event::Features(Box::new(picture)));
            }
        }
        if let Some(row) = watch.negatives
            && active.told.negatives != Some((step, row))
            && (seldom || active.told.negatives.is_none_or(|(_, told)| told != row))
        {
            active.told.negatives = Some((step, row));
            if let Some(picture) = active.negatives.draw(active.run.trainer.as_ref(), row) {
                tell(Event::Negatives(Box::new(picture)));
            }
        }
    }

    /// The answer to a call at once, or none where it comes later.
    fn request(&mut self, call: Call) -> Result<Option<Event>> {
        match call.request {
            Request::Apply { recipe } => return self.apply(&recipe).map(Some),
            Request::LoadFiles { files, data } => return self.load(&files, data.as_ref()).map(Some),
            Request::Watch(watch) => self.watch = watch,
            Request::Speed { steps_per_second } => {
                if !(steps_per_second.is_finite() && steps_per_second >= 0.0) {
                    return Err(Message::new("run.speed").with("found", written_f32(steps_per_second)));
                }
                self.speed = steps_per_second;
            }
            request => return self.ask_run(call.id, request),
        }
        Ok(Some(self.state()))
    }

    /// The requests that need a run.
    fn ask_run(&mut self, id: u32, request: Request) -> Result<Option<Event>> {
        let active = self.active.as_mut().ok_or_else(|| Message::new("run.none"))?;
        match request {
            Request::Play => active.goal = Some(u64::MAX),
            Request::RunTo { step } => {
                let now = active.run.trainer.steps();
                if step < now {
                    return Err(Message::new("run.back").with("step", step).with("now", now));
                }
                active.goal = Some(step);
                active.waiting.push(id);
                return Ok(None);
            }
            Request::Pause => active.goal = None,
            Request::Reset => active.reset()?,
            Request::Checkpoint => active.saved = Some(active.run.save()),
            Request::Restore => {
                let saved = active.saved.as_ref().ok_or_else(|| Message::new("run.no_checkpoint"))?;
                active.run.restore(saved)?;
                active.goal = None;
                active.losses.clear();
                active.measured.clear();
            }
            Request::Change(change) => return active.change(*change).map(Some),
            Request::Search { query, n } => {
                return active
                    .searcher
                    .search(&mut active.run, &query, n as usize)
                    .map(Event::Found)
                    .map(Some);
            }
            Request::Apply { .. } | Request::LoadFiles { .. } | Request::Watch(_) | Request::Speed { .. } => {}
        }
        Ok(Some(self.state()))
    }

    /// Starts a new run of `recipe`, on the data it asks for.
    fn apply(&mut self, recipe: &Recipe) -> Result<Event> {
        let plan = recipe.validate().map_err(Message::join)?;
        let dataset = self.library.dataset(&plan)?;
        self.begin(plan, dataset, Vec::new())
    }

    /// Reads files and starts a new run of the present recipe on them.
    fn load(&mut self, files: &[NamedFile], data: Option<&Section>) -> Result<Event> {
        let mut recipe = self
            .active
            .as_ref()
            .map(|active| active.run.plan.recipe.clone())
            .unwrap_or_default();
        let (section, dataset) = match files::read(files, data)? {
            files::Read::NeedColumns(wanted) => return Ok(Event::NeedColumns(wanted)),
            files::Read::Data(section, dataset) => (section, *dataset),
        };
        recipe.data = section;
        let mut notices = Vec::new();
        if !dataset.rows.is_empty()
            && !METHODS
                .iter()
                .any(|method| method.clicks && method.kind == recipe.model.kind)
        {
            let notice = Message::new("data.rows_model").with("name", &dataset.name);
            notices.push(notice.with("model", &recipe.model.kind).with("other", FOR_ROWS));
            recipe.model = Section {
                kind: FOR_ROWS.to_owned(),
                ..Section::default()
            };
        }
        let plan = recipe.validate().map_err(Message::join)?;
        let section = plan.recipe.data.clone();
        let dataset = Rc::new(dataset);
        let event = self.begin(plan, Rc::clone(&dataset), notices)?;
        self.library.keep(section, dataset);
        Ok(event)
    }

    /// `notices` are what was changed of the recipe.
    fn begin(&mut self, plan: Plan, dataset: Rc<Dataset>, notices: Vec<Message>) -> Result<Event> {
        let same = self
            .active
            .as_ref()
            .is_some_and(|active| Rc::ptr_eq(&active.run.world.dataset, &dataset));
        let truth = self.library.truth(&dataset);
        let world = Rc::new(plan.world(dataset)?);
        let mut active = Active::new(Run::new(plan, world)?, truth);
        if let Some(before) = &mut self.active {
            active.waiting = std::mem::take(&mut before.waiting);
        }
        self.number += 1;
        let applied = Applied {
            recipe: active.run.plan.recipe.clone(),
            notices,
            advice: active.run.advice(),
            dataset: active.run.info().clone(),
            scenery: (!same).then(|| scenery(&active.run.world, active.truth.as_deref())),
            state: active.state(),
        };
        self.active = Some(active);
        Ok(Event::Applied(Box::new(applied)))
    }

    fn state(&self) -> Event {
        Event::State(self.active.as_ref().map(Active::state).unwrap_or_default())
    }

    fn tell(&self, answers: Option<u32>, event: Event, out: Out) {
        out(Reply {
            run: self.number,
            answers,
            event,
        });
    }
}

impl Active {
    fn new(run: Run, truth: Option<Rc<Truth>>) -> Self {
        let plan = &run.plan;
        Self {
            negatives: NegativesPainter::new(&run.world),
            features: FeaturesPainter::default(),
            painter: MapPainter::new(&run.world, plan.recipe.seed, plan.train().history),
            run,
            truth,
            goal: None,
            waiting: Vec::new(),
            saved: None,
            searcher: Searcher::default(),
            losses: Vec::new(),
            measured: Vec::new(),
            told: Told::default(),
        }
    }

    fn state(&self) -> RunState {
        self.run.state(self.goal.is_some())
    }

    /// Keeps what a step gave for the next snapshot.
    fn take_note(&mut self, loss: Option<f32>) {
        let trainer = self.run.trainer.as_ref();
        self.losses.extend(loss.map(|loss| (trainer.steps(), loss)));
        let new = |point: &DriftPoint| self.told.measured != Some(point.step);
        if let Some(point) = trainer.drift().filter(new) {
            self.told.measured = Some(point.step);
            self.measured.push(Measured {
                step: point.step,
                drift: point.distance,
                pool: trainer.pool() as u32,
            });
        }
    }

    /// The goal is reached, given up, or there is nothing left to do: pause, and answer who waits for it.
    fn rest(&mut self, run: u32, out: Out) {
        self.goal = None;
        for id in std::mem::take(&mut self.waiting) {
            out(Reply {
                run,
                answers: Some(id),
                event: Event::State(self.state()),
            });
        }
    }

    /// To step 0 of the same run.
    fn reset(&mut self) -> Result<()> {
        let run = &self.run;
        let fresh = Self::new(Run::new(run.plan.clone(), Rc::clone(&run.world))?, self.truth.take());
        *self = Self {
            waiting: std::mem::take(&mut self.waiting),
            ..fresh
        };
        Ok(())
    }

    /// Goes on with other parts. A checkpoint of this very step is made anew: what follows it is different now.
    fn change(&mut self, change: Change) -> Result<Event> {
        self.run.change(change)?;
        let step = self.run.trainer.steps();
        if self.saved.as_ref().is_some_and(|saved| saved.step() == step) {
            self.saved = Some(self.run.save());
        }
        Ok(Event::Changed {
            recipe: Box::new(self.run.plan.recipe.clone()),
            advice: self.run.advice(),
        })
    }
}
