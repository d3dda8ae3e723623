//! The page's end of the line to the worker.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event as BrowserEvent, File, MessageEvent, Worker};

use super::envelope;
use super::words_of;
use crate::protocol::{Call, Event, Reply, Request};

/// What comes over the line.
pub enum Word {
    /// The worker says something.
    Reply(Box<Reply>),
    /// The worker is dead, and these were its last words. [`Link::open`] starts another.
    Lost(String),
}

/// A line to a worker; at most one worker lives at a time.
pub struct Link {
    address: String,
    worker: RefCell<Option<Living>>,
    last_call: Cell<u32>,
    hear: Rc<dyn Fn(Word)>,
}

struct Living {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(BrowserEvent)>,
}

impl Link {
    /// A line over which nothing is said until it is opened. `hear` gets every word, never from within a call to the
    /// link.
    #[must_use]
    pub fn new(address: &str, hear: impl Fn(Word) + 'static) -> Rc<Self> {
        Rc::new(Self {
            address: address.to_owned(),
            worker: RefCell::new(None),
            last_call: Cell::new(0),
            hear: Rc::new(hear),
        })
    }

    /// Starts a worker in place of the one there is, if any.
    ///
    /// # Errors
    /// The browser's words where it starts no workers.
    pub fn open(self: &Rc<Self>) -> Result<(), String> {
        self.close();
        let worker = Worker::new(&self.address).map_err(|error| words_of(&error))?;
        let on_message = {
            let link = Rc::downgrade(self);
            Closure::new(move |event: MessageEvent| {
                if let Some(link) = link.upgrade() {
                    link.listen(&event.data());
                }
            })
        };
        let on_error = {
            let link = Rc::downgrade(self);
            Closure::new(move |event: BrowserEvent| {
                if let Some(link) = link.upgrade() {
                    let words = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
                    link.lose(words.unwrap_or_default());
                }
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let living = Living {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        };
        *self.worker.borrow_mut() = Some(living);
        Ok(())
    }

    /// Says something to the worker; the number is what the answer will carry.
    pub fn send(&self, request: Request, files: &[File]) -> u32 {
        let id = self.last_call.get() + 1;
        self.last_call.set(id);
        let sent = envelope::pack_call(&Call { id, request }, files).and_then(|envelope| {
            self.worker
                .borrow()
                .as_ref()
                .map_or(Ok(()), |living| living.worker.post_message(&envelope))
        });
        if let Err(error) = sent {
            web_sys::console::error_1(&error);
        }
        id
    }

    fn listen(&self, data: &JsValue) {
        match envelope::open_reply(data) {
            Ok(Reply {
                event: Event::Died { words },
                ..
            }) => self.lose(words),
            Ok(reply) => (self.hear)(Word::Reply(Box::new(reply))),
            Err(error) => self.lose(words_of(&error)),
        }
    }

    /// Ends the worker and tells; a second report of the same death finds nobody and is dropped.
    fn lose(&self, words: String) {
        if self.close() {
            (self.hear)(Word::Lost(words));
        }
    }

    /// Ends the worker; says whether there was one. It may be called from within the worker's own closures:
    /// wasm-bindgen frees a closure that runs only when it returns.
    pub fn close(&self) -> bool {
        let Some(living) = self.worker.borrow_mut().take() else {
            return false;
        };
        living.worker.set_onmessage(None);
        living.worker.set_onerror(None);
        living.worker.terminate();
        true
    }
}
