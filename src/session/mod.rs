//! The session: calls in, slices of work, replies out. Browser-free; the worker's shell gives it messages and time.

mod evaluation;
pub mod files;
mod history;
mod indexes;
mod library;
mod relevance;
mod run;
mod saved;
mod search;
mod searching;
mod telling;
mod vectors;

use std::rc::Rc;

use crate::decimal::written_f32;
use crate::engine::data::{Dataset, Truth};
use crate::engine::fnv::Fnv;
use crate::engine::methods::METHODS;
use crate::engine::nn::Unfit;
use crate::engine::train::DriftPoint;
use crate::pictures::{FeaturesPainter, MapPainter, NegativesPainter, scenery};
use crate::plan::{Plan, catalogue, demo};
use crate::protocol::{
    Applied, Call, Change, Event, Keyframes, Measured, NamedFile, Query, Recipe, Reply, Request, RunState, Section,
    Shelf, Watch,
};
use crate::text::{Message, Result};

pub use evaluation::{Evaluation, HeldOut};
use history::History;
pub use indexes::Clock;
use indexes::{Asked, Indexes};
pub use library::Library;
pub use run::{Run, Saved, Work};
use saved::SavedRun;
use search::Searcher;
use telling::Told;

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
    /// The indexes that stand beside the recipe's, and what is asked of all.
    shelf: Shelf,
    /// The shell's.
    clock: Option<Clock>,
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
    /// Where it can go back to.
    history: History,
    searcher: Searcher,
    indexes: Indexes,
    /// What was last searched for, to be walked through.
    asked: Option<(Query, Asked)>,
    /// Searches that are answered once the indexes stand.
    searches: Vec<(u32, Query, u32)>,
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

/// The model that is put to work on files of rows, where the one at hand can do nothing with them.
const FOR_ROWS: &str = "deepfm";

/// The model of data that are nothing but vectors.
const GIVEN: &str = "given";

