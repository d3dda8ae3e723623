//! Towers: layers one after the other.

use crate::matrix::Metric;
use crate::rng::Rng;

use super::{Activation, Init, ParamId, Params, Tape, Var};

/// Layers of ReLU, or of another function, and a linear one at the end.
#[derive(Clone, Debug)]
pub struct Mlp {
    /// Weight `[in, out]` and bias `[1, out]` of each layer.
    layers: Vec<(ParamId, ParamId)>,
    activation: Activation,
}

impl Mlp {
    /// From `input` columns through layers of the widths `hidden` to `dim` columns; `side` goes before the parameters'
    /// names.
    pub fn build(side: &str, input: usize, hidden: &[u32], dim: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let mut width = input;
        let widths = hidden.iter().map(|&width| width as usize).chain([dim]);
        let layers = widths.enumerate().map(|(layer, next)| {
            let init = if layer < hidden.len() { Init::He } else { Init::Glorot };
            let weight = params.dense(&format!("{side}.weight{layer}"), width, next, init, rng);
            let bias = params.dense(&format!("{side}.bias{layer}"), 1, next, Init::Zeros, rng);
            width = next;
            (weight, bias)
        });
        Self {
            layers: layers.collect(),
            activation: Activation::Relu,
        }
    }

    /// The same with another function.
    #[must_use]
    pub fn by(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// `parts` (`[rows, …]` each, side by side the input) through all layers, `→ [rows, dim]`, scaled to length 1
    /// under cosine.
    ///
    /// # Panics
    /// If there is no part, or their columns are not `input` in all.
    pub fn forward(&self, tape: &mut Tape, params: &Params, parts: &[Var], metric: Metric) -> Var {
        let mut x = if parts.len() == 1 { parts[0] } else { tape.concat(parts) };
        for (layer, &(weight, bias)) in self.layers.iter().enumerate() {
            let last = layer + 1 == self.layers.len();
            let activation = if last { Activation::None } else { self.activation };
            x = tape.linear(params, x, weight, Some(bias), activation);
        }
        if metric == Metric::Cosine {
            tape.l2_normalise(x)
        } else {
            x
        }
    }
}
