//! Every operation's way back against central differences of its way forward.
//!
//! [`COUNT`] and [`index`] walk all operations: a new one does not compile here until it has a number, and
//! `every_operation_has_a_case` fails until a case records it.

use super::ops::Op;
use super::{
    Activation, AttentionSpec, AttentionWeights, BubbleSpec, Init, Negatives, Pairs, Pairwise, ParamId, Params,
    Pooling, RoutingSpec, Separator, SoftmaxSpec, Tape, Temperature, Var,
};
use crate::rng::{Purpose, Rng};

/// How many operations there are.
const COUNT: usize = 40;

/// A number for each operation, below [`COUNT`].
fn index(op: Op) -> usize {
    match op {
        Op::Activate(_) => 0,
        Op::Add(_) => 1,
        Op::Concat(_) => 2,
        Op::Gather(_) => 3,
        Op::GatherPool(_) => 4,
        Op::Input => 5,
        Op::L2Normalise(_) => 6,
        Op::Linear(_) => 7,
        Op::MatmulNn(_) => 8,
        Op::MatmulNt(_) => 9,
        Op::Mul(_) => 10,
        Op::Param(_) => 11,
        Op::Rows(_) => 12,
        Op::Scale(_) => 13,
        Op::SoftmaxCrossEntropy(_) => 14,
        Op::Sum(_) => 15,
        Op::Attention(_) => 16,
        Op::LayerNorm(_) => 17,
        Op::Lstm(_) => 18,
        Op::Pool(_) => 19,
        Op::Select(_) => 20,
        Op::Stack(_) => 21,
        Op::PairwiseLoss(_) => 22,
        Op::Pick(_) => 23,
        Op::RowProducts(_) => 24,
        Op::Routing(_) => 25,
        Op::Separate(_) => 26,
        Op::PlacedLinear(_) => 27,
        Op::Power(_) => 28,
        Op::EdgeProducts(_) => 29,
        Op::EdgeSoftmax(_) => 30,
        Op::Propagate(_) => 31,
        Op::Larger(_) => 32,
        Op::PoolBubbles(_) => 33,
        Op::Prelu(_) => 34,
        Op::BatchNorm(_) => 35,
        Op::Mish(_) => 36,
        Op::Mix(_) => 37,
        Op::RowSoftmax(_) => 38,
        Op::FieldPairs(_) => 39,
    }
}

/// Parameters that the cases compute with.
struct World {
    params: Params,
    /// `[7, 5]`, looked up.
    table: ParamId,
    /// `[5, 6]`.
    weight: ParamId,
    /// `[1, 6]`.
    bias: ParamId,
    /// `[4, 5]`.
    left: ParamId,
    /// `[4, 5]`.
    right: ParamId,
    /// `[4, 6]`.
    scores: ParamId,
    /// `[1, 6]`.
    gain: ParamId,
    /// `[6, 6]`.
    square: ParamId,
    /// `[5, 8]`: gates of an LSTM of width two.
    gates: ParamId,
    /// `[2, 8]`.
    recurrent: ParamId,
    /// `[3, 2]`.
    pairs: ParamId,
}

/// Records something to differentiate; the harness makes a number of it.
type Case = fn(&mut Tape, &World) -> Var;

