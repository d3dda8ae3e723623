//! Properties that the specification asks of numbers as vectors, and those that all kinds have in common.

use super::*;
use crate::engine::data::Field;
use crate::engine::nn::{Activation, Init, Optimizer, OptimizerConfig};
use crate::engine::rng::Purpose;

const WIDTH: usize = 3;

const PLAIN: AutoDisSpec = AutoDisSpec {
    bins: 6,
    skip: 0.5,
    bias: true,
    temperature: 0.2,
    band: None,
    aggregation: Aggregation::WeightedAverage,
};

/// A grid over the range of training.
fn grid() -> Vec<f32> {
    (0..=100).map(|step| step as f32 / 10.0).collect()
}

fn table(fields: &[(&str, &[f32])]) -> Table {
    let field = |&(name, values): &(&str, &[f32])| Field {
        name: name.to_owned(),
        column: Column::Number {
            values: values.to_vec(),
        },
    };
    Table {
        keys: (0..fields[0].1.len()).map(|row| row.to_string()).collect(),
        fields: fields.iter().map(field).collect(),
        ..Table::default()
    }
}

fn of<'a>(spec: &'a NumericSpec, table: &'a Table, occurrences: &'a [u32]) -> Facts<'a> {
    Facts {
        spec,
        table,
        occurrences,
        clicks: None,
    }
}

fn build(of: Facts) -> (Numbers, Params) {
    let (mut params, mut rng) = (Params::new(), Rng::stream(5, Purpose::Init, 0));
    let numbers = Numbers::build(of, "item", WIDTH, &mut params, &mut rng);
    (numbers, params)
}

/// A field with values from 0 to 10, of which the upper half occurs more often.
fn one(spec: &NumericSpec) -> (Numbers, Params) {
    let occurrences = [[1; 51].as_slice(), &[5; 50]].concat();
    build(of(spec, &table(&[("price", &grid())]), &occurrences))
}

fn autodis(spec: AutoDisSpec) -> (Numbers, Params) {
    one(&NumericSpec::AutoDis(spec))
}

/// The vectors of `values`.
fn vectors((numbers, params): &mut (Numbers, Params), values: &[f32]) -> Vec<Vec<f32>> {
    let width = numbers.columns();
    let curve = numbers.curve(params, 0, values);
    curve.chunks(width).map(<[f32]>::to_vec).collect()
}

/// The weights of the bins at `values`.
fn weights((numbers, params): &mut (Numbers, Params), values: &[f32]) -> Vec<Vec<f32>> {
    let bins = numbers.soft_bins(params, 0, values).expect("AutoDis has bins");
    bins.weights.chunks(bins.bins).map(<[f32]>::to_vec).collect()
}

/// The heaviest bin.
fn heaviest(weights: &[f32]) -> usize {
    let bins = 0..weights.len();
    bins.fold(0, |best, bin| if weights[bin] > weights[best] { bin } else { best })
}

