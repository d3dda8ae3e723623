//! Keeping the session where it is found again after the page was loaded anew or its worker died, and opening links.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;

use super::filing::SESSION;
use super::{Answer, Desk};
use crate::protocol::{Export, Recipe, Request, Status};
use crate::text::{Message, Result};
use crate::ui::address::Address;
use crate::ui::clock;
use crate::ui::past::Past;
use crate::ui::shared::Shared;
use crate::ui::state::{Action, State};
use crate::ui::store::{self, Session};
use crate::ui::sweep::Sweep;

/// How often the session is kept while the model trains, in milliseconds.
const EVERY_MS: f64 = 5_000.0;

/// How long it has to rest before it is kept, in milliseconds.
const REST_MS: f64 = 500.0;

/// A run that weighs more is kept without what it has learnt.
const RUN_MAX: usize = 32 << 20;

/// Files that weigh more are not kept: the reader is asked for them again.
const FILES_MAX: f64 = 128.0 * 1_048_576.0;

/// Step, recipe, and the race that is over.
type Of = (u64, Option<Shared<Recipe>>, Option<Shared<Sweep>>);

/// What the desk keeps, and waits for.
#[derive(Default)]
pub struct Keeper {
    /// As it was last kept.
    last: RefCell<Option<Session>>,
    /// When.
    at: Cell<f64>,
    /// What it was of.
    of: RefCell<Of>,
    /// The run's file is on its way, or will be asked for.
    asked: Cell<bool>,
    /// The recipe of the demo.
    demo: RefCell<Recipe>,
    /// The same with every default filled in, once the page has opened with it: as long as it is the present one, there
    /// is nothing worth keeping.
    opened: RefCell<Option<Shared<Recipe>>>,
    /// A link that waits for the file it names.
    waits: RefCell<Option<Address>>,
    /// A link or a session is being taken up, which the demo takes the place of should that fail.
    opening: Cell<bool>,
    /// One is on its way: until it stands nothing is kept in its place.
    restoring: Cell<bool>,
}

impl Keeper {
    /// Whether something else follows should the first run be refused.
    pub fn has_more(&self) -> bool {
        self.opening.get()
    }

    /// The link that waits for a file.
    pub fn waiting(&self) -> Option<Address> {
        self.waits.borrow().clone()
    }
}

impl Desk {
    /// The first run of the page: that of its link, else that of the session before, else the demo.
    pub(super) fn open_first(self: &Rc<Self>) {
        self.keeper.demo.borrow_mut().clone_from(&self.state().recipe);
        self.keeper.opening.set(true);
        let hash = store::address();
        if !hash.is_empty() {
            return self.open_address(Address::read(&hash));
        }
        let desk = Rc::clone(self);
        store::last_session(move |session| match session {
            Some(session) => desk.restore(session, "page.session.restored"),
            None => desk.open_demo(),
        });
    }

    fn open_demo(self: &Rc<Self>) {
        self.keeper.opening.set(false);
        let recipe = self.keeper.demo.borrow().clone();
        let desk = Rc::clone(self);
        self.apply(recipe, move |_| {
            *desk.keeper.opened.borrow_mut() = desk.state().applied;
        });
    }

