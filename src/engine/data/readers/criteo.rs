//! Rows of the Criteo display advertising challenge: a label, 13 whole numbers and 26 hashed categories between tabs. Nothing
//! is said of what the columns mean; an empty field is a missing value.

use super::columns::{Categories, numbers};
use super::parse;
use super::rows::{Separator, each_row};
use super::unpack::Member;
use crate::engine::data::{ClickRows, Dataset, Part, Table};
use crate::text::{Message, Result};

/// Columns of numbers, I1 to I13.
const NUMBERS: usize = 13;

/// Columns of categories, C1 to C26.
const CATEGORIES: usize = 26;

/// Columns of a row.
pub const COLUMNS: usize = 1 + NUMBERS + CATEGORIES;

/// The most rows that are read: about a gigabyte while they are.
pub const ROWS_MAX: usize = 4_000_000;

/// Whether these fields could be a row: a label or none, whole numbers and hashes.
pub fn fits(fields: &[&[u8]]) -> bool {
    let is_label = |field: &[u8]| matches!(field, b"" | b"0" | b"1");
    let is_number = |field: &&[u8]| field.is_empty() || parse::whole(field).is_some();
    let is_hash = |field: &&[u8]| field.len() <= 8 && field.iter().all(u8::is_ascii_hexdigit);
    fields.len() == COLUMNS
        && is_label(fields[0])
        && fields[1..=NUMBERS].iter().all(is_number)
        && fields[1 + NUMBERS..].iter().all(is_hash)
}

/// Reads the files as one set of rows; names with `train`, `dev`, `valid` or `test` in them say what rows are for.
pub fn read(members: &[&Member<'_>]) -> Result<Dataset> {
    let mut rows = ClickRows::default();
    let mut read_numbers = vec![Vec::new(); NUMBERS];
    let mut categories: Vec<Categories> = (0..CATEGORIES).map(|_| Categories::new(0)).collect();
    let mut notices = Vec::new();
    for member in members {
        let part = part(member.base_name());
        let mut unlabelled = 0_u64;
        each_row(member, Separator::Plain(b'\t'), |row| {
            row.expect_width(COLUMNS)?;
            let clicked = match row.bytes(0) {
                b"1" => true,
                b"0" => false,
                b"" => {
                    unlabelled += 1;
                    return Ok(());
                }
                _ => return Err(row.wrong_field("criteo.label", 0, "label")),
            };
            if rows.len() == ROWS_MAX {
                return Err(row.wrong("criteo.too_many").with("most", ROWS_MAX));
            }
            for (place, values) in read_numbers.iter_mut().enumerate() {
                let missing = row.bytes(1 + place).is_empty();
                let number = parse::whole(row.bytes(1 + place)).map(|number| number as f32);
                let number = number.or(missing.then_some(f32::NAN));
                values.push(number.ok_or_else(|| row.wrong_field("criteo.number", 1 + place, &number_name(place)))?);
            }
            for (place, words) in categories.iter_mut().enumerate() {
                words.push(&row.text(1 + NUMBERS + place));
            }
            rows.clicked.push(clicked);
            rows.parts.push(part);
            Ok(())
        })?;
        if unlabelled > 0 {
            let notice = Message::new("criteo.unlabelled").with("file", &member.name);
            notices.push(notice.with("rows", unlabelled));
        }
    }
    let Some(first) = members
        .iter()
        .find(|member| part(member.base_name()) == Part::Train)
        .or(members.first())
    else {
        return Err(Message::new("file.none"));
    };
    if rows.is_empty() {
        return Err(Message::new("file.no_rows").with("file", &first.name));
    }
    let numbers = (0..)
        .zip(read_numbers)
        .map(|(place, values)| numbers(&number_name(place), values));
    let categories = (1..)
        .zip(categories)
        .map(|(place, words)| words.field(&format!("C{place}")));
    rows.table = Table {
        fields: numbers.chain(categories).collect(),
        ..Table::default()
    };
    Ok(Dataset {
        name: first.title(),
        rows,
        notices,
        ..Dataset::default()
    })
}

fn number_name(place: usize) -> String {
    format!("I{}", place + 1)
}

/// What the rows of a file of this name are for.
fn part(name: &str) -> Part {
    let name = name.to_ascii_lowercase();
    if name.contains("dev") || name.contains("valid") {
        Part::Valid
    } else if name.contains("test") {
        Part::Test
    } else {
        Part::Train
    }
}
