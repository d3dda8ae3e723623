//! k-means: Lloyd's algorithm, the first half of most quantisers.
//!
//! Rows go to their nearest centroid, centroids to the mean of their rows, by turns; the inertia Σ‖x − c(x)‖² never
//! rises. A centroid that has lost all its rows moves to the row that is farthest from its own, which cannot raise it
//! either. The spherical variant, for inner products, assigns by ⟨x, c⟩ and scales centroids to length 1.
//!
//! Assigning is a matrix product: the nearest centroid is the one with the largest ⟨x, c⟩ − ‖c‖²/2. Both are taken
//! relative to the mean of the rows first, or the digits would be lost for rows far from the origin.

use super::kernels;
use crate::matrix::Metric;
use crate::nn::{Packing, Size, Write, gemm_nt, simd};
use crate::order;
use crate::rng::Rng;

/// Rows assigned in one unit of work: with a thousand centroids of 64 numbers, about a millisecond.
const ROWS: usize = 64;

/// Multiplications of one unit of work, where so many rows ask for fewer.
const PRODUCTS: usize = 2_000_000;

/// Rows that a centroid is learnt from at most. Faiss takes up to 256 and warns below 39. Of 100,000 rows in 1,024 cells
/// a tenth fewer are scanned for the same recall than with cells that were learnt from half of them.
const ROWS_PER_CENTROID: usize = 96;

/// Rounds of Lloyd's algorithm; fewer where nothing changes any more.
pub const ROUNDS: usize = 10;

/// Whether centroids are means or directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Geometry {
    /// Means; the nearest by Euclidean distance.
    Euclidean,
    /// Of length 1; the nearest by inner product.
    Spherical,
}

/// A clustering under way.
#[derive(Clone, Debug)]
pub struct KMeans {
    geometry: Geometry,
    d: usize,
    /// n × d, relative to `mean`.
    rows: Vec<f32>,
    mean: Vec<f32>,
    /// k × d, relative to `mean`.
    centroids: Vec<f32>,
    rounds: usize,
    round: usize,
    /// Rows assigned in this round.
    assigned: usize,
    cells: Vec<u32>,
    /// How far each row is from its centroid; negated product where they are directions.
    errors: Vec<f32>,
    assigner: Assigner,
    /// Inertia at the beginning of each round (Σ of `errors`).
    inertia: Vec<f64>,
}

impl KMeans {
    /// `k` centroids of `rows` (n × d), at first rows drawn by `rng`, no two alike while there are others.
    ///
    /// # Panics
    /// If `rows` is not a whole number of rows, or `k` is 0.
    pub fn new(rows: Vec<f32>, d: usize, k: usize, geometry: Geometry, rng: &mut Rng) -> Self {
        assert!(k > 0 && rows.len().is_multiple_of(d.max(1)), "{k} centroids of {d}");
        let n = rows.len().checked_div(d).unwrap_or(0);
        let mean = match geometry {
            Geometry::Euclidean => mean(&rows, d),
            Geometry::Spherical => vec![0.0; d],
        };
        let mut rows = rows;
        shift(&mut rows, &mean);
        let mut drawn: Vec<u32> = (0..n as u32).collect();
        rng.shuffle(&mut drawn);
        let mut centroids = vec![0.0; k * d];
        if n > 0 && d > 0 {
            different(&mut drawn, k, &rows, d);
            for (centroid, &row) in centroids.chunks_exact_mut(d).zip(drawn.iter().cycle()) {
                centroid.copy_from_slice(&rows[row as usize * d..][..d]);
                if geometry == Geometry::Spherical {
                    kernels::normalise(centroid);
                }
            }
        }
        let rounds = if n == 0 || d == 0 { 0 } else { ROUNDS };
        Self {
            geometry,
            d,
            mean,
            rounds,
            round: 0,
            assigned: 0,
            cells: vec![u32::MAX; n],
            errors: vec![0.0; n],
            assigner: Assigner::relative(&centroids, d, geometry),
            centroids,
            rows,
            inertia: Vec::new(),
        }
    }

