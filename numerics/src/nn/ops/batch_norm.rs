//! Columns of mean 0 and variance 1.

use wide::f32x4;

use super::super::params::{ParamId, Params};
use super::super::simd;
use super::super::tape::{Tape, Var, grown};
use super::Op;
use super::layer_norm::scale_and_shift;

/// Added to the variance, so that a column of equal numbers is not divided by zero. PyTorch's default.
const EPSILON: f32 = 1e-5;

/// `y = g ⊙ x̂ + b` with `x̂ = (x − mean) / √(variance + ε)`, column by column. Notes `x̂`, then the means, then
/// `1 / √(variance + ε)`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct BatchNorm {
    x: Var,
    gain: ParamId,
    bias: ParamId,
    /// Mean and variance were given and do not depend on `x`.
    given: bool,
}

impl Tape {
    /// Each column less its mean, divided by its standard deviation, times `gain`, plus `bias`:
    /// `[N, d], [1, d], [1, d] → [N, d]` (Ioffe and Szegedy, ICML 2015). Mean and deviation are those of the columns; or,
    /// where they are `given`, d means with d inverse deviations after them, as [`Tape::batch_statistics`] has them.
    ///
    /// # Panics
    /// If a shape does not fit or a parameter is a table.
    pub fn batch_norm(&mut self, params: &Params, x: Var, gain: ParamId, bias: ParamId, given: Option<&[f32]>) -> Var {
        let (rows, cols) = self.shape(x);
        let fits = |id| params.is_dense(id) && params.shape(id) == (1, cols);
        assert!(
            fits(gain) && fits(bias),
            "{} is not one row of {cols}",
            params.name(gain)
        );
        let op = BatchNorm {
            x,
            gain,
            bias,
            given: given.is_some(),
        };
        let out = self.push_node(Op::BatchNorm(op), (rows, cols), rows * cols + 2 * cols, true);
        let forward = self.forward(out);
        let (gain, bias) = (params.slice(gain), params.slice(bias));
        let (normal, statistics) = forward.note.split_at_mut(rows * cols);
        let x = forward.inputs.of(x);
        match given {
            Some(given) => statistics.copy_from_slice(given),
            None => measure(x, statistics),
        }
        let (mean, inverse) = statistics.split_at(cols);
        let lines = x.chunks_exact(cols.max(1)).zip(normal.chunks_exact_mut(cols.max(1)));
        for ((x, normal), output) in lines.zip(forward.output.chunks_exact_mut(cols.max(1))) {
            simd::update2(normal, x, mean, |_, x, mean| x - mean);
            simd::update(normal, inverse, |x, inverse| x * inverse);
            simd::copy(output, bias);
            simd::update2(output, normal, gain, |bias, normal, gain| bias + normal * gain);
        }
        out
    }

    /// What the columns were normalised by: d means, then d times `1 / √(variance + ε)`.
    #[must_use]
    pub fn batch_statistics(&self, normalised: Var) -> &[f32] {
        let (rows, cols) = self.shape(normalised);
        &self.values().note(normalised)[rows * cols..]
    }
}

/// Means and inverse deviations of the columns of `x` into `statistics`.
fn measure(x: &[f32], statistics: &mut [f32]) {
    let cols = statistics.len() / 2;
    let (mean, inverse) = statistics.split_at_mut(cols);
    mean.fill(0.0);
    inverse.fill(0.0);
    let rows = || x.chunks_exact(cols.max(1));
    let share = 1.0 / rows().len().max(1) as f32;
    rows().for_each(|row| simd::add(mean, row));
    mean.iter_mut().for_each(|x| *x *= share);
    for row in rows() {
        simd::update2(inverse, row, mean, |sum, x, mean| sum + (x - mean) * (x - mean));
    }
    inverse
        .iter_mut()
        .for_each(|squares| *squares = 1.0 / (*squares * share + EPSILON).sqrt());
}

impl BatchNorm {
    /// With `D = G ⊙ g`: `∂/∂x = (D − mean(D) − x̂ mean(D ⊙ x̂)) / √(variance + ε)`, means over the rows; without the
    /// means where the statistics were given. `∂/∂g` and `∂/∂b` are the sums of the rows of `G ⊙ x̂` and of `G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let (rows, cols) = tape.shape(out);
        let width = cols.max(1);
        if let Some(edge) = tape.edge(out, self.x) {
            let gain = params.slice(self.gain);
            let (normal, statistics) = edge.values.note(out).split_at(rows * cols);
            let inverse = &statistics[cols..];
            let (mean, rest) = grown(&mut edge.scratch.delta, 3 * cols).split_at_mut(cols);
            let (along, slope) = rest.split_at_mut(cols);
            mean.fill(0.0);
            along.fill(0.0);
            let lines = || edge.from.chunks_exact(width).zip(normal.chunks_exact(width));
            if !self.given {
                for (from, normal) in lines() {
                    simd::add(mean, from);
                    simd::update2(along, from, normal, |sum, from, normal| sum + from * normal);
                }
                let share = f32x4::splat(1.0 / rows.max(1) as f32);
                simd::map_in_place(mean, |x| x * share);
                simd::map_in_place(along, |x| x * share);
            }
            let factor = slope;
            simd::multiply(factor, gain, inverse);
            for ((from, normal), into) in lines().zip(edge.into.chunks_exact_mut(width)) {
                let into = edge.write.sum_into(into);
                for (column, into) in into.iter_mut().enumerate() {
                    let change = from[column] - mean[column] - normal[column] * along[column];
                    *into += change * factor[column];
                }
            }
        }
        scale_and_shift((tape.leaf(out), out), (rows, cols), (self.gain, self.bias), params);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn columns_are_centred_and_scaled_and_other_rows_can_be_treated_alike() {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let gain = params.dense("gain", 1, 2, Init::Zeros, &mut rng);
        let bias = params.dense("bias", 1, 2, Init::Zeros, &mut rng);
        params.values_mut(gain).fill(2.0);
        params.values_mut(bias)[[0, 1]] = 1.0;
        let mut tape = Tape::new();
        let x = tape.input(2, 2, &[5.0, 4.0, 1.0, 4.0]);
        let y = tape.batch_norm(&params, x, gain, bias, None);
        // (5, 1) has mean 3 and variance 4: (1, −1), all but ε. A column of equal numbers gives the bias.
        let near = |found: &[f32], expected: &[f32]| {
            let pairs = found.iter().zip(expected);
            assert!(
                found.len() == expected.len() && pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5),
                "{found:?}"
            );
        };
        near(tape.value(y), &[2.0, 1.0, -2.0, 1.0]);
        let statistics = tape.batch_statistics(y).to_vec();
        near(&statistics[..3], &[3.0, 4.0, 0.5]);
        let other = tape.input(1, 2, &[7.0, 4.0]);
        let other = tape.batch_norm(&params, other, gain, bias, Some(&statistics));
        near(tape.value(other), &[4.0, 1.0]);
    }
}
