//! Our own format: an index as it is in memory, with a version and a checksum.
//!
//! ```text
//! "RPIX" · version u32 · index · checksum u64
//! index        tag u8 · metric u8 · d u32 · body of the tag
//! 1 flat       vectors · removed rows
//! 2 lists      effort u64 · next id u32 · coarse · offsets · ids · store
//!   coarse     0 · centroids, or 1 · bits u32 · first halves · second halves
//!   store      0 · vectors, or 1 · M u32 · bits u32 · residual u8 · refine u32 · centroids · codes · vectors
//! 3 HNSW       M u32 · efConstruction u32 · ef u32 · seed u32 · entry u32 · levels · offsets · links · vectors · removed
//! 4 transform  count u32 · (d_in u32 · d_out u32 · A · b) … · index
//! ```
//!
//! All numbers are little-endian; a list is its length as u32 and then what is in it. The checksum is FNV-1a over what
//! is before it, eight bytes a step. Brackets of codes are not written: they follow from the codes.

use super::super::coarse::{Coarse, Multi};
use super::super::codes::Codes;
use super::super::{Allowed, Flat, Hnsw, Index, Inverted, Linear, Parts, Store, Transformed};
use super::bytes::{Reader, Writer};
use super::sound::{self, ensure, wrong};
use crate::fnv::Fnv;
use crate::matrix::Metric;
use base::text::{Message, Result};

const MAGIC: &[u8; 4] = b"RPIX";
const VERSION: u32 = 1;

/// The file of `index`.
#[must_use]
pub fn write(index: &dyn Index) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.bytes(MAGIC);
    writer.u32(VERSION);
    write_index(index, &mut writer);
    let sum = checksum(&writer.0);
    writer.u64(sum);
    writer.0
}

/// The index of a file.
///
/// # Errors
/// If it is not one, is of another version, is damaged, or contradicts itself.
pub fn read(file: &[u8]) -> Result<Box<dyn Index>> {
    let mut reader = Reader::new(file);
    if reader.take(4, 1).map_or(true, |magic| magic != MAGIC) {
        return Err(wrong("index.file_other"));
    }
    let version = reader.u32()?;
    if version != VERSION {
        return Err(Message::new("index.file_version")
            .with("found", version)
            .with("known", VERSION));
    }
    let Some((body, sum)) = file.split_last_chunk::<8>().filter(|(body, _)| body.len() >= 8) else {
        return Err(Message::new("index.file_short")
            .with("at", reader.at())
            .with("wanted", 8)
            .with("left", reader.left()));
    };
    if checksum(body) != u64::from_le_bytes(*sum) {
        return Err(wrong("index.file_checksum"));
    }
    let mut reader = Reader::new(&body[8..]);
    let index = read_index(&mut reader, true)?;
    ensure(reader.left() == 0, "index.file_long")?;
    Ok(index)
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = Fnv::default();
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        sum.word(u64::from_le_bytes(*word));
    }
    sum.bytes(rest);
    sum.finish()
}

fn write_index(index: &dyn Index, writer: &mut Writer) {
    let tag = match index.parts() {
        Parts::Flat(_) => 1,
        Parts::Inverted(_) => 2,
        Parts::Hnsw(_) => 3,
        Parts::Transformed(_) => 4,
    };
    writer.u8(tag);
    writer.u8(match index.metric() {
        Metric::Dot => 0,
        Metric::Cosine => 1,
        Metric::L2 => 2,
    });
    writer.u32(index.dim() as u32);
    match index.parts() {
        Parts::Flat(flat) => {
            list(flat.vectors(), writer);
            numbers(&flat.gone().iter().collect::<Vec<_>>(), writer);
        }
        Parts::Inverted(lists) => write_lists(lists, writer),
        Parts::Hnsw(graph) => {
            for setting in [graph.m, graph.ef_construction, graph.ef] {
                writer.u32(setting as u32);
            }
            writer.u32(graph.seed);
            writer.u32(graph.entry);
            writer.u32(graph.levels.len() as u32);
            writer.bytes(&graph.levels);
            numbers(&graph.offsets, writer);
            numbers(&graph.links, writer);
            list(&graph.vectors, writer);
            numbers(&graph.gone.iter().collect::<Vec<_>>(), writer);
        }
        Parts::Transformed(transformed) => {
            writer.u32(transformed.chain.len() as u32);
            for linear in &transformed.chain {
                writer.u32(linear.d_in as u32);
                writer.u32(linear.d_out as u32);
                list(&linear.matrix, writer);
                list(&linear.bias, writer);
            }
            write_index(transformed.inner.as_ref(), writer);
        }
    }
}

fn write_lists(lists: &Inverted, writer: &mut Writer) {
    writer.u64(lists.effort as u64);
    writer.u32(lists.next);
    match &lists.coarse {
        Coarse::Cells(centroids) => {
            writer.u8(0);
            list(centroids, writer);
        }
        Coarse::Multi(multi) => {
            writer.u8(1);
            writer.u32(multi.bits);
            multi.halves.iter().for_each(|half| list(half, writer));
        }
    }
    numbers(&lists.offsets, writer);
    numbers(&lists.ids, writer);
    match &lists.store {
        Store::Vectors(vectors) => {
            writer.u8(0);
            list(vectors, writer);
        }
        Store::Codes(codes) => {
            writer.u8(1);
            writer.u32(codes.pq.m as u32);
            writer.u32(codes.pq.bits);
            writer.u8(u8::from(codes.residual));
            writer.u32(codes.refine as u32);
            list(&codes.pq.centroids(), writer);
            writer.u32(codes.codes.len() as u32);
            writer.bytes(&codes.codes);
            list(&codes.vectors, writer);
        }
    }
}

