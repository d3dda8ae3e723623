//! A power that keeps the sign: dislike stays dislike, and no power of a negative number is asked for.

use super::super::tape::{Tape, Var};
use super::Op;

/// `y = sign(x) |x|^p`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Power {
    x: Var,
    power: f32,
}

impl Tape {
    /// `sign(x) |x|^power` for each element; the power is at least 1.
    ///
    /// # Panics
    /// If the power is below 1: at 0 it would rise without bound.
    pub fn power(&mut self, x: Var, power: f32) -> Var {
        assert!(power >= 1.0, "a power below 1 has no slope at 0");
        let out = self.push(Op::Power(Power { x, power }), self.shape(x), 0, &[x]);
        let forward = self.forward(out);
        for (into, x) in forward.output.iter_mut().zip(forward.inputs.of(x)) {
            *into = libm::powf(x.abs(), power).copysign(*x);
        }
        out
    }
}

impl Power {
    /// `∂/∂x = G p |x|^(p − 1)`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        if let Some(edge) = tape.edge(out, self.x) {
            let power = self.power;
            let into = edge.write.sum_into(edge.into);
            for ((into, g), x) in into.iter_mut().zip(edge.from).zip(edge.values.of(self.x)) {
                *into += g * power * libm::powf(x.abs(), power - 1.0);
            }
        }
    }
}
