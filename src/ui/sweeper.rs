//! Further desks: each has workers of its own train the recipes of a sweep or a race, and ends them when there is nothing
//! left to do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::File;

use super::link::{self, Desk, reading};
use super::state::Kept;
use super::sweep::{Order, Sweep, Trial};
use crate::protocol::{Recipe, Reply, Request, Watch};
use crate::web::{Link, Word};

/// Workers at most.
const LANES: usize = 4;

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
                    link: link::line(hear),
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
    fn start(&self, sweep: Sweep, files: Vec<File>) {
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
    fn stop(&self) {
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
    fn change(&self, change: impl FnOnce(&mut Sweep)) {
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

impl Desk {
    /// Has a further worker train these, in place of those it may be at.
    pub fn sweep(&self, trials: Vec<Trial>) {
        self.train_beside(&self.sweeper, |of, files| Sweep::new(of, trials, 1, files));
    }

    /// Ends that worker.
    pub fn stop_sweep(&self) {
        self.sweeper.stop();
    }

    /// Has several workers train these side by side, and draw the map of each with the selected user's points.
    pub fn race(&self, recipes: Vec<Recipe>) {
        let trials = recipes.into_iter().map(|recipe| Trial::new("", None, recipe)).collect();
        let user = self.state().focus.user;
        self.train_beside(&self.racer, |of, files| {
            Sweep::new(of, trials, LANES, files).with_maps(user)
        });
    }

    /// Ends those workers.
    pub fn stop_race(&self) {
        self.racer.stop();
    }

    /// Shows a run of the race beside the reader's own: its curves and its map.
    pub fn show_beside(&self, place: usize) {
        let race = self.state().race;
        if let Some(trial) = race.as_ref().and_then(|race| race.trials.get(place)) {
            let kept = Kept {
                recipe: trial.recipe.clone(),
                losses: trial.story.losses.smooth(),
                evaluations: (*trial.story.evaluations).clone(),
                map: trial.map.clone(),
            };
            self.alter(|state| state.show_beside(kept));
        }
    }

    /// Writes down something about a run of the race.
    pub fn note_of_run(&self, place: usize, note: String) {
        self.racer.change(|race| {
            if let Some(trial) = race.trials.make_mut().get_mut(place) {
                trial.note = note;
            }
        });
    }

    fn train_beside(&self, sweeper: &Sweeper, sweep: impl FnOnce(Recipe, bool) -> Sweep) {
        let files = self.files.borrow().clone();
        let of = (*self.state().recipe).clone();
        sweeper.stop();
        sweeper.start(sweep(of, !files.is_empty()), files);
    }
}
