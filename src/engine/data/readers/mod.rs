//! Reading the files people have: found out by content, not by name.
//!
//! Everything streams: archives are never unpacked into memory. A file is read as a whole or refused with a sentence
//! that names file, line and reason; no line is skipped silently.

mod attributes;
mod columns;
mod criteo;
mod detect;
mod events;
mod goodbooks;
mod ids;
mod movielens;
mod parse;
mod rows;
mod sequences;
mod table;
mod unpack;
mod zipped;

use super::Dataset;
use super::made_queries::made_queries;
use crate::text::{Message, Result};
use detect::{Found, Role};
pub use unpack::{MEMBERS_MAX, RATIO_MAX, UNPACKED_MAX};

/// The most events that are read. The largest MovieLens has 32 million; so many take about 2.5 GB while
/// they are read, and the page's memory ends at 4 GB.
pub const EVENTS_MAX: usize = 40_000_000;

/// A file as the person chose it.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What the files are said to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Find out.
    #[default]
    Detect,
    /// MovieLens of any size.
    MovieLens,
    /// goodbooks-10k.
    Goodbooks,
    /// A table with one event a row.
    Csv(CsvColumns),
    /// One user a line: `user item item …`, oldest first.
    Sequences,
    /// Rows of features, each clicked or not, as Criteo's.
    Criteo,
}

/// Which column of a table holds what. A column is named by the header, or `column 1`, `column 2` … without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvColumns {
    /// Who.
    pub user: String,
    /// What.
    pub item: String,
    /// When; without it the order of rows is the order of time.
    pub time: Option<String>,
    /// Rating or count; without it every event has the value 1.
    pub value: Option<String>,
    /// The character between columns.
    pub delimiter: u8,
    /// Whether the first row names the columns.
    pub header: bool,
}

/// What came of reading.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The data, and the format they were read in.
    Data(Box<Dataset>, Format),
    /// A table whose columns have to be named first.
    NeedColumns(Box<NeedColumns>),
}

/// A table whose columns we cannot name with certainty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedColumns {
    /// The file.
    pub file: String,
    /// Names of its columns: the header's, or `column 1` … without one.
    pub columns: Vec<String>,
    /// Its first rows.
    pub rows: Vec<Vec<String>>,
    /// What we would read it as.
    pub guess: CsvColumns,
    /// Why we ask.
    pub why: Message,
}

/// Reads files as one set of data.
///
/// # Errors
/// If a file cannot be read whole, with the file, the line and the reason.
pub fn read(files: &[SourceFile<'_>], format: &Format) -> Result<Outcome> {
    if files.is_empty() {
        return Err(Message::new("file.none"));
    }
    if let Some(file) = files.iter().find(|file| file.bytes.is_empty()) {
        return Err(Message::new("file.empty").with("file", file.name));
    }
    let members = unpack::members(files)?;
    let mut found = Found::look(&members)?;
    let outcome = match format {
        Format::Detect => detected(&mut found)?,
        format => data(read_as(&mut found, format)?, format.clone()),
    };
    Ok(match outcome {
        Outcome::Data(mut dataset, format) => {
            dataset.notices.extend(found.unused());
            add_queries(&mut dataset);
            Outcome::Data(dataset, format)
        }
        asking => asking,
    })
}

fn detected(found: &mut Found<'_>) -> Result<Outcome> {
    let format = if found.has_movielens() {
        Format::MovieLens
    } else if found.has(Role::BookRatings) {
        Format::Goodbooks
    } else if found.has(Role::ClickRows) {
        Format::Criteo
    } else if found.has(Role::Sequences) {
        Format::Sequences
    } else if found.has(Role::Table) {
        return table::guess(found.take_table()?);
    } else {
        return Err(found.why_nothing());
    };
    Ok(data(read_as(found, &format)?, format))
}

/// Reads what was found as `format` says, which is not to find out.
fn read_as(found: &mut Found<'_>, format: &Format) -> Result<Dataset> {
    match format {
        Format::Detect => Err(found.why_nothing()),
        Format::MovieLens => movielens::read(found),
        Format::Goodbooks => {
            let ratings = found.take(Role::BookRatings).ok_or_else(|| found.why_nothing())?;
            goodbooks::read(ratings, found.take(Role::Books))
        }
        Format::Csv(columns) => table::read(found.take_table()?, columns),
        Format::Sequences => sequences::read(found.take_lines()?, found.take(Role::Attributes)),
        Format::Criteo => criteo::read(&found.take_click_rows()?),
    }
}

/// Makes queries, since no file has any, and says so.
fn add_queries(dataset: &mut Dataset) {
    dataset.queries = made_queries(&dataset.items, &dataset.log);
    if !dataset.queries.is_empty() {
        dataset.notices.push(Message::new("data.queries_made"));
    }
}

fn data(dataset: Dataset, format: Format) -> Outcome {
    Outcome::Data(Box::new(dataset), format)
}

/// A sentence about one line of a file.
fn at(key: &'static str, file: &str, line: u64) -> Message {
    Message::new(key).with("file", file).with("line", line)
}

#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod tests;
