//! How much every two fields of a row agree: the second order of a factorisation machine (Rendle, ICDM 2010), as DeepFM
//! has it (Guo et al., IJCAI 2017, equation 2).
//!
//! ```text
//! y = Σ_{i<j} ⟨v_i, v_j⟩ = ½ (|Σ_i v_i|² − Σ_i |v_i|²)          ∂y/∂v_i = Σ_j v_j − v_i
//! ```

use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// Notes the sum of the fields of each row, `[B, d]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct FieldPairs {
    x: Var,
}

impl Tape {
    /// The sum over all pairs of a row's fields, which lie side by side in `x`, `width` columns each:
    /// `[B, F · d] → [B, 1]`.
    ///
    /// # Panics
    /// If the columns are no multiple of `width`.
    pub fn field_pairs(&mut self, x: Var, width: usize) -> Var {
        let (rows, cols) = self.shape(x);
        assert!(
            width > 0 && cols.is_multiple_of(width),
            "{cols} columns of fields of {width}"
        );
        let out = self.push(Op::FieldPairs(FieldPairs { x }), (rows, 1), rows * width, &[x]);
        let forward = self.forward(out);
        let x = forward.inputs.of(x);
        let sums = forward.note.chunks_exact_mut(width);
        for ((into, sum), row) in forward.output.iter_mut().zip(sums).zip(x.chunks_exact(cols.max(1))) {
            sum.fill(0.0);
            row.chunks_exact(width).for_each(|field| simd::add(sum, field));
            *into = 0.5 * (simd::dot(sum, sum) - simd::dot(row, row));
        }
        out
    }
}

impl FieldPairs {
    /// `∂/∂v_i = G (Σ_j v_j − v_i)`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (rows, cols) = tape.shape(self.x);
        let Some(edge) = tape.edge(out, self.x) else { return };
        let (x, sums) = (edge.values.of(self.x), edge.values.note(out));
        let width = sums.len() / rows.max(1);
        let of_rows = edge.into.chunks_exact_mut(cols.max(1)).zip(x.chunks_exact(cols.max(1)));
        for ((into, row), (sum, &from)) in of_rows.zip(sums.chunks_exact(width.max(1)).zip(edge.from)) {
            for (into, field) in into.chunks_exact_mut(width).zip(row.chunks_exact(width)) {
                edge.write.scaled(into, sum, from);
                simd::add_scaled(into, field, -from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_over_pairs_by_hand_and_by_every_pair() {
        let mut tape = Tape::new();
        // (1, 2), (3, 4), (5, 6): 11 + 17 + 39 = 67. (1, 0), (0, 1), (2, 2): 0 + 2 + 2 = 4.
        let x = tape.input(2, 6, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 0.0, 0.0, 1.0, 2.0, 2.0]);
        let pairs = tape.field_pairs(x, 2);
        assert_eq!(tape.value(pairs), [67.0, 4.0]);
        let alone = tape.input(1, 3, &[1.0, 2.0, 3.0]);
        let none = tape.field_pairs(alone, 3);
        assert_eq!(tape.value(none), [0.0], "one field has nothing to agree with");
    }
}
