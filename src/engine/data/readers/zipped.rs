//! What stands in a zip file: its directory, read from the end (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5).
//!
//! Only what tables are packed with: stored or deflated, of any size, on one disk, not locked. Names that are not
//! UTF-8 lose their foreign letters.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

/// Starts of a file's own header, of its entry in the directory, and of the three records that lead to the directory.
const FILE: [u8; 4] = *b"PK\x03\x04";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const LARGE_END: [u8; 4] = *b"PK\x06\x06";
const LARGE_END_PLACE: [u8; 4] = *b"PK\x06\x07";

/// Bytes of those records before what varies.
const FILE_BYTES: usize = 30;
const ENTRY_BYTES: usize = 46;
const END_BYTES: usize = 22;
const LARGE_END_BYTES: usize = 56;
const LARGE_END_PLACE_BYTES: usize = 20;

/// Stands for a number that is too large for its four bytes and is told elsewhere.
const ELSEWHERE: u64 = 0xffff_ffff;
/// The kind of extra field that tells such numbers.
const LARGE: u64 = 1;

/// Why a zip file cannot be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A record is not where it should be, or says what cannot be.
    Broken,
    /// A file in it is locked with a password.
    Locked,
    /// A file in it is packed by this method, which we cannot undo.
    Method(u64),
}

/// A file in it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its name, with its folders.
    pub name: Cow<'a, str>,
    /// Bytes it says it has unpacked.
    pub size: u64,
    /// How to get at them.
    pub packed: Packed<'a>,
}

/// The bytes of a file as they stand in the archive.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    /// They themselves.
    pub bytes: &'a [u8],
    deflated: bool,
    checksum: u32,
}

/// The files in `archive`, in the order of its directory. Folders are left out.
///
/// # Errors
/// If it is not whole, or one of them cannot be unpacked.
pub fn entries(archive: &[u8]) -> Result<Vec<Entry<'_>>, Fault> {
    let (amount, mut place) = directory(archive)?;
    let mut entries = Vec::new();
    for _ in 0..amount {
        let record = record(archive, place, ENTRY, ENTRY_BYTES)?;
        let [name, extra, comment] = [28, 30, 32].map(|field| number(record, field, 2));
        let [name_place, extra_place] = [place + ENTRY_BYTES as u64, place + ENTRY_BYTES as u64 + name];
        let name = slice(archive, name_place, name)?;
        let extra = slice(archive, extra_place, extra)?;
        place = extra_place + extra.len() as u64 + comment;
        if !name.ends_with(b"/") {
            entries.push(entry(archive, record, name, extra)?);
        }
    }
    Ok(entries)
}

/// How many entries the directory has, and where it begins.
fn directory(archive: &[u8]) -> Result<(u64, u64), Fault> {
    // A comment of up to 65,535 bytes may follow the last record.
    let last = archive.len().checked_sub(END_BYTES).ok_or(Fault::Broken)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last).rev().find(|&place| archive[place..].starts_with(&END));
    let place = end.ok_or(Fault::Broken)? as u64;
    let end = record(archive, place, END, END_BYTES)?;
    let large = place.checked_sub(LARGE_END_PLACE_BYTES as u64);
    let large = large.and_then(|place| record(archive, place, LARGE_END_PLACE, LARGE_END_PLACE_BYTES).ok());
    match large {
        None => Ok((number(end, 10, 2), number(end, 16, 4))),
        Some(large) => {
            let end = record(archive, number(large, 8, 8), LARGE_END, LARGE_END_BYTES)?;
            Ok((number(end, 32, 8), number(end, 48, 8)))
        }
    }
}

fn entry<'a>(archive: &'a [u8], record: &[u8], name: &'a [u8], extra: &[u8]) -> Result<Entry<'a>, Fault> {
    let [flags, method] = [8, 10].map(|field| number(record, field, 2));
    if flags & 1 == 1 {
        return Err(Fault::Locked);
    }
    if method != 0 && method != 8 {
        return Err(Fault::Method(method));
    }
    let [mut size, mut packed, mut place] = [24, 20, 42].map(|field| number(record, field, 4));
    let mut large = large_numbers(extra);
    for field in [&mut size, &mut packed, &mut place] {
        if *field == ELSEWHERE {
            let (told, rest) = large.split_first_chunk().ok_or(Fault::Broken)?;
            *field = u64::from_le_bytes(*told);
            large = rest;
        }
    }
    let header = self::record(archive, place, FILE, FILE_BYTES)?;
    let before = FILE_BYTES as u64 + number(header, 26, 2) + number(header, 28, 2);
    let bytes = slice(archive, place.checked_add(before).ok_or(Fault::Broken)?, packed)?;
    Ok(Entry {
        name: String::from_utf8_lossy(name),
        size,
        packed: Packed {
            bytes,
            deflated: method == 8,
            checksum: number(record, 16, 4) as u32,
        },
    })
}

/// The extra field that holds large numbers, eight bytes each; empty if there is none.
fn large_numbers(mut extra: &[u8]) -> &[u8] {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let len = (number(head, 2, 2) as usize).min(rest.len());
        let (field, after) = rest.split_at(len);
        if number(head, 0, 2) == LARGE {
            return field;
        }
        extra = after;
    }
    &[]
}

/// The record at `place`, which begins with `start`.
fn record(archive: &[u8], place: u64, start: [u8; 4], len: usize) -> Result<&[u8], Fault> {
    slice(archive, place, len as u64).and_then(|record| match record.starts_with(&start) {
        true => Ok(record),
        false => Err(Fault::Broken),
    })
}

