//! Models of several vectors a user, over the whole chain.

use std::rc::Rc;

use playground::engine::data::{Dataset, Interaction, ItemId, Log, Table, UserId};
use playground::protocol::Recipe;
use playground::session::{Library, Run, Work};
use playground::settings::Value;

/// The methods whose number of vectors is a setting, with the key of that setting.
const SEVERAL: [(&str, &str); 5] = [
    ("mind", "interests"),
    ("comirec_sa", "interests"),
    ("comirec_dr", "interests"),
    ("drim", "interests"),
    ("pinnersage", "medoids"),
];

fn recipe(kind: &str, settings: &[(&str, Value)]) -> Recipe {
    let mut recipe = Recipe::default();
    kind.clone_into(&mut recipe.model.kind);
    let given = settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
    recipe.model.settings.extend(given);
    for (key, value) in [("users", 80.0), ("items", 60.0)] {
        recipe.data.settings.insert(key.to_owned(), Value::Number(value));
    }
    recipe
}

fn trained(recipe: &Recipe, steps: u64) -> Run {
    let plan = recipe.validate().expect("a sound recipe");
    let dataset = Library::default().dataset(&plan).expect("planted");
    let world = plan.world(dataset).expect("divisible");
    let mut run = Run::new(plan, Rc::new(world)).expect("the recipe fits its data");
    while run.advance(steps) != Work::Idle {}
    run
}

#[test]
fn spec_2_6_1_without_weight_drim_is_its_extractor_bit_for_bit() {
    let extractor = |word: &str| ("extractor", Value::Text(word.to_owned()));
    let weight = |lambda| ("lambda", Value::Number(lambda));
    let checksum = |kind, settings: &[(&str, Value)]| trained(&recipe(kind, settings), 40).state(false).checksum;
    let base = checksum("comirec_dr", &[]);
    assert!(base.is_some());
    assert_eq!(checksum("drim", &[extractor("dr"), weight(0.0)]), base);
    assert_ne!(checksum("drim", &[extractor("dr"), weight(0.1)]), base);
    // Without weight it does not matter which separator has none.
    let separator = |word: &str| ("separator", Value::Text(word.to_owned()));
    let [dist, e3] = ["dist", "e3"].map(|word| checksum("drim", &[separator(word), weight(0.0)]));
    assert_eq!(dist, e3);
}

#[test]
fn one_vector_and_eight_are_trained_judged_and_indexed() {
    for (kind, key) in SEVERAL {
        for vectors in [1.0, 8.0] {
            let mut run = trained(&recipe(kind, &[(key, Value::Number(vectors))]), u64::MAX);
            let state = run.state(false);
            assert_eq!(state.error, None, "{kind}, {vectors}");
            assert!(state.metrics["recall@20"] > 0.0, "{kind}, {vectors}");
            let embed = run.trainer.embed().expect("users are vectors");
            assert_eq!(embed.heads(), vectors as usize, "{kind}");
        }
    }
}

/// Thirty users who chose one thing each, and ten of twelve events.
fn mostly_single_events() -> Dataset {
    let mut events = Vec::new();
    for user in 0..40_u32 {
        for place in 0..if user < 30 { 1 } else { 12 } {
            events.push(Interaction {
                user: UserId(user),
                item: ItemId((user * 7 + place * 3) % 25),
                time: i64::from(place),
                value: 1.0,
            });
        }
    }
    let table = |rows: usize| Table {
        keys: (0..rows).map(|row| row.to_string()).collect(),
        ..Table::default()
    };
    Dataset {
        users: table(40),
        items: table(25),
        log: Log::build(40, events),
        ..Dataset::default()
    }
}

#[test]
fn users_of_one_event_are_no_trouble() {
    for (kind, _) in SEVERAL {
        let plan = recipe(kind, &[]).validate().expect("a sound recipe");
        let world = plan
            .world(Rc::new(mostly_single_events()))
            .expect("ten users can be judged");
        let mut run = Run::new(plan, Rc::new(world)).expect("the recipe fits its data");
        while run.advance(u64::MAX) != Work::Idle {}
        let state = run.state(false);
        assert_eq!(state.error, None, "{kind}");
        assert!(state.metrics["recall@20"].is_finite(), "{kind}");
    }
}
