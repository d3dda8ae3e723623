//! Index files that Faiss wrote: flat, IVF-Flat, IVF-PQ, HNSW, those behind transforms, with refinement or with ids of
//! their own.

use super::super::coarse::{Coarse, Multi};
use super::super::codes::Codes;
use super::super::{Allowed, Flat, Hnsw, Index, Inverted, Linear, Pq, Store, Transformed, rows_of_width};
use super::bytes::Reader;
use super::sound::{self, IDS, ensure};
use crate::matrix::Metric;
use base::text::{Message, Result};

/// Indexes within indexes at most.
const NESTED: usize = 4;

/// The index of a file of Faiss.
///
/// # Errors
/// If it is none of those, is cut short or contradicts itself.
pub fn read_faiss(file: &[u8]) -> Result<Box<dyn Index>> {
    let mut reader = Reader::new(file);
    let read = read_index(&mut reader, NESTED)?;
    ensure(reader.left() == 0, "index.file_long")?;
    Ok(match read {
        Read::Flat(flat) => Box::new(flat),
        Read::Lists(lists) => lists,
        Read::Graph(graph) => Box::new(graph),
        Read::Transformed(transformed) => Box::new(transformed),
    })
}

enum Read {
    Flat(Flat),
    Lists(Box<Inverted>),
    Graph(Hnsw),
    Transformed(Transformed),
}

struct Head {
    d: usize,
    n: u64,
    metric: Metric,
}

fn head(reader: &mut Reader) -> Result<Head> {
    let d = sound::width(u64::from(reader.u32()?))?;
    let n = reader.u64()?;
    ensure(n <= u64::from(IDS), "index.file_ids")?;
    reader.take(2, 8)?;
    ensure(reader.u8()? == 1, "index.faiss_untrained")?;
    let metric = match reader.i32()? {
        0 => Metric::Dot,
        1 => Metric::L2,
        _ => return Err(Message::new("index.file_metric")),
    };
    Ok(Head { d, n, metric })
}

fn read_index(reader: &mut Reader, depth: usize) -> Result<Read> {
    let tag = tag(reader)?;
    ensure(depth > 0, "index.file_tag")?;
    match &tag {
        b"IxF2" | b"IxFI" => read_flat(reader).map(Read::Flat),
        b"IwFl" => read_lists(reader, false).map(Box::new).map(Read::Lists),
        b"IwPQ" => read_lists(reader, true).map(Box::new).map(Read::Lists),
        b"IHNf" => read_graph(reader).map(Read::Graph),
        b"IxPT" => read_transformed(reader, depth),
        b"IxRF" => read_refined(reader, depth).map(Box::new).map(Read::Lists),
        b"IxMp" => read_named(reader, depth),
        _ => {
            let tag = String::from_utf8_lossy(&tag).into_owned();
            Err(Message::new("index.faiss_tag").with("tag", tag))
        }
    }
}

fn tag(reader: &mut Reader) -> Result<[u8; 4]> {
    let mut tag = [0; 4];
    tag.copy_from_slice(reader.take(4, 1)?);
    Ok(tag)
}

fn list(reader: &mut Reader) -> Result<Vec<f32>> {
    let count = reader.u64()?;
    reader.f32s(count)
}

fn read_flat(reader: &mut Reader) -> Result<Flat> {
    let Head { d, n, metric } = head(reader)?;
    let vectors = list(reader)?;
    ensure(vectors.len() as u64 == n * d as u64, "index.file_lists")?;
    sound::finite(&vectors)?;
    Ok(Flat::take(rows_of_width(vectors, d), metric))
}

fn read_lists(reader: &mut Reader, coded: bool) -> Result<Inverted> {
    let Head { d, n, metric } = head(reader)?;
    let (cells, probes) = (reader.u64()?, reader.u64()?);
    let coarse = match &tag(reader)? {
        b"IxF2" | b"IxFI" => {
            let quantiser = read_flat(reader)?;
            ensure(quantiser.metric() == metric && quantiser.dim() == d, "index.file_cells")?;
            Coarse::Cells(quantiser.vectors().to_vec())
        }
        b"Imiq" => {
            let halves = head(reader)?;
            let pq = read_pq(reader)?;
            ensure(pq.m == 2 && pq.d == d && halves.d == d, "index.file_cells")?;
            let centroids = pq.centroids();
            let (first, second) = centroids.split_at(centroids.len() / 2);
            let halves = [first.to_vec(), second.to_vec()];
            Coarse::Multi(Multi { halves, bits: pq.bits })
        }
        tag => {
            let tag = String::from_utf8_lossy(tag).into_owned();
            return Err(Message::new("index.faiss_tag").with("tag", tag));
        }
    };
    ensure(coarse.cells(d) as u64 == cells, "index.file_cells")?;
    let map = reader.u8()?;
    let mapped = reader.u64()?;
    ensure(map <= 1, "index.faiss_map")?;
    reader.take(mapped, 8)?;
    let mut codes = None;
    let mut size = 4 * d;
    if coded {
        let residual = reader.u8()? != 0;
        size = reader.u64()? as usize;
        let pq = read_pq(reader)?;
        ensure(pq.d == d && size == pq.code_size(), "index.file_codes")?;
        codes = Some((pq, residual));
    }
    let (offsets, ids, rows) = rows_of_lists(reader, cells, size)?;
    ensure(ids.len() as u64 == n, "index.file_lists")?;
    let effort = match &coarse {
        Coarse::Cells(_) => probes.min(cells),
        // Cells there, rows here.
        Coarse::Multi(_) => (probes.min(cells) * n / cells).max(1),
    };
    let store = match codes {
        Some((pq, residual)) => {
            let mut codes = Codes::new(pq, residual, 0);
            codes.codes = rows;
            Store::Codes(codes)
        }
        None => Store::Vectors(Reader::new(&rows).f32s(rows.len() as u64 / 4)?),
    };
    let mut lists = Inverted {
        metric,
        d,
        coarse,
        offsets,
        next: ids.iter().max().map_or(0, |&last| last + 1),
        ids,
        store,
        coarse_sieve: None,
        sieve: None,
        effort: effort as usize,
    };
    sound::lists(&lists)?;
    lists.complete();
    Ok(lists)
}