fn apart(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn assert_near(found: &[f32], expected: &[f32], tolerance: f32) {
    assert!(apart(found, expected) <= tolerance, "{found:?} for {expected:?}");
}

/// One of every kind, at its defaults.
fn all() -> Vec<(&'static str, NumericSpec)> {
    let mut all: Vec<_> = NUMERICS
        .iter()
        .map(|kind| {
            let settings = Settings::check("numeric", &(kind.knobs)(), &crate::by_name::ByName::new());
            (kind.kind, (kind.build)(&settings.expect("defaults are sound")))
        })
        .collect();
    let more = [
        (true, Aggregation::WeightedAverage),
        (false, Aggregation::TopKSum(2)),
        (false, Aggregation::MaxPooling),
    ];
    for (adaptive, aggregation) in more {
        let spec = AutoDisSpec {
            band: adaptive.then_some(0.5),
            aggregation,
            ..PLAIN
        };
        all.push(("autodis", NumericSpec::AutoDis(spec)));
    }
    all
}

#[test]
fn spec_7_5_1_weights_add_up_to_one_and_the_temperature_leads_from_all_alike_to_the_best_alone() {
    for band in [None, Some(0.7)] {
        for row in weights(&mut autodis(AutoDisSpec { band, ..PLAIN }), &grid()) {
            assert!(row.iter().all(|weight| *weight >= 0.0));
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{row:?}");
        }
    }
    let at = |temperature| AutoDisSpec { temperature, ..PLAIN };
    for row in weights(&mut autodis(at(1e9)), &grid()) {
        assert_near(&row, &[1.0 / 6.0; 6], 1e-6);
    }
    let hard = AutoDisSpec {
        aggregation: Aggregation::MaxPooling,
        ..PLAIN
    };
    let (mut cold, mut hard) = (autodis(at(1e-6)), autodis(hard));
    // At 1e-6 two scores have to differ by 1e-4 for one of them to take all.
    let (weights, expected) = (weights(&mut cold, &grid()), weights(&mut hard, &grid()));
    let same = weights
        .iter()
        .zip(&expected)
        .filter(|(found, hard)| apart(found, hard) < 1e-6);
    assert!(same.count() >= 100, "{weights:?}");
    let (cold, hard) = (vectors(&mut cold, &grid()), vectors(&mut hard, &grid()));
    let same = cold.iter().zip(&hard).filter(|(cold, hard)| apart(cold, hard) < 1e-6);
    assert!(same.count() >= 100);
}

#[test]
fn spec_7_5_2_a_single_bin_and_equal_meta_embeddings_are_constant_in_x() {
    let mut single = autodis(AutoDisSpec { bins: 1, ..PLAIN });
    let curve = vectors(&mut single, &grid());
    assert!(curve.iter().all(|vector| *vector == curve[0]));
    let mut equal = autodis(PLAIN);
    let meta = equal.1.find("item.price.meta").expect("meta-embeddings");
    for mut row in equal.1.values_mut(meta).outer_iter_mut() {
        row.iter_mut()
            .zip([0.3, -0.7, 0.1])
            .for_each(|(into, value)| *into = value);
    }
    for vector in vectors(&mut equal, &grid()) {
        assert_near(&vector, &[0.3, -0.7, 0.1], 1e-6);
    }
}

#[test]
fn spec_7_5_3_the_weighted_average_is_continuous_and_bins_jump_at_edges_and_are_flat_inside() {
    let mut soft = autodis(PLAIN);
    let mut jump = |step: f32| {
        let both: Vec<f32> = (0..90).flat_map(|k| [k as f32 / 9.0, k as f32 / 9.0 + step]).collect();
        let curve = vectors(&mut soft, &both);
        curve
            .chunks(2)
            .map(|pair| apart(&pair[0], &pair[1]))
            .fold(0.0, f32::max)
    };
    let jumps = [0.1, 0.01, 0.001].map(&mut jump);
    assert!(jumps[0] > 0.0 && jumps[0] < 0.1, "{jumps:?}");
    assert!(jumps[1] < 0.2 * jumps[0] && jumps[2] < 0.2 * jumps[1], "{jumps:?}");

    let mut bins = one(&NumericSpec::Bins(Cut::EqualWidth(5)));
    assert_eq!(bins.0.edges(0), [2.0, 4.0, 6.0, 8.0]);
    let [inside, before, after, end] = &vectors(&mut bins, &[2.0, 4.0_f32.next_down(), 4.0, 5.99])[..] else {
        panic!("four values have four vectors")
    };
    assert_eq!((inside, after), (before, end));
    assert!(apart(before, after) > 0.05, "{before:?} and {after:?}");
}

#[test]
fn spec_7_5_4_the_smallest_value_weighs_all_bins_alike_without_biases() {
    let mut plain = autodis(AutoDisSpec { bias: false, ..PLAIN });
    assert_near(&weights(&mut plain, &[0.0])[0], &[1.0 / 6.0; 6], 1e-7);
    let with = weights(&mut autodis(PLAIN), &[0.0]);
    assert!(apart(&with[0], &[1.0 / 6.0; 6]) > 0.01, "{with:?}");
}

#[test]
fn spec_7_5_5_the_sum_of_all_is_h_times_the_mean_and_max_pooling_is_the_sum_of_one() {
    let by = |aggregation| autodis(AutoDisSpec { aggregation, ..PLAIN });
    let mut all = by(Aggregation::TopKSum(6));
    let bins = all.0.soft_bins(&all.1, 0, &[1.0]).expect("AutoDis has bins");
    let sums: Vec<f32> = (0..WIDTH)
        .map(|column| bins.vectors.iter().skip(column).step_by(WIDTH).sum())
        .collect();
    for vector in vectors(&mut all, &grid()) {
        assert_near(&vector, &sums, 1e-6);
    }
    let [best, most] = [Aggregation::TopKSum(1), Aggregation::MaxPooling].map(|by_| vectors(&mut by(by_), &grid()));
    assert_eq!(best, most);
}

#[test]
fn without_biases_one_bin_is_best_for_every_value_above_the_smallest_and_with_them_it_changes() {
    let best = |bias| {
        let mut found: Vec<usize> = Vec::new();
        for row in weights(&mut autodis(AutoDisSpec { bias, ..PLAIN }), &grid()[1..]) {
            if !found.contains(&heaviest(&row)) {
                found.push(heaviest(&row));
            }
        }
        found.len()
    };
    assert_eq!(best(false), 1);
    assert!(best(true) > 1);
    // x is an inverse temperature: at twice the x, odds are squared.
    let rows = weights(&mut autodis(AutoDisSpec { bias: false, ..PLAIN }), &[2.0, 4.0]);
    for bin in 1..6 {
        let [once, twice] = [0, 1].map(|row: usize| rows[row][bin] / rows[row][0]);
        assert!((once * once / twice - 1.0).abs() < 1e-4, "{rows:?}");
    }
}

#[test]
fn a_missing_value_has_a_vector_of_its_own_which_alone_learns_from_it() {
    for (kind, spec) in all().into_iter().filter(|(_, spec)| *spec != NumericSpec::None) {
        let mut field = one(&spec);
        let known = vectors(&mut field, &grid());
        let missing = vectors(&mut field, &[f32::NAN, f32::INFINITY]);
        assert_eq!(missing[0], missing[1], "{kind}");
        assert!(known.iter().all(|vector| *vector != missing[0]), "{kind}");

        let (mut numbers, mut params) = field;
        let mut learnt = |values: &[f32]| {
            let mut tape = Tape::new();
            let vectors = numbers.encode_values(&mut tape, &params, 0, values);
            let sum = tape.sum(vectors);
            tape.backward(&mut params, sum);
            let gradients = params.ids().flat_map(|id| params.gradient(id));
            gradients.map(|slope| slope != 0.0).collect::<Vec<bool>>()
        };
        let (of_known, of_missing) = (learnt(&grid()), learnt(&[f32::NAN]));
        assert!(of_missing.contains(&true), "{kind}");
        let own = of_missing
            .iter()
            .zip(&of_known)
            .filter(|(missing, known)| **missing && !**known);
        assert!(own.count() >= WIDTH, "{kind}");
        if kind != "dlrm" {
            // In a network the layers behind the first are shared.
            let shared = of_missing
                .iter()
                .zip(&of_known)
                .filter(|(missing, known)| **missing && **known);
            assert_eq!(shared.count(), 0, "{kind}");
        }
    }
}

#[test]
fn values_outside_the_range_of_training_are_as_those_at_its_ends() {
    for (kind, spec) in all().into_iter().filter(|(_, spec)| *spec != NumericSpec::None) {
        let found = vectors(&mut one(&spec), &[-1e6, 0.0, 10.0, 1e30]);
        assert_eq!((&found[0], &found[2]), (&found[1], &found[3]), "{kind}");
        assert_ne!(found[1], found[2], "{kind}");
    }
}

#[test]
fn what_is_held_out_changes_nothing() {
    let values = [3.0, 1.0, 7.5, f32::NAN, 4.0, -1e6, 1e6];
    for (kind, spec) in all() {
        let vectors = |rows: usize| {
            let table = table(&[("price", &values[..rows])]);
            let (mut numbers, params) = build(of(&spec, &table, &[2, 1, 5, 3, 1, 0, 0][..rows]));
            let mut curve = Vec::new();
            if spec != NumericSpec::None {
                assert_eq!(numbers.range(0), Some((1.0, 7.5)), "{kind}");
                curve = numbers.curve(&params, 0, &grid());
            }
            (curve, params.checksum())
        };
        assert_eq!(vectors(7), vectors(5), "{kind}");
    }
}

#[test]
fn rows_of_the_table_are_encoded_as_their_values_and_columns_are_as_promised() {
    let (price, length) = ([1.0, 2.0, f32::NAN, 4.0], [10.0, f32::NAN, 30.0, 40.0]);
    let table = table(&[("price", &price), ("length", &length)]);
    for (kind, spec) in all() {
        let (mut numbers, params) = build(of(&spec, &table, &[1; 4]));
        let mut tape = Tape::new();
        let mut parts = Vec::new();
        numbers.encode(&mut tape, &params, &[3, 2, 0, 3], &mut parts);
        let columns: Vec<usize> = parts.iter().map(|part| tape.shape(*part).1).collect();
        assert_eq!(columns, numbers.parts().collect::<Vec<_>>(), "{kind}");
        match kind {
            "none" => assert_eq!((numbers.columns(), params.count()), (0, 0)),
            "youtube" => assert_eq!(columns, [3; 2]),
            "dlrm" => assert_eq!(columns, [WIDTH]),
            _ => {
                assert_eq!(columns, [WIDTH; 2], "{kind}");
                let lengths = numbers.encode_values(&mut tape, &params, 1, &[40.0, 30.0, 10.0, 40.0]);
                assert_eq!(tape.value(lengths), tape.value(parts[1]), "{kind}");
            }
        }
    }
}

#[test]
fn youtube_gives_the_place_in_the_distribution_its_square_and_its_root() {
    let table = table(&[("price", &[10.0, 20.0, 40.0])]);
    let (mut numbers, params) = build(of(&NumericSpec::Youtube, &table, &[2, 1, 1]));
    let found = numbers.curve(&params, 0, &[15.0, 40.0]);
    assert_near(&found, &[0.25, 0.0625, 0.5, 0.75, 0.5625, 0.866_025_4], 1e-6);
}

#[test]
fn one_vector_is_multiplied_by_the_scaled_value() {
    let mut field = one(&NumericSpec::Field);
    let [low, quarter, high] = &vectors(&mut field, &[0.0, 2.5, 10.0])[..] else {
        panic!("three values have three vectors")
    };
    assert_eq!(*low, [0.0; WIDTH]);
    let product: Vec<f32> = high.iter().map(|x| 0.25 * x).collect();
    assert_near(quarter, &product, 1e-7);
}

#[test]
fn dlrm_reads_all_numbers_together_and_shows_one_beside_the_medians_of_the_others() {
    let table = table(&[("price", &[1.0, 2.0, 3.0]), ("length", &[5.0, 9.0, 6.0])]);
    let spec = NumericSpec::Dlrm(vec![8]);
    let (mut numbers, params) = build(of(&spec, &table, &[1; 3]));
    let mut tape = Tape::new();
    let mut parts = Vec::new();
    // Row 2 has the length 6, the median.
    numbers.encode(&mut tape, &params, &[2], &mut parts);
    assert_eq!(numbers.curve(&params, 0, &[3.0]), tape.value(parts[0]));
    assert_eq!(numbers.names().collect::<Vec<_>>(), ["price", "length"]);
}

#[test]
fn a_table_without_numbers_has_no_parameters_and_a_field_that_training_never_shows_is_harmless() {
    for (kind, spec) in all() {
        let (numbers, params) = build(of(&spec, &Table::default(), &[]));
        assert_eq!((numbers.columns(), params.count()), (0, 0), "{kind}");
        if spec != NumericSpec::None {
            let table = table(&[("price", &[f32::NAN, 8.0])]);
            let (mut numbers, params) = build(of(&spec, &table, &[1, 0]));
            let curve = numbers.curve(&params, 0, &[f32::NAN, 8.0]);
            assert!(curve.iter().all(|x| x.is_finite()), "{kind}");
        }
    }
}

/// What is left, as a share of the variance, of a bump and a step that a linear layer is to tell from the vectors of a
/// field, after 300 steps.
fn left_over(spec: &NumericSpec) -> f32 {
    let values = grid();
    let effect = |x: f32| 2.0 * libm::expf(-0.5 * (x - 3.0) * (x - 3.0)) - if x > 7.0 { 1.2 } else { 0.0 };
    let target: Vec<f32> = values.iter().map(|x| effect(*x)).collect();
    let mean = target.iter().sum::<f32>() / target.len() as f32;
    let variance = target.iter().map(|y| (y - mean) * (y - mean)).sum::<f32>() / target.len() as f32;
    let wrong: Vec<f32> = target.iter().map(|y| -y).collect();

    let (mut numbers, mut params) = one(spec);
    let mut rng = Rng::stream(6, Purpose::Init, 0);
    let weight = params.dense("head", numbers.columns(), 1, Init::Glorot, &mut rng);
    let bias = params.dense("bias", 1, 1, Init::Zeros, &mut rng);
    let config = OptimizerConfig::Adam {
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };
    let (mut optimizer, mut tape) = (Optimizer::new(config, &params), Tape::new());
    let mut left = 0.0;
    for _ in 0..300 {
        tape.reset();
        let vectors = numbers.encode_values(&mut tape, &params, 0, &values);
        let found = tape.linear(&params, vectors, weight, Some(bias), Activation::None);
        let wrong = tape.input(values.len(), 1, &wrong);
        let errors = tape.add(found, wrong);
        let squares = tape.mul(errors, errors);
        let loss = tape.mean(squares);
        tape.backward(&mut params, loss);
        optimizer.step(&mut params);
        left = tape.value(loss)[0] / variance;
    }
    left
}

#[test]
fn autodis_learns_a_bump_and_a_step_which_one_vector_cannot_tell_and_which_hard_bins_do_not_learn() {
    let autodis = |aggregation, bias, temperature| {
        let spec = AutoDisSpec {
            bins: 20,
            bias,
            temperature,
            aggregation,
            ..PLAIN
        };
        left_over(&NumericSpec::AutoDis(spec))
    };
    let soft = autodis(Aggregation::WeightedAverage, true, 0.1);
    assert!(soft < 0.02, "{soft}");
    let field = left_over(&NumericSpec::Field);
    assert!(field > 0.4, "a straight line leaves {field}");
    let unbiased = autodis(Aggregation::WeightedAverage, false, 0.1);
    assert!(unbiased > 3.0 * soft && unbiased < field, "{unbiased} without biases");
    let hard = autodis(Aggregation::MaxPooling, true, 0.1);
    assert!(hard > 3.0 * soft, "{hard} by the best alone");
    let cold = autodis(Aggregation::WeightedAverage, true, 1e-5);
    assert!(cold > 10.0 * soft, "{cold} at the temperature of the paper");
}
