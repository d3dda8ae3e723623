//! Very small models of several interests against PyTorch: users, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/interests.json`, next to the script that made them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::METHODS;
use super::comirec_sa::ComirecSa;
use super::drim::Drim;
use super::mind::Mind;
use crate::engine::data::{Batch, Dataset, ItemId, UserId};
use crate::engine::model::Retriever;
use crate::engine::nn::{Negatives, Params, SoftmaxSpec, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::Objective;
use crate::settings::{Settings, Value};

const GOLDEN: &str = include_str!("../../../tests/golden/interests.json");

const ITEMS: usize = 5;
const PLACES: usize = 4;
const POSITIVES: [u32; 4] = [3, 1, 0, 2];

#[derive(Deserialize)]
struct Case {
    kind: String,
    settings: BTreeMap<String, Value>,
    logits: Vec<f32>,
    users: Vec<f32>,
    loss: f32,
    params: BTreeMap<String, Learnt>,
}

#[derive(Deserialize)]
struct Learnt {
    values: Vec<f32>,
    gradient: Vec<f32>,
}

fn batch() -> Batch {
    Batch {
        users: (0..4).map(UserId).collect(),
        positives: POSITIVES.map(ItemId).to_vec(),
        history_offsets: vec![0, 3, 4, 8, 8],
        history_items: [0, 1, 2, 3, 4, 0, 2, 1].map(ItemId).to_vec(),
        ..Batch::default()
    }
}

fn model(case: &Case, params: &mut Params) -> Box<dyn Retriever> {
    let method = METHODS
        .iter()
        .find(|method| method.kind == case.kind)
        .expect("a method");
    let mut given = case.settings.clone();
    given.insert("dim".to_owned(), Value::Number(4.0));
    given.insert("interests".to_owned(), Value::Number(3.0));
    let settings = Settings::check("model", &(method.knobs)(), &given).expect("sound settings");
    let mut rng = Rng::stream(1, Purpose::Init, 0);
    let dataset = Dataset::default();
    match &*case.kind {
        "comirec_sa" => Box::new(ComirecSa::build(&settings, ITEMS, PLACES, params, &mut rng)),
        "mind" => {
            let mut model = Mind::build(&settings, ITEMS, &dataset.users, PLACES, 1, params, &mut rng);
            model.extractor.set_logits(&case.logits);
            Box::new(model)
        }
        _ => {
            let mut model = Drim::build(&settings, ITEMS, PLACES, 1, params, &mut rng);
            model.extractor.set_logits(&case.logits);
            Box::new(model)
        }
    }
}

fn assert_near<'a>(what: &str, found: impl IntoIterator<Item = &'a f32>, expected: &[f32]) {
    let found: Vec<f32> = found.into_iter().copied().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= 2e-5 * (1.0 + expected.abs()),
            "{what}, number {place}: {found} for {expected}"
        );
    }
}

#[test]
fn vectors_loss_and_gradients_agree_with_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(cases.len(), 7);
    for case in &cases {
        let what = format!("{} {:?}", case.kind, case.settings.get("separator"));
        let mut params = Params::new();
        let mut model = model(case, &mut params);
        assert_eq!(params.ids().count(), case.params.len(), "{what}");
        for id in params.ids() {
            let learnt = &case.params[params.name(id)];
            let values = params.values_mut(id).into_iter();
            values.zip(&learnt.values).for_each(|(into, value)| *into = *value);
        }
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, &params, &batch(), &[0, 1, 2, 3, 4]);
        assert_near(&format!("{what}, users"), tape.value(encoded.users), &case.users);
        let positives = tape.select(encoded.items, POSITIVES);
        let users = Objective::default().nearest_to_positive(&mut tape, encoded.users, positives);
        let scores = tape.matmul_nt(users, encoded.items);
        let positive = tape.pick(scores, &POSITIVES);
        let masked: Vec<(u32, u32)> = (0..).zip(POSITIVES).collect();
        let others = Negatives {
            scores,
            log_q: &[],
            masked: &masked,
        };
        let spec = SoftmaxSpec {
            temperature: 1.0,
            logq: false,
            positive_log_q: &[],
            weights: None,
        };
        let mut loss = tape.softmax_cross_entropy(positive, &[others], &spec);
        if let Some(penalty) = encoded.penalty {
            loss = tape.add(loss, penalty);
        }
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss]);
        tape.backward(&mut params, loss);
        for id in params.ids() {
            let name = params.name(id);
            let expected = &case.params[name].gradient;
            assert!(
                expected.iter().any(|slope| slope.abs() > 1e-4),
                "{what}: {name} learns something"
            );
            assert_near(&format!("{what}, {name}"), &params.gradient(id), expected);
        }
    }
}
