//! What a message between page and worker looks like: `{ message, files }` one way, `{ message, buffers }` the other.
//!
//! `message` is the serde value. `buffers` are the arrays that [`MapPicture`] leaves out of it, transferred rather
//! than copied; `files` are the browser's handles of the files a [`Call`] names, in its order.

use js_sys::{Array, Float32Array, Object, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use crate::protocol::{Call, Event, MapPicture, Reply};

type Result<T> = std::result::Result<T, JsValue>;

/// A value as plain objects and arrays: what scripts on the page see too.
pub fn to_plain<T: Serialize>(value: &T) -> Result<JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// The value that plain objects and arrays stand for.
pub fn from_plain<T: DeserializeOwned>(value: JsValue) -> Result<T> {
    Ok(serde_wasm_bindgen::from_value(value)?)
}

/// A call in its envelope.
pub fn pack_call(call: &Call, files: &[File]) -> Result<JsValue> {
    let handles = files.iter().collect::<Array>();
    seal(&to_plain(call)?, "files", &handles)
}

/// The call in an envelope, and the handles of its files.
pub fn open_call(envelope: &JsValue) -> Result<(Call, Vec<File>)> {
    let call = from_plain(Reflect::get(envelope, &"message".into())?)?;
    let files = list(envelope, "files")?
        .iter()
        .filter_map(|handle| handle.dyn_into().ok())
        .collect();
    Ok((call, files))
}

/// A reply in its envelope, and what of it is to be transferred.
pub fn pack_reply(reply: &mut Reply) -> Result<(JsValue, Array)> {
    let arrays: Vec<Float32Array> = picture_of(reply)
        .map(|picture| {
            picture
                .buffers_mut()
                .map(|buffer| Float32Array::from(buffer.as_slice()))
                .to_vec()
        })
        .unwrap_or_default();
    let transfer = arrays.iter().map(Float32Array::buffer).collect();
    let envelope = seal(&to_plain(reply)?, "buffers", &arrays.iter().collect())?;
    Ok((envelope, transfer))
}

/// The reply in an envelope.
pub fn open_reply(envelope: &JsValue) -> Result<Reply> {
    let mut reply: Reply = from_plain(Reflect::get(envelope, &"message".into())?)?;
    if let Some(picture) = picture_of(&mut reply) {
        let arrays = list(envelope, "buffers")?;
        for (buffer, array) in picture.buffers_mut().into_iter().zip(arrays.iter()) {
            *buffer = array.dyn_into::<Float32Array>()?.to_vec();
        }
    }
    Ok(reply)
}

fn picture_of(reply: &mut Reply) -> Option<&mut MapPicture> {
    match &mut reply.event {
        Event::Map(picture) => Some(picture),
        _ => None,
    }
}

fn seal(message: &JsValue, beside: &str, what: &Array) -> Result<JsValue> {
    let envelope = Object::new();
    Reflect::set(&envelope, &"message".into(), message)?;
    Reflect::set(&envelope, &beside.into(), what)?;
    Ok(envelope.into())
}

fn list(envelope: &JsValue, key: &str) -> Result<Array> {
    Reflect::get(envelope, &key.into())?.dyn_into()
}
