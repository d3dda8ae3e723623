//! Comparing one query with many rows.
//!
//! Four rows at a time, in two pairs. The rows of a pair share the loads of the query, and their independent chains of
//! additions hide each other's latency; all four interleaved would read from four places at once, which is slower where
//! the vectors come from memory. Lane `l` of an accumulator sums the columns `l`, `l + 4` …; the lanes are then added
//! as `(0 + 1) + (2 + 3)`, for four rows at once by a transposition. A row's score therefore has the same bits wherever
//! it stands, and on every machine. No fused multiply-add: it rounds differently.

use wide::f32x4;

use crate::engine::matrix::Metric;

/// Inner products of `query` (d) with `rows` (n × d) into `out` (n).
///
/// # Panics
/// If `rows` is not as long as `out` and `query` say.
pub fn dots(query: &[f32], rows: &[f32], out: &mut [f32]) {
    compare(query, rows, out, |q, x| q * x);
}

/// Squared Euclidean distances of `query` (d) from `rows` (n × d) into `out` (n).
///
/// By differences rather than ‖q‖² − 2⟨q, x⟩ + ‖x‖², which loses all digits where rows are close together and far
/// from the origin. It costs one subtraction more and no time where memory is the limit.
///
/// # Panics
/// If `rows` is not as long as `out` and `query` say.
pub fn squared_distances(query: &[f32], rows: &[f32], out: &mut [f32]) {
    compare(query, rows, out, |q, x| {
        let apart = q - x;
        apart * apart
    });
}

/// How near `query` (d) is to each of `rows` (n × d) into `out` (n): see [`Metric`]. For cosines both have length 1.
///
/// # Panics
/// If `rows` is not as long as `out` and `query` say.
pub fn scores(metric: Metric, query: &[f32], rows: &[f32], out: &mut [f32]) {
    match metric {
        Metric::Dot | Metric::Cosine => dots(query, rows, out),
        Metric::L2 => {
            squared_distances(query, rows, out);
            negate(out);
        }
    }
}

/// [`scores`] of the rows `ids` of `rows` (n × d), in their order.
///
/// # Panics
/// If there is no such row, or `out` has not as many places as there are `ids`.
pub fn scores_of(metric: Metric, query: &[f32], rows: &[f32], ids: &[u32], out: &mut [f32]) {
    match metric {
        Metric::Dot | Metric::Cosine => compare_some(query, rows, ids, out, |q, x| q * x),
        Metric::L2 => {
            compare_some(query, rows, ids, out, |q, x| {
                let apart = q - x;
                apart * apart
            });
            negate(out);
        }
    }
}

/// A difference and not a change of sign: 0 − 0 is 0, while −(0) would be shown as "−0".
fn negate(out: &mut [f32]) {
    out.iter_mut().for_each(|score| *score = 0.0 - *score);
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

#[inline(always)]
fn compare(query: &[f32], rows: &[f32], out: &mut [f32], term: impl Fn(f32x4, f32x4) -> f32x4 + Copy) {
    let d = query.len();
    assert_eq!(rows.len(), d * out.len(), "{} rows of {d}", out.len());
    if d == 0 {
        return out.fill(0.0);
    }
    let (fours, rest) = out.as_chunks_mut::<4>();
    let (rows_of_fours, rows_of_rest) = rows.split_at(fours.len() * 4 * d);
    for (sums, rows) in fours.iter_mut().zip(rows_of_fours.chunks_exact(4 * d)) {
        let (first, second) = rows.split_at(2 * d);
        let ((a, b), (c, e)) = (first.split_at(d), second.split_at(d));
        *sums = four_rows(query, [a, b, c, e], term);
    }
    for (sum, row) in rest.iter_mut().zip(rows_of_rest.chunks_exact(d)) {
        *sum = one_row(query, row, term);
    }
}

#[inline(always)]
fn compare_some(
    query: &[f32],
    rows: &[f32],
    ids: &[u32],
    out: &mut [f32],
    term: impl Fn(f32x4, f32x4) -> f32x4 + Copy,
) {
    assert_eq!(ids.len(), out.len(), "a score for each row");
    let d = query.len();
    let row = |id: u32| &rows[id as usize * d..][..d];
    let (fours, rest) = out.as_chunks_mut::<4>();
    let (ids_of_fours, ids_of_rest) = ids.as_chunks::<4>();
    for (sums, ids) in fours.iter_mut().zip(ids_of_fours) {
        *sums = four_rows(query, ids.map(row), term);
    }
    for (sum, &id) in rest.iter_mut().zip(ids_of_rest) {
        *sum = one_row(query, row(id), term);
    }
}

/// The rows have d columns each.
#[inline(always)]
fn four_rows(query: &[f32], rows: [&[f32]; 4], term: impl Fn(f32x4, f32x4) -> f32x4 + Copy) -> [f32; 4] {
    let [a, b] = two_rows(query, rows[0], rows[1], term);
    let [c, d] = two_rows(query, rows[2], rows[3], term);
    let lanes = f32x4::transpose([a, b, c, d]);
    ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])).to_array()
}

/// The lanes are not yet added.
#[inline(always)]
fn two_rows(query: &[f32], first: &[f32], second: &[f32], term: impl Fn(f32x4, f32x4) -> f32x4) -> [f32x4; 2] {
    let (query, query_end) = query.as_chunks::<4>();
    let (first, first_end) = first.as_chunks::<4>();
    let (second, second_end) = second.as_chunks::<4>();
    let mut sums = [f32x4::ZERO; 2];
    for ((q, a), b) in query.iter().zip(first).zip(second) {
        let q = f32x4::from(*q);
        sums[0] += term(q, f32x4::from(*a));
        sums[1] += term(q, f32x4::from(*b));
    }
    if !query_end.is_empty() {
        let q = padded(query_end);
        sums[0] += term(q, padded(first_end));
        sums[1] += term(q, padded(second_end));
    }
    sums
}

#[inline(always)]
fn one_row(query: &[f32], row: &[f32], term: impl Fn(f32x4, f32x4) -> f32x4) -> f32 {
    let (query, query_end) = query.as_chunks::<4>();
    let (row, row_end) = row.as_chunks::<4>();
    let mut sum = f32x4::ZERO;
    for (q, x) in query.iter().zip(row) {
        sum += term(f32x4::from(*q), f32x4::from(*x));
    }
    if !query_end.is_empty() {
        sum += term(padded(query_end), padded(row_end));
    }
    let [a, b, c, d] = sum.to_array();
    (a + b) + (c + d)
}

/// Up to three numbers and zeros, which add nothing to a product or a distance.
#[inline(always)]
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
    use crate::engine::rng::{Purpose, Rng};

    #[test]
    fn a_row_has_the_same_bits_wherever_it_stands() {
        let mut rng = Rng::stream(11, Purpose::Trial, 0);
        for d in 1..20 {
            let query: Vec<f32> = (0..d).map(|_| rng.normal()).collect();
            let rows: Vec<f32> = (0..7 * d).map(|_| rng.normal()).collect();
            for kernel in [dots, squared_distances] {
                let mut together = [0.0; 7];
                kernel(&query, &rows, &mut together);
                for (row, together) in rows.chunks_exact(d).zip(together) {
                    let mut alone = [0.0];
                    kernel(&query, row, &mut alone);
                    assert_eq!(alone[0].to_bits(), together.to_bits(), "d = {d}");
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
        squared_distances(&query, &rows, &mut out);
        assert_eq!(out, [30.0, 79.0]);
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
