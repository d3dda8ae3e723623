//! The operations a tape knows: each file has the way forward, the way back and what is kept in between.

pub(super) mod activation;
mod arithmetic;
pub(super) mod attention;
mod batch_norm;
pub(super) mod bubbles;
mod concat;
mod field_pairs;
pub(super) mod gather;
pub(super) mod graph;
mod larger;
mod layer_norm;
mod leaf;
mod linear;
mod lstm;
mod matmul;
mod mish;
mod mix;
mod norm;
pub(super) mod pairwise;
mod pick;
mod placed_linear;
mod pool;
mod power;
mod prelu;
mod reduce;
pub(super) mod routing;
mod row_products;
pub(super) mod row_softmax;
mod rows;
mod select;
pub(super) mod separate;
pub(super) mod softmax;
mod stack;

use super::params::{ParamId, Params};
use super::tape::{Span, Tape, Var};

/// An operation and its inputs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Activate(activation::Activate),
    Add(arithmetic::Add),
    Attention(attention::Attention),
    BatchNorm(batch_norm::BatchNorm),
    Concat(concat::Concat),
    EdgeProducts(graph::EdgeProducts),
    EdgeSoftmax(graph::EdgeSoftmax),
    FieldPairs(field_pairs::FieldPairs),
    Gather(gather::Gather),
    GatherPool(gather::GatherPool),
    Input,
    L2Normalise(norm::L2Normalise),
    Larger(larger::Larger),
    LayerNorm(layer_norm::LayerNorm),
    Linear(linear::Linear),
    Lstm(lstm::Lstm),
    MatmulNn(matmul::MatmulNn),
    MatmulNt(matmul::MatmulNt),
    Mish(mish::Mish),
    Mix(mix::Mix),
    Mul(arithmetic::Mul),
    PairwiseLoss(pairwise::PairwiseLoss),
    PlacedLinear(placed_linear::PlacedLinear),
    Param(leaf::Param),
    Pick(pick::Pick),
    RowProducts(row_products::RowProducts),
    RowSoftmax(row_softmax::RowSoftmax),
    Pool(pool::Pool),
    PoolBubbles(bubbles::PoolBubbles),
    Power(power::Power),
    Prelu(prelu::Prelu),
    Propagate(graph::Propagate),
    Routing(routing::Routing),
    Rows(rows::Rows),
    Scale(arithmetic::Scale),
    Select(select::Select),
    Separate(separate::Separate),
    SoftmaxCrossEntropy(softmax::SoftmaxCrossEntropy),
    Stack(stack::Stack),
    Sum(reduce::Sum),
}

impl Op {
    /// Hands the gradient of `out` on to its inputs.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        match self {
            Op::Activate(op) => op.backward(out, tape),
            Op::Add(op) => op.backward(out, tape),
            Op::Attention(op) => op.backward(out, tape),
            Op::BatchNorm(op) => op.backward(out, tape, params),
            Op::Concat(op) => op.backward(out, tape),
            Op::EdgeProducts(op) => op.backward(out, tape),
            Op::EdgeSoftmax(op) => op.backward(out, tape),
            Op::FieldPairs(op) => op.backward(out, tape),
            Op::Gather(op) => op.backward(out, tape, params),
            Op::GatherPool(op) => op.backward(out, tape, params),
            Op::Input => {}
            Op::L2Normalise(op) => op.backward(out, tape),
            Op::Larger(op) => op.backward(out, tape),
            Op::LayerNorm(op) => op.backward(out, tape, params),
            Op::Linear(op) => op.backward(out, tape, params),
            Op::Lstm(op) => op.backward(out, tape, params),
            Op::MatmulNn(op) => op.backward(out, tape),
            Op::MatmulNt(op) => op.backward(out, tape),
            Op::Mish(op) => op.backward(out, tape),
            Op::Mix(op) => op.backward(out, tape),
            Op::Mul(op) => op.backward(out, tape),
            Op::PairwiseLoss(op) => op.backward(out, tape),
            Op::PlacedLinear(op) => op.backward(out, tape, params),
            Op::Param(op) => op.backward(out, tape, params),
            Op::Pick(op) => op.backward(out, tape),
            Op::RowProducts(op) => op.backward(out, tape),
            Op::RowSoftmax(op) => op.backward(out, tape),
            Op::Pool(op) => op.backward(out, tape),
            Op::PoolBubbles(op) => op.backward(out, tape),
            Op::Power(op) => op.backward(out, tape),
            Op::Prelu(op) => op.backward(out, tape, params),
            Op::Propagate(op) => op.backward(out, tape),
            Op::Routing(op) => op.backward(out, tape),
            Op::Rows(op) => op.backward(out, tape),
            Op::Scale(op) => op.backward(out, tape),
            Op::Select(op) => op.backward(out, tape),
            Op::Separate(op) => op.backward(out, tape),
            Op::SoftmaxCrossEntropy(op) => op.backward(out, tape),
            Op::Stack(op) => op.backward(out, tape),
            Op::Sum(op) => op.backward(out, tape),
        }
    }

    /// The table an operation looks rows up in, and their numbers.
    pub(super) fn lookups(self) -> Option<(ParamId, Span)> {
        match self {
            Op::Gather(op) => Some((op.table, op.ids)),
            Op::GatherPool(op) => Some((op.table, op.ids)),
            _ => None,
        }
    }
}
