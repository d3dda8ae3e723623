//! Opening gzip and zip files as streams, with limits against files that swell without end.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::SourceFile;
use super::zipped::{self, Fault, Packed};
use crate::text::{Message, Result};

/// Most bytes that a packed file may unpack to: 2 GiB, more than twice the largest MovieLens.
pub const UNPACKED_MAX: u64 = 2 << 30;

/// Most bytes that one packed byte may unpack to, in the mean over a file. Tables of events reach 5 to 20.
pub const RATIO_MAX: u64 = 200;

/// Unpacked bytes below which the ratio does not matter: small files of equal lines are no danger.
const RATIO_FROM: u64 = 16 << 20;

/// Most files in a zip file.
pub const MEMBERS_MAX: usize = 1_000;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZIP: [u8; 4] = *b"PK\x03\x04";
const EMPTY_ZIP: [u8; 4] = *b"PK\x05\x06";

/// A file inside or outside an archive, not unpacked yet.
pub struct Member<'a> {
    /// Name for people: `ml-100k.zip/ml-100k/u.data`.
    pub name: String,
    /// Whether the person chose this very file, rather than an archive around it.
    pub loose: bool,
    /// Bytes it takes as it is, to tell big from small.
    pub size: u64,
    source: Source<'a>,
}

enum Source<'a> {
    Bytes(&'a [u8]),
    Zipped(Packed<'a>),
}

/// All files of `files`, those of zip files in the order of the archive.
pub fn members<'a>(files: &[SourceFile<'a>]) -> Result<Vec<Member<'a>>> {
    let mut members = Vec::new();
    for file in files {
        if file.bytes.starts_with(&ZIP) || file.bytes.starts_with(&EMPTY_ZIP) {
            list_zip(file, &mut members)?;
        } else {
            members.push(Member {
                name: file.name.to_owned(),
                loose: true,
                size: file.bytes.len() as u64,
                source: Source::Bytes(file.bytes),
            });
        }
    }
    Ok(members)
}

fn list_zip<'a>(file: &SourceFile<'a>, members: &mut Vec<Member<'a>>) -> Result<()> {
    let entries = zipped::entries(file.bytes).map_err(|fault| bad_zip(file.name, fault))?;
    if entries.len() > MEMBERS_MAX {
        let refusal = Message::new("file.zip_many").with("file", file.name);
        return Err(refusal.with("files", entries.len()).with("most", MEMBERS_MAX));
    }
    let before = members.len();
    for entry in entries {
        if entry.name.contains("__MACOSX") {
            continue;
        }
        let name = format!("{}/{}", file.name, entry.name);
        check_declared(&name, entry.size, entry.packed.bytes.len() as u64)?;
        members.push(Member {
            name,
            loose: false,
            size: entry.size,
            source: Source::Zipped(entry.packed),
        });
    }
    if members.len() == before {
        return Err(Message::new("file.zip_empty").with("file", file.name));
    }
    Ok(())
}

/// Refuses what by its own statement is too much. Statements may be false: [`Limited`] counts.
fn check_declared(file: &str, unpacked: u64, packed: u64) -> Result<()> {
    if unpacked > most_unpacked(packed) {
        return Err(bomb(file));
    }
    Ok(())
}

fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(RATIO_MAX).clamp(RATIO_FROM, UNPACKED_MAX)
}

fn bomb(file: &str) -> Message {
    let refusal = Message::new("file.bomb").with("file", file);
    refusal.with("gigabytes", UNPACKED_MAX >> 30).with("ratio", RATIO_MAX)
}

fn bad_zip(file: &str, fault: Fault) -> Message {
    match fault {
        Fault::Broken => Message::new("file.zip_broken").with("file", file),
        Fault::Locked => Message::new("file.zip_locked").with("file", file),
        Fault::Method(method) => Message::new("file.zip_unsupported")
            .with("file", file)
            .with("method", method),
    }
}

impl Member<'_> {
    /// The last part of the name, without `.gz`.
    pub fn base_name(&self) -> &str {
        let base = self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name);
        base.strip_suffix(".gz").unwrap_or(base)
    }

    /// The name of data read from here: the file's, or that of the archive without its ending.
    pub fn title(&self) -> String {
        if self.loose {
            return self.base_name().to_owned();
        }
        let archive = self.name.split('/').next().unwrap_or(&self.name);
        let stem = archive.rsplit_once('.').map_or(archive, |(stem, _)| stem);
        if stem.is_empty() { archive } else { stem }.to_owned()
    }

    /// Hands the unpacked content to `read` as a stream.
    pub fn open<T>(&self, read: impl FnOnce(&mut dyn BufRead) -> Result<T>) -> Result<T> {
        let (mut stream, packed): (Box<dyn BufRead + '_>, usize) = match self.source {
            Source::Bytes(bytes) => (Box::new(bytes), bytes.len()),
            Source::Zipped(packed) => (
                limited(Box::new(packed.unpack()), packed.bytes.len()),
                packed.bytes.len(),
            ),
        };
        let start = stream.fill_buf().map_err(|error| unreadable(&self.name, 1, &error))?;
        if start.starts_with(&GZIP) {
            stream = limited(Box::new(MultiGzDecoder::new(stream)), packed);
        }
        read(&mut *stream)
    }
}

const BUFFER: usize = 64 << 10;

/// Why a stream broke off at `line`.
pub fn unreadable(file: &str, line: u64, error: &io::Error) -> Message {
    let place = |key| super::at(key, file, line);
    if error.get_ref().is_some_and(|inner| inner.is::<Swollen>()) {
        return bomb(file);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => place("file.truncated"),
        _ => place("file.damaged").with("reason", error),
    }
}

/// Marks the error of a stream that unpacked to too much.
#[derive(Debug)]
struct Swollen;

impl std::fmt::Display for Swollen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unpacks to too much")
    }
}

impl std::error::Error for Swollen {}

/// What is unpacked from so many bytes, as a stream that swells only so far.
fn limited<'a>(inner: Box<dyn Read + 'a>, packed: usize) -> Box<dyn BufRead + 'a> {
    let limited = Limited {
        inner,
        unpacked: 0,
        most: most_unpacked(packed as u64),
    };
    Box::new(BufReader::with_capacity(BUFFER, limited))
}

/// A stream that breaks off where it has grown beyond what its packed size can explain.
struct Limited<'a> {
    inner: Box<dyn Read + 'a>,
    unpacked: u64,
    most: u64,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.unpacked += n as u64;
        if self.unpacked > self.most {
            return Err(io::Error::other(Swollen));
        }
        Ok(n)
    }
}
