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
//! where ‖b − c‖² is ‖b‖² and a sum of products of whole numbers, without an error. The other way round the same sum says
//! how far a row is at most. A row that is farther by the first bound than k others by the second need not be compared; all
//! others are, as ever. So what is found has nothing to do with the bytes, but that a quarter of the memory is read.
//!
//! The query is rounded more finely than rows are, as finely as 32 bits have room for the sums.

use std::ops::Range;

use bytemuck::cast;
use wide::{f32x4, i16x8, i32x4};

use super::Top;
use super::blocks::Blocks;
use super::flat::BLOCK;
use super::kernels;
use super::offered::{HIDDEN, Offered};
use crate::matrix::Metric;

/// Bytes of rows, and what they mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Sieve {
    /// Columns.
    d: usize,
    /// μ, and zeros up to a multiple of eight columns.
    mean: Vec<f32>,
    /// s.
    step: f32,
    /// The greatest ‖x − (μ + s c)‖ / s.
    error: f64,
    /// The greatest ‖c‖².
    reach: i32,
    /// For each four columns a line, where each row has two numbers: 256 times the third column and the first, and 256 times
    /// the fourth and the second. The numbers behind them are all ‖c‖².
    blocks: Blocks<4>,
}

/// A query as the sieve compares it, and the rows that it leaves.
#[derive(Clone, Debug, Default)]
pub struct Sifted {
    /// b in the units of a query, of which a step has 2⁻⁷ `units`. For each four columns the first two, of which a 256th of
    /// the last two is subtracted, and the last two: pairs of 16 bits.
    codes: Vec<[i32; 4]>,
    /// What 1 is in the numbers of rows.
    units: i32,
    /// ‖b‖² or a little more.
    square: f64,
    /// No ‖q − (μ + s b)‖ / s is greater.
    error: f64,
    /// Rows with their ‖c‖² − 2⟨b, c⟩, times `units`.
    pub(super) offered: Offered,
}

