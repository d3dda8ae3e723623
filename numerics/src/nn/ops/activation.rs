//! Non-linear functions, element by element.

use wide::f32x4;

use super::super::exponential::{exp, sigmoid, softplus, tanh};
use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;

/// A function applied to each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x`.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, x / 100)`.
    LeakyRelu,
    /// `tanh x`.
    Tanh,
    /// `1 / (1 + e^-x)`.
    Sigmoid,
    /// `ln(1 + e^x)`.
    Softplus,
}

/// `y = f(x)`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Activate {
    x: Var,
    activation: Activation,
}

impl Activation {
    /// `into = f(into + added)`.
    pub(super) fn apply_to_sum(self, into: &mut [f32], added: &[f32]) {
        match self {
            Activation::None => simd::add(into, added),
            Activation::Relu => simd::update(into, added, |x, b| relu(x + b)),
            Activation::LeakyRelu => simd::update(into, added, |x, b| leaky_relu(x + b)),
            Activation::Tanh => simd::update(into, added, |x, b| tanh(x + b)),
            Activation::Sigmoid => simd::update(into, added, |x, b| sigmoid(x + b)),
            Activation::Softplus => simd::update(into, added, |x, b| softplus(x + b)),
        }
    }

    /// `into = f(x)`.
    fn apply(self, into: &mut [f32], x: &[f32]) {
        match self {
            Activation::None => simd::copy(into, x),
            Activation::Relu => simd::map(into, x, relu),
            Activation::LeakyRelu => simd::map(into, x, leaky_relu),
            Activation::Tanh => simd::map(into, x, tanh),
            Activation::Sigmoid => simd::map(into, x, sigmoid),
            Activation::Softplus => simd::map(into, x, softplus),
        }
    }

    /// `x = f(x)`.
    pub(super) fn apply_in_place(self, x: &mut [f32]) {
        match self {
            Activation::None => {}
            Activation::Relu => simd::map_in_place(x, relu),
            Activation::LeakyRelu => simd::map_in_place(x, leaky_relu),
            Activation::Tanh => simd::map_in_place(x, tanh),
            Activation::Sigmoid => simd::map_in_place(x, sigmoid),
            Activation::Softplus => simd::map_in_place(x, softplus),
        }
    }

    /// Gradient before the function from the gradient `g` behind it and its value `y`.
    #[inline(always)]
    pub(super) fn slope(self, g: f32x4, y: f32x4) -> f32x4 {
        match self {
            Activation::None => g,
            Activation::Relu => g & y.simd_gt(f32x4::ZERO),
            Activation::LeakyRelu => y.simd_lt(f32x4::ZERO).bitselect(g * LEAK, g),
            Activation::Tanh => g * (f32x4::ONE - y * y),
            Activation::Sigmoid => g * (y * (f32x4::ONE - y)),
            Activation::Softplus => g * (f32x4::ONE - exp(-y)),
        }
    }
}

/// `max(x, 0)`; NaN stays NaN, so that a run that went wrong can be seen.
#[inline]
fn relu(x: f32x4) -> f32x4 {
    x.simd_lt(f32x4::ZERO).bitselect(f32x4::ZERO, x)
}

/// Slope of what leaks.
const LEAK: f32 = 0.01;

/// `max(x, LEAK · x)`.
#[inline]
fn leaky_relu(x: f32x4) -> f32x4 {
    x.simd_lt(f32x4::ZERO).bitselect(x * LEAK, x)
}

impl Tape {
    /// `f(x)` for each element.
    pub fn activate(&mut self, x: Var, activation: Activation) -> Var {
        let out = self.push(Op::Activate(Activate { x, activation }), self.shape(x), 0, &[x]);
        let forward = self.forward(out);
        activation.apply(forward.output, forward.inputs.of(x));
        out
    }

    /// `max(x, 0)`.
    pub fn relu(&mut self, x: Var) -> Var {
        self.activate(x, Activation::Relu)
    }

    /// Hyperbolic tangent.
    pub fn tanh(&mut self, x: Var) -> Var {
        self.activate(x, Activation::Tanh)
    }

    /// The logistic function.
    pub fn sigmoid(&mut self, x: Var) -> Var {
        self.activate(x, Activation::Sigmoid)
    }
}

impl Activate {
    /// `∂/∂x = G ⊙ f'(x)`, from the value `y = f(x)`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        if let Some(edge) = tape.edge(out, self.x) {
            let activation = self.activation;
            edge.write
                .map2(edge.into, edge.from, edge.values.of(out), |g, y| activation.slope(g, y));
        }
    }
}
