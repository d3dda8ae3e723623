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
//! where ‖b − c‖² is a sum of squares of whole numbers, without an error. The other way round the same sum says how far a
//! row is at most. A row that is farther by the first bound than k others by the second need not be compared; all others
//! are, as ever. So what is found has nothing to do with the bytes, but that a quarter of the memory is read.

use std::ops::Range;

use bytemuck::cast;
use wide::{f32x4, i16x8, i32x4};

use super::Top;
use super::flat::BLOCK;
use super::kernels;
use super::offered::{HIDDEN, Offered};
use crate::matrix::Metric;

/// Bytes of rows, and what they mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Sieve {
    /// Columns.
    d: usize,
    /// μ, as wide as rows are.
    mean: Vec<f32>,
    /// s.
    step: f32,
    /// The greatest ‖x − (μ + s c)‖.
    error: f64,
    /// As many bytes a row as there are columns, and zeros that fill the last sixteen: c of the columns in odd places, and
    /// c + 128 of those in even ones. Two columns are one number of 16 bits then, 256 times the odd one and the even one.
    codes: Vec<u8>,
    /// ‖c‖² of each row.
    squares: Vec<i32>,
}

/// A query as the sieve compares it, and the rows that it leaves.
#[derive(Clone, Debug, Default)]
pub struct Sifted {
    /// b, as wide as rows are: of every sixteen columns, those in even places, and then those in odd ones, of which 256
    /// times the even one before is subtracted.
    codes: Vec<i16>,
    /// ‖b‖², and twice what [`products`] are too large by.
    square: i32,
    /// ‖q − (μ + s b)‖.
    error: f64,
    /// Rows with their ‖b − c‖².
    pub(super) offered: Offered,
}

/// Wider rows have no sieve: 255² for every number of a row stays below 2³¹.
const WIDTH_MAX: usize = 1 << 13;

/// Numbers of all rows of an index, from which on a sieve is worth its memory.
pub const ROWS_FROM: usize = 1 << 16;

impl Sieve {
    /// Learnt from `rows` (n × d), none of which is in it yet, if there are so many numbers.
    #[must_use]
    pub fn if_worth_it(rows: &[f32], d: usize, from: usize) -> Option<Self> {
        (rows.len() >= from && d <= WIDTH_MAX).then(|| Self::new(rows, d))
    }

    /// Of all `rows` (n × d), if there are so many numbers.
    #[must_use]
    pub fn of(rows: &[f32], d: usize, from: usize) -> Option<Self> {
        let mut sieve = Self::if_worth_it(rows, d, from)?;
        sieve.push(rows);
        Some(sieve)
    }

    /// Of other `rows` (n × d), with the same mean and step: what is sifted for one is sifted for the other.
    #[must_use]
    pub fn alike(&self, rows: &[f32]) -> Self {
        let mut sieve = Self {
            mean: self.mean.clone(),
            error: 0.0,
            codes: Vec::new(),
            squares: Vec::new(),
            ..*self
        };
        sieve.push(rows);
        sieve
    }

