//! Sessions and recipes as files of the reader's.

use std::rc::Rc;

use js_sys::{Array, JSON, Uint8Array};
use web_sys::File;

use super::{Answer, Desk};
use crate::protocol::{Export, Request};
use crate::text::{Message, Result};
use crate::ui::download::download;
use crate::ui::past::Past;
use crate::ui::plain;
use crate::ui::store;
use crate::web::words_of;

/// Name of a session's file.
pub const SESSION: &str = "run.rprun";

/// Name of a recipe's file.
const RECIPE: &str = "recipe.json";

impl Desk {
    /// Takes a file that is no data: a session or a recipe. Says whether it is one, by its name.
    pub(super) fn take_file(self: &Rc<Self>, file: &File) -> bool {
        let name = file.name();
        let take = if name.ends_with(".rprun") {
            Self::open_session
        } else if name.starts_with("recipe") && name.ends_with(".json") {
            Self::open_recipe
        } else {
            return false;
        };
        let desk = Rc::clone(self);
        store::read_file(file, move |bytes| match bytes {
            Some(bytes) => take(&desk, &name, &bytes),
            None => desk.refuse(Message::new("page.session.unreadable").with("file", name)),
        });
        true
    }

    /// Goes on with the session of a file.
    fn open_session(self: &Rc<Self>, name: &str, bytes: &[u8]) {
        let (run, past) = Past::split(bytes);
        let desk = Rc::clone(self);
        self.resume(name, run, move |answer| {
            if answer.is_ok() {
                desk.recall(past);
            }
        });
    }

    /// Starts a run by the recipe of a file, on the data that are here if it is for files.
    fn open_recipe(self: &Rc<Self>, name: &str, bytes: &[u8]) {
        let object = match JSON::parse(&String::from_utf8_lossy(bytes)) {
            Ok(object) => object,
            Err(error) => {
                let why = Message::new("page.recipe.not_json").with("file", name);
                return self.refuse(why.with("words", words_of(&error)));
            }
        };
        match plain::to_recipe(&object) {
            Ok(recipe) => self.apply(recipe, |_| ()),
            Err(why) => self.refuse(Message::join(vec![
                Message::new("page.recipe.refused").with("file", name),
                why,
            ])),
        }
    }

    /// Saves the recipe as a file: it is what the page's scripts and the native runner read.
    pub fn save_recipe(&self) {
        let recipe = plain::of_recipe(&self.state().recipe);
        download(RECIPE, plain::text_of(&recipe).as_bytes());
    }

    /// Shows what an earlier opening of the page was told.
    pub(super) fn recall(self: &Rc<Self>, past: Past) {
        let state = self.state();
        let known = past.raced_as(&Past::of(&state)) || state.race.is_some_and(|race| race.running());
        self.alter(|state| past.course.clone().begin(&mut state.story));
        if let Some(race) = past.race().filter(|_| !known) {
            self.racer.take_up(race);
        }
    }

    /// Goes on with a run that was written as a file.
    pub(super) fn resume(self: &Rc<Self>, name: &str, run: &[u8], then: impl FnOnce(Result<Answer>) + 'static) {
        let parts = Array::of1(&Uint8Array::from(run));
        match File::new_with_u8_array_sequence(&parts, name) {
            Ok(file) => self.resume_file(file, then),
            Err(_) => then(Err(Message::new("page.session.unreadable").with("file", name))),
        }
    }

    /// Saves the session as a file.
    pub fn save_session(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        self.ask(Request::Export(Export::Run), move |answer| match answer {
            Ok(Answer::Saved { mut run, .. }) => {
                Past::of(&desk.state()).behind(&mut run);
                download(SESSION, &run);
            }
            Ok(_) => {}
            Err(why) => desk.refuse(why),
        });
    }
}
