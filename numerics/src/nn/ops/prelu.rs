//! A rectifier that learns how much it lets through.

use super::super::params::{ParamId, Params};
use super::super::tape::{Tape, Var};
use super::Op;

/// `y = x` where `x > 0`, else `a x`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Prelu {
    x: Var,
    slope: ParamId,
}

impl Tape {
    /// `max(x, 0) + a min(x, 0)` with a slope `a` for each column, `[B, d], [1, d] → [B, d]` (He et al., ICCV 2015).
    ///
    /// # Panics
    /// If there is not a slope for each column.
    pub fn prelu(&mut self, params: &Params, x: Var, slope: ParamId) -> Var {
        let shape = self.shape(x);
        assert_eq!(params.shape(slope), (1, shape.1), "slopes of {}", params.name(slope));
        let out = self.push_node(Op::Prelu(Prelu { x, slope }), shape, 0, true);
        let forward = self.forward(out);
        let slopes = params.slice(slope).iter().cycle();
        for ((into, x), slope) in forward.output.iter_mut().zip(forward.inputs.of(x)).zip(slopes) {
            *into = if *x > 0.0 { *x } else { slope * x };
        }
        out
    }
}

impl Prelu {
    /// `∂/∂x = G` or `a G`, `∂/∂a = Σ G min(x, 0)`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        if let Some(edge) = tape.edge(out, self.x) {
            let slopes = params.slice(self.slope).iter().cycle();
            let into = edge.write.sum_into(edge.into);
            let known = edge.from.iter().zip(edge.values.of(self.x)).zip(slopes);
            for (into, ((from, x), slope)) in into.iter_mut().zip(known) {
                *into += if *x > 0.0 { *from } else { slope * from };
            }
        }
        let leaf = tape.leaf(out);
        let (into, write) = params.dense_gradient_mut(self.slope);
        let into = write.sum_into(into);
        let d = into.len().max(1);
        let rows = leaf.from.chunks_exact(d).zip(leaf.values.of(self.x).chunks_exact(d));
        for (from, x) in rows {
            for (into, (from, x)) in into.iter_mut().zip(from.iter().zip(x)) {
                if *x <= 0.0 {
                    *into += from * x;
                }
            }
        }
    }
}
