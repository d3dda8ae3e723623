//! From file handles to bytes, in the worker, where reading may wait.

use js_sys::Uint8Array;
use web_sys::{File, FileReaderSync};

use super::words_of;
use crate::decimal;
use crate::protocol::NamedFile;
use crate::text::{Message, Result};

/// Larger files are refused before they are read: a tab that reads them may run out of memory.
pub const MAX_FILE_BYTES: f64 = 256.0 * MEBIBYTE;

const MEBIBYTE: f64 = 1_048_576.0;

/// The files' names and contents, in order.
///
/// # Errors
/// Says which file is too large, or why the browser could not read it.
pub fn read(files: &[File]) -> Result<Vec<NamedFile>> {
    let total: f64 = files.iter().map(|file| file.size()).sum();
    if let Some(first) = files.first()
        && total > MAX_FILE_BYTES
    {
        return Err(Message::new("page.file.large")
            .with("file", first.name())
            .with("size", decimal::rounded(total / MEBIBYTE, 0))
            .with("limit", decimal::rounded(MAX_FILE_BYTES / MEBIBYTE, 0)));
    }
    files.iter().map(read_one).collect()
}

fn read_one(file: &File) -> Result<NamedFile> {
    let name = file.name();
    let bytes = FileReaderSync::new()
        .and_then(|reader| reader.read_as_array_buffer(file))
        .map(|buffer| Uint8Array::new(&buffer).to_vec())
        .map_err(|error| {
            Message::new("page.file.unreadable")
                .with("file", &name)
                .with("why", words_of(&error))
        })?;
    Ok(NamedFile { name, bytes })
}
