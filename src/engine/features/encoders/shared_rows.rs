//! The hashing trick (Weinberger et al., ICML 2009) and its kin: ids share the rows of a table that has fewer rows than
//! there are ids.
//!
//! ```text
//! hash           e(id) = W[h(id)]                 two ids in one row are the same to the model
//! double hash    e(id) = W[h_1(id)] + W[h_2(id)]  or the two side by side (Zhang et al., RecSys 2020)
//! multi hash     e(id) = Σ_{i ≤ k} W[h_i(id)]     a Bloom filter's several places (Serrà and Karatzoglou, RecSys 2017)
//! ```
//!
//! All hashes look into one table. Rows that are added up begin smaller, so that vectors begin as large as a full table's.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::nn::{Encoder, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};

use super::hashes::{self, Hash};
use super::{Asked, EncoderKind, from, scaled, share};

pub const HASH: EncoderKind = EncoderKind {
    kind: "hash",
    source: "Weinberger et al., ICML 2009",
    knobs: || vec![share(), from()],
    build: |asked, params, rng| build(asked, 1, false, params, rng),
};

pub const DOUBLE_HASH: EncoderKind = EncoderKind {
    kind: "double_hash",
    source: "Zhang et al., RecSys 2020",
    knobs: || vec![share(), Knob::choice("join", &["sum", "concat"], "sum"), from()],
    build: |asked, params, rng| {
        let beside = asked.settings.word("join") == "concat";
        build(asked, 2, beside, params, rng)
    },
};

pub const MULTI_HASH: EncoderKind = EncoderKind {
    kind: "multi_hash",
    source: "Serrà and Karatzoglou, RecSys 2017",
    knobs: || {
        let hashes = Knob::whole("hashes", 2, 8, 4).paper(Value::Number(4.0));
        vec![share(), hashes, from()]
    },
    build: |asked, params, rng| build(asked, asked.settings.whole("hashes") as usize, false, params, rng),
};

/// Rows of one table, found by several hashes.
#[derive(Debug)]
struct SharedRows {
    table: ParamId,
    /// M.
    rows: u32,
    hashes: Vec<Hash>,
    /// Rows stand side by side and are not added up.
    beside: bool,
    /// Rows of the ids asked for, and where those of each begin: scratch.
    asked: RefCell<[Vec<u32>; 2]>,
}

/// Side by side, rows are narrower and there are more of them. An odd width is not divided: then they are added up.
fn build(asked: &Asked, n: usize, beside: bool, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>> {
    let width = asked.wanted.width;
    let beside = beside && width.is_multiple_of(n);
    let (cols, factor) = if beside {
        (width / n, 1.0)
    } else {
        (width, 1.0 / (n as f32).sqrt())
    };
    let rows = ((asked.numbers() / cols as f64) as usize).max(1);
    let init = scaled(asked.wanted.init, factor);
    Some(Rc::new(SharedRows {
        table: params.table(&asked.named("rows"), rows, cols, init, rng),
        rows: rows as u32,
        hashes: hashes::draw(n, &mut asked.chance.clone()),
        beside,
        asked: RefCell::default(),
    }))
}

impl Encoder for SharedRows {
    fn look_up(&self, tape: &mut Tape, params: &Params, ids: &[u32]) -> Var {
        let [rows, offsets] = &mut *self.asked.borrow_mut();
        rows.clear();
        let row = |hash: &Hash, id: &u32| hash.of(*id, self.rows);
        if self.beside {
            // Those of the first hash, then those of the second.
            rows.extend(
                self.hashes
                    .iter()
                    .flat_map(|hash| ids.iter().map(move |id| row(hash, id))),
            );
            let all = tape.gather(params, self.table, rows);
            let parts = [0, 1].map(|half| tape.rows(all, half * ids.len(), ids.len()));
            return tape.concat(&parts);
        }
        rows.extend(
            ids.iter()
                .flat_map(|id| self.hashes.iter().map(move |hash| row(hash, id))),
        );
        if self.hashes.len() == 1 {
            return tape.gather(params, self.table, rows);
        }
        offsets.clear();
        offsets.extend((0..=ids.len()).map(|id| (id * self.hashes.len()) as u32));
        tape.gather_pool(params, self.table, offsets, rows, Pooling::Sum)
    }

    fn rows(&self, id: u32) -> Vec<u32> {
        self.hashes.iter().map(|hash| hash.of(id, self.rows)).collect()
    }
}
