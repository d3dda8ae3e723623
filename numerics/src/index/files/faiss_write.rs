//! Index files that Faiss serves (Douze et al., 2024, "The Faiss library"), byte for byte as it would write them itself.
//!
//! There is no published format; what stands here was checked against faiss-cpu 1.15 and 1.7.4. Of the tags that do,
//! the oldest is written. Cosines become inner products behind a normalisation, a refined IVF-PQ an `IxRF`.

use super::super::coarse::Coarse;
use super::super::codes::Codes;
use super::super::hnsw::NONE;
use super::super::{Flat, Hnsw, Index, Inverted, Linear, Parts, Store, Transformed};
use super::bytes::Writer;
use super::sound::ensure;
use crate::matrix::Metric;
use base::text::Result;

/// The file of `index` for Faiss.
///
/// # Errors
/// If Faiss has no place for what it holds: removed rows, a multi-index of odd width or under inner products.
pub fn write_faiss(index: &dyn Index) -> Result<Vec<u8>> {
    let mut writer = Writer::default();
    match index.parts() {
        Parts::Flat(flat) if index.metric() == Metric::Cosine => {
            head(b"IxPT", index.dim(), index.len(), Metric::Dot, &mut writer);
            writer.u32(1);
            normalisation(index.dim(), &mut writer);
            write_flat(flat, &mut writer)?;
        }
        _ => write_index(index, &mut writer)?,
    }
    Ok(writer.0)
}

fn write_index(index: &dyn Index, writer: &mut Writer) -> Result<()> {
    match index.parts() {
        Parts::Flat(flat) => write_flat(flat, writer),
        Parts::Inverted(lists) => write_inverted(lists, writer),
        Parts::Hnsw(graph) => write_graph(graph, writer),
        Parts::Transformed(transformed) => write_transformed(transformed, writer),
    }
}

fn head(tag: &[u8; 4], d: usize, n: usize, metric: Metric, writer: &mut Writer) {
    writer.bytes(tag);
    writer.u32(d as u32);
    writer.u64(n as u64);
    // Two numbers that were of use once.
    writer.u64(1 << 20);
    writer.u64(1 << 20);
    writer.u8(1);
    writer.u32(u32::from(metric == Metric::L2));
}

fn vectors(vectors: &[f32], d: usize, metric: Metric, writer: &mut Writer) {
    let tag = if metric == Metric::L2 { b"IxF2" } else { b"IxFI" };
    head(tag, d, vectors.len() / d, metric, writer);
    list(vectors, writer);
}

fn list(values: &[f32], writer: &mut Writer) {
    writer.u64(values.len() as u64);
    writer.f32s(values);
}

fn write_flat(flat: &Flat, writer: &mut Writer) -> Result<()> {
    ensure(flat.gone().count() == 0, "index.faiss_removed")?;
    vectors(flat.vectors(), flat.dim(), flat.metric(), writer);
    Ok(())
}

fn write_transformed(transformed: &Transformed, writer: &mut Writer) -> Result<()> {
    let (d, n) = (transformed.dim(), transformed.len());
    let cosine = transformed.metric == Metric::Cosine;
    head(b"IxPT", d, n, transformed.inner.metric(), writer);
    writer.u32(transformed.chain.len() as u32 + u32::from(cosine));
    if cosine {
        normalisation(d, writer);
    }
    for linear in &transformed.chain {
        write_linear(linear, writer);
    }
    write_index(transformed.inner.as_ref(), writer)
}

fn normalisation(d: usize, writer: &mut Writer) {
    writer.bytes(b"VNrm");
    writer.f32(2.0);
    widths(d, d, writer);
}

fn write_linear(linear: &Linear, writer: &mut Writer) {
    writer.bytes(b"LTra");
    writer.u8(u8::from(!linear.bias.is_empty()));
    list(&linear.matrix, writer);
    list(&linear.bias, writer);
    widths(linear.d_in, linear.d_out, writer);
}

/// What every transform ends with.
fn widths(d_in: usize, d_out: usize, writer: &mut Writer) {
    writer.u32(d_in as u32);
    writer.u32(d_out as u32);
    writer.u8(1);
}

fn write_inverted(lists: &Inverted, writer: &mut Writer) -> Result<()> {
    let (n, d, metric) = (lists.ids.len(), lists.d, lists.metric);
    match &lists.store {
        Store::Vectors(vectors) => {
            lists_head(b"IwFl", lists, writer)?;
            let mut rows = Writer::default();
            rows.f32s(vectors);
            write_lists(lists, 4 * d, &rows.0, writer);
        }
        Store::Codes(codes) => {
            let refined = codes.refine > 0 && !codes.vectors.is_empty();
            if refined {
                ensure(lists.next as usize == n, "index.faiss_removed")?;
                head(b"IxRF", d, n, metric, writer);
            }
            lists_head(b"IwPQ", lists, writer)?;
            writer.u8(u8::from(codes.residual));
            writer.u64(codes.pq.code_size() as u64);
            let pq = &codes.pq;
            write_pq([pq.d, pq.m, pq.bits as usize], &pq.centroids(), writer);
            write_lists(lists, codes.pq.code_size(), &codes.codes, writer);
            if refined {
                vectors(&by_id(codes, &lists.ids), d, metric, writer);
                writer.f32(codes.refine as f32);
            }
        }
    }
    Ok(())
}

