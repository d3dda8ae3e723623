//! Gradient descent in three flavours, lazily for tables.
//!
//! A row of a table is updated only in steps that looked it up, and its moments rest in between, as in PyTorch's
//! `SparseAdam`; unlike there, ε is added after the bias correction for tables too, so that a table of which every row
//! is touched learns exactly as a dense parameter does. All dense parameters are updated in one pass, those that the
//! step did not use with gradient zero.

use wide::f32x4;

use super::params::Params;
use super::pen::{Pen, Unfit};

/// Which rule, and its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OptimizerConfig {
    /// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `w ← w − lr · m̂ / (√v̂ + ε)` with `m̂ = m / (1 − β₁ᵗ)` and `v̂`
    /// alike (Kingma and Ba, 2015, algorithm 1).
    Adam {
        /// Learning rate.
        lr: f32,
        /// β₁, how much of the mean gradient is kept.
        beta1: f32,
        /// β₂, how much of the mean squared gradient is kept.
        beta2: f32,
        /// ε, against division by zero.
        epsilon: f32,
    },
    /// `s ← s + g²`, `w ← w − lr · g / (√s + ε)` (Duchi et al., 2011, diagonal form).
    Adagrad {
        /// Learning rate.
        lr: f32,
        /// ε, against division by zero.
        epsilon: f32,
    },
    /// `w ← w − lr · g`.
    Sgd {
        /// Learning rate.
        lr: f32,
    },
}

/// What an optimiser remembers of each number; empty where its rule does not need it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Moments {
    /// Adam's m.
    first: Vec<f32>,
    /// Adam's v, Adagrad's s.
    second: Vec<f32>,
}

/// Everything an optimiser remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerSnapshot {
    dense: Moments,
    tables: Vec<Moments>,
    /// β₁ᵗ and β₂ᵗ after t steps.
    powers: [f64; 2],
}

impl OptimizerSnapshot {
    /// Every number, for `pen`.
    ///
    /// # Errors
    /// If `pen` reads those of another rule or of other parameters.
    pub fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        pen.all(&mut self.powers)?;
        for moments in self.tables.iter_mut().chain([&mut self.dense]) {
            pen.all(&mut moments.first)?;
            pen.all(&mut moments.second)?;
        }
        Ok(())
    }
}

/// Updates parameters from their gradients.
#[derive(Clone, Debug)]
pub struct Optimizer {
    config: OptimizerConfig,
    clip_norm: Option<f32>,
    state: OptimizerSnapshot,
}

/// The rule with everything worked out that is the same for all numbers of one step.
#[derive(Clone, Copy)]
enum Rule {
    Adam {
        rate: f32,
        beta1: f32,
        beta2: f32,
        root: f32,
        epsilon: f32,
    },
    Adagrad {
        rate: f32,
        epsilon: f32,
    },
    Sgd {
        rate: f32,
    },
}

impl OptimizerConfig {
    fn lr_mut(&mut self) -> &mut f32 {
        match self {
            OptimizerConfig::Adam { lr, .. } | OptimizerConfig::Adagrad { lr, .. } | OptimizerConfig::Sgd { lr } => lr,
        }
    }

    fn moments(&self, numbers: usize) -> Moments {
        let zeros = |needed: bool| vec![0.0; if needed { numbers } else { 0 }];
        Moments {
            first: zeros(matches!(self, OptimizerConfig::Adam { .. })),
            second: zeros(!matches!(self, OptimizerConfig::Sgd { .. })),
        }
    }
}

impl Optimizer {
    /// An optimiser of `params` that remembers nothing yet and does not clip.
    #[must_use]
    pub fn new(config: OptimizerConfig, params: &Params) -> Self {
        let tables: Vec<_> = params
            .tables()
            .iter()
            .map(|table| config.moments(table.values().len()))
            .collect();
        let in_tables: usize = params.tables().iter().map(|table| table.values().len()).sum();
        let state = OptimizerSnapshot {
            dense: config.moments(params.count() - in_tables),
            tables,
            powers: [1.0, 1.0],
        };
        Self {
            config,
            clip_norm: None,
            state,
        }
    }

    /// The same optimiser, which shortens gradients whose norm over all parameters is above `limit`.
    #[must_use]
    pub fn with_clip_norm(mut self, limit: Option<f32>) -> Self {
        self.clip_norm = limit;
        self
    }

