//! What the desk does about what is selected, pointed at and searched for.

use std::rc::Rc;

use super::Desk;
use crate::protocol::{FeatureLook, Look, Query, Request, Status, Watch};
use crate::ui::clock;
use crate::ui::state::{Action, Sheet, State, Thing};
use crate::ui::theme::{self, Theme};

/// Hits asked of a search.
const HITS: u32 = 10;

/// How often a search is made anew while the model trains, in milliseconds.
const KEEP_UP_MS: f64 = 1_000.0;

impl Desk {
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
    pub(super) fn look_up_personal(self: &Rc<Self>) {
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
    pub(super) fn keep_up(self: &Rc<Self>) {
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
}
