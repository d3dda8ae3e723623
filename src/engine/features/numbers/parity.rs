//! AutoDis against PyTorch: vectors, and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/autodis.json`, next to the script that made them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::by_name::ByName;
use crate::engine::data::Field;
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, gradients_agree, take_up};
use crate::engine::rng::Purpose;
use crate::settings::Value;

const GOLDEN: &str = include_str!("../../../../tests/golden/autodis.json");

const NEAR: f32 = 2e-5;

const WIDTH: usize = 3;

#[derive(Deserialize)]
struct Golden {
    fields: BTreeMap<String, Vec<Option<f32>>>,
    occurrences: Vec<u32>,
    rows: Vec<u32>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    settings: ByName<Value>,
    /// By field.
    vectors: Vec<Vec<f32>>,
    /// What each number of a vector adds to the loss.
    weights: Vec<f32>,
    params: Parameters,
}

impl Golden {
    fn table(&self) -> Table {
        let field = |(name, values): (&String, &Vec<Option<f32>>)| Field {
            name: name.clone(),
            column: Column::Number {
                values: values.iter().map(|value| value.unwrap_or(f32::NAN)).collect(),
            },
        };
        Table {
            keys: (0..self.occurrences.len()).map(|row| row.to_string()).collect(),
            fields: self.fields.iter().map(field).collect(),
            ..Table::default()
        }
    }
}

#[test]
fn vectors_and_gradients_agree_with_pytorch() {
    let golden: Golden = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    assert_eq!(golden.cases.len(), 8);
    let table = golden.table();
    for case in &golden.cases {
        let what = format!("{:?}", case.settings);
        let settings = Settings::check("numeric", &(autodis::KIND.knobs)(), &case.settings).expect("sound settings");
        let of = Facts {
            spec: &(autodis::KIND.build)(&settings),
            table: &table,
            occurrences: &golden.occurrences,
            clicks: None,
        };
        let (mut params, mut rng) = (Params::new(), Rng::stream(1, Purpose::Init, 0));
        let mut numbers = Numbers::build(of, "item", WIDTH, &mut params, &mut rng);
        take_up(&mut params, &case.params);
        let (mut tape, mut parts) = (Tape::new(), Vec::new());
        numbers.encode(&mut tape, &params, &golden.rows, &mut parts);
        for (part, expected) in parts.iter().zip(&case.vectors) {
            assert_near(&what, tape.value(*part), expected, NEAR);
        }
        let weights = tape.input(golden.rows.len(), WIDTH, &case.weights);
        let both = tape.add(parts[0], parts[1]);
        let product = tape.mul(both, weights);
        let loss = tape.sum(product);
        tape.backward(&mut params, loss);
        // One bin has no other to be weighed against, and hard bins do not learn how they are weighed.
        let all_learn = settings.word("aggregation") == "weighted_average" && settings.whole("bins") > 1;
        let check = if all_learn { check_gradients } else { gradients_agree };
        check(&what, &params, &case.params, NEAR);
    }
}
