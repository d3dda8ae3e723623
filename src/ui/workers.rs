//! Lines to workers, and the request for which they are handed files.

use std::rc::Rc;
use std::sync::OnceLock;

use web_sys::File;

use crate::protocol::{NamedFile, Request, Section};
use crate::web::{Link, Word};

/// Address of the worker's program. It lies among the files of the same build, wherever these are.
static WORKER: OnceLock<String> = OnceLock::new();

/// Says where the worker's program is, before any desk is opened.
pub fn hire(worker: String) {
    WORKER.set(worker).unwrap_or_default();
}

/// A line to a worker that is not started yet; `hear` gets its words.
pub fn line(hear: impl Fn(Word) + 'static) -> Rc<Link> {
    Link::new(WORKER.get().map_or("", String::as_str), hear)
}

/// Asks to read files, as `data` says or as their content tells.
pub fn reading(files: &[File], data: Option<Section>) -> Request {
    let named = files.iter().map(|file| NamedFile {
        name: file.name(),
        bytes: Vec::new(),
    });
    Request::LoadFiles {
        files: named.collect(),
        data,
    }
}
