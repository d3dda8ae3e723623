//! Exact search: every vector is compared with the query.
//!
//! The truth that other indexes are measured against, and for some ten thousand vectors the right choice: there is
//! nothing to build, and a search is one pass through memory.

use std::borrow::Cow;

use ndarray::Axis;

use super::{Hit, Index, IndexKind, SearchLog, Top, kernels, take_vectors};
use crate::engine::matrix::{Matrix, Metric};
use crate::settings::Settings;
use crate::text::Result;

/// Its entry in the table.
pub const KIND: IndexKind = IndexKind {
    kind: "flat",
    source: "",
    knobs: Vec::new,
    build: |vectors, metric, _: &Settings, _seed| Ok(Box::new(Flat::build(vectors, metric)?)),
};

/// Rows scored before the best of them are looked for: their scores stay in the nearest cache.
const BLOCK: usize = 256;

/// All vectors as they are; for [`Metric::Cosine`] scaled to length 1, the zero vector left as it is.
#[derive(Clone, Debug)]
pub struct Flat {
    vectors: Matrix,
    metric: Metric,
}

impl Flat {
    /// Over the rows of `vectors` (n × d).
    ///
    /// # Errors
    /// If a row holds a NaN or an infinity.
    pub fn build(vectors: Matrix, metric: Metric) -> Result<Self> {
        let mut vectors = take_vectors(vectors)?;
        if metric == Metric::Cosine {
            vectors
                .outer_iter_mut()
                .filter_map(|row| row.into_slice())
                .for_each(kernels::normalise);
        }
        Ok(Self { vectors, metric })
    }

    fn score_block(&self, query: &[f32], rows: &[f32], scores: &mut [f32]) {
        match self.metric {
            Metric::Dot | Metric::Cosine => kernels::dots(query, rows, scores),
            Metric::L2 => {
                kernels::squared_distances(query, rows, scores);
                // A difference and not a change of sign: 0 − 0 is 0, while −(0) would be shown as "−0".
                scores.iter_mut().for_each(|score| *score = 0.0 - *score);
            }
        }
    }
}

impl Index for Flat {
    fn search(&self, query: &[f32], k: usize, _effort: usize, log: &mut SearchLog, out: &mut Vec<Hit>) {
        assert_eq!(query.len(), self.dim(), "length of the query");
        out.clear();
        if k == 0 {
            return;
        }
        let query = match self.metric {
            Metric::Dot | Metric::L2 => Cow::Borrowed(query),
            Metric::Cosine => Cow::Owned(unit(query)),
        };
        let mut top = Top::new(k);
        let mut scores = [0.0; BLOCK];
        let mut first = 0;
        for rows in self.vectors.axis_chunks_iter(Axis(0), BLOCK) {
            let scores = &mut scores[..rows.nrows()];
            self.score_block(&query, rows.to_slice().unwrap_or_default(), scores);
            top.offer_block(first, scores);
            first += scores.len() as u32;
        }
        log.scanned += self.len() as u64;
        top.drain_into(out);
    }

    fn bytes(&self) -> usize {
        self.vectors.len() * size_of::<f32>()
    }

    fn len(&self) -> usize {
        self.vectors.nrows()
    }

    fn dim(&self) -> usize {
        self.vectors.ncols()
    }

    fn metric(&self) -> Metric {
        self.metric
    }
}

fn unit(query: &[f32]) -> Vec<f32> {
    let mut unit = query.to_vec();
    kernels::normalise(&mut unit);
    unit
}
