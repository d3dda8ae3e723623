//! The page: shows, and asks the worker.

use wasm_bindgen::prelude::wasm_bindgen;

/// Begins with these words, the file of a language.
#[wasm_bindgen]
pub fn show(words: String) {
    playground::ui::start(words);
}

fn main() {}
