//! The same bits in the browser: what is computed here in wasm equals constants that the native tests pin as well.
#![cfg(target_arch = "wasm32")]
