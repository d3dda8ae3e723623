//! Some rows of a matrix.

use super::super::simd::{self, Write};
use super::super::tape::{Tape, Var};
use super::Op;

/// Rows of `x` from `start`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Rows {
    x: Var,
    start: usize,
}

impl Tape {
    /// `n` rows of `x` from row `start`: `[B, d] → [n, d]`.
    ///
    /// # Panics
    /// If `x` has fewer rows.
    pub fn rows(&mut self, x: Var, start: usize, n: usize) -> Var {
        let (rows, cols) = self.shape(x);
        assert!(start + n <= rows, "rows {start}..{} of {rows}", start + n);
        let out = self.push(Op::Rows(Rows { x, start }), (n, cols), 0, &[x]);
        let forward = self.forward(out);
        simd::copy(forward.output, &forward.inputs.of(x)[start * cols..][..n * cols]);
        out
    }
}

impl Rows {
    /// The rows get `G`, the others nothing.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (n, cols) = tape.shape(out);
        if let Some(edge) = tape.edge(out, self.x) {
            let (before, rest) = edge.into.split_at_mut(self.start * cols);
            let (taken, after) = rest.split_at_mut(n * cols);
            if edge.write == Write::Store {
                before.fill(0.0);
                after.fill(0.0);
            }
            edge.write.scaled(taken, edge.from, 1.0);
        }
    }
}
