//! The coarse quantiser: cells that divide the space, and the order in which a query opens them.

use super::k_means::{Assigner, Geometry};
use super::sieve::Sieve;
use super::work::Step;
use super::{Hit, Work, kernels};
use crate::matrix::Metric;

/// Cells and their centroids.
#[derive(Clone, Debug, PartialEq)]
pub enum Coarse {
    /// One centroid a cell (nlist × d): effort is how many cells are opened, `nprobe`.
    Cells(Vec<f32>),
    /// A centroid for each half of the vector: effort is how many rows are scanned, T.
    Multi(Multi),
}

/// The inverted multi-index (Babenko and Lempitsky, CVPR 2012): K centroids for each half of the vector make K² cells.
/// Cell i + K j is that of centroid i of the first half and j of the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Multi {
    /// Centroids of the halves (K × the width of the half).
    pub halves: [Vec<f32>; 2],
    /// log₂ K.
    pub bits: u32,
}

impl Multi {
    /// K.
    #[must_use]
    pub const fn side(&self) -> usize {
        1 << self.bits
    }

    /// Columns of the first half, of `d`.
    #[must_use]
    pub const fn first(d: usize) -> usize {
        d / 2
    }
}

/// Rows to cells.
pub enum ToCells {
    /// At once.
    Cells(Box<Assigner>),
    /// Half by half.
    Multi(Box<[Assigner; 2]>, u32),
}

