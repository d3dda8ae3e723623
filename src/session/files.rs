//! Files the reader chose, as data.

use crate::engine::data::readers::{self, Format, NeedColumns, Outcome, SourceFile};
use crate::engine::data::{Dataset, format_settings};
use crate::plan::files_format;
use crate::protocol::{ColumnsWanted, NamedFile, Section};
use crate::text::Result;

use super::vectors;

/// The kind of data that are nothing but vectors.
pub const VECTORS: &str = "vectors";

/// What reading files gave.
pub enum Read {
    /// Data, and the recipe's section that describes how they were read.
    Data(Section, Box<Dataset>),
    /// A table of which the columns have to be named first.
    NeedColumns(ColumnsWanted),
}

/// Reads files, as `section` says or as their content tells.
///
/// # Errors
/// If they cannot be read, or the section is not one of files.
pub fn read(files: &[NamedFile], section: Option<&Section>) -> Result<Read> {
    let said = section.is_some_and(|section| section.kind == VECTORS);
    if let [file] = files
        && (said || (section.is_none() && vectors::fits(&file.bytes)))
    {
        let section = Section {
            kind: VECTORS.to_owned(),
            ..Section::default()
        };
        return Ok(Read::Data(section, Box::new(vectors::read(file)?)));
    }
    let format = section.map_or(Ok(Format::Detect), files_format)?;
    let sources: Vec<SourceFile> = files
        .iter()
        .map(|NamedFile { name, bytes }| SourceFile { name, bytes })
        .collect();
    Ok(match readers::read(&sources, &format)? {
        Outcome::Data(dataset, format) => Read::Data(section_of(&format), dataset),
        Outcome::NeedColumns(wanted) => {
            let NeedColumns {
                file,
                columns,
                rows,
                guess,
                why,
            } = *wanted;
            let guess = section_of(&Format::Csv(guess));
            Read::NeedColumns(ColumnsWanted {
                file,
                columns,
                rows,
                guess,
                why,
            })
        }
    })
}

fn section_of(format: &Format) -> Section {
    let (kind, settings) = format_settings(format);
    Section {
        kind: kind.to_owned(),
        settings,
    }
}
