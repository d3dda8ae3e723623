//! AutoDis: discretisation that is learnt with everything else (Guo et al., KDD 2021, arXiv 2012.08986).
//!
//! ```text
//! h  = LeakyReLU(x w + b)      x̃ = h W + b' + α h      x̂ = softmax(x̃ / τ)      x in 0..=1 by the range of training
//! e  = Σ_h x̂^h ME_h            weighted average: a number is a little of every bin, and all of it learns
//! e  = Σ ME_h over the K best  or ME of the best alone: hard; only meta-embeddings learn, w and W keep their first values
//! τ_x = τ + ε (2 σ( LeakyReLU([n ; x] W_1) W_2 ) − 1)                               adaptive temperature
//! ```
//!
//! H bins have a meta-embedding ME each. The paper prints no biases b and b'. Without them, and with x ≥ 0, all scores are
//! `x · s` with `s = LeakyReLU(w) W + α LeakyReLU(w)`: the same bin is best for every x above 0, and x only sharpens the
//! mixture. With biases different bins win in different ranges, so ours are on; first they are such that the kinks of h lie
//! evenly in `0..1`. The statistics n of a field are its mean and values of its distribution at even places. The network
//! of the temperature is shared by the fields of a table: of one field alone they would be a bias. The band's width, the
//! statistics, α and the slope of LeakyReLU are not known of the paper and are ours. A missing value has a vector of its
//! own, of which the paper does not speak.

use super::observed::{Distribution, Observed, Scale, known};
use super::{Encoding, NumericKind, NumericSpec, SoftBins};
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::nn::{Activation, Init, ParamId, Params, Tape, Temperature, Var};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Settings, Value};

pub const KIND: NumericKind = NumericKind {
    kind: "autodis",
    source: "Guo et al., KDD 2021",
    knobs: || {
        vec![
            Knob::whole("bins", 1, 256, 20).paper(Value::Number(20.0)),
            Knob::real("skip", 0.0, 10.0, 0.5),
            Knob::flag("bias", true).paper(Value::Flag(false)),
            Knob::log("temperature", 1e-6, 1e3, 0.1).paper(Value::Number(1e-5)),
            Knob::flag("adaptive", false),
            Knob::real("band", 0.0, 0.99, 0.5),
            Knob::choice("aggregation", &AGGREGATIONS, AGGREGATIONS[0]).paper(Value::Text(AGGREGATIONS[0].to_owned())),
            Knob::whole("top", 1, 256, 3),
        ]
    },
    build: |settings| NumericSpec::AutoDis(AutoDisSpec::build(settings)),
};

const AGGREGATIONS: [&str; 3] = ["weighted_average", "top_k_sum", "max_pooling"];

/// Places at which the distribution of a field is told to the network of the temperature.
const PLACES: usize = 8;
/// Numbers it is told: the mean, the distribution, and x.
const TOLD: usize = PLACES + 2;
/// Units of its hidden layer.
const HIDDEN: usize = 16;

/// How numbers are discretised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoDisSpec {
    /// H.
    pub bins: usize,
    /// α.
    pub skip: f32,
    /// Whether there are b and b'.
    pub bias: bool,
    /// τ.
    pub temperature: f32,
    /// ε as a share of τ, below 1; none where the temperature is the same for all.
    pub band: Option<f32>,
    /// What becomes of the bins.
    pub aggregation: Aggregation,
}

/// How the meta-embeddings of the bins become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// All, as much as each weighs.
    WeightedAverage,
    /// The sum of so many of the best.
    TopKSum(usize),
    /// The best.
    MaxPooling,
}

impl AutoDisSpec {
    fn build(settings: &Settings) -> Self {
        Self {
            bins: settings.whole("bins") as usize,
            skip: settings.real("skip"),
            bias: settings.flag("bias"),
            temperature: settings.real("temperature"),
            band: settings.flag("adaptive").then(|| settings.real("band")),
            aggregation: match settings.word("aggregation") {
                "top_k_sum" => Aggregation::TopKSum(settings.whole("top") as usize),
                "max_pooling" => Aggregation::MaxPooling,
                _ => Aggregation::WeightedAverage,
            },
        }
    }
}

/// W_1 and W_2.
#[derive(Clone, Copy, Debug)]
pub(super) struct TemperatureNet(ParamId, ParamId);

impl TemperatureNet {
    pub fn build(side: &str, params: &mut Params, rng: &mut Rng) -> Self {
        let mut dense = |name: &str, rows, cols| {
            let name = format!("{side}.numbers.{name}");
            params.dense(&name, rows, cols, Init::Glorot, rng)
        };
        Self(dense("temperature1", TOLD, HIDDEN), dense("temperature2", HIDDEN, 1))
    }
}

/// A field.
pub(super) struct AutoDis {
    spec: AutoDisSpec,
    scale: Scale,
    /// n.
    statistics: [f32; TOLD - 1],
    /// w and b.
    first: (ParamId, Option<ParamId>),
    /// W and b'.
    second: (ParamId, Option<ParamId>),
    /// ME, and a last row for what is missing.
    meta: ParamId,
    temperature: Option<TemperatureNet>,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    /// x.
    scaled: Vec<f32>,
    /// n and x, row by row.
    told: Vec<f32>,
    missing: Vec<u32>,
    /// Weights of the bins, where they do not learn.
    hard: Vec<f32>,
}

