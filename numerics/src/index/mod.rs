//! Indexes: which of many vectors are nearest to a query.
//!
//! An index knows vectors and row numbers, nothing of users or items. There is one convention for every metric: **a
//! larger score is nearer**. Hits come best first, those of equal score by ascending row number, so that every index
//! has one right answer and two of them can be compared hit by hit.
//!
//! A new index is one file here and two lines: its `mod` and its entry in [`INDEXES`].

mod allowed;
mod blocks;
mod build;
mod coarse;
mod codes;
mod eigen;
mod fast_scan;
pub mod files;
mod flat;
mod graph;
mod held;
mod hnsw;
mod imi;
mod inverted;
mod ivf;
mod k_means;
mod kernels;
mod miss;
mod multi_sequence;
mod offered;
mod opq;
mod pq;
mod quality;
mod sieve;
mod top;
mod transform;
mod work;

use crate::matrix::{Matrix, Metric};
use base::settings::{Knob, Settings};
use base::text::{Message, Result};

pub use allowed::Allowed;
pub use build::{Builder, Progress, run};
pub use coarse::{Coarse, Multi};
pub use codes::Codes;
pub use flat::Flat;
pub use held::held;
pub use hnsw::Hnsw;
pub use inverted::{Inverted, Store};
pub use miss::{Miss, why};
pub use pq::Pq;
pub use quality::{Quality, Truth, share_found};
pub use top::Top;
pub use transform::{Linear, Transformed};
pub use work::{Ask, SearchLog, Step, Work};

/// A vector that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Row of the vector in the matrix the index was built from.
    pub id: u32,
    /// Larger is nearer: see [`Metric`].
    pub score: f32,
}

/// Something that finds the nearest of the vectors it was built from.
pub trait Index {
    /// Puts the `ask.k` nearest vectors to `query` into `out`, best first, and what it cost onto the log of `work`.
    ///
    /// All vectors where there are no more than k. A vector whose score overflows into NaN is not found.
    ///
    /// # Panics
    /// If `query` has another length than the vectors; [`Index::check`] a query from outside first.
    fn search(&self, query: &[f32], ask: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>);

    /// Sensible efforts, ascending, the last of which misses nothing that the index can find at all; empty where there
    /// is nothing to choose because every search is exact.
    fn efforts(&self) -> Vec<usize> {
        Vec::new()
    }

    /// The effort that its settings ask for.
    fn effort(&self) -> usize {
        0
    }

    /// Bytes of memory the index holds.
    fn bytes(&self) -> usize;

    /// Number of vectors.
    fn len(&self) -> usize;

    /// Whether there is no vector.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers in a vector.
    fn dim(&self) -> usize;

    /// What "near" means here.
    fn metric(&self) -> Metric;

    /// Takes up more vectors (n × d), as the rows that follow the last one there ever was.
    ///
    /// # Errors
    /// If they have another width, or a row holds a NaN or an infinity; nothing is taken up then.
    fn add(&mut self, vectors: Matrix) -> Result<()>;

    /// Lets the rows `ids` be found no more; rows that are not there are passed over. The others keep their numbers.
    fn remove(&mut self, ids: &[u32]);

    /// What it is made of, for whoever writes it down, draws it or explains it.
    fn parts(&self) -> Parts<'_>;

    /// Whether `query` can be searched for.
    ///
    /// # Errors
    /// If it has another length than the vectors, or holds a NaN or an infinity.
    fn check(&self, query: &[f32]) -> Result<()> {
        if query.len() != self.dim() {
            return Err(Message::new("index.query_length")
                .with("found", query.len())
                .with("dim", self.dim()));
        }
        match query.iter().position(|x| !x.is_finite()) {
            Some(at) => Err(Message::new("index.query_number").with("position", at + 1)),
            None => Ok(()),
        }
    }
}

