//! What the desk does about the recipe, the data and the run.

use std::rc::Rc;

use web_sys::File;

use super::{Answer, Desk};
use crate::protocol::recipe::LIVE;
use crate::protocol::{Change, Event, Recipe, Request, Section};
use crate::text::{Message, Result};
use crate::ui::state::{Action, DEMO_SPEED};
use crate::ui::workers::reading;

impl Desk {
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
}