    /// Goes on from `centroids` (k × d) for so many rounds, on the same rows or others as many.
    ///
    /// # Panics
    /// If the sizes differ.
    pub fn resume(&mut self, rows: &[f32], rounds: usize) {
        assert_eq!(rows.len(), self.rows.len(), "as many rows as before");
        self.rows.copy_from_slice(rows);
        let mut back = vec![0.0; self.d];
        back.iter_mut()
            .zip(&self.mean)
            .for_each(|(back, mean)| *back = 0.0 - *mean);
        shift(&mut self.centroids, &back);
        if self.geometry == Geometry::Euclidean {
            self.mean = mean(rows, self.d);
        }
        shift(&mut self.rows, &self.mean);
        shift(&mut self.centroids, &self.mean);
        self.assigner = Assigner::relative(&self.centroids, self.d, self.geometry);
        (self.rounds, self.round, self.assigned) = (if self.cells.is_empty() { 0 } else { rounds }, 0, 0);
        self.cells.fill(u32::MAX);
    }

    /// A unit of work: some rows to their centroids, and after the last the centroids to their rows. False when there is
    /// nothing left to do.
    pub fn advance(&mut self) -> bool {
        if self.round == self.rounds {
            return false;
        }
        let d = self.d;
        let some = ROWS.max(PRODUCTS / self.centroids.len());
        let end = (self.assigned + some).min(self.cells.len());
        let rows = &self.rows[self.assigned * d..end * d];
        let mut cells = std::mem::take(&mut self.assigner.cells);
        self.assigner.nearest(rows, &mut cells);
        for ((row, x), &cell) in (self.assigned..end).zip(rows.chunks_exact(d)).zip(&cells) {
            let centroid = &self.centroids[cell as usize * d..][..d];
            let metric = match self.geometry {
                Geometry::Euclidean => Metric::L2,
                Geometry::Spherical => Metric::Dot,
            };
            let mut score = [0.0];
            kernels::scores(metric, x, centroid, &mut score);
            self.errors[row] = 0.0 - score[0];
        }
        let moved = cells != self.cells[self.assigned..end];
        self.cells[self.assigned..end].copy_from_slice(&cells);
        self.assigner.cells = cells;
        self.assigner.moved |= moved;
        self.assigned = end;
        if end == self.cells.len() {
            self.end_round();
        }
        true
    }

    /// Share of the work that is done.
    #[must_use]
    pub fn share(&self) -> f32 {
        let rows = self.cells.len().max(1) as f32;
        (self.round as f32 + self.assigned as f32 / rows) / self.rounds.max(1) as f32
    }

    /// Inertia at the beginning of each round.
    #[cfg(test)]
    pub fn inertia(&self) -> &[f64] {
        &self.inertia
    }

    /// The centroids (k × d).
    #[must_use]
    pub fn centroids(&self) -> Vec<f32> {
        let mut centroids = self.centroids.clone();
        for centroid in centroids.chunks_exact_mut(self.d.max(1)) {
            centroid.iter_mut().zip(&self.mean).for_each(|(x, mean)| *x += mean);
        }
        centroids
    }

    fn end_round(&mut self) {
        let errors = self.errors.iter().map(|&error| f64::from(error));
        self.inertia.push(errors.sum());
        self.round += 1;
        self.assigned = 0;
        if !std::mem::take(&mut self.assigner.moved) {
            self.round = self.rounds;
            return;
        }
        let d = self.d;
        let k = self.centroids.len() / d;
        let mut sums = vec![0.0_f64; k * d];
        let mut counts = vec![0_u32; k];
        for (x, &cell) in self.rows.chunks_exact(d).zip(&self.cells) {
            let cell = cell as usize;
            counts[cell] += 1;
            for (sum, &x) in sums[cell * d..][..d].iter_mut().zip(x) {
                *sum += f64::from(x);
            }
        }
        let spherical = self.geometry == Geometry::Spherical;
        let mut far = None;
        for (cell, (&count, sums)) in counts.iter().zip(sums.chunks_exact(d)).enumerate() {
            let centroid = &mut self.centroids[cell * d..][..d];
            if count > 0 {
                let count = f64::from(count);
                centroid
                    .iter_mut()
                    .zip(sums)
                    .for_each(|(x, sum)| *x = (sum / count) as f32);
            } else {
                let far: &mut std::vec::IntoIter<u32> = far.get_or_insert_with(|| farthest(&self.errors).into_iter());
                match far.next() {
                    Some(row) if self.errors[row as usize] > f32::MIN_POSITIVE || spherical => {
                        centroid.copy_from_slice(&self.rows[row as usize * d..][..d]);
                    }
                    _ => {}
                }
            }
            if spherical {
                kernels::normalise(centroid);
            }
        }
        self.assigner = Assigner::relative(&self.centroids, d, self.geometry);
    }
}