const CASES: &[(&str, Case)] = &[
    // One round: the weights then depend on the logits alone, as they do on the way back.
    ("route", |t, w| {
        let (a, b) = (t.param(&w.params, w.left), t.param(&w.params, w.right));
        let x = t.add(a, b);
        let spec = RoutingSpec {
            offsets: &[0, 3, 3, 4],
            active: &[3, 1, 2],
            capsules: 3,
            own: false,
            rounds: 1,
            logits: &[0.3, -0.4, 1.0, 0.0, 0.7, -0.2, -1.0, 0.1, 0.5],
        };
        t.route(x, &spec)
    }),
    ("route through maps of their own", |t, w| {
        let x = t.param(&w.params, w.scores);
        let spec = RoutingSpec {
            offsets: &[0, 3, 4],
            active: &[2, 2],
            capsules: 2,
            own: true,
            rounds: 1,
            logits: &[0.3, -0.4, 1.0, 0.0, 0.7, -0.2],
        };
        t.route(x, &spec)
    }),
    ("maps by place", |t, w| {
        let x = t.param(&w.params, w.pairs);
        t.placed_linear(&w.params, x, w.square, &[2, 0, 2])
    }),
    ("separate by distance", |t, w| separate(t, w, Separator::Dist)),
    ("separate pairs", |t, w| separate(t, w, Separator::Pair)),
    ("separate by E1", |t, w| separate(t, w, Separator::E1)),
    ("separate by E2", |t, w| separate(t, w, Separator::E2)),
    ("separate by E3", |t, w| separate(t, w, Separator::E3)),
    ("relu", |t, w| {
        let x = t.param(&w.params, w.left);
        t.relu(x)
    }),
    ("pairs of fields", |t, w| {
        let (fields, others) = (t.param(&w.params, w.scores), t.param(&w.params, w.scores));
        let both = t.mul(fields, others);
        let both = t.concat(&[fields, both]);
        t.field_pairs(both, 3)
    }),
    ("edge products", |t, w| {
        let (a, b) = both(t, w);
        let edges = t.edges(&[0, 0, 1, 3], &[2, 1, 0, 2]);
        t.edge_products(a, b, edges)
    }),
    ("edge softmax", |t, w| {
        let (a, b) = both(t, w);
        let edges = t.edges(&[0, 0, 0, 2, 3], &[2, 1, 0, 2, 1]);
        let scores = t.edge_products(a, b, edges);
        t.edge_softmax(scores, edges)
    }),
    ("propagate", |t, w| {
        let (a, b) = both(t, w);
        let edges = t.edges(&[0, 0, 2, 3], &[2, 1, 0, 2]);
        let weights = t.edge_products(a, b, edges);
        t.propagate(weights, a, edges, 5)
    }),
    ("larger", |t, w| {
        let (a, b) = both(t, w);
        t.larger(a, b)
    }),
    ("leaky relu", |t, w| {
        let x = t.param(&w.params, w.left);
        t.activate(x, Activation::LeakyRelu)
    }),
    ("softplus", |t, w| {
        let x = t.param(&w.params, w.left);
        t.activate(x, Activation::Softplus)
    }),
    ("mish", |t, w| {
        let x = t.param(&w.params, w.left);
        t.mish(x)
    }),
    ("mix", |t, w| {
        let (weights, x) = (t.param(&w.params, w.pairs), t.param(&w.params, w.square));
        t.mix(weights, x)
    }),
    ("batch norm", |t, w| {
        let x = t.param(&w.params, w.scores);
        t.batch_norm(&w.params, x, w.gain, w.bias, None)
    }),
    ("batch norm by what is given", |t, w| {
        let x = t.param(&w.params, w.scores);
        let given = [0.1, -0.2, 0.3, 0.0, 1.0, -1.0, 1.0, 2.0, 0.5, 1.5, 3.0, 0.7];
        t.batch_norm(&w.params, x, w.gain, w.bias, Some(&given))
    }),
    ("prelu", |t, w| {
        let x = t.param(&w.params, w.scores);
        t.prelu(&w.params, x, w.gain)
    }),
    ("corners of bubbles, coordinate by coordinate", |t, w| {
        let (a, b) = both(t, w);
        let points = t.rows(a, 1, 3);
        bubbles(t, [a, b, points], Pairs::All, false)
    }),
    ("corners of whole bubbles", |t, w| {
        let (a, b) = both(t, w);
        let points = t.select(b, [0, 3, 2, 1, 0, 2]);
        bubbles(t, [b, a, points], Pairs::Own, true)
    }),
    ("power", |t, w| {
        let x = t.param(&w.params, w.left);
        t.power(x, 2.5)
    }),
    ("tanh", |t, w| {
        let x = t.param(&w.params, w.left);
        t.tanh(x)
    }),
    ("sigmoid", |t, w| {
        let x = t.param(&w.params, w.left);
        t.sigmoid(x)
    }),
    ("add", |t, w| {
        let (a, b) = both(t, w);
        t.add(a, b)
    }),
    ("add of a matrix to itself", |t, w| {
        let a = t.param(&w.params, w.left);
        t.add(a, a)
    }),
    ("mul", |t, w| {
        let (a, b) = both(t, w);
        t.mul(a, b)
    }),
    ("mul of a matrix with itself", |t, w| {
        let a = t.param(&w.params, w.left);
        t.mul(a, a)
    }),
    ("scale", |t, w| {
        let x = t.param(&w.params, w.left);
        t.scale(x, -1.7)
    }),
    ("concat with one matrix twice", |t, w| {
        let (a, scores) = (t.param(&w.params, w.left), t.param(&w.params, w.scores));
        t.concat(&[a, scores, a])
    }),
    ("gather with an id twice", |t, w| {
        t.gather(&w.params, w.table, &[6, 0, 6, 3])
    }),
    ("gather_pool by mean", |t, w| pooled(t, w, Pooling::Mean)),
    ("gather_pool by sum", |t, w| pooled(t, w, Pooling::Sum)),
    ("gather_pool by square root", |t, w| pooled(t, w, Pooling::SqrtN)),
    ("two look-ups in one table", |t, w| {
        let (a, b) = (t.gather(&w.params, w.table, &[1, 2, 2, 4]), pooled(t, w, Pooling::Mean));
        t.mul(a, b)
    }),
    ("l2_normalise", |t, w| {
        let x = t.param(&w.params, w.left);
        t.l2_normalise(x)
    }),
    ("linear", |t, w| layer(t, w, Some(w.bias), Activation::None)),
    ("linear with relu", |t, w| layer(t, w, Some(w.bias), Activation::Relu)),
    ("linear with tanh", |t, w| layer(t, w, Some(w.bias), Activation::Tanh)),
    ("linear with sigmoid", |t, w| {
        layer(t, w, Some(w.bias), Activation::Sigmoid)
    }),
    ("linear with relu and no bias", |t, w| {
        layer(t, w, None, Activation::Relu)
    }),
    ("one layer used twice", |t, w| {
        let (a, b) = both(t, w);
        let a = t.linear(&w.params, a, w.weight, Some(w.bias), Activation::Tanh);
        let b = t.linear(&w.params, b, w.weight, Some(w.bias), Activation::Relu);
        t.mul(a, b)
    }),
    ("matmul_nn", |t, w| {
        let (a, b) = (t.param(&w.params, w.left), t.param(&w.params, w.weight));
        t.matmul_nn(a, b)
    }),
    ("matmul_nt", |t, w| {
        let (a, b) = both(t, w);
        t.matmul_nt(a, b)
    }),
    ("scores of a matrix with itself", |t, w| {
        let a = t.param(&w.params, w.left);
        t.matmul_nt(a, a)
    }),
    ("rows", |t, w| {
        let x = t.param(&w.params, w.left);
        t.rows(x, 1, 2)
    }),
    ("rows that overlap", |t, w| {
        let x = t.param(&w.params, w.left);
        let (a, b) = (t.rows(x, 0, 3), t.rows(x, 1, 3));
        t.mul(a, b)
    }),
    ("sum", |t, w| {
        let x = t.param(&w.params, w.left);
        t.sum(x)
    }),
    ("mean added to by another sum", |t, w| {
        let x = t.param(&w.params, w.left);
        let (mean, sum) = (t.mean(x), t.sum(x));
        t.mul(mean, sum)
    }),
    ("pick with a column twice", |t, w| {
        let x = t.param(&w.params, w.scores);
        t.pick(x, &[5, 5, 0, 1, 3, 2, 4, 0])
    }),
    ("picks of one matrix added up", |t, w| {
        let x = t.param(&w.params, w.scores);
        let (a, b) = (t.pick(x, &[5, 0, 3, 4]), t.pick(x, &[5, 1, 2, 4]));
        t.mul(a, b)
    }),
    ("row_products", |t, w| {
        let (a, b) = both(t, w);
        let a = t.rows(a, 1, 2);
        t.row_products(a, b)
    }),
    ("row_products of a matrix with itself", |t, w| {
        let a = t.param(&w.params, w.left);
        t.row_products(a, a)
    }),
    ("row_softmax with an absent row", |t, w| {
        let x = t.param(&w.params, w.scores);
        t.row_softmax(x, Temperature::Fixed(0.6), &[2])
    }),
    ("row_softmax at a temperature of each row", |t, w| {
        let (x, gate) = (t.param(&w.params, w.scores), t.param(&w.params, w.left));
        let gate = t.pick(gate, &[0, 1, 2, 3]);
        let temperature = Temperature::Gated {
            gate: t.sigmoid(gate),
            middle: 0.8,
            spread: 0.5,
        };
        t.row_softmax(x, temperature, &[1])
    }),
    ("softmax", |t, w| softmax(t, w, &[], &[], None)),
    ("softmax with everything", |t, w| {
        let log_q = [-1.0, -2.0, -0.5, -3.0, -1.5, -0.1];
        let masked = [(3, 0), (0, 4), (0, 2), (2, 5)];
        softmax(t, w, &log_q, &masked, Some(&[1.0, 0.0, 2.5, 0.7]))
    }),
    ("softmax of scores that two losses share", |t, w| {
        let (a, b) = (softmax(t, w, &[], &[], None), softmax(t, w, &[], &[(1, 1)], None));
        t.mul(a, b)
    }),
    ("hinge of pairs that are all active", |t, w| {
        pairwise(t, w, Pairwise::Hinge { margin: 20.0 })
    }),
    ("bpr", |t, w| pairwise(t, w, Pairwise::Logistic { temperature: 0.6 })),
    ("bce", |t, w| pairwise(t, w, Pairwise::Binary { temperature: 0.6 })),
    ("attention", |t, w| attention(t, w, 1, AttentionWeights::Softmax)),
    ("attention with heads and a null key", |t, w| {
        attention(t, w, 3, AttentionWeights::SoftmaxOrNothing)
    }),
    ("attention with heads, key by key", |t, w| {
        attention(t, w, 3, AttentionWeights::Sigmoid)
    }),
    ("attention of rows to each other", |t, w| {
        attention_among(t, w, AttentionWeights::Softmax, false)
    }),
    ("attention to what was before, one by one", |t, w| {
        attention_among(t, w, AttentionWeights::Sigmoid, true)
    }),
    ("layer_norm", |t, w| {
        let x = t.param(&w.params, w.scores);
        t.layer_norm(&w.params, x, w.bias, w.gain)
    }),
    ("lstm over sequences of two, none, one and two", |t, w| {
        let x = t.param(&w.params, w.left);
        let inputs = t.linear(&w.params, x, w.gates, None, Activation::None);
        let longer = t.select(inputs, [0, 1, 2, 3, 1]);
        t.lstm(&w.params, longer, w.recurrent, &[0, 2, 2, 3, 5])
    }),
    ("pool by mean", |t, w| {
        let x = t.param(&w.params, w.left);
        t.pool(x, &[0, 0, 3, 4], Pooling::Mean)
    }),
    ("pool of some rows by square root", |t, w| {
        let x = t.param(&w.params, w.left);
        t.pool(x, &[1, 3], Pooling::SqrtN)
    }),
    ("select with a row twice", |t, w| {
        let x = t.param(&w.params, w.left);
        t.select(x, [3, 1, 3])
    }),
    ("stack with a matrix twice", |t, w| {
        let (a, b) = both(t, w);
        let a = t.rows(a, 0, 2);
        t.stack(2, &[a, b, a])
    }),
];

