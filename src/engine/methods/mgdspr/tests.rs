//! Properties of the specification and of the parts put together.

use super::behaviour::attend;
use super::parity::{Events, Golden, last_of_each, settings};
use super::*;

/// The model over the golden items with these users, untrained, and the users' last events as a batch.
fn model(users: &[Events], others: &[(&str, Value)]) -> (Mgdspr, Params, Batch) {
    let dataset = Golden::read().dataset(users);
    let mut params = Params::new();
    let mut rng = Rng::stream(3, Purpose::Init, 0);
    let known = Facts::left_out(&dataset.items);
    let model = Mgdspr::build(&settings(others), &dataset, known, &mut params, &mut rng);
    (model, params, last_of_each(&dataset))
}

fn user(items: &[u32], queries: &[&str]) -> Events {
    Events {
        items: items.to_vec(),
        queries: queries.iter().map(|&query| query.to_owned()).collect(),
    }
}

/// The views of every query: rows of four numbers, and room enough that no two words share a vector.
fn views(users: &[Events]) -> Vec<[f32; 4]> {
    let (mut model, params, batch) = model(users, &[("buckets", Value::Number(4096.0))]);
    let mut tape = Tape::new();
    let queries = model.unit.encode(&mut tape, &params, &batch);
    tape.value(queries).as_chunks::<4>().0.to_vec()
}

fn near(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
}

fn norm(row: &[f32]) -> f32 {
    row.iter().map(|x| x * x).sum::<f32>().sqrt()
}

#[test]
fn spec_3_9_4_without_a_history_nothing_is_attended_to_and_nothing_breaks() {
    let (mut model, mut params, batch) = model(&[user(&[2], &["red coat"]), user(&[1], &[""])], &[]);
    let mut tape = Tape::new();
    let queries = model.unit.encode(&mut tape, &params, &batch);
    for attended in model.behaviour.encode(&mut tape, &params, &batch, (queries, 6)) {
        assert_eq!(tape.value(attended), [0.0; 2 * 6 * 4]);
    }
    let encoded = model.encode(&mut tape, &params, &batch, &[0, 1, 2, 3, 4]);
    let scores = tape.matmul_nt(encoded.users, encoded.items);
    let loss = tape.sum(scores);
    tape.backward(&mut params, loss);
    assert!(tape.value(loss)[0].is_finite());
    let gradients = params.ids().flat_map(|id| params.gradient(id)).collect::<Vec<_>>();
    assert!(gradients.iter().all(|slope| slope.is_finite()));
    assert!(gradients.iter().any(|slope| *slope != 0.0), "words and items learn");
}

#[test]
fn spec_3_9_4_what_is_attended_to_is_no_longer_than_the_longest_row_and_vanishes_with_the_logits() {
    let mut rng = Rng::stream(4, Purpose::Trial, 0);
    let mut draw = |n: usize| (0..n).map(|_| rng.between(-2.0, 2.0)).collect::<Vec<f32>>();
    let (queries, rows) = (draw(6 * 4), draw(5 * 4));
    let longest = rows.chunks(4).map(norm).fold(0.0, f32::max);
    let mut tape = Tape::new();
    let x = tape.input(5, 4, &rows);
    let q = tape.input(6, 4, &queries);
    let attended = attend(&mut tape, (q, &[0, 6]), (x, &[0, 5]));
    assert!(tape.value(attended).chunks(4).all(|row| norm(row) <= longest));
    assert!(tape.value(attended).iter().any(|number| number.abs() > 0.1));
    // Rows with a last number of 1 and queries of (0, 0, 0, −t) have logits of −t.
    let rows: Vec<f32> = rows.chunks(4).flat_map(|row| [row[0], row[1], row[2], 1.0]).collect();
    let x = tape.input(5, 4, &rows);
    let lengths = [1.0, 10.0, 100.0].map(|t| {
        let q = tape.input(1, 4, &[0.0, 0.0, 0.0, -t]);
        let attended = attend(&mut tape, (q, &[0, 1]), (x, &[0, 5]));
        norm(tape.value(attended))
    });
    assert!(
        lengths[0] > 0.1 && lengths[1] < 1e-2 && lengths[2] == 0.0,
        "{lengths:?}"
    );
}

