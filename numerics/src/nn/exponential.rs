//! `exp`, `tanh` and the logistic function, four lanes at a time, with the same bits on every target.
//!
//! Range reduction is Cody and Waite's (1980); the polynomials are minimax fits made for this file with Remez'
//! algorithm. Each is within four units in the last place of the true value in the range that matters.

use wide::{bytemuck, f32x4, u32x4};

use super::simd;

/// Below this `exp` is smaller than the smallest normal number and given as 0.
const EXP_LOWEST: f32 = -87.336_54;
/// Above this `exp` is given as infinity.
const EXP_HIGHEST: f32 = 88.02;
/// 1.5 · 2²³: adding it rounds to a whole number and leaves that number in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 = `LN_2_HIGH` + `LN_2_LOW`; the high part has few bits, so that a whole multiple of it is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// `e^r = 1 + r + r² P(r)` for `|r| ≤ ln 2 / 2`, lowest power first.
const EXP_POLYNOMIAL: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_717, 0.001_381_459_9];
/// `tanh x = x + x³ P(x²)` for `|x| ≤ TANH_SMALL`, lowest power first.
const TANH_POLYNOMIAL: [f32; 5] = [
    -0.333_332_84,
    0.133_314_94,
    -0.053_743_664,
    0.020_651_052,
    -0.005_717_504_3,
];
/// Where `tanh` changes from its polynomial to the formula with `exp`.
const TANH_SMALL: f32 = 0.625;

/// `e^x` of each lane. NaN stays NaN.
#[inline]
#[must_use]
pub fn exp(x: f32x4) -> f32x4 {
    let rounder = f32x4::splat(ROUNDER);
    let shifted = x * f32x4::splat(std::f32::consts::LOG2_E) + rounder;
    let n = shifted - rounder;
    let r = x - n * f32x4::splat(LN_2_HIGH) - n * f32x4::splat(LN_2_LOW);
    let mantissa = f32x4::ONE + (r + r * r * polynomial(&EXP_POLYNOMIAL, r));
    // The low bits of `shifted` hold n; n + 127 in the exponent field is 2ⁿ.
    let bits: u32x4 = bytemuck::cast(shifted);
    let power: f32x4 = bytemuck::cast((bits + u32x4::splat(127)) << 23_u32);
    let y = mantissa * power;
    let y = x
        .simd_gt(f32x4::splat(EXP_HIGHEST))
        .bitselect(f32x4::splat(f32::INFINITY), y);
    x.simd_lt(f32x4::splat(EXP_LOWEST)).bitselect(f32x4::ZERO, y)
}

/// `x = e^(x − shift)`, number by number; gives their sum.
pub(super) fn exp_in_place(row: &mut [f32], shift: f32) -> f32 {
    let lanes_shift = f32x4::splat(shift);
    let (chunks, tail) = row.as_chunks_mut::<4>();
    let mut sums = f32x4::ZERO;
    for chunk in chunks {
        let e = exp(f32x4::from(*chunk) - lanes_shift);
        sums += e;
        *chunk = e.to_array();
    }
    let mut sum = simd::lanes_sum(sums);
    for x in tail {
        *x = exp(f32x4::splat(*x - shift)).to_array()[0];
        sum += *x;
    }
    sum
}

/// Hyperbolic tangent of each lane.
#[inline]
#[must_use]
pub fn tanh(x: f32x4) -> f32x4 {
    let sign_bit = f32x4::splat(-0.0);
    let sign = x & sign_bit;
    let magnitude = x ^ sign;
    let large = f32x4::ONE - f32x4::splat(2.0) / (exp(magnitude + magnitude) + f32x4::ONE);
    let square = x * x;
    let small = x + x * square * polynomial(&TANH_POLYNOMIAL, square);
    magnitude
        .simd_ge(f32x4::splat(TANH_SMALL))
        .bitselect(large | sign, small)
}

/// The logistic function `1 / (1 + e^-x)` of each lane.
#[inline]
#[must_use]
pub fn sigmoid(x: f32x4) -> f32x4 {
    f32x4::ONE / (f32x4::ONE + exp(-x))
}