    /// Learnt from `rows` (n × d, d > 0).
    fn new(rows: &[f32], d: usize) -> Self {
        let mut sums = vec![0.0; d];
        for row in rows.chunks_exact(d) {
            sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        let n = (rows.len() / d).max(1) as f64;
        let mut mean: Vec<f32> = sums.iter().map(|sum| (sum / n) as f32).collect();
        let mut farthest = 0.0;
        for row in rows.chunks_exact(d) {
            for (&x, &mean) in row.iter().zip(&mean) {
                let apart = (f64::from(x) - f64::from(mean)).abs();
                farthest = if apart > farthest { apart } else { farthest };
            }
        }
        mean.resize(d.next_multiple_of(16), 0.0);
        let step = (farthest / 127.0) as f32;
        Self {
            d,
            mean,
            step: if step >= f32::MIN_POSITIVE { step } else { 1.0 },
            error: 0.0,
            codes: Vec::new(),
            squares: Vec::new(),
        }
    }

    /// Puts the bytes of `rows` (n × d) behind the others.
    pub fn push(&mut self, rows: &[f32]) {
        for row in rows.chunks_exact(self.d) {
            let (mut error, mut square, step) = (0.0, 0, f64::from(self.step));
            for (&x, &mean) in row.iter().zip(&self.mean) {
                let apart = f64::from(x) - f64::from(mean);
                let code = ((apart / step).clamp(-127.0, 127.0) + 127.5) as i32 - 127;
                let off = apart - step * f64::from(code);
                error += off * off;
                square += code * code;
                let offset = if self.codes.len().is_multiple_of(2) { 128 } else { 0 };
                self.codes.push((code + offset) as u8);
            }
            self.squares.push(square);
            self.codes.resize(self.codes.len().next_multiple_of(self.mean.len()), 0);
            let error = f64::sqrt(error);
            self.error = if error > self.error { error } else { self.error };
        }
    }

    /// Makes `sifted` one of `query` (d).
    pub fn sift(&self, query: &[f32], sifted: &mut Sifted) {
        sifted.codes.clear();
        sifted.codes.resize(self.mean.len(), 0);
        let (step, steps) = (f32x4::splat(self.step), f32x4::splat(1.0 / self.step));
        // From 126 on, 256 of them less another one would not have sixteen bits.
        let (least, most) = (f32x4::splat(-127.0), f32x4::splat(126.0));
        let (mut error, mut square, mut offsets) = (f32x4::ZERO, i32x4::ZERO, 0);
        let means = self.mean.as_chunks::<16>().0;
        for ((query, mean), out) in query.chunks(16).zip(means).zip(sifted.codes.as_chunks_mut::<16>().0) {
            let query = query.first_chunk().copied().unwrap_or_else(|| {
                let mut whole = *mean;
                whole.iter_mut().zip(query).for_each(|(whole, &x)| *whole = x);
                whole
            });
            let mut codes = [[0; 4]; 4];
            for ((code, query), mean) in codes.iter_mut().zip(query.as_chunks().0).zip(mean.as_chunks().0) {
                let apart = f32x4::from(*query) - f32x4::from(*mean);
                let shifted = (apart * steps).fast_max(least).fast_min(most) + f32x4::splat(ROUND);
                let off = apart - step * (shifted - f32x4::splat(ROUND));
                error += off * off;
                let whole = cast::<_, i32x4>(shifted) - cast::<_, i32x4>(f32x4::splat(ROUND));
                square += whole * whole;
                *code = whole.to_array();
            }
            let (evens, odds) = out.split_at_mut(8);
            for ((pair, even), odd) in codes.as_flattened().as_chunks::<2>().0.iter().zip(evens).zip(odds) {
                (*even, *odd) = (pair[0] as i16, (pair[1] - 256 * pair[0]) as i16);
                offsets += pair[0];
            }
        }
        sifted.square = square.to_array().iter().sum::<i32>() + 2 * 128 * offsets;
        // More than f32 can be wrong by: each of the differences by a hundred-thousandth of a step or a millionth of itself,
        // and by what vanishes when it is squared.
        let width = f64::from(error.to_array().iter().sum::<f32>()).sqrt();
        let roots = (self.d as f64).sqrt();
        sifted.error = width * (1.0 + 1e-4) + (2e-5 * f64::from(self.step) + 1e-18) * roots;
    }

    /// Offers some rows. What is given back are their ‖b − c‖², where those that must not be found can be hidden.
    pub fn offer<'a>(&self, rows: Range<usize>, sifted: &'a mut Sifted) -> &'a mut [i32] {
        let codes = &self.codes[rows.start * self.mean.len()..rows.end * self.mean.len()];
        let squares = sifted.offered.add(rows.clone());
        compare(&sifted.codes, sifted.square, codes, &self.squares[rows], squares);
        squares
    }

    /// Offers those that may be among the `k` nearest to `query` to `top`: `vectors` are theirs, and `ids` the numbers of
    /// the rows, if those are not their places.
    pub fn finish(
        &self,
        query: &[f32],
        vectors: &[f32],
        k: usize,
        sifted: &mut Sifted,
        ids: Option<&[u32]>,
        top: &mut Top,
    ) {
        let reached = sifted.offered.reached_by(k);
        sifted.offered.leave(self.limit(sifted.error, reached));
        let (mut scores, mut numbers) = ([0.0; BLOCK], [0; BLOCK]);
        for places in sifted.offered.left().chunks(BLOCK) {
            let scores = &mut scores[..places.len()];
            kernels::scores_of(Metric::L2, query, vectors, places, scores);
            let Some(ids) = ids else {
                top.offer_rows(places, scores);
                continue;
            };
            for (number, &place) in numbers.iter_mut().zip(places) {
                *number = ids[place as usize];
            }
            top.offer_rows(&numbers[..places.len()], scores);
        }
    }

    /// The greatest ‖b − c‖² of a row that may be as near to the query as one whose ‖b − c‖² is `square`.
    fn limit(&self, error: f64, square: i32) -> i32 {
        self.greatest(
            error,
            f64::from(square).sqrt() * f64::from(self.step) + error + self.error,
        )
    }

    /// The greatest ‖b − c‖² of a row that may be no farther from the query than `distance`.
    fn greatest(&self, error: f64, distance: f64) -> i32 {
        // Squares that vanish in f32 have no relative precision.
        if distance < 1e-15 {
            return HIDDEN - 1;
        }
        // A squared distance of f32 is a sum of d squares, each off by some roundings.
        let slack = 1e-5 + 1e-7 * self.d as f64;
        let reach = (distance * (1.0 + slack) + error + self.error) / f64::from(self.step) * (1.0 + 1e-9);
        ((reach * reach) as i32).min(HIDDEN - 1)
    }

    /// The bytes of rows in another order.
    pub fn pick(&mut self, order: &[u32]) {
        super::inverted::pick(&mut self.codes, self.mean.len(), order);
        super::inverted::pick(&mut self.squares, 1, order);
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.codes.len() + size_of_val(&self.squares[..]) + size_of_val(&self.mean[..])
    }
}

