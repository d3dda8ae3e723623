//! Whether the parts that a file spoke of are those of an index.

use super::super::coarse::Coarse;
use super::super::codes::Codes;
use super::super::hnsw::NONE;
use super::super::{Hnsw, Inverted, Linear, Pq, Store};
use crate::order;
use base::text::{Message, Result};

/// Numbers of rows are below this: a set of them is a bit for each.
pub const IDS: u32 = 1 << 24;

/// Widths of vectors are at most this.
const WIDTHS: u64 = 1 << 16;

/// The refusal of a file whose parts contradict each other: `what` is the key of their name.
pub fn wrong(what: &'static str) -> Message {
    Message::new(what)
}

/// Whether something holds that has to.
pub fn ensure(holds: bool, what: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(wrong(what)) }
}

/// A width of vectors.
pub fn width(d: u64) -> Result<usize> {
    ensure((1..=WIDTHS).contains(&d), "index.file_width")?;
    Ok(d as usize)
}

/// Whether all of `numbers` are finite.
pub fn finite(numbers: &[f32]) -> Result<()> {
    ensure(numbers.iter().all(|x| x.is_finite()), "index.file_number")
}

/// A product quantiser.
pub fn pq(d: usize, m: u64, bits: u64, centroids: &[f32]) -> Result<Pq> {
    finite(centroids)?;
    let sizes = usize::try_from(m).ok().zip(u32::try_from(bits).ok());
    let pq = sizes.and_then(|(m, bits)| Pq::new(d, m, bits, centroids));
    pq.ok_or_else(|| wrong("index.file_codes"))
}

/// Checks lists, whose sizes were not looked at yet.
pub fn lists(lists: &Inverted) -> Result<()> {
    let (n, d) = (lists.ids.len(), lists.d);
    let cells = lists.coarse.cells(d);
    ensure(cells > 0 && lists.offsets.len() == cells + 1, "index.file_cells")?;
    match &lists.coarse {
        Coarse::Cells(centroids) => {
            ensure(centroids.len() == cells * d, "index.file_cells")?;
            finite(centroids)?;
        }
        Coarse::Multi(multi) => {
            let widths = [super::super::Multi::first(d), d - super::super::Multi::first(d)];
            for (half, width) in multi.halves.iter().zip(widths) {
                ensure(width > 0 && half.len() == width << multi.bits, "index.file_cells")?;
                finite(half)?;
            }
        }
    }
    let ascending = lists.offsets.windows(2).all(|pair| pair[0] <= pair[1]);
    let ends = lists.offsets.first() == Some(&0) && lists.offsets.last().is_some_and(|&end| end as usize == n);
    ensure(ascending && ends, "index.file_lists")?;
    let mut ids = lists.ids.clone();
    order::ascend(&mut ids);
    let apart = ids.windows(2).all(|pair| pair[0] < pair[1]);
    let below = ids.last().is_none_or(|&last| last < lists.next);
    ensure(apart && below && lists.next <= IDS, "index.file_ids")?;
    match &lists.store {
        Store::Vectors(vectors) => {
            ensure(vectors.len() == n * d, "index.file_lists")?;
            finite(vectors)
        }
        Store::Codes(codes) => coded(codes, n, d),
    }
}

fn coded(codes: &Codes, n: usize, d: usize) -> Result<()> {
    ensure(codes.codes.len() == n * codes.pq.code_size(), "index.file_lists")?;
    let kept = if codes.refine > 0 { n * d } else { 0 };
    ensure(codes.vectors.len() == kept, "index.file_lists")?;
    finite(&codes.vectors)
}

pub fn graph(graph: &Hnsw) -> Result<()> {
    let n = graph.levels.len();
    let shape = graph.vectors.len() == n * graph.d && graph.offsets.len() == n + 1 && graph.offsets[0] == 0;
    ensure(
        shape && (1..=1024).contains(&graph.m) && n <= IDS as usize,
        "index.file_graph",
    )?;
    finite(&graph.vectors)?;
    for (pair, &level) in graph.offsets.windows(2).zip(&graph.levels) {
        let places = (2 + usize::from(level)) * graph.m;
        ensure(pair[0].checked_add(places as u32) == Some(pair[1]), "index.file_graph")?;
    }
    ensure(graph.offsets[n] as usize == graph.links.len(), "index.file_graph")?;
    let highest = graph.levels.iter().max().copied();
    let begins = match (highest, graph.entry) {
        (None, entry) => entry == NONE,
        (Some(highest), entry) => graph.levels.get(entry as usize) == Some(&highest),
    };
    ensure(begins, "index.file_graph")?;
    for node in 0..n as u32 {
        for layer in 0..=usize::from(graph.levels[node as usize]) {
            let places = &graph.links[graph.places(node, layer)];
            let used = graph.links(node, layer).len();
            let there = |link: u32| {
                graph
                    .levels
                    .get(link as usize)
                    .is_some_and(|&level| usize::from(level) >= layer)
            };
            let sound =
                places[..used].iter().all(|&link| there(link)) && places[used..].iter().all(|&link| link == NONE);
            ensure(sound, "index.file_graph")?;
        }
    }
    Ok(())
}

/// Whether transforms lead from one to the next and at last to vectors of width `inner`.
pub fn chain(chain: &[Linear], inner: usize) -> Result<()> {
    for (place, linear) in chain.iter().enumerate() {
        let next = chain.get(place + 1).map_or(inner, |next| next.d_in);
        let sizes = linear.matrix.len() == linear.d_in * linear.d_out;
        let bias = linear.bias.is_empty() || linear.bias.len() == linear.d_out;
        ensure(sizes && bias && linear.d_out == next, "index.file_transform")?;
        finite(&linear.matrix)?;
        finite(&linear.bias)?;
    }
    Ok(())
}