#[test]
fn spec_3_9_5_the_last_view_is_the_sum_of_the_others() {
    let users = [
        user(&[0, 1], &["wheat beer", "red winter coat"]),
        user(&[0, 1], &["", ""]),
        user(&[0], &["a"]),
    ];
    for views in views(&users).chunks(6) {
        let sum = [0, 1, 2, 3].map(|column| views[..5].iter().map(|view| view[column]).sum());
        assert!(near(&sum, &views[5]), "{views:?}");
    }
}

#[test]
fn spec_3_9_5_the_order_of_words_shows_in_their_sequence_and_the_mix_only() {
    let of = |query| user(&[0, 1], &["wheat beer", query]);
    let views = views(&[of("red winter coat"), of("coat red winter")]);
    let (one, other) = views.split_at(6);
    for view in [0, 1, 2, 4] {
        assert!(near(&one[view], &other[view]), "view {view}");
    }
    for view in [3, 5] {
        assert!(!near(&one[view], &other[view]), "view {view}");
    }
}

#[test]
fn only_the_last_queries_that_said_something_count() {
    let of = |queries: &[&str]| views(&[user(&[0, 1, 2, 3], queries)]);
    let asked = of(&["jeans", "beer", "wine", "coat"]);
    assert_eq!(
        asked,
        of(&["wheat", "beer", "wine", "coat"]),
        "two count, the third last does not"
    );
    let skipped = |queries: [&str; 5]| views(&[user(&[0, 1, 2, 3, 4], &queries)]);
    let found = skipped(["jeans", "beer", "", "wine", "coat"]);
    assert!(near(&found.concat(), &asked.concat()), "an empty one does not count");
    let other = of(&["jeans", "red", "wine", "coat"]);
    assert!(!near(&other[4], &asked[4]) && near(&other[3], &asked[3]));
}

#[test]
fn parts_that_the_ablation_leaves_out_have_no_parameters() {
    let choice = |word: &str| ("semantic_unit", Value::Text(word.to_owned()));
    let users = [user(&[0, 1, 2], &["wine", "", "red coat"])];
    let has = |others: &[(&str, Value)], part: &str| {
        let (mut model, params, batch) = model(&users, others);
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, &params, &batch, &[0, 3]);
        assert_eq!((tape.shape(encoded.users), tape.shape(encoded.items)), ((1, 4), (2, 4)));
        params.ids().any(|id| params.name(id).starts_with(part))
    };
    let words = [choice("words"), ("trm", Value::Flag(true))];
    let mean = [choice("all"), ("trm", Value::Flag(false))];
    let neither = [choice("words"), ("trm", Value::Flag(false))];
    assert!(has(&[], "query.") && has(&[], "fusion.first"));
    assert!(!has(&words, "query.") && has(&words, "fusion.first"));
    assert!(has(&mean, "query.") && !has(&mean, "fusion.first"));
    assert!(!has(&neither, "query.") && has(&neither, "fusion.mean"));
}

#[test]
fn an_item_without_words_in_its_title_is_its_own_vector() {
    let (mut model, params, _) = model(&[user(&[0], &["red"])], &[]);
    let mut tape = Tape::new();
    let encoded = model.encode(&mut tape, &params, &Batch::default(), &[3, 0]);
    let ids = params.find("item.id").expect("items have vectors");
    let own = |item: usize| params.values(ids).row(item).to_vec();
    assert_eq!(tape.value(encoded.items)[..4], own(3));
    assert_ne!(tape.value(encoded.items)[4..], own(0));
    assert_eq!(tape.shape(encoded.users), (0, 4));
}
