//! Very small models against PyTorch: radii, scores, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/seq2bubbles.json`, next to the script that made them.

use serde::Deserialize;

use super::*;
use crate::by_name::ByName;
use crate::engine::data::UserId;
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, softmax_of, take_up};
use crate::settings::Value;

const GOLDEN: &str = include_str!("../../../../tests/golden/seq2bubbles.json");

const NEAR: f32 = 2e-5;

#[derive(Deserialize)]
struct Case {
    settings: ByName<Value>,
    radii: Vec<f32>,
    scores: Vec<f32>,
    loss: f32,
    params: Parameters,
}

#[test]
fn radii_scores_loss_and_gradients_agree_with_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(cases.len(), 5);
    for mut case in cases {
        let what = format!("{:?}", case.settings);
        case.settings.insert("dim".to_owned(), Value::Number(5.0));
        if !case.settings.contains_key("lambda") {
            case.settings.insert("lambda".to_owned(), Value::Number(0.7));
        }
        let settings = Settings::check("model", &(METHOD.knobs)(), &case.settings).expect("sound settings");
        let (mut params, mut rng) = (Params::new(), Rng::stream(1, Purpose::Init, 0));
        let mut model = Seq2Bubbles::build(&settings, 6, &mut params, &mut rng);
        take_up(&mut params, &case.params);
        let batch = Batch {
            users: (0..4).map(UserId).collect(),
            positives: [2, 4, 0, 3].map(ItemId).to_vec(),
            history_offsets: vec![0, 3, 3, 7, 9],
            history_items: [0, 3, 1, 2, 4, 3, 5, 5, 1].map(ItemId).to_vec(),
            ..Batch::default()
        };
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, &params, &batch, &[0, 1, 2, 3, 4, 5]);
        let drawn = model.drawn.expect("drawn");
        assert_near(&format!("{what}, radii"), tape.value(drawn.radii), &case.radii, NEAR);
        let scores = model.compare(&mut tape, &params, Compared::by_all(&[0, 1, 2, 3, 4, 5], encoded.items));
        assert_near(&format!("{what}, scores"), tape.value(scores), &case.scores, NEAR);
        let loss = softmax_of(&mut tape, scores, &[2, 4, 0, 3], 1.0);
        let loss = encoded.penalty.map_or(loss, |penalty| tape.add(loss, penalty));
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&what, &params, &case.params, NEAR);
    }
}
