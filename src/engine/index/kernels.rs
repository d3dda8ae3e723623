//! Comparing one query with many rows.
//!
//! Four rows at a time, in two pairs. The rows of a pair share the loads of the query, and their independent chains of
//! additions hide each other's latency; all four interleaved would read from four places at once, which is slower where
//! the vectors come from memory. Lane `l` of an accumulator sums the columns `l`, `l + 4` …; the lanes are then added
//! as `(0 + 1) + (2 + 3)`, for four rows at once by a transposition. A row's score therefore has the same bits wherever
//! it stands, and on every machine. No fused multiply-add: it rounds differently.

use wide::f32x4;

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
        *sums = four_rows(query, rows, term);
    }
    for (sum, row) in rest.iter_mut().zip(rows_of_rest.chunks_exact(d)) {
        *sum = one_row(query, row, term);
    }
}

/// `rows` is 4 × d.
#[inline(always)]
fn four_rows(query: &[f32], rows: &[f32], term: impl Fn(f32x4, f32x4) -> f32x4 + Copy) -> [f32; 4] {
    let (first, second) = rows.split_at(rows.len() / 2);
    let ([a, b], [c, d]) = (two_rows(query, first, term), two_rows(query, second, term));
    let lanes = f32x4::transpose([a, b, c, d]);
    ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])).to_array()
}

/// `rows` is 2 × d; the lanes are not yet added.
#[inline(always)]
fn two_rows(query: &[f32], rows: &[f32], term: impl Fn(f32x4, f32x4) -> f32x4) -> [f32x4; 2] {
    let (first, second) = rows.split_at(rows.len() / 2);
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