    /// Changes the learning rate; nothing remembered is lost.
    pub fn set_lr(&mut self, lr: f32) {
        *self.config.lr_mut() = lr;
    }

    /// Updates `params` once from the gradients of the last backward pass. Returns the norm of the gradient over all
    /// parameters, before clipping.
    pub fn step(&mut self, params: &mut Params) -> f32 {
        params.complete_dense_gradient();
        let norm = params.gradient_norm();
        let shrink = match self.clip_norm {
            Some(limit) if norm > limit => limit / norm,
            _ => 1.0,
        };
        let rule = self.next_rule();
        let (values, gradient) = params.dense_parts();
        let Moments { first, second } = &mut self.state.dense;
        rule.update(values, gradient, first, second, shrink);
        for (table, moments) in params.tables_mut().iter_mut().zip(&mut self.state.tables) {
            table.for_each_touched(|place, values, gradient| {
                let (first, second) = moments.row(place, values.len());
                rule.update(values, gradient, first, second, shrink);
            });
        }
        norm
    }

    /// A copy of everything remembered.
    #[must_use]
    pub fn save(&self) -> OptimizerSnapshot {
        self.state.clone()
    }

    /// Remembers what was remembered when the copy was made.
    ///
    /// # Panics
    /// If the copy was made by an optimiser of other parameters or another rule.
    pub fn restore(&mut self, snapshot: &OptimizerSnapshot) {
        let sizes = |state: &OptimizerSnapshot| -> Vec<_> {
            let all = state.tables.iter().chain([&state.dense]);
            all.map(|moments| (moments.first.len(), moments.second.len())).collect()
        };
        assert_eq!(sizes(&self.state), sizes(snapshot), "moments of the snapshot");
        self.state.clone_from(snapshot);
    }

    /// Counts a step. The powers of β are kept as products in double precision, so no power function is involved.
    fn next_rule(&mut self) -> Rule {
        match self.config {
            OptimizerConfig::Sgd { lr } => Rule::Sgd { rate: lr },
            OptimizerConfig::Adagrad { lr, epsilon } => Rule::Adagrad { rate: lr, epsilon },
            OptimizerConfig::Adam {
                lr,
                beta1,
                beta2,
                epsilon,
            } => {
                let [power1, power2] = &mut self.state.powers;
                *power1 *= f64::from(beta1);
                *power2 *= f64::from(beta2);
                Rule::Adam {
                    rate: (f64::from(lr) / (1.0 - *power1)) as f32,
                    beta1,
                    beta2,
                    root: (1.0 / (1.0 - *power2).sqrt()) as f32,
                    epsilon,
                }
            }
        }
    }
}

impl Moments {
    /// Moments of the `len` numbers from `place`.
    fn row(&mut self, place: usize, len: usize) -> (&mut [f32], &mut [f32]) {
        let part = |moment: &mut Vec<f32>| if moment.is_empty() { 0..0 } else { place..place + len };
        let (first, second) = (part(&mut self.first), part(&mut self.second));
        (&mut self.first[first], &mut self.second[second])
    }
}

impl Rule {
    /// Updates `values` and their moments; the gradient is multiplied by `shrink` first.
    fn update(self, values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], shrink: f32) {
        let shrink = f32x4::splat(shrink);
        match self {
            Rule::Adam {
                rate,
                beta1,
                beta2,
                root,
                epsilon,
            } => {
                let (rate, root, epsilon) = (f32x4::splat(rate), f32x4::splat(root), f32x4::splat(epsilon));
                let (keep1, take1) = (f32x4::splat(beta1), f32x4::splat(1.0 - beta1));
                let (keep2, take2) = (f32x4::splat(beta2), f32x4::splat(1.0 - beta2));
                each([values, first, second], gradient, |[w, m, v], g| {
                    let g = g * shrink;
                    let m = keep1 * m + take1 * g;
                    let v = keep2 * v + take2 * (g * g);
                    [w - rate * m / (v.sqrt() * root + epsilon), m, v]
                });
            }
            Rule::Adagrad { rate, epsilon } => {
                let (rate, epsilon) = (f32x4::splat(rate), f32x4::splat(epsilon));
                each([values, second], gradient, |[w, s], g| {
                    let g = g * shrink;
                    let s = s + g * g;
                    [w - rate * g / (s.sqrt() + epsilon), s]
                });
            }
            Rule::Sgd { rate } => {
                let rate = f32x4::splat(rate);
                each([values], gradient, |[w], g| [w - rate * (g * shrink)]);
            }
        }
    }
}

