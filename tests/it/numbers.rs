//! Every way of making vectors of numbers under every model that reads what is known of users or items.

use std::rc::Rc;

use playground::engine::data::{Column, Dataset, World};
use playground::engine::features::NUMERICS;
use playground::engine::methods::{METHODS, Method};
use playground::engine::train::Trainer;
use playground::protocol::{Recipe, Section};
use playground::session::{Library, Run};
use playground::settings::{Settings, Value};

/// A recipe of a small planted world, which has a number for each user and three for each item.
fn recipe(model: &str, numeric: &str, settings: &[(&str, Value)]) -> Recipe {
    let mut recipe = Recipe {
        seed: 3,
        ..Recipe::default()
    };
    model.clone_into(&mut recipe.model.kind);
    numeric.clone_into(&mut recipe.numeric.kind);
    if ["bst", "wdl"].contains(&model) {
        "bce".clone_into(&mut recipe.loss.kind);
        "impressions".clone_into(&mut recipe.sampler.kind);
    }
    let mut all = vec![
        ("data.users", Value::Number(60.0)),
        ("data.items", Value::Number(80.0)),
        ("train.batch", Value::Number(32.0)),
    ];
    all.extend(settings.iter().cloned());
    for (path, value) in all {
        let (section, key) = path.split_once('.').expect("section.key");
        let section: &mut Section = recipe.section_mut(section).expect("a section of every recipe");
        section.settings.insert(key.to_owned(), value);
    }
    recipe
}

/// Whether a method reads numbers at its defaults.
fn reads(method: &Method) -> bool {
    let defaults = Settings::check("model", &(method.knobs)(), &playground::by_name::ByName::new());
    (method.numbers)(&defaults.expect("defaults are sound"))
}

fn trainer(recipe: &Recipe, world: &mut Option<Rc<World>>) -> Box<dyn Trainer> {
    let plan = recipe.validate().expect("a sound recipe");
    let world = world.get_or_insert_with(|| {
        let dataset = Library::default().dataset(&plan).expect("planted");
        Rc::new(plan.world(dataset).expect("divisible"))
    });
    plan.trainer(Rc::clone(world)).expect("the recipe fits its data")
}

#[test]
fn every_kind_learns_under_every_model_and_goes_on_from_a_checkpoint() {
    let mut world = None;
    for model in METHODS.iter().filter(|method| reads(method)).map(|method| method.kind) {
        let mut sums: Vec<(&str, u64, u64)> = Vec::new();
        for kind in NUMERICS {
            let what = format!("{} under {model}", kind.kind);
            let mut trainer = trainer(&recipe(model, kind.kind, &[]), &mut world);
            let step = |trainer: &mut Box<dyn Trainer>| {
                let loss = trainer.step().loss.expect("a loss");
                assert!(loss.is_finite(), "{what}");
            };
            step(&mut trainer);
            let saved = trainer.save();
            step(&mut trainer);
            let straight = trainer.checksum();
            trainer.restore(&saved);
            assert_ne!(trainer.checksum(), straight, "{what} learns");
            step(&mut trainer);
            assert_eq!(trainer.checksum(), straight, "{what}");
            sums.push((kind.kind, straight, trainer.parameters()));
        }
        for (at, (kind, sum, parameters)) in sums.iter().enumerate() {
            let same = sums[..at].iter().find(|(_, other, _)| other == sum);
            assert_eq!(same, None, "{kind} under {model}");
            assert!(*kind == "none" || *parameters > sums[0].2, "{kind} under {model}");
        }
    }
}

#[test]
fn every_setting_of_autodis_makes_another_run() {
    let mut world = None;
    let mut sum = |settings: &[(&str, Value)]| {
        let mut trainer = trainer(&recipe("two_tower", "autodis", settings), &mut world);
        for _ in 0..2 {
            assert!(trainer.step().loss.expect("a loss").is_finite(), "{settings:?}");
        }
        trainer.checksum()
    };
    let word = |word: &str| Value::Text(word.to_owned());
    let mut sums = vec![sum(&[])];
    for settings in [
        vec![("numeric.bins", Value::Number(7.0))],
        vec![("numeric.skip", Value::Number(0.1))],
        vec![("numeric.bias", Value::Flag(false))],
        vec![("numeric.temperature", Value::Number(1e-5))],
        vec![("numeric.adaptive", Value::Flag(true))],
        vec![
            ("numeric.adaptive", Value::Flag(true)),
            ("numeric.band", Value::Number(0.9)),
        ],
        vec![("numeric.aggregation", word("top_k_sum"))],
        vec![
            ("numeric.aggregation", word("top_k_sum")),
            ("numeric.top", Value::Number(2.0)),
        ],
        vec![("numeric.aggregation", word("max_pooling"))],
    ] {
        let found = sum(&settings);
        assert!(!sums.contains(&found), "{settings:?}");
        sums.push(found);
    }
}

#[test]
fn a_method_says_whether_numbers_mean_anything_to_it() {
    let mut world = None;
    for method in METHODS.iter().filter(|method| !method.given) {
        let mut parameters = |numeric| {
            let mut recipe = recipe(method.kind, numeric, &[]);
            if recipe.validate().is_err() {
                "uniform".clone_into(&mut recipe.sampler.kind);
            }
            trainer(&recipe, &mut world).parameters()
        };
        assert_eq!(
            parameters("field") > parameters("none"),
            reads(method),
            "{}",
            method.kind
        );
    }
}

#[test]
fn what_would_change_nothing_is_said_to_be_idle() {
    let idle = |recipe: &Recipe, dataset: Option<Dataset>| {
        let plan = recipe.validate().expect("a sound recipe");
        let planted = Library::default().dataset(&plan).expect("planted");
        let world = plan.world(dataset.map_or(planted, Rc::new)).expect("divisible");
        let advice = Run::new(plan, Rc::new(world)).expect("it fits its data").advice();
        let mut blocked = advice.blocked;
        blocked.retain(|blocked| blocked.section == "numeric");
        let reasons = blocked.iter().map(|blocked| blocked.why.to_string());
        reasons.collect::<Vec<_>>()
    };
    let reading = recipe("two_tower", "none", &[]);
    assert!(idle(&reading, None).is_empty());
    let others = idle(&recipe("comirec_sa", "none", &[]), None);
    assert_eq!(others.len(), NUMERICS.len());
    assert!(others[0].contains("comirec_sa"), "{others:?}");

    let plan = reading.validate().expect("a sound recipe");
    let mut without = Dataset::clone(&Library::default().dataset(&plan).expect("planted"));
    for table in [&mut without.users, &mut without.items] {
        table
            .fields
            .retain(|field| !matches!(field.column, Column::Number { .. }));
    }
    "Words".clone_into(&mut without.name);
    let lacking = idle(&reading, Some(without));
    assert_eq!(lacking.len(), NUMERICS.len() - 1);
    assert!(lacking[0].contains("Words has no numbers"), "{lacking:?}");
}

#[test]
fn numbers_are_read_where_features_are_and_left_out_where_they_are_not() {
    let mut world = None;
    let mut parameters = |numeric, features: bool| {
        let settings = ["model.user_features", "model.item_features"].map(|key| (key, Value::Flag(features)));
        trainer(&recipe("two_tower", numeric, &settings), &mut world).parameters()
    };
    assert_eq!(parameters("field", false), parameters("none", false));
    // Four fields of two vectors of 8, and 8 columns more for each in the first layer of 64.
    assert_eq!(
        parameters("field", true) - parameters("none", true),
        4 * (2 * 8 + 8 * 64)
    );
}
