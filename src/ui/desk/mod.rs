//! The desk: every wish of the reader and of scripts goes over it, and every word of the worker comes to it.
//!
//! Here is what it holds, and its worker's life. What it does is in a file for each concern.

mod answer;
mod filing;
mod indexer;
mod keeper;
mod looking;
mod racing;
mod running;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::File;
use yew::Callback;

use super::shared::Shared;
use super::state::{Action, Notice, State};
use super::sweeper::Sweeper;
use super::theme::Theme;
use super::workers;
use crate::protocol::{Event, Reply, Request, Status};
use crate::text::{Message, Result};
use crate::web::{Link, Word};

pub use answer::Answer;
use keeper::Keeper;

/// What is done with the answer to a call.
type Then = Box<dyn FnOnce(Result<Answer>)>;

/// Holds the state and the line to the worker.
pub struct Desk {
    state: RefCell<State>,
    /// Told of every change.
    changed: Callback<()>,
    line: Rc<Link>,
    waiting: RefCell<Vec<(u32, Then)>>,
    /// The files the present data were read from, to read them again should the worker die.
    files: RefCell<Vec<File>>,
    /// The second worker.
    sweeper: Rc<Sweeper>,
    /// The workers of a race.
    racer: Rc<Sweeper>,
    /// What is kept of the session, and waits for a file.
    keeper: Keeper,
    /// Called once, with the first run or the first refusal.
    first: RefCell<Vec<Then>>,
    /// When the query was last asked.
    looked_up: Cell<Option<f64>>,
    /// The present worker has brought a run about.
    proven: Cell<bool>,
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
                line: workers::line(hear),
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
