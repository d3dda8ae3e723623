//! The optimisers a recipe can name, and their settings.

use crate::engine::nn::{Optimizer, OptimizerConfig, Params};
use crate::settings::{Knob, Settings, Value};

/// An entry of the table of optimisers.
pub struct OptimizerKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Its rule.
    pub build: fn(&Settings) -> OptimizerParts,
}

/// A rule, and the limit on the gradient's norm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimizerParts {
    /// The rule.
    pub config: OptimizerConfig,
    /// Largest norm of the whole gradient; a longer one is scaled down to it. Nothing for no limit.
    pub clip_norm: Option<f32>,
}

/// All optimisers, in alphabetical order.
pub const OPTIMIZERS: &[OptimizerKind] = &[
    OptimizerKind {
        kind: "adagrad",
        source: "Duchi et al., 2011",
        knobs: || vec![learning_rate(0.01).paper(Value::Number(0.01)), epsilon(1e-10), clip()],
        build: |settings| {
            parts(
                settings,
                OptimizerConfig::Adagrad {
                    lr: settings.real("lr"),
                    epsilon: settings.real("epsilon"),
                },
            )
        },
    },
    OptimizerKind {
        kind: "adam",
        source: "Kingma and Ba, ICLR 2015",
        knobs: || {
            vec![
                learning_rate(0.001).paper(Value::Number(0.001)),
                Knob::real("beta1", 0.0, 0.999, 0.9).paper(Value::Number(0.9)),
                Knob::real("beta2", 0.0, 0.999_999, 0.999).paper(Value::Number(0.999)),
                epsilon(1e-8).paper(Value::Number(1e-8)),
                clip(),
            ]
        },
        build: |settings| {
            let config = OptimizerConfig::Adam {
                lr: settings.real("lr"),
                beta1: settings.real("beta1"),
                beta2: settings.real("beta2"),
                epsilon: settings.real("epsilon"),
            };
            parts(settings, config)
        },
    },
    OptimizerKind {
        kind: "sgd",
        source: "",
        knobs: || vec![learning_rate(0.1), clip()],
        build: |settings| {
            parts(
                settings,
                OptimizerConfig::Sgd {
                    lr: settings.real("lr"),
                },
            )
        },
    },
];

impl OptimizerParts {
    /// The optimiser of `params`.
    #[must_use]
    pub fn build(self, params: &Params) -> Optimizer {
        Optimizer::new(self.config, params).with_clip_norm(self.clip_norm)
    }
}

fn learning_rate(default: f64) -> Knob {
    Knob::log("lr", 1e-6, 10.0, default)
}

fn epsilon(default: f64) -> Knob {
    Knob::log("epsilon", 1e-12, 1.0, default)
}

/// Limit of the gradient's norm; 0 for none.
fn clip() -> Knob {
    Knob::real("clip_norm", 0.0, 1000.0, 0.0)
}

fn parts(settings: &Settings, config: OptimizerConfig) -> OptimizerParts {
    let limit = settings.real("clip_norm");
    OptimizerParts {
        config,
        clip_norm: (limit > 0.0).then_some(limit),
    }
}
