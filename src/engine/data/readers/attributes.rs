//! Attributes of items as JSON: `{"item": [attribute, attribute …], …}`, attributes being whole numbers.

use super::at;
use super::columns::Tags;
use super::ids::Keys;
use super::parse;
use super::unpack::{Member, unreadable};
use crate::engine::data::Field;
use crate::engine::order;
use crate::text::Result;

/// An item, as it is written, and its attributes.
type Entry<'a> = (&'a [u8], Vec<&'a [u8]>);

/// Reads them as a column of tags, in the order of the items' names. Of an item named twice the last counts.
pub fn read(member: &Member<'_>, items: &Keys) -> Result<Field> {
    let mut bytes = Vec::new();
    member.open(|stream| {
        let read = stream.read_to_end(&mut bytes);
        read.map_err(|error| unreadable(&member.name, lines(&bytes), &error))
    })?;
    let mut rest = parse::after_mark(&bytes);
    let Some(entries) = entries(&mut rest) else {
        let line = lines(&bytes[..bytes.len() - rest.len()]);
        return Err(at("sequences.attributes", &member.name, line));
    };
    let by_name = order::places(entries.len(), &mut |a, b| {
        entries[a].0.cmp(entries[b].0).then(a.cmp(&b))
    });
    let mut tags = Tags::new(items.len());
    for (at, &place) in by_name.iter().enumerate() {
        let (item, own) = &entries[place as usize];
        let next = by_name.get(at + 1).map(|&next| entries[next as usize].0);
        if let (Some(row), true) = (items.row(item), next != Some(item)) {
            own.iter().for_each(|tag| tags.add(row, &parse::text(tag)));
        }
    }
    Ok(tags.field("attributes"))
}

/// The line that follows these bytes, counted from 1.
fn lines(bytes: &[u8]) -> u64 {
    1 + bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// All entries; where there is something else, nothing, and `rest` begins with it.
fn entries<'a>(rest: &mut &'a [u8]) -> Option<Vec<Entry<'a>>> {
    let entries = listed(rest, [b'{', b'}'], |rest| {
        let name = name(rest)?;
        mark(rest, b':')?;
        Some((name, listed(rest, [b'[', b']'], number)?))
    })?;
    *rest = rest.trim_ascii_start();
    rest.is_empty().then_some(entries)
}

/// What `one` reads, between commas and within these brackets.
fn listed<'a, T>(
    rest: &mut &'a [u8],
    [open, close]: [u8; 2],
    one: impl Fn(&mut &'a [u8]) -> Option<T>,
) -> Option<Vec<T>> {
    mark(rest, open)?;
    let mut all = Vec::new();
    if mark(rest, close).is_some() {
        return Some(all);
    }
    loop {
        all.push(one(rest)?);
        if mark(rest, close).is_some() {
            return Some(all);
        }
        mark(rest, b',')?;
    }
}

/// Goes past `sign` and the blanks before it, if it is next.
fn mark(rest: &mut &[u8], sign: u8) -> Option<()> {
    *rest = rest.trim_ascii_start();
    *rest = rest.strip_prefix(&[sign])?;
    Some(())
}

/// A text in quotes. Ids have no letters that have to be escaped: one that does is passed over as it is written.
fn name<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    mark(rest, b'"')?;
    let mut escaped = false;
    let end = rest.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let name = &rest[..end];
    *rest = &rest[end + 1..];
    Some(name)
}

fn number<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    *rest = rest.trim_ascii_start();
    let end = rest.iter().position(|byte| !matches!(byte, b'-' | b'0'..=b'9'));
    let number = &rest[..end.unwrap_or(rest.len())];
    parse::whole(number)?;
    *rest = &rest[number.len()..];
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> std::result::Result<String, u64> {
        let mut rest = text.as_bytes();
        let found = entries(&mut rest);
        let words = |bytes: &[u8]| parse::text(bytes).into_owned();
        let one = |(name, own): Entry<'_>| {
            let own: Vec<String> = own.into_iter().map(words).collect();
            format!("{}: {}", words(name), own.join(" "))
        };
        match found {
            Some(entries) => Ok(entries.into_iter().map(one).collect::<Vec<_>>().join(", ")),
            None => Err(lines(&text.as_bytes()[..text.len() - rest.len()])),
        }
    }

    #[test]
    fn items_and_their_numbers_are_read_with_any_blanks() {
        assert_eq!(
            check("{\"1\":[5,-6] ,\n\"b\" : [ ]}\r\n"),
            Ok("1: 5 -6, b: ".to_owned())
        );
        assert_eq!(check(" { } "), Ok(String::new()));
        assert_eq!(check(r#"{"a\"]\\": [1]}"#), Ok(r#"a\"]\\: 1"#.to_owned()));
    }

    #[test]
    fn anything_else_is_refused_at_its_line() {
        for (text, line) in [
            ("", 1),
            ("{", 1),
            ("[1]", 1),
            ("{\"1\": [5],\n \"2\": 6}", 2),
            ("{\"1\": [5],\n\n \"2\": [6.5]}", 3),
            ("{\"1\": [\"5\"]}", 1),
            ("{\"1\": [5 6]}", 1),
            ("{\"1\": [-]}", 1),
            ("{\"1\": [5],}", 1),
            ("{\"1: [5]}", 1),
            ("{\"1\": [5]}\n{", 2),
            ("{1: [5]}", 1),
        ] {
            assert_eq!(check(text), Err(line), "{text}");
        }
    }
}