/// 1.5 · 2²³: a number that is added to it lies in the lowest bits, rounded.
const ROUND: f32 = 12_582_912.0;

/// ‖b − c‖² = ‖b‖² + ‖c‖² − 2⟨b, c⟩ for rows as wide as the query, a multiple of sixteen. Four at a time, as the kernels
/// compare vectors; the last four overlap with those before.
fn compare(query: &[i16], square: i32, codes: &[u8], squares: &[i32], out: &mut [i32]) {
    let (query, codes) = (query.as_chunks::<16>().0, codes.as_chunks::<16>().0);
    let (width, square) = (query.len(), i32x4::splat(square));
    let (fours, codes_of_fours) = (out.as_chunks_mut().0, codes.chunks_exact(4 * width));
    for ((out, codes), squares) in fours.iter_mut().zip(codes_of_fours).zip(squares.as_chunks().0) {
        *out = four_numbers(query, square, codes, *squares);
    }
    if out.len().is_multiple_of(4) {
        return;
    }
    if let (Some(first), Some(squares), Some(out)) =
        (out.len().checked_sub(4), squares.last_chunk(), out.last_chunk_mut())
    {
        *out = four_numbers(query, square, &codes[first * width..], *squares);
    } else {
        for ((out, codes), &square_of_row) in out.iter_mut().zip(codes.chunks_exact(width)).zip(squares) {
            let products = products(query, codes, codes, codes, codes);
            *out = (i32x4::splat(square_of_row) + square - products - products).to_array()[0];
        }
    }
}

/// Of four rows.
#[inline(always)]
fn four_numbers(query: &[[i16; 16]], square: i32x4, codes: &[[u8; 16]], squares: [i32; 4]) -> [i32; 4] {
    let width = query.len();
    let ((ab, cd), squares) = (codes.split_at(2 * width), i32x4::from(squares));
    let ((a, b), (c, d)) = (ab.split_at(width), cd.split_at(width));
    let products = products(query, a, b, c, d);
    (squares + square - products - products).to_array()
}

