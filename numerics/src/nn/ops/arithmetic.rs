//! Sums, products and multiples, element by element.

use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// `a + b`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Add {
    a: Var,
    b: Var,
}

/// `a ⊙ b`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Mul {
    a: Var,
    b: Var,
}

/// `factor · x`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Scale {
    x: Var,
    factor: f32,
}

impl Tape {
    /// `a + b`, both of the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn add(&mut self, a: Var, b: Var) -> Var {
        let out = self.pair(Op::Add(Add { a, b }), a, b);
        let forward = self.forward(out);
        simd::copy(forward.output, forward.inputs.of(a));
        simd::add(forward.output, forward.inputs.of(b));
        out
    }

    /// `a ⊙ b`, both of the same shape.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn mul(&mut self, a: Var, b: Var) -> Var {
        let out = self.pair(Op::Mul(Mul { a, b }), a, b);
        let forward = self.forward(out);
        let (a, b) = (forward.inputs.of(a), forward.inputs.of(b));
        simd::update2(forward.output, a, b, |_, a, b| a * b);
        out
    }

    /// `factor · x`.
    pub fn scale(&mut self, x: Var, factor: f32) -> Var {
        let out = self.push(Op::Scale(Scale { x, factor }), self.shape(x), 0, &[x]);
        let forward = self.forward(out);
        simd::scaled(forward.output, forward.inputs.of(x), factor);
        out
    }

    fn pair(&mut self, op: Op, a: Var, b: Var) -> Var {
        let shape = self.shape(a);
        assert_eq!(shape, self.shape(b), "two matrices taken element by element");
        self.push(op, shape, 0, &[a, b])
    }
}

impl Add {
    /// `∂/∂a = ∂/∂b = G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        for input in [self.a, self.b] {
            if let Some(edge) = tape.edge(out, input) {
                edge.write.scaled(edge.into, edge.from, 1.0);
            }
        }
    }
}

impl Mul {
    /// `∂/∂a = G ⊙ b`, `∂/∂b = G ⊙ a`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        for (input, other) in [(self.a, self.b), (self.b, self.a)] {
            if let Some(edge) = tape.edge(out, input) {
                edge.write
                    .map2(edge.into, edge.from, edge.values.of(other), |g, other| g * other);
            }
        }
    }
}

impl Scale {
    /// `∂/∂x = factor · G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        if let Some(edge) = tape.edge(out, self.x) {
            edge.write.scaled(edge.into, edge.from, self.factor);
        }
    }
}
