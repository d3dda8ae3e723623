use super::parity::Golden;
use super::*;
use crate::by_name::ByName;
use crate::engine::data::{Batch, ItemId};
use crate::engine::features::Facts;
use crate::engine::model::{Compared, Joint, Retriever};
use crate::engine::rng::Purpose;

/// Clicks a model reads at most.
const PLACES: usize = 6;

fn built(readout: &str) -> (Ranker, Params) {
    let words = [("readout", readout)].map(|(key, word)| (key, Value::Text(word.to_owned())));
    let numbers = [("dim", 4.0), ("feature_dim", 4.0), ("dropout", 0.2)];
    let numbers = numbers.map(|(key, value)| (key, Value::Number(value)));
    let given: ByName<Value> = words
        .into_iter()
        .chain(numbers)
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let settings = Settings::check("model", &(METHOD.knobs)(), &given).expect("sound settings");
    let (mut params, mut rng) = (Params::new(), Rng::stream(2, Purpose::Init, 0));
    let dataset = Golden::read().dataset();
    let model = Ranker::build(
        &settings,
        &dataset,
        [&dataset.users, &dataset.items].map(Facts::left_out),
        false,
        &mut params,
        &mut rng,
        |width, params, rng| {
            let sizes = (width, PLACES);
            Some(Box::new(Transformer::build(&settings, sizes, true, params, rng)))
        },
    );
    (model, params)
}

/// The users of `batch` each with all six items.
fn scores(model: &mut Ranker, params: &Params, batch: &Batch) -> Vec<f32> {
    let mut tape = Tape::new();
    let items = [0, 1, 2, 3, 4, 5];
    let encoded = model.encode(&mut tape, params, batch, &items);
    let scores = model.compare(&mut tape, params, Compared::by_all(&items, encoded.items));
    tape.value(scores).to_vec()
}

fn near(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
}

/// The user of row 2 alone, the clicks in another order; each keeps its time.
fn reordered(order: [usize; 3]) -> Batch {
    let mut batch = Golden::read().batch().alone(2);
    let (items, times) = (batch.history_items.clone(), batch.history_times.clone());
    for (place, from) in order.into_iter().enumerate() {
        (batch.history_items[place], batch.history_times[place]) = (items[from], times[from]);
    }
    batch
}