/// `ln(1 + e^x)` of each lane. NaN stays NaN.
///
/// It is `max(x, 0) + ln(1 + t)` with `t = e^-|x|`, and `ln(1 + t) = 2 artanh s` with `s = t / (2 + t) ≤ 1/3`, of which
/// eight terms of the series are enough.
#[inline]
#[must_use]
pub fn softplus(x: f32x4) -> f32x4 {
    let t = exp(-(x & !f32x4::splat(-0.0)));
    let s = t / (f32x4::splat(2.0) + t);
    let square = s * s;
    let series = (1..8).rev().fold(f32x4::splat(1.0 / 17.0), |sum, k| {
        sum * square + f32x4::splat(1.0 / (2 * k + 1) as f32)
    });
    let above = x.simd_lt(f32x4::ZERO).bitselect(f32x4::ZERO, x);
    above + (s + s) * (series * square + f32x4::ONE)
}

/// A polynomial of degree four by Horner's rule.
#[inline]
fn polynomial(coefficients: &[f32; 5], x: f32x4) -> f32x4 {
    let [c0, c1, c2, c3, c4] = coefficients.map(f32x4::splat);
    (((c4 * x + c3) * x + c2) * x + c1) * x + c0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(f: impl Fn(f32x4) -> f32x4, x: f32) -> f32 {
        f(f32x4::splat(x)).to_array()[0]
    }

    fn worst_relative_error(f: fn(f32x4) -> f32x4, truth: fn(f64) -> f64, low: f32, high: f32) -> f64 {
        let steps = 40_000;
        let errors = (0..=steps).map(|i| {
            let x = low + (high - low) * i as f32 / steps as f32;
            let expected = truth(f64::from(x));
            (f64::from(lane(f, x)) - expected).abs() / expected.abs().max(1e-37)
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn exp_is_close_to_the_truth_over_its_whole_range() {
        let error = worst_relative_error(exp, libm::exp, -87.3, 88.0);
        assert!(error < 2e-7, "relative error {error}");
    }

    #[test]
    fn exp_has_sensible_ends() {
        assert_eq!(lane(exp, 0.0), 1.0);
        assert_eq!(lane(exp, -1e30), 0.0);
        assert_eq!(lane(exp, f32::NEG_INFINITY), 0.0);
        assert_eq!(lane(exp, 1e30), f32::INFINITY);
        assert_eq!(lane(exp, f32::INFINITY), f32::INFINITY);
        assert!(lane(exp, f32::NAN).is_nan());
    }

    #[test]
    fn softplus_is_close_to_the_truth_and_has_sensible_ends() {
        let truth = |x: f64| libm::log1p(libm::exp(-x.abs())) + x.max(0.0);
        let error = worst_relative_error(softplus, truth, -60.0, 60.0);
        assert!(error < 4e-7, "relative error {error}");
        assert_eq!((lane(softplus, 200.0), lane(softplus, -200.0)), (200.0, 0.0));
        assert!(lane(softplus, f32::NAN).is_nan());
    }

    #[test]
    fn tanh_and_sigmoid_are_close_to_the_truth() {
        for (low, high) in [(-20.0, -0.6), (-0.7, -1e-4), (1e-4, 0.7), (0.6, 20.0)] {
            let error = worst_relative_error(tanh, libm::tanh, low, high);
            assert!(error < 3e-7, "tanh in {low}..{high}: relative error {error}");
        }
        let logistic = |x: f64| 1.0 / (1.0 + libm::exp(-x));
        let error = worst_relative_error(sigmoid, logistic, -80.0, 80.0);
        assert!(error < 4e-7, "sigmoid: relative error {error}");
        assert_eq!(lane(tanh, 0.0), 0.0);
        assert_eq!(lane(tanh, -100.0), -1.0);
        assert_eq!(lane(sigmoid, -1e30), 0.0);
        assert_eq!(lane(sigmoid, 1e30), 1.0);
        assert!(lane(tanh, f32::NAN).is_nan() && lane(sigmoid, f32::NAN).is_nan());
    }
}
