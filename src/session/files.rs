//! Files the reader chose, as data.

use crate::engine::data::Dataset;
use crate::protocol::{ColumnsWanted, NamedFile, Section};
use crate::text::{Message, Result};

/// What reading files gave.
pub enum Read {
    /// Data, and the section that describes how they were read.
    Data(Section, Box<Dataset>),
    /// A table of which the columns have to be named first.
    NeedColumns(ColumnsWanted),
}

/// Reads files, as `section` says or as their content tells.
///
/// # Errors
/// If they cannot be read.
pub fn read(files: &[NamedFile], section: Option<&Section>) -> Result<Read> {
    let _ = (files, section);
    Err(Message::new("data.none"))
}