fn list(values: &[f32], writer: &mut Writer) {
    writer.u32(values.len() as u32);
    writer.f32s(values);
}

fn numbers(values: &[u32], writer: &mut Writer) {
    writer.u32(values.len() as u32);
    writer.u32s(values);
}

/// `outer` where a transform may still come.
fn read_index(reader: &mut Reader, outer: bool) -> Result<Box<dyn Index>> {
    let tag = reader.u8()?;
    let metric = match reader.u8()? {
        0 => Metric::Dot,
        1 => Metric::Cosine,
        2 => Metric::L2,
        _ => return Err(wrong("index.file_metric")),
    };
    let d = reader.u32()? as usize;
    match tag {
        1 => {
            let vectors = read_list(reader)?;
            sound::finite(&vectors)?;
            ensure(d > 0 && vectors.len().is_multiple_of(d), "index.file_width")?;
            let n = vectors.len() / d;
            let mut flat = Flat::take(super::super::rows_of_width(vectors, d), metric);
            let gone = read_numbers(reader)?;
            ensure(gone.iter().all(|&row| (row as usize) < n), "index.file_ids")?;
            flat.remove(&gone);
            Ok(Box::new(flat))
        }
        2 => {
            ensure(metric != Metric::Cosine, "index.file_metric")?;
            Ok(Box::new(read_lists(reader, metric, sound::width(d as u64)?)?))
        }
        3 => {
            ensure(metric != Metric::Cosine, "index.file_metric")?;
            Ok(Box::new(read_graph(reader, metric, sound::width(d as u64)?)?))
        }
        4 if outer => read_transformed(reader, metric, d),
        _ => Err(wrong("index.file_tag")),
    }
}

fn read_lists(reader: &mut Reader, metric: Metric, d: usize) -> Result<Inverted> {
    let effort = reader.u64()?.min(u64::from(u32::MAX)) as usize;
    let next = reader.u32()?;
    let coarse = match reader.u8()? {
        0 => Coarse::Cells(read_list(reader)?),
        1 => {
            let bits = reader.u32()?;
            ensure(bits <= 12, "index.file_cells")?;
            let halves = [read_list(reader)?, read_list(reader)?];
            Coarse::Multi(Multi { halves, bits })
        }
        _ => return Err(wrong("index.file_cells")),
    };
    let (offsets, ids) = (read_numbers(reader)?, read_numbers(reader)?);
    let store = match reader.u8()? {
        0 => Store::Vectors(read_list(reader)?),
        1 => {
            let (m, bits) = (reader.u32()?, reader.u32()?);
            let residual = reader.u8()? != 0;
            let refine = reader.u32()? as usize;
            let centroids = read_list(reader)?;
            let count = reader.u32()?;
            let codes = reader.take(u64::from(count), 1)?.to_vec();
            let pq = sound::pq(d, m.into(), bits.into(), &centroids)?;
            let mut store = Codes::new(pq, residual, refine);
            (store.codes, store.vectors) = (codes, read_list(reader)?);
            Store::Codes(store)
        }
        _ => return Err(wrong("index.file_lists")),
    };
    let mut lists = Inverted {
        metric,
        d,
        coarse,
        offsets,
        ids,
        store,
        coarse_sieve: None,
        sieve: None,
        effort,
        next,
    };
    sound::lists(&lists)?;
    lists.complete();
    Ok(lists)
}

fn read_graph(reader: &mut Reader, metric: Metric, d: usize) -> Result<Hnsw> {
    let [m, ef_construction, ef] = [reader.u32()?, reader.u32()?, reader.u32()?];
    let (seed, entry) = (reader.u32()?, reader.u32()?);
    let count = reader.u32()?;
    let levels = reader.take(u64::from(count), 1)?.to_vec();
    let (offsets, links) = (read_numbers(reader)?, read_numbers(reader)?);
    let mut graph = Hnsw {
        metric,
        d,
        m: m as usize,
        ef_construction: ef_construction as usize,
        ef: ef as usize,
        seed,
        vectors: read_list(reader)?,
        levels,
        offsets,
        links,
        entry,
        gone: Allowed::default(),
    };
    sound::graph(&graph)?;
    let gone = read_numbers(reader)?;
    ensure(gone.iter().all(|&row| row < count), "index.file_ids")?;
    graph.remove(&gone);
    Ok(graph)
}

fn read_transformed(reader: &mut Reader, metric: Metric, d: usize) -> Result<Box<dyn Index>> {
    let count = reader.u32()?;
    ensure(count <= 16, "index.file_transform")?;
    let mut chain = Vec::new();
    for _ in 0..count {
        let (d_in, d_out) = (reader.u32()?, reader.u32()?);
        chain.push(Linear {
            d_in: sound::width(u64::from(d_in))?,
            d_out: sound::width(u64::from(d_out))?,
            matrix: read_list(reader)?,
            bias: read_list(reader)?,
        });
    }
    let inner = read_index(reader, false)?;
    sound::chain(&chain, inner.dim())?;
    let expected = if metric == Metric::Cosine { Metric::Dot } else { metric };
    ensure(inner.metric() == expected, "index.file_metric")?;
    let transformed = Transformed { metric, chain, inner };
    ensure(transformed.dim() == d, "index.file_transform")?;
    Ok(Box::new(transformed))
}

fn read_list(reader: &mut Reader) -> Result<Vec<f32>> {
    let count = reader.u32()?;
    reader.f32s(u64::from(count))
}

fn read_numbers(reader: &mut Reader) -> Result<Vec<u32>> {
    let count = reader.u32()?;
    reader.u32s(u64::from(count))
}
