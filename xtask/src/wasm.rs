//! Reading a compiled wasm file: how heavy it is to download, and whether it holds SIMD code.

use std::io::Write;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use wasmparser::{Operator, Parser, Payload};

/// First byte of every vector instruction (WebAssembly specification, 5.4.8).
const VECTOR: u8 = 0xfd;

/// Vector instructions of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Simd {
    /// All of them: loads, shuffles, arithmetic …
    pub all: usize,
    /// Multiplications of four `f32`: a compiler puts loads and stores of vectors anywhere, these only where we
    /// compute.
    pub products: usize,
}

/// Counts the vector instructions of `module`.
///
/// # Errors
/// If it is not a wasm module.
pub fn simd(module: &[u8]) -> Result<Simd> {
    let mut found = Simd::default();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload.context("this is not a wasm module")? {
            for operator in body.get_operators_reader()?.into_iter_with_offsets() {
                let (operator, offset) = operator?;
                found.all += usize::from(module[offset] == VECTOR);
                found.products += usize::from(matches!(operator, Operator::F32x4Mul));
            }
        }
    }
    Ok(found)
}

/// Bytes of `data` after gzip at its highest level, as a static host would send it.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn gzipped(data: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data)?;
    Ok(encoder.finish()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of one function without parameters and results, of this code.
    fn module(code: &[u8]) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        // Types: one, () -> (). Functions: one, of type 0.
        bytes.extend([1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]);
        let body = code.len() as u8 + 2;
        bytes.extend([10, body + 2, 1, body, 0]);
        bytes.extend(code);
        bytes.push(0x0b);
        bytes
    }

    #[test]
    fn vector_instructions_are_counted() {
        // v128.const 0, twice; f32x4.mul; drop.
        let constant = [&[0xfd, 0x0c][..], &[0; 16]].concat();
        let code = [&constant[..], &constant, &[0xfd, 0xe6, 0x01], &[0x1a]].concat();
        assert_eq!(simd(&module(&code)).unwrap(), Simd { all: 3, products: 1 });
    }

    #[test]
    fn the_same_byte_inside_a_number_is_none() {
        // i32.const 125 is written 0xfd 0x00; drop.
        let code = [0x41, 0xfd, 0x00, 0x1a];
        assert_eq!(simd(&module(&code)).unwrap(), Simd::default());
    }

    #[test]
    fn noise_is_refused() {
        simd(b"not a module").unwrap_err();
    }

    #[test]
    fn gzip_makes_repetition_small() {
        assert!(gzipped(&[7; 10_000]).unwrap() < 100);
    }
}
