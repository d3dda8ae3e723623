//! A network over the vectors of all fields side by side: DeepFM (Guo et al., IJCAI 2017) without its factorisation
//! machine, and what most models of click-through rates are built upon.
//!
//! ```text
//! s = MLP([v_1 ; … ; v_F])          chance of a click: σ(s)
//! ```

use crate::engine::features::Fields;
use crate::engine::matrix::Metric;
use crate::engine::model::ClickModel;
use crate::engine::nn::{Dropout, Mlp, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Settings;

use super::Method;
use super::ctr::{CTR, FIELD_INIT, Sides, Source, train};

pub const METHOD: Method = Method {
    kind: "ctr_mlp",
    build: |settings, parts| {
        train(settings, parts, |settings, source, params, rng| {
            Box::new(CtrMlp::build(settings, source, params, rng))
        })
    },
    ..CTR
};

struct CtrMlp {
    /// v.
    vectors: Sides,
    network: Mlp,
    dropout: Dropout,
    /// Vectors of a batch: scratch.
    parts: Vec<Var>,
}

impl CtrMlp {
    fn build(settings: &Settings, source: &Source, params: &mut Params, rng: &mut Rng) -> Self {
        let dim = settings.whole("dim") as usize;
        let vectors = Sides::build(source, "", (dim, FIELD_INIT), params, rng);
        Self {
            network: Mlp::build("mlp", vectors.columns(), settings.sizes("hidden"), 1, params, rng),
            dropout: Dropout::new(settings.real("dropout")),
            vectors,
            parts: Vec::new(),
        }
    }
}

impl ClickModel for CtrMlp {
    fn logits(&mut self, tape: &mut Tape, params: &Params, rows: &[Vec<u32>]) -> Var {
        self.parts.clear();
        self.vectors.encode(tape, params, rows, &mut self.parts);
        let fields = tape.concat(&self.parts);
        let fields = self.dropout.apply(tape, fields);
        self.network.forward(tape, params, &[fields], Metric::Dot)
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        self.vectors.fields()
    }

    fn take_chances(&mut self, rng: Option<Rng>) {
        self.dropout.begin(rng);
    }
}
