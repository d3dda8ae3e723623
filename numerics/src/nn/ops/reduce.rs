//! All elements to one number.

use super::super::simd::{self, Write};
use super::super::tape::{Tape, Var};
use super::Op;

/// `factor · Σ x`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Sum {
    x: Var,
    factor: f32,
}

impl Tape {
    /// Sum of all elements: `[B, d] → [1, 1]`.
    pub fn sum(&mut self, x: Var) -> Var {
        self.scaled_sum(x, 1.0)
    }

    /// Mean of all elements: `[B, d] → [1, 1]`; 0 of none.
    pub fn mean(&mut self, x: Var) -> Var {
        let n = self.value(x).len();
        self.scaled_sum(x, 1.0 / n.max(1) as f32)
    }

    fn scaled_sum(&mut self, x: Var, factor: f32) -> Var {
        let out = self.push(Op::Sum(Sum { x, factor }), (1, 1), 0, &[x]);
        let forward = self.forward(out);
        forward.output[0] = factor * simd::sum(forward.inputs.of(x));
        out
    }
}

impl Sum {
    /// Every element gets `factor · G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        if let Some(edge) = tape.edge(out, self.x) {
            let share = self.factor * edge.from[0];
            match edge.write {
                Write::Store => edge.into.fill(share),
                Write::Accumulate => edge.into.iter_mut().for_each(|into| *into += share),
            }
        }
    }
}
