//! What the browser keeps from one opening of the page to the next, and its address.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File};

#[wasm_bindgen(module = "/www/store.js")]
extern "C" {
    fn keep(session: &JsValue, then: JsValue);
    fn kept(then: JsValue);
    fn forget(then: JsValue);
    fn copy(text: &str, then: JsValue);
    fn read(blob: &Blob, then: JsValue);
    /// The session that was kept has been taken up, or refused.
    pub fn taken();
    /// The hash of the page's address, without its `#`.
    pub fn address() -> String;
    /// Puts a hash into the address.
    #[wasm_bindgen(js_name = setAddress)]
    pub fn set_address(hash: &str);
    /// The whole address with this hash.
    pub fn link(hash: &str) -> String;
}

/// A session as it is kept.
#[derive(Clone, Default)]
pub struct Session {
    /// Recipe, step and checksum, as the hash of a link.
    pub address: String,
    /// The run and the past as a file. The run is empty where it is too large, or cannot be one: then its steps are made
    /// again.
    pub run: Vec<u8>,
    /// The files its data are from.
    pub files: Vec<File>,
}

impl Session {
    fn object(&self) -> Result<JsValue, JsValue> {
        let object = Object::new();
        let parts: [(&str, JsValue); 3] = [
            ("address", self.address.as_str().into()),
            ("run", Uint8Array::from(self.run.as_slice()).into()),
            ("files", self.files.iter().collect::<Array>().into()),
        ];
        for (key, value) in parts {
            Reflect::set(&object, &key.into(), &value)?;
        }
        Ok(object.into())
    }

    fn of(object: &JsValue) -> Option<Self> {
        let part = |key: &str| Reflect::get(object, &key.into()).ok();
        let files: Array = part("files")?.dyn_into().ok()?;
        Some(Self {
            address: part("address")?.as_string()?,
            run: part("run")?.dyn_into::<Uint8Array>().ok()?.to_vec(),
            files: files.iter().filter_map(|file| file.dyn_into().ok()).collect(),
        })
    }

    /// Keeps it in place of the one before; `then` hears whether the browser did.
    pub fn keep(&self, then: impl FnOnce(bool) + 'static) {
        match self.object() {
            Ok(object) => keep(&object, once(then)),
            Err(_) => then(false),
        }
    }
}

/// Hands on the session that is kept. What is damaged, or of another version of the page, is none.
pub fn last_session(then: impl FnOnce(Option<Session>) + 'static) {
    kept(Closure::once_into_js(move |object: JsValue| then(Session::of(&object))));
}

/// Keeps none any more.
pub fn forget_session(then: impl FnOnce(bool) + 'static) {
    forget(once(then));
}

/// Puts a text where it can be pasted from; `then` hears whether the browser did.
pub fn copy_text(text: &str, then: impl FnOnce(bool) + 'static) {
    copy(text, once(then));
}

/// Reads a part of a file; `then` hears nothing where the browser cannot.
pub fn read_blob(blob: Result<Blob, JsValue>, then: impl FnOnce(Option<Vec<u8>>) + 'static) {
    let then = move |bytes: JsValue| then(bytes.dyn_ref().map(Uint8Array::to_vec));
    match blob {
        Ok(blob) => read(&blob, Closure::once_into_js(then)),
        Err(_) => then(JsValue::UNDEFINED),
    }
}

fn once(then: impl FnOnce(bool) + 'static) -> JsValue {
    Closure::once_into_js(move |done: JsValue| then(done.is_truthy()))
}
