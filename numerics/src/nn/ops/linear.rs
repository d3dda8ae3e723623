//! A layer: linear map, bias and activation in one operation.

use wide::f32x4;

use super::super::gemm::{Size, gemm_nn, gemm_nt, gemm_tn};
use super::super::params::{ParamId, Params};
use super::super::simd::{self, Write};
use super::super::tape::{Tape, Var, grown};
use super::Op;
use super::activation::Activation;

/// `y = f(x W + b)`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Linear {
    x: Var,
    weight: ParamId,
    bias: Option<ParamId>,
    activation: Activation,
}

impl Tape {
    /// `f(x W + b)`: `[B, in] · [in, out] + [1, out] → [B, out]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a parameter is a table.
    pub fn linear(
        &mut self,
        params: &Params,
        x: Var,
        weight: ParamId,
        bias: Option<ParamId>,
        activation: Activation,
    ) -> Var {
        let ((m, k), (inner, n)) = (self.shape(x), params.shape(weight));
        let name = params.name(weight);
        assert_eq!(k, inner, "inputs of the layer {name}");
        assert!(
            params.is_dense(weight) && bias.is_none_or(|bias| params.is_dense(bias)),
            "{name} with a table"
        );
        assert!(
            bias.is_none_or(|bias| params.shape(bias) == (1, n)),
            "the bias of {name} is one row of {n}"
        );
        let op = Linear {
            x,
            weight,
            bias,
            activation,
        };
        let out = self.push_node(Op::Linear(op), (m, n), 0, true);
        let forward = self.forward(out);
        let (x, weight) = (forward.inputs.of(x), params.slice(weight));
        gemm_nn(
            Size { m, k, n },
            x,
            weight,
            forward.output,
            Write::Store,
            forward.packing,
        );
        finish(forward.output, n, bias.map(|bias| params.slice(bias)), activation);
        out
    }
}

/// Adds the bias to each row of `n` and applies the activation.
fn finish(output: &mut [f32], n: usize, bias: Option<&[f32]>, activation: Activation) {
    match bias {
        Some(bias) => output
            .chunks_exact_mut(n.max(1))
            .for_each(|row| activation.apply_to_sum(row, bias)),
        None => activation.apply_in_place(output),
    }
}

impl Linear {
    /// With `D = G ⊙ f'`: `∂/∂x = D Wᵀ`, `∂/∂W = xᵀ D`, `∂/∂b` = sum of the rows of `D`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let ((m, n), k) = (tape.shape(out), tape.shape(self.x).1);
        self.before_activation(out, tape);
        if let Some(edge) = tape.edge(out, self.x) {
            let delta = if self.activation == Activation::None {
                edge.from
            } else {
                &edge.scratch.delta[..m * n]
            };
            let size = Size { m, k: n, n: k };
            gemm_nt(
                size,
                delta,
                params.slice(self.weight),
                edge.into,
                edge.write,
                &mut edge.scratch.packing,
            );
        }
        let leaf = tape.leaf(out);
        let delta = if self.activation == Activation::None {
            leaf.from
        } else {
            &leaf.scratch.delta[..m * n]
        };
        let (into, write) = params.dense_gradient_mut(self.weight);
        let x = leaf.values.of(self.x);
        gemm_tn(Size { m: k, k: m, n }, x, delta, into, write, &mut leaf.scratch.packing);
        if let Some(bias) = self.bias {
            let (into, write) = params.dense_gradient_mut(bias);
            let into = write.sum_into(into);
            delta.chunks_exact(n.max(1)).for_each(|row| simd::add(into, row));
        }
    }

    /// Puts `D` into the scratch space; without activation it is `G` itself.
    fn before_activation(self, out: Var, tape: &mut Tape) {
        if self.activation == Activation::None {
            return;
        }
        let leaf = tape.leaf(out);
        let delta = grown(&mut leaf.scratch.delta, leaf.from.len());
        let slope = |_, g: f32x4, y: f32x4| self.activation.slope(g, y);
        simd::update2(delta, leaf.from, leaf.values.of(out), slope);
    }
}
