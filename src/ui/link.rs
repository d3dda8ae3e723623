//! The desk: every wish of the reader and of scripts goes over it, and every word of the worker comes to it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;

use web_sys::File;
use yew::Callback;

use super::clock;
use super::keeper::Keeper;
use super::shared::Shared;
use super::state::{Action, DEMO_SPEED, Notice, Sheet, State, Thing};
use super::sweeper::Sweeper;
use super::theme::{self, Theme};
use crate::protocol::recipe::LIVE;
use crate::protocol::{Change, Event, FeatureLook, Found, Look, Query, Recipe, Reply, Request, Section, Status, Watch};
use crate::text::{Message, Result};
use crate::web::{Link, Word};

/// Address of the worker's program. It lies among the files of the same build, wherever these are.
static WORKER: OnceLock<String> = OnceLock::new();

/// Hits asked of a search.
const HITS: u32 = 10;

/// How often a search is made anew while the model trains, in milliseconds.
const KEEP_UP_MS: f64 = 1_000.0;

/// What is done with the answer to a call.
type Then = Box<dyn FnOnce(Result<Answer>)>;

/// What a call was answered by, beside what the state has taken in of it.
pub enum Answer {
    /// A new run stands.
    Applied,
    /// The columns of a table have to be named first.
    NeedColumns,
    Found(Box<Found>),
    /// A file.
    Exported {
        name: String,
        bytes: Vec<u8>,
    },
    /// The run: its address, and all of it as a file.
    Saved {
        address: String,
        run: Vec<u8>,
        whole: bool,
    },
    /// It was done.
    Done,
}

impl Answer {
    /// What an event answers, taken out of it where nobody else wants it.
    fn of(event: &mut Event) -> Result<Self> {
        Ok(match event {
            Event::Refused(why) => return Err(why.clone()),
            Event::Applied(_) => Self::Applied,
            Event::NeedColumns(_) => Self::NeedColumns,
            Event::Found(found) => Self::Found(found.clone()),
            Event::Exported { name, bytes } => Self::Exported {
                name: std::mem::take(name),
                bytes: std::mem::take(&mut bytes.0),
            },
            Event::Saved { address, run, whole } => Self::Saved {
                address: std::mem::take(address),
                run: std::mem::take(&mut run.0),
                whole: *whole,
            },
            _ => Self::Done,
        })
    }
}

/// Holds the state and the line to the worker.
pub struct Desk {
    state: RefCell<State>,
    /// Told of every change.
    changed: Callback<()>,
    line: Rc<Link>,
    waiting: RefCell<Vec<(u32, Then)>>,
    /// The files the present data were read from, to read them again should the worker die.
    pub(super) files: RefCell<Vec<File>>,
    /// The second worker.
    pub(super) sweeper: Rc<Sweeper>,
    /// The workers of a race.
    pub(super) racer: Rc<Sweeper>,
    /// What is kept of the session, and waits for a file.
    pub(super) keeper: Keeper,
    /// Called once, with the first run or the first refusal.
    first: RefCell<Vec<Then>>,
    /// When the query was last asked.
    looked_up: Cell<Option<f64>>,
    /// The present worker has brought a run about.
    proven: Cell<bool>,
}

/// Says where the worker's program is, before any desk is opened.
pub fn hire(worker: String) {
    WORKER.set(worker).unwrap_or_default();
}

/// A line to a worker that is not started yet; `hear` gets its words.
pub fn line(hear: impl Fn(Word) + 'static) -> Rc<Link> {
    Link::new(WORKER.get().map_or("", String::as_str), hear)
}

/// Asks to read files, as `data` says or as their content tells.
pub fn reading(files: &[File], data: Option<Section>) -> Request {
    let named = files.iter().map(|file| crate::protocol::NamedFile {
        name: file.name(),
        bytes: Vec::new(),
    });
    Request::LoadFiles {
        files: named.collect(),
        data,
    }
}

/// A desk as a property or context: equal to itself only.
#[derive(Clone)]
pub struct AtDesk(Rc<Desk>);

impl PartialEq for AtDesk {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for AtDesk {
    type Target = Rc<Desk>;

