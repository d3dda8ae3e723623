//! Matrices side by side.

use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// `[x₁ x₂ …]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Concat {
    inputs: Span,
}

impl Tape {
    /// Columns of all `inputs` side by side: `[B, d₁], [B, d₂], … → [B, d₁ + d₂ + …]`.
    ///
    /// # Panics
    /// If there are no inputs or their numbers of rows differ.
    pub fn concat(&mut self, inputs: &[Var]) -> Var {
        assert!(!inputs.is_empty(), "nothing to put side by side");
        let rows = self.shape(inputs[0]).0;
        assert!(
            inputs.iter().all(|input| self.shape(*input).0 == rows),
            "matrices side by side need equal rows"
        );
        let cols = inputs.iter().map(|input| self.shape(*input).1).sum();
        let kept = self.keep_vars(inputs.iter().copied());
        let out = self.push(Op::Concat(Concat { inputs: kept }), (rows, cols), 0, inputs);
        let mut first = 0;
        for &input in inputs {
            let width = self.shape(input).1;
            let forward = self.forward(out);
            for row in 0..rows {
                let into = &mut forward.output[row * cols + first..][..width];
                simd::copy(into, &forward.inputs.of(input)[row * width..][..width]);
            }
            first += width;
        }
        out
    }
}

impl Concat {
    /// Each input gets its columns of `G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (rows, cols) = tape.shape(out);
        let (mut first, mut place) = (0, 0);
        while let Some(input) = tape.kept_var(self.inputs, place) {
            let width = tape.shape(input).1;
            if let Some(edge) = tape.edge(out, input) {
                for row in 0..rows {
                    let into = &mut edge.into[row * width..][..width];
                    let from = &edge.from[row * cols + first..][..width];
                    edge.write.scaled(into, from, 1.0);
                }
            }
            first += width;
            place += 1;
        }
    }
}
