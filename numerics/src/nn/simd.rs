//! Loops over slices, four lanes at a time.
//!
//! `wide`'s `f32x4` is simd128 in a browser and SSE natively. Only operations with one meaning everywhere are used:
//! `+ - * /`, square root, comparisons and bit selection. Its `mul_add` and `max` are avoided, because their results
//! depend on the target.
//!
//! Loops that take a function are inlined where they are used. Those that do not are functions of their own: inlined at
//! every use they would cost the download kilobytes, and save no time that could be measured.

use wide::f32x4;

/// Whether a result replaces what stands there or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// Replace.
    Store,
    /// Add.
    Accumulate,
}

impl Write {
    /// `into = factor · from` or `into += factor · from`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn scaled(self, into: &mut [f32], from: &[f32], factor: f32) {
        match self {
            Write::Store => scaled(into, from, factor),
            Write::Accumulate => add_scaled(into, from, factor),
        }
    }

    /// `into` made ready to be added to: cleared, or as it is.
    pub fn sum_into(self, into: &mut [f32]) -> &mut [f32] {
        if self == Write::Store {
            into.fill(0.0);
        }
        into
    }

    /// `into = f(a, b)` or `into += f(a, b)`, number by number.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn map2(self, into: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32x4, f32x4) -> f32x4) {
        match self {
            Write::Store => update2(into, a, b, |_, a, b| f(a, b)),
            Write::Accumulate => update2(into, a, b, |into, a, b| into + f(a, b)),
        }
    }
}

/// Sum of the four lanes, always in the same tree: `(0 + 2) + (1 + 3)`.
#[inline]
#[must_use]
pub fn lanes_sum(lanes: f32x4) -> f32 {
    let [a, b, c, d] = lanes.to_array();
    (a + c) + (b + d)
}

/// The larger of each pair of lanes: `b` where `b > a`, else `a`.
#[inline]
#[must_use]
pub fn lanes_max(a: f32x4, b: f32x4) -> f32x4 {
    b.simd_gt(a).bitselect(b, a)
}

/// Scalar product of two vectors of the same length.
///
/// Four accumulators take four lanes each in turn, so neither the length nor the target changes the order of additions.
///
/// # Panics
/// If the lengths differ.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "dot of {} and {} numbers", a.len(), b.len());
    let (a16, a_rest) = a.as_chunks::<16>();
    let (b16, b_rest) = b.as_chunks::<16>();
    let mut sums = [f32x4::ZERO; 4];
    for (a, b) in a16.iter().zip(b16) {
        let (a, b) = (a.as_chunks::<4>().0, b.as_chunks::<4>().0);
        sums[0] += f32x4::from(a[0]) * f32x4::from(b[0]);
        sums[1] += f32x4::from(a[1]) * f32x4::from(b[1]);
        sums[2] += f32x4::from(a[2]) * f32x4::from(b[2]);
        sums[3] += f32x4::from(a[3]) * f32x4::from(b[3]);
    }
    let (a4, a_tail) = a_rest.as_chunks::<4>();
    let (b4, b_tail) = b_rest.as_chunks::<4>();
    for (a, b) in a4.iter().zip(b4) {
        sums[0] += f32x4::from(*a) * f32x4::from(*b);
    }
    let tail = a_tail.iter().zip(b_tail).fold(0.0, |sum, (a, b)| sum + a * b);
    lanes_sum((sums[0] + sums[1]) + (sums[2] + sums[3])) + tail
}

/// [`dot`], without a call where there are four numbers: the columns of many a head of an attention.
#[inline(always)]
pub fn short_dot(a: &[f32], b: &[f32]) -> f32 {
    match (a.as_array::<4>(), b.as_array::<4>()) {
        (Some(a), Some(b)) => lanes_sum(f32x4::from(*a) * f32x4::from(*b)),
        _ => dot(a, b),
    }
}

/// [`add_scaled`], without a call where there are four numbers.
#[inline(always)]
pub fn short_add_scaled(into: &mut [f32], from: &[f32], factor: f32) {
    let Some(from) = from.as_array::<4>() else {
        return add_scaled(into, from, factor);
    };
    let into = into.as_mut_array::<4>().expect("as many numbers on both sides");
    *into = (f32x4::from(*into) + f32x4::from(*from) * f32x4::splat(factor)).to_array();
}

/// Sum of all values.
#[must_use]
pub fn sum(values: &[f32]) -> f32 {
    let (chunks, tail) = values.as_chunks::<4>();
    let lanes = chunks.iter().fold(f32x4::ZERO, |sum, chunk| sum + f32x4::from(*chunk));
    lanes_sum(lanes) + tail.iter().sum::<f32>()
}

/// The largest value; negative infinity of none. A NaN may be passed over.
#[must_use]
pub fn max(values: &[f32]) -> f32 {
    let (chunks, tail) = values.as_chunks::<4>();
    let start = f32x4::splat(f32::NEG_INFINITY);
    let lanes = chunks
        .iter()
        .fold(start, |best, chunk| lanes_max(best, f32x4::from(*chunk)));
    let larger = |a: f32, &b: &f32| if b > a { b } else { a };
    lanes.to_array().iter().chain(tail).fold(f32::NEG_INFINITY, larger)
}

/// `into = f(a)`, number by number.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub fn map(into: &mut [f32], a: &[f32], f: impl Fn(f32x4) -> f32x4) {
    assert_eq!(into.len(), a.len(), "map of {} numbers into {}", a.len(), into.len());
    let (into4, into_tail) = into.as_chunks_mut::<4>();
    let (a4, a_tail) = a.as_chunks::<4>();
    for (into, a) in into4.iter_mut().zip(a4) {
        *into = f(f32x4::from(*a)).to_array();
    }
    for (into, a) in into_tail.iter_mut().zip(a_tail) {
        *into = f(f32x4::splat(*a)).to_array()[0];
    }
}

