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
use wide::{f32x4, i16x8, i32x4, u16x8};

use super::Top;
use super::flat::BLOCK;
use super::kernels;
use super::offered::{HIDDEN, Offered};
use crate::matrix::Metric;

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
    /// ‖c‖² of each row.
    squares: Vec<i32>,
}

/// A query as the sieve compares it, and the rows that it leaves.
#[derive(Clone, Debug, Default)]
pub struct Sifted {
    /// b, as wide as rows are: of every sixteen, those in even places and then those in odd ones.
    codes: Vec<i16>,
    /// ‖b‖².
    square: i32,
    /// ‖q − (μ + s b)‖.
    error: f64,
    /// Rows with their ‖b − c‖².
    pub(super) offered: Offered,
}

/// Wider rows have no sieve: 511² for every number of a row stays below 2³¹.
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
            squares: Vec::new(),
        }
    }

    /// Puts the bytes of `rows` (n × d) behind the others.
    pub fn push(&mut self, rows: &[f32]) {
        for row in rows.chunks_exact(self.mean.len()) {
            let (mut square, mut squares) = (0.0, 0);
            for (&x, mean) in row.iter().zip(&self.mean) {
                let apart = f64::from(x) - mean;
                let code = (apart / self.step + 128.5) as u8;
                let error = apart - self.step * (f64::from(code) - 128.0);
                square += error * error;
                squares += i32::from(code) * i32::from(code);
                self.codes.push(code);
            }
            self.squares.push(squares);
            self.codes.resize(self.codes.len().next_multiple_of(self.width), 0);
            let error = square.sqrt();
            self.error = if error > self.error { error } else { self.error };
        }
    }

    /// Begins anew with `query` (d): no rows are offered so far.
    pub fn sift(&self, query: &[f32], sifted: &mut Sifted) {
        sifted.codes.clear();
        sifted.codes.resize(self.width, 0);
        sifted.square = 0;
        let mut square = 0.0;
        for (at, (&x, mean)) in query.iter().zip(&self.mean).enumerate() {
            let apart = f64::from(x) - mean;
            let code = (apart / self.step + 128.5).clamp(-255.0, 511.0) as i16;
            let error = apart - self.step * (f64::from(code) - 128.0);
            square += error * error;
            sifted.square += i32::from(code) * i32::from(code);
            sifted.codes[at / 16 * 16 + at % 2 * 8 + at % 16 / 2] = code;
        }
        sifted.error = square.sqrt();
        sifted.offered.restart();
    }

    /// Offers some rows. What is given back are their ‖b − c‖², where those that must not be found can be hidden.
    pub fn offer<'a>(&self, rows: Range<usize>, sifted: &'a mut Sifted) -> &'a mut [i32] {
        let codes = &self.codes[rows.start * self.width..rows.end * self.width];
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
        let mut scores = [0.0; BLOCK];
        for places in sifted.offered.left.chunks_mut(BLOCK) {
            let scores = &mut scores[..places.len()];
            kernels::scores_of(Metric::L2, query, vectors, places, scores);
            if let Some(ids) = ids {
                places.iter_mut().for_each(|place| *place = ids[*place as usize]);
            }
            top.offer_rows(places, scores);
        }
    }

    /// The greatest ‖b − c‖² of a row that may be as near to the query as one whose ‖b − c‖² is `square`.
    fn limit(&self, error: f64, square: i32) -> i32 {
        self.greatest(error, f64::from(square).sqrt() * self.step + error + self.error)
    }

    /// The greatest ‖b − c‖² of a row that may be no farther from the query than `distance`.
    fn greatest(&self, error: f64, distance: f64) -> i32 {
        // Squares that vanish in f32 have no relative precision.
        if distance < 1e-15 {
            return HIDDEN - 1;
        }
        // A squared distance of f32 is a sum of d squares, each off by some roundings.
        let slack = 1e-5 + 1e-7 * self.mean.len() as f64;
        let reach = (distance * (1.0 + slack) + error + self.error) / self.step * (1.0 + 1e-9);
        ((reach * reach) as i32).min(HIDDEN - 1)
    }

    /// The bytes of rows in another order.
    pub fn pick(&mut self, order: &[u32]) {
        super::inverted::pick(&mut self.codes, self.width, order);
        super::inverted::pick(&mut self.squares, 1, order);
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.codes.len() + size_of_val(&self.squares[..]) + size_of_val(&self.mean[..])
    }
}