fn slice(archive: &[u8], place: u64, len: u64) -> Result<&[u8], Fault> {
    let range = usize::try_from(place).ok().zip(usize::try_from(len).ok());
    let from = range.and_then(|(place, len)| archive.get(place..)?.get(..len));
    from.ok_or(Fault::Broken)
}

/// A number of up to eight bytes, the lowest first.
fn number(record: &[u8], place: usize, bytes: usize) -> u64 {
    let bytes = record[place..place + bytes].iter().rev();
    bytes.fold(0, |number, &byte| number << 8 | u64::from(byte))
}

impl<'a> Packed<'a> {
    /// The file's bytes as a stream, which fails at its end if they are not what was packed.
    pub fn unpack(self) -> Checked<'a> {
        let inner: Box<dyn Read + 'a> = match self.deflated {
            true => Box::new(DeflateDecoder::new(self.bytes)),
            false => Box::new(self.bytes),
        };
        Checked {
            inner,
            taken: Crc::new(),
            checksum: self.checksum,
        }
    }
}

/// A stream with the checksum of all its bytes.
pub struct Checked<'a> {
    inner: Box<dyn Read + 'a>,
    taken: Crc,
    checksum: u32,
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.update(&buffer[..n]);
        if n == 0 && !buffer.is_empty() && self.taken.sum() != self.checksum {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "invalid checksum"));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::CompressionMethod;
    use zip::write::SimpleFileOptions;

    use super::*;

    const TEXT: &[u8] = b"1 2 3\n1 2 3\n1 2 3\n";

    fn archive(method: CompressionMethod) -> Vec<u8> {
        let mut packer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        packer.add_directory("data", options).expect("writing to memory");
        packer.start_file("data/é.txt", options).expect("writing to memory");
        packer.write_all(TEXT).expect("writing to memory");
        packer.set_comment("PK and other words");
        packer.finish().expect("writing to memory").into_inner()
    }

    fn unpacked(entry: &Entry<'_>) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        entry.packed.unpack().read_to_end(&mut content).map(|_| content)
    }

    /// Where the last record of this start stands.
    fn last(archive: &[u8], start: [u8; 4]) -> usize {
        let mut places = (0..archive.len()).rev();
        places
            .find(|&place| archive[place..].starts_with(&start))
            .expect("there is one")
    }

    #[test]
    fn stored_and_deflated_files_are_found_by_name_and_unpacked() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let archive = archive(method);
            let entries = entries(&archive).expect("a whole archive");
            let [entry] = &entries[..] else { panic!("{entries:?}") };
            assert_eq!((entry.name.as_ref(), entry.size), ("data/é.txt", TEXT.len() as u64));
            assert_eq!(unpacked(entry).expect("whole"), TEXT);
        }
    }

    /// The same archive as a writer makes it that does not know how large it will be.
    #[test]
    fn numbers_that_are_told_elsewhere_are_found_there() {
        let mut archive = archive(CompressionMethod::Stored);
        let (place, end) = (last(&archive, ENTRY), last(&archive, END));
        let file = archive[place + 42..place + 46].to_owned();
        let start = archive[end + 16..end + 20].to_owned();
        let mut large = vec![1, 0, 24, 0];
        for number in [
            &(TEXT.len() as u32).to_le_bytes()[..],
            &(TEXT.len() as u32).to_le_bytes(),
            &file,
        ] {
            large.extend(number);
            large.extend([0; 4]);
        }
        let name = usize::from(archive[place + 28]);
        archive[place + 20..place + 28].fill(0xff);
        archive[place + 42..place + 46].fill(0xff);
        archive.truncate(place + ENTRY_BYTES + name);
        archive[place + 30..place + 34].copy_from_slice(&[large.len() as u8, 0, 0, 0]);
        archive.extend(large);
        let large_end = archive.len() as u64;
        archive.extend(LARGE_END);
        archive.extend([0; 28]);
        archive.extend([2, 0, 0, 0, 0, 0, 0, 0]);
        archive.extend([0; 8]);
        archive.extend(start);
        archive.extend([0; 4]);
        archive.extend(LARGE_END_PLACE);
        archive.extend([0; 4]);
        archive.extend(large_end.to_le_bytes());
        archive.extend([1, 0, 0, 0]);
        archive.extend(END);
        archive.extend([0xff; 16]);
        archive.extend([0; 2]);
        let entries = entries(&archive).expect("a whole archive");
        let [entry] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!(unpacked(entry).expect("whole"), TEXT);
    }

    #[test]
    fn what_cannot_be_unpacked_is_said() {
        let whole = archive(CompressionMethod::Deflated);
        let place = last(&whole, ENTRY);
        let mut locked = whole.clone();
        locked[place + 8] |= 1;
        assert_eq!(entries(&locked).unwrap_err(), Fault::Locked);
        let mut other = whole.clone();
        other[place + 10] = 14;
        assert_eq!(entries(&other).unwrap_err(), Fault::Method(14));
        let mut false_sum = whole.clone();
        false_sum[place + 16] ^= 1;
        let error = unpacked(&entries(&false_sum).expect("a whole archive")[0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn an_archive_cut_short_or_with_any_byte_wrong_does_not_end_the_program() {
        let whole = archive(CompressionMethod::Deflated);
        for len in 0..whole.len() - "PK and other words".len() {
            assert_eq!(entries(&whole[..len]).unwrap_err(), Fault::Broken);
        }
        for place in 0..whole.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut wrong = whole.clone();
                wrong[place] = byte;
                for entry in entries(&wrong).unwrap_or_default() {
                    drop(unpacked(&entry));
                }
            }
        }
    }
}
