//! Rows of a matrix, pooled list by list.

use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;
use super::gather::Pooling;

/// The pooled rows of each list.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Pool {
    x: Var,
    /// Where each list starts, and where the last one ends.
    bounds: Span,
    pooling: Pooling,
}

impl Tape {
    /// The pooled rows `offsets[b]..offsets[b + 1]` of `x` as row `b`: `[ΣT, d] → [B, d]` with `B + 1` offsets. A list
    /// without rows gives zeros.
    ///
    /// # Panics
    /// If the offsets are empty, decrease or go beyond the rows.
    pub fn pool(&mut self, x: Var, offsets: &[u32], pooling: Pooling) -> Var {
        assert!(
            !offsets.is_empty(),
            "lists of rows need one offset more than there are lists"
        );
        let cols = self.shape(x).1;
        let bounds = self.keep(offsets.iter().copied());
        let out = self.push(
            Op::Pool(Pool { x, bounds, pooling }),
            (offsets.len() - 1, cols),
            0,
            &[x],
        );
        let forward = self.forward(out);
        let x = forward.inputs.of(x);
        for (into, bounds) in forward.output.chunks_exact_mut(cols.max(1)).zip(offsets.windows(2)) {
            let (start, end) = (bounds[0] as usize, bounds[1] as usize);
            into.fill(0.0);
            for row in x[start * cols..end * cols].chunks_exact(cols) {
                simd::add(into, row);
            }
            let factor = pooling.factor(end - start);
            into.iter_mut().for_each(|x| *x *= factor);
        }
        out
    }
}

impl Pool {
    /// Every row of list `b` gets row `b` of `G`, times the factor of the pooling.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let cols = tape.shape(out).1;
        let Some(edge) = tape.edge(out, self.x) else { return };
        let (from, bounds) = (edge.from, edge.values.whole(self.bounds));
        let into = edge.write.sum_into(edge.into);
        for (from, bounds) in from.chunks_exact(cols.max(1)).zip(bounds.windows(2)) {
            let (start, end) = (bounds[0] as usize, bounds[1] as usize);
            let factor = self.pooling.factor(end - start);
            for row in into[start * cols..end * cols].chunks_exact_mut(cols) {
                simd::add_scaled(row, from, factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;

    #[test]
    fn rows_are_pooled_list_by_list_and_share_the_gradient() {
        let mut tape = Tape::new();
        let x = tape.variable(5, 2, &[1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 10.0, 20.0, 7.0, 7.0]);
        let mut pool = |pooling| {
            let out = tape.pool(x, &[0, 3, 3, 4], pooling);
            (out, tape.value(out).to_vec())
        };
        assert_eq!(pool(Pooling::Sum).1, [6.0, -6.0, 0.0, 0.0, 10.0, 20.0]);
        let (mean, value) = pool(Pooling::Mean);
        assert_eq!(value, [2.0, -2.0, 0.0, 0.0, 10.0, 20.0]);
        let weights = tape.input(3, 2, &[3.0, 6.0, 5.0, 5.0, 1.0, 2.0]);
        let product = tape.mul(mean, weights);
        let loss = tape.sum(product);
        tape.backward(&mut Params::new(), loss);
        // A third of (3, 6) for each of three rows; all of (1, 2) for one; the last row is in no list.
        assert_eq!(tape.gradient(x), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 0.0, 0.0]);
    }
}
