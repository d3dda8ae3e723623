//! The steps of the graph refining layer and of the convolution: see the formulas in `grcn/mod.rs`.

use crate::engine::nn::{Activation, Edges, Tape, Var};

/// How the affinities of several modalities become one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fusion {
    /// Their mean; else the largest.
    pub mean: bool,
    /// Weights below zero cut the edge.
    pub hard: bool,
}

/// ū: what users look for in a modality, after so many rounds. `first` is `[N, D']`, `items` `[M, D']`.
pub fn route(tape: &mut Tape, first: Var, items: Var, edges: Edges, n_users: usize, rounds: usize) -> Var {
    (0..rounds).fold(first, |users, _| {
        let shares = affinity(tape, users, items, edges);
        let heard = tape.propagate(shares, items, edges, n_users);
        let sum = tape.add(users, heard);
        tape.l2_normalise(sum)
    })
}

/// s̄: how much of what a receiver hears comes over each edge, `[E, 1]`.
pub fn affinity(tape: &mut Tape, receivers: Var, senders: Var, edges: Edges) -> Var {
    let scores = tape.edge_products(receivers, senders, edges);
    tape.edge_softmax(scores, edges)
}

/// s of each edge from its weight in every modality.
pub fn fuse(tape: &mut Tape, scores: &[Var], fusion: Fusion) -> Var {
    let mut scores = scores.iter();
    let first = *scores.next().expect("items are known in some way");
    let n = 1 + scores.len();
    let fused = scores.fold(first, |fused, &score| {
        if fusion.mean {
            tape.add(fused, score)
        } else {
            tape.larger(fused, score)
        }
    });
    let fused = if fusion.mean {
        tape.scale(fused, 1.0 / n as f32)
    } else {
        fused
    };
    if fusion.hard {
        tape.activate(fused, Activation::Relu)
    } else {
        fused
    }
}