impl Session {
    /// Nothing loaded, nothing running.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a clock of the shell's, by which searches are timed.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            ..Self::default()
        }
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
        self.answer_searches(out);
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
                active.come_near(step)?;
                active.goal = Some(step);
                active.waiting.push(id);
                return Ok(None);
            }
            Request::Pause => active.goal = None,
            Request::Reset => active.reset(&self.shelf)?,
            Request::Change(change) => return active.change(*change).map(Some),
            request => return self.ask_indexes(id, request),
        }
        Ok(Some(self.state()))
    }

    /// Starts a new run of `recipe`, on the data it asks for.
    fn apply(&mut self, recipe: &Recipe) -> Result<Event> {
        let (mut recipe, mut notices) = (recipe.clone(), Vec::new());
        if recipe.data.kind != files::VECTORS {
            let name = recipe.data.kind.clone();
            suit(&mut recipe, false, &name, &mut notices);
        }
        let plan = recipe.validate().map_err(Message::join)?;
        let dataset = self.library.dataset(&plan)?;
        self.begin(plan, dataset, notices)
    }

    /// Reads files and starts a new run of the present recipe on them.
    fn load(&mut self, files: &[NamedFile], data: Option<&Section>) -> Result<Event> {
        let mut recipe = self
            .active
            .as_ref()
            .map(|active| active.run.plan.recipe.clone())
            .unwrap_or_default();
        if let [file] = files {
            if vectors::is_index(&file.bytes) {
                return self.load_index(file, recipe);
            }
            if saved::is_run(&file.bytes) {
                return self.resume(file);
            }
        }
        let (section, dataset) = match files::read(files, data)? {
            files::Read::NeedColumns(wanted) => return Ok(Event::NeedColumns(Box::new(wanted))),
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
        suit(&mut recipe, dataset.vectors.is_some(), &dataset.name, &mut notices);
        self.begin_on(&recipe, dataset, files, notices)
    }

    /// Starts a run on data that were read from `files`, and keeps them; if that cannot be, those before stay.
    fn begin_on(
        &mut self,
        recipe: &Recipe,
        dataset: Dataset,
        files: &[NamedFile],
        notices: Vec<Message>,
    ) -> Result<Event> {
        let plan = recipe.validate().map_err(Message::join)?;
        let (section, dataset) = (plan.recipe.data.clone(), Rc::new(dataset));
        let before = self.library.keep(section, Rc::clone(&dataset), digest(files));
        let event = self.begin(plan, dataset, notices);
        if event.is_err() {
            self.library.put_back(before);
        }
        event
    }

    /// Goes on with the run of a file, on the data it asks for.
    fn resume(&mut self, file: &NamedFile) -> Result<Event> {
        let SavedRun {
            recipe,
            step,
            checksum,
            state,
        } = SavedRun::read(file)?;
        let plan = recipe.validate().map_err(Message::join)?;
        let dataset = self.library.dataset(&plan)?;
        let mut run = Run::new(plan.clone(), Rc::new(plan.world(Rc::clone(&dataset))?))?;
        if state.is_empty() {
            let event = self.begin(plan, dataset, Vec::new())?;
            if let Some(active) = &mut self.active {
                active.goal = Some(step);
            }
            return Ok(event);
        }
        let refusal = || Message::new("run.file_other").with("file", &file.name);
        run.read(&state).map_err(|Unfit| refusal())?;
        if run.trainer.checksum() != checksum {
            return Err(refusal());
        }
        self.stand(run, &dataset, Vec::new())
    }

    /// `notices` are what was changed of the recipe.
    fn begin(&mut self, plan: Plan, dataset: Rc<Dataset>, notices: Vec<Message>) -> Result<Event> {
        let world = Rc::new(plan.world(Rc::clone(&dataset))?);
        self.stand(Run::new(plan, world)?, &dataset, notices)
    }

    /// Has this run take the place of the one before.
    fn stand(&mut self, mut run: Run, dataset: &Rc<Dataset>, notices: Vec<Message>) -> Result<Event> {
        let same = self
            .active
            .as_ref()
            .is_some_and(|active| Rc::ptr_eq(&active.run.world.dataset, dataset));
        let truth = self.library.truth(dataset);
        run.sign(self.library.digest(dataset));
        let mut active = Active::new(run, truth, &self.shelf)?;
        if let Some(before) = &mut self.active {
            active.waiting = std::mem::take(&mut before.waiting);
            active.searches = std::mem::take(&mut before.searches);
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
        Event::State(Box::new(self.active.as_ref().map(Active::state).unwrap_or_default()))
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
    fn new(run: Run, truth: Option<Rc<Truth>>, shelf: &Shelf) -> Result<Self> {
        let plan = &run.plan;
        let shelf = Shelf {
            index: plan.recipe.index.clone(),
            ..shelf.clone()
        };
        Ok(Self {
            indexes: Indexes::new(&shelf, plan.recipe.seed)?,
            asked: None,
            searches: Vec::new(),
            negatives: NegativesPainter::new(&run.world),
            features: FeaturesPainter::default(),
            painter: MapPainter::new(&run.world, plan.recipe.seed, plan.train().history),
            run,
            truth,
            goal: None,
            waiting: Vec::new(),
            history: History::default(),
            searcher: Searcher::default(),
            losses: Vec::new(),
            measured: Vec::new(),
            told: Told::default(),
        })
    }

    fn state(&self) -> RunState {
        let (states, bytes) = self.history.size();
        RunState {
            keyframes: Keyframes {
                states: states as u32,
                bytes: bytes as u32,
                room: history::ROOM as u32,
            },
            ..self.run.state(self.goal.is_some())
        }
    }

    /// Keeps what a step gave for the next snapshot.
    fn take_note(&mut self, loss: Option<f32>) {
        let trainer = self.run.trainer.as_ref();
        if self.history.wants(trainer.steps()) {
            self.history.keep(self.run.save());
        }
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
                event: Event::State(Box::new(self.state())),
            });
        }
    }

    /// To step 0 of the same run.
    fn reset(&mut self, shelf: &Shelf) -> Result<()> {
        let run = &self.run;
        let fresh = Run::new(run.plan.clone(), Rc::clone(&run.world))?;
        let fresh = Self::new(fresh, self.truth.clone(), shelf)?;
        *self = Self {
            waiting: std::mem::take(&mut self.waiting),
            searches: std::mem::take(&mut self.searches),
            ..fresh
        };
        Ok(())
    }

    /// To the last known state at `step` or before it, from where the steps in between are made again.
    fn come_near(&mut self, step: u64) -> Result<()> {
        let now = self.run.trainer.steps();
        match self.history.before(step) {
            Some(saved) if now > step || saved.step() > now => self.run.restore(saved)?,
            None if now > step => self.run.restart()?,
            _ => return Ok(()),
        }
        self.losses.clear();
        self.measured.clear();
        Ok(())
    }

    /// Goes on with other parts: what came later before is another story now.
    fn change(&mut self, change: Change) -> Result<Event> {
        self.run.change(change)?;
        self.history.forget_after(self.run.trainer.steps());
        Ok(Event::Changed {
            recipe: Box::new(self.run.plan.recipe.clone()),
            advice: self.run.advice(),
        })
    }
}

/// What tells files with other contents from these: 16 hexadecimal digits.
fn digest(files: &[NamedFile]) -> String {
    let mut sum = Fnv::default();
    files.iter().for_each(|file| sum.bytes(&file.bytes));
    format!("{:016x}", sum.finish())
}

/// Mere vectors are taken as they are; where there is something to learn from again, the model is the demo's.
fn suit(recipe: &mut Recipe, vectors: bool, name: &str, notices: &mut Vec<Message>) {
    let mut methods = METHODS.iter();
    let given = methods.any(|method| method.given && method.kind == recipe.model.kind);
    if vectors == given {
        return;
    }
    let model = if given {
        demo().model
    } else {
        Section {
            kind: GIVEN.to_owned(),
            ..Section::default()
        }
    };
    recipe.changes.clear();
    let notice = Message::new("data.model_changed").with("name", name);
    notices.push(notice.with("model", &recipe.model.kind).with("other", &model.kind));
    recipe.model = model;
}
