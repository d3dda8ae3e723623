//! The LSTM as a layer.

use crate::rng::Rng;

use super::{Activation, Init, ParamId, Params, Tape, Var};

/// An LSTM from `d` columns to `d` columns: see [`Tape::lstm`].
#[derive(Clone, Copy, Debug)]
pub struct LstmLayer {
    /// `[d, 4d]`, gates i, f, o, g.
    weight: ParamId,
    /// `[1, 4d]`.
    bias: ParamId,
    /// `[d, 4d]`.
    recurrent: ParamId,
}

impl LstmLayer {
    /// Of `width` columns; `name` goes before the parameters' names.
    pub fn build(name: &str, width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let mut dense = |part: &str, rows, init| params.dense(&format!("{name}.{part}"), rows, 4 * width, init, rng);
        Self {
            weight: dense("weight", width, Init::Glorot),
            bias: dense("bias", 1, Init::Zeros),
            recurrent: dense("recurrent", width, Init::Glorot),
        }
    }

    /// Hidden states of the sequences `offsets[b]..offsets[b + 1]` of `rows`: `[ΣT, d] → [ΣT, d]`.
    pub fn forward(&self, tape: &mut Tape, params: &Params, rows: Var, offsets: &[u32]) -> Var {
        let inputs = tape.linear(params, rows, self.weight, Some(self.bias), Activation::None);
        tape.lstm(params, inputs, self.recurrent, offsets)
    }
}
