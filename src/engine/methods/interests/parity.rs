//! Very small models of several interests against PyTorch: users, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/interests.json`, next to the script that made them.

use serde::Deserialize;

use super::{BehaviourToInterest, Interests};
use crate::by_name::ByName;
use crate::engine::data::{Batch, Dataset, ItemId, UserId};
use crate::engine::features::{EMBEDDING_INIT, Facts};
use crate::engine::methods::drim::Drim;
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, softmax_among_all, take_up};
use crate::engine::methods::mind::Mind;
use crate::engine::methods::{METHODS, comirec_dr, comirec_sa};
use crate::engine::model::Retriever;
use crate::engine::nn::{Params, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::Objective;
use crate::settings::{Settings, Value};

const GOLDEN: &str = include_str!("../../../../tests/golden/interests.json");

const NEAR: f32 = 2e-5;

const ITEMS: usize = 5;
const PLACES: usize = 4;
const POSITIVES: [u32; 4] = [3, 1, 0, 2];

#[derive(Deserialize)]
struct Case {
    kind: String,
    settings: ByName<Value>,
    logits: Vec<f32>,
    users: Vec<f32>,
    loss: f32,
    params: Parameters,
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
        "comirec_sa" => Box::new(comirec_sa::model(&settings, ITEMS, PLACES, params, &mut rng)),
        "comirec_dr" => Box::new(comirec_dr::model(&settings, ITEMS, PLACES, params, &mut rng)),
        "mind" => {
            let users = Facts::left_out(&dataset.users);
            let mut model = Mind::build(&settings, ITEMS, users, PLACES, 1, params, &mut rng);
            model.extractor.set_logits(&case.logits);
            Box::new(model)
        }
        _ => {
            let items = params.table("item.id", ITEMS, 4, EMBEDDING_INIT, &mut rng);
            let mut extractor = BehaviourToInterest::build(&settings, items, PLACES, 1, params, &mut rng);
            extractor.set_logits(&case.logits);
            let extractor = Box::new(extractor);
            let model = Drim::new(&settings, Interests { items, extractor });
            Box::new(model)
        }
    }
}

#[test]
fn vectors_loss_and_gradients_agree_with_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(cases.len(), 11);
    for case in &cases {
        let what = format!("{} {:?}", case.kind, case.settings.get("separator"));
        let mut params = Params::new();
        let mut model = model(case, &mut params);
        take_up(&mut params, &case.params);
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, &params, &batch(), &[0, 1, 2, 3, 4]);
        assert_near(&format!("{what}, users"), tape.value(encoded.users), &case.users, NEAR);
        let positives = tape.select(encoded.items, POSITIVES);
        let users = Objective::default().read_out(&mut tape, encoded.users, positives, model.readout());
        let mut loss = softmax_among_all(&mut tape, users, encoded.items, &POSITIVES, 1.0);
        if let Some(penalty) = encoded.penalty {
            loss = tape.add(loss, penalty);
        }
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&what, &params, &case.params, NEAR);
    }
}