/// Applies `rule` to vectors of the same length as `gradient`, four lanes at a time.
#[inline(always)]
fn each<const N: usize>(
    mut vectors: [&mut [f32]; N],
    gradient: &[f32],
    rule: impl Fn([f32x4; N], f32x4) -> [f32x4; N],
) {
    assert!(
        vectors.iter().all(|vector| vector.len() == gradient.len()),
        "moments of {} numbers",
        gradient.len()
    );
    let (chunks, tail) = gradient.as_chunks::<4>();
    for (at, g) in chunks.iter().enumerate() {
        let old = std::array::from_fn(|i| f32x4::from(vectors[i].as_chunks::<4>().0[at]));
        let new = rule(old, f32x4::from(*g));
        for (vector, new) in vectors.iter_mut().zip(new) {
            vector.as_chunks_mut::<4>().0[at] = new.to_array();
        }
    }
    for (at, g) in (chunks.len() * 4..).zip(tail) {
        let old = std::array::from_fn(|i| f32x4::splat(vectors[i][at]));
        let new = rule(old, f32x4::splat(*g));
        for (vector, new) in vectors.iter_mut().zip(new) {
            vector[at] = new.to_array()[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, ParamId, Tape};
    use crate::rng::{Purpose, Rng};

    const ADAM: OptimizerConfig = OptimizerConfig::Adam {
        lr: 0.3,
        beta1: 0.5,
        beta2: 0.75,
        epsilon: 0.5,
    };

    /// A dense parameter `[1, 2]` and a table `[3, 1]`, all ones.
    struct World {
        params: Params,
        dense: ParamId,
        table: ParamId,
        tape: Tape,
    }

    fn world() -> World {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let dense = params.dense("dense", 1, 2, Init::Zeros, &mut rng);
        let table = params.table("table", 3, 1, Init::Zeros, &mut rng);
        params.values_mut(dense).fill(1.0);
        params.values_mut(table).fill(1.0);
        World {
            params,
            dense,
            table,
            tape: Tape::new(),
        }
    }

    impl World {
        /// Gives the dense parameter this gradient.
        fn push_dense(&mut self, gradient: [f32; 2]) {
            self.tape.reset();
            let w = self.tape.param(&self.params, self.dense);
            let g = self.tape.input(1, 2, &gradient);
            let product = self.tape.mul(w, g);
            let loss = self.tape.sum(product);
            self.tape.backward(&mut self.params, loss);
        }

        /// Gives one row of the table this gradient.
        fn push_row(&mut self, row: u32, gradient: f32) {
            self.tape.reset();
            let w = self.tape.gather(&self.params, self.table, &[row]);
            let product = self.tape.scale(w, gradient);
            let loss = self.tape.sum(product);
            self.tape.backward(&mut self.params, loss);
        }

        fn dense(&self) -> Vec<f32> {
            self.params.values(self.dense).iter().copied().collect()
        }

        fn rows(&self) -> Vec<f32> {
            self.params.values(self.table).iter().copied().collect()
        }
    }

    fn assert_near(found: &[f32], expected: &[f32]) {
        let near = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near, "{found:?} for {expected:?}");
    }

    #[test]
    fn sgd_walks_down_the_gradient() {
        let mut world = world();
        let mut sgd = Optimizer::new(OptimizerConfig::Sgd { lr: 0.1 }, &world.params);
        world.push_dense([2.0, -1.0]);
        sgd.step(&mut world.params);
        assert_near(&world.dense(), &[0.8, 1.1]);
        sgd.set_lr(1.0);
        sgd.step(&mut world.params);
        assert_near(&world.dense(), &[-1.2, 2.1]);
    }

    #[test]
    fn adagrad_agrees_with_arithmetic_by_hand() {
        let config = OptimizerConfig::Adagrad { lr: 0.1, epsilon: 1.0 };
        let mut world = world();
        let mut adagrad = Optimizer::new(config, &world.params);
        // s = 9, step 0.1 · 3 / (3 + 1).
        world.push_dense([3.0, 0.0]);
        adagrad.step(&mut world.params);
        assert_near(&world.dense(), &[0.925, 1.0]);
        // s = 9 + 16 = 25, step 0.1 · 4 / (5 + 1).
        world.push_dense([4.0, 0.0]);
        adagrad.step(&mut world.params);
        assert_near(&world.dense(), &[0.858_333, 1.0]);
    }

    #[test]
    fn adam_agrees_with_arithmetic_by_hand() {
        let mut world = world();
        let mut adam = Optimizer::new(ADAM, &world.params);
        // m = 0.5, v = 0.25; corrected by 1 - 0.5 and 1 - 0.75 both are 1; step 0.3 · 1 / (1 + 0.5) = 0.2.
        world.push_dense([1.0, -1.0]);
        adam.step(&mut world.params);
        assert_near(&world.dense(), &[0.8, 1.2]);
        // m = 0.25 + 1.5 = 1.75, corrected by 0.75: 2.333333; v = 0.1875 + 2.25 = 2.4375, corrected by 0.4375:
        // 5.571429 with root 2.360387; step 0.3 · 2.333333 / 2.860387 = 0.244722.
        world.push_dense([3.0, -3.0]);
        adam.step(&mut world.params);
        assert_near(&world.dense(), &[0.555_278, 1.444_722]);
    }

    #[test]
    fn rows_that_a_step_did_not_look_up_rest_with_their_moments() {
        let mut world = world();
        let mut adam = Optimizer::new(ADAM, &world.params);
        world.push_row(1, 1.0);
        adam.step(&mut world.params);
        assert_near(&world.rows(), &[1.0, 0.8, 1.0]);
        world.push_row(2, 1.0);
        adam.step(&mut world.params);
        assert_near(&world.rows()[..2], &[1.0, 0.8]);
        // Step 3 in all, the second of row 1: m = 1.75 and v = 2.4375 as if step 2 had not been, but corrected by
        // 1 - 0.5³ = 0.875 and 1 - 0.75³ = 0.578125: 2, and 4.216216 with root 2.053343; step 0.3 · 2 / 2.553343.
        world.push_row(1, 3.0);
        adam.step(&mut world.params);
        assert_near(&world.rows()[..2], &[1.0, 0.565_013]);
    }

    #[test]
    fn a_dense_parameter_that_a_step_did_not_use_has_gradient_zero() {
        let mut world = world();
        let mut sgd = Optimizer::new(OptimizerConfig::Sgd { lr: 0.1 }, &world.params);
        world.push_dense([2.0, 2.0]);
        world.push_row(0, 1.0);
        assert_eq!(sgd.step(&mut world.params), 1.0);
        assert_near(&world.dense(), &[1.0, 1.0]);
        assert_near(&world.rows(), &[0.9, 1.0, 1.0]);
    }

    #[test]
    fn clipping_shortens_the_gradient_of_all_parameters_together() {
        let mut world = world();
        let config = OptimizerConfig::Sgd { lr: 1.0 };
        let mut sgd = Optimizer::new(config, &world.params).with_clip_norm(Some(1.0));
        world.tape.reset();
        let (w, row) = (
            world.tape.param(&world.params, world.dense),
            world.tape.gather(&world.params, world.table, &[2]),
        );
        let factors = world.tape.input(1, 3, &[3.0, 0.0, 4.0]);
        let both = world.tape.concat(&[w, row]);
        let product = world.tape.mul(both, factors);
        let loss = world.tape.sum(product);
        world.tape.backward(&mut world.params, loss);
        assert_eq!(sgd.step(&mut world.params), 5.0);
        assert_near(&world.dense(), &[0.4, 1.0]);
        assert_near(&world.rows(), &[1.0, 1.0, 0.2]);
    }

    #[test]
    fn a_restored_run_continues_with_the_same_bits() {
        let mut world = world();
        let mut adam = Optimizer::new(ADAM, &world.params);
        let two_steps = |world: &mut World, adam: &mut Optimizer| {
            world.push_dense([1.5, -0.3]);
            adam.step(&mut world.params);
            world.push_row(2, 0.7);
            adam.step(&mut world.params);
            world.params.checksum()
        };
        two_steps(&mut world, &mut adam);
        let snapshots = (world.params.save(), adam.save());
        let first = two_steps(&mut world, &mut adam);
        assert_ne!(two_steps(&mut world, &mut adam), first, "steps change the parameters");
        world.params.restore(&snapshots.0);
        adam.restore(&snapshots.1);
        assert_eq!(two_steps(&mut world, &mut adam), first);
    }
}
