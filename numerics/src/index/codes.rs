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
use super::fast_scan::FastScan;
use super::inverted::pick;
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
    /// Spares the sums of most codes, where vectors are compared afterwards.
    pub(super) fast_scan: Option<FastScan>,
}

/// Rows to codes.
pub struct Encoders {
    whole: Encoder,
    fast: Option<Encoder>,
}

impl Codes {
    /// Without a row.
    #[must_use]
    pub const fn new(pq: Pq, residual: bool, refine: usize) -> Self {
        Self {
            pq,
            residual,
            codes: Vec::new(),
            brackets: Vec::new(),
            vectors: Vec::new(),
            refine,
            fast_scan: None,
        }
    }

    /// What encodes rows.
    pub(super) fn encoders(&self) -> Encoders {
        Encoders {
            whole: self.pq.encoder(),
            fast: self.fast_scan.as_ref().map(FastScan::encoder),
        }
    }

    /// Puts the codes of `rows` (n × d), that lie in `cells`, behind the others.
    pub(super) fn push(
        &mut self,
        encoders: &mut Encoders,
        rows: &[f32],
        cells: &[u32],
        coarse: &Coarse,
        metric: Metric,
    ) {
        let centroids = self.centroids(cells, coarse);
        let residuals = residuals(rows, &centroids);
        let first = self.codes.len();
        encoders.whole.encode(&self.pq, &residuals, &mut self.codes);
        let brackets = brackets(&self.pq, &self.codes[first..], &centroids, metric);
        self.brackets.extend(brackets);
        if self.refine > 0 {
            self.vectors.extend_from_slice(rows);
        }
        if let Some((fast_scan, encoder)) = self.fast_scan.as_mut().zip(encoders.fast.as_mut()) {
            fast_scan.push(encoder, &residuals, &centroids, metric);
        }
    }

    /// What is subtracted from rows in `cells` before they are coded (n × d).
    fn centroids(&self, cells: &[u32], coarse: &Coarse) -> Vec<f32> {
        let mut centroids = vec![0.0; cells.len() * self.pq.d];
        if self.residual {
            for (centroid, &cell) in centroids.chunks_exact_mut(self.pq.d).zip(cells) {
                coarse.centroid(cell, centroid);
            }
        }
        centroids
    }

    /// The rows in another order.
    pub(super) fn pick(&mut self, order: &[u32]) {
        pick(&mut self.codes, self.pq.code_size(), order);
        pick(&mut self.brackets, 1, order);
        pick(&mut self.vectors, self.pq.d, order);
        if let Some(fast_scan) = &mut self.fast_scan {
            fast_scan.pick(order);
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
        let fast_scan = self.fast_scan.as_ref().map_or(0, FastScan::bytes);
        let floats = [&self.brackets, &self.vectors].map(|values| size_of_val(&values[..]));
        self.pq.bytes() + self.codes.len() + floats[0] + floats[1] + fast_scan
    }

    /// The brackets, taken anew from codes of rows in `cells`: files do not hold them.
    pub(super) fn take_brackets(&mut self, cells: &[u32], coarse: &Coarse, metric: Metric) {
        let mut taken = Vec::new();
        for (cells, codes) in cells.chunks(BLOCK).zip(self.codes.chunks(BLOCK * self.pq.code_size())) {
            taken.extend(brackets(&self.pq, codes, &self.centroids(cells, coarse), metric));
        }
        self.brackets = taken;
    }

    /// What spares sums, learnt anew from the vectors of rows in `cells`, if there are enough of them.
    pub(super) fn take_fast_scan(&mut self, cells: &[u32], coarse: &Coarse, metric: Metric) {
        let d = self.pq.d;
        self.fast_scan = None;
        if !FastScan::is_worth_it(&self.pq, self.vectors.len() / d) {
            return;
        }
        let mut sample = Vec::new();
        for row in (0..cells.len()).step_by(cells.len().div_ceil(LEARNT_FROM).max(1)) {
            let centroid = self.centroids(&cells[row..=row], coarse);
            sample.extend(residuals(&self.vectors[row * d..][..d], &centroid));
        }
        let mut training = FastScan::training(&self.pq, &sample, 0);
        while training.advance() {}
        let mut fast_scan = FastScan::new(training.finish());
        let mut encoder = fast_scan.encoder();
        for (rows, cells) in self.vectors.chunks(BLOCK * d).zip(cells.chunks(BLOCK)) {
            let centroids = self.centroids(cells, coarse);
            fast_scan.push(&mut encoder, &residuals(rows, &centroids), &centroids, metric);
        }
        self.fast_scan = Some(fast_scan);
    }
}

/// Rows that [`Codes::take_fast_scan`] learns from.
const LEARNT_FROM: usize = 4096;

/// How many times ⟨q, r̂⟩ is in a score.
pub(super) const fn factor(metric: Metric) -> f32 {
    match metric {
        Metric::L2 => 2.0,
        Metric::Dot | Metric::Cosine => 1.0,
    }
}

/// What is left of `rows` once their `centroids` are subtracted.
fn residuals(rows: &[f32], centroids: &[f32]) -> Vec<f32> {
    let mut residuals = rows.to_vec();
    simd::update(&mut residuals, centroids, |x, c| x - c);
    residuals
}

/// 2⟨c, r̂⟩ + ‖r̂‖² of each of the `codes` (n rows) beside its centroid (n × d), where scores are distances; else nothing.
pub(super) fn brackets(pq: &Pq, codes: &[u8], centroids: &[f32], metric: Metric) -> Vec<f32> {
    if metric != Metric::L2 {
        return Vec::new();
    }
    let mut residual = vec![0.0; pq.d];
    let mut bracket = |(code, centroid)| {
        pq.decode(code, &mut residual);
        2.0 * simd::dot(centroid, &residual) + simd::dot(&residual, &residual)
    };
    let rows = codes.chunks_exact(pq.code_size()).zip(centroids.chunks_exact(pq.d));
    rows.map(&mut bracket).collect()
}
