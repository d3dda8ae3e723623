//! EBR's ensembles, cascade and hard positives, on a small planted world. The first member of an ensemble is the model
//! that is trained alone: what it gives is known from a run of its own.

use std::rc::Rc;

use playground::engine::data::{Batch, World};
use playground::engine::matrix::Matrix;
use playground::protocol::{Call, Event, Query, Recipe, Request};
use playground::session::{Library, Run, Session, Work};
use playground::settings::Value;

const ALPHA: f32 = 0.6;
const RERANKED: usize = 12;
const STEPS: u64 = 25;

fn recipe(ensemble: &str, second: &str) -> Recipe {
    let mut recipe = Recipe {
        seed: 3,
        ..Recipe::default()
    };
    "ebr".clone_into(&mut recipe.model.kind);
    "triplet".clone_into(&mut recipe.loss.kind);
    "uniform".clone_into(&mut recipe.sampler.kind);
    let text = |word: &str| Value::Text(word.to_owned());
    recipe.model.settings = [
        ("ensemble", text(ensemble)),
        ("second", text(second)),
        ("weight", Value::Number(f64::from(ALPHA))),
        ("reranked", Value::Number(RERANKED as f64)),
        ("buckets", Value::Number(512.0)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    for (key, value) in [("users", 80.0), ("items", 120.0), ("searches", 1.0)] {
        recipe.data.settings.insert(key.to_owned(), Value::Number(value));
    }
    recipe.train.settings.insert("batch".to_owned(), Value::Number(32.0));
    recipe
}

fn run(recipe: &Recipe) -> Run {
    let plan = recipe.validate().expect("a sound recipe");
    let dataset = Library::default().dataset(&plan).expect("planted");
    let world = plan.world(dataset).expect("every user has events enough");
    Run::new(plan, Rc::new(world)).expect("the recipe fits its data")
}

fn to(run: &mut Run, step: u64) -> u64 {
    while run.advance(step) != Work::Idle {}
    assert_eq!(run.trainer.steps(), step, "{:?}", run.state(false).error);
    run.trainer.checksum()
}

fn trained(ensemble: &str, second: &str) -> Run {
    let mut run = run(&recipe(ensemble, second));
    to(&mut run, STEPS);
    run
}

/// Users about to want their validation event.
fn batch(world: &World) -> Batch {
    let mut batch = Batch::default();
    batch.contexts(&world.dataset, &world.split.valid[..9], 20);
    batch
}

fn vectors(run: &mut Run) -> (Matrix, Matrix) {
    let batch = batch(&run.world);
    let embed = run.trainer.embed().expect("it has vectors");
    (embed.users(&batch), embed.items().clone())
}

fn scores(run: &mut Run) -> Matrix {
    let batch = batch(&run.world);
    let mut scores = Vec::new();
    run.trainer.scores(&batch, &mut scores);
    let n_items = run.world.dataset.items.len();
    Matrix::from_shape_vec((batch.len(), n_items), scores).expect("a score for every pair")
}

fn falling(scores: impl Iterator<Item = f32>) -> Vec<usize> {
    let scores: Vec<f32> = scores.collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order
}

#[test]
fn spec_1_13_3_one_vector_a_side_serves_the_weighted_sum_of_cosines() {
    for second in ["hard_offline", "impressions", "unified"] {
        let mut both = trained("weighted", second);
        let (users, items) = vectors(&mut both);
        let served = scores(&mut both);
        let half = users.ncols() / 2;
        let ids = |row: usize| users.row(row).to_vec();
        let longer = (2.0 * (1.0 + ALPHA * ALPHA)).sqrt();
        for row in 0..users.nrows() {
            let user = ids(row);
            let mut summed = Vec::new();
            for item in items.outer_iter() {
                let item = item.to_vec();
                let cosine = |part: std::ops::Range<usize>| {
                    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                    let (a, b) = (&user[part.clone()], &item[part]);
                    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
                };
                summed.push(cosine(0..half) + ALPHA * cosine(half..2 * half));
            }
            for (item, summed) in summed.iter().enumerate() {
                let served = served[[row, item]] * longer;
                assert!((served - summed).abs() < 1e-5, "{second}: {served} for {summed}");
            }
            // Equal order, but for pairs that rounding tells apart.
            let order = falling(served.row(row).iter().copied());
            for pair in order.windows(2).take(20) {
                assert!(summed[pair[0]] > summed[pair[1]] - 1e-5, "{second}: row {row}");
            }
        }
    }
}

#[test]
fn the_first_of_an_ensemble_is_the_model_trained_alone() {
    let (alone, _) = vectors(&mut trained("none", "hard_offline"));
    let (both, _) = vectors(&mut trained("weighted", "hard_offline"));
    let length = (1.0 + ALPHA * ALPHA).sqrt();
    for (alone, both) in alone.outer_iter().zip(both.outer_iter()) {
        for (a, b) in alone.iter().zip(both.iter()) {
            assert!((a - b * length).abs() < 1e-6, "{a} for {}", b * length);
        }
    }
}

#[test]
fn a_cascade_orders_the_first_found_by_the_second_and_leaves_the_rest_behind() {
    let alone = scores(&mut trained("none", "hard_offline"));
    let mut run = trained("cascade", "hard_offline");
    let cascade = scores(&mut run);
    let mut moved = 0;
    for (row, (alone, cascade)) in alone.outer_iter().zip(cascade.outer_iter()).enumerate() {
        // What was chosen before is not handed on.
        let (had, _) = run.world.split.valid[row].parts(&run.world.dataset.log);
        let open = |item: &usize| !had.iter().any(|had| had.idx() == *item);
        let order = |scores: &[f32]| {
            falling(scores.iter().copied())
                .into_iter()
                .filter(open)
                .collect::<Vec<_>>()
        };
        let (before, after) = (order(&alone.to_vec()), order(&cascade.to_vec()));
        let set = |order: &[usize]| std::collections::BTreeSet::from_iter(order[..RERANKED].iter().copied());
        assert_eq!(set(&before), set(&after));
        assert_eq!(before[RERANKED..], after[RERANKED..]);
        moved += usize::from(before[..RERANKED] != after[..RERANKED]);
    }
    assert!(moved > 0, "the second stage has an order of its own");
}

#[test]
fn a_search_serves_the_cascade_that_is_judged() {
    let recipe = recipe("cascade", "hard_offline");
    let mut run = run(&recipe);
    to(&mut run, STEPS);
    let user = run.world.split.valid[0].user.0;
    let case = run.world.case(run.world.split.valid[0].user);
    let mut batch = Batch::default();
    batch.contexts(&run.world.dataset, &[case], 20);
    let mut judged = Vec::new();
    run.trainer.scores(&batch, &mut judged);
    let expected = falling(judged.into_iter());

    let mut session = Session::new();
    let recipe = Box::new(recipe);
    let mut found = None;
    let search = Request::Search {
        query: Query::User(user),
        n: 5,
    };
    let requests = [Request::Apply { recipe }, Request::RunTo { step: STEPS }, search];
    for (id, request) in (1..).zip(requests) {
        session.handle(Call { id, request }, &mut |reply| {
            if let Event::Found(answer) = reply.event {
                found = Some(answer);
            }
        });
        session.tick(&mut || true, &mut |_| {});
    }
    let found = found.expect("an answer");
    assert_eq!(found.reranked as usize, RERANKED);
    let hits: Vec<usize> = found.hits.iter().map(|hit| hit.item as usize).collect();
    assert_eq!(hits, expected[..5]);
}

#[test]
fn an_ensemble_goes_back_to_its_checkpoint() {
    for ensemble in ["weighted", "cascade"] {
        let mut run = run(&recipe(ensemble, "hard_offline"));
        to(&mut run, 8);
        let saved = run.save();
        let straight = to(&mut run, STEPS);
        run.restore(&saved).expect("a state of this run");
        assert_eq!(to(&mut run, STEPS), straight, "{ensemble}");
    }
}

#[test]
fn hard_positives_change_training_from_the_second_pass_on() {
    let plain = recipe("none", "hard_offline");
    let mut mined = plain.clone();
    for (key, value) in [("hard_positives", 0.5), ("hard_positives_k", 10.0)] {
        mined.train.settings.insert(key.to_owned(), Value::Number(value));
    }
    let (mut plain, mut mined) = (run(&plain), run(&mined));
    let pass = plain.trainer.steps_per_epoch();
    assert_eq!(to(&mut plain, pass), to(&mut mined, pass));
    assert_ne!(to(&mut plain, pass + 1), to(&mut mined, pass + 1));
    // From the middle of a pass, whose list belongs to the state.
    let saved = mined.save();
    let straight = to(&mut mined, 2 * pass + 3);
    mined.restore(&saved).expect("a state of this run");
    assert_eq!(to(&mut mined, 2 * pass + 3), straight);
}

#[test]
fn a_second_model_that_the_data_cannot_teach_is_refused_in_words() {
    let mut small = recipe("weighted", "hard_offline");
    small.data.settings.insert("items".to_owned(), Value::Number(60.0));
    let plan = small.validate().expect("a sound recipe");
    let dataset = Library::default().dataset(&plan).expect("planted");
    let world = plan.world(dataset).expect("divisible");
    let why = Run::new(plan, Rc::new(world))
        .err()
        .expect("a band outside the catalogue");
    assert!(why.to_string().contains("60"), "{why}");
}
