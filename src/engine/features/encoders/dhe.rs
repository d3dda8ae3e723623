//! DHE: deep hash embedding (Kang et al., "Learning to Embed Categorical Features without Embedding Tables", KDD 2021,
//! arXiv 2010.10784).
//!
//! ```text
//! x(id) = k hashes of the id into 1 … m, as numbers in [−1, 1] or, in pairs, as normal ones (Box and Muller)
//! e(id) = network( [ x(id) ; words known of the id ] )      each hidden layer: linear, batch norm, Mish; the last linear
//! ```
//!
//! No table: the code is computed, and the network learns all that is learnt. Every step changes every vector. Batch
//! norm goes by the different ids of a step, each counted once, however often it is looked up; elsewhere by a
//! fixed sample of all ids under the present weights, so that nothing has to be remembered of past steps (the statistics of the
//! population, Ioffe and Szegedy, ICML 2015, algorithm 2). The paper's encoding has k = 1024 and m = 10⁶, its network five layers of
//! 1800 for two million ids; ours are sized for a browser tab. The last layer begins so that vectors are as
//! large as a full table's.

use std::cell::RefCell;
use std::f32::consts::PI;
use std::rc::Rc;

use crate::engine::nn::{Activation, Encoder, Init, ParamId, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};

use super::hashes::{self, Hash};
use super::{Asked, EncoderKind, Known, from, share};

/// m.
const VALUES: u32 = 1_000_000;

/// Ids at most whose statistics stand for those of all.
const SAMPLE: usize = 1024;

pub const KIND: EncoderKind = EncoderKind {
    kind: "dhe",
    source: "Kang et al., KDD 2021",
    knobs: || {
        vec![
            Knob::whole("codes", 2, 1024, 128).paper(Value::Number(1024.0)),
            Knob::choice("code", &["uniform", "gaussian"], "uniform").paper(Value::Text("uniform".to_owned())),
            Knob::whole("width", 0, 2048, 64).paper(Value::Number(1800.0)),
            share(),
            Knob::whole("layers", 1, 8, 2).paper(Value::Number(5.0)),
            Knob::choice("activation", &["mish", "relu"], "mish").paper(Value::Text("mish".to_owned())),
            Knob::flag("batch_norm", true).paper(Value::Flag(true)),
            Knob::flag("side_features", false),
            from(),
        ]
    },
    build: |asked, params, rng| Some(Rc::new(Dhe::build(asked, params, rng))),
};

/// How hashes become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Evenly in [−1, 1].
    Uniform,
    /// Normal, two by two.
    Gaussian,
}

/// A hidden layer.
#[derive(Clone, Copy, Debug)]
struct Layer {
    weight: ParamId,
    /// Added before the activation; batch norm has one of its own.
    bias: ParamId,
    /// What is normalised is multiplied by this.
    gain: Option<ParamId>,
}

/// The encoder.
#[derive(Debug)]
pub struct Dhe {
    hashes: Vec<Hash>,
    code: Code,
    known: Option<Rc<Known>>,
    hidden: Vec<Layer>,
    mish: bool,
    last: [ParamId; 2],
    n_ids: usize,
    codes: RefCell<Vec<f32>>,
    population: RefCell<Population>,
}

/// By what each hidden layer normalises all ids.
#[derive(Debug, Default)]
struct Population {
    /// The parameters it was measured under.
    version: Option<u64>,
    /// The sample.
    ids: Vec<u32>,
    layers: Vec<Vec<f32>>,
    tape: Tape,
}

/// The width of `layers` equal hidden layers between `input` and `output` columns that takes so many numbers.
fn width_for(numbers: f64, input: usize, layers: usize, output: usize, normalised: bool) -> usize {
    let each = if normalised { 2 } else { 1 };
    let count = |width: usize| width * (input + (layers - 1) * width + output + each * layers) + output;
    let mut width = 1;
    while width < 2048 && count(width + 1) as f64 <= numbers {
        width += 1;
    }
    width
}