/// Wider rows have no sieve: 32 bits would have too little room for their sums, see [`Sieve::sift`].
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
            reach: 0,
            blocks: Blocks::new(self.mean.len() / 4),
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
        mean.resize(d.next_multiple_of(8), 0.0);
        let step = (farthest / 127.0) as f32;
        // With smaller ones no row is spared anyway: the squares of distances vanish.
        let step = if step >= 1e-20 { step } else { 1.0 };
        let blocks = Blocks::new(mean.len() / 4);
        Self {
            d,
            mean,
            step,
            error: 0.0,
            reach: 0,
            blocks,
        }
    }

    /// Puts the bytes of `rows` (n × d) behind the others.
    pub fn push(&mut self, rows: &[f32]) {
        let mut codes = vec![0; self.mean.len()];
        for row in rows.chunks_exact(self.d) {
            let (mut error, mut square, step) = (0.0, 0, f64::from(self.step));
            for ((code, &x), &mean) in codes.iter_mut().zip(row).zip(&self.mean) {
                let apart = (f64::from(x) - f64::from(mean)) / step;
                *code = (apart.clamp(-127.0, 127.0) + 127.5) as i32 - 127;
                let off = apart - f64::from(*code);
                error += off * off;
                square += *code * *code;
            }
            let error = f64::sqrt(error);
            self.error = if error > self.error { error } else { self.error };
            self.reach = self.reach.max(square);
            let pairs = codes.as_chunks().0.iter();
            let pairs =
                pairs.flat_map(|[a, b, c, d]| [256 * c + a, 256 * d + b].map(|pair| (pair as i16).to_ne_bytes()));
            self.blocks.put(pairs.flatten(), square.to_ne_bytes());
        }
    }

    /// Makes `sifted` one of `query` (d), to be compared with rows none of whose ‖c‖² exceeds `reach`.
    pub fn sift(&self, query: &[f32], reach: i32, sifted: &mut Sifted) {
        let steps = f32x4::splat(1.0 / self.step);
        let means = self.mean.as_chunks::<4>().0;
        let apart = || {
            query.chunks(4).zip(means).map(|(query, &mean)| {
                let query = query.first_chunk().copied().unwrap_or_else(|| {
                    let mut whole = mean;
                    whole.iter_mut().zip(query).for_each(|(whole, &x)| *whole = x);
                    whole
                });
                (f32x4::from(query) - f32x4::from(mean)) * steps
            })
        };
        let length = apart().fold(f32x4::ZERO, |sum, apart| sum + apart * apart);
        let length = f64::from(length.to_array().iter().sum::<f32>()).sqrt();
        // Numbers of rows are within (‖c‖² + 2 ‖b‖ ‖c‖) units, and with 256 for ‖c‖ codes of queries within 2¹⁵. What is left
        // up to 2³¹ is for ‖b‖ being greater when rounded, by 64 √d / units.
        let (square, reach) = (f64::from(reach), f64::from(reach).sqrt().max(256.0));
        let room = (1.9e9 / (square + 2.0 * length * reach)).min(32768.0);
        sifted.codes.clear();
        sifted.codes.resize(self.mean.len() / 8, [0; 4]);
        if room < 1.0 {
            // So far from all rows that none is spared.
            (sifted.units, sifted.square, sifted.error) = (0, 0.0, f64::INFINITY);
            return;
        }
        sifted.units = 1 << (room as u32).ilog2();
        let scale = sifted.units as f32 / 128.0;
        let rounded = |x: f32x4| x + f32x4::splat(ROUND);
        let mut square = f32x4::ZERO;
        let codes = sifted.codes.as_flattened_mut().as_chunks_mut().0;
        for (pairs, apart) in codes.iter_mut().zip(apart()) {
            let apart = apart * f32x4::splat(scale);
            let [_, _, c, d] = (rounded(apart) - f32x4::splat(ROUND)).to_array();
            let shares = f32x4::from([c, d, 0.0, 0.0]) * f32x4::splat(1.0 / 256.0);
            let whole = rounded(apart - shares);
            let meant = whole - f32x4::splat(ROUND) + shares;
            square += meant * meant;
            let [a, b, c, d] = cast::<_, i32x4>(whole).to_array();
            // ROUND has zeros in its lowest bits.
            *pairs = [a & 0xffff | b << 16, c & 0xffff | d << 16];
        }
        let square = f64::from(square.to_array().iter().sum::<f32>());
        let unit = 1.0 / f64::from(scale);
        sifted.square = square * unit * unit * (1.0 + self.slack());
        // A half, and what f32 is wrong by.
        sifted.error = 0.51 * unit * (self.d as f64).sqrt();
    }

    /// Offers some rows. What is given back are their numbers, where those that must not be found can be hidden.
    pub fn offer<'a>(&self, rows: Range<usize>, sifted: &'a mut Sifted) -> &'a mut [i32] {
        let (query, units) = (&sifted.codes, sifted.units);
        sifted.offered.add_blocks(rows, |blocks, numbers| {
            compare(query, units, self.blocks.lines(blocks), numbers);
        })
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
        let limit = self.limit(sifted, reached);
        sifted.offered.leave(limit);
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

    /// The greatest number of a row that may be no farther from the query than one whose number is `number`.
    fn limit(&self, sifted: &Sifted, number: i32) -> i32 {
        let (units, error) = (f64::from(sifted.units), sifted.error + self.error);
        // In steps, from the query as it was rounded.
        let apart = (f64::from(number) / units + sifted.square).max(0.0).sqrt();
        let distance = apart + error;
        // Squares that vanish in f32 have no relative precision, and all that overflow are equal.
        if !(1e-15..1e19).contains(&(distance * f64::from(self.step))) {
            return HIDDEN - 1;
        }
        let reach = distance * (1.0 + self.slack()) + error;
        // What reach² is above apart². It grows with the square of the query, which may therefore be too large.
        let more = (reach - apart) * (reach + apart) * (1.0 + 1e-9);
        ((f64::from(number) + more * units) as i32)
            .saturating_add(1)
            .min(HIDDEN - 1)
    }

    /// What a distance may be wrong by, as a share of it: the square is a sum of d squares of f32, each off by some
    /// roundings.
    fn slack(&self) -> f64 {
        1e-5 + 1e-7 * self.d as f64
    }

    /// The greatest ‖c‖².
    pub const fn reach(&self) -> i32 {
        self.reach
    }

    /// The bytes of rows in another order.
    pub fn pick(&mut self, order: &[u32]) {
        self.blocks.pick(order);
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.bytes() + size_of_val(&self.mean[..])
    }
}

/// 1.5 · 2²³: a number that is added to it lies in the lowest bits, rounded.
const ROUND: f32 = 12_582_912.0;

/// (‖c‖² − 2⟨b, c⟩) · units of all rows in some blocks of lines.
fn compare(query: &[[i32; 4]], units: i32, lines: &[[u8; 16]], out: &mut [[i32; 4]]) {
    let size = 2 * query.len() + 1;
    let units = i32x4::splat(units);
    let (pairs, last) = out.as_chunks_mut();
    let mut rest = lines;
    for out in pairs {
        let (a, others) = rest.split_at(size);
        let (b, others) = others.split_at(size);
        *out = numbers(query, units, a, b);
        rest = others;
    }
    for out in last {
        [*out, _] = numbers(query, units, rest, rest);
    }
}

