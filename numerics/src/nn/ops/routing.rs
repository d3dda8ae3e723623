//! Capsule routing: the rows of each block become a few vectors, by agreement (Sabour et al., NeurIPS 2017; with one map
//! for all pairs, Li et al., "Multi-Interest Network with Dynamic Routing", CIKM 2019, algorithm 1).
//!
//! ```text
//! repeat r times:   w_i = softmax_j(b_i)     z_j = Σ_i w_ij h_i     u_j = squash(z_j)     b_ij ← b_ij + ⟨u_j, h_i⟩
//! squash(z) = |z|² / (1 + |z|²) · z / |z|
//! ```
//!
//! The weights are constants on the way back, as in all public code: the first rounds only decide who belongs where, and
//! gradients flow through the last sum and its squash.

use super::super::exponential::exp_in_place;
use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// How rows are routed.
#[derive(Clone, Copy, Debug)]
pub struct RoutingSpec<'a> {
    /// Block `b` has the rows `offsets[b]..offsets[b + 1]`: blocks + 1.
    pub offsets: &'a [u32],
    /// Capsules in use in each block, at most K; the others repeat the first.
    pub active: &'a [u32],
    /// K.
    pub capsules: usize,
    /// Every capsule has a map of its own (Sabour et al.): a row holds K vectors, `h_1|i … h_K|i`, not one for all.
    pub own: bool,
    /// r, at least 1.
    pub rounds: usize,
    /// First logits: row `i` for the row number `i` of every block, `[rows of the longest block, K]`.
    pub logits: &'a [f32],
}

/// Notes the weights of all rows, `[ΣT, K]`, and then every `z`, `[B·K, d]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Routing {
    x: Var,
    bounds: Span,
    active: Span,
    capsules: usize,
    own: bool,
}

impl Tape {
    /// The capsules of each block: `[ΣT, d] → [B·K, d]`, or `[ΣT, K·d]` where they have maps of their own; each is
    /// shorter than 1. A block without rows gives zeros.
    ///
    /// # Panics
    /// If there is a block with no capsule in use or with too many, or with more rows than logits.
    pub fn route(&mut self, x: Var, spec: &RoutingSpec) -> Var {
        let (rows, width) = self.shape(x);
        let d = if spec.own { width / spec.capsules } else { width };
        let (blocks, k) = (spec.active.len(), spec.capsules);
        assert_eq!(spec.offsets.len(), blocks + 1, "an offset more than there are blocks");
        assert!(
            spec.active.iter().all(|&active| active > 0 && active as usize <= k),
            "one to {k} capsules in use"
        );
        let op = Routing {
            x,
            bounds: self.keep(spec.offsets.iter().copied()),
            active: self.keep(spec.active.iter().copied()),
            capsules: k,
            own: spec.own,
        };
        let note_len = rows * k + blocks * k * d;
        let out = self.push(Op::Routing(op), (blocks * k, d), note_len, &[x]);
        let forward = self.forward(out);
        let x = forward.inputs.of(x);
        let (weights, sums) = forward.note.split_at_mut(rows * k);
        for (block, bounds) in spec.offsets.windows(2).enumerate() {
            let (start, end) = (bounds[0] as usize, bounds[1] as usize);
            let of_block = block * k * d..(block + 1) * k * d;
            let route = Block {
                rows: &x[start * width..end * width],
                d,
                k,
                seen: Seen { own: spec.own, d },
                active: spec.active[block] as usize,
            };
            route.run(
                spec,
                &mut weights[start * k..end * k],
                &mut sums[of_block.clone()],
                &mut forward.output[of_block],
            );
        }
        out
    }
}

impl Tape {
    /// The weights of the last round of what [`Tape::route`] made: `[ΣT, K]`.
    pub fn routing_weights(&self, capsules: Var) -> &[f32] {
        let (sums, d) = self.shape(capsules);
        let note = self.values().note(capsules);
        &note[..note.len() - sums * d]
    }
}

/// The rows of one block.
struct Block<'a> {
    rows: &'a [f32],
    d: usize,
    k: usize,
    active: usize,
    seen: Seen,
}

/// What of a row a capsule sees: all of it, or its own part.
#[derive(Clone, Copy)]
struct Seen {
    own: bool,
    d: usize,
}

impl Seen {
    /// Numbers of a row, with `k` capsules.
    const fn width(self, k: usize) -> usize {
        if self.own { k * self.d } else { self.d }
    }

    /// Where what capsule `j` sees begins.
    const fn start(self, j: usize) -> usize {
        if self.own { j * self.d } else { 0 }
    }

    fn part(self, row: &[f32], j: usize) -> &[f32] {
        &row[self.start(j)..][..self.d]
    }
}

