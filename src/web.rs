//! The browser's side of things, apart from the page itself: the only file outside `ui` (with the files in `web/`)
//! that names it.
//!
//! [`serve`] is the worker's whole life; [`Link`] is how the page holds a worker. Between them travel envelopes
//! (see `envelope`): a message as bytes, with chosen files beside it.

mod envelope;
mod files;
mod link;
#[cfg(target_arch = "wasm32")]
mod memory;
mod pace;
mod shell;

pub use envelope::{bytes_of, from_bytes, to_plain};
pub use link::{Link, Word};
pub use shell::serve;

use wasm_bindgen::JsValue;

/// What a browser error says, in its own words.
#[must_use]
pub fn words_of(error: &JsValue) -> String {
    js_sys::JSON::stringify(error)
        .ok()
        .and_then(|text| text.as_string())
        .filter(|text| text != "{}")
        .or_else(|| js_sys::Object::from(error.clone()).to_string().as_string())
        .unwrap_or_default()
}
