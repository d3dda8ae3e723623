//! The second desk: has a worker of its own train the recipes of a sweep, and ends it when there is nothing left to do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::File;

use super::link::{self, Desk, reading};
use super::sweep::{Order, Phase, Sweep, Trial};
use crate::protocol::{Reply, Request};
use crate::web::{Link, Word};

/// Holds the line to the second worker, and the sweep while there is one.
pub struct Sweeper {
    line: Rc<Link>,
    sweep: RefCell<Option<Sweep>>,
    /// Where the data may come from.
    files: RefCell<Vec<File>>,
    /// The call that is to be answered.
    call: Cell<u32>,
    /// Gets the sweep whenever it has changed.
    tell: Box<dyn Fn(Sweep)>,
}

impl Sweeper {
    /// Without a worker.
    pub fn new(tell: impl Fn(Sweep) + 'static) -> Rc<Self> {
        Rc::new_cyclic(|sweeper: &std::rc::Weak<Self>| {
            let ear = sweeper.clone();
            let hear = move |word| {
                if let Some(sweeper) = ear.upgrade() {
                    sweeper.hear(word);
                }
            };
            Self {
                line: link::line(hear),
                sweep: RefCell::default(),
                files: RefCell::default(),
                call: Cell::new(0),
                tell: Box::new(tell),
            }
        })
    }

    /// Starts the worker; its first word starts everything else.
    fn start(&self, sweep: Sweep, files: Vec<File>) {
        *self.files.borrow_mut() = files;
        *self.sweep.borrow_mut() = Some(sweep.clone());
        (self.tell)(sweep);
        if let Err(words) = self.line.open() {
            self.lose(&words);
        }
    }

    /// Ends the worker in the middle of its work.
    fn stop(&self) {
        if let Some(mut sweep) = self.sweep.take() {
            sweep.end("page.sweep.stopped");
            self.part(sweep);
        }
    }

    fn lose(&self, words: &str) {
        if let Some(mut sweep) = self.sweep.take() {
            sweep.end("page.sweep.died");
            if let Phase::Over(why) = &mut sweep.phase {
                *why = why.clone().with("words", words);
            }
            self.part(sweep);
        }
    }

    /// Nothing more is asked of the worker.
    fn part(&self, sweep: Sweep) {
        self.line.close();
        self.files.take();
        (self.tell)(sweep);
    }

    fn hear(&self, word: Word) {
        match word {
            Word::Lost(words) => self.lose(&words),
            Word::Reply(reply) => self.hear_reply(*reply),
        }
    }

    fn hear_reply(&self, reply: Reply) {
        let Some(mut sweep) = self.sweep.take() else { return };
        let answer = reply.answers == Some(self.call.get());
        match sweep.hear(reply.event, answer) {
            Order::End => return self.part(sweep),
            Order::Nothing => {}
            Order::Apply(recipe) => self.ask(Request::Apply { recipe }),
            Order::Train => self.ask(Request::RunTo { step: u64::MAX }),
            Order::Read(data) => self.ask(reading(&self.files.borrow(), Some(data))),
        }
        *self.sweep.borrow_mut() = Some(sweep.clone());
        (self.tell)(sweep);
    }

    fn ask(&self, request: Request) {
        let files = match &request {
            Request::LoadFiles { .. } => self.files.borrow().clone(),
            _ => Vec::new(),
        };
        self.call.set(self.line.send(request, &files));
    }
}

impl Desk {
    /// Has a second worker train these, in place of those it may be at.
    pub fn sweep(&self, trials: Vec<Trial>) {
        let files = self.files.borrow().clone();
        let of = (*self.state().recipe).clone();
        self.sweeper.start(Sweep::new(of, trials, !files.is_empty()), files);
    }

    /// Ends the second worker.
    pub fn stop_sweep(&self) {
        self.sweeper.stop();
    }
}