#[test]
fn spec_4_1_weights_add_up_to_one_and_what_other_rows_hold_changes_nothing() {
    let batch = Golden::read().batch();
    for readout in ["flatten", "target", "mean"] {
        let (mut model, params) = built(readout);
        let together = scores(&mut model, &params, &batch);
        for row in 0..3 {
            // Others have longer or shorter histories: places that are filled up must not be seen.
            let alone = scores(&mut model, &params, &batch.alone(row));
            assert!(near(&alone, &together[6 * row..][..6]), "{readout}, row {row}");
        }
        let mut tape = Tape::new();
        let looked = crate::engine::inside::Looked {
            height: None,
            item: Some(4),
        };
        let Inside::Attention(seen) = model.inside(&mut tape, &params, &batch.alone(0), looked) else {
            panic!("a transformer attends");
        };
        assert_eq!(
            (seen.weights.len(), seen.gaps.as_slice()),
            (4 * 8 * 4, [990, 300, 10].as_slice())
        );
        for weights in seen.weights.chunks_exact(4) {
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!((seen.logit - together[4]).abs() < 1e-5);
    }
}

#[test]
fn spec_4_2_the_target_does_not_see_the_order_of_clicks_but_their_times_and_flat_rows_do() {
    let (mut target, params) = built("target");
    let as_it_was = scores(&mut target, &params, &reordered([0, 1, 2]));
    assert!(near(&scores(&mut target, &params, &reordered([2, 0, 1])), &as_it_was));
    let mut swapped = reordered([0, 1, 2]);
    swapped.history_times.swap(0, 1);
    assert!(!near(&scores(&mut target, &params, &swapped), &as_it_was));

    let (mut flat, params) = built("flatten");
    let as_it_was = scores(&mut flat, &params, &reordered([0, 1, 2]));
    assert!(!near(&scores(&mut flat, &params, &reordered([2, 0, 1])), &as_it_was));
}

/// A block of the default settings, what it makes of five rows in two sequences, and the rows.
fn block(change: impl FnOnce(&mut Params)) -> (Vec<f32>, Vec<f32>, usize) {
    let (width, mut params, mut rng) = (12, Params::new(), Rng::stream(3, Purpose::Init, 0));
    let layer = EncoderLayer::build("block", spec(width, 8, 4), &mut params, &mut rng);
    change(&mut params);
    let values: Vec<f32> = (0..5 * width).map(|_| rng.between(-2.0, 3.0)).collect();
    let mut tape = Tape::new();
    let rows = tape.input(5, width, &values);
    let blocks = Blocks {
        rows,
        places: None,
        offsets: &[0, 2, 5],
    };
    let (out, _) = layer.asked(&mut tape, &params, blocks, blocks, &mut Dropout::default());
    (tape.value(out).to_vec(), values, width)
}

fn mean_and_variance(row: &[f32]) -> (f32, f32) {
    let mean = row.iter().sum::<f32>() / row.len() as f32;
    let squares = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>();
    (mean, squares / row.len() as f32)
}

#[test]
fn spec_4_3_rows_come_out_with_mean_zero_and_variance_one() {
    let (out, values, width) = block(|_| {});
    for (row, before) in out.chunks_exact(width).zip(values.chunks_exact(width)) {
        let (mean, variance) = mean_and_variance(row);
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-3, "{mean} {variance}");
        assert!(mean_and_variance(before).0.abs() > 1e-3);
    }
}

#[test]
fn spec_4_4_where_nothing_is_added_a_row_is_normed_twice() {
    let (out, values, width) = block(|params| {
        for name in ["block.output", "block.outer", "block.outer_bias"] {
            let id = params.find(name).expect("a parameter of this name");
            params.values_mut(id).fill(0.0);
        }
    });
    let norm = |row: &[f32]| -> Vec<f32> {
        let (mean, variance) = mean_and_variance(row);
        row.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt()).collect()
    };
    for (row, before) in out.chunks_exact(width).zip(values.chunks_exact(width)) {
        assert!(near(row, &norm(&norm(before))));
    }
}

#[test]
fn an_event_of_the_moment_is_not_seen_and_a_later_one_neither() {
    let batch = Golden::read().batch().alone(2);
    let (mut model, params) = built("flatten");
    let before = scores(&mut model, &params, &batch);
    // The last event is of the moment itself.
    let mut without = batch.clone();
    without.history_items.pop();
    without.history_times.pop();
    without.history_offsets = vec![0, 3];
    assert_eq!(scores(&mut model, &params, &without), before);
    let mut later = batch;
    later.history_times[3] += 50;
    later.history_items[3] = ItemId(0);
    assert_eq!(scores(&mut model, &params, &later), before);
}

#[test]
fn positions_double_with_the_gap_and_are_events_where_there_are_no_times() {
    let settings = Settings::check("model", &(METHOD.knobs)(), &ByName::new()).expect("defaults");
    let build = |timed| {
        let mut rng = Rng::stream(2, Purpose::Init, 0);
        Transformer::build(&settings, (4, PLACES), timed, &mut Params::new(), &mut rng)
    };
    let (timed, places) = (build(true), build(false));
    let of = |transformer: &Transformer, gaps: [i64; 7]| gaps.map(|gap| transformer.bucket(gap));
    assert_eq!(of(&timed, [0, 1, 2, 3, 6, 7, i64::MAX]), [0, 1, 1, 2, 2, 3, 31]);
    assert_eq!(of(&places, [0, 1, 2, 3, 6, 7, 500]), [0, 1, 2, 3, 6, 7, 31]);
}
