//! Where a tape begins: inputs and dense parameters.

use super::super::params::{ParamId, Params};
use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// A dense parameter taken as a matrix.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Param {
    id: ParamId,
}

impl Tape {
    /// A constant `[rows, cols]`.
    ///
    /// # Panics
    /// If there are not `rows · cols` values.
    pub fn input(&mut self, rows: usize, cols: usize, values: &[f32]) -> Var {
        self.place(Op::Input, rows, cols, values, false)
    }

    /// A matrix `[rows, cols]` that receives a gradient, although it is no parameter.
    ///
    /// # Panics
    /// If there are not `rows · cols` values.
    pub fn variable(&mut self, rows: usize, cols: usize, values: &[f32]) -> Var {
        self.place(Op::Input, rows, cols, values, true)
    }

    /// The value of `x` as a constant: no gradient passes.
    pub fn detach(&mut self, x: Var) -> Var {
        let out = self.push_node(Op::Input, self.shape(x), 0, false);
        let forward = self.forward(out);
        simd::copy(forward.output, forward.inputs.of(x));
        out
    }

    /// A dense parameter as a matrix.
    ///
    /// # Panics
    /// If the parameter is a table.
    pub fn param(&mut self, params: &Params, id: ParamId) -> Var {
        let (rows, cols) = params.shape(id);
        assert!(params.is_dense(id), "{} is a table: look its rows up", params.name(id));
        self.place(Op::Param(Param { id }), rows, cols, params.slice(id), true)
    }

    fn place(&mut self, op: Op, rows: usize, cols: usize, values: &[f32], learns: bool) -> Var {
        assert_eq!(values.len(), rows * cols, "a matrix of {rows} by {cols}");
        let out = self.push_node(op, (rows, cols), 0, learns);
        simd::copy(self.forward(out).output, values);
        out
    }
}

impl Param {
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let (into, write) = params.dense_gradient_mut(self.id);
        write.scaled(into, tape.leaf(out).from, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_gradient_passes_a_constant_copy() {
        let mut tape = Tape::new();
        let x = tape.variable(1, 2, &[2.0, 3.0]);
        let copy = tape.detach(x);
        let product = tape.mul(x, copy);
        let loss = tape.sum(product);
        assert_eq!(tape.value(loss), [13.0]);
        tape.backward(&mut Params::new(), loss);
        assert_eq!(tape.gradient(x), [2.0, 3.0], "and not twice that, as of x²");
    }
}