/// What an index is made of.
#[derive(Clone, Copy)]
pub enum Parts<'a> {
    /// All vectors.
    Flat(&'a Flat),
    /// Cells with lists of vectors or codes.
    Inverted(&'a Inverted),
    /// A graph.
    Hnsw(&'a Hnsw),
    /// Another index over transformed vectors.
    Transformed(&'a Transformed),
}

/// One kind of index: its word in the recipe, where it comes from, its settings and how it is built.
pub struct IndexKind {
    /// Word in the recipe's section `index`.
    pub kind: &'static str,
    /// The paper; empty where it is common knowledge.
    pub source: &'static str,
    /// Settings of its own.
    pub knobs: fn() -> Vec<Knob>,
    /// M and b of its codes for n vectors of width d, or what would be usual for them: what OPQ prepares vectors for.
    pub codes: fn(n: usize, d: usize, settings: &Settings) -> Result<(usize, u32)>,
    /// Builds it over vectors compared by inner product or distance.
    pub build: Build,
}

/// Begins to build an index over the rows of a matrix (n × d). The seed is for kinds that cluster or draw.
///
/// Fails if a vector holds a NaN or an infinity, or if the settings do not fit the vectors.
pub type Build = fn(vectors: Matrix, metric: Metric, settings: &Settings, seed: u32) -> Result<Box<dyn Builder>>;

/// All kinds of index, the default first.
pub static INDEXES: &[IndexKind] = &[flat::KIND, ivf::FLAT, ivf::PQ, imi::KIND, hnsw::KIND];

impl IndexKind {
    /// Its settings: its own, and those of the transform before it.
    #[must_use]
    pub fn knobs(&self) -> Vec<Knob> {
        let mut knobs = (self.knobs)();
        knobs.extend(transform::knobs());
        knobs
    }

    /// Begins to build it over the rows of `vectors` (n × d).
    ///
    /// # Errors
    /// If a row holds a NaN or an infinity, or the settings do not fit the vectors.
    pub fn begin(
        &'static self,
        vectors: Matrix,
        metric: Metric,
        settings: &Settings,
        seed: u32,
    ) -> Result<Box<dyn Builder>> {
        transform::begin(self, take_vectors(vectors)?, metric, settings, seed)
    }

    /// Builds it to the end.
    ///
    /// # Errors
    /// As [`IndexKind::begin`].
    pub fn build(
        &'static self,
        vectors: Matrix,
        metric: Metric,
        settings: &Settings,
        seed: u32,
    ) -> Result<Box<dyn Index>> {
        self.begin(vectors, metric, settings, seed).map(run)
    }
}

/// The nearest to any of several queries, such as a user's interests: the union of what each finds, every row with its
/// best score, best first. `ask.k` are found for each.
pub fn search_all(index: &dyn Index, queries: &[Vec<f32>], ask: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>) {
    let mut all = Vec::new();
    for query in queries {
        index.search(query, ask, work, out);
        all.append(out);
    }
    let mut seen = Allowed::default();
    let best_first = crate::order::places(all.len(), &mut |a, b| {
        let (a, b): (Hit, Hit) = (all[a], all[b]);
        b.score.total_cmp(&a.score).then(a.id.cmp(&b.id))
    });
    let hits = best_first.into_iter().map(|place| all[place as usize]);
    out.extend(hits.filter(|hit| seen.insert(hit.id)));
}

/// `vectors` with rows one after the other in memory.
///
/// # Errors
/// If a row holds a NaN or an infinity.
fn take_vectors(vectors: Matrix) -> Result<Matrix> {
    for (row, vector) in vectors.outer_iter().enumerate() {
        if vector.iter().any(|x| !x.is_finite()) {
            return Err(Message::new("index.vector_number").with("row", row));
        }
    }
    if vectors.is_standard_layout() {
        Ok(vectors)
    } else {
        Ok(vectors.as_standard_layout().into_owned())
    }
}

/// Rows to be added to vectors of width `d`: see [`take_vectors`].
fn take_more(d: usize, vectors: Matrix) -> Result<Matrix> {
    if vectors.ncols() != d {
        let refusal = Message::new("index.vector_length").with("found", vectors.ncols());
        return Err(refusal.with("dim", d));
    }
    take_vectors(vectors)
}

/// Numbers as a matrix of so many rows.
///
/// # Panics
/// If they are not as many rows of one width.
fn rows_of(values: Vec<f32>, rows: usize) -> Matrix {
    let d = values.len().checked_div(rows).unwrap_or(0);
    Matrix::from_shape_vec((rows, d), values).expect("whole rows")
}

/// Numbers as a matrix of rows of width `d`.
///
/// # Panics
/// If they are not whole rows.
fn rows_of_width(values: Vec<f32>, d: usize) -> Matrix {
    let rows = values.len().checked_div(d).unwrap_or(0);
    Matrix::from_shape_vec((rows, d), values).expect("whole rows")
}

/// Powers of two below `most`, and `most`.
fn doubled(first: usize, most: usize) -> Vec<usize> {
    let mut efforts = Vec::new();
    let mut effort = first;
    while effort < most {
        efforts.push(effort);
        effort *= 2;
    }
    efforts.push(most);
    efforts
}

#[cfg(test)]
mod tests;
