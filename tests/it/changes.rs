//! Changes while a run goes on: they become part of the recipe, and the recipe still decides the result. And what is
//! said of a recipe as it then is.

use std::rc::Rc;

use playground::protocol::{Change, Recipe, Section};
use playground::session::{Library, Run, Work};
use playground::settings::Value;

fn small(changes: Vec<Change>) -> Recipe {
    let mut recipe = Recipe {
        changes,
        ..Recipe::default()
    };
    for (key, value) in [("users", 60.0), ("items", 80.0)] {
        recipe.data.settings.insert(key.to_owned(), Value::Number(value));
    }
    recipe.train.settings.insert("batch".to_owned(), Value::Number(32.0));
    recipe
}

fn run(recipe: &Recipe) -> Run {
    let plan = recipe.validate().expect("a sound recipe");
    let dataset = Library::default().dataset(&plan).expect("the planted world");
    let world = plan.world(dataset).expect("divisible");
    Run::new(plan, Rc::new(world)).expect("the recipe fits its data")
}

/// Trains to `step`; the checksum there.
fn to(run: &mut Run, step: u64) -> u64 {
    while run.advance(step) != Work::Idle {}
    assert_eq!(run.trainer.steps(), step, "{:?}", run.state(false).error);
    run.trainer.checksum()
}

fn section(kind: &str, settings: &[(&str, f64)]) -> Option<Section> {
    let given = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::Number(*value)));
    Some(Section {
        kind: kind.to_owned(),
        settings: given.collect(),
    })
}

fn to_cross_batch(step: u64) -> Change {
    Change {
        step,
        sampler: section("cross_batch", &[("bank", 100.0), ("warm_up", 0.0)]),
        ..Change::default()
    }
}

fn refusal(change: Change) -> String {
    let mut run = run(&small(Vec::new()));
    to(&mut run, 3);
    let before = run.plan.recipe.clone();
    let why = run.change(change).expect_err("not sound").to_string();
    assert_eq!(run.plan.recipe, before);
    to(&mut run, 5);
    why
}

#[test]
fn a_change_while_it_trains_gives_the_bits_of_a_recipe_that_names_it() {
    let mut changed = run(&small(Vec::new()));
    to(&mut changed, 6);
    changed.change(to_cross_batch(0)).expect("a sound change");
    let bits = to(&mut changed, 20);
    let named = run(&changed.plan.recipe);
    assert_eq!(named.plan.recipe.changes[0].step, 6);
    assert_eq!(bits, to(&mut run(&small(vec![to_cross_batch(6)])), 20));
    assert_eq!(bits, to(&mut run(&changed.plan.recipe), 20));
    assert_ne!(bits, to(&mut run(&small(Vec::new())), 20), "the change matters");
    assert_ne!(
        bits,
        to(&mut run(&small(vec![to_cross_batch(7)])), 20),
        "so does its step"
    );
}

#[test]
fn what_a_change_does_not_name_goes_on() {
    let loss = Change {
        step: 9,
        loss: section("sampled_softmax", &[("temperature", 0.5)]),
        ..Change::default()
    };
    let mut gentle = run(&small(vec![to_cross_batch(4), loss.clone()]));
    to(&mut gentle, 20);
    let recipe = gentle.now().recipe.clone();
    assert_eq!(
        (&*recipe.sampler.kind, &*recipe.loss.kind),
        ("cross_batch", "sampled_softmax")
    );
    assert_eq!(recipe.loss.settings["temperature"], Value::Number(0.5));
    // The bank is not emptied by another loss, as it would be by naming the sampler again.
    let again = Change {
        sampler: to_cross_batch(9).sampler,
        ..loss
    };
    let mut emptied = run(&small(vec![to_cross_batch(4), again]));
    assert_ne!(gentle.trainer.checksum(), to(&mut emptied, 20));
}

#[test]
fn going_back_over_a_change_takes_it_back_and_makes_it_again() {
    let optimizer = Change {
        optimizer: section("sgd", &[]),
        ..to_cross_batch(8)
    };
    let recipe = small(vec![optimizer]);
    let mut straight = run(&recipe);
    let (early, late) = (to(&mut straight, 7), to(&mut straight, 15));
    let mut back = run(&recipe);
    to(&mut back, 5);
    let saved = back.save();
    to(&mut back, 12);
    back.restore(&saved).expect("parts that were built before");
    assert_eq!(to(&mut back, 7), early);
    assert_eq!(to(&mut back, 15), late);
}

#[test]
fn two_changes_at_one_step_are_one() {
    let mut changed = run(&small(Vec::new()));
    to(&mut changed, 6);
    changed.change(to_cross_batch(0)).expect("a sound change");
    let loss = section("bpr", &[]);
    let change = Change {
        loss: loss.clone(),
        ..Change::default()
    };
    changed.change(change).expect("a sound change");
    let both = Change {
        loss,
        ..to_cross_batch(6)
    };
    assert_eq!(changed.plan.recipe.changes.len(), 1);
    assert_eq!(to(&mut changed, 20), to(&mut run(&small(vec![both])), 20));
}

#[test]
fn an_unsound_change_is_refused_in_words_and_the_run_goes_on() {
    let sampler = section("cross_batch", &[("bank", 1e9)]);
    let why = refusal(Change {
        sampler,
        ..Change::default()
    });
    assert!(why.contains("sampler.bank"), "{why}");
    let why = refusal(Change::default());
    assert!(why.contains("sampler"), "{why}");
    let loss = section("triplet", &[("margin", f64::NAN)]);
    let why = refusal(Change {
        loss,
        ..Change::default()
    });
    assert!(why.contains("loss.margin"), "{why}");
}

#[test]
fn a_run_that_is_over_cannot_change() {
    let mut recipe = small(Vec::new());
    recipe.train.settings.insert("epochs".to_owned(), Value::Number(1.0));
    let mut run = run(&recipe);
    while run.advance(u64::MAX) != Work::Idle {}
    let why = run.change(to_cross_batch(0)).expect_err("over").to_string();
    assert!(why.contains("over"), "{why}");
}

#[test]
fn the_changes_of_a_recipe_name_later_and_later_steps() {
    for steps in [[0, 5], [5, 5], [6, 5]] {
        let found = small(steps.map(to_cross_batch).to_vec())
            .validate()
            .expect_err("out of order");
        assert!(found[0].to_string().contains("later and later steps"), "{found:?}");
    }
}

#[test]
fn what_a_choice_comes_to_is_said_and_what_the_data_lack_is_blocked() {
    let mut recipe = small(Vec::new());
    recipe.sampler.kind = "hard_online".to_owned();
    let advice = run(&recipe).advice();
    assert_eq!(advice.remarks[0].what.key, "loss.logq_idle");
    assert!(advice.blocked.iter().all(|blocked| blocked.kind != "impressions"));
    let changed = run(&small(vec![Change {
        step: 2,
        sampler: Some(recipe.sampler),
        ..Change::default()
    }]));
    assert!(changed.advice().remarks.is_empty(), "in-batch negatives so far");
}