/// Products of the query with four rows, each too large by 128 times the sum of the query's even columns.
#[inline(always)]
fn products(query: &[[i16; 16]], a: &[[u8; 16]], b: &[[u8; 16]], c: &[[u8; 16]], d: &[[u8; 16]]) -> i32x4 {
    let mut sums = [i32x4::ZERO; 4];
    for ((((query, a), b), c), d) in query.iter().zip(a).zip(b).zip(c).zip(d) {
        let (halves, _) = query.as_chunks::<8>();
        let (even, odd) = (i16x8::from(halves[0]), i16x8::from(halves[1]));
        // 256 o + e times the even column, and o times the odd one less 256 times the even one.
        let product = |row: &[u8; 16]| {
            let both: i16x8 = cast(*row);
            even.dot(both) + odd.dot(both >> 8)
        };
        sums[0] += product(a);
        sums[1] += product(b);
        sums[2] += product(c);
        sums[3] += product(d);
    }
    // Only moves bits.
    let [a, b, c, d]: [i32x4; 4] = cast(f32x4::transpose(cast(sums)));
    (a + b) + (c + d)
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
        for d in [3, 16, 41, 64] {
            let mut draw = |rows: usize| -> Vec<f32> { (0..rows * d).map(|_| rng.below(254) as f32 - 127.0).collect() };
            let rows = draw(7);
            // Bytes as they are: a step of 1 around 0.
            let mut sieve = Sieve::new(&rows, d);
            sieve.mean.fill(0.0);
            sieve.step = 1.0;
            sieve.push(&rows);
            let query = draw(1);
            let mut sifted = Sifted::default();
            sieve.sift(&query, &mut sifted);
            sieve.offer(2..7, &mut sifted);
            sieve.offer(0..2, &mut sifted);
            let squares = |row: usize| -> f32 {
                let row = rows[row * d..][..d].iter().zip(&query);
                row.map(|(c, b)| (c - b) * (c - b)).sum()
            };
            let expected = [2, 3, 4, 5, 6, 0, 1].map(|row| squares(row) as i32);
            assert_eq!(sifted.offered.numbers(), expected, "d = {d}");
        }
    }

    #[test]
    fn no_row_among_the_nearest_is_ever_lost() {
        let mut rng = Rng::stream(42, Purpose::Trial, 0);
        for (d, scale, at, far) in [
            (1, 1.0, 0.0, 1.0),
            (7, 1e-12, 0.0, 1.0),
            (16, 3.0, 500.0, 1.0),
            (50, 1e15, 0.0, 9.0),
            (5, 1e-41, 0.0, 1.0),
        ] {
            let mut draw =
                |rows: usize, scale: f32| -> Vec<f32> { (0..rows * d).map(|_| at + scale * rng.normal()).collect() };
            let rows = draw(301, scale);
            let mut sieve = Sieve::new(&rows[..200 * d], d);
            // The last of them were not there when it was learnt.
            sieve.push(&rows);
            let (mut sifted, mut left) = (Sifted::default(), 0);
            for query in draw(20, far * scale).chunks_exact(d) {
                let mut scores = [0.0; 301];
                kernels::scores(Metric::L2, query, &rows, &mut scores);
                for k in [1, 7, 300, 302] {
                    let (mut exact, mut top) = (Top::new(k), Top::new(k));
                    exact.offer_block(0, &scores);
                    sieve.sift(query, &mut sifted);
                    sifted.offered.restart();
                    sieve.offer(0..100, &mut sifted);
                    sieve.offer(100..301, &mut sifted);
                    sieve.finish(query, &rows, k, &mut sifted, None, &mut top);
                    left += if k == 7 { sifted.offered.left().len() } else { 0 };
                    let (mut expected, mut found) = (Vec::new(), Vec::new());
                    exact.drain_into(&mut expected);
                    top.drain_into(&mut found);
                    assert_eq!(found, expected, "d = {d}, k = {k}");
                }
            }
            // Of 20 times 301 rows, unless the queries are far from all of them or squares vanish.
            assert!(
                far > 1.0 || scale < 1e-30 || left < 20 * 60,
                "d = {d}: {left} were left"
            );
        }
    }

    #[test]
    fn squares_that_vanish_and_distances_without_end_spare_nothing() {
        let rows = [1e-30, 2e-30, 3e-30];
        let mut sieve = Sieve::new(&rows, 1);
        sieve.push(&rows);
        let mut sifted = Sifted::default();
        sieve.sift(&[0.0], &mut sifted);
        assert_eq!(sieve.limit(sifted.error, 0), HIDDEN - 1);
        sieve.sift(&[f32::MAX], &mut sifted);
        assert_eq!(sieve.limit(sifted.error, 0), HIDDEN - 1);
    }

    #[test]
    fn searches_with_and_without_it_find_the_same() {
        let mut rng = Rng::stream(43, Purpose::Trial, 0);
        // Small whole numbers, many of them equal: distances that tie.
        let vectors = Matrix::from_shape_simple_fn((70_000, 15), || rng.below(4) as f32 + 100.0);
        let rows: Vec<f32> = vectors.iter().copied().collect();
        assert!(rows.len() >= ROWS_FROM);
        let given = by_key([("nlist", Value::Number(300.0))]);
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
        assert!(with.sieve.is_some() && with.coarse_sieve.is_some() && flat.sieve.is_some());
        let mut without = (with.clone(), flat.clone());
        (without.0.sieve, without.0.coarse_sieve, without.1.sieve) = (None, None, None);
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
                    let mut works = [Work::default(), Work::default()];
                    with.search(query, ask, &mut works[0], &mut found[0]);
                    without.search(query, ask, &mut works[1], &mut found[1]);
                    assert_eq!(found[0], found[1]);
                    assert_eq!(works[0].log, works[1].log);
                }
            }
        }
    }
}