fn read_pq(reader: &mut Reader) -> Result<Pq> {
    let [d, m, bits] = [reader.u64()?, reader.u64()?, reader.u64()?];
    let d = sound::width(d)?;
    sound::pq(d, m, bits, &list(reader)?)
}

/// Offsets, ids and rows of the lists.
fn rows_of_lists(reader: &mut Reader, cells: u64, size: usize) -> Result<(Vec<u32>, Vec<u32>, Vec<u8>)> {
    ensure(&tag(reader)? == b"ilar", "index.faiss_lists")?;
    let counted = reader.u64()? == cells && reader.u64()? == size as u64;
    ensure(counted, "index.file_lists")?;
    // As many cells as there are centroids, which were read.
    let mut sizes = vec![0; cells as usize];
    let kind = tag(reader)?;
    let count = reader.u64()?;
    let numbers = reader.u64s(count)?;
    match &kind {
        b"full" => {
            ensure(numbers.len() == sizes.len(), "index.file_lists")?;
            sizes = numbers;
        }
        b"sprs" => {
            for pair in numbers.chunks_exact(2) {
                let place = usize::try_from(pair[0]).ok().and_then(|cell| sizes.get_mut(cell));
                *place.ok_or_else(|| sound::wrong("index.file_lists"))? = pair[1];
            }
        }
        _ => return Err(sound::wrong("index.faiss_lists")),
    }
    let (mut offsets, mut ids, mut rows) = (vec![0], Vec::new(), Vec::new());
    for size_of_list in sizes {
        rows.extend_from_slice(reader.take(size_of_list, size)?);
        for id in reader.u64s(size_of_list)? {
            ensure(id < u64::from(IDS), "index.file_ids")?;
            ids.push(id as u32);
        }
        ensure(ids.len() <= IDS as usize, "index.file_ids")?;
        offsets.push(ids.len() as u32);
    }
    Ok((offsets, ids, rows))
}

fn read_graph(reader: &mut Reader) -> Result<Hnsw> {
    let Head { d, n, metric } = head(reader)?;
    let chances = reader.u64()?;
    reader.take(chances, 8)?;
    let count = reader.u64()?;
    let places = reader.u32s(count)?;
    // 0, 2 M, 3 M, …
    let &[first, second, ..] = &places[..] else {
        return Err(sound::wrong("index.file_graph"));
    };
    let m = second / 2;
    let regular = (1..)
        .zip(&places[1..])
        .all(|(layers, &place)| Some(place) == m.checked_mul(layers + 1));
    ensure(first == 0 && m > 0 && regular, "index.file_graph")?;
    let count = reader.u64()?;
    let mut levels = Vec::new();
    for level in reader.u32s(count)? {
        ensure((1..=32).contains(&level), "index.file_graph")?;
        levels.push(level as u8 - 1);
    }
    let count = reader.u64()?;
    let mut offsets = Vec::new();
    for offset in reader.u64s(count)? {
        let offset = u32::try_from(offset).map_err(|_| sound::wrong("index.file_graph"))?;
        offsets.push(offset);
    }
    let count = reader.u64()?;
    let links = reader.u32s(count)?;
    let entry = reader.u32()?;
    reader.u32()?;
    let [ef_construction, ef, _] = [reader.u32()?, reader.u32()?, reader.u32()?];
    ensure(matches!(&tag(reader)?, b"IxF2" | b"IxFI"), "index.faiss_storage")?;
    let storage = read_flat(reader)?;
    let same = storage.dim() == d && storage.metric() == metric && levels.len() as u64 == n;
    ensure(same, "index.file_graph")?;
    let graph = Hnsw {
        metric,
        d,
        m: m as usize,
        ef_construction: ef_construction.min(10_000) as usize,
        ef: ef.min(IDS) as usize,
        seed: 0,
        vectors: storage.vectors().to_vec(),
        levels,
        offsets,
        links,
        entry,
        gone: Allowed::default(),
    };
    sound::graph(&graph)?;
    Ok(graph)
}

