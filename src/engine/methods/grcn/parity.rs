//! A very small GRCN against PyTorch: nodes, weights of edges, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/grcn.json`, next to the script that made them.

use serde::Deserialize;

use super::*;
use crate::by_name::ByName;
use crate::engine::data::{Column, Field, Table};
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, softmax_among_all, take_up};

const GOLDEN: &str = include_str!("../../../../tests/golden/grcn.json");

const NEAR: f32 = 2e-5;

#[derive(Deserialize)]
struct Case {
    settings: ByName<Value>,
    edges: Vec<(u32, u32)>,
    vectors: Vec<f32>,
    users: Vec<f32>,
    items: Vec<f32>,
    weights: Vec<f32>,
    loss: f32,
    params: Parameters,
}

/// Five items with two numbers of one kind and three of another.
fn table(case: &Case) -> Table {
    let field = |name: &str, width: usize, values: &[f32]| Field {
        name: name.to_owned(),
        column: Column::Vector {
            width,
            values: values.to_vec(),
        },
    };
    Table {
        keys: (0..5).map(|row: u32| row.to_string()).collect(),
        fields: vec![
            field("image", 2, &case.vectors[..10]),
            field("text", 3, &case.vectors[10..]),
        ],
        ..Table::default()
    }
}

#[test]
fn nodes_weights_loss_and_gradients_agree_with_pytorch() {
    let cases: Vec<Case> = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let what = format!("{:?}", case.settings);
        let settings = Settings::check("model", &(METHOD.knobs)(), &case.settings).expect("sound settings");
        let (mut params, mut rng) = (Params::new(), Rng::stream(1, Purpose::Init, 0));
        let sources = modalities(&table(case), 3, &mut params, &mut rng);
        let graph = Graph::build(4, 5, &case.edges);
        let mut model = Grcn::build(&settings, graph, sources, &mut params, &mut rng);
        take_up(&mut params, &case.params);
        let mut tape = Tape::new();
        let (_, weights) = model.refine(&mut tape, &params);
        assert_near(&format!("{what}, weights"), tape.value(weights[0]), &case.weights, NEAR);
        tape.reset();
        let batch = Batch {
            users: (0..4).map(UserId).collect(),
            ..Batch::default()
        };
        let encoded = model.encode(&mut tape, &params, &batch, &[0, 1, 2, 3, 4]);
        assert_near(&format!("{what}, users"), tape.value(encoded.users), &case.users, NEAR);
        assert_near(&format!("{what}, items"), tape.value(encoded.items), &case.items, NEAR);
        let loss = softmax_among_all(&mut tape, encoded.users, encoded.items, &[3, 1, 0, 2], 1.0);
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&what, &params, &case.params, NEAR);
    }
}
