//! Models of clicks: rows, each clicked or not, from what was shown, from ratings, from Criteo's files and planted.

use std::rc::Rc;

use playground::engine::data::{Dataset, Interaction, ItemId, Log, Table, UserId};
use playground::engine::methods::METHODS;
use playground::engine::rng::{Purpose, Rng};
use playground::protocol::{Evaluated, Event, NamedFile, Query, Recipe, Request, Section, Status, Watch};
use playground::session::{Library, Run, Work, files};
use playground::settings::Value;

use crate::session::Talk;

const CTR: [&str; 2] = ["ctr_mlp", "deepfm"];

fn recipe(model: &str, settings: &[(&str, f64)]) -> Recipe {
    let mut recipe = Recipe {
        seed: 3,
        ..Recipe::default()
    };
    model.clone_into(&mut recipe.model.kind);
    for (path, value) in settings {
        let (section, key) = path.split_once('.').expect("section.key");
        let section: &mut Section = recipe.section_mut(section).expect("a section of every recipe");
        section.settings.insert(key.to_owned(), Value::Number(*value));
    }
    recipe
}

/// A small planted world of users. Of fewer items they would soon have had those they like, and would click ever less: who
/// learns from the past would then foretell too many clicks.
fn shown(model: &str) -> Recipe {
    let settings = [
        ("data.users", 300.0),
        ("data.items", 400.0),
        ("train.epochs", 3.0),
        ("optimizer.lr", 0.003),
    ];
    recipe(model, &settings)
}

/// Planted rows of few adverts.
fn planted(model: &str, settings: &[(&str, f64)]) -> Recipe {
    let mut all = vec![
        ("data.rows", 12_000.0),
        ("data.ids", 300.0),
        ("train.epochs", 6.0),
        ("optimizer.lr", 0.003),
    ];
    all.extend(settings);
    let mut recipe = recipe(model, &all);
    "planted_clicks".clone_into(&mut recipe.data.kind);
    recipe
}

/// Ratings that say how much a user and an item like each other: both have a sign that only their ids tell.
fn ratings(timed: bool, all_good: bool) -> Dataset {
    let mut rng = Rng::stream(4, Purpose::Trial, 0);
    let mut events = Vec::new();
    for user in 0..60 {
        for time in 0..40 {
            let item = rng.below(30);
            let likes = user % 2 == item % 2;
            events.push(Interaction {
                user: UserId(user),
                item: ItemId(item),
                time: i64::from(time) * 977,
                value: if likes || all_good { 4.0 } else { 2.0 },
            });
        }
    }
    let table = |rows: u32| Table {
        keys: (0..rows).map(|row| row.to_string()).collect(),
        ..Table::default()
    };
    Dataset {
        name: "ratings".to_owned(),
        users: table(60),
        items: table(30),
        log: Log::build(60, events),
        timed,
        ..Dataset::default()
    }
}

/// Rows of Criteo of which the first category decides.
fn criteo_files() -> Vec<NamedFile> {
    let mut rng = Rng::stream(5, Purpose::Trial, 0);
    let mut file = |name: &str, rows: u32| {
        let mut text = String::new();
        for _ in 0..rows {
            let word = rng.below(20);
            let clicked = rng.uniform() < if word.is_multiple_of(2) { 0.8 } else { 0.1 };
            text += if clicked { "1" } else { "0" };
            for number in 0..13 {
                text += &format!("\t{}", rng.below(10 + number));
            }
            text += &format!("\t{word:08x}");
            for place in 1..26 {
                text += &format!("\t{:08x}", rng.below(3 + place));
            }
            text += "\n";
        }
        NamedFile {
            name: name.to_owned(),
            bytes: text.into_bytes(),
        }
    };
    vec![file("train.tsv", 2_000), file("dev.tsv", 400), file("test.tsv", 400)]
}

fn criteo() -> Dataset {
    match files::read(&criteo_files(), None).expect("sound files") {
        files::Read::Data(section, dataset) => {
            assert_eq!(section.kind, "criteo");
            *dataset
        }
        files::Read::NeedColumns(wanted) => panic!("{wanted:?}"),
    }
}

