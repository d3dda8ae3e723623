//! Lines and rows of a text file, with their numbers.

use std::borrow::Cow;
use std::io::BufRead;

use super::unpack::{Member, unreadable};
use super::{at, parse};
use crate::text::{Message, Result};

/// Longest line that is read: 16 MiB.
const LINE_MAX: usize = 16 << 20;

/// What stands between the columns of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// One character; fields may be in double quotes.
    Quoted(u8),
    /// One character; quotes mean nothing.
    Plain(u8),
    /// Two colons, as in MovieLens 1M.
    Colons,
}

/// The fields of a row, one after the other.
#[derive(Default)]
struct Fields {
    text: Vec<u8>,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    /// Whether a quoted field has begun and not ended yet: it goes on in the next line.
    open: bool,
}

/// One row and where it stands.
pub struct Row<'r> {
    file: &'r str,
    /// Its first line, counted from 1.
    line: u64,
    fields: &'r Fields,
}

impl Row<'_> {
    /// Columns.
    pub fn width(&self) -> usize {
        self.fields.ends.len()
    }

    /// Field `column` without the blanks around it; empty where the row is shorter.
    pub fn bytes(&self, column: usize) -> &[u8] {
        self.fields.get(column).trim_ascii()
    }

    /// Field `column` as text.
    pub fn text(&self, column: usize) -> Cow<'_, str> {
        parse::text(self.bytes(column))
    }

    /// A sentence about this row.
    pub fn wrong(&self, key: &'static str) -> Message {
        at(key, self.file, self.line)
    }

    /// A sentence about field `column` of this row.
    pub fn wrong_field(&self, key: &'static str, column: usize, name: &str) -> Message {
        self.wrong(key)
            .with("column", name)
            .with("found", parse::shown(&self.text(column)))
    }

    /// Refuses rows with another number of columns than `width`.
    pub fn expect_width(&self, width: usize) -> Result<()> {
        if self.width() == width {
            return Ok(());
        }
        let refusal = self.wrong("table.width");
        Err(refusal.with("found", self.width()).with("expected", width))
    }

    /// Field `column`, which must not be empty.
    pub fn id(&self, column: usize, name: &str) -> Result<&[u8]> {
        let id = self.bytes(column);
        if id.is_empty() {
            return Err(self.wrong("table.no_id").with("column", name));
        }
        Ok(id)
    }

    /// Field `column` as a finite number.
    pub fn number(&self, column: usize, name: &str) -> Result<f32> {
        parse::number(self.bytes(column)).ok_or_else(|| self.wrong_field("table.number", column, name))
    }

    /// Field `column` as a moment in seconds since 1970.
    pub fn time(&self, column: usize, name: &str) -> Result<i64> {
        parse::time(self.bytes(column)).ok_or_else(|| self.wrong_field("table.time", column, name))
    }
}

/// Calls `take` for every row that is not blank.
pub fn each_row(member: &Member<'_>, separator: Separator, take: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
    member.open(|stream| rows_of(stream, &member.name, separator, take))
}

/// Calls `take` for every row of `stream` that is not blank.
pub fn rows_of(
    stream: &mut dyn BufRead,
    file: &str,
    separator: Separator,
    mut take: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    let mut fields = Fields::default();
    let mut first_line = 1;
    each_line_of(stream, file, |line, content| {
        if !fields.open {
            if content.trim_ascii().is_empty() {
                return Ok(());
            }
            fields.clear();
            first_line = line;
        }
        if !fields.add(content, separator) {
            return check_length(fields.text.len(), file, first_line);
        }
        take(&Row {
            file,
            line: first_line,
            fields: &fields,
        })
    })?;
    if fields.open {
        return Err(at("table.open_quote", file, first_line));
    }
    Ok(())
}