    fn deref(&self) -> &Rc<Desk> {
        &self.0
    }
}

impl Desk {
    /// Sets up the desk and starts a worker.
    pub fn open(changed: Callback<()>) -> AtDesk {
        let desk = Rc::new_cyclic(|desk: &std::rc::Weak<Self>| {
            let (ear, eye, judge) = (desk.clone(), desk.clone(), desk.clone());
            let hear = move |word| {
                if let Some(desk) = ear.upgrade() {
                    desk.hear(word);
                }
            };
            Self {
                state: RefCell::new(State::new(Theme::remembered())),
                changed,
                line: line(hear),
                waiting: RefCell::default(),
                files: RefCell::default(),
                sweeper: Sweeper::new(move |sweep| {
                    if let Some(desk) = eye.upgrade() {
                        desk.act(Action::Sweep(sweep));
                    }
                }),
                racer: Sweeper::new(move |sweep| {
                    if let Some(desk) = judge.upgrade() {
                        desk.act(Action::Race(sweep));
                        desk.keep_session();
                    }
                }),
                keeper: Keeper::default(),
                first: RefCell::default(),
                looked_up: Cell::new(None),
                proven: Cell::new(false),
            }
        });
        desk.state.borrow().theme.put_on();
        desk.begin();
        AtDesk(desk)
    }

    /// A copy of all the page knows; its parts are shared.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Changes the state and says so.
    pub fn act(&self, action: Action) {
        self.state.borrow_mut().act(action);
        self.changed.emit(());
    }

    /// Changes the state in a way of its own and says so.
    pub fn alter(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.borrow_mut());
        self.changed.emit(());
    }

    /// Something could not be done.
    pub fn refuse(&self, why: Message) {
        self.act(Action::Refused(why));
    }

    /// Something is worth knowing.
    pub fn announce(&self, what: Message) {
        self.alter(|state| state.notice = Some(Shared::new(Notice::Said(what))));
    }

    /// Calls `then` when the first run stands, or at once if it does.
    pub fn when_ready(&self, then: impl FnOnce(Result<Answer>) + 'static) {
        let progress = self.state.borrow().progress.clone();
        if progress.status == Status::Empty {
            self.first.borrow_mut().push(Box::new(then));
        } else {
            then(Ok(Answer::Done));
        }
    }

    /// Sends a request and hands its answer on.
    pub fn ask(&self, request: Request, then: impl FnOnce(Result<Answer>) + 'static) {
        self.ask_with(request, &[], then);
    }

    /// Starts a run of this recipe, and the training if the reader had it going.
    pub fn apply(self: &Rc<Self>, recipe: Recipe, then: impl FnOnce(Result<Answer>) + 'static) {
        self.act(Action::Edited(recipe.clone()));
        let desk = Rc::clone(self);
        let request = Request::Apply {
            recipe: Box::new(recipe),
        };
        self.ask(request, move |answer| {
            desk.settle(&answer);
            then(answer);
        });
    }

    /// Makes a section of the recipe another: at once where a run can go on with it, else by a run from the beginning.
    pub fn edit(self: &Rc<Self>, key: &str, section: Section) {
        if key == "index" {
            return self.shelve(|shelf| shelf.index = section);
        }
        let state = self.state();
        let live = LIVE.contains(&key);
        if live && state.under_way() {
            let mut change = Change::default();
            change.set(key, section);
            return self.change(change, |_| ());
        }
        // What the reader sees of a live section is what holds now.
        let mut recipe = if live {
            state.recipe.at(state.progress.step)
        } else {
            (*state.recipe).clone()
        };
        if let Some(place) = recipe.section_mut(key) {
            *place = section;
        }
        self.apply(recipe, |_| ());
    }

    /// Goes back, or forward again, to another recipe; at the same step where only what may change at any step differs.
    pub fn turn_to(self: &Rc<Self>, recipe: Recipe) {
        let state = self.state();
        let step = state.progress.step;
        let still = |recipe: &Recipe| Recipe {
            changes: Vec::new(),
            index: Section::default(),
            ..recipe.clone()
        };
        let same = still(&recipe) == still(&state.recipe);
        let desk = Rc::clone(self);
        self.apply(recipe, move |answer| {
            if same && answer.is_ok() {
                desk.run_to(step, |_| ());
            }
        });
    }

