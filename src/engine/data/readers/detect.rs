//! What a file is, from its first lines.

use std::io::Read;

use super::rows::{Separator, rows_of};
use super::unpack::{Member, unreadable};
use super::{criteo, parse, table};
use crate::engine::order;
use crate::text::{Message, Result};

/// Bytes of a file that are looked at.
const SAMPLE: usize = 64 << 10;

/// What a file is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `u.data`: `user item rating timestamp`, tabs, no header.
    RatingsTabs,
    /// `ratings.dat` of MovieLens 1M: the same with `::`.
    RatingsColons,
    /// `ratings.csv`: `userId,movieId,rating,timestamp`.
    RatingsCsv,
    /// `u.item`: 24 columns between bars.
    MoviesBars,
    /// `movies.dat`: `id::title::genres`.
    MoviesColons,
    /// `movies.csv`: `movieId,title,genres`.
    MoviesCsv,
    /// `u.user`: `id|age|gender|occupation|zip`.
    UsersBars,
    /// `users.dat`: `id::gender::age::occupation::zip`.
    UsersColons,
    /// `ratings.csv` of goodbooks: `user_id,book_id,rating`.
    BookRatings,
    /// `books.csv` of goodbooks.
    Books,
    /// A label, numbers and hashes between tabs, as in Criteo's files.
    ClickRows,
    /// One user a line.
    Sequences,
    /// `{"item": [attributes]}`.
    Attributes,
    /// A table of something.
    Table,
    /// Text that is none of these.
    Other,
    /// Not text.
    Binary,
    /// Text in two bytes a character, as some spreadsheets write it.
    Utf16,
    /// Nothing.
    Empty,
}

/// The files with what each is good for.
pub struct Found<'m> {
    members: Vec<(&'m Member<'m>, Role)>,
    /// Places of the members handed out for reading.
    taken: Vec<usize>,
}

/// Roles in which a file holds MovieLens ratings.
const MOVIELENS: [Role; 3] = [Role::RatingsTabs, Role::RatingsColons, Role::RatingsCsv];

impl<'m> Found<'m> {
    /// Looks at the start of every file.
    pub fn look(members: &'m [Member<'m>]) -> Result<Self> {
        let members: Result<Vec<_>> = members.iter().map(|member| Ok((member, role(member)?))).collect();
        Ok(Self {
            members: members?,
            taken: Vec::new(),
        })
    }

    /// Whether there is a file for a role.
    pub fn has(&self, role: Role) -> bool {
        self.members.iter().any(|(_, own)| *own == role)
    }

    /// Whether there are MovieLens ratings.
    pub fn has_movielens(&self) -> bool {
        MOVIELENS.iter().any(|&role| self.has(role))
    }

    /// The file to read in a role: the one with the name it has in the original download, or else the largest.
    pub fn take(&mut self, role: Role) -> Option<&'m Member<'m>> {
        self.best(
            |own| own == role,
            |member| (Some(member.base_name()) == usual_name(role), member.size),
        )
    }

    /// The file to read as a table of events.
    pub fn take_table(&mut self) -> Result<&'m Member<'m>> {
        let is_text = |role| !matches!(role, Role::Binary | Role::Utf16 | Role::Empty);
        self.best(|role| role == Role::Table, |member| member.size)
            .or_else(|| self.best(is_text, |member| member.size))
            .ok_or_else(|| self.why_nothing())
    }

    /// The file to read as item sequences.
    pub fn take_lines(&mut self) -> Result<&'m Member<'m>> {
        let is_lines = |role| matches!(role, Role::Table | Role::Other);
        self.take(Role::Sequences)
            .or_else(|| self.best(is_lines, |member| member.size))
            .ok_or_else(|| self.why_nothing())
    }

    /// All files of rows, clicked or not; where none looks like it, the largest file of lines.
    pub fn take_click_rows(&mut self) -> Result<Vec<&'m Member<'m>>> {
        let places = (0..self.members.len()).filter(|&place| self.members[place].1 == Role::ClickRows);
        let places: Vec<usize> = places.collect();
        if places.is_empty() {
            return Ok(vec![self.take_lines()?]);
        }
        self.taken.extend(&places);
        Ok(places.into_iter().map(|place| self.members[place].0).collect())
    }

    /// Of the files that fit, the first of those with the highest rank.
    fn best<K: Ord>(&mut self, fits: impl Fn(Role) -> bool, rank: impl Fn(&Member<'_>) -> K) -> Option<&'m Member<'m>> {
        let fitting = (0..self.members.len())
            .rev()
            .filter(|&place| fits(self.members[place].1));
        let place = fitting.max_by_key(|&place| rank(self.members[place].0))?;
        self.taken.push(place);
        Some(self.members[place].0)
    }

    /// Files that were chosen one by one and not taken, and ratings in an archive where it is not plain which of
    /// them are meant.
    pub fn unused(&self) -> Vec<Message> {
        let many = |role: Role, name: &str| {
            let so_named = |(member, own): &&(&Member<'_>, Role)| *own == role && member.base_name() == name;
            self.members.iter().filter(so_named).count() > 1
        };
        let unclear = |role: Role| {
            let taken = self.taken.iter().map(|&place| self.members[place]);
            usual_name(role).is_some_and(|name| {
                taken
                    .clone()
                    .any(|(member, own)| own == role && (member.base_name() != name || many(role, name)))
            })
        };
        let members = self.members.iter().enumerate();
        members
            .filter(|(place, _)| !self.taken.contains(place))
            .filter(|(_, (member, role))| member.loose || unclear(*role))
            .map(|(_, (member, _))| Message::new("file.unused").with("file", &member.name))
            .collect()
    }

    /// Why no file can be read.
    pub fn why_nothing(&self) -> Message {
        let Some((member, role)) = self.members.iter().max_by_key(|(member, _)| member.size) else {
            return Message::new("file.none");
        };
        let key = match role {
            Role::Empty => "file.empty",
            Role::Binary => "file.binary",
            Role::Utf16 => "file.utf16",
            Role::MoviesBars | Role::MoviesColons | Role::MoviesCsv | Role::UsersBars | Role::UsersColons => {
                "movielens.no_ratings"
            }
            _ => "file.unknown",
        };
        Message::new(key).with("file", &member.name)
    }
}

fn usual_name(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::RatingsTabs => "u.data",
        Role::RatingsColons => "ratings.dat",
        Role::RatingsCsv | Role::BookRatings => "ratings.csv",
        Role::MoviesBars => "u.item",
        Role::MoviesColons => "movies.dat",
        Role::MoviesCsv => "movies.csv",
        Role::UsersBars => "u.user",
        Role::UsersColons => "users.dat",
        Role::Books => "books.csv",
        _ => return None,
    })
}

