//! What the desk does about indexes.

use std::rc::Rc;

use super::{Answer, Desk};
use crate::protocol::{Export, Measure, Request, Section, Shelf};
use crate::ui::clock;
use crate::ui::download::download;
use crate::ui::search::Bench;

/// Time between two steps of a search in slow motion, in milliseconds.
const PACE_MS: f64 = 700.0;

impl Desk {
    /// Plays the next step of a search in a while, and so on.
    pub fn go_on(self: &Rc<Self>) {
        if !self.state().bench.playing {
            return;
        }
        let desk = Rc::clone(self);
        clock::later(PACE_MS, move || {
            desk.bench(|bench| {
                if bench.playing {
                    bench.play_to(bench.next_event());
                }
            });
            desk.go_on();
        });
    }

    /// Changes what the page knows of indexes.
    pub fn bench(&self, change: impl FnOnce(&mut Bench)) {
        self.alter(|state| change(state.bench.make_mut()));
    }

    /// Wants other indexes, or other things of them.
    pub fn shelve(self: &Rc<Self>, change: impl FnOnce(&mut Shelf)) {
        let state = self.state();
        let mut shelf = state.bench.shelf.clone();
        shelf.index = state.recipe.index.clone();
        change(&mut shelf);
        let desk = Rc::clone(self);
        self.ask(Request::Shelve(shelf.clone()), move |answer| match answer {
            Ok(_) => {
                desk.bench(|bench| {
                    bench.shelf = shelf;
                    bench.stop_walking();
                    bench.kept = None;
                    if bench
                        .mapped
                        .is_some_and(|place| place as usize > bench.shelf.pinned.len())
                    {
                        bench.map(None);
                    }
                });
                desk.watch();
                desk.look_up();
            }
            Err(why) => desk.refuse(why),
        });
    }

    /// Pins the recipe's index beside what becomes of it.
    pub fn pin(self: &Rc<Self>, section: Section) {
        self.shelve(|shelf| shelf.pinned.push(section));
    }

    /// Unpins an index.
    pub fn unpin(self: &Rc<Self>, place: u32) {
        self.shelve(|shelf| {
            if (1..=shelf.pinned.len()).contains(&(place as usize)) {
                shelf.pinned.remove(place as usize - 1);
            }
        });
    }

    /// Shows the cells of an index on the map, or none.
    pub fn map_cells(&self, place: Option<u32>) {
        self.bench(|bench| bench.map(place));
        self.watch();
    }

    /// Asks for something about indexes; an answer is shown, a refusal is said.
    pub fn about_indexes(self: &Rc<Self>, request: Request) {
        let desk = Rc::clone(self);
        self.ask(request, move |answer| match answer {
            // What is built from now on is for the query.
            Ok(Answer::Done) => desk.look_up(),
            Ok(_) => {}
            Err(why) => desk.refuse(why),
        });
    }

    /// Saves vectors or an index as a file.
    pub fn export(self: &Rc<Self>, what: Export) {
        let desk = Rc::clone(self);
        self.ask(Request::Export(what), move |answer| match answer {
            Ok(Answer::Exported { name, bytes }) => download(&name, &bytes),
            Ok(_) => {}
            Err(why) => desk.refuse(why),
        });
    }

    /// Measures indexes.
    pub fn measure(self: &Rc<Self>, what: Measure) {
        let swept = match &what {
            Measure::Curves => None,
            Measure::Sweep { key, .. } => Some(key.clone()),
        };
        self.bench(|bench| {
            bench.points.make_mut().clear();
            bench.swept = swept;
        });
        self.about_indexes(Request::Measure(what));
    }
}