/// Vectors that are kept in the order of lists, in that of their rows.
fn by_id(codes: &Codes, ids: &[u32]) -> Vec<f32> {
    let d = codes.pq.d;
    let mut rows = vec![0.0; codes.vectors.len()];
    for (vector, &id) in codes.vectors.chunks_exact(d).zip(ids) {
        rows[id as usize * d..][..d].copy_from_slice(vector);
    }
    rows
}

fn lists_head(tag: &[u8; 4], lists: &Inverted, writer: &mut Writer) -> Result<()> {
    let (d, cells) = (lists.d, lists.offsets.len() - 1);
    head(tag, d, lists.ids.len(), lists.metric, writer);
    writer.u64(cells as u64);
    let probes = match &lists.coarse {
        Coarse::Cells(_) => lists.effort,
        // A search of ours is bounded by rows, one of Faiss by cells: about as many as hold these rows.
        Coarse::Multi(_) => lists.effort * cells / lists.ids.len().max(1),
    };
    writer.u64(probes.clamp(1, cells) as u64);
    match &lists.coarse {
        Coarse::Cells(centroids) => vectors(centroids, d, lists.metric, writer),
        Coarse::Multi(multi) => {
            ensure(d.is_multiple_of(2) && lists.metric == Metric::L2, "index.faiss_multi")?;
            head(b"Imiq", d, cells, Metric::L2, writer);
            write_pq([d, 2, multi.bits as usize], &multi.halves.concat(), writer);
        }
    }
    // No map from ids to lists.
    writer.bytes(&[0; 9]);
    Ok(())
}

/// A product quantiser of `sizes` d, M and b.
fn write_pq(sizes: [usize; 3], centroids: &[f32], writer: &mut Writer) {
    for number in sizes {
        writer.u64(number as u64);
    }
    list(centroids, writer);
}

/// Lists of rows of `size` bytes, and their ids.
fn write_lists(lists: &Inverted, size: usize, rows: &[u8], writer: &mut Writer) {
    let cells = lists.offsets.len() - 1;
    let sizes = || (0_u64..).zip(lists.offsets.windows(2).map(|pair| u64::from(pair[1] - pair[0])));
    let filled = sizes().filter(|&(_, size)| size > 0).count();
    writer.bytes(b"ilar");
    writer.u64(cells as u64);
    writer.u64(size as u64);
    if filled > cells / 2 {
        writer.bytes(b"full");
        writer.u64(cells as u64);
        sizes().for_each(|(_, size)| writer.u64(size));
    } else {
        writer.bytes(b"sprs");
        writer.u64(2 * filled as u64);
        for (cell, size) in sizes().filter(|&(_, size)| size > 0) {
            writer.u64(cell);
            writer.u64(size);
        }
    }
    for pair in lists.offsets.windows(2) {
        let [from, to] = [pair[0] as usize, pair[1] as usize];
        writer.bytes(&rows[from * size..to * size]);
        lists.ids[from..to].iter().for_each(|&id| writer.u64(u64::from(id)));
    }
}

fn write_graph(graph: &Hnsw, writer: &mut Writer) -> Result<()> {
    ensure(graph.gone.count() == 0, "index.faiss_removed")?;
    let n = graph.levels.len();
    head(b"IHNf", graph.d, n, graph.metric, writer);
    // The chance of each layer, for whoever adds nodes; rounded where Faiss rounds.
    let highest = graph.levels.iter().max().copied().unwrap_or(0);
    let scale = (1.0 / libm::log(graph.m as f64)) as f32;
    let first = 1.0 - libm::exp(f64::from(-1.0 / scale));
    let mut chances: Vec<f64> = Vec::new();
    loop {
        let fall = libm::exp(f64::from(-(chances.len() as f32) / scale));
        let chance = f64::from((fall * first) as f32);
        if chance < 1e-9 && chances.len() > usize::from(highest) {
            break;
        }
        chances.push(chance);
    }
    writer.u64(chances.len() as u64);
    chances.iter().for_each(|chance| writer.u64(chance.to_bits()));
    writer.u64(chances.len() as u64 + 1);
    (0..=chances.len()).for_each(|layers| {
        writer.u32(if layers == 0 {
            0
        } else {
            ((1 + layers) * graph.m) as u32
        })
    });
    writer.u64(n as u64);
    graph.levels.iter().for_each(|&level| writer.u32(u32::from(level) + 1));
    writer.u64(n as u64 + 1);
    graph.offsets.iter().for_each(|&offset| writer.u64(u64::from(offset)));
    writer.u64(graph.links.len() as u64);
    // No link is −1 there, which has the bits of ours.
    const { assert!(NONE == u32::MAX) };
    writer.u32s(&graph.links);
    writer.u32(graph.entry);
    writer.u32(if n == 0 { u32::MAX } else { u32::from(highest) });
    writer.u32(graph.ef_construction as u32);
    writer.u32(graph.ef as u32);
    writer.u32(1);
    vectors(&graph.vectors, graph.d, graph.metric, writer);
    Ok(())
}
