//! Numbers, moments and text out of bytes.

use std::borrow::Cow;

use crate::decimal::decimal;

/// Text from bytes: UTF-8, or else Latin-1, in which every byte is the character of its number.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// The start of a field, for a sentence that quotes it; characters that cannot be seen are left out.
pub fn shown(text: &str) -> String {
    let mut seen = text.chars().filter(|character| !character.is_control());
    let mut start: String = seen.by_ref().take(40).collect();
    if seen.next().is_some() {
        start.push('…');
    }
    start
}

/// What follows the byte-order mark that some programs put before UTF-8.
pub fn after_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A finite number; nothing for `NaN`, `inf`, text or an empty field.
pub fn number(bytes: &[u8]) -> Option<f32> {
    let value = decimal(bytes)? as f32;
    value.is_finite().then_some(value)
}

/// A whole number, as ids are.
pub fn whole(bytes: &[u8]) -> Option<i128> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let sound = (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if !sound {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Seconds since 1970 from seconds, milliseconds (numbers from 10^11 on: as seconds they would lie after the year
/// 5000), or `2020-01-31`, perhaps with `T12:34`, `:56`, a fraction and `Z`.
pub fn time(bytes: &[u8]) -> Option<i64> {
    match decimal(bytes) {
        Some(seconds) if seconds.is_finite() && seconds.abs() < 1e15 => {
            Some(if seconds.abs() >= 1e11 { seconds / 1e3 } else { seconds }.floor() as i64)
        }
        Some(_) => None,
        None => date(std::str::from_utf8(bytes).ok()?),
    }
}

fn date(text: &str) -> Option<i64> {
    let (day, clock) = match text.split_once(['T', ' ']) {
        Some((day, clock)) => (day, clock.strip_suffix('Z').unwrap_or(clock)),
        None => (text, "00:00"),
    };
    let mut parts = day.split('-');
    let (year, month, day) = (part(&mut parts, 4)?, part(&mut parts, 2)?, part(&mut parts, 2)?);
    let whole_seconds = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let mut clock = whole_seconds.split(':');
    let (hour, minute) = (part(&mut clock, 2)?, part(&mut clock, 2)?);
    let second = match clock.next() {
        Some(second) => part(&mut std::iter::once(second), 2)?,
        None => 0,
    };
    let sound = parts.next().is_none()
        && clock.next().is_none()
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    sound.then(|| ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// The next part as a number of so many digits.
fn part<'a>(parts: &mut impl Iterator<Item = &'a str>, digits: usize) -> Option<i64> {
    let part = parts.next()?;
    let sound = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    if sound { part.parse().ok() } else { None }
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, by years that begin in March, so that the leap day is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let years = year - i64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_milliseconds_or_dates() {
        let check = |text: &str, expected| assert_eq!(time(text.as_bytes()), expected, "{text}");
        check("978300760", Some(978_300_760));
        check("978300760.9", Some(978_300_760));
        check("1577836800000", Some(1_577_836_800));
        check("-5", Some(-5));
        check("1970-01-01", Some(0));
        check("2020-01-31", Some(1_580_428_800));
        check("2000-02-29 00:00:01", Some(951_782_401));
        check("2020-01-31T12:34:56Z", Some(1_580_474_096));
        check("2020-01-31T12:34", Some(1_580_474_040));
        check("2020-01-31T12:34:56.789Z", Some(1_580_474_096));
        check("1900-02-29", None);
        check("2020-13-01", None);
        check("2020-1-1", None);
        check("31/01/2020", None);
        check("nan", None);
        check("", None);
    }

    #[test]
    fn numbers_are_finite_and_ids_whole() {
        assert_eq!(number(b"3.5"), Some(3.5));
        assert_eq!(number(b"NaN"), None);
        assert_eq!(number(b"inf"), None);
        assert_eq!(number(b"1e99"), None);
        assert_eq!(whole(b"-7"), Some(-7));
        assert_eq!(whole(b"18446744073709551615"), Some(18_446_744_073_709_551_615));
        assert_eq!(whole(b"1.0"), None);
        assert_eq!(whole(b"-"), None);
    }

    #[test]
    fn text_that_is_not_utf_8_is_latin_1() {
        assert_eq!(text("Amélie".as_bytes()), "Amélie");
        assert_eq!(text(b"Am\xe9lie"), "Amélie");
    }
}
