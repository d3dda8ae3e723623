//! Rows kept as codes of what is left of them once their cell's centroid is subtracted.
//!
//! With x̂ = c + r̂, the centroid and the coded residual, a score is
//!
//! ```text
//! inner product   ⟨q, c⟩     + Σ ⟨q, r̂⟩
//! −distance²      −‖q − c‖²  + Σ 2⟨q, r̂⟩ − (2⟨c, r̂⟩ + ‖r̂‖²)
//! ```
//!
//! The first term is the score of the cell, the sum a walk through a table that depends on the query alone, and the
//! bracket one number a row. So one table serves every cell; Faiss keeps nlist tables of the bracket instead. Codes of
//! whole vectors, which files of Faiss may hold, are the case c = 0.

use super::coarse::Coarse;
use super::pq::{Encoder, Pq};
use super::work::{Step, hide};
use super::{Allowed, Work, flat::BLOCK};
use crate::matrix::Metric;
use crate::nn::simd;

/// Codes of the rows of all lists, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// The quantiser.
    pub pq: Pq,
    /// Whether residuals are coded, or whole vectors.
    pub residual: bool,
    /// n × the size of a code.
    pub codes: Vec<u8>,
    /// The bracket above (n), where scores are distances; else empty.
    pub brackets: Vec<f32>,
    /// The vectors (n × d) for whom the best codes are compared again; empty where only codes are kept.
    pub vectors: Vec<f32>,
    /// How many times k rows are compared again; 0 for none.
    pub refine: usize,
}

impl Codes {
    /// Puts the codes of `rows` (n × d), that lie in `cells`, behind the others.
    pub(super) fn push(&mut self, encoder: &mut Encoder, rows: &[f32], cells: &[u32], coarse: &Coarse, metric: Metric) {
        let d = self.pq.d;
        let mut centroids = vec![0.0; rows.len()];
        if self.residual {
            for (centroid, &cell) in centroids.chunks_exact_mut(d).zip(cells) {
                coarse.centroid(cell, centroid);
            }
        }
        let mut residuals = rows.to_vec();
        simd::update(&mut residuals, &centroids, |x, c| x - c);
        let first = self.codes.len();
        encoder.encode(&self.pq, &residuals, &mut self.codes);
        if self.refine > 0 {
            self.vectors.extend_from_slice(rows);
        }
        if metric == Metric::L2 {
            let codes = self.codes[first..].chunks_exact(self.pq.code_size());
            for (code, centroid) in codes.zip(centroids.chunks_exact(d)) {
                self.brackets
                    .push(bracket(&self.pq, code, centroid, &mut residuals[..d]));
            }
        }
    }

    /// The number that stands for whole rows of cells in [`Codes::scan`]: their cell's score, or what it is to c = 0.
    pub(super) fn base(&self, query: &[f32], metric: Metric, cell: f32) -> f32 {
        match (self.residual, metric) {
            (true, _) => cell,
            (false, Metric::L2) => 0.0 - simd::dot(query, query),
            (false, Metric::Dot | Metric::Cosine) => 0.0,
        }
    }

    /// Makes the table for `query`.
    pub(super) fn prepare(&self, query: &[f32], metric: Metric, work: &mut Work) {
        self.pq.products(query, factor(metric), &mut work.table);
        if let Some(trace) = &mut work.trace {
            trace.push(Step::Table {
                subs: self.pq.m,
                values: work.table.clone(),
            });
        }
        self.pq.by_bytes(&mut work.table, &mut work.scores);
    }

    /// Scores of the rows `from..to` into `out`.
    pub(super) fn scores(&self, base: f32, from: usize, to: usize, table: &[f32], out: &mut [f32]) {
        let size = self.pq.code_size();
        self.pq.scan(table, &self.codes[from * size..to * size], out);
        if self.brackets.is_empty() {
            out.iter_mut().for_each(|score| *score += base);
        } else {
            let brackets = &self.brackets[from..to];
            out.iter_mut()
                .zip(brackets)
                .for_each(|(score, bracket)| *score = base + (*score - bracket));
        }
    }

    /// Scores of the rows `places`, all of which are in the cell of `base`, into `out`.
    pub(super) fn scores_of(&self, base: f32, places: &[u32], table: &[f32], out: &mut [f32]) {
        self.pq.scan_some(table, &self.codes, places, out);
        for (&place, score) in places.iter().zip(out) {
            *score = match self.brackets.get(place as usize) {
                Some(bracket) => base + (*score - bracket),
                None => *score + base,
            };
        }
    }

    /// Offers the rows `from..to`, those of `allowed` among their `ids`, by their places.
    pub(super) fn scan(
        &self,
        base: f32,
        from: usize,
        ids: &[u32],
        allowed: Option<&Allowed>,
        by_place: bool,
        work: &mut Work,
    ) {
        let mut scores = [0.0; BLOCK];
        let mut from = from;
        for ids in ids.chunks(BLOCK) {
            let scores = &mut scores[..ids.len()];
            self.scores(base, from, from + ids.len(), &work.table, scores);
            hide(allowed, ids, scores);
            if by_place {
                let places: [u32; BLOCK] = std::array::from_fn(|at| (from + at) as u32);
                work.offer(&places[..ids.len()], scores);
            } else {
                work.offer(ids, scores);
            }
            from += ids.len();
        }
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pq.bytes() + self.codes.len() + size_of_val(&self.brackets[..]) + size_of_val(&self.vectors[..])
    }

    /// The brackets, taken anew from codes and cells: files hold neither.
    pub(super) fn take_brackets(&mut self, offsets: &[u32], coarse: &Coarse) {
        let d = self.pq.d;
        let (mut centroid, mut residual) = (vec![0.0; d], vec![0.0; d]);
        let mut codes = self.codes.chunks_exact(self.pq.code_size());
        self.brackets.clear();
        for (cell, pair) in (0..).zip(offsets.windows(2)) {
            if self.residual {
                coarse.centroid(cell, &mut centroid);
            }
            for code in codes.by_ref().take((pair[1] - pair[0]) as usize) {
                self.brackets.push(bracket(&self.pq, code, &centroid, &mut residual));
            }
        }
    }
}

/// How many times ⟨q, r̂⟩ is in a score.
pub(super) const fn factor(metric: Metric) -> f32 {
    match metric {
        Metric::L2 => 2.0,
        Metric::Dot | Metric::Cosine => 1.0,
    }
}

/// 2⟨c, r̂⟩ + ‖r̂‖²; `residual` is working space.
fn bracket(pq: &Pq, code: &[u8], centroid: &[f32], residual: &mut [f32]) -> f32 {
    pq.decode(code, residual);
    2.0 * simd::dot(centroid, residual) + simd::dot(residual, residual)
}