    /// The same recipe without what changes at a step, from the beginning.
    pub fn without_changes_at(self: &Rc<Self>, step: u64) {
        let mut recipe = (*self.state().recipe).clone();
        recipe.changes.retain(|change| change.step != step);
        self.apply(recipe, |_| ());
    }

    /// Goes on with other negatives, another loss or another rule.
    pub fn change(self: &Rc<Self>, change: Change, then: impl FnOnce(Result<Answer>) + 'static) {
        let desk = Rc::clone(self);
        self.ask(Request::Change(Box::new(change)), move |answer| {
            if let Err(why) = &answer {
                desk.act(Action::Refused(why.clone()));
            }
            then(answer);
        });
    }

    /// Reads files as data, as `data` says or as it finds out, and starts a run on them; or takes a session or a
    /// recipe.
    pub fn load(self: &Rc<Self>, files: Vec<File>, data: Option<Section>) {
        match &files[..] {
            [] => {}
            [file] if self.take_file(file) => {}
            _ => {
                let desk = Rc::clone(self);
                let data = self.keeper.waiting().map(|address| address.recipe.data).or(data);
                self.load_then(files, data, move |answer| {
                    if matches!(answer, Ok(Answer::Applied)) {
                        desk.open_waiting();
                    }
                });
            }
        }
    }

    /// Goes on with the run of a file.
    pub(super) fn resume_file(self: &Rc<Self>, file: File, then: impl FnOnce(Result<Answer>) + 'static) {
        let files = [file];
        let desk = Rc::clone(self);
        self.act(Action::Play(false));
        self.ask_with(reading(&files, None), &files, move |answer| {
            desk.settle(&answer);
            then(answer);
        });
    }

    pub(super) fn load_then(
        self: &Rc<Self>,
        files: Vec<File>,
        data: Option<Section>,
        then: impl FnOnce(Result<Answer>) + 'static,
    ) {
        let what = Message::new("page.data.reading").with("file", files[0].name());
        self.act(Action::Heard(Event::Working { what, share: None }));
        let request = reading(&files, data);
        let desk = Rc::clone(self);
        let sent = files.clone();
        self.ask_with(request, &sent, move |answer| {
            if matches!(answer, Ok(Answer::Applied | Answer::NeedColumns)) {
                *desk.files.borrow_mut() = files;
            }
            // The demo goes slowly enough to be watched; the reader's own data need not.
            if answer.is_ok() && desk.state().speed == DEMO_SPEED {
                desk.speed(0);
            }
            desk.settle(&answer);
            then(answer);
        });
    }

    /// Reads the files last chosen once more, now that their columns are named.
    pub fn load_again(self: &Rc<Self>, data: Section) {
        let files = self.files.borrow().clone();
        self.load(files, Some(data));
    }

    pub fn play(&self) {
        self.act(Action::Play(true));
        self.say(Request::Play);
    }

    pub fn pause(&self, then: impl FnOnce(Result<Answer>) + 'static) {
        self.act(Action::Play(false));
        self.ask(Request::Pause, then);
    }

    /// Trains to a step, then rests.
    pub fn run_to(&self, step: u64, then: impl FnOnce(Result<Answer>) + 'static) {
        self.act(Action::Play(false));
        self.ask(Request::RunTo { step }, then);
    }

    /// Trains the same run once more, from its first step.
    pub fn play_again(self: &Rc<Self>) {
        self.act(Action::Play(true));
        self.reset();
    }

    /// The same run from its first step.
    pub fn reset(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        self.ask(Request::Reset, move |_| {
            desk.alter(|state| state.ahead = None);
            if desk.state().playing {
                desk.say(Request::Play);
            }
        });
    }

    /// As many steps in ten seconds at most.
    pub fn speed(&self, speed: u32) {
        self.act(Action::Speed(speed));
        self.say(Request::Speed {
            steps_per_second: speed as f32 / 10.0,
        });
    }

