//! Rows that cannot be among the nearest, told by a byte a number.
//!
//! The idea of vector approximation files (Weber, Schek and Blott, VLDB 1998). Rows are kept a second time, as bytes:
//! x ≈ μ + s c, with the mean μ of all rows and one step s. With the query rounded likewise to μ + s b, the triangle
//! inequality says
//!
//! ```text
//! ‖q − x‖ ≥ s ‖b − c‖ − ‖q − (μ + s b)‖ − ‖x − (μ + s c)‖
//! ```
//!
//! where ‖b − c‖² is a sum of squares of whole numbers, without an error. A row that is farther by this bound than the
//! worst hit that is kept need not be compared; all others are, as ever. So what is found has nothing to do with the
//! bytes, but that a quarter of the memory is read.

use bytemuck::cast;
use wide::{f32x4, i16x8, i32x4, u8x16};

use super::Work;
use super::flat::BLOCK;

/// Bytes of rows, and what they mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Sieve {
    /// μ.
    mean: Vec<f64>,
    /// s.
    step: f64,
    /// The greatest ‖x − (μ + s c)‖.
    error: f64,
    /// Bytes of a row: as many as there are columns, and zeros that fill the last sixteen.
    width: usize,
    codes: Vec<u8>,
}

/// A query as the sieve compares it.
#[derive(Clone, Debug, Default)]
pub struct Sifted {
    /// b, as wide as rows are.
    codes: Vec<i16>,
    /// ‖q − (μ + s b)‖.
    error: f64,
}

/// Wider rows have no sieve: 2 · 511² for every eight numbers of a row stays below 2³¹.
const WIDTH_MAX: usize = 1 << 14;

/// Numbers of all rows, from which on it is worth its memory: about what the nearer caches hold.
const NUMBERS_MIN: usize = 1 << 20;

impl Sieve {
    /// Learnt from `rows` (n × d), none of which is in it yet, if it spares time.
    #[must_use]
    pub fn if_worth_it(rows: &[f32], d: usize) -> Option<Self> {
        (rows.len() >= NUMBERS_MIN && d <= WIDTH_MAX).then(|| Self::new(rows, d))
    }

    /// Of all `rows` (n × d), if it spares time.
    #[must_use]
    pub fn of(rows: &[f32], d: usize) -> Option<Self> {
        let mut sieve = Self::if_worth_it(rows, d)?;
        sieve.push(rows);
        Some(sieve)
    }

    /// Learnt from `rows` (n × d, d > 0).
    fn new(rows: &[f32], d: usize) -> Self {
        let mut mean = vec![0.0; d];
        for row in rows.chunks_exact(d) {
            mean.iter_mut().zip(row).for_each(|(mean, &x)| *mean += f64::from(x));
        }
        let n = (rows.len() / d).max(1) as f64;
        mean.iter_mut().for_each(|mean| *mean /= n);
        let mut farthest = 0.0;
        for row in rows.chunks_exact(d) {
            for (&x, mean) in row.iter().zip(&mean) {
                let apart = (f64::from(x) - mean).abs();
                farthest = if apart > farthest { apart } else { farthest };
            }
        }
        Self {
            mean,
            step: if farthest > 0.0 { farthest / 127.0 } else { 1.0 },
            error: 0.0,
            width: d.next_multiple_of(16),
            codes: Vec::new(),
        }
    }

    /// Puts the bytes of `rows` (n × d) behind the others.
    pub fn push(&mut self, rows: &[f32]) {
        for row in rows.chunks_exact(self.mean.len()) {
            let mut square = 0.0;
            for (&x, mean) in row.iter().zip(&self.mean) {
                let apart = f64::from(x) - mean;
                let code = (apart / self.step + 128.5) as u8;
                let error = apart - self.step * (f64::from(code) - 128.0);
                square += error * error;
                self.codes.push(code);
            }
            self.codes.resize(self.codes.len().next_multiple_of(self.width), 0);
            let error = square.sqrt();
            self.error = if error > self.error { error } else { self.error };
        }
    }

    /// Puts what there is of `query` (d) into `sifted`.
    pub fn sift(&self, query: &[f32], sifted: &mut Sifted) {
        sifted.codes.clear();
        let mut square = 0.0;
        for (&x, mean) in query.iter().zip(&self.mean) {
            let apart = f64::from(x) - mean;
            let code = (apart / self.step + 128.5).clamp(-255.0, 511.0) as i16;
            let error = apart - self.step * (f64::from(code) - 128.0);
            square += error * error;
            sifted.codes.push(code);
        }
        sifted.codes.resize(self.width, 0);
        sifted.error = square.sqrt();
    }

    /// Puts those of the rows `first..end`, a block at most, into `out` that may be nearer than the worst of the best so
    /// far; says how many there are. The query is the one that was sifted into `work`.
    pub(super) fn left(&self, first: usize, end: usize, work: &mut Work, out: &mut [u32; BLOCK]) -> usize {
        let mut numbers = [0; BLOCK];
        let numbers = &mut numbers[..end - first];
        distances(
            &work.sifted.codes,
            &self.codes[first * self.width..end * self.width],
            numbers,
        );
        let worst = work.top.worst();
        let limit = worst.map_or(i32::MAX, |worst| self.limit(&work.sifted, worst.score));
        not_above(limit, numbers, first as u32, out)
    }

