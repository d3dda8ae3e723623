//! The page's clock.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

/// Milliseconds since the page was opened; 0 where the browser has no clock.
pub fn now() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |clock| clock.now())
}

/// Calls `act` after so many milliseconds.
pub fn later(ms: f64, act: impl FnOnce() + 'static) {
    if let Some(window) = web_sys::window() {
        let act = Closure::once_into_js(act);
        let set = window.set_timeout_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), ms as i32);
        set.map(|_| ()).unwrap_or_default();
    }
}