impl Block<'_> {
    /// Fills weights `[T, K]`, sums and capsules `[K, d]`.
    fn run(&self, spec: &RoutingSpec, weights: &mut [f32], sums: &mut [f32], capsules: &mut [f32]) {
        let (d, k) = (self.d, self.k);
        let (seen, width) = (self.seen, self.seen.width(k));
        // Logits wait in the place of the weights of the round.
        let logits = &spec.logits[..weights.len()];
        weights.copy_from_slice(logits);
        for round in 1..=spec.rounds {
            sums.fill(0.0);
            for (row, weights) in self.rows.chunks_exact(width).zip(weights.chunks_exact_mut(k)) {
                let mut softmax = [0.0; CAPSULES_MAX];
                let softmax = &mut softmax[..self.active];
                softmax.copy_from_slice(&weights[..self.active]);
                let highest = softmax.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let inverse = 1.0 / exp_in_place(softmax, highest);
                for (j, (weight, sum)) in softmax.iter_mut().zip(sums.chunks_exact_mut(d)).enumerate() {
                    *weight *= inverse;
                    simd::add_scaled(sum, seen.part(row, j), *weight);
                }
                if round == spec.rounds {
                    weights.fill(0.0);
                    weights[..self.active].copy_from_slice(softmax);
                }
            }
            for (capsule, sum) in capsules.chunks_exact_mut(d).zip(sums.chunks_exact(d)) {
                simd::scaled(capsule, sum, squash(simd::dot(sum, sum)).0);
            }
            if round < spec.rounds {
                for (row, logits) in self.rows.chunks_exact(width).zip(weights.chunks_exact_mut(k)) {
                    for (j, (logit, capsule)) in logits.iter_mut().zip(capsules.chunks_exact(d)).enumerate() {
                        *logit += simd::dot(capsule, seen.part(row, j));
                    }
                }
            }
        }
        let (first, others) = capsules.split_at_mut(d);
        for other in others.chunks_exact_mut(d).skip(self.active - 1) {
            simd::copy(other, first);
        }
    }
}

/// K is at most this.
pub const CAPSULES_MAX: usize = 16;

/// `s` of `squash(z) = s · z` with `n = |z|`, and `s′ / n`; 0 for the zero vector.
fn squash(square: f32) -> (f32, f32) {
    let (n, below) = (square.sqrt(), 1.0 + square);
    let slope = if n > 0.0 {
        (1.0 - square) / (below * below * n)
    } else {
        0.0
    };
    (n / below, slope)
}

