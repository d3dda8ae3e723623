//! Each row of weights with rows of its own.

use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// `Σ_j w_bj x_{b·k + j}`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Mix {
    weights: Var,
    x: Var,
}

impl Tape {
    /// The k rows of `x` that belong to each row of `weights`, added up by those weights: `[B, k], [B · k, d] → [B, d]`.
    ///
    /// # Panics
    /// If there is not a row for each weight.
    pub fn mix(&mut self, weights: Var, x: Var) -> Var {
        let ((rows, k), (own, d)) = (self.shape(weights), self.shape(x));
        assert_eq!(own, rows * k, "a row for each of {rows} by {k} weights");
        let out = self.push(Op::Mix(Mix { weights, x }), (rows, d), 0, &[weights, x]);
        let forward = self.forward(out);
        let (weights, x) = (forward.inputs.of(weights), forward.inputs.of(x));
        for (row, into) in forward.output.chunks_exact_mut(d.max(1)).enumerate() {
            into.fill(0.0);
            for place in row * k..(row + 1) * k {
                simd::add_scaled(into, &x[place * d..][..d], weights[place]);
            }
        }
        out
    }
}

impl Mix {
    /// `∂/∂w_bj = ⟨G_b, x_{b·k + j}⟩`, `∂/∂x_{b·k + j} = w_bj G_b`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (k, d) = (tape.shape(self.weights).1, tape.shape(out).1);
        if let Some(edge) = tape.edge(out, self.weights) {
            let (from, x) = (edge.from, edge.values.of(self.x));
            let into = edge.write.sum_into(edge.into);
            for (place, into) in into.iter_mut().enumerate() {
                *into += simd::dot(&from[place / k * d..][..d], &x[place * d..][..d]);
            }
        }
        if let Some(edge) = tape.edge(out, self.x) {
            let (from, weights) = (edge.from, edge.values.of(self.weights));
            for (place, into) in edge.into.chunks_exact_mut(d.max(1)).enumerate() {
                edge.write.scaled(into, &from[place / k * d..][..d], weights[place]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_up_by_weights_of_their_own() {
        let mut tape = Tape::new();
        let weights = tape.input(2, 2, &[1.0, 2.0, -1.0, 0.5]);
        let x = tape.input(4, 2, &[1.0, 0.0, 0.0, 1.0, 3.0, 4.0, 2.0, 2.0]);
        let mixed = tape.mix(weights, x);
        assert_eq!(tape.value(mixed), [1.0, 2.0, -2.0, -3.0]);
    }
}