fn role(member: &Member<'_>) -> Result<Role> {
    let sample = sample(member)?;
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
        return Ok(Role::Utf16);
    }
    if is_binary(&sample) {
        return Ok(Role::Binary);
    }
    let sample = parse::after_mark(&sample);
    let lines: Vec<&[u8]> = whole_lines(sample);
    let Some(first) = lines.first() else {
        return Ok(Role::Empty);
    };
    Ok(by_header(first)
        .or_else(|| by_shape(&lines))
        .unwrap_or_else(|| by_content(sample, &lines)))
}

/// The first [`SAMPLE`] bytes, or all where there are fewer.
pub fn sample(member: &Member<'_>) -> Result<Vec<u8>> {
    member.open(|stream| {
        let mut sample = Vec::new();
        stream
            .take(SAMPLE as u64)
            .read_to_end(&mut sample)
            .map_err(|error| unreadable(&member.name, 1, &error))?;
        Ok(sample)
    })
}

/// Whether there are characters that no text has: a zero byte, or one control character in fifty.
fn is_binary(sample: &[u8]) -> bool {
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r');
    sample.contains(&0) || 50 * sample.iter().filter(control).count() > sample.len()
}

/// Up to 200 lines that are not blank; without the last of a full sample, which may be cut.
fn whole_lines(sample: &[u8]) -> Vec<&[u8]> {
    let end = if sample.len() < SAMPLE - 3 {
        sample.len()
    } else {
        sample.iter().rposition(|&byte| byte == b'\n').unwrap_or(sample.len())
    };
    let lines = sample[..end].split(|&byte| byte == b'\n');
    lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.trim_ascii().is_empty())
        .take(200)
        .collect()
}