fn run_on(recipe: &Recipe, dataset: Option<Dataset>) -> Run {
    let plan = recipe.validate().expect("a sound recipe");
    let dataset = dataset.map_or_else(|| Library::default().dataset(&plan).expect("planted"), Rc::new);
    let world = plan.world(dataset).expect("divisible");
    Run::new(plan, Rc::new(world)).expect("the recipe fits its data")
}

/// Trains to the end: all that was judged, the test last.
fn judged(run: &mut Run) -> Vec<Evaluated> {
    let mut judged = Vec::new();
    loop {
        match run.advance(u64::MAX) {
            Work::Judged(evaluated) => judged.push(evaluated),
            Work::Idle => break,
            Work::Stepped(_) | Work::Judging => {}
        }
    }
    assert_eq!(run.state(false).error, None);
    assert_eq!(judged.last().expect("a run ends with a test").on, "test");
    judged
}

fn tested(run: &mut Run) -> Evaluated {
    judged(run).pop().expect("a run ends with a test")
}

/// Of every kind of data a run; their names are for messages.
fn runs(model: &str) -> Vec<(&'static str, Run)> {
    let epochs = [("train.epochs", 6.0), ("optimizer.lr", 0.01), ("train.batch", 64.0)];
    // So few rows are learnt by heart after a pass or two: then chances are too sure.
    let two = [("train.epochs", 2.0), ("optimizer.lr", 0.01), ("train.batch", 64.0)];
    let mut of_files = recipe(model, &two);
    "criteo".clone_into(&mut of_files.data.kind);
    vec![
        ("impressions", run_on(&shown(model), None)),
        (
            "ratings by time",
            run_on(&recipe(model, &epochs), Some(ratings(true, false))),
        ),
        (
            "ratings by lot",
            run_on(&recipe(model, &epochs), Some(ratings(false, false))),
        ),
        ("criteo", run_on(&of_files, Some(criteo()))),
        ("planted", run_on(&planted(model, &[]), None)),
    ]
}

#[test]
fn every_method_that_judges_rows_is_tried_here() {
    let judging = METHODS.iter().filter(|method| method.clicks).map(|method| method.kind);
    assert_eq!(judging.collect::<Vec<_>>(), CTR);
}

#[test]
fn what_decides_is_found_in_every_kind_of_data_and_chances_are_about_right() {
    for model in CTR {
        for (data, mut run) in runs(model) {
            let all = judged(&mut run);
            let test = all.last().expect("a test");
            let of = |metric: &str| test.metrics.get(metric).copied();
            let auc = of("auc").expect("both kinds");
            let floor = match data {
                "impressions" => 0.6,
                "planted" => 0.65,
                _ => 0.8,
            };
            assert!(auc > floor, "{model} on {data}: AUC {auc}");
            assert!(auc > all[0].metrics["auc"] + 0.05, "{model} on {data} learns");
            let ratio = of("calibration").expect("clicks");
            assert!((0.7..1.4).contains(&ratio), "{model} on {data}: {ratio}");
            assert!(
                of("log_loss").expect("rows") < all[0].metrics["log_loss"],
                "{model} on {data}"
            );
            let users = ["criteo", "planted"].contains(&data);
            assert_eq!(of("gauc").is_none(), users, "{model} on {data}");
            assert_eq!(test.calibration.len(), 10);
            assert_eq!((test.users, test.rows > 100), (0, true));
            assert!(of("recall@20").is_none());
        }
    }
}

#[test]
fn the_ceiling_is_known_where_rows_are_planted_and_no_model_is_above_it() {
    let metrics = tested(&mut run_on(&planted("deepfm", &[]), None)).metrics;
    assert!(
        metrics["auc"] < metrics["auc_best"] && metrics["auc_best"] < 1.0,
        "{metrics:?}"
    );
    assert!(metrics["log_loss"] > metrics["log_loss_best"], "{metrics:?}");
}

