//! Indexes: which of many vectors are nearest to a query.
//!
//! An index knows vectors and row numbers, nothing of users or items. There is one convention for every metric: **a
//! larger score is nearer**. Hits come best first, those of equal score by ascending row number, so that every index
//! has one right answer and two of them can be compared hit by hit.
//!
//! A new index is one file here and two lines: its `mod` and its entry in [`INDEXES`].

mod flat;
mod kernels;
mod top;

use crate::engine::matrix::{Matrix, Metric};
use crate::settings::{Knob, Settings};
use crate::text::{Message, Result};

pub use flat::Flat;
pub use top::Top;

/// A vector that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Row of the vector in the matrix the index was built from.
    pub id: u32,
    /// Larger is nearer: see [`Metric`].
    pub score: f32,
}

/// What searches cost, summed up over all searches that were given the same log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchLog {
    /// Indexed vectors that were compared with a query.
    pub scanned: u64,
}

/// Something that finds the nearest of the vectors it was built from.
pub trait Index {
    /// Puts the `k` nearest vectors to `query` into `out`, best first, and what it cost onto `log`.
    ///
    /// All vectors where there are no more than `k`. `effort` is one of [`Index::efforts`]: more of it looks at more
    /// vectors. A vector whose score overflows into NaN is not found.
    ///
    /// # Panics
    /// If `query` has another length than the vectors; [`Index::check`] a query from outside first.
    fn search(&self, query: &[f32], k: usize, effort: usize, log: &mut SearchLog, out: &mut Vec<Hit>);

    /// Sensible efforts, ascending; empty where there is nothing to choose because every search is exact.
    fn efforts(&self) -> Vec<usize> {
        Vec::new()
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

/// One kind of index: its word in the recipe, where it comes from, its settings and how it is built.
pub struct IndexKind {
    /// Word in the recipe's section `index`.
    pub kind: &'static str,
    /// The paper; empty where it is common knowledge.
    pub source: &'static str,
    /// Settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Builds it.
    pub build: Build,
}

/// Builds an index over the rows of a matrix (n × d). The seed is for kinds that cluster or draw.
///
/// Fails if a vector holds a NaN or an infinity; the sentence names the row.
pub type Build = fn(vectors: Matrix, metric: Metric, settings: &Settings, seed: u32) -> Result<Box<dyn Index>>;

/// All kinds of index, the default first.
pub static INDEXES: &[IndexKind] = &[flat::KIND];

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

#[cfg(test)]
mod tests;