/// Keeps of the `drawn` rows the first `k` that differ from one another: two equal centroids would share their rows.
fn different(drawn: &mut Vec<u32>, k: usize, rows: &[f32], d: usize) {
    let row = |row: u32| &rows[row as usize * d..][..d];
    let mut kept: Vec<u32> = Vec::with_capacity(k);
    for &next in drawn.iter() {
        if kept.len() == k {
            break;
        }
        if kept.iter().all(|&other| row(other) != row(next)) {
            kept.push(next);
        }
    }
    *drawn = kept;
}

/// Rows by falling error.
fn farthest(errors: &[f32]) -> Vec<u32> {
    order::places(errors.len(), &mut |a, b| {
        errors[b].total_cmp(&errors[a]).then(a.cmp(&b))
    })
}

/// Finds the nearest centroid of many rows at once.
#[derive(Clone, Debug)]
pub struct Assigner {
    d: usize,
    /// What rows and centroids are taken relative to.
    mean: Vec<f32>,
    /// k × d.
    centroids: Vec<f32>,
    /// ‖c‖²/2, or zeros where the product alone decides.
    halves: Vec<f32>,
    shifted: Vec<f32>,
    scores: Vec<f32>,
    packing: Packing,
    cells: Vec<u32>,
    moved: bool,
}

impl Assigner {
    /// To `centroids` (k × d, k > 0).
    #[must_use]
    pub fn new(centroids: &[f32], d: usize, geometry: Geometry) -> Self {
        let mean = match geometry {
            Geometry::Euclidean => mean(centroids, d),
            Geometry::Spherical => vec![0.0; d],
        };
        let mut centred = centroids.to_vec();
        shift(&mut centred, &mean);
        Self {
            mean,
            ..Self::relative(&centred, d, geometry)
        }
    }

    /// To centroids that are relative to the same mean as the rows will be.
    fn relative(centroids: &[f32], d: usize, geometry: Geometry) -> Self {
        let half = |c: &[f32]| match geometry {
            Geometry::Euclidean => simd::dot(c, c) / 2.0,
            Geometry::Spherical => 0.0,
        };
        Self {
            d,
            mean: Vec::new(),
            centroids: centroids.to_vec(),
            halves: centroids.chunks_exact(d.max(1)).map(half).collect(),
            shifted: Vec::new(),
            scores: Vec::new(),
            packing: Packing::default(),
            cells: Vec::new(),
            moved: false,
        }
    }

    /// The nearest centroid of each of `rows` (n × d) into `cells`; of equally near ones the first.
    pub fn nearest(&mut self, rows: &[f32], cells: &mut Vec<u32>) {
        cells.clear();
        let (d, k) = (self.d, self.halves.len());
        if d == 0 {
            return;
        }
        for rows in rows.chunks(ROWS * d) {
            let n = rows.len() / d;
            let mut rows = rows;
            if !self.mean.is_empty() {
                self.shifted.clear();
                self.shifted.extend_from_slice(rows);
                shift(&mut self.shifted, &self.mean);
                rows = &self.shifted;
            }
            self.scores.resize(n * k, 0.0);
            let size = Size { m: n, k: d, n: k };
            gemm_nt(
                size,
                rows,
                &self.centroids,
                &mut self.scores,
                Write::Store,
                &mut self.packing,
            );
            for scores in self.scores.chunks_exact_mut(k) {
                simd::update(scores, &self.halves, |score, half| score - half);
                let best = simd::max(scores);
                cells.push(scores.iter().position(|&score| score == best).unwrap_or(0) as u32);
            }
        }
    }
}

/// At most as many rows as `k` centroids are learnt from, columns `from..to` of `vectors` (n × d), drawn by `rng` and
/// in the order they stand.
#[must_use]
pub fn sample(vectors: &[f32], d: usize, from: usize, to: usize, k: usize, rng: &mut Rng) -> Vec<f32> {
    let n = vectors.len().checked_div(d).unwrap_or(0);
    let most = (k * ROWS_PER_CENTROID).max(1024);
    let mut rows: Vec<u32> = (0..n as u32).collect();
    if n > most {
        rng.shuffle(&mut rows);
        rows.truncate(most);
        order::ascend(&mut rows);
    }
    let mut sample = Vec::with_capacity(rows.len() * (to - from));
    for row in rows {
        sample.extend_from_slice(&vectors[row as usize * d..][from..to]);
    }
    sample
}

fn mean(rows: &[f32], d: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; d];
    let mut n = 0.0;
    for row in rows.chunks_exact(d.max(1)) {
        sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        n += 1.0;
    }
    sums.iter()
        .map(|sum| if n > 0.0 { (sum / n) as f32 } else { 0.0 })
        .collect()
}

