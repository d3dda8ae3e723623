//! Comparing one query with many rows.
//!
//! Four rows at a time: they share the loads of the query, and their independent chains of additions hide each other's
//! latency. Lane `l` of an accumulator sums the columns `l`, `l + 4` …; the lanes are then added as
//! `(0 + 1) + (2 + 3)`, for four rows at once by a transposition. A row's score therefore has the same bits wherever it
//! stands, and on every machine. No fused multiply-add: it rounds differently.

use wide::f32x4;

use crate::matrix::Metric;

/// Inner products of `query` (d) with `rows` (n × d) into `out` (n).
///
/// # Panics
/// If `rows` is not as long as `out` and `query` say.
pub fn dots(query: &[f32], rows: &[f32], out: &mut [f32]) {
    compare::<Product>(query, rows, out);
}

/// How near `query` (d) is to each of `rows` (n × d) into `out` (n): see [`Metric`]. For cosines both have length 1.
///
/// Distances are taken by differences rather than as ‖q‖² − 2⟨q, x⟩ + ‖x‖², which loses all digits where rows are close
/// together and far from the origin. It costs one subtraction more and no time where memory is the limit.
///
/// # Panics
/// If `rows` is not as long as `out` and `query` say.
pub fn scores(metric: Metric, query: &[f32], rows: &[f32], out: &mut [f32]) {
    match metric {
        Metric::Dot | Metric::Cosine => dots(query, rows, out),
        Metric::L2 => compare::<Distance>(query, rows, out),
    }
}

/// [`scores`] of the rows `ids` of `rows` (n × d), in their order.
///
/// # Panics
/// If there is no such row, or `out` has not as many places as there are `ids`.
pub fn scores_of(metric: Metric, query: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) {
    match metric {
        Metric::Dot | Metric::Cosine => compare_some::<Product>(query, rows, ids, out),
        Metric::L2 => compare_some::<Distance>(query, rows, ids, out),
    }
}