    /// Selects a user or an item: the worker is asked for what the panels show of it.
    pub fn select(self: &Rc<Self>, thing: Thing) {
        self.act(Action::Select(thing));
        match thing {
            Thing::User(_) => self.watch(),
            Thing::Item(item) => {
                self.compare();
                self.search(Query::Item(item));
            }
        }
    }

    /// Points at something, or at nothing any more.
    pub fn hover(&self, thing: Option<Thing>) {
        self.act(Action::Hover(thing));
        self.compare();
    }

    /// Selects no item any more.
    pub fn deselect(&self) {
        self.act(Action::Deselect);
        self.compare();
    }

    /// Has the selected user compared with the item that is looked at, where the model compares.
    fn compare(&self) {
        let state = self.state.borrow();
        let look = state.look;
        let item = state.looked_at();
        drop(state);
        if item != look.item {
            self.look(Look { item, ..look });
        }
    }

    /// Looks at another row of the batch.
    pub fn look_at_row(&self, row: u32) {
        self.act(Action::Row(row));
        self.watch();
    }

    /// Looks at a history in another way.
    pub fn look(&self, look: Look) {
        self.act(Action::Look(look));
        self.watch();
    }

    /// Opens the lab, looks at something else in it, or closes it.
    pub fn look_at_features(&self, look: Option<FeatureLook>) {
        self.act(Action::Lab(look));
        self.watch();
    }

    /// Shows the nearest items of a query.
    pub fn search(self: &Rc<Self>, query: Query) {
        self.act(Action::Asked(query));
        self.look_up();
    }

    /// Shows what two users get who type the same.
    pub fn type_as(self: &Rc<Self>, text: String, users: [u32; 2], control: bool) {
        self.act(Action::Typed { text, users, control });
        self.look_up_personal();
    }

    pub fn show(&self, sheet: Sheet) {
        self.act(Action::Show(sheet));
        self.watch();
    }

    pub fn wear(&self, theme: Theme) {
        theme.put_on();
        theme.remember();
        self.act(Action::Wear(theme));
    }

    /// Starts a worker; its first words start everything else.
    pub fn begin(&self) {
        self.proven.set(false);
        if let Err(words) = self.line.open() {
            self.act(Action::Died { words, again: false });
        }
    }

    /// Sends a request that has no answer, or one that is shown like any other word of the worker.
    fn say(&self, request: Request) {
        self.line.send(request, &[]);
    }

    fn ask_with(&self, request: Request, files: &[File], then: impl FnOnce(Result<Answer>) + 'static) {
        let id = self.line.send(request, files);
        self.waiting.borrow_mut().push((id, Box::new(then)));
    }

    pub fn watch(&self) {
        let state = self.state.borrow();
        let map = state.sheet == Sheet::View || !theme::narrow();
        let user = state.focus.user;
        let negatives = map.then_some(state.row);
        let look = state.look;
        let features = state.lab.clone().filter(|_| map);
        let cells = state.bench.mapped.filter(|_| map);
        drop(state);
        self.say(Request::Watch(Watch {
            map,
            user,
            negatives,
            inside: map,
            look,
            features,
            search: true,
            cells,
        }));
    }

    /// Asks the worker the present query.
    pub fn look_up(self: &Rc<Self>) {
        let Some(query) = self.state().query else { return };
        let desk = Rc::clone(self);
        self.looked_up.set(Some(clock::now()));
        let query = (*query).clone();
        self.ask(Request::Search { query, n: HITS }, move |answer| {
            if let Err(why) = answer {
                desk.act(Action::NotFound(why));
            }
        });
    }

    /// Asks the worker what was typed last, for both users.
    fn look_up_personal(self: &Rc<Self>) {
        let state = self.state();
        let Some(personal) = state.personal.as_ref().filter(|_| state.reads_queries()) else {
            return;
        };
        for user in personal.users {
            let desk = Rc::clone(self);
            let text = personal.text.clone();
            let control = personal.control;
            let query = Query::Asked { user, text, control };
            self.ask(Request::Search { query, n: HITS }, move |answer| {
                if let Err(why) = answer {
                    desk.act(Action::NothingFor(why));
                }
            });
        }
    }

