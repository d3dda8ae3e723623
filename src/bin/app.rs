//! The page: shows, and asks the worker.

use wasm_bindgen::prelude::wasm_bindgen;

/// Begins with these words, the file of a language, and the worker whose program is at this address.
#[wasm_bindgen]
pub fn show(words: String, worker: String) {
    playground::ui::start(words, worker);
}

fn main() {}
