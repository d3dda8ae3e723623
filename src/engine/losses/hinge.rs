//! Pairwise hinge on the scores themselves, as MGDSPR's predecessor was trained by (Li et al., "Embedding-based Product
//! Retrieval in Taobao Search", KDD 2021, section 3.5): each pair is judged alone, while serving needs a whole order.
//!
//! ```text
//! max(0, s⁻ − s⁺ + m)
//! ```

use crate::engine::nn::{Pairwise, Tape, Var};
use crate::settings::Knob;

use super::{Logits, Loss, LossKind, Weighing};

pub const KIND: LossKind = LossKind {
    kind: "hinge",
    source: "Li et al., KDD 2021",
    knobs: || vec![Knob::log("margin", 0.001, 100.0, 1.0)],
    cosine: false,
    build: |settings| {
        Box::new(Hinge {
            margin: settings.real("margin"),
        })
    },
};

struct Hinge {
    /// m.
    margin: f32,
}

impl Loss for Hinge {
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var {
        let hinge = Pairwise::Hinge { margin: self.margin };
        tape.pairwise_loss(logits.positive, logits.negatives, hinge)
    }

    fn weighing(&self) -> Weighing {
        Weighing::Margin(self.margin)
    }
}