fn read_transformed(reader: &mut Reader, depth: usize) -> Result<Read> {
    let outside = head(reader)?;
    let count = reader.u32()?;
    ensure(count <= 16, "index.file_transform")?;
    let (mut chain, mut unit) = (Vec::new(), false);
    for place in 0..count {
        match &tag(reader)? {
            b"VNrm" => {
                // Ours comes first, and only once.
                ensure(place == 0 && reader.f32()? == 2.0, "index.faiss_normalisation")?;
                reader.take(9, 1)?;
                unit = true;
            }
            b"LTra" | b"rrot" => chain.push(read_linear(reader)?),
            b"Pcam" => {
                reader.take(13, 1)?;
                for _ in 0..3 {
                    list(reader)?;
                }
                chain.push(read_linear(reader)?);
            }
            tag => {
                let tag = String::from_utf8_lossy(tag).into_owned();
                return Err(Message::new("index.faiss_tag").with("tag", tag));
            }
        }
    }
    let inner: Box<dyn Index> = match read_index(reader, depth - 1)? {
        Read::Flat(flat) => Box::new(flat),
        Read::Lists(lists) => lists,
        Read::Graph(graph) => Box::new(graph),
        Read::Transformed(_) => return Err(sound::wrong("index.file_transform")),
    };
    sound::chain(&chain, inner.dim())?;
    ensure(!unit || inner.metric() == Metric::Dot, "index.faiss_normalisation")?;
    let metric = if unit { Metric::Cosine } else { inner.metric() };
    let transformed = Transformed { metric, chain, inner };
    ensure(transformed.dim() == outside.d, "index.file_transform")?;
    Ok(Read::Transformed(transformed))
}

fn read_linear(reader: &mut Reader) -> Result<Linear> {
    let biased = reader.u8()? != 0;
    let (matrix, bias) = (list(reader)?, list(reader)?);
    let (d_in, d_out) = (reader.u32()?, reader.u32()?);
    ensure(reader.u8()? == 1, "index.faiss_untrained")?;
    ensure(biased != bias.is_empty(), "index.file_transform")?;
    Ok(Linear {
        matrix,
        bias,
        d_in: sound::width(u64::from(d_in))?,
        d_out: sound::width(u64::from(d_out))?,
    })
}

/// Codes whose best are compared again by vectors.
fn read_refined(reader: &mut Reader, depth: usize) -> Result<Inverted> {
    let outside = head(reader)?;
    let Read::Lists(mut lists) = read_index(reader, depth - 1)? else {
        return Err(sound::wrong("index.faiss_refined"));
    };
    ensure(matches!(&tag(reader)?, b"IxF2" | b"IxFI"), "index.faiss_storage")?;
    let storage = read_flat(reader)?;
    let times = reader.f32()?;
    let same = storage.dim() == lists.d && storage.metric() == lists.metric && outside.d == lists.d;
    let rows = storage.len();
    ensure(
        same && lists.ids.iter().all(|&id| (id as usize) < rows),
        "index.faiss_refined",
    )?;
    let (d, ids) = (lists.d, std::mem::take(&mut lists.ids));
    let Store::Codes(codes) = &mut lists.store else {
        return Err(sound::wrong("index.faiss_refined"));
    };
    for &id in &ids {
        codes
            .vectors
            .extend_from_slice(&storage.vectors()[id as usize * d..][..d]);
    }
    codes.refine = if times >= 1.0 { times.min(1000.0) as usize } else { 1 };
    lists.ids = ids;
    lists.take_fast_scan();
    Ok(*lists)
}

/// An index with ids of its own: lists take them up, other indexes only where they are the numbers of the rows.
fn read_named(reader: &mut Reader, depth: usize) -> Result<Read> {
    head(reader)?;
    let mut inside = read_index(reader, depth - 1)?;
    let count = reader.u64()?;
    let ids = reader.u64s(count)?;
    let rows: u64 = match &inside {
        Read::Flat(flat) => flat.len() as u64,
        Read::Lists(lists) => lists.len() as u64,
        Read::Graph(graph) => graph.len() as u64,
        Read::Transformed(transformed) => transformed.len() as u64,
    };
    ensure(count == rows, "index.file_ids")?;
    if let Read::Lists(lists) = &mut inside {
        for id in &mut lists.ids {
            let named = ids.get(*id as usize).filter(|&&named| named < u64::from(IDS));
            *id = *named.ok_or_else(|| sound::wrong("index.file_ids"))? as u32;
        }
        lists.next = lists.ids.iter().max().map_or(0, |&last| last + 1);
        sound::lists(lists)?;
    } else {
        ensure((0..).zip(&ids).all(|(row, &id)| id == row), "index.faiss_named")?;
    }
    Ok(inside)
}
