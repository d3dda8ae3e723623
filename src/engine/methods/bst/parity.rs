//! Very small BST and WDL models against PyTorch: scores, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/bst.json`, next to the script that made them.

use serde::Deserialize;

use super::*;
use crate::by_name::ByName;
use crate::engine::data::{Batch, Column, Dataset, Field, ItemId, Table, UserId};
use crate::engine::features::{Facts, Lists};
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, take_up};
use crate::engine::methods::ranking::MeanOfClicks;
use crate::engine::methods::wdl;
use crate::engine::model::{Compared, Joint, Retriever};
use crate::engine::nn::{Negatives, Pairs, Pairwise};
use crate::engine::rng::Purpose;

const GOLDEN: &str = include_str!("../../../../tests/golden/bst.json");

const NEAR: f32 = 2e-5;

#[derive(Deserialize)]
pub struct Golden {
    categories: Vec<u32>,
    tags: Vec<Vec<u32>>,
    countries: Vec<u32>,
    histories: Vec<Vec<u32>>,
    times: Vec<Vec<i64>>,
    now: Vec<i64>,
    pairs: Vec<Vec<u32>>,
    places: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    settings: Given,
    scores: Vec<f32>,
    loss: f32,
    params: Parameters,
}

#[derive(Deserialize)]
struct Given {
    kind: String,
    blocks: f64,
    heads: f64,
    head_dim: f64,
    readout: String,
    sequence: bool,
}

fn lists(rows: &[Vec<u32>]) -> Lists {
    let mut lists = Lists::default();
    for row in rows {
        lists.ids.extend(row);
        lists.end_row();
    }
    lists
}

impl Golden {
    pub fn read() -> Self {
        serde_json::from_str(GOLDEN).expect("as its script wrote it")
    }

    pub fn dataset(&self) -> Dataset {
        let words = |n: usize| (0..n).map(|word| word.to_string()).collect::<Vec<_>>();
        let field = |name: &str, column| Field {
            name: name.to_owned(),
            column,
        };
        let category = |n, ids: &Vec<u32>| Column::Category {
            words: words(n),
            ids: ids.clone(),
        };
        let tags = lists(&self.tags);
        let tags = Column::Tags {
            words: words(4),
            offsets: tags.offsets,
            ids: tags.ids,
        };
        Dataset {
            users: Table {
                keys: words(3),
                fields: vec![field("country", category(2, &self.countries))],
                ..Table::default()
            },
            items: Table {
                keys: words(6),
                fields: vec![field("category", category(3, &self.categories)), field("tags", tags)],
                ..Table::default()
            },
            timed: true,
            ..Dataset::default()
        }
    }

    pub fn batch(&self) -> Batch {
        let Lists { offsets, ids } = lists(&self.histories);
        Batch {
            users: (0..3).map(UserId).collect(),
            times: self.now.clone(),
            history_offsets: offsets,
            history_items: ids.into_iter().map(ItemId).collect(),
            history_times: self.times.concat(),
            query_offsets: vec![0; 4],
            ..Batch::default()
        }
    }

    fn build(&self, given: &Given, params: &mut Params) -> Ranker {
        let number = |value: f64| Value::Number(value);
        let mut all = vec![
            ("dim", number(3.0)),
            ("feature_dim", number(2.0)),
            ("hidden", Value::Sizes(vec![4])),
        ];
        let bst = given.kind == "bst";
        if bst {
            all.extend([
                ("blocks", number(given.blocks)),
                ("heads", number(given.heads)),
                ("head_dim", number(given.head_dim)),
                ("readout", Value::Text(given.readout.clone())),
                ("dropout", number(0.0)),
            ]);
        }
        let all: ByName<Value> = all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let knobs = if bst { METHOD.knobs } else { wdl::METHOD.knobs };
        let settings = Settings::check("model", &knobs(), &all).expect("sound settings");
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let reads = |width, params: &mut Params, rng: &mut Rng| -> Option<Box<dyn Reads>> {
            if bst {
                let sizes = (width, self.places);
                return Some(Box::new(Transformer::build(&settings, sizes, true, params, rng)));
            }
            given.sequence.then(|| Box::new(MeanOfClicks) as _)
        };
        let dataset = self.dataset();
        let numbers = [&dataset.users, &dataset.items].map(Facts::left_out);
        Ranker::build(&settings, &dataset, numbers, !bst, params, &mut rng, reads)
    }
}

#[test]
fn scores_loss_and_gradients_agree_with_pytorch() {
    let golden = Golden::read();
    assert_eq!(golden.cases.len(), 7);
    for (number, case) in golden.cases.iter().enumerate() {
        let what = format!("case {number}");
        let mut params = Params::new();
        let mut model = golden.build(&case.settings, &mut params);
        take_up(&mut params, &case.params);
        let mut tape = Tape::new();
        let items = golden.pairs.concat();
        let encoded = model.encode(&mut tape, &params, &golden.batch(), &items);
        let own = Compared {
            items: &items,
            vectors: encoded.items,
            pairs: Pairs::Own,
        };
        let scores = model.compare(&mut tape, &params, own);
        assert_near(&format!("{what}, scores"), tape.value(scores), &case.scores, NEAR);
        let taken = tape.pick(scores, &[0, 0, 0]);
        let left = Negatives {
            scores: tape.pick(scores, &[1, 1, 1]),
            log_q: &[],
            masked: &[],
        };
        let loss = tape.pairwise_loss(taken, &[left], Pairwise::Binary { temperature: 1.0 });
        assert_near(&format!("{what}, loss"), tape.value(loss), &[case.loss], NEAR);
        tape.backward(&mut params, loss);
        check_gradients(&what, &params, &case.params, NEAR);
    }
}
