//! What travels between page and worker: the bytes of a message, and beside a call the browser's handles of the files it
//! names, in its order. Scripts on the page see plain objects instead.

use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use crate::protocol::{Call, Reply};

type Result<T> = std::result::Result<T, JsValue>;

/// A value as plain objects and arrays: what scripts on the page see.
pub fn to_plain<T: Serialize>(value: &T) -> Result<JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A call in its envelope, `{ message, files }`.
pub fn pack_call(call: &Call, files: &[File]) -> Result<JsValue> {
    let envelope = Object::new();
    Reflect::set(&envelope, &"message".into(), &bytes_of(call)?.into())?;
    Reflect::set(&envelope, &"files".into(), &files.iter().collect::<Array>())?;
    Ok(envelope.into())
}

/// The call in an envelope, and the handles of its files.
pub fn open_call(envelope: &JsValue) -> Result<(Call, Vec<File>)> {
    let call = from_bytes(&Reflect::get(envelope, &"message".into())?)?;
    let files: Array = Reflect::get(envelope, &"files".into())?.dyn_into()?;
    let files = files.iter().filter_map(|handle| handle.dyn_into().ok());
    Ok((call, files.collect()))
}

/// A reply, and what of it is transferred rather than copied.
pub fn pack_reply(reply: &Reply) -> Result<(Uint8Array, Array)> {
    let bytes = bytes_of(reply)?;
    let transfer = Array::of1(&bytes.buffer());
    Ok((bytes, transfer))
}

/// The reply that was sent.
pub fn open_reply(bytes: &JsValue) -> Result<Reply> {
    from_bytes(bytes)
}

/// A value as bytes.
pub fn bytes_of<T: Serialize>(value: &T) -> Result<Uint8Array> {
    let bytes = postcard::to_allocvec(value).map_err(|error| error.to_string())?;
    Ok(Uint8Array::from(bytes.as_slice()))
}

/// The value of bytes.
pub fn from_bytes<T: DeserializeOwned>(bytes: &JsValue) -> Result<T> {
    let bytes = bytes.dyn_ref::<Uint8Array>().ok_or("a message is bytes")?.to_vec();
    Ok(postcard::from_bytes(&bytes).map_err(|error| error.to_string())?)
}
