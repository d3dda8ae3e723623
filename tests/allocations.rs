//! A training step allocates nothing once the first step of its shapes is done, and a search nothing after the first.
//!
//! A program of its own, because the allocator that counts is global.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;

use playground::engine::features::{ENCODERS, NUMERICS};
use playground::engine::index::{Ask, INDEXES, Work};
use playground::engine::matrix::{Matrix, Metric};
use playground::engine::methods::METHODS;
use playground::engine::nn::{
    Activation, Init, Negatives, Optimizer, OptimizerConfig, Pairwise, ParamId, Params, Pooling, SoftmaxSpec, Tape, Var,
};
use playground::engine::rng::{Purpose, Rng};
use playground::protocol::Recipe;
use playground::session::Library;
use playground::settings::{Settings, Value, by_key};

const ITEMS: usize = 500;
const WIDTH: usize = 8;
const BATCH: usize = 32;
const HISTORY: usize = 5;

thread_local! {
    /// Allocations of this thread; the test harness has threads of its own.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting.
struct Counting;

// SAFETY: every call is handed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A batch; all have the same shapes, but not the same number of different items.
struct Batch {
    history: Vec<u32>,
    positives: Vec<u32>,
}

struct Model {
    params: Params,
    items: ParamId,
    layers: [ParamId; 3],
}

impl Model {
    fn new() -> Self {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let items = params.table("items", ITEMS, WIDTH, Init::Normal(0.1), &mut rng);
        let layers = [
            params.dense("hidden", 2 * WIDTH, 16, Init::He, &mut rng),
            params.dense("bias", 1, 16, Init::Zeros, &mut rng),
            params.dense("out", 16, WIDTH, Init::Glorot, &mut rng),
        ];
        Self { params, items, layers }
    }

    /// One loss that passes through every kind of operation.
    fn loss(&self, tape: &mut Tape, batch: &Batch, offsets: &[u32], columns: &[u32]) -> Var {
        let (params, [hidden, bias, out]) = (&self.params, self.layers);
        let pooled = tape.gather_pool(params, self.items, offsets, &batch.history, Pooling::Mean);
        let positives = tape.gather(params, self.items, &batch.positives);
        let constant = tape.input(BATCH, WIDTH, &[0.5; BATCH * WIDTH]);
        let joined = tape.concat(&[pooled, constant]);
        let users = tape.linear(params, joined, hidden, Some(bias), Activation::Relu);
        let users = tape.linear(params, users, out, None, Activation::Tanh);
        let gate = tape.sigmoid(pooled);
        let users = tape.mul(users, gate);
        let users = tape.l2_normalise(users);
        let scores = tape.matmul_nt(users, positives);
        let spec = SoftmaxSpec {
            temperature: 0.1,
            logq: true,
            positive_log_q: &[],
            weights: None,
        };
        let positive = tape.row_products(users, positives);
        let hard = tape.pick(scores, columns);
        let block = |scores, masked| Negatives {
            scores,
            log_q: &[],
            masked,
        };
        let blocks = [block(scores, &[(0, 1)]), block(hard, &[])];
        let loss = tape.softmax_cross_entropy(positive, &blocks, &spec);
        let constant = tape.detach(loss);
        let pairs = tape.pairwise_loss(positive, &blocks, Pairwise::Hinge { margin: 0.2 });
        let pairs = tape.mul(pairs, constant);
        let loss = tape.add(loss, pairs);
        let weight = tape.param(params, out);
        let squares = tape.matmul_nn(scores, positives);
        let (some, size) = (tape.rows(squares, 1, 3), tape.mean(weight));
        let (some, size) = (tape.sum(some), tape.scale(size, 0.1));
        let penalty = tape.add(some, size);
        let penalty = tape.scale(penalty, 1e-3);
        tape.add(loss, penalty)
    }
}

fn batches() -> Vec<Batch> {
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    // Later batches draw from more items, so they touch more rows than the first.
    let mut draw = |n: usize, among: u32| (0..n).map(|_| rng.below(among)).collect();
    let of = |among: u32| Batch {
        history: draw(BATCH * HISTORY, among),
        positives: draw(BATCH, among),
    };
    [10, 100, ITEMS as u32].map(of).into()
}

#[test]
fn a_step_allocates_nothing_after_the_first_of_its_shapes() {
    let (mut model, batches) = (Model::new(), batches());
    let config = OptimizerConfig::Adam {
        lr: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };
    let mut optimizer = Optimizer::new(config, &model.params).with_clip_norm(Some(1.0));
    let mut tape = Tape::new();
    let offsets: Vec<u32> = (0..=BATCH).map(|row| (row * HISTORY) as u32).collect();
    let columns: Vec<u32> = (0..BATCH as u32).collect();
    let mut allocations = Vec::with_capacity(12);
    for batch in batches.iter().cycle().take(12) {
        let before = ALLOCATIONS.get();
        tape.reset();
        let loss = model.loss(&mut tape, batch, &offsets, &columns);
        tape.backward(&mut model.params, loss);
        optimizer.step(&mut model.params);
        assert!(tape.value(loss)[0].is_finite());
        allocations.push(ALLOCATIONS.get() - before);
    }
    assert!(
        allocations[0] > 0,
        "the first step fills the buffers, so the count works"
    );
    assert_eq!(allocations[1..], [0; 11], "allocations of the later steps");
}

#[test]
fn no_trainer_allocates_once_its_buffers_have_seen_an_epoch() {
    let methods = METHODS.iter().filter(|method| method.gradient);
    let kinds = methods
        .map(|method| ("model", method.kind))
        .chain(ENCODERS[1..].iter().map(|encoder| ("encoder", encoder.kind)))
        .chain(NUMERICS[1..].iter().map(|numeric| ("numeric", numeric.kind)));
    for (section, kind) in kinds {
        let mut recipe = Recipe::default();
        kind.clone_into(&mut recipe.section_mut(section).expect("a section").kind);
        stays_within_its_buffers(recipe, kind);
    }
}

#[test]
fn a_search_allocates_nothing_after_the_first() {
    let mut rng = Rng::stream(3, Purpose::Trial, 0);
    let vectors = Matrix::from_shape_simple_fn((600, WIDTH), || rng.normal());
    for kind in INDEXES {
        for metric in [Metric::Dot, Metric::Cosine, Metric::L2] {
            for transform in ["none", "random_rotation"] {
                let given = by_key([("transform", Value::Text(transform.to_owned()))]);
                let settings = Settings::check("index", &kind.knobs(), &given).expect("a transform of every kind");
                let index = kind
                    .build(vectors.clone(), metric, &settings, 1)
                    .expect("finite vectors");
                let (mut work, mut found) = (Work::default(), Vec::new());
                let mut search = |query: usize| {
                    let query = vectors.row(query).to_slice().expect("rows one after the other");
                    index.search(query, Ask::new(10, index.effort()), &mut work, &mut found);
                };
                // How many cells hold enough candidates, and how far a walk gets, differs from query to query.
                (0..600).for_each(&mut search);
                let before = ALLOCATIONS.get();
                (0..600).for_each(&mut search);
                let total = ALLOCATIONS.get() - before;
                assert_eq!(total, 0, "{} {metric:?} behind {transform}", kind.kind);
            }
        }
    }
}

fn stays_within_its_buffers(mut recipe: Recipe, kind: &str) {
    for (key, value) in [("users", 300.0), ("items", 300.0)] {
        recipe.data.settings.insert(key.to_owned(), Value::Number(value));
    }
    if recipe.validate().is_err() {
        // Every row with the whole batch is too much where a pair takes more than a product.
        "uniform".clone_into(&mut recipe.sampler.kind);
        recipe.sampler.settings.insert("n".to_owned(), Value::Number(4.0));
    }
    let plan = recipe.validate().expect("few negatives are sound");
    let dataset = Library::default()
        .dataset(&plan)
        .expect("the planted world needs no file");
    let world = plan.world(dataset).expect("every user has events enough");
    let mut trainer = plan.trainer(Rc::new(world)).expect("the default sampler fits any data");
    // Histories, tags and texts are ragged: two passes over all examples have shown the buffers about their largest
    // batch, and have measured the drift once. A batch that is larger still may make a buffer grow, once.
    let epoch = trainer.steps_per_epoch();
    assert!(2 * epoch > 50, "the drift is measured within {epoch} steps");
    for _ in 0..2 * epoch {
        trainer.step();
    }
    let before = ALLOCATIONS.get();
    for _ in 0..2 * epoch {
        trainer.step();
    }
    let total = ALLOCATIONS.get() - before;
    assert!(total <= 2, "{kind}: {total} allocations in {} steps", 2 * epoch);
}