#[test]
fn a_checkpoint_goes_on_as_if_nothing_had_happened_and_equal_recipes_give_equal_bits() {
    for model in CTR {
        for ((data, mut run), (_, mut other)) in runs(model).into_iter().zip(runs(model)) {
            let train = |run: &mut Run, step| while run.advance(step) != Work::Idle {};
            train(&mut run, 10);
            let saved = run.save();
            let at_10 = run.state(false);
            train(&mut run, 40);
            let straight = run.state(false);
            assert_ne!(straight.checksum, at_10.checksum, "{model} on {data}");
            run.restore(&saved).expect("a state of this run");
            assert_eq!(run.state(false), at_10, "{model} on {data}");
            train(&mut run, 40);
            assert_eq!(run.state(false), straight, "{model} on {data}");
            train(&mut other, 40);
            assert_eq!(other.state(false), straight, "{model} on {data}");
        }
    }
    let checksum = |dropout: f64, seed| {
        let mut recipe = planted("deepfm", &[("model.dropout", dropout)]);
        recipe.seed = seed;
        let mut run = run_on(&recipe, None);
        while run.advance(20) != Work::Idle {}
        run.state(false).checksum
    };
    assert_eq!(checksum(0.3, 1), checksum(0.3, 1));
    assert_ne!(checksum(0.3, 1), checksum(0.0, 1));
    assert_ne!(checksum(0.3, 1), checksum(0.3, 2));
}

#[test]
fn patience_goes_by_auc() {
    // At this rate each pass after the first ones learns the training rows by heart.
    let settings = [("train.epochs", 60.0), ("train.patience", 2.0), ("optimizer.lr", 0.05)];
    let mut run = run_on(&planted("deepfm", &settings), None);
    let valid: Vec<f64> = judged(&mut run)
        .iter()
        .filter(|evaluated| evaluated.on == "valid")
        .map(|evaluated| evaluated.metrics["auc"])
        .collect();
    let (last, before) = valid.split_at(valid.len() - 2);
    let best = |of: &[f64]| of.iter().copied().fold(0.0, f64::max);
    assert!(valid.len() < 60, "{} evaluations", valid.len());
    assert!(best(before) <= best(last), "the two last are no better: {valid:?}");
}

#[test]
fn data_that_know_of_no_refusal_are_refused_in_a_sentence() {
    let plan = recipe("deepfm", &[]).validate().expect("sound");
    let world = plan.world(Rc::new(ratings(true, true))).expect("divisible");
    let refused = Run::new(plan, Rc::new(world)).err().expect("nothing was refused");
    assert!(
        refused.to_string().contains("does not say what anybody refused"),
        "{refused}"
    );
    let stricter = recipe("deepfm", &[("model.click_from", 5.0)]);
    let plan = stricter.validate().expect("sound");
    let world = plan.world(Rc::new(ratings(true, false))).expect("divisible");
    assert!(Run::new(plan, Rc::new(world)).is_err(), "no rating is 5");
}

#[test]
fn rows_are_nothing_for_what_ranks_items_for_users() {
    let world = Rc::new(criteo());
    for method in METHODS.iter().filter(|method| !method.clicks && !method.given) {
        let rows = planted(method.kind, &[]).validate().expect_err("rows have no users");
        let said: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains("choose deepfm")), "{said:?}");
        // Files that are not what the recipe says.
        let Ok(plan) = recipe(method.kind, &[]).validate() else {
            continue;
        };
        let rows = Rc::new(plan.world(Rc::clone(&world)).expect("nothing to divide"));
        let refused = Run::new(plan, rows).err().expect("rows have no users");
        assert!(refused.to_string().contains("choose deepfm"), "{refused}");
    }
}

#[test]
fn it_is_said_that_nothing_is_sampled_and_what_rows_cannot_do() {
    let run = run_on(&planted("deepfm", &[]), None);
    let advice = run.advice();
    let blocked = |section: &str, kind: &str| {
        let found = advice
            .blocked
            .iter()
            .find(|blocked| (blocked.section.as_str(), blocked.kind.as_str()) == (section, kind));
        found.map(|blocked| blocked.why.to_string()).unwrap_or_default()
    };
    for (section, kind) in [
        ("sampler", "uniform"),
        ("loss", "bpr"),
        ("split", "user_split"),
        ("index", "flat"),
    ] {
        assert!(blocked(section, kind).contains("Not used"), "{section}.{kind}");
    }
    assert!(blocked("model", "two_tower").contains("ranks items for users"));
    assert_eq!(blocked("model", "ctr_mlp"), "");
    assert_eq!(blocked("optimizer", "sgd"), "");
    assert!(
        advice.remarks[0].what.to_string().contains("nothing is sampled"),
        "{:?}",
        advice.remarks
    );
    let info = run.info();
    assert_eq!(
        (info.users, info.items, info.interactions, info.rows, info.train),
        (0, 0, 0, 12_000, 9_600)
    );
}

