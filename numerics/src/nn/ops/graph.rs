//! Sums over the edges of a graph: scores of edges, softmax among the edges of a node, and what nodes hear from their
//! neighbours.
//!
//! Edges are pairs of a receiving row and a sending row, sorted by the receiving one, so that whatever is summed up is
//! written from top to bottom.

use super::super::exponential::exp_in_place;
use super::super::simd;
use super::super::tape::{Span, Tape, Values, Var};
use super::Op;

/// Edges on a tape, valid until the tape is reset.
#[derive(Clone, Copy, Debug)]
pub struct Edges {
    /// The receiving row of each, ascending.
    to: Span,
    /// The sending row of each.
    from: Span,
}

impl Edges {
    /// The receiving and the sending row of each.
    fn ends(self, values: Values<'_>) -> impl Iterator<Item = (usize, usize)> {
        let ends = values.whole(self.to).iter().zip(values.whole(self.from));
        ends.map(|(to, from)| (*to as usize, *from as usize))
    }
}

/// `⟨a_to, b_from⟩` for each edge.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct EdgeProducts {
    a: Var,
    b: Var,
    edges: Edges,
}

/// `e^x / Σ e^x` among the edges of the same receiver.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct EdgeSoftmax {
    x: Var,
    edges: Edges,
}

/// `Σ_e w_e x_from` for each receiver.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Propagate {
    weights: Var,
    x: Var,
    edges: Edges,
}

impl Tape {
    /// Puts edges on the tape, `to` ascending.
    ///
    /// # Panics
    /// If the lists differ in length or `to` falls.
    pub fn edges(&mut self, to: &[u32], from: &[u32]) -> Edges {
        assert_eq!(to.len(), from.len(), "two ends of each edge");
        assert!(to.is_sorted(), "edges are sorted by their receivers");
        Edges {
            to: self.keep(to.iter().copied()),
            from: self.keep(from.iter().copied()),
        }
    }

    /// `⟨a_to, b_from⟩` for each edge: `[A, d], [B, d] → [E, 1]`.
    ///
    /// # Panics
    /// If the widths differ or an edge names no row.
    pub fn edge_products(&mut self, a: Var, b: Var, edges: Edges) -> Var {
        let (d, n) = (self.shape(a).1, self.values().whole(edges.to).len());
        assert_eq!(d, self.shape(b).1, "widths of two sets of vectors");
        let op = EdgeProducts { a, b, edges };
        let out = self.push(Op::EdgeProducts(op), (n, 1), 0, &[a, b]);
        let forward = self.forward(out);
        let (a, b) = (forward.inputs.of(a), forward.inputs.of(b));
        for (into, (to, from)) in forward.output.iter_mut().zip(edges.ends(forward.inputs)) {
            *into = simd::dot(&a[to * d..][..d], &b[from * d..][..d]);
        }
        out
    }

    /// Softmax of `x`, `[E, 1]`, among the edges of the same receiver.
    ///
    /// # Panics
    /// If there is not one number for each edge.
    pub fn edge_softmax(&mut self, x: Var, edges: Edges) -> Var {
        let n = self.values().whole(edges.to).len();
        assert_eq!(self.shape(x), (n, 1), "a number for each edge");
        let out = self.push(Op::EdgeSoftmax(EdgeSoftmax { x, edges }), (n, 1), 0, &[x]);
        let forward = self.forward(out);
        let x = forward.inputs.of(x);
        for run in runs(forward.inputs.whole(edges.to)) {
            let most = x[run.clone()].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let shares = &mut forward.output[run.clone()];
            simd::copy(shares, &x[run]);
            let scale = 1.0 / exp_in_place(shares, most);
            shares.iter_mut().for_each(|share| *share *= scale);
        }
        out
    }

    /// What each of `nodes` receivers hears: `Σ_e w_e x_from`, `[E, 1], [N, d] → [nodes, d]`; zeros without an edge.
    ///
    /// # Panics
    /// If there is not one weight for each edge, or an edge names no row.
    pub fn propagate(&mut self, weights: Var, x: Var, edges: Edges, nodes: usize) -> Var {
        let (d, n) = (self.shape(x).1, self.values().whole(edges.to).len());
        assert_eq!(self.shape(weights), (n, 1), "a weight for each edge");
        let op = Propagate { weights, x, edges };
        let out = self.push(Op::Propagate(op), (nodes, d), 0, &[weights, x]);
        let forward = self.forward(out);
        let (weights, x) = (forward.inputs.of(weights), forward.inputs.of(x));
        forward.output.fill(0.0);
        for (weight, (to, from)) in weights.iter().zip(edges.ends(forward.inputs)) {
            let into = &mut forward.output[to * d..][..d];
            simd::add_scaled(into, &x[from * d..][..d], *weight);
        }
        out
    }
}