/// Blocks of two queries and three keys, of one and none, and of one and one; values are wider than keys.
fn attention(tape: &mut Tape, world: &World, heads: usize, weights: AttentionWeights) -> Var {
    let queries = tape.param(&world.params, world.scores);
    let keys = tape.linear(&world.params, queries, world.square, None, Activation::Tanh);
    let spec = AttentionSpec {
        query_offsets: &[0, 2, 3, 4],
        key_offsets: &[0, 3, 3, 4],
        heads,
        scale: 0.8,
        weights,
        causal: false,
    };
    let values = tape.param(&world.params, world.scores);
    let values = tape.concat(&[values, values]);
    tape.attention(queries, keys, values, &spec)
}

/// Rows that attend to each other in blocks of one, none and three.
fn attention_among(tape: &mut Tape, world: &World, weights: AttentionWeights, causal: bool) -> Var {
    let x = tape.param(&world.params, world.scores);
    let offsets = &[0, 1, 1, 4];
    let spec = AttentionSpec {
        query_offsets: offsets,
        key_offsets: offsets,
        heads: 2,
        scale: 0.6,
        weights,
        causal,
    };
    tape.attention(x, x, x, &spec)
}

/// Users of three bubbles, of none and of one.
fn bubbles(tape: &mut Tape, [centres, radii, points]: [Var; 3], pairs: Pairs, whole: bool) -> Var {
    let radii = tape.activate(radii, Activation::Softplus);
    let spec = BubbleSpec {
        offsets: &[0, 3, 3, 4],
        pairs,
        whole,
    };
    tape.pool_bubbles(centres, radii, points, &spec)
}

