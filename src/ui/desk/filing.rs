//! Sessions and recipes as files of the reader's.

use std::rc::Rc;

use js_sys::{Array, JSON};
use wasm_bindgen::JsValue;
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
        let name = file.name().to_ascii_lowercase();
        if name.contains(".rprun") {
            self.open_session(file.clone());
        } else if name.starts_with("recipe") && name.ends_with(".json") {
            self.read_end(file, file.size(), Self::open_recipe);
        } else {
            return false;
        }
        true
    }

    /// Hands on the last bytes of a file; where there are none, says so.
    fn read_end(self: &Rc<Self>, file: &File, count: f64, then: impl FnOnce(&Rc<Self>, &File, &[u8]) + 'static) {
        let (desk, file) = (Rc::clone(self), file.clone());
        let end = file.slice_with_f64_and_f64((file.size() - count).max(0.0), file.size());
        store::read_blob(end, move |bytes| match bytes {
            Some(bytes) => then(&desk, &file, &bytes),
            None => desk.refuse(unreadable(&file.name())),
        });
    }

    /// Goes on with the session of a file. What stands behind the run is read here; the run, which may be as large as the
    /// worker's memory, goes to the worker unread.
    fn open_session(self: &Rc<Self>, file: File) {
        self.read_end(&file, Past::END as f64, |desk, file, end| {
            let behind = Past::len(end).unwrap_or_default() as f64;
            desk.read_end(file, behind, move |desk, file, end| {
                let (none, past) = Past::split(end);
                let len = file.size() - if none.is_empty() { behind } else { 0.0 };
                let Ok(run) = file.slice_with_f64_and_f64(0.0, len) else {
                    return desk.refuse(unreadable(&file.name()));
                };
                let again = Rc::clone(desk);
                desk.resume(&file.name(), &run, move |answer| {
                    if answer.is_ok() {
                        again.recall(past, true);
                    }
                });
            });
        });
    }

    /// Starts a run by the recipe of a file, on the data that are here if it is for files.
    fn open_recipe(self: &Rc<Self>, file: &File, bytes: &[u8]) {
        let object = match JSON::parse(&String::from_utf8_lossy(bytes)) {
            Ok(object) => object,
            Err(error) => {
                let why = Message::new("page.recipe.not_json").with("file", file.name());
                return self.refuse(why.with("words", words_of(&error)));
            }
        };
        match plain::to_recipe(&object) {
            Ok(recipe) => self.apply(recipe, |_| ()),
            Err(why) => self.refuse(Message::join(vec![
                Message::new("page.recipe.refused").with("file", file.name()),
                why,
            ])),
        }
    }

    /// Saves the recipe as a file: it is what the page's scripts and the native runner read.
    pub fn save_recipe(&self) {
        let recipe = plain::of_recipe(&self.state().recipe);
        download(RECIPE, plain::text_of(&recipe).as_bytes());
    }

    /// Shows what an earlier opening of the page was told. A race takes the place of one that is over only if it is to be
    /// shown `instead`.
    pub(super) fn recall(&self, past: Past, instead: bool) {
        let (course, race) = past.open();
        self.alter(|state| state.recall(course));
        let shown = self.state().race;
        match race {
            Some(race) if shown.is_none_or(|shown| instead && !shown.running()) => self.racer.take_up(race),
            Some(_) if instead => self.announce(Message::new("page.session.race")),
            _ => {}
        }
    }

    /// Goes on with a run: bytes, or a part of a file.
    pub(super) fn resume(self: &Rc<Self>, name: &str, run: &JsValue, then: impl FnOnce(Result<Answer>) + 'static) {
        match File::new_with_blob_sequence(&Array::of1(run), name) {
            Ok(file) => self.resume_file(file, then),
            Err(_) => then(Err(unreadable(name))),
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

fn unreadable(name: &str) -> Message {
    Message::new("page.session.unreadable").with("file", name)
}
