//! The larger of two matrices, element by element.

use super::super::tape::{Tape, Var};
use super::Op;

/// `max(a, b)`; the first of equals learns.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Larger {
    a: Var,
    b: Var,
}

impl Tape {
    /// `max(a, b)` for each element.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn larger(&mut self, a: Var, b: Var) -> Var {
        let shape = self.shape(a);
        assert_eq!(shape, self.shape(b), "two matrices taken element by element");
        let out = self.push(Op::Larger(Larger { a, b }), shape, 0, &[a, b]);
        let forward = self.forward(out);
        let (a, b) = (forward.inputs.of(a), forward.inputs.of(b));
        for (into, (a, b)) in forward.output.iter_mut().zip(a.iter().zip(b)) {
            *into = if b > a { *b } else { *a };
        }
        out
    }
}

impl Larger {
    /// The larger one gets `G`, the other nothing.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        for (input, second) in [(self.a, false), (self.b, true)] {
            let Some(edge) = tape.edge(out, input) else { continue };
            let (a, b) = (edge.values.of(self.a), edge.values.of(self.b));
            let into = edge.write.sum_into(edge.into);
            for ((into, slope), (a, b)) in into.iter_mut().zip(edge.from).zip(a.iter().zip(b)) {
                if (b > a) == second {
                    *into += slope;
                }
            }
        }
    }
}
