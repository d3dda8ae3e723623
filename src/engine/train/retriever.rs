//! The training of a [`Retriever`]: batch → candidates → vectors → scores → loss → gradients → optimiser.

use std::rc::Rc;

use crate::engine::data::{Batch, Batches, Dataset};
use crate::engine::embed::Embed;
use crate::engine::losses::{Logits, Loss};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::model::Retriever;
use crate::engine::nn::{Optimizer, Packing, Params, Size, Tape, Write, gemm_nt};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::sampling::{Candidates, Sampler};

use super::{Checkpoint, Parts, StepReport, Trainer, World};

/// Items encoded at once when all are wanted: enough to fill the kernels, little enough to keep the tape small.
const CHUNK: usize = 1024;

/// A retriever, its parameters, and everything that trains them.
pub struct RetrieverTrainer<R> {
    world: Rc<World>,
    seed: u32,
    steps: u64,
    batches: Batches,
    sampler: Box<dyn Sampler>,
    loss: Box<dyn Loss>,
    optimizer: Optimizer,
    model: R,
    params: Params,
    batch: Batch,
    candidates: Candidates,
    tape: Tape,
    serving: Serving,
}

/// What is kept for scoring: a tape of its own, so that the training tape keeps its shape, and the item vectors.
#[derive(Default)]
struct Serving {
    tape: Tape,
    /// Item vectors and the step they were encoded at.
    items: Option<(u64, Matrix)>,
    no_users: Batch,
}

impl<R: Retriever> RetrieverTrainer<R> {
    /// Puts `model`, whose parameters are `params`, to work.
    pub fn new(parts: Parts, model: R, params: Params) -> Self {
        let Parts {
            world,
            seed,
            train,
            sampler,
            loss,
            optimizer,
        } = parts;
        Self {
            batches: Batches::new(&world.dataset.log, &world.split, train.batch, train.history, 0, seed),
            optimizer: optimizer.build(&params),
            world,
            seed,
            steps: 0,
            sampler,
            loss,
            model,
            params,
            batch: Batch::default(),
            candidates: Candidates::default(),
            tape: Tape::default(),
            serving: Serving::default(),
        }
    }

    fn dataset(&self) -> &Dataset {
        &self.world.dataset
    }
}

impl<R: Retriever> Trainer for RetrieverTrainer<R> {
    fn step(&mut self) -> StepReport {
        self.batches.fill(&self.world.dataset, self.steps, &mut self.batch);
        let mut rng = Rng::stream(self.seed, Purpose::Negatives, self.steps);
        self.sampler.draw(&self.batch, &mut rng, &mut self.candidates);

        self.tape.reset();
        let tape = &mut self.tape;
        let encoded = self
            .model
            .encode(tape, &self.params, &self.batch, &self.candidates.items);
        let scores = tape.matmul_nt(encoded.users, encoded.items);
        let candidates = &self.candidates;
        let mut loss = self.loss.eval(tape, Logits { scores, candidates });
        if let Some(penalty) = encoded.penalty {
            loss = tape.add(loss, penalty);
        }
        tape.backward(&mut self.params, loss);
        self.optimizer.step(&mut self.params);
        self.steps += 1;
        StepReport {
            loss: Some(self.tape.value(loss)[0]),
        }
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch()
    }

    fn parameters(&self) -> u64 {
        self.params.count() as u64
    }

    fn checksum(&self) -> u64 {
        self.params.checksum()
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        let users = self.users(batch);
        let heads = self.heads();
        let items = self.items();
        score_all(&users, heads, items, out);
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        Some(self)
    }

    fn save(&self) -> Checkpoint {
        Checkpoint {
            step: self.steps,
            learnt: Some((self.params.save(), self.optimizer.save())),
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        if let Some((params, optimizer)) = &checkpoint.learnt {
            self.params.restore(params);
            self.optimizer.restore(optimizer);
        }
        self.steps = checkpoint.step;
        self.serving.items = None;
    }
}

impl<R: Retriever> Embed for RetrieverTrainer<R> {
    fn metric(&self) -> Metric {
        self.model.metric()
    }

    fn heads(&self) -> usize {
        self.model.heads()
    }

    fn items(&mut self) -> &Matrix {
        let n_items = self.dataset().items.len();
        let Serving { tape, items, no_users } = &mut self.serving;
        if items.as_ref().is_none_or(|(step, _)| *step != self.steps) {
            let all: Vec<u32> = (0..n_items as u32).collect();
            let mut values = Vec::new();
            for chunk in all.chunks(CHUNK) {
                tape.reset();
                let encoded = self.model.encode(tape, &self.params, no_users, chunk);
                values.extend_from_slice(tape.value(encoded.items));
            }
            let matrix = Matrix::from_shape_vec((n_items, values.len() / n_items.max(1)), values);
            *items = Some((self.steps, matrix.expect("every item has a row of equal length")));
        }
        let (_, matrix) = items.as_ref().expect("just encoded");
        matrix
    }

    fn users(&mut self, batch: &Batch) -> Matrix {
        let tape = &mut self.serving.tape;
        tape.reset();
        let encoded = self.model.encode(tape, &self.params, batch, &[]);
        let shape = tape.shape(encoded.users);
        Matrix::from_shape_vec(shape, tape.value(encoded.users).to_vec()).expect("a value has its variable's shape")
    }
}

/// Scores of all N items for each of B users: the best of the user's K heads. `users` is `[B·K, d]`, `items` `[N, d]`,
/// `out` becomes `[B, N]`.
fn score_all(users: &Matrix, heads: usize, items: &Matrix, out: &mut Vec<f32>) {
    let size = Size {
        m: users.nrows(),
        k: users.ncols(),
        n: items.nrows(),
    };
    out.clear();
    out.resize(size.m * size.n, 0.0);
    gemm_nt(
        size,
        rows(users),
        rows(items),
        out,
        Write::Store,
        &mut Packing::default(),
    );
    if heads > 1 {
        for user in 0..size.m / heads {
            for item in 0..size.n {
                let scores = (0..heads).map(|head| out[(user * heads + head) * size.n + item]);
                out[user * size.n + item] = scores.fold(f32::NAN, f32::max);
            }
        }
        out.truncate(size.m / heads * size.n);
    }
}

fn rows(matrix: &Matrix) -> &[f32] {
    matrix.as_slice().expect("vectors lie row after row")
}
