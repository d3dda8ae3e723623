//! DeepFM (Guo et al., "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction", IJCAI 2017).
//!
//! Claim: the same field vectors serve a factorisation machine, which sees what two fields have to do with each other, and
//! a network, which sees more; no crosses are made by hand and nothing is learnt beforehand.
//!
//! ```text
//! s = w₀ + Σ_f w_f + Σ_{f<g} ⟨v_f, v_g⟩ + MLP([v_1 ; … ; v_F])          chance of a click: σ(s)
//! ```
//!
//! equations 1, 2 and 4; w₀ is the bias of the network's last layer. A field of several words has the mean of their
//! vectors and weights. Dropout is on the layer that joins the fields, the paper's on every layer of the network.

use crate::engine::features::Fields;
use crate::engine::matrix::Metric;
use crate::engine::model::ClickModel;
use crate::engine::nn::{Dropout, Init, Mlp, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Settings;

use super::Method;
use super::ctr::{CTR, FIELD_INIT, Sides, Source, train};

pub const METHOD: Method = Method {
    kind: "deepfm",
    source: "Guo et al., IJCAI 2017",
    build: |settings, parts| {
        train(settings, parts, |settings, source, params, rng| {
            Box::new(DeepFm::build(settings, source, params, rng))
        })
    },
    ..CTR
};

pub struct DeepFm {
    /// v.
    vectors: Sides,
    /// w, a number for each word.
    weights: Sides,
    /// d.
    dim: usize,
    network: Mlp,
    dropout: Dropout,
    /// Vectors and weights of a batch: scratch.
    parts: Vec<Var>,
    weighed: Vec<Var>,
}

impl DeepFm {
    pub fn build(settings: &Settings, source: &Source, params: &mut Params, rng: &mut Rng) -> Self {
        let dim = settings.whole("dim") as usize;
        let vectors = Sides::build(source, "", (dim, FIELD_INIT), params, rng);
        Self {
            weights: Sides::build(source, "weight.", (1, Init::Zeros), params, rng),
            network: Mlp::build("mlp", vectors.columns(), settings.sizes("hidden"), 1, params, rng),
            dropout: Dropout::new(settings.real("dropout")),
            vectors,
            dim,
            parts: Vec::new(),
            weighed: Vec::new(),
        }
    }
}

impl ClickModel for DeepFm {
    fn logits(&mut self, tape: &mut Tape, params: &Params, rows: &[Vec<u32>]) -> Var {
        self.parts.clear();
        self.weighed.clear();
        self.vectors.encode(tape, params, rows, &mut self.parts);
        self.weights.encode(tape, params, rows, &mut self.weighed);
        let fields = tape.concat(&self.parts);
        // Powers of numbers are no vectors that could be compared with others.
        let dim = self.dim;
        self.parts.retain(|part| tape.shape(*part).1 == dim);
        let pairs = if tape.shape(fields).1 == dim * self.parts.len() {
            fields
        } else {
            tape.concat(&self.parts)
        };
        let pairs = tape.field_pairs(pairs, dim);
        let fields = self.dropout.apply(tape, fields);
        let deep = self.network.forward(tape, params, &[fields], Metric::Dot);
        let both = tape.add(pairs, deep);
        self.weighed.iter().fold(both, |sum, weight| tape.add(sum, *weight))
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        self.vectors.fields()
    }

    fn take_chances(&mut self, rng: Option<Rng>) {
        self.dropout.begin(rng);
    }
}