/// `x = f(x)`, number by number.
#[inline]
pub fn map_in_place(x: &mut [f32], f: impl Fn(f32x4) -> f32x4) {
    let (chunks, tail) = x.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = f(f32x4::from(*chunk)).to_array();
    }
    for x in tail {
        *x = f(f32x4::splat(*x)).to_array()[0];
    }
}

/// `into = f(into, a)`, number by number.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub fn update(into: &mut [f32], a: &[f32], f: impl Fn(f32x4, f32x4) -> f32x4) {
    assert_eq!(into.len(), a.len(), "update of {} numbers by {}", into.len(), a.len());
    let (into4, into_tail) = into.as_chunks_mut::<4>();
    let (a4, a_tail) = a.as_chunks::<4>();
    for (into, a) in into4.iter_mut().zip(a4) {
        *into = f(f32x4::from(*into), f32x4::from(*a)).to_array();
    }
    for (into, a) in into_tail.iter_mut().zip(a_tail) {
        *into = f(f32x4::splat(*into), f32x4::splat(*a)).to_array()[0];
    }
}

/// `into = f(into, a, b)`, number by number.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub fn update2(into: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32x4, f32x4, f32x4) -> f32x4) {
    let lengths = (into.len(), a.len(), b.len());
    assert!(
        lengths.0 == lengths.1 && lengths.0 == lengths.2,
        "update of lengths {lengths:?}"
    );
    let (into4, into_tail) = into.as_chunks_mut::<4>();
    let (a4, a_tail) = a.as_chunks::<4>();
    let (b4, b_tail) = b.as_chunks::<4>();
    for ((into, a), b) in into4.iter_mut().zip(a4).zip(b4) {
        *into = f(f32x4::from(*into), f32x4::from(*a), f32x4::from(*b)).to_array();
    }
    for ((into, a), b) in into_tail.iter_mut().zip(a_tail).zip(b_tail) {
        *into = f(f32x4::splat(*into), f32x4::splat(*a), f32x4::splat(*b)).to_array()[0];
    }
}

/// `into = from`, as a loop over lanes.
///
/// Some machines are many times slower at an engine's bulk copy of a few kilobytes than at such a loop. The factor that
/// the compiler cannot see keeps it from making a bulk copy of the loop.
///
/// # Panics
/// If the lengths differ.
#[inline(never)]
pub fn copy(into: &mut [f32], from: &[f32]) {
    scaled(into, from, std::hint::black_box(1.0));
}

/// `into = factor · from`.
///
/// # Panics
/// If the lengths differ.
#[inline(never)]
pub fn scaled(into: &mut [f32], from: &[f32], factor: f32) {
    let factor = f32x4::splat(factor);
    map(into, from, |from| from * factor);
}

/// `into += factor · from` (BLAS calls it axpy).
///
/// # Panics
/// If the lengths differ.
#[inline(never)]
pub fn add_scaled(into: &mut [f32], from: &[f32], factor: f32) {
    let factor = f32x4::splat(factor);
    update(into, from, |into, from| into + from * factor);
}

/// `into = a ⊙ b`, number by number.
///
/// # Panics
/// If the lengths differ.
#[inline(never)]
pub fn multiply(into: &mut [f32], a: &[f32], b: &[f32]) {
    update2(into, a, b, |_, a, b| a * b);
}

/// `into += from`.
///
/// # Panics
/// If the lengths differ.
#[inline(never)]
pub fn add(into: &mut [f32], from: &[f32]) {
    update(into, from, |into, from| into + from);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(n: usize) -> Vec<f32> {
        (0..n).map(|i| libm::sinf(i as f32 * 0.37)).collect()
    }

    #[test]
    fn dot_and_sum_agree_with_double_precision_at_every_length() {
        for n in 0..70 {
            let (a, b) = (ramp(n), ramp(n + 3)[3..].to_vec());
            let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-5, "dot of {n}");
            let expected: f64 = a.iter().map(|a| f64::from(*a)).sum();
            assert!((f64::from(sum(&a)) - expected).abs() < 1e-5, "sum of {n}");
        }
    }

    #[test]
    fn max_finds_the_largest_wherever_it_stands() {
        assert_eq!(max(&[]), f32::NEG_INFINITY);
        for n in 1..12 {
            for at in 0..n {
                let mut values = vec![-3.0; n];
                values[at] = -2.0;
                assert_eq!(max(&values), -2.0, "{n} values, largest at {at}");
            }
        }
    }

    #[test]
    fn elementwise_loops_treat_lanes_and_tail_alike() {
        for n in 0..12 {
            let (a, b) = (ramp(n), ramp(n + 1)[1..].to_vec());
            let mut into = a.clone();
            add_scaled(&mut into, &b, 0.5);
            let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b * 0.5).collect();
            assert_eq!(into, expected);
            scaled(&mut into, &b, -2.0);
            assert_eq!(into, b.iter().map(|b| b * -2.0).collect::<Vec<_>>());
            copy(&mut into, &a);
            assert_eq!(into, a);
            add(&mut into, &b);
            assert_eq!(into, a.iter().zip(&b).map(|(a, b)| a + b).collect::<Vec<_>>());
            multiply(&mut into, &a, &b);
            assert_eq!(into, a.iter().zip(&b).map(|(a, b)| a * b).collect::<Vec<_>>());
            into.copy_from_slice(&a);
            add(&mut into, &b);
            update2(&mut into, &a, &b, |x, a, b| x - a * b);
            let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| (a + b) - a * b).collect();
            assert_eq!(into, expected);
        }
    }
}
