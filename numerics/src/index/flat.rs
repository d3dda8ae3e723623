//! Exact search: every vector is compared with the query.
//!
//! The truth that other indexes are measured against, and for some ten thousand vectors the right choice: there is
//! nothing to build, and a search is one pass through memory.

use super::build::{Builder, Ready};
use super::ivf::usual_codes;
use super::offered::HIDDEN;
use super::sieve::{ROWS_FROM, Sieve};
use super::{Allowed, Ask, Hit, Index, IndexKind, Parts, Work, kernels, take_more, take_vectors};
use crate::matrix::{Matrix, Metric};
use base::settings::Settings;
use base::text::Result;

/// Its entry in the table.
pub const KIND: IndexKind = IndexKind {
    kind: "flat",
    source: "",
    knobs: Vec::new,
    codes: usual_codes,
    build: |vectors, metric, _: &Settings, _seed| {
        let flat: Box<dyn Builder> = Box::new(Ready(Box::new(Flat::build(vectors, metric)?)));
        Ok(flat)
    },
};

/// Rows scored before the best of them are looked for: their scores stay in the nearest cache.
pub const BLOCK: usize = 256;

/// All vectors as they are; for [`Metric::Cosine`] scaled to length 1, the zero vector left as it is.
#[derive(Clone, Debug)]
pub struct Flat {
    vectors: Matrix,
    metric: Metric,
    /// Rows that were removed: they keep their places, so that rows keep their numbers.
    gone: Allowed,
    /// Spares the comparison of most vectors, where they are compared by distance.
    pub(super) sieve: Option<Sieve>,
}

impl Flat {
    /// Over the rows of `vectors` (n × d).
    ///
    /// # Errors
    /// If a row holds a NaN or an infinity.
    pub fn build(vectors: Matrix, metric: Metric) -> Result<Self> {
        Ok(Self::take(unit_rows(take_vectors(vectors)?, metric), metric))
    }

    /// Over rows that need no change: finite, one after the other, and of length 1 where they have to be.
    pub(super) fn take(vectors: Matrix, metric: Metric) -> Self {
        let mut flat = Self {
            vectors,
            metric,
            gone: Allowed::default(),
            sieve: None,
        };
        flat.take_sieve();
        flat
    }

    fn take_sieve(&mut self) {
        if self.metric == Metric::L2 {
            self.sieve = Sieve::of(self.vectors(), self.vectors.ncols(), ROWS_FROM);
        }
    }

    /// The vectors (n × d), removed ones among them.
    #[must_use]
    pub fn vectors(&self) -> &[f32] {
        self.vectors.as_slice().unwrap_or_default()
    }

    /// The rows that were removed.
    #[must_use]
    pub const fn gone(&self) -> &Allowed {
        &self.gone
    }

    /// Whether row `id` must not be found.
    fn hides(&self, allowed: Option<&Allowed>, id: u32) -> bool {
        self.gone.contains(id) || allowed.is_some_and(|allowed| !allowed.contains(id))
    }

    /// Scores of the rows `ids` for a query that [`Index::check`] takes.
    pub fn scores_of(&self, query: &[f32], ids: &[u32], out: &mut Vec<f32>) {
        out.resize(ids.len(), 0.0);
        let mut query = query.to_vec();
        if self.metric == Metric::Cosine {
            kernels::normalise(&mut query);
        }
        kernels::scores_of(self.metric, &query, self.vectors(), ids, out);
    }
}

impl Index for Flat {
    fn search(&self, query: &[f32], ask: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>) {
        assert_eq!(query.len(), self.dim(), "length of the query");
        out.clear();
        if ask.k == 0 {
            return;
        }
        let mut own = std::mem::take(&mut work.query);
        let mut query = query;
        if self.metric == Metric::Cosine {
            own.clear();
            own.extend_from_slice(query);
            kernels::normalise(&mut own);
            query = &own;
        }
        let d = query.len();
        let plain = work.trace.is_none() && ask.allowed.is_none() && self.gone.count() == 0;
        work.top.restart(ask.k);
        if let (Some(sieve), None) = (&self.sieve, &work.trace) {
            sieve.sift(query, sieve.reach(), &mut work.sifted);
            work.sifted.offered.restart();
            let squares = sieve.offer(0..self.vectors.nrows(), &mut work.sifted);
            if !plain {
                let hidden = (0..).zip(squares).filter(|(id, _)| self.hides(ask.allowed, *id));
                hidden.for_each(|(_, square)| *square = HIDDEN);
            }
            sieve.finish(query, self.vectors(), ask.k, &mut work.sifted, None, &mut work.top);
        } else {
            let mut scores = [0.0; BLOCK];
            for first in (0..self.vectors.nrows()).step_by(BLOCK) {
                let end = (first + BLOCK).min(self.vectors.nrows());
                let scores = &mut scores[..end - first];
                kernels::scores(self.metric, query, &self.vectors()[first * d..end * d], scores);
                if plain {
                    work.top.offer_block(first as u32, scores);
                } else {
                    let ids: [u32; BLOCK] = std::array::from_fn(|at| (first + at) as u32);
                    let hidden = ids
                        .iter()
                        .zip(scores.iter_mut())
                        .filter(|(id, _)| self.hides(ask.allowed, **id));
                    hidden.for_each(|(_, score)| *score = f32::NAN);
                    work.offer(&ids[..scores.len()], scores);
                }
            }
        }
        work.log.scanned += self.vectors.nrows() as u64;
        work.query = own;
        work.top.drain_into(out);
    }

    fn bytes(&self) -> usize {
        self.vectors.len() * size_of::<f32>() + self.gone.bytes() + self.sieve.as_ref().map_or(0, Sieve::bytes)
    }

    fn len(&self) -> usize {
        self.vectors.nrows() - self.gone.count()
    }

    fn dim(&self) -> usize {
        self.vectors.ncols()
    }

    fn metric(&self) -> Metric {
        self.metric
    }

    fn add(&mut self, vectors: Matrix) -> Result<()> {
        let more = unit_rows(take_more(self.dim(), vectors)?, self.metric);
        let rows = self.vectors.nrows() + more.nrows();
        if let (Some(sieve), Some(more)) = (&mut self.sieve, more.as_slice()) {
            sieve.push(more);
        }
        let (mut all, _) = std::mem::take(&mut self.vectors).into_raw_vec_and_offset();
        all.extend(more);
        self.vectors = super::rows_of(all, rows);
        if self.sieve.is_none() {
            self.take_sieve();
        }
        Ok(())
    }

    fn remove(&mut self, ids: &[u32]) {
        let rows = self.vectors.nrows();
        for &id in ids.iter().filter(|&&id| (id as usize) < rows) {
            self.gone.insert(id);
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts::Flat(self)
    }
}

/// Rows of length 1 where only directions are compared.
pub(super) fn unit_rows(mut vectors: Matrix, metric: Metric) -> Matrix {
    if metric == Metric::Cosine {
        vectors
            .outer_iter_mut()
            .filter_map(|row| row.into_slice())
            .for_each(kernels::normalise);
    }
    vectors
}
