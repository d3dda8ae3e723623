//! Networks: a tape of fused operations, parameters with row-sparse gradients, optimisers.
//!
//! A step is: [`Tape::reset`], record operations, [`Tape::backward`], [`Optimizer::step`]. Nothing is allocated after
//! the first step of the same shapes, and the same inputs give the same bits natively and in a browser: additions have
//! a fixed order, there is no fused multiply-add, and `exp` and its kin are computed here or by `libm`.
//!
//! Shape letters, the same in all rooms: `B` rows of a batch, `L` history, `K` heads, `d` width, `C` columns of a
//! score matrix, `N` looked-up rows. Matrices are row-major. A weight is `[in, out]`, so that `y = x W + b`.

mod dropout;
mod embedding;
mod exponential;
mod gemm;
mod mlp;
mod multi_head;
mod ops;
mod optimizer;
mod params;
pub mod peak;
mod pen;
mod recurrent;
pub mod simd;
mod table;
mod tape;

#[cfg(test)]
mod gradient_check;
#[cfg(test)]
mod parity;

pub use dropout::Dropout;
pub use embedding::{Encoder, Encoders, Of, TooLarge, Wanted};
pub use exponential::{exp, sigmoid, tanh};
pub use gemm::{Packing, Size, gemm_nn, gemm_nt, gemm_tn};
pub use mlp::Mlp;
pub use multi_head::{Blocks, EncoderLayer, EncoderSpec, MultiHead};
pub use ops::activation::Activation;
pub use ops::attention::{AttentionSpec, AttentionWeights};
pub use ops::bubbles::{BubbleSpec, Pairs};
pub use ops::gather::Pooling;
pub use ops::graph::Edges;
pub use ops::pairwise::Pairwise;
pub use ops::routing::{CAPSULES_MAX, RoutingSpec};
pub use ops::row_softmax::Temperature;
pub use ops::separate::Separator;
pub use ops::softmax::{Negatives, SoftmaxSpec};
pub use optimizer::{Optimizer, OptimizerConfig, OptimizerSnapshot};
pub use params::{Init, ParamId, Params, ParamsSnapshot, fingerprint};
pub use pen::{Pen, Unfit};
pub use recurrent::LstmLayer;
pub use simd::Write;
pub use tape::{Tape, Var};