    /// Takes up a session that was kept: its data, its run, its curves.
    pub(super) fn restore(self: &Rc<Self>, session: Session, key: &'static str) {
        self.act(Action::Play(false));
        self.keeper.restoring.set(true);
        let Address {
            recipe,
            step,
            checksum,
            hidden,
            locked,
            ..
        } = Address::read(&session.address);
        self.alter(|state| {
            state.share.hidden = hidden;
            state.share.locked = locked;
        });
        let desk = Rc::clone(self);
        let Session { run, files, .. } = session;
        let (run, past) = Past::split(&run);
        let run = Uint8Array::from(run);
        let tell = move |answer: Result<Answer>| {
            store::taken();
            desk.keeper.restoring.set(false);
            match answer {
                Ok(_) => {
                    let same = desk.state().progress.checksum.as_ref() == Some(&checksum);
                    let key = if same { key } else { "page.session.other" };
                    desk.announce(Message::new(key).with("step", step));
                }
                Err(why) => {
                    desk.announce(Message::join(vec![Message::new("page.session.lost"), why]));
                    desk.open_demo();
                }
            }
        };
        let desk = Rc::clone(self);
        let data = recipe.data.clone();
        let go_on = move |answer: Result<Answer>| {
            let again = Rc::clone(&desk);
            let whole = run.length() > 0;
            let stands = move |answer: Result<Answer>| {
                if answer.is_ok() {
                    // After a worker's death the race of before is an older one than the page shows.
                    again.recall(past, false);
                }
                match answer {
                    Ok(_) if !whole => again.run_to(step, tell),
                    answer => tell(answer),
                }
            };
            match answer {
                Ok(_) if whole => desk.resume(SESSION, &run, stands),
                Ok(_) => desk.apply(recipe, stands),
                Err(why) => stands(Err(why)),
            }
        };
        if files.is_empty() {
            go_on(Ok(Answer::Done));
        } else {
            self.load_then(files, Some(data), go_on);
        }
    }

    /// Keeps the session, now or when it is time.
    pub(super) fn keep_session(self: &Rc<Self>) {
        if self.keeper.asked.get() || self.keeper.restoring.get() {
            return;
        }
        let State {
            progress,
            applied,
            race,
            ..
        } = self.state();
        let resting = matches!(progress.status, Status::Paused | Status::Finished);
        let now = (progress.step, applied, race.filter(|race| !race.running()));
        if now.1.is_none() || *self.keeper.of.borrow() == now {
            return;
        }
        self.keeper.asked.set(true);
        let desk = Rc::clone(self);
        let wait = self.keeper.at.get() + if resting { REST_MS } else { EVERY_MS } - clock::now();
        if wait > 0.0 {
            // Until then it may have come to rest.
            return clock::later(wait.min(REST_MS), move || {
                desk.keeper.asked.set(false);
                desk.keep_session();
            });
        }
        self.keeper.at.set(clock::now());
        *self.keeper.of.borrow_mut() = now;
        self.ask(Request::Export(Export::Run), move |answer| {
            desk.keeper.asked.set(false);
            if let Ok(Answer::Saved { address, run, whole }) = answer {
                desk.keep_run(address, if whole { run } else { Vec::new() });
                desk.keep_session();
            }
        });
    }

    fn keep_run(self: &Rc<Self>, mut address: String, mut run: Vec<u8>) {
        self.leave_link(&Address::read(&address));
        let state = self.state();
        let flags = Address {
            hidden: state.share.hidden.clone(),
            locked: state.share.locked.clone(),
            ..Address::default()
        };
        address += &flags.flags();
        let files = self.files.borrow().clone();
        let weight: f64 = files.iter().map(|file| file.size()).sum();
        if run.len() > RUN_MAX {
            run.clear();
        }
        Past::of(&state).behind(&mut run);
        let session = Session {
            address,
            run,
            files: if weight > FILES_MAX { Vec::new() } else { files },
        };
        let untouched = state.race.is_none() && state.applied.as_deref() == self.keeper.opened.borrow().as_deref();
        if !untouched {
            let desk = Rc::clone(self);
            session.keep(move |kept| desk.alter(|state| state.share.kept = Some(kept)));
        }
        *self.keeper.last.borrow_mut() = Some(session);
    }

    /// Once the run has gone on, its link is no longer the page's address: loading the page anew goes on as well.
    fn leave_link(&self, now: &Address) {
        let linked = Address::read(&store::address());
        if linked != Address::default() && (linked.step, linked.checksum) != (now.step, now.checksum.clone()) {
            store::set_address("");
            self.alter(|state| state.share.link = None);
        }
    }