/// Where the edges of each receiver stand.
fn runs(to: &[u32]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let first = *to.get(start)?;
        let len = to[start..].iter().take_while(|receiver| **receiver == first).count();
        start += len;
        Some(start - len..start)
    })
}

impl EdgeProducts {
    /// `∂/∂a_to = Σ G_e b_from`, `∂/∂b_from = Σ G_e a_to`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let d = tape.shape(self.a).1;
        let ends = [(self.edges.to, self.edges.from), (self.edges.from, self.edges.to)];
        for ((input, other), (own, others)) in [(self.a, self.b), (self.b, self.a)].into_iter().zip(ends) {
            let Some(edge) = tape.edge(out, input) else { continue };
            let vectors = edge.values.of(other);
            let into = edge.write.sum_into(edge.into);
            let ends = edge.values.whole(own).iter().zip(edge.values.whole(others));
            for (slope, (own, other)) in edge.from.iter().zip(ends) {
                let into = &mut into[*own as usize * d..][..d];
                simd::add_scaled(into, &vectors[*other as usize * d..][..d], *slope);
            }
        }
    }
}

impl EdgeSoftmax {
    /// `∂/∂x_e = y_e (G_e − Σ y G)` among the edges of the same receiver.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let Some(edge) = tape.edge(out, self.x) else { return };
        let y = edge.values.of(out);
        let into = edge.write.sum_into(edge.into);
        for run in runs(edge.values.whole(self.edges.to)) {
            let (y, from) = (&y[run.clone()], &edge.from[run.clone()]);
            let mean: f32 = y.iter().zip(from).map(|(y, slope)| y * slope).sum();
            for (into, (y, slope)) in into[run].iter_mut().zip(y.iter().zip(from)) {
                *into += y * (slope - mean);
            }
        }
    }
}

impl Propagate {
    /// `∂/∂w_e = ⟨G_to, x_from⟩`, `∂/∂x_from = Σ w_e G_to`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let d = tape.shape(out).1;
        if let Some(edge) = tape.edge(out, self.weights) {
            let x = edge.values.of(self.x);
            let into = edge.write.sum_into(edge.into);
            for (into, (to, from)) in into.iter_mut().zip(self.edges.ends(edge.values)) {
                *into += simd::dot(&edge.from[to * d..][..d], &x[from * d..][..d]);
            }
        }
        if let Some(edge) = tape.edge(out, self.x) {
            let weights = edge.values.of(self.weights);
            let into = edge.write.sum_into(edge.into);
            for (weight, (to, from)) in weights.iter().zip(self.edges.ends(edge.values)) {
                let into = &mut into[from * d..][..d];
                simd::add_scaled(into, &edge.from[to * d..][..d], *weight);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_hears_its_neighbours_and_nobody_else() {
        let mut tape = Tape::new();
        let x = tape.input(2, 3, &[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
        let edges = tape.edges(&[0, 0, 2], &[0, 1, 1]);
        let weights = tape.input(3, 1, &[1.0, 0.5, 2.0]);
        let heard = tape.propagate(weights, x, edges, 3);
        assert_eq!(tape.value(heard), [6.0, 12.0, 18.0, 0.0, 0.0, 0.0, 20.0, 40.0, 60.0]);
    }

    #[test]
    fn shares_add_up_to_one_for_each_receiver_however_large_the_scores() {
        let mut tape = Tape::new();
        let edges = tape.edges(&[0, 0, 0, 3, 4, 4], &[0, 1, 2, 0, 1, 2]);
        let x = tape.input(6, 1, &[1.0, 200.0, 199.0, -5.0, 0.0, 0.0]);
        let shares = tape.edge_softmax(x, edges);
        let shares = tape.value(shares);
        assert!((shares[..3].iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(shares[3..], [1.0, 0.5, 0.5]);
    }
}