impl Dhe {
    pub(super) fn build(asked: &Asked, params: &mut Params, rng: &mut Rng) -> Self {
        let settings = asked.settings;
        let layers = settings.whole("layers") as usize;
        let batch_norm = settings.flag("batch_norm");
        let code = match settings.word("code") {
            "gaussian" => Code::Gaussian,
            _ => Code::Uniform,
        };
        // Normal numbers come in pairs.
        let codes = settings.whole("codes") as usize;
        let codes = if code == Code::Gaussian {
            codes.next_multiple_of(2)
        } else {
            codes
        };
        let known = asked.known.cloned();
        let input = codes + known.as_ref().map_or(0, |known| known.n_words);
        let width = match settings.whole("width") as usize {
            0 => width_for(asked.numbers(), input, layers, asked.wanted.width, batch_norm),
            width => width,
        };
        let mut columns = input;
        let hidden = (0..layers).map(|layer| {
            let mut named =
                |part: &str, rows, init| params.dense(&asked.named(&format!("{part}{layer}")), rows, width, init, rng);
            let made = Layer {
                weight: named("weight", columns, Init::He),
                bias: named("bias", 1, Init::Zeros),
                gain: batch_norm.then(|| named("gain", 1, Init::Zeros)),
            };
            columns = width;
            made
        });
        let hidden: Vec<Layer> = hidden.collect();
        for gain in hidden.iter().filter_map(|layer| layer.gain) {
            params.values_mut(gain).fill(1.0);
        }
        let init = super::scaled(asked.wanted.init, 1.0 / (width as f32).sqrt());
        Self {
            hashes: hashes::draw(codes, &mut asked.chance.clone()),
            code,
            known,
            hidden,
            mish: settings.word("activation") == "mish",
            last: [
                params.dense(&asked.named("weight"), width, asked.wanted.width, init, rng),
                params.dense(&asked.named("bias"), 1, asked.wanted.width, Init::Zeros, rng),
            ],
            n_ids: asked.wanted.n_ids,
            codes: RefCell::default(),
            population: RefCell::default(),
        }
    }

    /// Other hashes, as many.
    #[cfg(test)]
    pub(super) fn set_hashes(&mut self, hashes: &[Hash]) {
        self.hashes.copy_from_slice(hashes);
    }

    /// Writes what the network reads of `id`.
    fn put(&self, id: u32, into: &mut [f32]) {
        let (code, words) = into.split_at_mut(self.hashes.len());
        let top = (VALUES - 1) as f32;
        match self.code {
            Code::Uniform => {
                for (into, hash) in code.iter_mut().zip(&self.hashes) {
                    *into = 2.0 * (hash.of(id, VALUES) as f32 / top) - 1.0;
                }
            }
            Code::Gaussian => {
                let drawn = |hash: Hash| (hash.of(id, VALUES) + 1) as f32 / VALUES as f32;
                for (into, hashes) in code
                    .as_chunks_mut::<2>()
                    .0
                    .iter_mut()
                    .zip(self.hashes.as_chunks::<2>().0)
                {
                    let radius = (-2.0 * libm::logf(drawn(hashes[0]))).sqrt();
                    let (sine, cosine) = libm::sincosf(2.0 * PI * drawn(hashes[1]));
                    *into = [radius * cosine, radius * sine];
                }
            }
        }
        words.fill(0.0);
        // Of an id that nobody knows no word is known.
        if let Some(known) = self
            .known
            .as_ref()
            .filter(|known| (id as usize) + 1 < known.words.offsets.len())
        {
            known
                .words
                .row(id as usize)
                .iter()
                .for_each(|word| words[*word as usize] = 1.0);
        }
    }

    fn columns(&self) -> usize {
        self.hashes.len() + self.known.as_ref().map_or(0, |known| known.n_words)
    }

