//! Bayesian personalised ranking (Rendle et al., UAI 2009): the chance that the positive stands before a negative.
//!
//! ```text
//! −log σ(s⁺ − s⁻)
//! ```

use crate::engine::nn::{Pairwise, Tape, Var};
use crate::settings::Knob;

use super::{Logits, Loss, LossKind, Weighing};

pub const KIND: LossKind = LossKind {
    kind: "bpr",
    source: "Rendle et al., UAI 2009",
    knobs: || vec![Knob::log("temperature", 0.01, 10.0, 1.0)],
    cosine: false,
    build: |settings| {
        Box::new(Bpr {
            temperature: settings.real("temperature"),
        })
    },
};

struct Bpr {
    /// Scores are divided by it: cosines differ by 2 at most, too little for a chance near 1.
    temperature: f32,
}

impl Loss for Bpr {
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var {
        let logistic = Pairwise::Logistic {
            temperature: self.temperature,
        };
        tape.pairwise_loss(logits.positive, logits.negatives, logistic)
    }

    fn weighing(&self) -> Weighing {
        Weighing::Logistic {
            temperature: self.temperature,
        }
    }
}