/// ‖b − c‖² = ‖b‖² + ‖c‖² − 2⟨b, c⟩ for rows as wide as the query, a multiple of sixteen. Four at a time, as the kernels
/// compare vectors.
fn compare(query: &[i16], square: i32, codes: &[u8], squares: &[i32], out: &mut [i32]) {
    let width = query.len();
    let ((fours, rest), (squares, squares_of_rest)) = (out.as_chunks_mut::<4>(), squares.as_chunks::<4>());
    let (codes, codes_of_rest) = codes.split_at(fours.len() * 4 * width);
    for ((out, codes), squares) in fours.iter_mut().zip(codes.chunks_exact(4 * width)).zip(squares) {
        let ((ab, cd), squares) = (codes.split_at(2 * width), i32x4::from(*squares));
        let ((a, b), (c, d)) = (ab.split_at(width), cd.split_at(width));
        let products = four_rows(query, a, b, c, d);
        *out = (squares + i32x4::splat(square) - products - products).to_array();
    }
    for ((out, codes), squares) in rest
        .iter_mut()
        .zip(codes_of_rest.chunks_exact(width))
        .zip(squares_of_rest)
    {
        let product = four_rows(query, codes, codes, codes, codes).to_array()[0];
        *out = square + squares - 2 * product;
    }
}

/// Products of the query with four rows.
#[inline(always)]
fn four_rows(query: &[i16], a: &[u8], b: &[u8], c: &[u8], d: &[u8]) -> i32x4 {
    let mut sums = [i32x4::ZERO; 4];
    let (query, _) = query.as_chunks::<16>();
    let ((a, _), (b, _)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let ((c, _), (d, _)) = (c.as_chunks::<16>(), d.as_chunks::<16>());
    for ((((q, a), b), c), d) in query.iter().zip(a).zip(b).zip(c).zip(d) {
        let (halves, _) = q.as_chunks::<8>();
        let (even, odd) = (i16x8::from(halves[0]), i16x8::from(halves[1]));
        sums[0] += product(even, odd, a);
        sums[1] += product(even, odd, b);
        sums[2] += product(even, odd, c);
        sums[3] += product(even, odd, d);
    }
    // Only moves bits.
    let [a, b, c, d] = f32x4::transpose(cast(sums));
    let sums: [i32x4; 4] = cast([a, b, c, d]);
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// Products of sixteen numbers, added to four. A mask and a shift give the bytes in even and in odd places: to unpack
/// them would take the only unit that moves bytes about.
#[inline(always)]
fn product(even: i16x8, odd: i16x8, codes: &[u8; 16]) -> i32x4 {
    let codes: u16x8 = cast(*codes);
    even.dot(cast(codes & u16x8::splat(255))) + odd.dot(cast(codes >> 8))
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
            let mut draw = |rows: usize| -> Vec<f32> { (0..rows * d).map(|_| rng.below(256) as f32).collect() };
            let rows = draw(7);
            // Bytes as they are: a step of 1 around 128.
            let mut sieve = Sieve::new(&rows, d);
            (sieve.mean, sieve.step) = (vec![128.0; d], 1.0);
            sieve.push(&rows);
            let query: Vec<f32> = draw(1).iter().map(|x| 2.0 * x).collect();
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
                    sieve.offer(0..100, &mut sifted);
                    sieve.offer(100..301, &mut sifted);
                    sieve.finish(query, &rows, k, &mut sifted, None, &mut top);
                    left += if k == 7 { sifted.offered.left.len() } else { 0 };
                    let (mut expected, mut found) = (Vec::new(), Vec::new());
                    exact.drain_into(&mut expected);
                    top.drain_into(&mut found);
                    assert_eq!(found, expected, "d = {d}, k = {k}");
                }
            }
            // Of 20 times 301 rows, unless the queries are far from all of them.
            assert!(far > 1.0 || left < 20 * 60, "d = {d}: {left} were left");
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
