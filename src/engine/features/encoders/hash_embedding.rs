//! Hash embeddings (Svenstrup et al., NIPS 2017): several shared rows, weighed by importance parameters of the id.
//!
//! ```text
//! e(id) = Σ_{i ≤ k} p_i(id) W[h_i(id)]       p(id) = P[h'(id)], a row of k weights
//! ```
//!
//! P is hashed, too, and has four times the rows of W, or one for each id where that is less.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::nn::{Encoder, Init, ParamId, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};

use super::hashes::{self, Hash};
use super::{Asked, EncoderKind, from, share};

/// Rows of P for each of W.
const WEIGHTS_PER_ROW: usize = 4;

pub const KIND: EncoderKind = EncoderKind {
    kind: "hash_embedding",
    source: "Svenstrup et al., NIPS 2017",
    knobs: || {
        let hashes = Knob::whole("hashes", 1, 8, 2).paper(Value::Number(2.0));
        vec![share(), hashes, from()]
    },
    build,
};

#[derive(Debug)]
struct HashEmbedding {
    table: ParamId,
    weights: ParamId,
    /// M and M'.
    rows: [u32; 2],
    hashes: Vec<Hash>,
    weights_hash: Hash,
    /// Rows of W and of P for the ids asked for: scratch.
    asked: RefCell<[Vec<u32>; 2]>,
}

fn build(asked: &Asked, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>> {
    let (n_ids, width) = (asked.wanted.n_ids, asked.wanted.width);
    let k = asked.settings.whole("hashes") as usize;
    // M d + min(4 M, V) k numbers in all.
    let each = (width + WEIGHTS_PER_ROW * k) as f64;
    let mut rows = ((asked.numbers() / each) as usize).max(1);
    if WEIGHTS_PER_ROW * rows > n_ids {
        let left = asked.numbers() - (n_ids * k) as f64;
        rows = ((left / width as f64) as usize).max(1);
    }
    let n_weights = (WEIGHTS_PER_ROW * rows).clamp(1, n_ids.max(1));
    let mut chance = asked.chance.clone();
    let importance = Init::Normal(1.0 / (k as f32).sqrt());
    Some(Rc::new(HashEmbedding {
        table: params.table(&asked.named("rows"), rows, width, asked.wanted.init, rng),
        weights: params.table(&asked.named("importance"), n_weights, k, importance, rng),
        rows: [rows as u32, n_weights as u32],
        hashes: hashes::draw(k, &mut chance),
        weights_hash: Hash::draw(&mut chance),
        asked: RefCell::default(),
    }))
}

impl Encoder for HashEmbedding {
    fn look_up(&self, tape: &mut Tape, params: &Params, ids: &[u32]) -> Var {
        let [rows, weights] = &mut *self.asked.borrow_mut();
        rows.clear();
        rows.extend(
            ids.iter()
                .flat_map(|id| self.hashes.iter().map(|hash| hash.of(*id, self.rows[0]))),
        );
        weights.clear();
        weights.extend(ids.iter().map(|id| self.weights_hash.of(*id, self.rows[1])));
        let weights = tape.gather(params, self.weights, weights);
        let rows = tape.gather(params, self.table, rows);
        tape.mix(weights, rows)
    }

    /// Those of W, then the one of P.
    fn rows(&self, id: u32) -> Vec<u32> {
        let rows = self.hashes.iter().map(|hash| hash.of(id, self.rows[0]));
        rows.chain([self.weights_hash.of(id, self.rows[1])]).collect()
    }
}
