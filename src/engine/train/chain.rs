//! The scoring chain and a loss on given vectors, for tests: what training does between a model and its optimiser.

use crate::by_name::ByName;
use crate::engine::losses::LOSSES;
use crate::engine::losses::Logits;
use crate::engine::model::{Encoded, Readout};
use crate::engine::nn::{Init, Params, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::sampling::{Block, Candidates, Source, Vectors};
use crate::settings::{Settings, Value};

use super::objective::{Comparison, Objective};

/// Vectors and what is done with them.
#[derive(Clone)]
pub struct Chain {
    /// d.
    pub width: usize,
    /// `[B, d]`.
    pub users: Vec<f32>,
    /// The positives, then the vectors of every block that is encoded, `[·, d]`.
    pub items: Vec<f32>,
    /// Whether vectors are made one long first.
    pub cosine: bool,
    pub candidates: Candidates,
    pub loss: &'static str,
    pub settings: Vec<(&'static str, Value)>,
}

/// What came out.
pub struct Learnt {
    pub loss: f32,
    pub users: Vec<f32>,
    pub items: Vec<f32>,
}

impl Chain {
    /// The loss and its gradients.
    pub fn learn(&self) -> Learnt {
        let mut params = Params::new();
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut matrix = |name: &str, values: &[f32]| {
            let id = params.dense(name, values.len() / self.width, self.width, Init::Zeros, &mut rng);
            let into = params.values_mut(id).into_iter();
            into.zip(values).for_each(|(into, value)| *into = *value);
            id
        };
        let (users, items) = (matrix("users", &self.users), matrix("items", &self.items));
        let mut tape = Tape::new();
        let [mut u, mut v] = [users, items].map(|id| tape.param(&params, id));
        if self.cosine {
            (u, v) = (tape.l2_normalise(u), tape.l2_normalise(v));
        }
        let encoded = Encoded {
            users: u,
            items: v,
            penalty: None,
        };
        let kind = LOSSES.iter().find(|kind| kind.kind == self.loss).expect("a loss");
        let given: ByName<Value> = self
            .settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        let loss = (kind.build)(&Settings::check("loss", &(kind.knobs)(), &given).expect("in range"));
        let mut objective = Objective::default();
        let numbers: Vec<u32> = (0..tape.shape(v).0 as u32).collect();
        let scores = objective.score(
            &mut tape,
            (&encoded, &numbers),
            &self.candidates,
            None,
            Comparison::Products(Readout::Nearest),
        );
        let loss = loss.eval(
            &mut tape,
            Logits {
                positive: scores.positive,
                positive_log_q: &self.candidates.positive_log_q,
                negatives: scores.negatives(),
            },
        );
        let value = tape.value(loss)[0];
        tape.backward(&mut params, loss);
        Learnt {
            loss: value,
            users: params.gradient(users).into_iter().collect(),
            items: params.gradient(items).into_iter().collect(),
        }
    }
}

/// A block of `columns` columns, of items that matter to nobody.
pub fn block(source: Source, columns: usize, log_q: Vec<f32>, masked: Vec<(u32, u32)>) -> Block {
    Block {
        source,
        vectors: if source == Source::Bank {
            Vectors::Constant
        } else {
            Vectors::Encoded
        },
        items: (0..columns as u32).collect(),
        log_q,
        masked,
        hardest: None,
    }
}

/// Compares numbers one by one.
pub fn assert_near(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance * (1.0 + expected.abs()),
            "{what}, number {place}: {found} for {expected}"
        );
    }
}
