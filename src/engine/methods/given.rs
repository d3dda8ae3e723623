//! Vectors as they are: what others have trained, to be searched and looked at.
//!
//! Nothing is learnt. Users there are none, so a query is an item or a vector.

use crate::engine::data::Batch;
use crate::engine::embed::Embed;
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::nn::fingerprint;
use crate::engine::train::{Checkpoint, StepReport, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Message;

use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "given",
    source: "",
    gradient: false,
    metric,
    knobs: || vec![Knob::choice("similarity", &["l2", "dot", "cosine"], "l2")],
    build: |settings, parts| {
        let vectors = parts.world.dataset.vectors.as_deref().cloned();
        let vectors =
            vectors.ok_or_else(|| Message::new("given.no_vectors").with("name", &parts.world.dataset.name))?;
        Ok(Box::new(Given {
            vectors,
            metric: metric(settings),
            steps: 0,
        }))
    },
    encoded: false,
    given: true,
    ..RETRIEVER
};

fn metric(settings: &Settings) -> Metric {
    match settings.word("similarity") {
        "dot" => Metric::Dot,
        "cosine" => Metric::Cosine,
        _ => Metric::L2,
    }
}

struct Given {
    vectors: Matrix,
    metric: Metric,
    steps: u64,
}

impl Trainer for Given {
    fn step(&mut self) -> StepReport {
        self.steps += 1;
        StepReport { loss: None }
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn steps_per_epoch(&self) -> u64 {
        1
    }

    fn parameters(&self) -> u64 {
        0
    }

    fn checksum(&self) -> u64 {
        fingerprint(self.vectors.iter().copied())
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        out.clear();
        out.resize(batch.len() * self.vectors.nrows(), 0.0);
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        Some(self)
    }

    fn save(&self) -> Checkpoint {
        Checkpoint {
            step: self.steps,
            learnt: Vec::new(),
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        self.steps = checkpoint.step;
    }
}

impl Embed for Given {
    fn metric(&self) -> Metric {
        self.metric
    }

    fn heads(&self) -> usize {
        1
    }

    fn items(&mut self) -> &Matrix {
        &self.vectors
    }

    fn users(&mut self, batch: &Batch) -> Matrix {
        Matrix::zeros((batch.len(), self.vectors.ncols()))
    }
}