    /// Keeps no session any more, until something happens.
    pub fn forget_session(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        store::forget_session(move |_| desk.alter(|state| state.share.kept = None));
    }

    /// The session of `recipe` that was last kept, for another worker.
    pub(super) fn last_session(&self, recipe: &Recipe) -> Option<Session> {
        let last = self.keeper.last.borrow().clone();
        last.filter(|last| Address::read(&last.address).recipe == *recipe)
    }

    /// Opens a link: its recipe, up to its step, whose checksum is compared.
    pub(super) fn open_address(self: &Rc<Self>, address: Address) {
        let Address { recipe, step, .. } = address.clone();
        self.act(Action::Play(false));
        self.alter(|state| {
            state.share.hidden.clone_from(&address.hidden);
            state.share.locked.clone_from(&address.locked);
        });
        let desk = Rc::clone(self);
        self.apply(recipe, move |answer| {
            if answer.is_ok() {
                let again = Rc::clone(&desk);
                return desk.run_to(step, move |_| again.compare_with(address));
            }
            // The reader has to choose the file first; until then there is the demo.
            if !address.file.0.is_empty() && desk.keeper.waits.borrow().is_none() {
                let (name, digest) = address.file.clone();
                let wanted = Message::new("page.link.file").with("file", name).with("digest", digest);
                *desk.keeper.waits.borrow_mut() = Some(address);
                desk.open_demo();
                desk.announce(wanted);
            } else if desk.state().applied.is_none() {
                desk.open_demo();
                if let Err(why) = answer {
                    desk.announce(Message::join(vec![Message::new("page.link.refused"), why]));
                }
            }
        });
    }

    /// Opens the link that waited for the file that has just been read, if any.
    pub(super) fn open_waiting(self: &Rc<Self>) {
        if let Some(address) = self.keeper.waits.take() {
            self.open_address(address);
        }
    }

    /// Says whether the link's checksum is that of the run.
    fn compare_with(&self, address: Address) {
        let progress = self.state().progress;
        let mut told = address.notices;
        if !address.file.1.is_empty() && address.file.1 != progress.dataset.digest {
            let notice = Message::new("page.link.file_other").with("file", address.file.0);
            told.push(
                notice
                    .with("digest", address.file.1)
                    .with("found", &progress.dataset.digest),
            );
        }
        if !address.checksum.is_empty() {
            let sum = progress.checksum.clone().unwrap_or_default();
            let key = if address.checksum == sum {
                "page.link.same"
            } else {
                "page.link.differs"
            };
            let notice = Message::new(key).with("step", progress.step).with("sum", sum);
            told.push(notice.with("wanted", address.checksum));
        }
        if !told.is_empty() {
            self.announce(Message::join(told));
        }
    }

    /// Makes a link of the run as it stands, puts it into the address and where it can be pasted from.
    pub fn share(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        self.pause(move |answer| {
            if answer.is_err() {
                return;
            }
            let State {
                progress,
                applied,
                catalogue,
                share,
                ..
            } = desk.state();
            let Some(recipe) = applied else { return };
            let file = if progress.dataset.digest.is_empty() {
                Default::default()
            } else {
                (progress.dataset.name.clone(), progress.dataset.digest.clone())
            };
            let address = Address {
                recipe: (*recipe).clone(),
                step: progress.step,
                checksum: progress.checksum.clone().unwrap_or_default(),
                file,
                hidden: share.hidden.clone(),
                locked: share.locked.clone(),
                notices: Vec::new(),
            };
            let hash = address.write(&catalogue);
            store::set_address(&hash);
            let link = store::link(&hash);
            let again = Rc::clone(&desk);
            store::copy_text(&link, move |copied| again.alter(|state| state.share.copied = copied));
            desk.alter(|state| {
                state.share.copied = false;
                state.share.link = Some(link);
            });
        });
    }
}