impl Fields {
    fn get(&self, column: usize) -> &[u8] {
        let Some(&end) = self.ends.get(column) else {
            return &[];
        };
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        &self.text[start..end]
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds the fields of a line; whether the row ends with it. A field whose first character is a double quote goes
    /// on to the next one, over delimiters and lines; two quotes in it stand for one (RFC 4180).
    fn add(&mut self, line: &[u8], separator: Separator) -> bool {
        let (delimiter, length, quotes) = match separator {
            Separator::Quoted(delimiter) => (delimiter, 1, true),
            Separator::Plain(delimiter) => (delimiter, 1, false),
            Separator::Colons => (b':', 2, false),
        };
        let mut rest = line;
        loop {
            let at_start = self.text.len() == self.ends.last().copied().unwrap_or(0);
            if !self.open && quotes && at_start && rest.first() == Some(&b'"') {
                self.open = true;
                rest = &rest[1..];
            }
            if self.open {
                let Some(after) = self.add_quoted(rest) else {
                    return false;
                };
                rest = after;
            }
            let end = match length {
                1 => rest.iter().position(|&byte| byte == delimiter),
                _ => rest.windows(2).position(|pair| pair == [delimiter; 2]),
            };
            self.text.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            self.ends.push(self.text.len());
            let Some(end) = end else {
                return true;
            };
            rest = &rest[end + length..];
        }
    }

    /// Adds what is inside quotes and gives what follows them; nothing where they do not end in this line.
    fn add_quoted<'l>(&mut self, mut rest: &'l [u8]) -> Option<&'l [u8]> {
        while let Some(quote) = rest.iter().position(|&byte| byte == b'"') {
            self.text.extend_from_slice(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix(b"\"") {
                Some(after) => {
                    self.text.push(b'"');
                    rest = after;
                }
                None => {
                    self.open = false;
                    return Some(rest);
                }
            }
        }
        self.text.extend_from_slice(rest);
        self.text.push(b'\n');
        None
    }
}

/// Calls `take` with number and content of every line.
pub fn each_line(member: &Member<'_>, take: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    member.open(|stream| each_line_of(stream, &member.name, take))
}

/// Lines end with a line feed, perhaps after a carriage return; neither belongs to the content.
fn each_line_of(stream: &mut dyn BufRead, file: &str, mut take: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    let mut buffer = Vec::new();
    for line in 1.. {
        buffer.clear();
        // One byte more than allowed tells that a line is too long.
        let mut bounded = std::io::Read::take(&mut *stream, LINE_MAX as u64 + 1);
        let n = bounded
            .read_until(b'\n', &mut buffer)
            .map_err(|error| unreadable(file, line, &error))?;
        if n == 0 {
            break;
        }
        check_length(n, file, line)?;
        let content = if line == 1 { parse::after_mark(&buffer) } else { &buffer };
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        take(line, content.strip_suffix(b"\r").unwrap_or(content))?;
    }
    Ok(())
}

fn check_length(bytes: usize, file: &str, line: u64) -> Result<()> {
    if bytes > LINE_MAX {
        return Err(at("file.line_too_long", file, line).with("megabytes", LINE_MAX >> 20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: Separator) -> Vec<(u64, Vec<String>)> {
        let mut rows = Vec::new();
        rows_of(&mut text.as_bytes(), "file", separator, |row| {
            let fields = (0..row.width()).map(|column| row.text(column).into_owned());
            rows.push((row.line, fields.collect()));
            Ok(())
        })
        .expect("it is whole");
        rows
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (line, fields.iter().map(|&field| field.to_owned()).collect())
    }

    #[test]
    fn quotes_hold_delimiters_lines_and_quotes() {
        let text = "a,\"b,c\"\r\n\r\n\"d\n\n\"\"e\"\"\",5\" pipe\n\"\",\n";
        assert_eq!(
            rows(text, Separator::Quoted(b',')),
            [
                row(1, &["a", "b,c"]),
                row(3, &["d\n\n\"e\"", "5\" pipe"]),
                row(6, &["", ""]),
            ]
        );
    }

    #[test]
    fn plain_fields_and_colons_know_no_quotes() {
        assert_eq!(rows("\"a\t\n", Separator::Plain(b'\t')), [row(1, &["\"a", ""])]);
        assert_eq!(rows("1::a:b::c", Separator::Colons), [row(1, &["1", "a:b", "c"])]);
    }
}
