//! Every encoder under every model that has ids, by recipe alone.

use std::rc::Rc;

use playground::engine::features::ENCODERS;
use playground::engine::methods::METHODS;
use playground::protocol::Recipe;
use playground::session::{Library, Run, Work};
use playground::settings::Value;

/// A small world of some thousand steps a second, in which two fields have enough words to be encoded, too.
fn recipe(model: &str, encoder: &str) -> Recipe {
    let mut recipe = Recipe {
        seed: 3,
        ..Recipe::default()
    };
    let mut set = |section: &str, key: &str, value: f64| {
        let section = recipe.section_mut(section).expect("a section");
        section.settings.insert(key.to_owned(), Value::Number(value));
    };
    for (section, key, value) in [
        ("data", "users", 60.0),
        ("data", "items", 90.0),
        ("data", "events_per_user", 12.0),
        ("train", "batch", 16.0),
        ("train", "epochs", 1.0),
    ] {
        set(section, key, value);
    }
    if encoder != "full" {
        set("encoder", "from", 8.0);
        if encoder != "dhe" {
            set("encoder", "share", 0.5);
        }
    }
    model.clone_into(&mut recipe.model.kind);
    encoder.clone_into(&mut recipe.encoder.kind);
    let method = METHODS.iter().find(|method| method.kind == model).expect("a method");
    if method.pair.is_some() {
        "uniform".clone_into(&mut recipe.sampler.kind);
        recipe.sampler.settings.insert("n".to_owned(), Value::Number(4.0));
        "bpr".clone_into(&mut recipe.loss.kind);
    }
    recipe
}

fn run(recipe: &Recipe) -> Run {
    let plan = recipe.validate().unwrap_or_else(|why| panic!("{why:?}"));
    let dataset = Library::default().dataset(&plan).expect("planted");
    let world = plan.world(dataset).expect("divisible");
    Run::new(plan, Rc::new(world)).expect("the recipe fits its data")
}

fn walk(run: &mut Run, goal: u64) -> String {
    loop {
        match run.advance(goal) {
            Work::Stepped(loss) => assert!(loss.is_none_or(f32::is_finite)),
            Work::Idle => break,
            Work::Judging | Work::Judged(_) => {}
        }
    }
    let state = run.state(false);
    assert_eq!((state.error, state.step), (None, goal));
    state.checksum.expect("a run at rest has one")
}

#[test]
fn every_encoder_trains_under_every_model_that_has_ids_and_comes_back_to_its_bits() {
    let models = METHODS.iter().filter(|method| method.encoded && method.gradient);
    let mut tried = 0;
    for method in models {
        let mut full = None;
        for encoder in ENCODERS {
            let what = format!("{} with {}", method.kind, encoder.kind);
            let mut run = run(&recipe(method.kind, encoder.kind));
            let parameters = run.state(false).parameters;
            match full {
                None => full = Some(parameters),
                Some(full) => assert_ne!(parameters, full, "{what}"),
            }
            walk(&mut run, 2);
            let saved = run.save();
            let first = walk(&mut run, 5);
            run.restore(&saved).expect("a state of this run");
            assert_eq!(walk(&mut run, 5), first, "{what}");
            tried += 1;
        }
    }
    assert!(tried >= 7 * 11, "{tried}");
}

#[test]
fn a_table_too_large_for_a_tab_is_refused_with_what_it_would_need_and_others_are_not() {
    let mut recipe = recipe("two_tower", "full");
    recipe.model.settings.insert("dim".to_owned(), Value::Number(256.0));
    recipe.data.settings.insert("items".to_owned(), Value::Number(50_000.0));
    let plan = recipe.validate().expect("sound by itself");
    let dataset = Library::default().dataset(&plan).expect("planted");
    let build = |recipe: &Recipe| {
        let plan = recipe.validate().expect("sound by itself");
        let world = plan.world(Rc::clone(&dataset)).expect("divisible");
        Run::new(plan, Rc::new(world)).map(|run| run.state(false).parameters)
    };
    let said = build(&recipe).expect_err("too large").to_string();
    for part in ["item.id", "50000", "147 MB", "128 MB", "dhe"] {
        assert!(said.contains(part), "{said}");
    }
    for encoder in ["hash", "dhe"] {
        encoder.clone_into(&mut recipe.encoder.kind);
        assert!(build(&recipe).expect("there is room") < 4_000_000);
    }
}
