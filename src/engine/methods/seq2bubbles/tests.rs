//! The properties of the specification.

use super::*;
use crate::engine::data::UserId;
use crate::settings::Value;

const D: usize = 4;

fn model(given: &[(&str, Value)]) -> (Seq2Bubbles, Params) {
    let dim = ("dim", Value::Number(D as f64));
    let given = given.iter().cloned().chain([dim]);
    let given = given.map(|(key, value)| (key.to_owned(), value)).collect();
    let settings = Settings::check("model", &(METHOD.knobs)(), &given).expect("sound settings");
    let (mut params, mut rng) = (Params::new(), Rng::stream(7, Purpose::Init, 0));
    let model = Seq2Bubbles::build(&settings, 9, &mut params, &mut rng);
    // Embeddings of an ordinary length, so that nothing is right only because it is small.
    let mut rng = Rng::stream(8, Purpose::Trial, 0);
    params.values_mut(model.items).mapv_inplace(|_| rng.normal());
    (model, params)
}

fn batch(histories: &[&[u32]]) -> Batch {
    let ends = histories.iter().scan(0, |end, history| {
        *end += history.len() as u32;
        Some(*end)
    });
    Batch {
        users: (0..histories.len() as u32).map(UserId).collect(),
        history_offsets: std::iter::once(0).chain(ends).collect(),
        history_items: histories.concat().into_iter().map(ItemId).collect(),
        ..Batch::default()
    }
}

/// Scores of all nine items for each history.
fn scores(model: &mut Seq2Bubbles, params: &Params, histories: &[&[u32]]) -> Vec<f32> {
    let mut tape = Tape::new();
    let items = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    let encoded = model.encode(&mut tape, params, &batch(histories), &items);
    let scores = model.compare(&mut tape, params, Compared::by_all(&items, encoded.items));
    tape.value(scores).to_vec()
}

fn set(params: &mut Params, name: &str, value: f32) {
    let id = params.find(name).expect("a parameter of this name");
    params.values_mut(id).fill(value);
}

fn near(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let far = a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-5 * (1.0 + b.abs()));
    assert!(!far, "{a:?} for {b:?}");
}

/// The bubbles of `history`, as they meet `item`.
fn bubbles(model: &mut Seq2Bubbles, params: &Params, history: &[u32], item: Option<u32>) -> Bubbles {
    let looked = Looked { height: None, item };
    match model.inside(&mut Tape::new(), params, &batch(&[history]), looked) {
        Inside::Bubbles(bubbles) => bubbles,
        other => panic!("{other:?}"),
    }
}

/// The nearest corner of each bubble for `point`.
fn corners(bubbles: &Bubbles, point: &[f32]) -> Vec<Vec<f32>> {
    let d = bubbles.width;
    let rows = bubbles.centres.chunks_exact(d).zip(bubbles.radii.chunks_exact(d));
    let corner = |(c, r): (&[f32], &[f32])| {
        let sides = c.iter().zip(r).zip(point);
        sides
            .map(|((c, r), q)| if q - c >= 0.0 { c + r } else { c - r })
            .collect()
    };
    rows.map(corner).collect()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f32>().sqrt()
}

#[test]
fn spec_3_9_1_without_extent_bubbles_are_points() {
    let (mut model, mut params) = model(&[]);
    for name in ["readout.n", "context.n"] {
        set(&mut params, name, 0.0);
    }
    for name in ["readout.b", "context.b"] {
        set(&mut params, name, -30.0);
    }
    let found = bubbles(&mut model, &params, &[3, 1, 4], Some(5));
    let points = params.values(model.items);
    let point = points.row(5).to_vec();
    for (corner, centre) in corners(&found, &point).iter().zip(found.centres.chunks_exact(D)) {
        near(corner, centre);
        near(&[distance(corner, &point)], &[distance(centre, &point)]);
    }
    // And the same model without radii scores alike.
    let with = scores(&mut model, &params, &[&[3, 1, 4], &[2]]);
    let (mut flat, mut own) = self::model(&[("radii", Value::Flag(false))]);
    for id in own.ids().collect::<Vec<_>>() {
        let same = params.find(own.name(id)).expect("fewer parameters, none of its own");
        own.values_mut(id).assign(&params.values(same));
    }
    near(&scores(&mut flat, &own, &[&[3, 1, 4], &[2]]), &with);
}

#[test]
fn spec_3_9_2_the_corner_is_the_nearest_of_all() {
    let (mut model, params) = model(&[]);
    let found = bubbles(&mut model, &params, &[3, 1, 4, 4, 8], None);
    for item in 0..9 {
        let point = params.values(model.items).row(item).to_vec();
        let boxes = found.centres.chunks_exact(D).zip(found.radii.chunks_exact(D));
        for (corner, (c, r)) in corners(&found, &point).iter().zip(boxes) {
            let nearest = (0..1_u32 << D).map(|signs| {
                let side = |at: usize| if signs >> at & 1 == 1 { r[at] } else { -r[at] };
                let other: Vec<f32> = (0..D).map(|at| c[at] + side(at)).collect();
                distance(&other, &point)
            });
            let nearest = nearest.fold(f32::INFINITY, f32::min);
            near(&[distance(corner, &point)], &[nearest]);
        }
    }
}