impl Coarse {
    /// How many cells, of vectors of width `d`.
    #[must_use]
    pub fn cells(&self, d: usize) -> usize {
        match self {
            Self::Cells(centroids) => centroids.len().checked_div(d).unwrap_or(1),
            Self::Multi(multi) => multi.side() * multi.side(),
        }
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Cells(centroids) => size_of_val(&centroids[..]),
            Self::Multi(multi) => multi.halves.iter().map(|half| size_of_val(&half[..])).sum(),
        }
    }

    /// Puts the centroid of `cell` into `out` (d).
    pub fn centroid(&self, cell: u32, out: &mut [f32]) {
        let (cell, d) = (cell as usize, out.len());
        match self {
            Self::Cells(centroids) => out.copy_from_slice(&centroids[cell * d..][..d]),
            Self::Multi(multi) => {
                let (first, second) = out.split_at_mut(Multi::first(d));
                let [i, j] = [cell % multi.side(), cell / multi.side()];
                first.copy_from_slice(&multi.halves[0][i * first.len()..][..first.len()]);
                second.copy_from_slice(&multi.halves[1][j * second.len()..][..second.len()]);
            }
        }
    }

    /// What finds the cells of rows of width `d`. Under inner products a row goes to the centroid with the largest
    /// product, as in Faiss; the halves of a multi-index are always compared by distance.
    #[must_use]
    pub fn to_cells(&self, d: usize, metric: Metric) -> ToCells {
        match self {
            Self::Cells(centroids) => ToCells::Cells(Box::new(Assigner::new(centroids, d, geometry(metric)))),
            Self::Multi(multi) => {
                let widths = [Multi::first(d), d - Multi::first(d)];
                let half = |half: usize| Assigner::new(&multi.halves[half], widths[half], Geometry::Euclidean);
                ToCells::Multi(Box::new([half(0), half(1)]), multi.bits)
            }
        }
    }

    /// What spares the comparison of most centroids, if it is worth it: like that of the `rows`, if they have one.
    #[must_use]
    pub(super) fn sieve(&self, d: usize, metric: Metric, rows: Option<&Sieve>) -> Option<Sieve> {
        match (self, metric, rows) {
            (Self::Cells(centroids), Metric::L2, Some(rows)) => Some(rows.alike(centroids)),
            (Self::Cells(centroids), Metric::L2, None) => Sieve::of(centroids, d, 1 << 12),
            _ => None,
        }
    }

    /// Puts the cells to be opened into `work.cells`, nearest first, with their scores. `offsets` are those of the lists;
    /// for a `sieve` the query is sifted already.
    pub(super) fn rank(
        &self,
        query: &[f32],
        metric: Metric,
        effort: usize,
        offsets: &[u32],
        sieve: Option<&Sieve>,
        work: &mut Work,
    ) {
        work.cells.clear();
        match self {
            Self::Cells(centroids) => {
                let cells = offsets.len() - 1;
                let opened = effort.clamp(1, cells);
                work.log.centroids += cells as u64;
                let ranked = if work.trace.is_some() { cells } else { opened };
                work.top.restart(ranked);
                work.scores.clear();
                if let Some(sieve) = sieve.filter(|_| ranked < cells) {
                    work.sifted.offered.restart();
                    sieve.offer(0..cells, &mut work.sifted);
                    sieve.finish(query, centroids, ranked, &mut work.sifted, None, &mut work.top);
                } else {
                    work.scores.resize(cells, 0.0);
                    kernels::scores(metric, query, centroids, &mut work.scores);
                    work.top.offer_block(0, &work.scores);
                }
                work.found.clear();
                work.top.drain_into(&mut work.found);
                // Products that overflowed into no number at all come last.
                let overflowed = (0..).zip(&work.scores).filter(|(_, score)| score.is_nan());
                let missing = ranked - work.found.len();
                let overflowed = overflowed.map(|(id, &score)| Hit { id, score });
                work.found.extend(overflowed.take(missing));
                let nearest = work.found.iter().take(opened);
                work.cells.extend(nearest.map(|hit| (hit.id, hit.score)));
                if let Some(trace) = &mut work.trace {
                    let ranked = work.found.clone();
                    trace.push(Step::Cells { ranked, opened });
                }
            }
            Self::Multi(multi) => {
                let mut sequence = std::mem::take(&mut work.sequence);
                sequence.restart(multi, metric, query);
                work.log.centroids += 2 * multi.side() as u64;
                let mut rows = 0;
                while rows < effort.max(1) as u32 {
                    let Some((cell, score)) = sequence.next_cell() else {
                        break;
                    };
                    let size = offsets[cell as usize + 1] - offsets[cell as usize];
                    if size > 0 || work.trace.is_some() {
                        work.cells.push((cell, score));
                    }
                    rows += size;
                }
                work.sequence = sequence;
                if let Some(trace) = &mut work.trace {
                    let ranked = work.cells.iter().map(|&(id, score)| Hit { id, score }).collect();
                    let opened = work.cells.len();
                    trace.push(Step::Cells { ranked, opened });
                }
            }
        }
    }
}

/// How rows are assigned to centroids of cells.
pub const fn geometry(metric: Metric) -> Geometry {
    match metric {
        Metric::L2 => Geometry::Euclidean,
        Metric::Dot | Metric::Cosine => Geometry::Spherical,
    }
}

impl ToCells {
    /// The cell of each of `rows` (n × d), put behind those in `cells`.
    pub fn assign(&mut self, rows: &[f32], d: usize, cells: &mut Vec<u32>) {
        let n = rows.len().checked_div(d).unwrap_or(0);
        let mut found = Vec::new();
        match self {
            Self::Cells(assigner) => assigner.nearest(rows, &mut found),
            Self::Multi(assigners, bits) => {
                let first = Multi::first(d);
                let mut half = Vec::new();
                found.resize(n, 0);
                for (side, (from, to)) in [(0, first), (first, d)].into_iter().enumerate() {
                    let mut columns = Vec::with_capacity(n * (to - from));
                    rows.chunks_exact(d)
                        .for_each(|row| columns.extend_from_slice(&row[from..to]));
                    assigners[side].nearest(&columns, &mut half);
                    let shift = side as u32 * *bits;
                    found
                        .iter_mut()
                        .zip(&half)
                        .for_each(|(cell, &half)| *cell |= half << shift);
                }
            }
        }
        cells.append(&mut found);
    }
}
