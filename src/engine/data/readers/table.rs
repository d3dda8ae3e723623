//! Any table with one event a row.

use super::detect::{sample, sample_rows};
use super::events::Events;
use super::rows::{Row, Separator, each_row};
use super::unpack::Member;
use super::{CsvColumns, Format, NeedColumns, Outcome, parse};
use crate::engine::data::Dataset;
use crate::engine::order;
use crate::text::{Message, Result};

/// Characters that stand between columns, in the order in which they are tried.
const DELIMITERS: [u8; 4] = [b'\t', b',', b';', b'|'];

/// Rows shown to a person who has to name columns.
const SHOWN: usize = 5;

/// Names of columns as people write them, in small letters without blanks, `_` and `-`.
const USER: [&str; 10] = [
    "user",
    "userid",
    "uid",
    "username",
    "customer",
    "customerid",
    "visitorid",
    "sessionid",
    "member",
    "reviewerid",
];
const ITEM: [&str; 14] = [
    "item",
    "itemid",
    "iid",
    "movie",
    "movieid",
    "book",
    "bookid",
    "product",
    "productid",
    "sku",
    "asin",
    "isbn",
    "article",
    "articleid",
];
const TIME: [&str; 8] = [
    "timestamp",
    "time",
    "date",
    "datetime",
    "unixtime",
    "unixreviewtime",
    "createdat",
    "ts",
];
const VALUE: [&str; 8] = [
    "rating", "score", "value", "stars", "overall", "count", "quantity", "weight",
];

/// The character between the columns of most lines, where there are at least two columns.
pub fn delimiter(lines: &[&[u8]]) -> Option<u8> {
    let agreeing = |delimiter: u8| {
        let count = |line: &[u8]| line.iter().filter(|&&byte| byte == delimiter).count();
        let mut counts: Vec<u32> = lines.iter().map(|line| count(line) as u32).filter(|&n| n > 0).collect();
        order::ascend(&mut counts);
        counts.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0)
    };
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|&delimiter| agreeing(delimiter))?;
    (2 * agreeing(best) > lines.len()).then_some(best)
}

/// Reads a table whose header leaves no doubt; asks for the columns of any other.
pub fn guess(member: &Member<'_>) -> Result<Outcome> {
    let sample = sample(member)?;
    let text = parse::after_mark(&sample);
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').take(200).collect();
    let delimiter = delimiter(&lines).unwrap_or(b',');
    let rows = sample_rows(text, &member.name, Separator::Quoted(delimiter), 100)?;
    let header = has_header(&rows);
    let names = column_names(rows.first().map_or(&[], Vec::as_slice), header);
    let body = if header { rows.get(1..).unwrap_or(&[]) } else { &rows };

    let named = |known: &[&str]| names.iter().find(|name| known.contains(&plain(name).as_str())).cloned();
    let (user, item) = (named(&USER), named(&ITEM));
    let certain = header && user.is_some() && item.is_some();
    let place = |column: usize| names.get(column).cloned().unwrap_or_default();
    let time = named(&TIME).or_else(|| moments(body).map(place));
    let value = named(&VALUE).or_else(|| ratings(body).map(place));
    let columns = CsvColumns {
        user: user.unwrap_or_else(|| place(0)),
        item: item.unwrap_or_else(|| place(1)),
        time: if header && certain { named(&TIME) } else { time },
        value: if header && certain { named(&VALUE) } else { value },
        delimiter,
        header,
    };
    if certain {
        let dataset = read(member, &columns)?;
        return Ok(super::data(dataset, Format::Csv(columns)));
    }
    let why = if header { "table.names" } else { "table.no_header" };
    Ok(Outcome::NeedColumns(Box::new(NeedColumns {
        file: member.name.clone(),
        columns: names,
        rows: body.iter().take(SHOWN).cloned().collect(),
        guess: columns,
        why: Message::new(why).with("file", &member.name),
    })))
}

/// A header has no number in it and a known name, or stands over columns of numbers.
fn has_header(rows: &[Vec<String>]) -> bool {
    let Some(first) = rows.first() else {
        return false;
    };
    let is_number = |field: &String| parse::number(field.as_bytes()).is_some();
    let known = |field: &String| {
        let name = plain(field);
        [&USER[..], &ITEM, &TIME, &VALUE]
            .iter()
            .any(|names| names.contains(&name.as_str()))
    };
    let over_numbers = rows.get(1).is_some_and(|second| second.iter().any(is_number));
    !first.iter().any(is_number) && (first.iter().any(known) || over_numbers)
}

