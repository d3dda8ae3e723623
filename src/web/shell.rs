//! The worker's shell: moves messages and gives the session slices of time.
//!
//! Between slices it goes back to the browser's loop, so that what the page says is heard at once. It does so by
//! sending itself a message: a timer would be held up to 4 ms each time, and to a second in a hidden tab.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageChannel, MessageEvent, MessagePort};

use super::envelope;
use super::files;
use super::pace::{Limit, Rate};
use super::words_of;
use crate::protocol::{Call, Event, Reply, Request, Status};
use crate::session::Session;
use crate::text::Message;

/// How long the session works before the page is listened to again.
const SLICE_MS: f64 = 20.0;

/// Time between pictures: no screen shows more, and the page has other things to do.
const PICTURE_MS: f64 = 50.0;

/// How many times as long as the last pictures took is trained before the next.
const PICTURE_SHARE: f64 = 3.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now() -> f64;
}

fn clock() -> Option<f64> {
    Some(now())
}

/// Serves the page for as long as the worker lives.
///
/// A panic ends it and cannot be caught: the browser tells the page.
pub fn serve() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    match Shell::start(scope.clone()) {
        Ok(()) => {}
        Err(error) => {
            let words = words_of(&error);
            post(
                &scope,
                &Reply {
                    run: 0,
                    answers: None,
                    event: Event::Died { words },
                },
            );
        }
    }
}

fn post(scope: &DedicatedWorkerGlobalScope, reply: &Reply) {
    let posted =
        envelope::pack_reply(reply).and_then(|(bytes, transfer)| scope.post_message_with_transfer(&bytes, &transfer));
    if let Err(error) = posted {
        web_sys::console::error_1(&error);
    }
}

struct Shell {
    session: Session,
    line: Line,
    /// A message into it comes back as a call of `Shell::slice`.
    pulse: MessagePort,
    /// `Shell::slice` as the browser's timers take it.
    on_pulse: Function,
    /// A call of `Shell::slice` is under way.
    beating: bool,
    /// Holds for playing only: who trains to a certain step wants to be there.
    limit: Option<Limit>,
    playing: bool,
    /// When pictures may be sent again.
    next_pictures: f64,
}

/// The worker's end of the line, and what it overhears.
struct Line {
    scope: DedicatedWorkerGlobalScope,
    rate: Rate,
    status: Status,
    run: u32,
}

impl Line {
    fn say(&mut self, mut reply: Reply) {
        self.run = reply.run;
        if let Event::State(state) = &mut reply.event {
            self.status = state.status;
            self.rate.note(now(), state.step, state.status == Status::Training);
            state.steps_per_second = self.rate.per_second();
        }
        post(&self.scope, &reply);
    }

    fn refuse(&mut self, answers: Option<u32>, why: Message) {
        self.say(Reply {
            run: self.run,
            answers,
            event: Event::Refused(why),
        });
    }
}

impl Shell {
    /// Says hello and hands the shell over to the browser's loop.
    fn start(scope: DedicatedWorkerGlobalScope) -> Result<(), JsValue> {
        let channel = MessageChannel::new()?;
        let shell = Rc::<RefCell<Option<Self>>>::default();
        let on_pulse = while_alive(&shell, |shell, _: JsValue| shell.slice());
        let on_message = while_alive(&shell, |shell, event: MessageEvent| shell.hear(&event.data()));
        channel.port2().set_onmessage(Some(&on_pulse));
        scope.set_onmessage(Some(&on_message));

        let mut line = Line {
            scope,
            rate: Rate::default(),
            status: Status::Empty,
            run: 0,
        };
        let session = Session::with_clock(clock);
        session.start(&mut |reply| line.say(reply));
        let pulse = channel.port1();
        *shell.borrow_mut() = Some(Self {
            session,
            line,
            pulse,
            on_pulse,
            beating: false,
            limit: None,
            playing: false,
            next_pictures: 0.0,
        });
        Ok(())
    }

