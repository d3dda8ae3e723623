//! Numbers without bins: given to the network as they are, or as a multiple of one vector.
//!
//! ```text
//! YouTube   x̃, x̃², √x̃        x̃ = share of training below x (Covington et al., RecSys 2016)
//! DLRM      MLP([x_1 … x_N])   one for all numbers of the table (Naumov et al., 2019)
//! FE        x · E              all values of a field lie on a straight line
//! ```
//!
//! Of the last two x is scaled to `0..=1` by the range of training. A missing value has a vector of its own: in place of
//! YouTube's three numbers, of the multiple, and in DLRM of the number's share of the first layer.

use super::observed::{Distribution, Observed, Scale, known};
use super::{Encoding, NumericKind, NumericSpec};
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::matrix::Metric;
use crate::engine::nn::{Activation, Mlp, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Knob;

pub const YOUTUBE: NumericKind = NumericKind {
    kind: "youtube",
    source: "Covington et al., RecSys 2016",
    knobs: Vec::new,
    build: |_| NumericSpec::Youtube,
};

pub const DLRM: NumericKind = NumericKind {
    kind: "dlrm",
    source: "Naumov et al., 2019",
    knobs: || vec![Knob::sizes("hidden", 4, 1, 512, &[32])],
    build: |settings| NumericSpec::Dlrm(settings.sizes("hidden").to_vec()),
};

pub const FIELD: NumericKind = NumericKind {
    kind: "field",
    source: "FE in Guo et al., KDD 2021",
    knobs: Vec::new,
    build: |_| NumericSpec::Field,
};

/// Columns that YouTube makes of a number.
pub(super) const YOUTUBE_COLUMNS: usize = 3;

/// See [`NumericSpec::Youtube`].
pub(super) struct Youtube {
    distribution: Distribution,
    /// One row.
    missing: ParamId,
    /// Scratch.
    powers: Vec<f32>,
    offsets: Vec<u32>,
    ids: Vec<u32>,
}

impl Youtube {
    pub fn build(distribution: Distribution, name: &str, params: &mut Params, rng: &mut Rng) -> Self {
        let name = format!("{name}.missing");
        Self {
            distribution,
            missing: params.table(&name, 1, YOUTUBE_COLUMNS, EMBEDDING_INIT, rng),
            powers: Vec::new(),
            offsets: Vec::new(),
            ids: Vec::new(),
        }
    }
}

impl Encoding for Youtube {
    fn encode(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var {
        self.powers.clear();
        self.ids.clear();
        self.offsets.clear();
        self.offsets.push(0);
        for &value in values {
            if known(value) {
                let x = self.distribution.at(value);
                self.powers.extend([x, x * x, x.sqrt()]);
            } else {
                self.powers.extend([0.0; YOUTUBE_COLUMNS]);
                self.ids.push(0);
            }
            self.offsets.push(self.ids.len() as u32);
        }
        let powers = tape.input(values.len(), YOUTUBE_COLUMNS, &self.powers);
        let missing = tape.gather_pool(params, self.missing, &self.offsets, &self.ids, Pooling::Sum);
        tape.add(powers, missing)
    }
}

/// Appends x, and whether it is missing: what a linear layer makes of both is `x · E`, or a vector of its own.
fn put(into: &mut Vec<f32>, scale: &Scale, value: f32) {
    if known(value) {
        into.extend([scale.take(value), 0.0]);
    } else {
        into.extend([0.0, 1.0]);
    }
}

/// See [`NumericSpec::Field`].
pub(super) struct OneVector {
    scale: Scale,
    /// E and the vector of what is missing.
    vectors: ParamId,
    /// Scratch.
    inputs: Vec<f32>,
}

impl OneVector {
    pub fn build(observed: &Observed, name: &str, width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let name = format!("{name}.vector");
        Self {
            scale: Scale::of(observed.range()),
            vectors: params.dense(&name, 2, width, EMBEDDING_INIT, rng),
            inputs: Vec::new(),
        }
    }
}

impl Encoding for OneVector {
    fn encode(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var {
        self.inputs.clear();
        values
            .iter()
            .for_each(|&value| put(&mut self.inputs, &self.scale, value));
        let inputs = tape.input(values.len(), 2, &self.inputs);
        tape.linear(params, inputs, self.vectors, None, Activation::None)
    }
}

/// See [`NumericSpec::Dlrm`]: one for all fields, whose values come side by side.
pub(super) struct Together {
    scales: Vec<Scale>,
    mlp: Mlp,
    /// Scratch.
    inputs: Vec<f32>,
}

impl Together {
    pub fn build(
        scales: Vec<Scale>,
        side: &str,
        (hidden, width): (&[u32], usize),
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let name = format!("{side}.numbers");
        Self {
            mlp: Mlp::build(&name, 2 * scales.len(), hidden, width, params, rng),
            scales,
            inputs: Vec::new(),
        }
    }
}

impl Encoding for Together {
    fn encode(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var {
        self.inputs.clear();
        for (&value, scale) in values.iter().zip(self.scales.iter().cycle()) {
            put(&mut self.inputs, scale, value);
        }
        let n = self.scales.len();
        let inputs = tape.input(values.len() / n, 2 * n, &self.inputs);
        self.mlp.forward(tape, params, &[inputs], Metric::Dot)
    }
}
