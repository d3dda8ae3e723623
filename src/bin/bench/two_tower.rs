//! A step of training a two-tower model: 10,000 items of width 32, histories of 20, batch 256, a layer of 64 in both
//! towers, cosine over τ = 0.1, in-batch softmax with logQ, row-sparse Adam.
//!
//! The same numbers as in the comparison of candidates that decided how this engine is built, so that the speeds can
//! be compared: ids are drawn from Zipf's law with exponent 1, 64 batches are drawn before the clock runs.

use playground::engine::nn::{
    Activation, Init, Optimizer, OptimizerConfig, ParamId, Params, Pooling, SoftmaxSpec, Tape, Var,
};
use playground::engine::rng::{Purpose, Rng};

/// Samples of a step.
pub const BATCH: usize = 256;
/// Operations of a step's matrix products: each product of the forward pass is followed by two of the backward pass.
pub const FLOPS: u64 = 3 * 2 * (BATCH * (2 * 2 * WIDTH * HIDDEN + BATCH * WIDTH)) as u64;

const ITEMS: usize = 10_000;
const WIDTH: usize = 32;
const HIDDEN: usize = 64;
const HISTORY: usize = 20;
const BATCHES: usize = 64;

/// Weight and bias of the two layers of a tower.
type Tower = [(ParamId, ParamId); 2];

struct Batch {
    history: Vec<u32>,
    positives: Vec<u32>,
    /// log Q of each positive.
    log_q: Vec<f32>,
}

/// The model at some step.
pub struct TwoTower {
    params: Params,
    items: ParamId,
    user: Tower,
    item: Tower,
    optimizer: Optimizer,
    tape: Tape,
    batches: Vec<Batch>,
    offsets: Vec<u32>,
    columns: Vec<u32>,
    steps: usize,
}

impl TwoTower {
    /// The model before its first step, with its batches.
    pub fn new() -> Self {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let items = params.table("items", ITEMS, WIDTH, Init::Normal(0.1), &mut rng);
        let [user, item] = ["user", "item"].map(|name| tower(&mut params, name, &mut rng));
        let config = OptimizerConfig::Adam {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        };
        Self {
            optimizer: Optimizer::new(config, &params),
            params,
            items,
            user,
            item,
            tape: Tape::new(),
            batches: batches(),
            offsets: (0..=BATCH).map(|row| (row * HISTORY) as u32).collect(),
            columns: (0..BATCH as u32).collect(),
            steps: 0,
        }
    }

    /// One step; its loss.
    pub fn step(&mut self) -> f32 {
        self.tape.reset();
        let loss = self.loss();
        self.tape.backward(&mut self.params, loss);
        self.optimizer.step(&mut self.params);
        self.steps += 1;
        self.tape.value(loss)[0]
    }

    fn loss(&mut self) -> Var {
        let batch = &self.batches[self.steps % BATCHES];
        let (tape, params) = (&mut self.tape, &self.params);
        let pooled = tape.gather_pool(params, self.items, &self.offsets, &batch.history, Pooling::Mean);
        let positives = tape.gather(params, self.items, &batch.positives);
        let users = encode(tape, params, &self.user, pooled);
        let items = encode(tape, params, &self.item, positives);
        let scores = tape.matmul_nt(users, items);
        let spec = SoftmaxSpec {
            temperature: 0.1,
            log_q: Some(&batch.log_q),
            positives: &self.columns,
            masked: &[],
            weights: None,
        };
        tape.softmax_cross_entropy(scores, &spec)
    }
}

fn tower(params: &mut Params, name: &str, rng: &mut Rng) -> Tower {
    [(WIDTH, HIDDEN, "1"), (HIDDEN, WIDTH, "2")].map(|(from, to, layer)| {
        let weight = params.dense(&format!("{name}.w{layer}"), from, to, Init::He, rng);
        let bias = params.dense(&format!("{name}.b{layer}"), 1, to, Init::Zeros, rng);
        (weight, bias)
    })
}

/// `[B, d] → [B, d]`, of length 1.
fn encode(tape: &mut Tape, params: &Params, tower: &Tower, x: Var) -> Var {
    let [(w1, b1), (w2, b2)] = *tower;
    let hidden = tape.linear(params, x, w1, Some(b1), Activation::Relu);
    let out = tape.linear(params, hidden, w2, Some(b2), Activation::None);
    tape.l2_normalise(out)
}

fn batches() -> Vec<Batch> {
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    // Cumulative weights 1, 1 + 1/2, 1 + 1/2 + 1/3 …
    let cumulative: Vec<f64> = (1..=ITEMS)
        .scan(0.0, |sum, rank| {
            *sum += 1.0 / rank as f64;
            Some(*sum)
        })
        .collect();
    let total = cumulative[ITEMS - 1];
    let mut draw = |n: usize| -> Vec<u32> {
        let one = |_| {
            let mark = f64::from(rng.uniform()) * total;
            cumulative.partition_point(|sum| *sum <= mark).min(ITEMS - 1) as u32
        };
        (0..n).map(one).collect()
    };
    let log_q = |item: &u32| -libm::log(f64::from(item + 1) * total) as f32;
    let batch = |_| {
        let (history, positives) = (draw(BATCH * HISTORY), draw(BATCH));
        let log_q = positives.iter().map(log_q).collect();
        Batch {
            history,
            positives,
            log_q,
        }
    };
    (0..BATCHES).map(batch).collect()
}