impl AutoDis {
    pub fn build(
        spec: AutoDisSpec,
        observed: &Observed,
        name: &str,
        (width, temperature): (usize, Option<TemperatureNet>),
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let bins = spec.bins;
        let mut dense = |part: &str, rows, cols, init| {
            let name = format!("{name}.{part}");
            params.dense(&name, rows, cols, init, rng)
        };
        let meta = dense("meta", bins + 1, width, EMBEDDING_INIT);
        let first = dense("first", 1, bins, Init::Uniform(1.0));
        let second = dense("second", bins, bins, Init::Glorot);
        let biases = spec.bias.then(|| {
            let [first, second] = ["first_bias", "second_bias"].map(|part| dense(part, 1, bins, Init::Zeros));
            (first, second)
        });
        if let Some((bias, _)) = biases {
            for bin in 0..bins {
                let kink = rng.uniform();
                params.values_mut(bias)[[0, bin]] = -kink * params.values(first)[[0, bin]];
            }
        }
        Self {
            scale: Scale::of(observed.range()),
            statistics: statistics(observed),
            first: (first, biases.map(|biases| biases.0)),
            second: (second, biases.map(|biases| biases.1)),
            meta,
            temperature,
            spec,
            scratch: Scratch::default(),
        }
    }

    /// Weights of the bins and, last, of the vector of what is missing: `[rows, H + 1]`.
    fn weights(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var {
        self.take(values);
        let (rows, bins) = (values.len(), self.spec.bins);
        let x = tape.input(rows, 1, &self.scratch.scaled);
        let h = tape.linear(params, x, self.first.0, self.first.1, Activation::LeakyRelu);
        let mixed = tape.linear(params, h, self.second.0, self.second.1, Activation::None);
        let skipped = tape.scale(h, self.spec.skip);
        let scores = tape.add(mixed, skipped);
        let best = match self.spec.aggregation {
            Aggregation::WeightedAverage => {
                let temperature = self.temperature(tape, params);
                return tape.row_softmax(scores, temperature, &self.scratch.missing);
            }
            Aggregation::TopKSum(best) => best.min(bins),
            Aggregation::MaxPooling => 1,
        };
        let Scratch { hard, missing, .. } = &mut self.scratch;
        hard.clear();
        hard.resize(rows * (bins + 1), 0.0);
        for &row in &*missing {
            hard[row as usize * (bins + 1) + bins] = 1.0;
        }
        let scores = tape.value(scores).chunks_exact(bins);
        for (into, scores) in hard.chunks_exact_mut(bins + 1).zip(scores) {
            if into[bins] == 0.0 {
                choose(&mut into[..bins], scores, best);
            }
        }
        tape.input(rows, bins + 1, hard)
    }

    /// Scales `values` and notes which are missing.
    fn take(&mut self, values: &[f32]) {
        let Scratch {
            scaled, told, missing, ..
        } = &mut self.scratch;
        scaled.clear();
        missing.clear();
        told.clear();
        for (row, &value) in values.iter().enumerate() {
            if known(value) {
                scaled.push(self.scale.take(value));
            } else {
                scaled.push(0.0);
                missing.push(row as u32);
            }
        }
        if self.temperature.is_some() {
            for x in scaled {
                told.extend_from_slice(&self.statistics);
                told.push(*x);
            }
        }
    }

    fn temperature(&self, tape: &mut Tape, params: &Params) -> Temperature {
        let middle = self.spec.temperature;
        let Some((TemperatureNet(first, second), band)) = self.temperature.zip(self.spec.band) else {
            return Temperature::Fixed(middle);
        };
        let told = tape.input(self.scratch.scaled.len(), TOLD, &self.scratch.told);
        let hidden = tape.linear(params, told, first, None, Activation::LeakyRelu);
        Temperature::Gated {
            gate: tape.linear(params, hidden, second, None, Activation::Sigmoid),
            middle,
            spread: band * middle,
        }
    }
}

/// Marks the `best` largest scores; the first of equals comes first.
fn choose(marks: &mut [f32], scores: &[f32], best: usize) {
    for _ in 0..best {
        let mut found = None;
        for (bin, score) in scores.iter().enumerate() {
            if marks[bin] == 0.0 && found.is_none_or(|found: usize| *score > scores[found]) {
                found = Some(bin);
            }
        }
        if let Some(found) = found {
            marks[found] = 1.0;
        }
    }
}

/// The mean of x in training and, at even places between 0 and 1, the share of training below.
fn statistics(observed: &Observed) -> [f32; TOLD - 1] {
    let points = observed.points();
    let Some((low, high)) = observed.range() else {
        return [0.0; TOLD - 1];
    };
    let (scale, distribution) = (Scale::of(Some((low, high))), Distribution::of(&points));
    let (mut sum, mut n) = (0.0, 0.0);
    for point in &points {
        sum += point.occurrences as f64 * f64::from(scale.take(point.value));
        n += point.occurrences as f64;
    }
    std::array::from_fn(|place| match place {
        0 => (sum / n) as f32,
        _ => distribution.at(low + (high - low) * (place as f32 / (PLACES + 1) as f32)),
    })
}

impl Encoding for AutoDis {
    fn encode(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var {
        let weights = self.weights(tape, params, values);
        tape.linear(params, weights, self.meta, None, Activation::None)
    }

    fn soft_bins(&mut self, params: &Params, values: &[f32]) -> Option<SoftBins> {
        let bins = self.spec.bins;
        let mut tape = Tape::new();
        let weights = self.weights(&mut tape, params, values);
        let rows = tape.value(weights).chunks_exact(bins + 1);
        let mut shown = SoftBins {
            bins,
            weights: Vec::with_capacity(values.len() * bins),
            vectors: Vec::new(),
        };
        rows.for_each(|row| shown.weights.extend_from_slice(&row[..bins]));
        let meta = tape.param(params, self.meta);
        let vectors = tape.rows(meta, 0, bins);
        shown.vectors.extend_from_slice(tape.value(vectors));
        Some(shown)
    }
}