impl Routing {
    /// With `u = s z`: `∂/∂z = s G + (s′ / n) ⟨z, G⟩ z`, and `∂/∂h_i = Σ_j w_ij ∂/∂z_j`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let d = tape.shape(out).1;
        let (rows, width) = tape.shape(self.x);
        let seen = Seen { own: self.own, d };
        let k = self.capsules;
        let Some(edge) = tape.edge(out, self.x) else { return };
        let (bounds, active) = (edge.values.whole(self.bounds), edge.values.whole(self.active));
        let (weights, sums) = edge.values.note(out).split_at(rows * k);
        let into = edge.write.sum_into(edge.into);
        let delta = super::super::tape::grown(&mut edge.scratch.delta, k * d);
        for (block, bounds) in bounds.windows(2).enumerate() {
            let active = active[block] as usize;
            delta.copy_from_slice(&edge.from[block * k * d..(block + 1) * k * d]);
            // The repeated ones are the first.
            let (first, others) = delta.split_at_mut(d);
            for other in others.chunks_exact(d).skip(active - 1) {
                simd::add(first, other);
            }
            let sums = sums[block * k * d..].chunks_exact(d);
            for (delta, sum) in delta.chunks_exact_mut(d).zip(sums).take(active) {
                let (scale, slope) = squash(simd::dot(sum, sum));
                let along = slope * simd::dot(sum, delta);
                delta.iter_mut().for_each(|x| *x *= scale);
                simd::add_scaled(delta, sum, along);
            }
            let (start, end) = (bounds[0] as usize, bounds[1] as usize);
            let weights = weights[start * k..end * k].chunks_exact(k);
            for (into, weights) in into[start * width..end * width].chunks_exact_mut(width).zip(weights) {
                for (j, (weight, delta)) in weights.iter().zip(delta.chunks_exact(d)).take(active).enumerate() {
                    simd::add_scaled(&mut into[seen.start(j)..][..d], delta, *weight);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;
    use crate::rng::{Purpose, Rng};

    const D: usize = 5;

    fn numbers(n: usize, stream: u64) -> Vec<f32> {
        let mut rng = Rng::stream(5, Purpose::Trial, stream);
        (0..n).map(|_| rng.between(-1.0, 1.0)).collect()
    }

    /// The capsules of a block of these rows, and the weights of the last round.
    fn routed(rows: &[f32], k: usize, active: u32, rounds: usize, logits: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let n = rows.len() / D;
        let mut tape = Tape::new();
        let x = tape.variable(n, D, rows);
        let spec = RoutingSpec {
            offsets: &[0, n as u32],
            active: &[active],
            capsules: k,
            own: false,
            rounds,
            logits,
        };
        let out = tape.route(x, &spec);
        let weights = tape.routing_weights(out).to_vec();
        (tape.value(out).to_vec(), weights)
    }

    #[test]
    fn spec_1_3_1_weights_of_a_row_add_up_to_one_over_the_capsules_in_use() {
        let (_, weights) = routed(&numbers(6 * D, 0), 4, 3, 3, &numbers(24, 1));
        for row in weights.chunks_exact(4) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{row:?}");
            assert_eq!(row[3], 0.0);
        }
    }

    #[test]
    fn spec_1_3_2_one_capsule_is_the_squashed_sum_whatever_the_rounds() {
        let rows = numbers(4 * D, 0);
        let mut sum = vec![0.0; D];
        rows.chunks_exact(D).for_each(|row| simd::add(&mut sum, row));
        let scale = squash(simd::dot(&sum, &sum)).0;
        for rounds in [1, 2, 3, 7] {
            let (capsule, _) = routed(&rows, 1, 1, rounds, &numbers(4, rounds as u64));
            for (found, sum) in capsule.iter().zip(&sum) {
                assert!((found - scale * sum).abs() < 1e-6, "{rounds} rounds");
            }
        }
    }

    #[test]
    fn spec_1_3_3_without_random_logits_all_capsules_are_one() {
        let (capsules, _) = routed(&numbers(6 * D, 0), 3, 3, 3, &[0.0; 18]);
        assert_eq!(capsules[..D], capsules[D..2 * D]);
        assert_eq!(capsules[..D], capsules[2 * D..]);
    }

    #[test]
    fn spec_1_3_4_capsules_are_shorter_than_one_and_know_no_order() {
        let (rows, logits) = (numbers(6 * D, 0), numbers(18, 1));
        let (capsules, _) = routed(&rows, 3, 3, 3, &logits);
        for capsule in capsules.chunks_exact(D) {
            assert!(simd::dot(capsule, capsule) < 1.0);
        }
        let turned = |values: &[f32], width: usize| -> Vec<f32> {
            values.chunks_exact(width).rev().flatten().copied().collect()
        };
        let (other, _) = routed(&turned(&rows, D), 3, 3, 3, &turned(&logits, 3));
        for (a, b) in capsules.iter().zip(&other) {
            assert!((a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn capsules_out_of_use_repeat_the_first_and_hand_it_what_they_learn() {
        let rows = numbers(2 * D, 0);
        let (capsules, _) = routed(&rows, 3, 1, 3, &numbers(6, 1));
        assert_eq!(capsules[..D], capsules[D..2 * D]);
        let slope = |k: usize, factor: f32| {
            let mut tape = Tape::new();
            let x = tape.variable(2, D, &rows);
            let spec = RoutingSpec {
                offsets: &[0, 2],
                active: &[1],
                capsules: k,
                own: false,
                rounds: 3,
                logits: &numbers(2 * k, 1),
            };
            let out = tape.route(x, &spec);
            let sum = tape.sum(out);
            let loss = tape.scale(sum, factor);
            tape.backward(&mut Params::new(), loss);
            tape.gradient(x).to_vec()
        };
        for (three, one) in slope(3, 1.0).iter().zip(slope(1, 3.0)) {
            assert!((three - one).abs() < 1e-6);
        }
    }

    #[test]
    fn a_block_without_rows_is_zero() {
        let mut tape = Tape::new();
        let x = tape.variable(1, D, &numbers(D, 0));
        let spec = RoutingSpec {
            offsets: &[0, 0, 1],
            active: &[1, 2],
            capsules: 2,
            own: false,
            rounds: 3,
            logits: &numbers(2, 1),
        };
        let out = tape.route(x, &spec);
        assert!(tape.value(out)[..2 * D].iter().all(|x| *x == 0.0));
        let loss = tape.sum(out);
        tape.backward(&mut Params::new(), loss);
        assert!(tape.gradient(x).iter().all(|slope| slope.is_finite()));
    }

    #[test]
    fn spec_1_4_3_equal_maps_and_zero_logits_give_equal_capsules() {
        let rows = numbers(6 * D, 0);
        let thrice: Vec<f32> = rows.chunks_exact(D).flat_map(|row| row.repeat(3)).collect();
        let mut tape = Tape::new();
        let x = tape.variable(6, 3 * D, &thrice);
        let spec = RoutingSpec {
            offsets: &[0, 6],
            active: &[3],
            capsules: 3,
            own: true,
            rounds: 3,
            logits: &[0.0; 18],
        };
        let out = tape.route(x, &spec);
        let (shared, _) = routed(&rows, 3, 3, 3, &[0.0; 18]);
        assert_eq!(tape.value(out), shared);
        assert_eq!(shared[..D], shared[D..2 * D]);
    }
}