    /// The greatest ‖b − c‖² of a row that may have no lower a score than `worst`, which is minus a squared distance.
    fn limit(&self, query: &Sifted, worst: f32) -> i32 {
        let square = 0.0 - f64::from(worst);
        // Squares that vanish in f32 have no relative precision.
        if square < 1e-30 {
            return i32::MAX;
        }
        // A squared distance of f32 is a sum of d squares, each off by some roundings.
        let slack = 1e-5 + 1e-7 * self.mean.len() as f64;
        let reach = (square.sqrt() * (1.0 + slack) + query.error + self.error) / self.step * (1.0 + 1e-9);
        (reach * reach) as i32
    }

    /// The bytes of rows in another order.
    pub fn pick(&mut self, order: &[u32]) {
        super::inverted::pick(&mut self.codes, self.width, order);
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.codes.len() + size_of_val(&self.mean[..])
    }
}

/// Squared distances of whole numbers: rows as wide as the query, a multiple of sixteen. Four at a time, as the kernels
/// compare vectors.
fn distances(query: &[i16], codes: &[u8], out: &mut [i32]) {
    let last = out.len().wrapping_sub(1);
    for first in (0..out.len()).step_by(4) {
        let a = row(codes, first, query.len());
        let b = row(codes, last.min(first + 1), query.len());
        let c = row(codes, last.min(first + 2), query.len());
        let d = row(codes, last.min(first + 3), query.len());
        let sums = four_rows(query, a, b, c, d).to_array();
        match out[first..].first_chunk_mut::<4>() {
            Some(out) => *out = sums,
            None => out[first..].iter_mut().zip(sums).for_each(|(out, sum)| *out = sum),
        }
    }
}

#[inline(always)]
fn row(codes: &[u8], at: usize, width: usize) -> &[u8] {
    &codes[at * width..][..width]
}

