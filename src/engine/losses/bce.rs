//! Binary cross-entropy: whether a user takes an item, each pair judged by itself (Chen et al., "Behavior Sequence
//! Transformer", DLP-KDD 2019, section 2.3).
//!
//! ```text
//! −log σ(s⁺ / τ)          −log(1 − σ(s⁻ / τ))
//! ```
//!
//! The mean over a row's positive and negatives, and over the rows. Scores are log-odds of what was drawn: with more
//! negatives they are lower.

use crate::engine::nn::{Pairwise, Tape, Var};
use crate::settings::Knob;

use super::{Logits, Loss, LossKind, Weighing};

pub const KIND: LossKind = LossKind {
    kind: "bce",
    source: "Chen et al., DLP-KDD 2019",
    knobs: || vec![Knob::log("temperature", 0.01, 10.0, 1.0)],
    cosine: false,
    build: |settings| {
        Box::new(Bce {
            temperature: settings.real("temperature"),
        })
    },
};

struct Bce {
    /// τ: scores are divided by it to be log-odds. Cosines differ by 2 at most.
    temperature: f32,
}

impl Loss for Bce {
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var {
        let binary = Pairwise::Binary {
            temperature: self.temperature,
        };
        tape.pairwise_loss(logits.positive, logits.negatives, binary)
    }

    fn weighing(&self) -> Weighing {
        Weighing::Binary {
            temperature: self.temperature,
        }
    }
}