fn both(tape: &mut Tape, world: &World) -> (Var, Var) {
    (
        tape.param(&world.params, world.left),
        tape.param(&world.params, world.right),
    )
}

/// Four lists: of three, of none, of one, and of two equal ids.
fn pooled(tape: &mut Tape, world: &World, pooling: Pooling) -> Var {
    tape.gather_pool(
        &world.params,
        world.table,
        &[0, 3, 3, 4, 6],
        &[5, 1, 0, 1, 2, 2],
        pooling,
    )
}

fn layer(tape: &mut Tape, world: &World, bias: Option<ParamId>, activation: Activation) -> Var {
    let x = tape.param(&world.params, world.left);
    tape.linear(&world.params, x, world.weight, bias, activation)
}

/// The positives of four rows, and two blocks of negatives, of which one is in part the same scores as the positives.
fn scored(tape: &mut Tape, world: &World) -> (Var, Var, Var) {
    let scores = tape.param(&world.params, world.scores);
    let positive = tape.pick(scores, &[2, 0, 5, 1]);
    let (a, b) = both(tape, world);
    let more = tape.matmul_nt(a, b);
    (positive, scores, more)
}

fn softmax(tape: &mut Tape, world: &World, log_q: &[f32], masked: &[(u32, u32)], weights: Option<&[f32]>) -> Var {
    let (positive, scores, more) = scored(tape, world);
    let more = Negatives {
        scores: more,
        log_q: &[],
        masked: &[(0, 0)],
    };
    let spec = SoftmaxSpec {
        temperature: 0.4,
        logq: true,
        positive_log_q: &[-1.0, 0.0, -0.3, -2.0],
        weights,
    };
    tape.softmax_cross_entropy(positive, &[Negatives { scores, log_q, masked }, more], &spec)
}