#[inline(always)]
fn four_rows(query: &[i16], a: &[u8], b: &[u8], c: &[u8], d: &[u8]) -> i32x4 {
    let mut sums = [i32x4::ZERO; 4];
    let (query, _) = query.as_chunks::<16>();
    let ((a, _), (b, _)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let ((c, _), (d, _)) = (c.as_chunks::<16>(), d.as_chunks::<16>());
    for ((((q, a), b), c), d) in query.iter().zip(a).zip(b).zip(c).zip(d) {
        let (halves, _) = q.as_chunks::<8>();
        let (low, high) = (i16x8::from(halves[0]), i16x8::from(halves[1]));
        sums[0] += squares(low, high, a);
        sums[1] += squares(low, high, b);
        sums[2] += squares(low, high, c);
        sums[3] += squares(low, high, d);
    }
    // Only moves bits.
    let [a, b, c, d] = f32x4::transpose(cast(sums));
    let sums: [i32x4; 4] = cast([a, b, c, d]);
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// Of the differences of sixteen numbers, added to four.
#[inline(always)]
fn squares(low: i16x8, high: i16x8, codes: &[u8; 16]) -> i32x4 {
    let codes = u8x16::from(*codes);
    let low = cast::<u8x16, i16x8>(u8x16::unpack_low(codes, u8x16::ZERO)) - low;
    let high = cast::<u8x16, i16x8>(u8x16::unpack_high(codes, u8x16::ZERO)) - high;
    low.dot(low) + high.dot(high)
}

/// Puts the places of the numbers that are not above `limit`, counted from `first`, into `out`; says how many there are.
///
/// # Panics
/// If `out` is shorter than `numbers`.
fn not_above(limit: i32, numbers: &[i32], first: u32, out: &mut [u32]) -> usize {
    let limits = i32x4::splat(limit);
    let mut count = 0;
    let (fours, rest) = numbers.as_chunks::<4>();
    for (at, four) in fours.iter().enumerate() {
        let mut near = !limits.simd_lt(i32x4::from(*four)).to_bitmask() & 15;
        while near != 0 {
            out[count] = first + 4 * at as u32 + near.trailing_zeros();
            count += 1;
            near &= near - 1;
        }
    }
    let rest_at = first + 4 * fours.len() as u32;
    for (place, _) in (rest_at..).zip(rest).filter(|(_, number)| **number <= limit) {
        out[count] = place;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::ivf::FLAT;
    use crate::index::{Allowed, Ask, Flat, Index, Parts, Work, kernels};
    use crate::matrix::{Matrix, Metric};
    use crate::rng::{Purpose, Rng};
    use base::settings::{Settings, Value, by_key};

    #[test]
    fn distances_of_bytes_are_sums_of_squares() {
        let mut rng = Rng::stream(41, Purpose::Trial, 0);
        for width in [16, 48, 64] {
            let query: Vec<i16> = (0..width).map(|_| rng.below(767) as i16 - 255).collect();
            let codes: Vec<u8> = (0..7 * width).map(|_| rng.below(256) as u8).collect();
            let mut out = [0; 7];
            distances(&query, &codes, &mut out);
            for (row, out) in codes.chunks_exact(width).zip(out) {
                let squares = row
                    .iter()
                    .zip(&query)
                    .map(|(&c, &b)| (i32::from(c) - i32::from(b)).pow(2));
                assert_eq!(out, squares.sum::<i32>());
            }
        }
    }

    #[test]
    fn no_row_that_scores_as_high_is_ever_beyond_the_limit() {
        let mut rng = Rng::stream(42, Purpose::Trial, 0);
        for (d, scale, at, far) in [
            (1, 1.0, 0.0, 1.0),
            (7, 1e-12, 0.0, 1.0),
            (16, 3.0, 500.0, 1.0),
            (50, 1e15, 0.0, 9.0),
        ] {
            let mut draw =
                |rows: usize, scale: f32| -> Vec<f32> { (0..rows * d).map(|_| at + scale * rng.normal()).collect() };
            let rows = draw(300, scale);
            let mut sieve = Sieve::new(&rows[..200 * d], d);
            // The last of them were not there when it was learnt.
            sieve.push(&rows);
            let mut sifted = Sifted::default();
            let mut sparing = 0;
            for query in draw(20, far * scale).chunks_exact(d) {
                let (mut scores, mut numbers, mut places) = ([0.0; 300], [0; 300], [0; 300]);
                kernels::scores(Metric::L2, query, &rows, &mut scores);
                sieve.sift(query, &mut sifted);
                distances(&sifted.codes, &sieve.codes, &mut numbers);
                for worst in scores {
                    let limit = sieve.limit(&sifted, worst);
                    let count = not_above(limit, &numbers, 0, &mut places);
                    sparing += 300 - count;
                    let left = &places[..count];
                    for (place, &score) in (0..).zip(&scores) {
                        assert!(score < worst || left.contains(&place), "d = {d}: {score} and {worst}");
                    }
                }
            }
            // Half of the 900,000 that score lower, unless the queries are far from all rows.
            assert!(far > 1.0 || sparing > 450_000, "d = {d}: {sparing} were spared");
        }
    }

    #[test]
    fn squares_that_vanish_and_distances_without_end_spare_nothing() {
        let rows = [1e-30, 2e-30, 3e-30];
        let mut sieve = Sieve::new(&rows, 1);
        sieve.push(&rows);
        let mut sifted = Sifted::default();
        sieve.sift(&[0.0], &mut sifted);
        assert_eq!(sieve.limit(&sifted, 0.0), i32::MAX);
        assert_eq!(sieve.limit(&sifted, f32::NEG_INFINITY), i32::MAX);
    }

    #[test]
    fn searches_with_and_without_it_find_the_same_by_the_same_steps() {
        let mut rng = Rng::stream(43, Purpose::Trial, 0);
        // Small whole numbers, many of them equal: distances that tie.
        let vectors = Matrix::from_shape_simple_fn((70_000, 15), || rng.below(4) as f32 + 100.0);
        let rows: Vec<f32> = vectors.iter().copied().collect();
        assert!(rows.len() >= NUMBERS_MIN);
        let given = by_key([("nlist", Value::Number(40.0))]);
        let settings = Settings::check("index", &(FLAT.knobs)(), &given).unwrap();
        let mut flat = Flat::build(vectors.clone(), Metric::L2).unwrap();
        let mut built = (FLAT.build)(vectors, Metric::L2, &settings, 1).unwrap();
        while built.advance().is_some() {}
        let mut index = built.finish();
        for index in [index.as_mut(), &mut flat] {
            index.remove(&[3, 4]);
            index.add(Matrix::from_elem((1, 15), 101.5)).unwrap();
        }
        let Parts::Inverted(with) = index.parts() else {
            panic!("lists")
        };
        assert!(with.sieve.is_some() && flat.sieve.is_some());
        let mut without = (with.clone(), flat.clone());
        (without.0.sieve, without.1.sieve) = (None, None);
        let pairs: [[&dyn Index; 2]; 2] = [[with, &without.0], [&flat, &without.1]];
        let allowed = Allowed::rows(70_001, &mut |row| row % 3 > 0);
        for (place, query) in rows.chunks_exact(15).take(9).enumerate() {
            for allowed in [None, Some(&allowed)] {
                let ask = Ask {
                    allowed,
                    ..Ask::new(10, 1 + 13 * (place % 4))
                };
                for [with, without] in pairs {
                    let mut found = [Vec::new(), Vec::new()];
                    let mut works = [Work::tracing(), Work::tracing()];
                    with.search(query, ask, &mut works[0], &mut found[0]);
                    without.search(query, ask, &mut works[1], &mut found[1]);
                    assert_eq!(found[0], found[1]);
                    assert_eq!(works[0].trace, works[1].trace);
                    assert_eq!(works[0].log, works[1].log);
                }
            }
        }
    }
}
