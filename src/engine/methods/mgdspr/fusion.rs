//! What was typed and what was done, in one vector (section 3.2, equation 18).
//!
//! `H_qu` is the output of a self-attention over `[CLS], Q_mgs, H_real, H_short, H_long` at its first position, the
//! learnt `[CLS]`: 25 rows for six views. Without it, where the paper adds its parts one by one, ours is a layer on
//! the mean of the rows; what stands there in the paper's baseline is not stated.

use crate::engine::features::EMBEDDING_INIT;
use crate::engine::nn::{Activation, Init, MultiHead, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;

use super::even;

pub struct Fusion {
    kind: Kind,
    /// Where the rows of each user start: scratch.
    offsets: Vec<u32>,
    firsts: Vec<u32>,
}

enum Kind {
    Attention { first: ParamId, attention: MultiHead },
    Mean { weight: ParamId },
}

impl Fusion {
    /// By self-attention.
    pub fn by_attention(width: usize, heads: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let first = params.dense("fusion.first", 1, width, EMBEDDING_INIT, rng);
        let attention = MultiHead::build("fusion", width, heads, params, rng);
        Self::of(Kind::Attention { first, attention })
    }

    /// By the mean.
    pub fn by_mean(width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let weight = params.dense("fusion.mean", width, width, Init::Glorot, rng);
        Self::of(Kind::Mean { weight })
    }

    const fn of(kind: Kind) -> Self {
        Self {
            kind,
            offsets: Vec::new(),
            firsts: Vec::new(),
        }
    }

    /// `H_qu`, `[B, d]`, from four matrices of `views` rows for each of `users` users.
    pub fn encode(&mut self, tape: &mut Tape, params: &Params, (users, views): (usize, usize), rows: [Var; 4]) -> Var {
        let [queries, real, short, long] = rows;
        match self.kind {
            Kind::Attention { first, attention } => {
                let first = tape.param(params, first);
                let firsts = tape.select(first, (0..users).map(|_| 0));
                let rows = tape.stack(users, &[firsts, queries, real, short, long]);
                even(&mut self.offsets, users, 1 + 4 * views);
                even(&mut self.firsts, users, 1);
                attention.first(tape, params, first, &self.firsts, (rows, &self.offsets))
            }
            Kind::Mean { weight } => {
                let rows = tape.stack(users, &rows);
                even(&mut self.offsets, users, 4 * views);
                let mean = tape.pool(rows, &self.offsets, Pooling::Mean);
                tape.linear(params, mean, weight, None, Activation::None)
            }
        }
    }
}
