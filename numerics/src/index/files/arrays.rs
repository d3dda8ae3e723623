//! Vectors alone: NumPy's `.npy` (format 1.0 and 2.0) and the `.fvecs` of the TEXMEX collections.

use super::bytes::{Reader, Writer};
use super::sound::{ensure, finite, width};
use crate::matrix::Matrix;
use base::text::{Message, Result};

const NPY: &[u8; 6] = b"\x93NUMPY";

/// Rows (n × d) as `.npy`.
#[must_use]
pub fn write_npy(rows: &Matrix) -> Vec<u8> {
    let (n, d) = rows.dim();
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {d}), }}");
    // The numbers begin at a multiple of 64; before them is a line break.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut writer = Writer::default();
    writer.bytes(NPY);
    writer.bytes(&[1, 0]);
    writer.bytes(&(header.len() as u16).to_le_bytes());
    writer.bytes(header.as_bytes());
    rows.iter().for_each(|&number| writer.f32(number));
    writer.0
}

/// Rows (n × d) of a `.npy` file with numbers of four or eight bytes.
///
/// # Errors
/// If it is not one, is cut short, holds other than rows of real numbers, or one that is not finite.
pub fn read_npy(file: &[u8]) -> Result<Matrix> {
    let mut reader = Reader::new(file);
    ensure(reader.take(6, 1).is_ok_and(|magic| magic == NPY), "index.npy_other")?;
    let [major, _] = [reader.u8()?, reader.u8()?];
    let length = match major {
        1 => u64::from(reader.u8()?) | u64::from(reader.u8()?) << 8,
        2 | 3 => u64::from(reader.u32()?),
        _ => return Err(Message::new("index.npy_version").with("found", major)),
    };
    let header = String::from_utf8_lossy(reader.take(length, 1)?);
    let after = |key: &str| header.split_once(key).map_or("", |(_, rest)| rest.trim_start());
    let size = match after("'descr':") {
        descr if descr.starts_with("'<f4'") => 4,
        descr if descr.starts_with("'<f8'") => 8,
        _ => return Err(Message::new("index.npy_numbers")),
    };
    ensure(after("'fortran_order':").starts_with("False"), "index.npy_order")?;
    let shape = after("'shape':").trim_start_matches('(');
    let mut sizes = shape.split(')').next().unwrap_or("").split(',').map(str::trim);
    let parsed = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
    let (Some(n), Some(d)) = (parsed(sizes.next()), parsed(sizes.next())) else {
        return Err(Message::new("index.npy_shape"));
    };
    ensure(sizes.all(str::is_empty), "index.npy_shape")?;
    let d = width(d)?;
    let count = n.saturating_mul(d as u64);
    let numbers = if size == 4 {
        reader.f32s(count)?
    } else {
        let (words, _) = reader.take(count, 8)?.as_chunks::<8>();
        words.iter().map(|&word| f64::from_le_bytes(word) as f32).collect()
    };
    finite(&numbers)?;
    Ok(super::super::rows_of_width(numbers, d))
}

/// Rows (n × d) as `.fvecs`: before each row its width.
#[must_use]
pub fn write_fvecs(rows: &Matrix) -> Vec<u8> {
    let mut writer = Writer::default();
    for row in rows.outer_iter() {
        writer.u32(row.len() as u32);
        row.iter().for_each(|&number| writer.f32(number));
    }
    writer.0
}

/// Rows (n × d) of a `.fvecs` file.
///
/// # Errors
/// If it is empty or cut short, rows have different widths, or a number is not finite.
pub fn read_fvecs(file: &[u8]) -> Result<Matrix> {
    let mut reader = Reader::new(file);
    let (mut numbers, mut d) = (Vec::new(), None);
    while reader.left() > 0 {
        let found = width(u64::from(reader.u32()?))?;
        let d = *d.get_or_insert(found);
        if found != d {
            return Err(Message::new("index.fvecs_width")
                .with("row", numbers.len() / d)
                .with("found", found)
                .with("expected", d));
        }
        numbers.extend(reader.f32s(d as u64)?);
    }
    finite(&numbers)?;
    let d = d.ok_or_else(|| Message::new("index.file_empty"))?;
    Ok(super::super::rows_of_width(numbers, d))
}