/// `x` scaled to length 1, in place; the zero vector stays zero.
///
/// The length is taken in f64, where the square of no f32 overflows or vanishes.
pub fn normalise(x: &mut [f32]) {
    let squares: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if squares > 0.0 {
        let length = squares.sqrt();
        x.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
}

/// What is summed up over the columns, and the score that is made of the sum.
trait Rule {
    /// The score is 0 minus the sum. Not a change of sign: 0 − 0 is 0, while −(0) would be shown as "−0".
    const NEGATED: bool;

    fn term(q: f32x4, x: f32x4) -> f32x4;
}

struct Product;

impl Rule for Product {
    const NEGATED: bool = false;

    #[inline(always)]
    fn term(q: f32x4, x: f32x4) -> f32x4 {
        q * x
    }
}

struct Distance;

impl Rule for Distance {
    const NEGATED: bool = true;

    #[inline(always)]
    fn term(q: f32x4, x: f32x4) -> f32x4 {
        let apart = q - x;
        apart * apart
    }
}

#[inline(always)]
fn compare<R: Rule>(query: &[f32], rows: &[f32], out: &mut [f32]) {
    let d = query.len();
    assert_eq!(rows.len(), d * out.len(), "{} rows of {d}", out.len());
    if d == 0 {
        return out.fill(0.0);
    }
    let (fours, rest) = out.as_chunks_mut::<4>();
    let (rows_of_fours, rows_of_rest) = rows.split_at(fours.len() * 4 * d);
    for (scores, rows) in fours.iter_mut().zip(rows_of_fours.chunks_exact(4 * d)) {
        let (first, second) = rows.split_at(2 * d);
        let ((a, b), (c, e)) = (first.split_at(d), second.split_at(d));
        *scores = four_rows::<R>(query, a, b, c, e).to_array();
    }
    if !rest.is_empty() {
        compare_some::<R>(query, rows_of_rest, &[0, 1, 2][..rest.len()], rest);
    }
}

#[inline(never)]
fn compare_some<R: Rule>(query: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) {
    assert_eq!(ids.len(), out.len(), "a score for each row");
    let d = query.len();
    let last = out.len().wrapping_sub(1);
    for first in (0..out.len()).step_by(4) {
        let a = row(rows, ids[first] as usize, d);
        let b = row(rows, ids[last.min(first + 1)] as usize, d);
        let c = row(rows, ids[last.min(first + 2)] as usize, d);
        let e = row(rows, ids[last.min(first + 3)] as usize, d);
        let scores = four_rows::<R>(query, a, b, c, e).to_array();
        for (out, score) in out[first..].iter_mut().zip(scores) {
            *out = score;
        }
    }
}

#[inline(always)]
fn row(rows: &[f32], at: usize, d: usize) -> &[f32] {
    &rows[at * d..][..d]
}

/// Scores of four rows with as many columns as the query. Each has one chain of additions, and the chains hide one
/// another's latency. Two steps are one turn of the loop, so that half of the addresses are written into the code.
#[inline(always)]
fn four_rows<R: Rule>(query: &[f32], a: &[f32], b: &[f32], c: &[f32], d: &[f32]) -> f32x4 {
    let mut sums = [f32x4::ZERO; 4];
    let (q8, query) = query.as_chunks::<8>();
    let (a8, a) = a.as_chunks::<8>();
    let (b8, b) = b.as_chunks::<8>();
    let (c8, c) = c.as_chunks::<8>();
    let (d8, d) = d.as_chunks::<8>();
    for ((((q, a), b), c), d) in q8.iter().zip(a8).zip(b8).zip(c8).zip(d8) {
        add::<R>(&mut sums, quad(q, 0), quad(a, 0), quad(b, 0), quad(c, 0), quad(d, 0));
        add::<R>(&mut sums, quad(q, 1), quad(a, 1), quad(b, 1), quad(c, 1), quad(d, 1));
    }
    let (q4, query) = query.as_chunks::<4>();
    let (a4, a) = a.as_chunks::<4>();
    let (b4, b) = b.as_chunks::<4>();
    let (c4, c) = c.as_chunks::<4>();
    let (d4, d) = d.as_chunks::<4>();
    for ((((q, a), b), c), d) in q4.iter().zip(a4).zip(b4).zip(c4).zip(d4) {
        add::<R>(
            &mut sums,
            f32x4::from(*q),
            f32x4::from(*a),
            f32x4::from(*b),
            f32x4::from(*c),
            f32x4::from(*d),
        );
    }
    if !query.is_empty() {
        add::<R>(&mut sums, padded(query), padded(a), padded(b), padded(c), padded(d));
    }
    let lanes = f32x4::transpose(sums);
    let sums = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    if R::NEGATED { f32x4::ZERO - sums } else { sums }
}

#[inline(always)]
fn add<R: Rule>(sums: &mut [f32x4; 4], q: f32x4, a: f32x4, b: f32x4, c: f32x4, d: f32x4) {
    sums[0] += R::term(q, a);
    sums[1] += R::term(q, b);
    sums[2] += R::term(q, c);
    sums[3] += R::term(q, d);
}

/// The first or the second four of eight numbers.
#[inline(always)]
fn quad(eight: &[f32; 8], half: usize) -> f32x4 {
    f32x4::from(eight.as_chunks::<4>().0[half])
}

/// Up to three numbers and zeros, which add nothing to a product or a distance.
#[inline(never)]
fn padded(end: &[f32]) -> f32x4 {
    let mut lanes = [0.0; 4];
    for (lane, &x) in lanes.iter_mut().zip(end) {
        *lane = x;
    }
    f32x4::from(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    /// The score as the head of this file defines it, number by number.
    fn by_columns(metric: Metric, query: &[f32], row: &[f32]) -> f32 {
        let mut lanes = [0.0; 4];
        for (column, (q, x)) in query.iter().zip(row).enumerate() {
            lanes[column % 4] += match metric {
                Metric::L2 => (q - x) * (q - x),
                Metric::Dot | Metric::Cosine => q * x,
            };
        }
        let sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        if metric == Metric::L2 { 0.0 - sum } else { sum }
    }

    #[test]
    fn a_row_has_the_same_bits_wherever_it_stands() {
        let mut rng = Rng::stream(11, Purpose::Trial, 0);
        for d in 1..20 {
            let query: Vec<f32> = (0..d).map(|_| rng.normal()).collect();
            let rows: Vec<f32> = (0..7 * d).map(|_| rng.normal()).collect();
            for metric in [Metric::Dot, Metric::L2] {
                let mut together = [0.0; 7];
                scores(metric, &query, &rows, &mut together);
                for (row, together) in rows.chunks_exact(d).zip(together) {
                    let mut alone = [0.0];
                    scores(metric, &query, row, &mut alone);
                    assert_eq!(alone[0].to_bits(), together.to_bits(), "d = {d}");
                    assert_eq!(by_columns(metric, &query, row).to_bits(), together.to_bits(), "d = {d}");
                }
            }
        }
    }

    #[test]
    fn rows_picked_out_have_the_scores_they_have_in_their_places() {
        let mut rng = Rng::stream(12, Purpose::Trial, 0);
        for d in [1, 4, 7, 16, 33] {
            let query: Vec<f32> = (0..d).map(|_| rng.normal()).collect();
            let rows: Vec<f32> = (0..40 * d).map(|_| rng.normal()).collect();
            let ids: Vec<u32> = (0..11).map(|_| rng.below(40)).collect();
            for metric in [Metric::Dot, Metric::L2] {
                let (mut all, mut some) = ([0.0; 40], [0.0; 11]);
                scores(metric, &query, &rows, &mut all);
                scores_of(metric, &query, &rows, &ids, &mut some);
                for (&id, some) in ids.iter().zip(some) {
                    assert_eq!(some.to_bits(), all[id as usize].to_bits(), "{metric:?} d = {d}");
                }
            }
        }
    }

    #[test]
    fn hand_made_products_and_distances_are_exact() {
        // ⟨(1, 2, 3, 4, 5), (1, 1, 1, 1, 1)⟩ = 15 and with (0, 0, 0, 0, −2) it is −10.
        let rows = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, -2.0];
        let query = [1.0, 2.0, 3.0, 4.0, 5.0];
        let mut out = [0.0; 2];
        dots(&query, &rows, &mut out);
        assert_eq!(out, [15.0, -10.0]);
        // 0 + 1 + 4 + 9 + 16 = 30 and 1 + 4 + 9 + 16 + 49 = 79.
        scores(Metric::L2, &query, &rows, &mut out);
        assert_eq!(out, [-30.0, -79.0]);
    }

    #[test]
    fn huge_and_tiny_vectors_are_normalised_and_zero_stays_zero() {
        for scale in [1e-40, 1.0, 1e38] {
            let mut x = [3.0 * scale, -2.0 * scale];
            normalise(&mut x);
            assert!((x[0] * x[0] + x[1] * x[1] - 1.0).abs() < 1e-6, "{scale}: {x:?}");
        }
        let mut zero = [0.0; 3];
        normalise(&mut zero);
        assert_eq!(zero, [0.0; 3]);
    }
}
