//! Files of vectors and of indexes: items without names, users and events.

use std::rc::Rc;

use crate::engine::data::{Dataset, Table};
use crate::engine::index::files::{read_faiss, read_fvecs, read_npy};
use crate::engine::index::{self, Index};
use crate::engine::matrix::Matrix;
use crate::protocol::NamedFile;
use crate::text::{Message, Result};

const NPY: &[u8] = b"\x93NUMPY";

/// The most vectors that are read.
pub const ROWS_MAX: usize = 4_000_000;

/// Whether a file could be vectors: `.npy` says so, and rows of `.fvecs` all
/// begin with their width, of which the file is a multiple.
pub fn fits(bytes: &[u8]) -> bool {
    if bytes.starts_with(NPY) {
        return true;
    }
    let width = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        four.try_into().ok().map(u32::from_le_bytes)
    };
    let Some(d) = width(0).filter(|d| (1..=4096).contains(d)) else {
        return false;
    };
    let row = 4 + 4 * d as usize;
    bytes.len().is_multiple_of(row) && (row == bytes.len() || width(row) == Some(d))
}

/// Reads a file as items that are their vectors.
///
/// # Errors
/// If it is cut short or holds something else, with the file and the reason.
pub fn read(file: &NamedFile) -> Result<Dataset> {
    let rows = if file.bytes.starts_with(NPY) {
        read_npy(&file.bytes)
    } else {
        read_fvecs(&file.bytes)
    };
    dataset(&file.name, rows.map_err(|why| of_file(file, why))?)
}

/// Whether a file is an index: ours, or one of Faiss.
pub fn is_index(bytes: &[u8]) -> bool {
    let kinds: [&[u8]; 4] = [b"RPIX", b"Ix", b"Iw", b"IHN"];
    kinds.iter().any(|kind| bytes.starts_with(kind))
}

/// Reads a file as an index.
///
/// # Errors
/// If it is damaged, or of a kind that is not known here, with the file and the reason.
pub fn read_index(file: &NamedFile) -> Result<Box<dyn Index>> {
    let ours = file.bytes.starts_with(b"RPIX");
    let index = if ours {
        index::files::read(&file.bytes)
    } else {
        read_faiss(&file.bytes)
    };
    index.map_err(|why| of_file(file, why))
}

fn of_file(file: &NamedFile, why: Message) -> Message {
    Message::join(vec![Message::new("file.wrong").with("file", &file.name), why])
}

/// Items that are the rows of `vectors` (n × d).
///
/// # Errors
/// If there are none, or too many.
pub fn dataset(name: &str, vectors: Matrix) -> Result<Dataset> {
    let rows = vectors.nrows();
    if rows == 0 || rows > ROWS_MAX {
        let refusal = Message::new("file.vectors_count").with("file", name);
        return Err(refusal.with("found", rows).with("most", ROWS_MAX));
    }
    Ok(Dataset {
        name: name.to_owned(),
        items: Table {
            keys: (0..rows).map(|row| row.to_string()).collect(),
            ..Table::default()
        },
        vectors: Some(Rc::new(vectors)),
        ..Dataset::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_told_from_text_and_from_other_bytes() {
        let row = |d: u32| [&d.to_le_bytes()[..], &[0; 12]].concat();
        let rows = [row(3), row(3), row(3)].concat();
        assert!(fits(&rows));
        assert!(!fits(&rows[1..]), "cut short it is something else");
        let uneven = [row(3), row(2)].concat();
        assert!(!fits(&uneven));
        assert!(!fits(b"user,item\n1,2\n"));
        assert!(fits(b"\x93NUMPY\x01\x00"));
    }
}
