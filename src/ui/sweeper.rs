//! Further desks: each has workers of its own train the recipes of a sweep or a race, and ends them when there is nothing
//! left to do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::File;

use super::sweep::{Order, Sweep};
use super::workers::{self, reading};
use crate::protocol::{Reply, Request, Watch};
use crate::web::{Link, Word};

/// Workers at most.
pub const LANES: usize = 4;

/// Holds the lines to its workers, and the sweep while there is one.
pub struct Sweeper {
    lines: [Line; LANES],
    sweep: RefCell<Option<Sweep>>,
    /// The one before, which is over.
    last: RefCell<Option<Sweep>>,
    /// Where the data may come from.
    files: RefCell<Vec<File>>,
    /// Gets the sweep whenever it has changed.
    tell: Box<dyn Fn(Sweep)>,
}

struct Line {
    link: Rc<Link>,
    /// The call that is to be answered.
    call: Cell<u32>,
}

impl Sweeper {
    /// Without a worker.
    pub fn new(tell: impl Fn(Sweep) + 'static) -> Rc<Self> {
        Rc::new_cyclic(|sweeper: &std::rc::Weak<Self>| {
            let line = |lane| {
                let ear = sweeper.clone();
                let hear = move |word| {
                    if let Some(sweeper) = ear.upgrade() {
                        sweeper.hear(lane, word);
                    }
                };
                Line {
                    link: workers::line(hear),
                    call: Cell::new(0),
                }
            };
            Self {
                lines: [0, 1, 2, 3].map(line),
                sweep: RefCell::default(),
                last: RefCell::default(),
                files: RefCell::default(),
                tell: Box::new(tell),
            }
        })
    }

    /// Starts the workers; their first words start everything else.
    pub fn start(&self, sweep: Sweep, files: Vec<File>) {
        let lanes = sweep.lanes.len();
        *self.files.borrow_mut() = files;
        *self.sweep.borrow_mut() = Some(sweep.clone());
        (self.tell)(sweep);
        for line in &self.lines[..lanes.min(LANES)] {
            if let Err(words) = line.link.open() {
                return self.lose(&words);
            }
        }
    }

    /// Ends the workers in the middle of their work.
    pub fn stop(&self) {
        if let Some(mut sweep) = self.sweep.take() {
            sweep.end("page.sweep.stopped");
            self.part(sweep);
        }
    }

    /// Shows a sweep that was kept.
    pub fn take_up(&self, sweep: Sweep) {
        *self.last.borrow_mut() = Some(sweep.clone());
        (self.tell)(sweep);
    }

    /// Makes the sweep, under way or over, another.
    pub fn change(&self, change: impl FnOnce(&mut Sweep)) {
        let mut sweep = self.sweep.borrow_mut();
        if let Some(sweep) = sweep.as_mut().or(self.last.borrow_mut().as_mut()) {
            change(sweep);
            (self.tell)(sweep.clone());
        }
    }

    fn lose(&self, words: &str) {
        if let Some(mut sweep) = self.sweep.take() {
            sweep.end("page.sweep.died");
            sweep.over = sweep.over.map(|why| why.with("words", words));
            self.part(sweep);
        }
    }

    /// Nothing more is asked of the workers.
    fn part(&self, sweep: Sweep) {
        self.lines.iter().for_each(|line| {
            line.link.close();
        });
        self.files.take();
        *self.last.borrow_mut() = Some(sweep.clone());
        (self.tell)(sweep);
    }

    fn hear(&self, lane: usize, word: Word) {
        match word {
            Word::Lost(words) => self.lose(&words),
            Word::Reply(reply) => self.hear_reply(lane, *reply),
        }
    }

    fn hear_reply(&self, lane: usize, reply: Reply) {
        let Some(mut sweep) = self.sweep.take() else { return };
        let line = &self.lines[lane];
        let answer = reply.answers == Some(line.call.get());
        match sweep.hear(lane, reply.event, answer) {
            _ if !sweep.running() => return self.part(sweep),
            Order::End => {
                line.link.close();
            }
            Order::Nothing => {}
            Order::Apply(recipe) => self.ask(line, Request::Apply { recipe }),
            Order::Train => self.ask(line, Request::RunTo { step: u64::MAX }),
            Order::Read(data) => self.ask(line, reading(&self.files.borrow(), Some(data))),
            Order::Look(user) => {
                let watch = Watch {
                    map: true,
                    user,
                    ..Watch::default()
                };
                self.ask(line, Request::Watch(watch));
                // Answered once the map has been sent.
                self.ask(line, Request::Pause);
            }
        }
        *self.sweep.borrow_mut() = Some(sweep.clone());
        (self.tell)(sweep);
    }

    fn ask(&self, line: &Line, request: Request) {
        let files = match &request {
            Request::LoadFiles { .. } => self.files.borrow().clone(),
            _ => Vec::new(),
        };
        line.call.set(line.link.send(request, &files));
    }
}