fn pairwise(tape: &mut Tape, world: &World, pairwise: Pairwise) -> Var {
    let (positive, scores, more) = scored(tape, world);
    let block = |scores, masked| Negatives {
        scores,
        log_q: &[],
        masked,
    };
    let blocks = [block(scores, &[(0, 2), (1, 0), (2, 5), (3, 1)]), block(more, &[(3, 3)])];
    tape.pairwise_loss(positive, &blocks, pairwise)
}

/// Two users with three vectors each, of which the second uses two.
fn separate(tape: &mut Tape, world: &World, separator: Separator) -> Var {
    let rows = tape.param(&world.params, world.square);
    tape.separate(rows, &[3, 2], separator)
}

fn world() -> World {
    let mut rng = Rng::stream(11, Purpose::Trial, 0);
    let mut params = Params::new();
    let spread = Init::Uniform(1.0);
    let table = params.table("table", 7, 5, spread, &mut rng);
    let mut dense = |name: &str, rows: usize, cols: usize| params.dense(name, rows, cols, spread, &mut rng);
    let (weight, bias) = (dense("weight", 5, 6), dense("bias", 1, 6));
    let (left, right, scores) = (dense("left", 4, 5), dense("right", 4, 5), dense("scores", 4, 6));
    let (gain, square) = (dense("gain", 1, 6), dense("square", 6, 6));
    let (gates, recurrent) = (dense("gates", 5, 8), dense("recurrent", 2, 8));
    let pairs = dense("pairs", 3, 2);
    World {
        params,
        table,
        weight,
        bias,
        left,
        right,
        scores,
        gain,
        square,
        gates,
        recurrent,
        pairs,
    }
}

