//! Some columns of each row.

use super::super::simd::Write;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// Element `columns[b · n + j]` of row b.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Pick {
    x: Var,
    columns: Span,
}

impl Tape {
    /// `n` columns of each row, named row after row in `columns`; a column may be named twice: `[B, C] → [B, n]`.
    ///
    /// # Panics
    /// If the rows do not get equally many columns, or `x` has fewer columns.
    pub fn pick(&mut self, x: Var, columns: &[u32]) -> Var {
        let (rows, cols) = self.shape(x);
        let n = columns.len() / rows.max(1);
        assert_eq!(columns.len(), n * rows, "equally many columns for {rows} rows");
        assert!(
            columns.iter().all(|column| (*column as usize) < cols),
            "columns lie below {cols}"
        );
        let columns = self.keep(columns.iter().copied());
        let out = self.push(Op::Pick(Pick { x, columns }), (rows, n), 0, &[x]);
        let forward = self.forward(out);
        let from = forward.inputs.of(x);
        let places = forward.inputs.whole(columns);
        for (place, (into, column)) in forward.output.iter_mut().zip(places).enumerate() {
            *into = from[place / n * cols + *column as usize];
        }
        out
    }
}

impl Pick {
    /// Each element picked gets its `G`, the others nothing.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (n, cols) = (tape.shape(out).1, tape.shape(self.x).1);
        if let Some(edge) = tape.edge(out, self.x) {
            if edge.write == Write::Store {
                edge.into.fill(0.0);
            }
            for (place, (from, column)) in edge.from.iter().zip(edge.values.whole(self.columns)).enumerate() {
                edge.into[place / n * cols + *column as usize] += from;
            }
        }
    }
}
