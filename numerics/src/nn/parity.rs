//! A small two-tower model against PyTorch: losses, gradients and values after ten steps.
//!
//! The expected numbers are in `tests/golden/two_tower.json`, next to the script that made them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Activation, Init, Negatives, Optimizer, OptimizerConfig, ParamId, Params, Pooling, SoftmaxSpec, Tape, Var,
};
use crate::rng::{Purpose, Rng};

const GOLDEN: &str = include_str!("../../../tests/golden/two_tower.json");

#[derive(Deserialize)]
struct Golden {
    temperature: f32,
    params: BTreeMap<String, Matrix>,
    /// By item.
    log_q: Vec<f32>,
    batches: Vec<Batch>,
    /// Of the first step.
    gradients: BTreeMap<String, Vec<f32>>,
    runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct Matrix {
    rows: usize,
    cols: usize,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Batch {
    offsets: Vec<u32>,
    history: Vec<u32>,
    positives: Vec<u32>,
}

#[derive(Deserialize)]
struct Run {
    losses: Vec<f32>,
    last_values: BTreeMap<String, Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(GOLDEN).expect("the golden file is as its script wrote it")
}

fn params_of(golden: &Golden) -> Params {
    let mut rng = Rng::stream(1, Purpose::Init, 0);
    let mut params = Params::new();
    for (name, matrix) in &golden.params {
        let id = if name == "items" {
            params.table(name, matrix.rows, matrix.cols, Init::Zeros, &mut rng)
        } else {
            params.dense(name, matrix.rows, matrix.cols, Init::Zeros, &mut rng)
        };
        params
            .values_mut(id)
            .iter_mut()
            .zip(&matrix.values)
            .for_each(|(into, value)| *into = *value);
    }
    params
}

fn id(params: &Params, name: &str) -> ParamId {
    params.find(name).unwrap_or_else(|| panic!("no parameter {name}"))
}

fn tower(tape: &mut Tape, params: &Params, name: &str, x: Var) -> Var {
    let [w1, b1, w2, b2] = ["w1", "b1", "w2", "b2"].map(|layer| id(params, &format!("{name}.{layer}")));
    let x = tape.linear(params, x, w1, Some(b1), Activation::Relu);
    let x = tape.linear(params, x, w2, Some(b2), Activation::None);
    tape.l2_normalise(x)
}

fn loss(tape: &mut Tape, params: &Params, golden: &Golden, batch: &Batch) -> Var {
    let items = id(params, "items");
    let pooled = tape.gather_pool(params, items, &batch.offsets, &batch.history, Pooling::Mean);
    let looked_up = tape.gather(params, items, &batch.positives);
    let (users, items) = (
        tower(tape, params, "user", pooled),
        tower(tape, params, "item", looked_up),
    );
    let scores = tape.matmul_nt(users, items);
    let log_q: Vec<f32> = batch
        .positives
        .iter()
        .map(|item| golden.log_q[*item as usize])
        .collect();
    let columns: Vec<u32> = (0..batch.positives.len() as u32).collect();
    let same = |a: &u32, b: &u32| batch.positives[*a as usize] == batch.positives[*b as usize];
    let pairs = columns.iter().flat_map(|a| columns.iter().map(move |b| (*a, *b)));
    let masked: Vec<(u32, u32)> = pairs.filter(|(a, b)| same(a, b)).collect();
    assert!(masked.len() > columns.len(), "the golden batches hold accidental hits");
    let positive = tape.row_products(users, items);
    let block = Negatives {
        scores,
        log_q: &log_q,
        masked: &masked,
    };
    let spec = SoftmaxSpec {
        temperature: golden.temperature,
        logq: true,
        positive_log_q: &log_q,
        weights: None,
    };
    tape.softmax_cross_entropy(positive, &[block], &spec)
}

fn assert_near(what: &str, found: impl IntoIterator<Item = f32>, expected: &[f32], tolerance: f32) {
    let found: Vec<f32> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance * (1.0 + expected.abs()),
            "{what}, number {place}: {found} for {expected}"
        );
    }
}

/// Trains as the golden run `name` did and returns the checksum of what was learnt.
fn check_run(name: &str, config: OptimizerConfig) -> u64 {
    let golden = golden();
    let run = &golden.runs[name];
    let (mut params, mut tape) = (params_of(&golden), Tape::new());
    let mut optimizer = Optimizer::new(config, &params);
    for (step, (batch, expected)) in golden.batches.iter().zip(&run.losses).enumerate() {
        tape.reset();
        let loss = loss(&mut tape, &params, &golden, batch);
        assert_near(
            &format!("{name}, loss of step {step}"),
            [tape.value(loss)[0]],
            &[*expected],
            1e-5,
        );
        tape.backward(&mut params, loss);
        if step == 0 {
            for (of, expected) in &golden.gradients {
                assert_near(
                    &format!("gradient of {of}"),
                    params.gradient(id(&params, of)),
                    expected,
                    1e-5,
                );
            }
        }
        optimizer.step(&mut params);
    }
    for (of, expected) in &run.last_values {
        let values = params.values(id(&params, of)).to_owned();
        assert_near(&format!("{name}, {of} after the last step"), values, expected, 1e-5);
    }
    params.checksum()
}

#[test]
fn adam_learns_as_in_pytorch() {
    let config = OptimizerConfig::Adam {
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };
    // The bits are the same on every machine; they may change only with a change of the arithmetic that is meant.
    assert_eq!(check_run("adam", config), 0x4722_ef9d_48df_93b7);
}

#[test]
fn adagrad_learns_as_in_pytorch() {
    check_run(
        "adagrad",
        OptimizerConfig::Adagrad {
            lr: 0.05,
            epsilon: 1e-10,
        },
    );
}

#[test]
fn sgd_learns_as_in_pytorch() {
    check_run("sgd", OptimizerConfig::Sgd { lr: 0.05 });
}