    /// What the network makes of ids; hidden layers are normalised by what `statistics` has for each, or by their own.
    fn run(&self, tape: &mut Tape, params: &Params, ids: &[u32], statistics: Option<&[Vec<f32>]>) -> Var {
        self.run_seen(tape, params, ids, statistics, &mut |_, _| {})
    }

    /// The same; `seen` is shown every hidden layer that was normalised.
    fn run_seen(
        &self,
        tape: &mut Tape,
        params: &Params,
        ids: &[u32],
        statistics: Option<&[Vec<f32>]>,
        seen: &mut dyn FnMut(&Tape, Var),
    ) -> Var {
        let columns = self.columns();
        let codes = &mut *self.codes.borrow_mut();
        codes.resize(ids.len() * columns, 0.0);
        for (id, into) in ids.iter().zip(codes.chunks_exact_mut(columns)) {
            self.put(*id, into);
        }
        let mut x = tape.input(ids.len(), columns, codes);
        for (number, layer) in self.hidden.iter().enumerate() {
            let rectify = if self.mish { Activation::None } else { Activation::Relu };
            x = match layer.gain {
                Some(gain) => {
                    let linear = tape.linear(params, x, layer.weight, None, Activation::None);
                    let given = statistics.map(|statistics| statistics[number].as_slice());
                    let normal = tape.batch_norm(params, linear, gain, layer.bias, given);
                    seen(tape, normal);
                    if self.mish { normal } else { tape.relu(normal) }
                }
                None => tape.linear(params, x, layer.weight, Some(layer.bias), rectify),
            };
            if self.mish {
                x = tape.mish(x);
            }
        }
        let [weight, bias] = self.last;
        tape.linear(params, x, weight, Some(bias), Activation::None)
    }

    /// Measures what the hidden layers are for a sample of all ids, unless that is known for these parameters.
    fn measure(&self, params: &Params) {
        let population = &mut *self.population.borrow_mut();
        if population.version == Some(params.version()) {
            return;
        }
        let Population { ids, tape, layers, .. } = population;
        if ids.is_empty() {
            let n = self.n_ids.clamp(1, SAMPLE);
            ids.extend((0..n).map(|place| (place * self.n_ids / n) as u32));
            layers.resize(self.hidden.len(), Vec::new());
        }
        tape.reset();
        let mut next = layers.iter_mut();
        self.run_seen(tape, params, ids, None, &mut |tape, normal| {
            if let Some(layer) = next.next() {
                layer.clear();
                layer.extend_from_slice(tape.batch_statistics(normal));
            }
        });
        population.version = Some(params.version());
    }
}

impl Encoder for Dhe {
    fn look_up(&self, tape: &mut Tape, params: &Params, ids: &[u32]) -> Var {
        let normalises = self.hidden.first().is_some_and(|layer| layer.gain.is_some());
        if tape.learning() || !normalises {
            return self.run(tape, params, ids, None);
        }
        self.measure(params);
        let population = self.population.borrow();
        self.run(tape, params, ids, Some(&population.layers))
    }

    fn together(&self) -> bool {
        true
    }

    fn code(&self, id: u32) -> Vec<f32> {
        let mut code = vec![0.0; self.columns()];
        self.put(id, &mut code);
        code.truncate(self.hashes.len());
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_takes_no_more_numbers_than_it_may_and_not_many_fewer() {
        for (numbers, input, layers, output) in [(4_800.0, 64, 2, 32), (64_000_000.0 / 4.0, 1024, 5, 32)] {
            let width = width_for(numbers, input, layers, output, true);
            let count = |width: usize| {
                input * width + (layers - 1) * width * width + width * output + output + 2 * layers * width
            };
            assert!(
                count(width) as f64 <= numbers && count(width + 1) as f64 > numbers,
                "{width}"
            );
        }
        // The paper's figure: a quarter of two million ids of 32 numbers is about five layers of 1800.
        assert!((1800..1960).contains(&width_for(16e6, 1024, 5, 32, true)));
    }
}
