//! Every loss over the whole scoring chain against PyTorch. The expected numbers are in `tests/golden/losses.json`, next
//! to the script that made them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::by_name::ByName;
use crate::engine::losses::LOSSES;
use crate::engine::sampling::{Candidates, Mix, Source};
use crate::settings::Value;

use super::chain::{Chain, assert_near, block};

const GOLDEN: &str = include_str!("../../../tests/golden/losses.json");

#[derive(Deserialize)]
struct Golden {
    width: usize,
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    loss: String,
    numbers: ByName<f64>,
    logq: Option<bool>,
    cosine: bool,
    positive_log_q: Vec<f32>,
    blocks: Vec<Columns>,
    hardest: Option<usize>,
    stop: bool,
    alpha: Vec<f32>,
    users: Vec<f32>,
    items: Vec<f32>,
    value: f32,
    user_gradients: Vec<f32>,
    item_gradients: Vec<f32>,
}

#[derive(Deserialize)]
struct Columns {
    source: String,
    log_q: Vec<f32>,
    masked: Vec<(u32, u32)>,
}

fn chain(width: usize, case: &Case) -> Chain {
    let blocks = case.blocks.iter().map(|columns| {
        let sources = [Source::Batch, Source::Catalogue, Source::Bank, Source::Impressions];
        let source = sources.into_iter().find(|source| source.word() == columns.source);
        // One log Q a column, or one for each row's own.
        block(
            source.expect("a source"),
            columns.log_q.len(),
            columns.log_q.clone(),
            columns.masked.clone(),
        )
    });
    let mix = case.hardest.map(|hardest| Mix {
        hardest,
        alpha: case.alpha.clone(),
        stop_gradient: case.stop,
    });
    let kind = LOSSES.iter().find(|kind| kind.kind == case.loss).expect("a loss").kind;
    let key = |name: &str| {
        ["temperature", "margin"]
            .into_iter()
            .find(|key| *key == name)
            .expect("a setting")
    };
    let numbers = case
        .numbers
        .iter()
        .map(|(name, value)| (key(name), Value::Number(*value)));
    Chain {
        width,
        users: case.users.clone(),
        items: case.items.clone(),
        cosine: case.cosine,
        candidates: Candidates::of(case.positive_log_q.clone(), blocks.collect(), mix),
        loss: kind,
        settings: numbers
            .chain(case.logq.map(|logq| ("logq", Value::Flag(logq))))
            .collect(),
    }
}

#[test]
fn losses_and_gradients_of_the_whole_chain_agree_with_pytorch() {
    let golden: Golden = serde_json::from_str(GOLDEN).expect("the golden file is as its script wrote it");
    for loss in LOSSES {
        assert!(
            golden.cases.values().any(|case| case.loss == loss.kind),
            "{} has no case",
            loss.kind
        );
    }
    for (name, case) in &golden.cases {
        let learnt = chain(golden.width, case).learn();
        assert_near(name, &[learnt.loss], &[case.value], 1e-5);
        assert_near(&format!("{name}, users"), &learnt.users, &case.user_gradients, 1e-5);
        assert_near(&format!("{name}, items"), &learnt.items, &case.item_gradients, 1e-5);
    }
}
