//! Methods that read queries, on a planted world in which every event has one.

use std::rc::Rc;

use playground::engine::data::{Truth, planted};
use playground::protocol::{Call, Event, Query, Recipe, Request};
use playground::session::{Library, Run, Session, Work};
use playground::settings::Value;

/// A world in which everybody types, and `method` with the settings `words` of its section.
fn recipe(method: &str, words: &[(&str, &str)]) -> Recipe {
    let mut recipe = Recipe {
        seed: 7,
        ..Recipe::default()
    };
    method.clone_into(&mut recipe.model.kind);
    for (key, value) in [("users", 300.0), ("items", 300.0), ("searches", 1.0)] {
        recipe.data.settings.insert(key.to_owned(), Value::Number(value));
    }
    recipe.train.settings.insert("epochs".to_owned(), Value::Number(10.0));
    for (key, word) in words {
        let word = Value::Text((*word).to_owned());
        recipe.model.settings.insert((*key).to_owned(), word);
    }
    recipe
}

/// The recall that the test at the end of training gives.
fn tested(recipe: &Recipe) -> f64 {
    let plan = recipe.validate().expect("a sound recipe");
    let dataset = Library::default().dataset(&plan).expect("planted");
    let world = plan.world(dataset).expect("every user has events enough");
    let mut run = Run::new(plan, Rc::new(world)).expect("the recipe fits its data");
    while run.advance(u64::MAX) != Work::Idle {}
    run.state(false).metrics["recall@20"]
}

fn truth(recipe: &Recipe) -> Truth {
    let plan = recipe.validate().expect("a sound recipe");
    planted(&plan.planted().expect("a planted world"), recipe.seed).1
}

/// A session in which `recipe` was trained to step `step`.
fn trained(recipe: Recipe, step: u64) -> Session {
    let mut session = Session::new();
    let recipe = Box::new(recipe);
    for (id, request) in (1..).zip([Request::Apply { recipe }, Request::RunTo { step }]) {
        session.handle(Call { id, request }, &mut |_| {});
        session.tick(&mut || true, &mut |_| {});
    }
    session
}

/// The items found for what `user` types, or why not.
fn asked(session: &mut Session, user: u32, text: &str) -> Result<Vec<u32>, String> {
    let mut answer = None;
    let query = Query::Asked {
        user,
        text: text.to_owned(),
        control: false,
    };
    let request = Request::Search { query, n: 10 };
    session.handle(Call { id: 9, request }, &mut |reply| answer = Some(reply.event));
    match answer {
        Some(Event::Found(found)) => Ok(found.hits.iter().map(|hit| hit.item).collect()),
        Some(Event::Refused(why)) => Err(why.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_typed_query_finds_items_of_its_topic_and_not_the_same_for_everybody() {
    let recipe = recipe("ebr", &[]);
    let truth = truth(&recipe);
    let mut session = trained(recipe, 300);
    let (mut on_topic, mut all) = (0, 0);
    for (topic, planted) in truth.topics.iter().enumerate() {
        let found = [0, 1].map(|user| asked(&mut session, user, planted.name).expect("ebr reads queries"));
        assert_ne!(found[0], found[1], "{}", planted.name);
        all += 20;
        on_topic += found
            .iter()
            .flatten()
            .filter(|&&item| truth.item_topics[item as usize] == topic as u32)
            .count();
    }
    // By chance it would be a tenth.
    assert!(on_topic * 10 > all * 5, "{on_topic} of {all}");
}

#[test]
fn queries_tell_what_histories_do_not() {
    let with = tested(&recipe("ebr", &[]));
    let without = tested(&recipe("two_tower", &[]));
    // 300 users are tested: a standard error of at most 0.03.
    assert!(with > without + 0.1, "{with} with queries, {without} without");
}

#[test]
fn text_alone_is_enough_to_learn_from_and_shared_tables_are_half_as_many() {
    let text_only = tested(&recipe("ebr", &[("text", "text_only")]));
    // 20 of about 270 unseen items: 0.074 by chance.
    assert!(text_only > 0.4, "{text_only}");
    let parameters = |towers| {
        let plan = recipe("ebr", &[("towers", towers)]).validate().expect("a sound recipe");
        let world = plan.world(Library::default().dataset(&plan).expect("planted"));
        let trainer = plan.trainer(Rc::new(world.expect("divisible")));
        trainer.expect("the default sampler fits").parameters()
    };
    // Two tables of 8192 rows and 16 columns on each side.
    assert_eq!(parameters("separate") - parameters("shared_text"), 2 * 8192 * 16);
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let mut reads = trained(recipe("ebr", &[]), 1);
    let long = "rye ".repeat(2_500);
    for (user, text, part) in [
        (0, "", "Type some words"),
        (0, " ?! ", "Type some words"),
        (300, "bread", "no user 300"),
        (0, long.as_str(), "10000 characters"),
    ] {
        let why = asked(&mut reads, user, text).expect_err("it cannot be asked");
        assert!(why.contains(part), "{why}");
    }
    assert!(asked(&mut reads, 0, "红楼梦 unheard-of 🙂").is_ok());
    for (method, part) in [("two_tower", "does not read"), ("most_popular", "no vectors")] {
        let why = asked(&mut trained(recipe(method, &[]), 1), 0, "bread").expect_err("it reads nothing");
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn relevance_control_leaves_out_what_has_not_the_attributes_that_the_words_name() {
    let recipe = recipe("ebr", &[]);
    let truth = truth(&recipe);
    let mut session = trained(recipe, 100);
    let mut found = |text: &str, control: bool| {
        let mut answer = None;
        let query = Query::Asked {
            user: 0,
            text: text.to_owned(),
            control,
        };
        let request = Request::Search { query, n: 20 };
        session.handle(Call { id: 9, request }, &mut |reply| answer = Some(reply.event));
        let Some(Event::Found(found)) = answer else {
            panic!("{answer:?}")
        };
        found
    };
    let topic = truth.topics[0].name;
    let (all, controlled) = (found(topic, false), found(topic, true));
    assert!(!all.terms.is_empty(), "{topic} is a value of a field");
    assert_eq!((all.hits.len(), all.relevant), (20, controlled.relevant));
    assert_eq!(controlled.hits.len(), controlled.relevant as usize);
    assert!(
        controlled
            .hits
            .iter()
            .all(|hit| truth.item_topics[hit.item as usize] == 0)
    );
    let unnamed = found("zzz", true);
    assert_eq!((unnamed.terms.len(), unnamed.hits.len()), (0, 20));
}