/// Files that say in their first line what they are.
fn by_header(first: &[u8]) -> Option<Role> {
    let names: Vec<String> = first
        .split(|&byte| byte == b',')
        .map(|name| parse::text(name.trim_ascii()).trim_matches('"').to_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let has = |name: &str| names.contains(&name);
    match names.as_slice() {
        ["userId", "movieId", "rating", "timestamp"] => Some(Role::RatingsCsv),
        ["movieId", "title", ..] => Some(Role::MoviesCsv),
        ["userId", "movieId", "tag", ..] | ["movieId", "imdbId", ..] => Some(Role::Other),
        _ if has("user_id") && has("book_id") && has("rating") && names.len() == 3 => Some(Role::BookRatings),
        _ if has("book_id") && has("title") && has("authors") => Some(Role::Books),
        _ => None,
    }
}

/// MovieLens files without a header: by the number of columns, and which of them are numbers, in half of the lines
/// at least, so that a broken line is found as such when the file is read.
fn by_shape(lines: &[&[u8]]) -> Option<Role> {
    let mostly = |fits: &dyn Fn(&[u8]) -> bool| 2 * lines.iter().filter(|line| fits(line)).count() >= lines.len();
    let rating_row = |fields: &[&[u8]]| {
        let moment =
            |field: &[u8]| parse::whole(field).is_some_and(|time| (500_000_000..4_000_000_000).contains(&time));
        let rating = |field: &[u8]| parse::number(field).is_some_and(|value| (0.0..=5.0).contains(&value));
        let [user, item, value, time] = fields else {
            return false;
        };
        parse::whole(user).is_some() && parse::whole(item).is_some() && rating(value) && moment(time)
    };
    let starts_with_id = |fields: &[&[u8]], width: usize| fields.len() == width && parse::whole(fields[0]).is_some();
    if mostly(&|line| criteo::fits(&split(line, b"\t"))) {
        Some(Role::ClickRows)
    } else if mostly(&|line| rating_row(&split(line, b"\t"))) {
        Some(Role::RatingsTabs)
    } else if mostly(&|line| rating_row(&split(line, b"::"))) {
        Some(Role::RatingsColons)
    } else if mostly(&|line| starts_with_id(&split(line, b"|"), 24)) {
        Some(Role::MoviesBars)
    } else if mostly(&|line| starts_with_id(&split(line, b"|"), 5)) {
        Some(Role::UsersBars)
    } else if mostly(&|line| starts_with_id(&split(line, b"::"), 5)) {
        Some(Role::UsersColons)
    } else if mostly(&|line| starts_with_id(&split(line, b"::"), 3)) {
        Some(Role::MoviesColons)
    } else {
        None
    }
}

fn split<'l>(line: &'l [u8], separator: &[u8]) -> Vec<&'l [u8]> {
    let mut fields = Vec::new();
    let mut rest = line;
    while let Some(end) = rest.windows(separator.len()).position(|part| part == separator) {
        fields.push(&rest[..end]);
        rest = &rest[end + separator.len()..];
    }
    fields.push(rest);
    fields
}

fn by_content(sample: &[u8], lines: &[&[u8]]) -> Role {
    if is_attributes(sample) {
        Role::Attributes
    } else if are_sequences(lines) {
        Role::Sequences
    } else if table::delimiter(lines).is_some() {
        Role::Table
    } else {
        Role::Other
    }
}

/// Starts as `{"id": [`.
fn is_attributes(sample: &[u8]) -> bool {
    let start: Vec<u8> = sample
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .take(200)
        .collect();
    let named = start.starts_with(b"{\"");
    let colon = start.windows(3).position(|part| part == b"\":[");
    named && colon.is_some()
}

/// Lines of different length made of ids, no two of the same user.
fn are_sequences(lines: &[&[u8]]) -> bool {
    let tokens: Vec<Vec<&[u8]>> = lines.iter().map(|line| tokens(line)).collect();
    let is_id = |token: &&[u8]| {
        token
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            && token.iter().any(u8::is_ascii_digit)
    };
    let users: Vec<&[u8]> = tokens.iter().filter_map(|line| line.first().copied()).collect();
    let by_name = order::places(users.len(), &mut |a, b| users[a].cmp(users[b]));
    let once = by_name
        .windows(2)
        .all(|pair| users[pair[0] as usize] != users[pair[1] as usize]);
    let mut lengths: Vec<u32> = tokens.iter().map(|line| line.len() as u32).collect();
    order::ascend(&mut lengths);
    let commonest = lengths.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0);
    let varied = 10 * commonest < 7 * lengths.len();
    varied && once && users.len() == lines.len() && tokens.iter().all(|line| line.len() > 1 && line.iter().all(is_id))
}

/// What stands between spaces, tabs and commas.
pub fn tokens(line: &[u8]) -> Vec<&[u8]> {
    line.split(|&byte| matches!(byte, b' ' | b'\t' | b','))
        .filter(|token| !token.is_empty())
        .collect()
}

/// The first rows of a sample as text.
pub fn sample_rows(sample: &[u8], file: &str, separator: Separator, most: usize) -> Result<Vec<Vec<String>>> {
    let lines = whole_lines(sample).join(&b'\n');
    let mut rows = Vec::new();
    rows_of(&mut lines.as_slice(), file, separator, |row| {
        if rows.len() < most {
            rows.push((0..row.width()).map(|column| row.text(column).into_owned()).collect());
        }
        Ok(())
    })?;
    Ok(rows)
}