    /// Asks the query again once the model has moved on, at most once a second while it trains.
    fn keep_up(self: &Rc<Self>) {
        let State {
            found,
            personal,
            progress,
            bench,
            ..
        } = self.state();
        let answers = personal.as_ref().and_then(|personal| personal.found[0].as_ref());
        let mut steps = found
            .iter()
            .map(|found| found.step)
            .chain(answers.map(|found| found.step));
        let served = found.iter().flat_map(|found| &found.served);
        let served: Vec<_> = served.map(|served| (served.place, served.step)).collect();
        let old = steps.any(|step| step != progress.step) || (found.is_some() && bench.differs(&served));
        let since = self.looked_up.get().map_or(f64::INFINITY, |then| clock::now() - then);
        let wait = if progress.status == Status::Paused || progress.status == Status::Finished {
            0.0
        } else {
            KEEP_UP_MS
        };
        if old && since > wait {
            self.look_up();
            self.look_up_personal();
        }
    }

    /// What follows the answer to a request that starts a run.
    fn settle(self: &Rc<Self>, answer: &Result<Answer>) {
        match answer {
            Ok(Answer::Applied) => {
                self.proven.set(true);
                self.watch();
                let state = self.state();
                self.look_up();
                self.look_up_personal();
                if state.playing {
                    self.say(Request::Play);
                }
            }
            Ok(_) => {}
            Err(why) => self.act(Action::Refused(why.clone())),
        }
        let last = answer.is_ok() || !self.keeper.has_more();
        if last && !matches!(answer, Ok(Answer::NeedColumns)) {
            for then in self.first.take() {
                then(match answer {
                    Ok(_) => Ok(Answer::Done),
                    Err(why) => Err(why.clone()),
                });
            }
        }
    }

    fn hear(self: &Rc<Self>, word: Word) {
        match word {
            Word::Reply(reply) => self.hear_reply(*reply),
            Word::Lost(words) => self.mourn(words),
        }
    }

    /// What waits for the answer to this call.
    fn answered(&self, call: u32) -> Option<Then> {
        let mut waiting = self.waiting.borrow_mut();
        let place = waiting.iter().position(|(id, _)| *id == call)?;
        Some(waiting.remove(place).1)
    }

    fn hear_reply(self: &Rc<Self>, mut reply: Reply) {
        let answered = reply.answers.and_then(|id| self.answered(id));
        let answer = answered.map(|then| (then, Answer::of(&mut reply.event)));
        let ready = matches!(reply.event, Event::Ready { .. });
        let moved = matches!(reply.event, Event::State(_) | Event::Indexes(_));
        self.state.borrow_mut().hear(reply);
        self.changed.emit(());
        if let Some((then, answer)) = answer {
            then(answer);
        }
        if ready {
            self.set_going();
        }
        if moved {
            self.keep_up();
            self.keep_session();
        }
    }

    /// The first run of a worker: the demo's, or what the worker before it had.
    fn set_going(self: &Rc<Self>) {
        let State {
            recipe, speed, applied, ..
        } = self.state();
        self.say(Request::Speed {
            steps_per_second: speed as f32 / 10.0,
        });
        let files = self.files.borrow().clone();
        let recipe = (*recipe).clone();
        let last = applied.as_ref().and_then(|applied| self.last_session(applied));
        if applied.is_none() {
            self.open_first();
        } else if let Some(session) = last {
            self.restore(session, "page.session.again");
        } else if files.is_empty() {
            self.apply(recipe, |_| ());
        } else {
            let desk = Rc::clone(self);
            self.load_then(files, Some(recipe.data.clone()), move |_| desk.apply(recipe, |_| ()));
        }
    }

    /// The worker is dead. Another takes its place, unless this one never got anywhere: the next would not either.
    fn mourn(self: &Rc<Self>, words: String) {
        let again = self.proven.get();
        let why = Message::new("page.worker.died").with("words", &words);
        self.act(Action::Died { words, again });
        for then in self
            .waiting
            .take()
            .into_iter()
            .map(|(_, then)| then)
            .chain(self.first.take())
        {
            then(Err(why.clone()));
        }
        if again {
            self.begin();
        }
    }
}