#[test]
fn spec_3_9_3_every_radius_is_positive_and_ellipsoids_lie_in_their_boxes() {
    let (mut model, params) = model(&[]);
    let found = bubbles(&mut model, &params, &[3, 1, 4, 6, 8], None);
    assert!(found.radii.iter().all(|r| *r > 0.0));
    let mut rng = Rng::stream(9, Purpose::Trial, 1);
    let (mut ellipsoids, mut boxes) = (0, 0);
    for (c, r) in found.centres.chunks_exact(D).zip(found.radii.chunks_exact(D)) {
        for _ in 0..400 {
            let away: Vec<f32> = (0..D).map(|_| rng.between(-1.2, 1.2)).collect();
            let x: Vec<f32> = (0..D).map(|at| c[at] + away[at] * r[at]).collect();
            let inside = away.iter().map(|x| x * x).sum::<f32>() <= 1.0;
            let boxed = (0..D).all(|at| (x[at] - c[at]).abs() <= r[at]);
            assert!(!inside || boxed);
            ellipsoids += usize::from(inside);
            boxes += usize::from(boxed);
        }
    }
    assert!(ellipsoids > 0 && boxes > ellipsoids, "{ellipsoids} in {boxes}");
}

#[test]
fn spec_3_9_4_more_bubbles_never_lower_a_coordinate_and_their_order_is_nothing() {
    let mut rng = Rng::stream(10, Purpose::Trial, 2);
    let mut draw = |n: usize| -> Vec<f32> { (0..n * D).map(|_| rng.normal()).collect() };
    let (centres, points) = (draw(4), draw(6));
    let radii: Vec<f32> = draw(4).into_iter().map(f32::abs).collect();
    let pooled = |order: &[usize]| {
        let rows = |of: &[f32]| -> Vec<f32> { order.iter().flat_map(|row| of[row * D..][..D].to_vec()).collect() };
        let mut tape = Tape::new();
        let (c, r) = (rows(&centres), rows(&radii));
        let [c, r] = [c, r].map(|rows| tape.input(order.len(), D, &rows));
        let points = tape.input(6, D, &points);
        let spec = BubbleSpec {
            offsets: &[0, order.len() as u32],
            pairs: Pairs::All,
            whole: false,
        };
        let out = tape.pool_bubbles(c, r, points, &spec);
        tape.value(out).to_vec()
    };
    assert_eq!(pooled(&[0, 1, 2, 3]), pooled(&[2, 0, 3, 1]));
    let (few, more) = (pooled(&[0, 1, 2]), pooled(&[0, 1, 2, 3]));
    assert!(few.iter().zip(&more).all(|(few, more)| more >= few) && few != more);
    // One bubble without extent: the inner product.
    let (mut model, params) = model(&[("radii", Value::Flag(false)), ("context", Value::Flag(false))]);
    let items = params.values(model.items);
    let products: Vec<f32> = (0..9).map(|item| items.row(item).dot(&items.row(3))).collect();
    near(&scores(&mut model, &params, &[&[3]]), &products);
}

#[test]
fn spec_3_9_5_what_comes_later_changes_radii_and_no_hidden_state() {
    let (mut model, params) = model(&[]);
    let mut draw = |history: &[u32]| {
        let mut tape = Tape::new();
        let drawn = model.draw(&mut tape, &params, &batch(&[history]));
        [drawn.hidden, drawn.radii].map(|of| tape.value(of).to_vec())
    };
    let [[hidden, radii], [other, changed]] = [draw(&[3, 1, 4, 6]), draw(&[3, 1, 4, 7])];
    assert_eq!(hidden[..3 * D], other[..3 * D]);
    assert_ne!(hidden[3 * D..], other[3 * D..]);
    assert!((0..3).all(|row| radii[row * D..][..D] != changed[row * D..][..D]));
}

#[test]
fn spec_3_9_6_no_corner_exceeds_what_the_index_is_asked_for() {
    let (mut model, params) = model(&[("queries", Value::Number(3.0))]);
    let history = [3, 1, 4];
    let found = bubbles(&mut model, &params, &history, None);
    let mut tape = Tape::new();
    let users = model.encode(&mut tape, &params, &batch(&[&history]), &[]).users;
    let asked = tape.value(users);
    for item in 0..9 {
        let q = params.values(model.items).row(item).to_vec();
        let indexed: Vec<f32> = q.iter().copied().chain(q.iter().map(|x| x.abs())).collect();
        for (corner, asked) in corners(&found, &q).iter().rev().zip(asked.chunks_exact(2 * D)) {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert!(dot(corner, &q) <= dot(asked, &indexed) + 1e-5);
        }
    }
}

#[test]
fn a_user_without_history_has_no_bubbles_and_still_has_scores() {
    let (mut model, params) = model(&[]);
    let found = scores(&mut model, &params, &[&[], &[2, 3]]);
    assert!(found.iter().all(|score| score.is_finite()));
    let alone = scores(&mut model, &params, &[&[2, 3]]);
    near(&found[9..], &alone);
}

#[test]
fn what_is_seen_of_an_item_adds_up_to_its_score() {
    let (mut model, params) = model(&[]);
    let all = scores(&mut model, &params, &[&[3, 1, 4]]);
    for item in 0..9 {
        let met = bubbles(&mut model, &params, &[3, 1, 4], Some(item))
            .met
            .expect("an item was looked at");
        let (weights, context) = met.context.expect("a context-aware bubble");
        near(&[met.pooled + context], &[all[item as usize]]);
        near(&[weights.iter().sum()], &[1.0]);
        let q = params.values(model.items).row(item as usize).to_vec();
        let by_hand: f32 = met.corner.iter().zip(&q).map(|(corner, q)| corner * q).sum();
        near(&[met.pooled], &[by_hand]);
    }
}
