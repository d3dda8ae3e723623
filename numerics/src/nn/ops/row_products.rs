//! Each row of one matrix against rows of its own in another.

use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// `⟨a_b, b_{b·n + j}⟩`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct RowProducts {
    a: Var,
    b: Var,
}

impl Tape {
    /// Scores of each row of `a` with the n rows of `b` that belong to it: `[B, d], [B · n, d] → [B, n]`.
    ///
    /// # Panics
    /// If the widths differ or the rows of `b` are no multiple of those of `a`.
    pub fn row_products(&mut self, a: Var, b: Var) -> Var {
        let ((rows, d), (own, width)) = (self.shape(a), self.shape(b));
        assert_eq!(d, width, "widths of two sets of vectors");
        let n = own / rows.max(1);
        assert_eq!(own, n * rows, "equally many rows for each of {rows}");
        let out = self.push(Op::RowProducts(RowProducts { a, b }), (rows, n), 0, &[a, b]);
        let forward = self.forward(out);
        let (a, b) = (forward.inputs.of(a), forward.inputs.of(b));
        for (place, into) in forward.output.iter_mut().enumerate() {
            *into = simd::dot(&a[place / n * d..][..d], &b[place * d..][..d]);
        }
        out
    }
}

impl RowProducts {
    /// `∂/∂a_b = Σ_j G_bj b_{b·n + j}`, `∂/∂b_{b·n + j} = G_bj a_b`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (n, d) = (tape.shape(out).1, tape.shape(self.a).1);
        if let Some(edge) = tape.edge(out, self.a) {
            let b = edge.values.of(self.b);
            for (row, into) in edge.into.chunks_exact_mut(d.max(1)).enumerate() {
                let mut write = edge.write;
                for j in row * n..(row + 1) * n {
                    write.scaled(into, &b[j * d..][..d], edge.from[j]);
                    write = simd::Write::Accumulate;
                }
                if n == 0 && edge.write == simd::Write::Store {
                    into.fill(0.0);
                }
            }
        }
        if let Some(edge) = tape.edge(out, self.b) {
            let a = edge.values.of(self.a);
            for (place, into) in edge.into.chunks_exact_mut(d.max(1)).enumerate() {
                edge.write.scaled(into, &a[place / n * d..][..d], edge.from[place]);
            }
        }
    }
}
