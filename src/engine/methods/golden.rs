//! What the golden files of models have in common: parameters with their values and gradients, written by PyTorch in
//! double precision.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::engine::nn::{Negatives, ParamId, Params, SoftmaxSpec, Tape, Var};

/// Every parameter by name.
pub type Parameters = BTreeMap<String, Learnt>;

/// A parameter.
#[derive(Deserialize)]
pub struct Learnt {
    values: Vec<f32>,
    gradient: Vec<f32>,
}

/// The parameters that hold numbers: not the embeddings that are made of others.
fn held(params: &Params) -> impl Iterator<Item = ParamId> {
    params.ids().filter(|id| params.encoder(*id).is_none())
}

/// Gives `params` the golden values; both have the same names.
pub fn take_up(params: &mut Params, golden: &Parameters) {
    let names: Vec<&str> = held(params).map(|id| params.name(id)).collect();
    assert_eq!(names.len(), golden.len(), "{names:?}");
    let ids: Vec<ParamId> = held(params).collect();
    for id in ids {
        let learnt = &golden[params.name(id)];
        let values = params.values_mut(id).into_iter();
        values.zip(&learnt.values).for_each(|(into, value)| *into = *value);
    }
}

/// The gradient of every parameter is the golden one, and none is nothing.
pub fn check_gradients(what: &str, params: &Params, golden: &Parameters, tolerance: f32) {
    for id in held(params) {
        let name = params.name(id);
        let expected = &golden[name].gradient;
        assert!(
            expected.iter().any(|slope| slope.abs() > 1e-4),
            "{what}: {name} learns something"
        );
    }
    gradients_agree(what, params, golden, tolerance);
}

/// The gradient of every parameter is the golden one.
pub fn gradients_agree(what: &str, params: &Params, golden: &Parameters, tolerance: f32) {
    for id in held(params) {
        let name = params.name(id);
        let expected = &golden[name].gradient;
        assert_near(&format!("{what}, {name}"), &params.gradient(id), expected, tolerance);
    }
}

/// Compares numbers one by one; the tolerance grows with those above 1.
pub fn assert_near<'a>(
    what: &str,
    found: impl IntoIterator<Item = &'a f32>,
    expected: impl IntoIterator<Item = &'a f32>,
    tolerance: f32,
) {
    let [found, expected]: [Vec<f32>; 2] = [
        found.into_iter().copied().collect(),
        expected.into_iter().copied().collect(),
    ];
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= tolerance * (1.0 + expected.abs()),
            "{what}, number {place}: {found} for {expected}"
        );
    }
}

/// The softmax cross-entropy of each row of `users` among all rows of `items`.
pub fn softmax_among_all(tape: &mut Tape, users: Var, items: Var, positives: &[u32], temperature: f32) -> Var {
    let scores = tape.matmul_nt(users, items);
    softmax_of(tape, scores, positives, temperature)
}

/// The softmax cross-entropy of each row of `scores`.
pub fn softmax_of(tape: &mut Tape, scores: Var, positives: &[u32], temperature: f32) -> Var {
    let masked: Vec<(u32, u32)> = (0..).zip(positives.iter().copied()).collect();
    let positive = tape.pick(scores, positives);
    let others = Negatives {
        scores,
        log_q: &[],
        masked: &masked,
    };
    let spec = SoftmaxSpec {
        temperature,
        ..SoftmaxSpec::PLAIN
    };
    tape.softmax_cross_entropy(positive, &[others], &spec)
}