/// Subtracts `mean` from every row.
fn shift(rows: &mut [f32], mean: &[f32]) {
    for row in rows.chunks_exact_mut(mean.len().max(1)) {
        simd::update(row, mean, |x, mean| x - mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn cluster(rows: &[f32], d: usize, k: usize, geometry: Geometry) -> KMeans {
        let mut clustering = KMeans::new(rows.to_vec(), d, k, geometry, &mut Rng::stream(1, Purpose::Trial, 9));
        while clustering.advance() {}
        clustering
    }

    fn cloud(n: usize, d: usize, at: f32) -> Vec<f32> {
        let mut rng = Rng::stream(4, Purpose::Trial, 0);
        (0..n * d).map(|_| at + rng.normal()).collect()
    }

    #[test]
    fn spec_5_9_7_inertia_never_rises() {
        for (n, d, k, at) in [
            (500, 3, 7, 0.0),
            (300, 8, 64, 100.0),
            (40, 2, 39, 0.0),
            (2000, 5, 16, -3.0),
        ] {
            for geometry in [Geometry::Euclidean, Geometry::Spherical] {
                let inertia = cluster(&cloud(n, d, at), d, k, geometry).inertia().to_vec();
                assert!(inertia.len() > 1, "{inertia:?}");
                for pair in inertia.windows(2) {
                    let slack = 1e-5 * pair[0].abs() + 1e-9;
                    assert!(pair[1] <= pair[0] + slack, "{n} × {d}, k = {k}: {inertia:?}");
                }
                assert!(inertia.last() < inertia.first());
            }
        }
    }

    #[test]
    fn two_clumps_far_from_the_origin_are_told_apart() {
        // 1000 ± 0.01 in f32: ‖c‖²/2 alone has a last digit of 0.06.
        let rows: Vec<f32> = (0..100).map(|row| 1000.0 + 0.01 * (row % 2) as f32).collect();
        let mut found = cluster(&rows, 1, 2, Geometry::Euclidean).centroids();
        found.sort_by(f32::total_cmp);
        assert_eq!(found, [1000.0, 1000.01]);
    }

    #[test]
    fn every_row_is_its_own_centroid_where_there_are_as_many() {
        let rows = cloud(20, 3, 0.0);
        let clustering = cluster(&rows, 3, 20, Geometry::Euclidean);
        assert_eq!(clustering.inertia().last(), Some(&0.0));
    }

    #[test]
    fn centroids_without_rows_move_to_where_rows_are_far() {
        // Nine equal rows and three others: whichever rows are drawn first, four centroids end on four places.
        let mut rows = vec![0.0; 9];
        rows.extend([5.0, 9.0, -7.0]);
        let mut found = cluster(&rows, 1, 4, Geometry::Euclidean).centroids();
        found.sort_by(f32::total_cmp);
        for (found, expected) in found.iter().zip([-7.0, 0.0, 5.0, 9.0]) {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
    }

    #[test]
    fn assigned_is_what_a_naive_search_finds_nearest() {
        for geometry in [Geometry::Euclidean, Geometry::Spherical] {
            let (rows, centroids) = (cloud(150, 6, 2.0), cloud(33, 6, 2.0));
            let mut cells = Vec::new();
            Assigner::new(&centroids, 6, geometry).nearest(&rows, &mut cells);
            for (x, &cell) in rows.chunks_exact(6).zip(&cells) {
                let score = |c: &[f32]| -> f64 {
                    let terms = x.iter().zip(c).map(|(&x, &c)| (f64::from(x), f64::from(c)));
                    match geometry {
                        Geometry::Euclidean => terms.map(|(x, c)| -(x - c) * (x - c)).sum(),
                        Geometry::Spherical => terms.map(|(x, c)| x * c).sum(),
                    }
                };
                let best = centroids.chunks_exact(6).map(score).fold(f64::MIN, f64::max);
                assert!(score(&centroids[cell as usize * 6..][..6]) > best - 1e-4);
            }
        }
    }

    #[test]
    fn no_rows_fewer_rows_than_centroids_and_no_columns_are_no_trouble() {
        assert_eq!(cluster(&[], 2, 3, Geometry::Euclidean).centroids(), [0.0; 6]);
        assert!(cluster(&[], 0, 3, Geometry::Spherical).centroids().is_empty());
        let mut found = cluster(&[1.0, 4.0], 1, 4, Geometry::Euclidean).centroids();
        found.sort_by(f32::total_cmp);
        assert_eq!((found[0], found[3]), (1.0, 4.0));
    }
}