fn column_names(first: &[String], header: bool) -> Vec<String> {
    if header {
        return first.to_vec();
    }
    (1..=first.len()).map(|number| format!("column {number}")).collect()
}

/// A column's name in small letters without blanks, `_` and `-`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|character| !matches!(character, ' ' | '_' | '-'));
    letters.flat_map(char::to_lowercase).collect()
}

/// The column, after the first two, that holds nothing but moments of our time.
fn moments(rows: &[Vec<String>]) -> Option<usize> {
    let ours =
        |field: &String| parse::time(field.as_bytes()).is_some_and(|time| (300_000_000..4_000_000_000).contains(&time));
    column_of(rows, ours)
}

/// The column, after the first two, that holds nothing but small numbers.
fn ratings(rows: &[Vec<String>]) -> Option<usize> {
    column_of(rows, |field| {
        parse::number(field.as_bytes()).is_some_and(|value| (0.0..=100.0).contains(&value))
    })
}

fn column_of(rows: &[Vec<String>], fits: impl Fn(&String) -> bool) -> Option<usize> {
    let width = rows.first()?.len();
    (2..width).find(|&column| rows.iter().all(|row| row.get(column).is_some_and(&fits)))
}

/// Columns as places in a row.
struct Places {
    width: usize,
    user: usize,
    item: usize,
    time: Option<usize>,
    value: Option<usize>,
}

/// Reads a table whose columns are known.
pub fn read(member: &Member<'_>, columns: &CsvColumns) -> Result<Dataset> {
    gather(member, columns)?
        .finish(member.title(), &member.name)
        .map(|gathered| gathered.dataset)
}

/// The events of a table whose columns are known.
pub fn gather(member: &Member<'_>, columns: &CsvColumns) -> Result<Events> {
    check_named(member, columns)?;
    let mut events = Events::new(columns.time.is_some());
    let mut places = None;
    each_row(member, Separator::Quoted(columns.delimiter), |row| {
        let places = match &places {
            Some(places) => places,
            None => {
                let found = places.insert(Places::find(columns, row)?);
                if columns.header {
                    return Ok(());
                }
                found
            }
        };
        take(row, columns, places, &mut events)
    })?;
    Ok(events)
}

/// Refuses columns that are not named, and one column for both: users would be the very items they choose.
fn check_named(member: &Member<'_>, columns: &CsvColumns) -> Result<()> {
    let refuse = |key| Message::new(key).with("file", &member.name);
    for (name, column) in [("user", &columns.user), ("item", &columns.item)] {
        if column.is_empty() {
            return Err(refuse("table.not_named").with("column", name));
        }
    }
    if columns.user == columns.item {
        return Err(refuse("table.one_column").with("column", &columns.user));
    }
    Ok(())
}

impl Places {
    /// Where the columns stand, from the first row.
    fn find(columns: &CsvColumns, first: &Row<'_>) -> Result<Self> {
        let fields: Vec<String> = (0..first.width())
            .map(|column| first.text(column).into_owned())
            .collect();
        let names = column_names(&fields, columns.header);
        let place = |name: &String| {
            names.iter().position(|own| own == name).ok_or_else(|| {
                let refusal = first.wrong("table.no_column").with("column", name);
                refusal.with("columns", parse::shown(&names.join(", ")))
            })
        };
        Ok(Self {
            width: names.len(),
            user: place(&columns.user)?,
            item: place(&columns.item)?,
            time: columns.time.as_ref().map(place).transpose()?,
            value: columns.value.as_ref().map(place).transpose()?,
        })
    }
}

fn take(row: &Row<'_>, columns: &CsvColumns, places: &Places, events: &mut Events) -> Result<()> {
    row.expect_width(places.width)?;
    let user = row.id(places.user, &columns.user)?;
    let item = row.id(places.item, &columns.item)?;
    let time = match (places.time, &columns.time) {
        (Some(place), Some(name)) => row.time(place, name)?,
        _ => 0,
    };
    let value = match (places.value, &columns.value) {
        (Some(place), Some(name)) => row.number(place, name)?,
        _ => 1.0,
    };
    events.push(user, item, time, value, |key| row.wrong(key))
}