    fn hear(&mut self, envelope: &JsValue) {
        match envelope::open_call(envelope) {
            Ok((call, files)) => self.handle(call, &files),
            Err(error) => {
                let why = Message::new("page.call.unreadable").with("why", words_of(&error));
                self.line.refuse(None, why);
            }
        }
        self.beat();
    }

    fn handle(&mut self, mut call: Call, handles: &[File]) {
        match &mut call.request {
            Request::Speed { steps_per_second } => self.limit = Limit::new(*steps_per_second, now()),
            Request::LoadFiles { files, .. } => match files::read(handles) {
                Ok(read) => *files = read,
                Err(why) => return self.line.refuse(Some(call.id), why),
            },
            Request::Play => self.playing = true,
            Request::RunTo { .. } => self.playing = false,
            _ => {}
        }
        let line = &mut self.line;
        self.session.handle(call, &mut |reply| line.say(reply));
        self.session.snapshot(&mut |reply| line.say(reply));
    }

    /// A slice of work, then the pictures if it is time for them or this was the last slice.
    fn slice(&mut self) {
        self.beating = false;
        if !self.busy() {
            return;
        }
        let start = now();
        if self.session.busy() && self.wait(start) == 0.0 {
            self.work(start);
        }
        let start = now();
        if self.session.indexing() {
            let line = &mut self.line;
            self.session
                .index(&mut || now() - start < SLICE_MS, &mut |reply| line.say(reply));
        }
        let end = now();
        if !self.busy() || end >= self.next_pictures {
            let line = &mut self.line;
            self.session.snapshot(&mut |reply| line.say(reply));
            // However long pictures take, most of the time is for training.
            self.next_pictures = (end + PICTURE_MS).max(now() + PICTURE_SHARE * (now() - end));
        }
        self.beat();
    }

    /// Whether there is anything to do.
    fn busy(&self) -> bool {
        self.session.busy() || self.session.indexing()
    }

    /// Milliseconds until there may be another step.
    fn wait(&self, now: f64) -> f64 {
        let limit = self.limit.as_ref().filter(|_| self.playing);
        limit.map_or(0.0, |limit| limit.wait(now))
    }

    fn work(&mut self, start: f64) {
        let line = &mut self.line;
        let limited = self.playing && line.status == Status::Training;
        let mut say = |reply| line.say(reply);
        match &mut self.limit {
            // Only steps are held back: judging the model goes as fast as it can.
            Some(limit) if limited => {
                limit.spend(start);
                let mut steps = 0..1;
                self.session.tick(&mut || steps.next().is_some(), &mut say);
            }
            _ => self.session.tick(&mut || now() - start < SLICE_MS, &mut say),
        }
    }

    /// Sees to it that `slice` is called again.
    fn beat(&mut self) {
        if self.beating || !self.busy() {
            return;
        }
        self.beating = true;
        // Indexes are not held back with the steps.
        let wait = if self.session.indexing() { 0.0 } else { self.wait(now()) };
        let asked = if wait > 0.0 {
            let wait = wait.min(PICTURE_MS).ceil() as i32;
            self.line
                .scope
                .set_timeout_with_callback_and_timeout_and_arguments_0(&self.on_pulse, wait)
                .map(|_| ())
        } else {
            self.pulse.post_message(&JsValue::NULL)
        };
        if let Err(error) = asked {
            web_sys::console::error_1(&error);
        }
    }
}

/// A function for the browser to call for as long as the worker lives.
fn while_alive<E: FromWasmAbi + 'static>(
    shell: &Rc<RefCell<Option<Shell>>>,
    mut act: impl FnMut(&mut Shell, E) + 'static,
) -> Function {
    let shell = Rc::clone(shell);
    Closure::<dyn FnMut(E)>::new(move |event| {
        if let Some(shell) = &mut *shell.borrow_mut() {
            act(shell, event);
        }
    })
    .into_js_value()
    .unchecked_into()
}