/// A session with files of rows, while another model was at work.
fn with_rows() -> Talk {
    let mut talk = Talk::applied();
    let event = talk.call(Request::LoadFiles {
        files: criteo_files(),
        data: None,
    });
    let Some(Event::Applied(applied)) = event else {
        panic!("{event:?}")
    };
    assert_eq!(
        (applied.recipe.model.kind.as_str(), applied.recipe.data.kind.as_str()),
        ("deepfm", "criteo")
    );
    assert!(
        applied.notices[0]
            .to_string()
            .contains("\"deepfm\" was put in its place"),
        "{:?}",
        applied.notices
    );
    talk
}

#[test]
fn a_session_on_rows_shows_what_there_is_and_refuses_the_rest() {
    let mut talk = with_rows();
    talk.call(Request::Watch(Watch {
        map: true,
        user: Some(0),
        inside: true,
        negatives: Some(0),
        ..Watch::default()
    }));
    talk.call(Request::Play);
    talk.work(40);
    talk.session.snapshot(&mut |reply| talk.said.push(reply));
    for reply in &talk.said {
        let of_users = matches!(
            reply.event,
            Event::Map(_) | Event::User(_) | Event::Inside(_) | Event::Negatives(_)
        );
        assert!(!of_users || reply.run == 1, "{:?}", reply.event);
    }
    let evaluated = |talk: &Talk| {
        let mut newest_first = talk.said.iter().rev().filter_map(|reply| match &reply.event {
            Event::Evaluated(evaluated) => Some(evaluated.clone()),
            _ => None,
        });
        newest_first.next().expect("it was judged before the first step")
    };
    assert_eq!(evaluated(&talk).rows, 400);
    for query in [
        Query::Text("a".to_owned()),
        Query::Item(0),
        Query::User(0),
        Query::Vector(vec![1.0]),
    ] {
        let event = talk.call(Request::Search { query, n: 5 });
        let Some(Event::Refused(why)) = event else {
            panic!("{event:?}")
        };
        assert!(why.to_string().contains("no vectors"), "{why}");
    }
    // Another recipe on the same files needs no new choice of them.
    let mut recipe = recipe("ctr_mlp", &[("train.epochs", 1.0)]);
    "criteo".clone_into(&mut recipe.data.kind);
    let event = talk.call(Request::Apply {
        recipe: Box::new(recipe),
    });
    assert!(matches!(event, Some(Event::Applied(_))), "{event:?}");
    talk.call(Request::Play);
    talk.work(10_000);
    assert_eq!(evaluated(&talk).on, "test");
    let Some(Event::State(state)) = talk.call(Request::Watch(Watch::default())) else {
        panic!("a watch is answered by the state")
    };
    assert_eq!(state.status, Status::Finished);
}

#[test]
fn a_user_is_given_what_they_most_likely_click() {
    let mut run = run_on(
        &recipe(
            "deepfm",
            &[("train.epochs", 8.0), ("optimizer.lr", 0.01), ("train.batch", 64.0)],
        ),
        Some(ratings(true, false)),
    );
    tested(&mut run);
    let case = run.world.case(UserId(7));
    let mut batch = playground::engine::data::Batch::default();
    batch.contexts(&run.world.dataset, &[case], 20);
    let mut scores = Vec::new();
    run.trainer.scores(&batch, &mut scores);
    assert_eq!(scores.len(), 30);
    let mean = |odd: usize| (0..15).map(|place| scores[2 * place + odd]).sum::<f32>() / 15.0;
    assert!(mean(1) > mean(0) + 1.0, "user 7 likes odd items: {scores:?}");
}

#[test]
fn a_million_adverts_are_trained_and_judged() {
    let settings = [
        ("data.ids", 1_000_000.0),
        ("data.rows", 4_000.0),
        ("model.dim", 2.0),
        ("train.epochs", 1.0),
    ];
    let mut run = run_on(&planted("deepfm", &settings), None);
    assert!(run.trainer.parameters() > 3_000_000);
    let metrics = tested(&mut run).metrics;
    assert!(metrics["log_loss"].is_finite());
}
