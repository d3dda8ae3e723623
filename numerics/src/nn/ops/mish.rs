//! Mish: a smooth rectifier that is not monotone.

use wide::f32x4;

use super::super::exponential::exp;
use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// `y = x tanh(ln(1 + e^x))`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Mish {
    x: Var,
}

/// Beyond this `mish(x) = x` in the precision of numbers, and squares of `e^x` would overflow before long.
const STRAIGHT: f32 = 20.0;

/// With `n = e^x` and `w = n² + 2n`, `tanh(ln(1 + e^x)) = w / (w + 2)`; gives n and w.
#[inline]
fn parts(x: f32x4) -> (f32x4, f32x4) {
    let most = f32x4::splat(STRAIGHT);
    let n = exp(x.simd_gt(most).bitselect(most, x));
    (n, n * n + (n + n))
}

#[inline]
fn mish(x: f32x4) -> f32x4 {
    let (_, w) = parts(x);
    x * (w / (w + f32x4::splat(2.0)))
}

/// `tanh(softplus x) + x · 4n (n + 1) / (w + 2)²`.
#[inline]
fn slope(x: f32x4) -> f32x4 {
    let (n, w) = parts(x);
    let whole = w + f32x4::splat(2.0);
    let bend = f32x4::splat(4.0) * n * (n + f32x4::ONE) / (whole * whole);
    w / whole + x * bend
}

impl Tape {
    /// `x tanh(softplus(x))` for each element (Misra, BMVC 2020).
    pub fn mish(&mut self, x: Var) -> Var {
        let out = self.push(Op::Mish(Mish { x }), self.shape(x), 0, &[x]);
        let forward = self.forward(out);
        simd::map(forward.output, forward.inputs.of(x), mish);
        out
    }
}

impl Mish {
    /// `∂/∂x = G ⊙ mish'(x)`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        if let Some(edge) = tape.edge(out, self.x) {
            let x = edge.values.of(self.x);
            edge.write.map2(edge.into, edge.from, x, |g, x| g * slope(x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(x: &[f32]) -> Vec<f32> {
        let mut tape = Tape::new();
        let x = tape.input(1, x.len(), x);
        let y = tape.mish(x);
        tape.value(y).to_vec()
    }

    #[test]
    fn spec_6_4_5_mish_is_zero_at_zero_straight_far_out_and_dips_to_its_least_value() {
        assert_eq!(of(&[0.0, 30.0, 1e30]), [0.0, 30.0, 1e30]);
        assert!((of(&[8.0])[0] - 8.0).abs() < 1e-4);
        assert!(of(&[f32::NAN])[0].is_nan());
        assert!(of(&[-90.0])[0].abs() < 1e-30);
        let grid: Vec<f32> = (-4000..4000).map(|x| x as f32 / 1000.0).collect();
        let values = of(&grid);
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        assert!((least + 0.308_84).abs() < 1e-4, "{least}");
        // Against the formula in double precision.
        for (x, y) in grid.iter().zip(values) {
            let x = f64::from(*x);
            let expected = x * libm::tanh(libm::log1p(libm::exp(x)));
            assert!((f64::from(y) - expected).abs() < 1e-6, "{x}");
        }
    }
}
