//! Very small EBR models against PyTorch: queries, documents, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/ebr.json`, next to the script that made them.

use serde::Deserialize;

use super::{Ebr, METHOD};
use crate::by_name::ByName;
use crate::engine::features::Facts;
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, softmax_among_all, take_up};
use crate::engine::methods::mgdspr::parity::{Golden, last_of_each};
use crate::engine::model::Retriever;
use crate::engine::nn::{Params, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::settings::{Settings, Value};

const GOLDEN: &str = include_str!("../../../../tests/golden/ebr.json");

const NEAR: f32 = 2e-5;

#[derive(Deserialize)]
struct Case {
    settings: ByName<Value>,
    queries: Vec<f32>,
    documents: Vec<f32>,
    loss: f32,
    params: Parameters,
}

impl Case {
    fn settings(&self) -> Settings {
        let numbers = [("dim", 4.0), ("buckets", 16.0), ("text_dim", 3.0), ("feature_dim", 2.0)];
        let mut given = self.settings.clone();
        given.extend(numbers.map(|(key, value)| (key.to_owned(), Value::Number(value))));
        given.insert("hidden".to_owned(), Value::Sizes(vec![5]));
        Settings::check("model", &(METHOD.knobs)(), &given).expect("sound settings")
    }
}

#[test]
fn vectors_loss_and_gradients_agree_with_pytorch() {
    let world = Golden::read();
    let dataset = world.dataset(world.users());
    let batch = last_of_each(&dataset);
    let cases: Vec<Case> = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(cases.len(), 3);
    for (number, case) in cases.iter().enumerate() {
        let settings = case.settings();
        let mut params = Params::new();
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let unified = settings.word("text") == "unified";
        let tables = [&dataset.users, &dataset.items].map(Facts::left_out);
        let mut model = Ebr::build(&settings, tables, unified, &mut params, &mut rng);
        take_up(&mut params, &case.params);
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, &params, &batch, &[0, 1, 2, 3, 4]);
        assert_near(
            &format!("queries {number}"),
            tape.value(encoded.users),
            &case.queries,
            NEAR,
        );
        assert_near(
            &format!("documents {number}"),
            tape.value(encoded.items),
            &case.documents,
            NEAR,
        );
        let last = world.users().iter().filter_map(|user| user.items.last());
        let positives: Vec<u32> = last.copied().collect();
        let loss = softmax_among_all(&mut tape, encoded.users, encoded.items, &positives, 0.5);
        assert_near("loss", tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&format!("case {number}"), &params, &case.params, NEAR);
    }
}
