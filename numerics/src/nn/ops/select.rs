//! Rows of a matrix by number.

use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// Row `rows[i]` of `x` for each `i`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Select {
    x: Var,
    rows: Span,
}

impl Tape {
    /// Row `rows[i]` of `x` as row `i`, in any order and with repetition: `[N, d] → [n, d]`. It takes the first row of
    /// each block, puts one row before all, or spreads what was computed once for several.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn select(&mut self, x: Var, rows: impl IntoIterator<Item = u32>) -> Var {
        let cols = self.shape(x).1;
        let rows = self.keep(rows);
        let n = self.values().whole(rows).len();
        let out = self.push(Op::Select(Select { x, rows }), (n, cols), 0, &[x]);
        let forward = self.forward(out);
        let x = forward.inputs.of(x);
        let rows = forward.inputs.whole(rows);
        for (into, row) in forward.output.chunks_exact_mut(cols.max(1)).zip(rows) {
            simd::copy(into, &x[*row as usize * cols..][..cols]);
        }
        out
    }
}

impl Select {
    /// Row `rows[i]` gets row `i` of `G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let cols = tape.shape(out).1;
        let Some(edge) = tape.edge(out, self.x) else { return };
        let (from, rows) = (edge.from, edge.values.whole(self.rows));
        let into = edge.write.sum_into(edge.into);
        for (from, row) in from.chunks_exact(cols.max(1)).zip(rows) {
            simd::add(&mut into[*row as usize * cols..][..cols], from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    #[test]
    fn rows_come_in_the_order_asked_for_and_a_row_taken_twice_learns_twice() {
        let mut tape = Tape::new();
        let x = tape.variable(3, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let rows = tape.select(x, [2, 0, 2]);
        assert_eq!(tape.value(rows), [5.0, 6.0, 1.0, 2.0, 5.0, 6.0]);
        let weights = tape.input(3, 2, &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
        let product = tape.mul(rows, weights);
        let loss = tape.sum(product);
        tape.backward(&mut Params::new(), loss);
        assert_eq!(tape.gradient(x), [2.0, 20.0, 0.0, 0.0, 4.0, 40.0]);
    }
}
