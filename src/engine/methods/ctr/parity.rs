//! Very small DeepFM models against PyTorch: log-odds, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/deepfm.json`, next to the script that made them.

use serde::Deserialize;

use crate::engine::data::Clicks;
use crate::engine::data::clicks::{ITEM, Side, USER};
use crate::engine::data::{Column, Field, Table};
use crate::engine::features::Lists;
use crate::engine::features::NumericSpec;
use crate::engine::methods::ctr::Source;
use crate::engine::methods::deepfm::{DeepFm, METHOD};
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, take_up};
use crate::engine::model::ClickModel;
use crate::engine::nn::{Pairwise, Params, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::settings::{Settings, Value, by_key};

const GOLDEN: &str = include_str!("../../../../tests/golden/deepfm.json");

const NEAR: f32 = 2e-5;

#[derive(Deserialize)]
struct Golden {
    countries: Vec<u32>,
    tags: Vec<Vec<u32>>,
    rows: Vec<[u32; 2]>,
    clicked: Vec<u32>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    dim: f64,
    hidden: Vec<u32>,
    logits: Vec<f32>,
    loss: f32,
    params: Parameters,
}

fn words(n: usize) -> Vec<String> {
    (0..n).map(|word| word.to_string()).collect()
}

impl Golden {
    fn sides(&self) -> [Side; 2] {
        let mut tags = Lists::default();
        for row in &self.tags {
            tags.ids.extend(row);
            tags.end_row();
        }
        let country = Column::Category {
            words: words(2),
            ids: self.countries.clone(),
        };
        let tags = Column::Tags {
            words: words(4),
            offsets: tags.offsets,
            ids: tags.ids,
        };
        let side = |place: usize, name, (field, column): (&str, Column)| {
            let count = column.len() as u32;
            let id = Column::Id {
                count,
                ids: (0..count).collect(),
            };
            let fields = [("id", id), (field, column)].map(|(name, column)| Field {
                name: name.to_owned(),
                column,
            });
            Side {
                name,
                table: Table {
                    fields: fields.into(),
                    ..Table::default()
                },
                rows: self.rows.iter().map(|row| row[place]).collect(),
            }
        };
        [side(0, USER, ("country", country)), side(1, ITEM, ("tags", tags))]
    }
}

#[test]
fn log_odds_loss_and_gradients_agree_with_pytorch() {
    let golden: Golden = serde_json::from_str(GOLDEN).expect("as its script wrote it");
    let clicks = Clicks {
        sides: golden.sides().into(),
        ..Clicks::default()
    };
    let source = Source {
        clicks: &clicks,
        numeric: &NumericSpec::None,
    };
    let rows: Vec<Vec<u32>> = clicks.sides.iter().map(|side| side.rows.clone()).collect();
    let signs: Vec<f32> = golden
        .clicked
        .iter()
        .map(|&clicked| 2.0 * clicked as f32 - 1.0)
        .collect();
    assert_eq!(golden.cases.len(), 3);
    for (number, case) in golden.cases.iter().enumerate() {
        let what = format!("case {number}");
        let given = by_key([
            ("dim", Value::Number(case.dim)),
            ("hidden", Value::Sizes(case.hidden.clone())),
        ]);
        let settings = Settings::check("model", &(METHOD.knobs)(), &given).expect("sound settings");
        let mut params = Params::new();
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut model = DeepFm::build(&settings, &source, &mut params, &mut rng);
        take_up(&mut params, &case.params);
        let mut tape = Tape::new();
        let logits = model.logits(&mut tape, &params, &rows);
        assert_near(&format!("{what}, log-odds"), tape.value(logits), &case.logits, NEAR);
        let signs = tape.input(signs.len(), 1, &signs);
        let right = tape.mul(logits, signs);
        let loss = tape.pairwise_loss(right, &[], Pairwise::Binary { temperature: 1.0 });
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&what, &params, &case.params, NEAR);
    }
}
