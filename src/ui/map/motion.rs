//! A picture that moves as long as it has somewhere to go.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

/// Calls a function for each frame of the screen while it says that there is more to come.
#[derive(Clone)]
pub struct Motion(Rc<Inner>);

/// What the browser calls for a frame, with the time in milliseconds.
type Frame = Closure<dyn FnMut(f64)>;

struct Inner {
    frame: RefCell<Option<Frame>>,
    /// The frame that was asked for.
    awaited: Cell<Option<i32>>,
}

impl Motion {
    /// At rest. `draw` gets the time in milliseconds.
    pub fn new(mut draw: impl FnMut(f64) -> bool + 'static) -> Self {
        let inner = Rc::new(Inner {
            frame: RefCell::new(None),
            awaited: Cell::new(None),
        });
        let weak = Rc::downgrade(&inner);
        let frame = Closure::new(move |now| {
            let Some(inner) = weak.upgrade() else { return };
            inner.awaited.set(None);
            if draw(now) {
                inner.wake();
            }
        });
        *inner.frame.borrow_mut() = Some(frame);
        Self(inner)
    }

    /// Draws with the next frame.
    pub fn wake(&self) {
        self.0.wake();
    }
}

impl Inner {
    fn wake(&self) {
        if self.awaited.get().is_some() {
            return;
        }
        if let (Some(window), Some(frame)) = (web_sys::window(), &*self.frame.borrow()) {
            let asked = window.request_animation_frame(frame.as_ref().unchecked_ref());
            self.awaited.set(asked.ok());
        }
    }
}

impl Drop for Inner {
    /// The browser would call what is no longer there.
    fn drop(&mut self) {
        if let (Some(window), Some(frame)) = (web_sys::window(), self.awaited.get()) {
            // A frame that cannot be called off is over.
            window.cancel_animation_frame(frame).unwrap_or_default();
        }
    }
}