/// Those of two blocks.
#[inline(always)]
fn numbers(query: &[[i32; 4]], units: i32x4, a: &[[u8; 16]], b: &[[u8; 16]]) -> [[i32; 4]; 2] {
    let (mut a_sums, mut b_sums) = (i32x4::ZERO, i32x4::ZERO);
    let ((a, a_squares), (b, b_squares)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
    for ((query, a), b) in query.iter().zip(a).zip(b) {
        let (low, high) = (cast(i32x4::splat(query[0])), cast(i32x4::splat(query[1])));
        a_sums += product(low, high, &a[0]);
        b_sums += product(low, high, &b[0]);
        let (low, high) = (cast(i32x4::splat(query[2])), cast(i32x4::splat(query[3])));
        a_sums += product(low, high, &a[1]);
        b_sums += product(low, high, &b[1]);
    }
    let (a_squares, b_squares): (i32x4, i32x4) = (cast(a_squares[0]), cast(b_squares[0]));
    [
        (a_squares * units - a_sums).to_array(),
        (b_squares * units - b_sums).to_array(),
    ]
}

/// The products of four columns of the query with those of four rows.
#[inline(always)]
fn product(low: i16x8, high: i16x8, line: &[u8; 16]) -> i32x4 {
    let both: i16x8 = cast(*line);
    let lowest: i16x8 = both << 8;
    lowest.dot(low) + both.dot(high)
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
    fn numbers_say_how_far_rows_are() {
        let mut rng = Rng::stream(41, Purpose::Trial, 0);
        for (d, scale, finest) in [
            (3, 1e-3, 0.01),
            (16, 1.0, 0.2),
            (41, 40.0, 20.0),
            (64, 100.0, 100.0),
            (WIDTH_MAX, 1.0, 2000.0),
            (WIDTH_MAX, 3.0, 3000.0),
        ] {
            // Bytes as they are: a step of 1 around 0. The first two rows are as far from it as can be.
            let mut rows: Vec<f32> = (0..7 * d).map(|_| rng.below(254) as f32 - 127.0).collect();
            rows[..2 * d].fill(127.0);
            let mut sieve = Sieve::new(&rows, d);
            sieve.mean.fill(0.0);
            sieve.step = 1.0;
            sieve.push(&rows);
            let normal = (0..d).map(|_| 50.0 * scale * rng.normal()).collect();
            for query in [vec![-127.0 * scale; d], normal] {
                let mut sifted = Sifted::default();
                sieve.sift(&query, sieve.reach(), &mut sifted);
                assert!(sifted.error < finest, "d = {d}: {}", sifted.error);
                sieve.offer(2..7, &mut sifted);
                sieve.offer(0..2, &mut sifted);
                // Of blocks of four rows, those of others are hidden.
                let expected = [7, 7, 2, 3, 4, 5, 6, 7, 0, 1, 7, 7];
                assert_eq!(sifted.offered.numbers().len(), expected.len());
                for (&number, row) in sifted.offered.numbers().iter().zip(expected) {
                    if row == 7 {
                        assert_eq!(number, HIDDEN);
                        continue;
                    }
                    let apart = rows[row * d..][..d].iter().zip(&query).map(|(x, q)| f64::from(x - q));
                    let distance = apart.map(|apart| apart * apart).sum::<f64>().sqrt();
                    let square = f64::from(number) / f64::from(sifted.units) + sifted.square;
                    let off = (square.sqrt() - distance).abs();
                    assert!(
                        off <= sifted.error + 1e-3 * distance,
                        "d = {d}: {distance} is off by {off}"
                    );
                }
            }
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
            (5, 1e20, 0.0, 1.0),
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
                    sieve.sift(query, sieve.reach(), &mut sifted);
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
            // Of 20 times 301 rows, unless the queries are far from all of them or squares vanish or overflow.
            assert!(
                far > 1.0 || !(1e-30..1e19).contains(&scale) || left < 20 * 60,
                "d = {d}: {left} were left"
            );
        }
    }

    #[test]
    fn squares_that_vanish_and_distances_without_end_spare_nothing() {
        let rows = [1e-17, 2e-17, 3e-17];
        let mut sieve = Sieve::new(&rows, 1);
        sieve.push(&rows);
        let mut sifted = Sifted::default();
        sieve.sift(&[0.0], sieve.reach(), &mut sifted);
        assert_eq!(sieve.limit(&sifted, 0), HIDDEN - 1);
        sieve.sift(&[f32::MAX], sieve.reach(), &mut sifted);
        assert_eq!(sieve.limit(&sifted, 0), HIDDEN - 1);
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
