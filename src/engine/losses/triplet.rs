//! Triplet loss on cosine distances (Huang et al., "Embedding-based Retrieval in Facebook Search", KDD 2020, eq. 1).
//!
//! ```text
//! max(0, D(q, d⁺) − D(q, d⁻) + m) = max(0, cos(q, d⁻) − cos(q, d⁺) + m)          D = 1 − cos
//! ```
//!
//! The mean over a positive's negatives and over the batch, in place of the sum. `cos⁻ − cos⁺` lies between −2 and 2: a
//! margin of 2 or more is never met. The paper's margins are not published; it says that they matter much.

use crate::engine::nn::{Pairwise, Tape, Var};
use crate::settings::Knob;

use super::{Logits, Loss, LossKind, Weighing};

pub const KIND: LossKind = LossKind {
    kind: "triplet",
    source: "Huang et al., KDD 2020",
    knobs: || vec![Knob::real("margin", 0.0, 2.0, 0.2)],
    cosine: true,
    build: |settings| {
        Box::new(Triplet {
            margin: settings.real("margin"),
        })
    },
};

struct Triplet {
    /// m.
    margin: f32,
}

impl Loss for Triplet {
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var {
        let hinge = Pairwise::Hinge { margin: self.margin };
        tape.pairwise_loss(logits.positive, logits.negatives, hinge)
    }

    fn weighing(&self) -> Weighing {
        Weighing::Margin(self.margin)
    }
}