/// `Σ_l e^(l)` of users and items, from `e^(0)`.
pub fn convolve(tape: &mut Tape, first: [Var; 2], weights: [Var; 2], edges: [Edges; 2], layers: usize) -> [Var; 2] {
    let rows = first.map(|nodes| tape.shape(nodes).0);
    let (mut now, mut sums) = (first, first);
    for _ in 0..layers {
        now = [0, 1].map(|side| tape.propagate(weights[side], now[1 - side], edges[side], rows[side]));
        sums = [0, 1].map(|side| tape.add(sums[side], now[side]));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::methods::grcn::Graph;
    use crate::engine::rng::{Purpose, Rng};

    const D: usize = 3;

    fn graph() -> Graph {
        Graph::build(4, 5, &[(0, 1), (0, 2), (0, 4), (1, 1), (2, 0), (2, 4), (3, 3)])
    }

    fn on(tape: &mut Tape, graph: &Graph) -> [Edges; 2] {
        [&graph.to_users, &graph.to_items].map(|heard| tape.edges(&heard.to, &heard.from))
    }

    fn random(tape: &mut Tape, rows: usize, cols: usize, counter: u64) -> Var {
        let mut rng = Rng::stream(8, Purpose::Trial, counter);
        let values: Vec<f32> = (0..rows * cols).map(|_| rng.normal()).collect();
        tape.input(rows, cols, &values)
    }

    fn near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-6, "{found:?} for {expected:?}");
        }
    }

    #[test]
    fn spec_5_1_affinities_add_up_to_one_at_each_receiver() {
        let (mut tape, graph) = (Tape::new(), graph());
        let edges = on(&mut tape, &graph);
        let (users, items) = (random(&mut tape, 4, D, 0), random(&mut tape, 5, D, 1));
        for (receivers, senders, side) in [(users, items, 0), (items, users, 1)] {
            let shares = affinity(&mut tape, receivers, senders, edges[side]);
            let heard = [&graph.to_users, &graph.to_items][side];
            let mut sums = [0.0; 5];
            for (share, to) in tape.value(shares).iter().zip(&heard.to) {
                sums[*to as usize] += share;
            }
            near(&sums[..[4, 5][side]], &[1.0; 5][..[4, 5][side]]);
        }
    }

    #[test]
    fn spec_5_2_a_single_neighbour_is_all_that_is_heard() {
        let (mut tape, graph) = (Tape::new(), graph());
        let edges = on(&mut tape, &graph);
        let (users, items) = (random(&mut tape, 4, D, 2), random(&mut tape, 5, D, 3));
        let shares = affinity(&mut tape, users, items, edges[0]);
        // The second and the last user have one edge each.
        let shares = tape.value(shares);
        assert_eq!((shares[3], shares[6]), (1.0, 1.0));
    }

    #[test]
    fn spec_5_3_without_weights_nothing_is_heard_and_with_degrees_it_is_lightgcn() {
        let (mut tape, graph) = (Tape::new(), graph());
        let edges = on(&mut tape, &graph);
        let first = [random(&mut tape, 4, D, 4), random(&mut tape, 5, D, 5)];
        let none = tape.input(7, 1, &[0.0; 7]);
        let sums = convolve(&mut tape, first, [none; 2], edges, 2);
        assert_eq!(tape.value(sums[0]), tape.value(first[0]));

        let weights = graph.normalised().map(|weights| tape.input(7, 1, &weights));
        let sums = convolve(&mut tape, first, weights, edges, 1);
        // One layer by hand: e_u + Σ_i e_i / √(|N(u)| |N(i)|).
        let [users, items] = first.map(|nodes| tape.value(nodes).to_vec());
        let degrees = ([3.0_f32, 1.0, 2.0, 1.0], [1.0_f32, 2.0, 1.0, 1.0, 2.0]);
        let mut expected = users;
        for (to, from) in graph.to_users.to.iter().zip(&graph.to_users.from) {
            let (to, from) = (*to as usize, *from as usize);
            for column in 0..D {
                expected[to * D + column] += items[from * D + column] / (degrees.0[to] * degrees.1[from]).sqrt();
            }
        }
        near(tape.value(sums[0]), &expected);
    }

    #[test]
    fn spec_5_4_one_modality_that_is_trusted_is_left_as_it_is() {
        let mut tape = Tape::new();
        let score = random(&mut tape, 7, 1, 6);
        let ones = tape.input(7, 1, &[1.0; 7]);
        let trusted = tape.mul(ones, score);
        let fusion = Fusion {
            mean: false,
            hard: false,
        };
        let fused = fuse(&mut tape, &[trusted], fusion);
        assert_eq!(tape.value(fused), tape.value(score));
    }

    #[test]
    fn spec_5_5_no_round_leaves_prototypes_and_one_from_zero_is_the_mean_direction() {
        let (mut tape, graph) = (Tape::new(), graph());
        let edges = on(&mut tape, &graph);
        let (first, items) = (random(&mut tape, 4, D, 7), random(&mut tape, 5, D, 8));
        let same = route(&mut tape, first, items, edges[0], 4, 0);
        assert_eq!(tape.value(same), tape.value(first));

        let zero = tape.input(4, D, &[0.0; 4 * D]);
        let once = route(&mut tape, zero, items, edges[0], 4, 1);
        let items = tape.value(items);
        let mean: Vec<f32> = (0..D)
            .map(|column| [1, 2, 4].iter().map(|row| items[row * D + column]).sum())
            .collect();
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        let direction: Vec<f32> = mean.iter().map(|x| x / length).collect();
        near(&tape.value(once)[..D], &direction);
    }

    #[test]
    fn spec_5_6_hard_pruning_leaves_no_weight_below_zero() {
        let mut tape = Tape::new();
        let scores = [9, 10].map(|counter| random(&mut tape, 50, 1, counter));
        let fusion = |hard| Fusion { mean: false, hard };
        let soft = fuse(&mut tape, &scores, fusion(false));
        assert!(tape.value(soft).iter().any(|weight| *weight < 0.0));
        let hard = fuse(&mut tape, &scores, fusion(true));
        assert!(tape.value(hard).iter().all(|weight| *weight >= 0.0));
    }
}
