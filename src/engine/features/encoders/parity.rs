//! Very small deep hash embeddings against PyTorch: codes, vectors, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/dhe.json`, next to the script that made them.

use serde::Deserialize;

use super::dhe::Dhe;
use super::hashes::Hash;
use super::*;
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, take_up};
use crate::engine::nn::Tape;
use crate::settings::{Value, by_key};

const GOLDEN: &str = include_str!("../../../../tests/golden/dhe.json");

const NEAR: f32 = 2e-5;

#[derive(Deserialize)]
struct Golden {
    ids: Vec<u32>,
    words: Vec<Vec<u32>>,
    codes: f64,
    width: f64,
    dim: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    settings: Given,
    hashes: Vec<[u64; 2]>,
    codes: Vec<Vec<f32>>,
    weights: Vec<f32>,
    vectors: Vec<f32>,
    loss: f32,
    params: Parameters,
}

#[derive(Deserialize)]
struct Given {
    code: String,
    layers: f64,
    activation: String,
    batch_norm: bool,
    side_features: bool,
}

/// Makes an embedding by hashes that are given, not drawn.
#[derive(Debug)]
struct Fixed {
    settings: Settings,
    hashes: Vec<Hash>,
    known: Option<Rc<Known>>,
}

impl Encoders for Fixed {
    fn build(&self, wanted: &Wanted, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>> {
        let asked = Asked {
            wanted: *wanted,
            settings: &self.settings,
            chance: Rng::stream(1, Purpose::Hashing, 0),
            known: self.known.as_ref(),
        };
        let mut made = Dhe::build(&asked, params, rng);
        made.set_hashes(&self.hashes);
        Some(Rc::new(made))
    }
}

impl Golden {
    fn fixed(&self, case: &Case) -> Fixed {
        let Given {
            code,
            layers,
            activation,
            batch_norm,
            side_features,
        } = &case.settings;
        let given = by_key([
            ("codes", Value::Number(self.codes)),
            ("width", Value::Number(self.width)),
            ("layers", Value::Number(*layers)),
            ("code", Value::Text(code.clone())),
            ("activation", Value::Text(activation.clone())),
            ("batch_norm", Value::Flag(*batch_norm)),
        ]);
        let mut known = Known {
            n_words: 3,
            ..Known::default()
        };
        for words in &self.words {
            known.words.ids.extend(words);
            known.words.end_row();
        }
        Fixed {
            settings: Settings::check("encoder", &(dhe::KIND.knobs)(), &given).expect("sound settings"),
            hashes: case.hashes.iter().map(|[a, b]| Hash::of_factors(*a, *b)).collect(),
            known: side_features.then(|| Rc::new(known)),
        }
    }
}

#[test]
fn codes_vectors_and_gradients_agree_with_pytorch() {
    let golden: Golden = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(golden.cases.len(), 6);
    for (number, case) in golden.cases.iter().enumerate() {
        let what = format!("case {number}");
        let mut params = Params::encoded_by(Rc::new(golden.fixed(case)));
        let wanted = Wanted::items("ids", golden.words.len(), golden.dim, EMBEDDING_INIT);
        let id = params.embedding(wanted, &mut Rng::stream(1, Purpose::Init, 0));
        take_up(&mut params, &case.params);
        let encoder = params.encoder(id).expect("no table");
        let mut different = golden.ids.clone();
        different.sort_unstable();
        different.dedup();
        for (id, code) in different.iter().zip(&case.codes) {
            assert_near(&format!("{what}, code of {id}"), &encoder.code(*id), code, NEAR);
        }
        let mut tape = Tape::new();
        tape.announce(&params, Of::Items, [&golden.ids, &[]]);
        let vectors = tape.gather(&params, id, &golden.ids);
        assert_near(&format!("{what}, vectors"), tape.value(vectors), &case.vectors, NEAR);
        let weights = tape.input(golden.ids.len(), golden.dim, &case.weights);
        let products = tape.mul(vectors, weights);
        let loss = tape.sum(products);
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&what, &params, &case.params, NEAR);
    }
}
