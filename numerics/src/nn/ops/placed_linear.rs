//! A linear map that depends on the place: each row goes through the matrix of its own place.

use super::super::params::{ParamId, Params};
use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// `y_t = x_t W_p(t)`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct PlacedLinear {
    x: Var,
    /// All matrices below each other, `[places · d, n]`.
    weights: ParamId,
    places: Span,
}

impl Tape {
    /// Row `t` of `x` through the matrix number `places[t]` of `weights`: `[T, d], [places · d, n] → [T, n]`.
    ///
    /// # Panics
    /// If there is no such matrix, or not a place for every row.
    pub fn placed_linear(&mut self, params: &Params, x: Var, weights: ParamId, places: &[u32]) -> Var {
        let ((rows, d), (_, n)) = (self.shape(x), params.shape(weights));
        assert_eq!(rows, places.len(), "a place for every row");
        assert!(params.is_dense(weights), "{} is a table", params.name(weights));
        let op = PlacedLinear {
            x,
            weights,
            places: self.keep(places.iter().copied()),
        };
        let out = self.push_node(Op::PlacedLinear(op), (rows, n), 0, true);
        let forward = self.forward(out);
        let (x, weights) = (forward.inputs.of(x), params.slice(weights));
        let outputs = forward.output.chunks_exact_mut(n);
        for ((into, row), &place) in outputs.zip(x.chunks_exact(d)).zip(places) {
            into.fill(0.0);
            let matrix = weights[place as usize * d * n..][..d * n].chunks_exact(n);
            for (value, from) in row.iter().zip(matrix) {
                simd::add_scaled(into, from, *value);
            }
        }
        out
    }
}

impl PlacedLinear {
    /// `∂/∂x_t = G_t W_p(t)ᵀ`, `∂/∂W_p = Σ x_tᵀ G_t` over the rows of the place.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let (n, d) = (tape.shape(out).1, tape.shape(self.x).1);
        if let Some(edge) = tape.edge(out, self.x) {
            let (places, weights) = (edge.values.whole(self.places), params.slice(self.weights));
            let into = edge.write.sum_into(edge.into).chunks_exact_mut(d);
            for ((into, from), &place) in into.zip(edge.from.chunks_exact(n)).zip(places) {
                let matrix = weights[place as usize * d * n..][..d * n].chunks_exact(n);
                into.iter_mut()
                    .zip(matrix)
                    .for_each(|(x, row)| *x += simd::dot(from, row));
            }
        }
        let leaf = tape.leaf(out);
        let places = leaf.values.whole(self.places);
        let (into, write) = params.dense_gradient_mut(self.weights);
        let into = write.sum_into(into);
        let rows = leaf.values.of(self.x).chunks_exact(d);
        for ((row, from), &place) in rows.zip(leaf.from.chunks_exact(n)).zip(places) {
            let matrix = into[place as usize * d * n..][..d * n].chunks_exact_mut(n);
            for (value, into) in row.iter().zip(matrix) {
                simd::add_scaled(into, from, *value);
            }
        }
    }
}
