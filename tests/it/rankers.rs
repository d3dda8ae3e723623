//! Models that put in order what another has found, on a small planted world.

use std::rc::Rc;

use playground::engine::data::{Batch, Dataset};
use playground::protocol::{Metrics, Query, Recipe, Request, Section};
use playground::session::{Library, Run, Work};
use playground::settings::Value;

use crate::inside::search;
use crate::session::Talk;

const CANDIDATES: usize = 30;

fn recipe(model: &str, settings: &[(&str, Value)]) -> Recipe {
    let mut recipe = Recipe {
        seed: 5,
        ..Recipe::default()
    };
    model.clone_into(&mut recipe.model.kind);
    if model != "two_tower" {
        "bce".clone_into(&mut recipe.loss.kind);
        "impressions".clone_into(&mut recipe.sampler.kind);
    }
    let mut all = vec![
        ("data.users", Value::Number(90.0)),
        ("data.items", Value::Number(120.0)),
        ("train.epochs", Value::Number(2.0)),
    ];
    all.extend(settings.iter().cloned());
    for (path, value) in all {
        let (section, key) = path.split_once('.').expect("section.key");
        let section: &mut Section = recipe.section_mut(section).expect("a section of every recipe");
        section.settings.insert(key.to_owned(), value);
    }
    recipe
}

fn run_on(recipe: &Recipe, dataset: Option<Rc<Dataset>>) -> Run {
    let plan = recipe.validate().expect("a sound recipe");
    let dataset = dataset.unwrap_or_else(|| Library::default().dataset(&plan).expect("planted"));
    let world = plan.world(dataset).expect("divisible");
    Run::new(plan, Rc::new(world)).expect("the recipe fits its data")
}

/// A run to its end, and what its test said.
fn trained(model: &str, settings: &[(&str, Value)]) -> (Run, Metrics) {
    let mut run = run_on(&recipe(model, settings), None);
    let mut metrics = None;
    loop {
        match run.advance(u64::MAX) {
            Work::Judged(evaluated) => metrics = Some(evaluated.metrics),
            Work::Idle => break,
            Work::Stepped(_) | Work::Judging => {}
        }
    }
    (run, metrics.expect("a run ends with a test"))
}

fn ranker(model: &str, candidates: usize) -> (Run, Metrics) {
    trained(model, &[("model.candidates", Value::Number(candidates as f64))])
}

/// The best items for a user of the test, of those not chosen before.
fn order(run: &mut Run, row: usize) -> Vec<usize> {
    let case = run.world.split.test[row];
    let (mut batch, mut scores) = (Batch::default(), Vec::new());
    batch.contexts(&run.world.dataset, &[case], 20);
    run.trainer.scores(&batch, &mut scores);
    let (had, _) = case.parts(&run.world.dataset.log);
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order.retain(|item| had.iter().all(|had| had.idx() != *item));
    order
}

#[test]
fn the_candidates_are_those_of_the_retriever_trained_alone_and_only_their_order_is_new() {
    // At its defaults on the same batches.
    let (mut alone, _) = trained("two_tower", &[("loss.temperature", Value::Number(0.1))]);
    for model in ["bst", "wdl"] {
        let (mut run, _) = ranker(model, CANDIDATES);
        let mut moved = 0;
        for row in 0..10 {
            let (before, after) = (order(&mut alone, row), order(&mut run, row));
            let set = |order: &[usize]| std::collections::BTreeSet::from_iter(order[..CANDIDATES].iter().copied());
            assert_eq!(set(&before), set(&after), "{model}");
            assert_eq!(before[CANDIDATES..], after[CANDIDATES..], "{model}");
            moved += usize::from(before != after);
        }
        assert_eq!(moved, 10, "{model}");
    }
}

#[test]
fn both_orders_are_judged_and_candidates_bound_what_can_be_recalled() {
    let (_, alone) = trained("two_tower", &[("loss.temperature", Value::Number(0.1))]);
    let (_, bst) = ranker("bst", CANDIDATES);
    for metric in ["recall@20", "ndcg@20", "hit_rate@20"] {
        assert_eq!(bst[&format!("first_{metric}")], alone[metric], "{metric}");
    }
    assert!(bst["recall@20"] <= bst["candidate_recall@30"]);
    for metric in ["auc", "gauc"] {
        assert!((0.0..=1.0).contains(&bst[metric]), "{metric}");
    }
    assert!(bst["log_loss"] > 0.0);
    // A list of all candidates recalls what they hold, in whatever order.
    let (_, wdl) = ranker("wdl", 20);
    assert_eq!(wdl["recall@20"], wdl["candidate_recall@20"]);
    assert_eq!(wdl["recall@20"], wdl["first_recall@20"]);
    assert_ne!(wdl["ndcg@20"], wdl["first_ndcg@20"]);
}

#[test]
fn data_without_times_are_read_by_place_and_that_is_said() {
    let recipe = recipe("bst", &[]);
    let plan = recipe.validate().expect("sound");
    let timed = Library::default().dataset(&plan).expect("planted");
    let untimed = Dataset {
        timed: false,
        ..Dataset::clone(&timed)
    };
    let said = |dataset| {
        let remarks = run_on(&recipe, Some(dataset)).advice().remarks;
        let said = |remark: &playground::protocol::Remark| remark.what.to_string();
        remarks
            .iter()
            .filter(|remark| remark.section == "model")
            .map(said)
            .collect::<Vec<_>>()
    };
    let (with, without) = (said(timed), said(Rc::new(untimed)));
    assert_eq!((with.len(), without.len()), (1, 2));
    assert!(with[0].contains("cannot feed an index"), "{with:?}");
    assert!(without.iter().any(|said| said.contains("no times")), "{without:?}");
}

#[test]
fn every_row_read_with_the_whole_batch_is_refused_and_it_is_said_what_to_do() {
    let mut recipe = recipe("bst", &[]);
    recipe.sampler = Section {
        kind: "in_batch".to_owned(),
        ..Section::default()
    };
    let complaints = recipe.validate().expect_err("too many pairs");
    assert_eq!(complaints.len(), 1);
    assert!(
        complaints[0].to_string().contains("not the whole batch"),
        "{complaints:?}"
    );
}

#[test]
fn a_search_finds_by_the_retriever_and_orders_by_the_ranker_as_it_is_judged() {
    let recipe = recipe("bst", &[("model.candidates", Value::Number(CANDIDATES as f64))]);
    let mut run = run_on(&recipe, None);
    while run.advance(10) != Work::Idle {}
    let user = run.world.split.test[0].user;
    let expected = order(&mut run, 0);

    let mut talk = Talk::applied();
    talk.call(Request::Apply {
        recipe: Box::new(recipe),
    });
    talk.call(Request::RunTo { step: 10 });
    talk.work(10_000);
    let found = search(&mut talk, Query::User(user.0), 8);
    assert_eq!((found.reranked as usize, found.handed_on), (CANDIDATES, None));
    let hits: Vec<usize> = found.hits.iter().map(|hit| hit.item as usize).collect();
    assert_eq!(hits, expected[..8]);
}