/// A number that depends on every element in its own way: `Σ c ⊙ f` with fixed random `c`.
fn loss(tape: &mut Tape, world: &World, case: Case) -> Var {
    tape.reset();
    let out = case(tape, world);
    let (rows, cols) = tape.shape(out);
    let mut rng = Rng::stream(12, Purpose::Trial, 0);
    let coefficients: Vec<f32> = (0..rows * cols).map(|_| rng.between(0.5, 1.5)).collect();
    let coefficients = tape.input(rows, cols, &coefficients);
    let product = tape.mul(out, coefficients);
    tape.sum(product)
}

/// Slope of the loss to the left and to the right of one number.
fn slopes(tape: &mut Tape, world: &mut World, case: Case, id: ParamId, at: [usize; 2]) -> [f64; 2] {
    const STEP: f32 = 1.0 / 256.0;
    let start = world.params.values(id)[at];
    let mut value = |world: &mut World, x: f32| {
        world.params.values_mut(id)[at] = x;
        let loss = loss(tape, world, case);
        f64::from(tape.value(loss)[0])
    };
    let [low, middle, high] = [start - STEP, start, start + STEP].map(|x| value(world, x));
    world.params.values_mut(id)[at] = start;
    [(middle - low) / f64::from(STEP), (high - middle) / f64::from(STEP)]
}

#[test]
fn gradients_agree_with_central_differences() {
    let (mut tape, mut world) = (Tape::new(), world());
    for &(name, case) in CASES {
        let out = loss(&mut tape, &world, case);
        tape.backward(&mut world.params, out);
        let (mut compared, mut reached) = (0, 0);
        for id in world.params.ids() {
            let gradient = world.params.gradient(id);
            for ((row, col), &found) in gradient.indexed_iter() {
                let [left, right] = slopes(&mut tape, &mut world, case, id, [row, col]);
                let of = world.params.name(id);
                reached += usize::from(found != 0.0);
                if (left - right).abs() > 0.2 {
                    continue; // A kink between the three points: there is no one slope to compare with.
                }
                let expected = (left + right) / 2.0;
                let error = (f64::from(found) - expected).abs();
                assert!(
                    error < 4e-3 * (1.0 + expected.abs()),
                    "{name}, {of}[{row}, {col}]: {found} for {expected}"
                );
                compared += 1;
            }
        }
        assert!(reached > 5, "{name}: only {reached} numbers have a gradient");
        assert!(
            compared > world.params.count() - 8,
            "{name}: only {compared} numbers could be compared"
        );
    }
}

#[test]
fn every_operation_has_a_case() {
    let (mut tape, world) = (Tape::new(), world());
    let mut seen = [false; COUNT];
    for &(_, case) in CASES {
        loss(&mut tape, &world, case);
        tape.operations().for_each(|op| seen[index(op)] = true);
    }
    assert_eq!(
        seen, [true; COUNT],
        "operations without a case, in the order of `index`"
    );
}

#[test]
fn a_used_tape_gives_the_same_bits_as_a_new_one() {
    let mut world = world();
    let mut used = Tape::new();
    let rubbish = used.variable(64, 64, &[f32::NAN; 64 * 64]);
    let sum = used.sum(rubbish);
    used.backward(&mut world.params, sum);
    for &(name, case) in CASES {
        let mut bits = |tape: &mut Tape| {
            let loss = loss(tape, &world, case);
            tape.backward(&mut world.params, loss);
            let gradients = world.params.ids().flat_map(|id| world.params.gradient(id));
            gradients
                .chain([tape.value(loss)[0]])
                .map(f32::to_bits)
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&mut used), bits(&mut Tape::new()), "{name}");
    }
}
