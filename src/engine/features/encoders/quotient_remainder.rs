//! Compositional embeddings by quotient and remainder (Shi et al., KDD 2020): no two ids share both.
//!
//! ```text
//! e(id) = W_1[id mod M] ⊙ W_2[⌊id / M⌋]      or the sum of the two, or the two side by side
//! ```
//!
//! Two tables have at least 2 √V rows in all, however small a share is asked for. An id beyond those known when the
//! tables were made has no quotient in them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::nn::{Encoder, Init, ParamId, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Knob;

use super::{Asked, EncoderKind, from, scaled, share};

pub const KIND: EncoderKind = EncoderKind {
    kind: "quotient_remainder",
    source: "Shi et al., KDD 2020",
    knobs: || vec![share(), Knob::choice("join", &["mul", "sum", "concat"], "mul"), from()],
    build,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    Mul,
    Sum,
    Concat,
}

#[derive(Debug)]
struct QuotientRemainder {
    remainders: ParamId,
    quotients: ParamId,
    /// M.
    modulus: u32,
    join: Join,
    /// Remainders and quotients of the ids asked for: scratch.
    asked: RefCell<[Vec<u32>; 2]>,
}

/// M so that `M + ⌈V / M⌉` rows are as many as wanted, or the fewest there can be.
fn modulus(n_ids: usize, rows: f64) -> u32 {
    let root = rows * rows - 4.0 * n_ids as f64;
    let modulus = if root > 0.0 {
        f64::midpoint(rows, root.sqrt())
    } else {
        (n_ids as f64).sqrt().ceil()
    };
    (modulus as u32).max(1)
}

fn build(asked: &Asked, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>> {
    let (n_ids, width) = (asked.wanted.n_ids, asked.wanted.width);
    let join = match asked.settings.word("join") {
        "sum" => Join::Sum,
        // An odd width is not divided.
        "concat" if width.is_multiple_of(2) => Join::Concat,
        "concat" => Join::Sum,
        _ => Join::Mul,
    };
    let cols = if join == Join::Concat { width / 2 } else { width };
    let modulus = modulus(n_ids, asked.numbers() / cols as f64);
    let inits = match (join, asked.wanted.init) {
        // The product of two numbers has the product of their deviations.
        (Join::Mul, Init::Normal(deviation)) => [Init::Normal(deviation.sqrt()); 2],
        // Two zeros would never learn.
        (Join::Mul, init) => [init, Init::Normal(1.0)],
        (Join::Sum, init) => [scaled(init, std::f32::consts::FRAC_1_SQRT_2); 2],
        (Join::Concat, init) => [init; 2],
    };
    let n_quotients = n_ids.div_ceil(modulus as usize).max(1);
    Some(Rc::new(QuotientRemainder {
        remainders: params.table(&asked.named("remainders"), modulus as usize, cols, inits[0], rng),
        quotients: params.table(&asked.named("quotients"), n_quotients, cols, inits[1], rng),
        modulus,
        join,
        asked: RefCell::default(),
    }))
}

impl Encoder for QuotientRemainder {
    fn look_up(&self, tape: &mut Tape, params: &Params, ids: &[u32]) -> Var {
        let [remainders, quotients] = &mut *self.asked.borrow_mut();
        remainders.clear();
        remainders.extend(ids.iter().map(|id| id % self.modulus));
        quotients.clear();
        quotients.extend(ids.iter().map(|id| id / self.modulus));
        let first = tape.gather(params, self.remainders, remainders);
        let second = tape.gather(params, self.quotients, quotients);
        match self.join {
            Join::Mul => tape.mul(first, second),
            Join::Sum => tape.add(first, second),
            Join::Concat => tape.concat(&[first, second]),
        }
    }

    fn takes_any(&self) -> bool {
        false
    }

    fn rows(&self, id: u32) -> Vec<u32> {
        vec![id % self.modulus, id / self.modulus]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_many_as_asked_for_or_the_fewest_possible() {
        for (n_ids, rows) in [(1_000_usize, 500.0), (1_000_000, 250_000.0), (600, 150.0)] {
            let modulus = modulus(n_ids, rows) as usize;
            let found = modulus + n_ids.div_ceil(modulus);
            assert!((found as f64 - rows).abs() < 3.0, "{found} for {rows}");
        }
        assert_eq!(modulus(10_000, 7.0), 100);
        assert_eq!(modulus(0, 1.0), 1);
    }
}
