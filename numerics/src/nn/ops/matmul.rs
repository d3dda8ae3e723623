//! Products of two matrices.

use super::super::gemm::{Packing, Size, gemm_nn, gemm_nt, gemm_tn};
use super::super::simd::Write;
use super::super::tape::{Edge, Tape, Var};
use super::Op;

/// `A B`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct MatmulNn {
    a: Var,
    b: Var,
}

/// `A Bᵀ`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct MatmulNt {
    a: Var,
    b: Var,
}

impl Tape {
    /// `A B`: `[B, d] · [d, C] → [B, C]`.
    ///
    /// # Panics
    /// If the inner lengths differ.
    pub fn matmul_nn(&mut self, a: Var, b: Var) -> Var {
        let ((m, k), (inner, n)) = (self.shape(a), self.shape(b));
        assert_eq!(k, inner, "inner lengths of a product");
        let out = self.push(Op::MatmulNn(MatmulNn { a, b }), (m, n), 0, &[a, b]);
        let forward = self.forward(out);
        let (a, b) = (forward.inputs.of(a), forward.inputs.of(b));
        gemm_nn(Size { m, k, n }, a, b, forward.output, Write::Store, forward.packing);
        out
    }

    /// `A Bᵀ`: `[B, d] · [C, d]ᵀ → [B, C]`, the scores of every row of `a` with every row of `b`.
    ///
    /// # Panics
    /// If the widths differ.
    pub fn matmul_nt(&mut self, a: Var, b: Var) -> Var {
        let ((m, k), (n, inner)) = (self.shape(a), self.shape(b));
        assert_eq!(k, inner, "widths of two sets of vectors");
        let out = self.push(Op::MatmulNt(MatmulNt { a, b }), (m, n), 0, &[a, b]);
        let forward = self.forward(out);
        let (a, b) = (forward.inputs.of(a), forward.inputs.of(b));
        gemm_nt(Size { m, k, n }, a, b, forward.output, Write::Store, forward.packing);
        out
    }
}

/// One of the three layouts of a product.
type Product = fn(Size, &[f32], &[f32], &mut [f32], Write, &mut Packing);

impl Edge<'_> {
    /// The gradient of the input is a product.
    fn product(self, product: Product, size: Size, left: &[f32], right: &[f32]) {
        product(size, left, right, self.into, self.write, &mut self.scratch.packing);
    }
}

impl MatmulNn {
    /// `∂/∂A = G Bᵀ`, `∂/∂B = Aᵀ G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let ((m, n), k) = (tape.shape(out), tape.shape(self.a).1);
        if let Some(edge) = tape.edge(out, self.a) {
            let (from, b) = (edge.from, edge.values.of(self.b));
            edge.product(gemm_nt, Size { m, k: n, n: k }, from, b);
        }
        if let Some(edge) = tape.edge(out, self.b) {
            let (from, a) = (edge.from, edge.values.of(self.a));
            edge.product(gemm_tn, Size { m: k, k: m, n }, a, from);
        }
    }
}

impl MatmulNt {
    /// `∂/∂A = G B`, `∂/∂B = Gᵀ A`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let ((m, n), k) = (tape.shape(out), tape.shape(self.a).1);
        if let Some(edge) = tape.edge(out, self.a) {
            let (from, b) = (edge.from, edge.values.of(self.b));
            edge.product(gemm_nn, Size { m, k: n, n: k }, from, b);
        }
        if let Some(edge) = tape.edge(out, self.b) {
            let (from, a) = (edge.from, edge.values.of(self.a));
            edge.product(gemm_tn, Size { m: n, k: m, n: k }, from, a);
        }
    }
}
