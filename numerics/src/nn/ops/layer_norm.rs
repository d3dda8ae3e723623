//! Rows of mean 0 and variance 1.

use wide::f32x4;

use super::super::params::{ParamId, Params};
use super::super::simd;
use super::super::tape::{Leaf, Tape, Var, grown};
use super::Op;

/// Added to the variance, so that a row of equal numbers is not divided by zero. PyTorch's default.
const EPSILON: f32 = 1e-5;

/// `y = g ⊙ x̂ + b` with `x̂ = (x − mean) / √(variance + ε)`, row by row. Notes `x̂`, then `1 / √(variance + ε)`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct LayerNorm {
    x: Var,
    gain: ParamId,
    bias: ParamId,
}

impl Tape {
    /// Each row less its mean, divided by its standard deviation, times `gain`, plus `bias`:
    /// `[B, d], [1, d], [1, d] → [B, d]` (Ba, Kiros and Hinton, 2016, "Layer Normalization").
    ///
    /// # Panics
    /// If a shape does not fit or a parameter is a table.
    pub fn layer_norm(&mut self, params: &Params, x: Var, gain: ParamId, bias: ParamId) -> Var {
        let (rows, cols) = self.shape(x);
        let fits = |id| params.is_dense(id) && params.shape(id) == (1, cols);
        assert!(
            fits(gain) && fits(bias),
            "{} is not one row of {cols}",
            params.name(gain)
        );
        let op = Op::LayerNorm(LayerNorm { x, gain, bias });
        let out = self.push_node(op, (rows, cols), rows * cols + rows, true);
        let forward = self.forward(out);
        let (gain, bias) = (params.slice(gain), params.slice(bias));
        let (normal, inverses) = forward.note.split_at_mut(rows * cols);
        for (row, inverse) in inverses.iter_mut().enumerate() {
            let range = row * cols..(row + 1) * cols;
            let (x, normal) = (&forward.inputs.of(x)[range.clone()], &mut normal[range.clone()]);
            *inverse = normalise(normal, x);
            let output = &mut forward.output[range];
            simd::copy(output, bias);
            simd::update2(output, normal, gain, |bias, normal, gain| bias + normal * gain);
        }
        out
    }
}

/// Writes `x̂` and gives what the row was multiplied by.
fn normalise(normal: &mut [f32], x: &[f32]) -> f32 {
    let share = 1.0 / x.len() as f32;
    let mean = f32x4::splat(simd::sum(x) * share);
    simd::map(normal, x, |x| x - mean);
    let variance = simd::dot(normal, normal) * share;
    let inverse = 1.0 / (variance + EPSILON).sqrt();
    normal.iter_mut().for_each(|x| *x *= inverse);
    inverse
}

impl LayerNorm {
    /// With `D = G ⊙ g`: `∂/∂x = (D − mean(D) − x̂ mean(D ⊙ x̂)) / √(variance + ε)`; `∂/∂g` and `∂/∂b` are the sums of
    /// the rows of `G ⊙ x̂` and of `G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let (rows, cols) = tape.shape(out);
        let share = 1.0 / cols as f32;
        if let Some(edge) = tape.edge(out, self.x) {
            let gain = params.slice(self.gain);
            let (normal, inverses) = edge.values.note(out).split_at(rows * cols);
            let slope = grown(&mut edge.scratch.delta, cols);
            for (row, inverse) in inverses.iter().enumerate() {
                let range = row * cols..(row + 1) * cols;
                let normal = &normal[range.clone()];
                simd::multiply(slope, &edge.from[range.clone()], gain);
                let mean = f32x4::splat(simd::sum(slope) * share);
                let along = f32x4::splat(simd::dot(slope, normal) * share);
                let inverse = f32x4::splat(*inverse);
                let change = |slope, normal| (slope - mean - normal * along) * inverse;
                edge.write.map2(&mut edge.into[range], slope, normal, change);
            }
        }
        scale_and_shift((tape.leaf(out), out), (rows, cols), (self.gain, self.bias), params);
    }
}

/// `∂/∂g` and `∂/∂b` of `y = g ⊙ x̂ + b`, of which the note begins with `x̂`: the sums of the rows of `G ⊙ x̂` and of `G`.
pub(super) fn scale_and_shift(
    (leaf, out): (Leaf, Var),
    (rows, cols): (usize, usize),
    (gain, bias): (ParamId, ParamId),
    params: &mut Params,
) {
    let normal = &leaf.values.note(out)[..rows * cols];
    let width = cols.max(1);
    let (into, write) = params.dense_gradient_mut(gain);
    let into = write.sum_into(into);
    for (from, normal) in leaf.from.chunks_exact(width).zip(normal.chunks_exact(width)) {
        simd::update2(into, from, normal, |into, from, normal| into + from * normal);
    }
    let (into, write) = params.dense_gradient_mut(bias);
    let into = write.sum_into(into);
    leaf.from.chunks_exact(width).for_each(|from| simd::add(into, from));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn rows_are_centred_and_scaled_and_a_row_of_equal_numbers_gives_the_bias() {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let gain = params.dense("gain", 1, 2, Init::Zeros, &mut rng);
        let bias = params.dense("bias", 1, 2, Init::Zeros, &mut rng);
        params.values_mut(gain).fill(2.0);
        params.values_mut(bias)[[0, 1]] = 1.0;
        let mut tape = Tape::new();
        let x = tape.input(2, 2, &[5.0, 1.0, 4.0, 4.0]);
        let y = tape.layer_norm(&params, x, gain, bias);
        // (5, 1) has mean 3 and variance 4: (1, −1), all but ε. Twice that plus (0, 1): (2, −1).
        let expected = [2.0, -1.0, 0.0, 1.0];
        let near = |(found, expected): (&f32, f32)| (found - expected).abs() < 1e-5;
        assert!(tape.value(y).iter().zip(expected).all(near), "{:?}", tape.value(y));
    }
}
