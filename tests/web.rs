//! The same bits in the browser: what is computed here in wasm equals constants that the native tests pin as well.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[path = "pinned.rs"]
mod pinned;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn the_pinned_run_comes_to_the_same_bits_in_the_browser() {
    pinned::check();
}
