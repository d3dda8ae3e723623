//! Rows of length one.

use wide::f32x4;

use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// Rows are divided by no less than this, so that a row of zeros stays one.
const SHORTEST: f32 = 1e-12;

/// `y = x / max(‖x‖, 1e-12)`, row by row. Notes `1 / ‖x‖`, or 0 for a row too short to learn.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct L2Normalise {
    x: Var,
}

impl Tape {
    /// Each row divided by its length: `[B, d] → [B, d]`. A row of zeros stays so and has gradient zero.
    pub fn l2_normalise(&mut self, x: Var) -> Var {
        let (rows, cols) = self.shape(x);
        let out = self.push(Op::L2Normalise(L2Normalise { x }), (rows, cols), rows, &[x]);
        let forward = self.forward(out);
        for (row, inverse) in forward.note.iter_mut().enumerate() {
            let x = &forward.inputs.of(x)[row * cols..][..cols];
            let norm = simd::dot(x, x).sqrt();
            *inverse = if norm < SHORTEST { 0.0 } else { 1.0 / norm };
            let factor = if norm < SHORTEST { 1.0 / SHORTEST } else { *inverse };
            simd::scaled(&mut forward.output[row * cols..][..cols], x, factor);
        }
        out
    }
}

impl L2Normalise {
    /// `∂/∂x = (G − (G · y) y) / ‖x‖`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let cols = tape.shape(out).1;
        let Some(edge) = tape.edge(out, self.x) else { return };
        let y = edge.values.of(out);
        for (row, inverse) in edge.values.note(out).iter().enumerate() {
            let range = row * cols..(row + 1) * cols;
            let (into, from, y) = (&mut edge.into[range.clone()], &edge.from[range.clone()], &y[range]);
            let (along, inverse) = (f32x4::splat(simd::dot(from, y)), f32x4::splat(*inverse));
            edge.write.map2(into, from, y, |g, y| (g - along * y) * inverse);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    #[test]
    fn rows_have_length_one_and_a_row_of_zeros_stays_and_learns_nothing() {
        let mut tape = Tape::new();
        let x = tape.variable(2, 2, &[3.0, 4.0, 0.0, 0.0]);
        let y = tape.l2_normalise(x);
        assert_eq!(tape.value(y), [0.6, 0.8, 0.0, 0.0]);
        let weights = tape.input(2, 2, &[1.0, 0.0, 1.0, 1.0]);
        let product = tape.mul(y, weights);
        let loss = tape.sum(product);
        tape.backward(&mut Params::new(), loss);
        // (g − (g · y) y) / 5 with g = (1, 0): ((1 − 0.36) / 5, −0.48 / 5).
        let expected = [0.128, -0.096, 0.0, 0.0];
        let near = tape
            .gradient(x)
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() < 1e-6);
        assert!(near, "{:?}", tape.gradient(x));
    }
}
