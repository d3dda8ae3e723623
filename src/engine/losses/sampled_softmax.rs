//! Sampled softmax with temperature and logQ correction (Yi et al., RecSys 2019, eq. 3–5).
//!
//! ```text
//! s^c_ij = s_ij / τ − log q_j          L = −(1/B) Σ_i log softmax_j(s^c_ij)[positive of i]
//! ```
//!
//! Temperature comes before logQ: the other way round the correction would be scaled by 1/τ. The positive's column is
//! corrected too, unless the sampler says otherwise. Subtracting `log q` *weakens* the push on popular items, which the sampler draws too often.

use crate::engine::nn::{SoftmaxSpec, Tape, Var};
use crate::settings::{Knob, Value};

use super::{Logits, Loss, LossKind, Weighing};

pub const KIND: LossKind = LossKind {
    kind: "sampled_softmax",
    source: "Yi et al., RecSys 2019",
    knobs: || {
        vec![
            Knob::log("temperature", 0.01, 10.0, 0.1).paper(Value::Number(0.05)),
            Knob::flag("logq", true).paper(Value::Flag(true)),
        ]
    },
    cosine: false,
    build: |settings| {
        Box::new(SampledSoftmax {
            temperature: settings.real("temperature"),
            logq: settings.flag("logq"),
        })
    },
};

struct SampledSoftmax {
    /// τ.
    temperature: f32,
    /// Whether `log q` is subtracted.
    logq: bool,
}

impl Loss for SampledSoftmax {
    fn eval(&self, tape: &mut Tape, logits: Logits) -> Var {
        let spec = SoftmaxSpec {
            temperature: self.temperature,
            logq: self.logq,
            positive_log_q: logits.positive_log_q,
            weights: None,
        };
        tape.softmax_cross_entropy(logits.positive, logits.negatives, &spec)
    }

    fn weighing(&self) -> Weighing {
        Weighing::Softmax {
            temperature: self.temperature,
            logq: self.logq,
        }
    }
}
