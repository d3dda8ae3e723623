//! How far apart the vectors of a user are: the separators of DRIM (Hao et al., arXiv 2103.12404).
//!
//! With `v̄` the mean of a user's K vectors, `p_k = softmax(v_k)` over the coordinates and `v̂_k = v_k / |v_k|`:
//!
//! ```text
//! dist   R = 1/K Σ_k |v_k − v̄|
//! pair   R = Σ_{i<j} |v_i − v_j|²
//! E1     R = − 1/(K(K−1)) Σ_{i≠j} Σ_c p_ic log p_jc
//! E2     R =   1/(K(K−1)) Σ_{i≠j} Σ_c p_ic log(p_ic / p_jc)
//! E3     R = − log( 1/K² Σ_{i,j} ⟨v̂_i, v̂_j⟩² )
//! ```
//!
//! The ideas are the paper's; the exact forms are ours, for its text could not be had.

use super::super::exponential::exp_in_place;
use super::super::simd;
use super::super::tape::{Tape, Var};
use super::Op;
use super::routing::CAPSULES_MAX;

/// Which separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// Distance from the mean.
    Dist,
    /// Squared distance of each pair.
    Pair,
    /// Cross-entropy of each pair.
    E1,
    /// Kullback-Leibler divergence of each pair.
    E2,
    /// Rényi entropy of the directions.
    E3,
}

/// Notes the gradient for a slope of 1, and room for the softmax of each row.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Separate {
    x: Var,
}

impl Tape {
    /// Mean of R over the users: `[B·K, d] → [1, 1]`. Of a user's K rows the first `active[b]` count; a user with one
    /// counts as 0.
    ///
    /// # Panics
    /// If the rows are not K for each user.
    pub fn separate(&mut self, x: Var, active: &[u32], separator: Separator) -> Var {
        let (rows, d) = self.shape(x);
        let k = rows / active.len().max(1);
        assert_eq!(rows, k * active.len(), "K rows for each user");
        let out = self.push(Op::Separate(Separate { x }), (1, 1), 2 * rows * d, &[x]);
        let forward = self.forward(out);
        let x = forward.inputs.of(x);
        let (slopes, room) = forward.note.split_at_mut(rows * d);
        slopes.fill(0.0);
        let mut sum = 0.0;
        for (user, &active) in active.iter().enumerate() {
            if active < 2 {
                continue;
            }
            let of_user = user * k * d..user * k * d + active as usize * d;
            let vectors = Vectors {
                rows: &x[of_user.clone()],
                d,
            };
            let (slopes, room) = (&mut slopes[of_user.clone()], &mut room[of_user]);
            sum += match separator {
                Separator::Dist => vectors.dist(slopes, room),
                Separator::Pair => vectors.pair(slopes, room),
                Separator::E1 => vectors.entropy(false, slopes, room),
                Separator::E2 => vectors.entropy(true, slopes, room),
                Separator::E3 => vectors.spectral(slopes, room),
            };
        }
        let share = 1.0 / active.len().max(1) as f32;
        slopes.iter_mut().for_each(|slope| *slope *= share);
        forward.output[0] = sum * share;
        out
    }
}

impl Separate {
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        if let Some(edge) = tape.edge(out, self.x) {
            let slopes = &edge.values.note(out)[..edge.into.len()];
            edge.write.scaled(edge.into, slopes, edge.from[0]);
        }
    }
}

/// The vectors of one user. Each function gives R and its slopes; `room` is as large as the vectors.
struct Vectors<'a> {
    rows: &'a [f32],
    d: usize,
}

impl Vectors<'_> {
    fn n(&self) -> usize {
        self.rows.len() / self.d
    }

    /// Every vector less the mean.
    fn centred(&self, room: &mut [f32]) {
        let share = 1.0 / self.n() as f32;
        for column in 0..self.d {
            let values = || self.rows.iter().skip(column).step_by(self.d);
            let mean = share * values().sum::<f32>();
            let places = room.iter_mut().skip(column).step_by(self.d);
            places.zip(values()).for_each(|(place, value)| *place = value - mean);
        }
    }

    fn pair(&self, slopes: &mut [f32], room: &mut [f32]) -> f32 {
        self.centred(room);
        let n = self.n() as f32;
        simd::scaled(slopes, room, 2.0 * n);
        n * simd::dot(room, room)
    }

    fn dist(&self, slopes: &mut [f32], room: &mut [f32]) -> f32 {
        self.centred(room);
        let share = 1.0 / self.n() as f32;
        let mut sum = 0.0;
        for vector in room.chunks_exact_mut(self.d) {
            let length = simd::dot(vector, vector).sqrt();
            sum += length;
            vector.iter_mut().for_each(|x| *x /= length + 1e-9);
        }
        // Directions less their mean.
        Vectors { rows: room, d: self.d }.centred(slopes);
        slopes.iter_mut().for_each(|slope| *slope *= share);
        share * sum
    }

    /// Cross-entropy, less each one's own entropy where `divergence`.
    fn entropy(&self, divergence: bool, slopes: &mut [f32], room: &mut [f32]) -> f32 {
        let (n, d) = (self.n(), self.d);
        let share = 1.0 / (n * (n - 1)) as f32;
        room.copy_from_slice(self.rows);
        let mut log_sums = [0.0; CAPSULES_MAX];
        for (p, log_sum) in room.chunks_exact_mut(d).zip(&mut log_sums) {
            let highest = p.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum = exp_in_place(p, highest);
            p.iter_mut().for_each(|x| *x /= sum);
            *log_sum = highest + libm::logf(sum);
        }
        let log_p = |k: usize, c: usize| self.rows[k * d + c] - log_sums[k];
        let mut value = 0.0;
        for i in 0..n {
            let p = &room[i * d..][..d];
            // What p_i is multiplied by, and the mean of that under p_i.
            let factor = |c: usize| {
                let others: f32 = (0..n).filter(|&j| j != i).map(|j| log_p(j, c)).sum();
                let own = if divergence { (n - 1) as f32 * log_p(i, c) } else { 0.0 };
                share * (own - others)
            };
            let mean: f32 = (0..d).map(|c| p[c] * factor(c)).sum();
            value += mean;
            for c in 0..d {
                let others: f32 = (0..n).filter(|&j| j != i).map(|j| room[j * d + c]).sum();
                let through_log = share * ((n - 1) as f32 * p[c] - others);
                slopes[i * d + c] = p[c] * (factor(c) - mean) + through_log;
            }
        }
        value
    }

    fn spectral(&self, slopes: &mut [f32], room: &mut [f32]) -> f32 {
        let (n, d) = (self.n(), self.d);
        let length = |k: usize| {
            let row = &self.rows[k * d..][..d];
            simd::dot(row, row).sqrt() + 1e-9
        };
        for (k, direction) in room.chunks_exact_mut(d).enumerate() {
            simd::scaled(direction, &self.rows[k * d..][..d], 1.0 / length(k));
        }
        let direction = |k: usize| &room[k * d..][..d];
        let mut purity = 1e-9;
        for i in 0..n {
            for j in 0..n {
                let cosine = simd::dot(direction(i), direction(j));
                purity += cosine * cosine;
                simd::add_scaled(&mut slopes[i * d..][..d], direction(j), cosine);
            }
        }
        for (k, slope) in slopes.chunks_exact_mut(d).enumerate() {
            let along = simd::dot(slope, direction(k));
            simd::add_scaled(slope, direction(k), -along);
            let factor = -4.0 / (purity * length(k));
            slope.iter_mut().for_each(|x| *x *= factor);
        }
        libm::logf((n * n) as f32) - libm::logf(purity)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::params::Params;
    use super::*;
    use crate::rng::{Purpose, Rng};

    const ALL: [Separator; 5] = [
        Separator::Dist,
        Separator::Pair,
        Separator::E1,
        Separator::E2,
        Separator::E3,
    ];
    const D: usize = 6;

    fn numbers(n: usize) -> Vec<f32> {
        let mut rng = Rng::stream(8, Purpose::Trial, 0);
        (0..n).map(|_| rng.between(-1.0, 1.0)).collect()
    }

    fn measured(vectors: &[f32], d: usize, separator: Separator) -> (f32, Vec<f32>) {
        let mut tape = Tape::new();
        let x = tape.variable(vectors.len() / d, d, vectors);
        let out = tape.separate(x, &[(vectors.len() / d) as u32], separator);
        let value = tape.value(out)[0];
        tape.backward(&mut Params::new(), out);
        (value, tape.gradient(x).to_vec())
    }

    fn distance(vectors: &[f32]) -> f32 {
        let mut sum = 0.0;
        for a in vectors.chunks_exact(D) {
            for b in vectors.chunks_exact(D) {
                sum += a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
            }
        }
        sum
    }

    #[test]
    fn spec_2_6_2_pairs_are_k_times_the_squared_distance_from_the_mean() {
        let vectors = numbers(4 * D);
        let mut by_pairs = 0.0;
        for i in 0..4 {
            for j in 0..i {
                let (a, b) = (&vectors[i * D..][..D], &vectors[j * D..][..D]);
                by_pairs += a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
            }
        }
        let (found, _) = measured(&vectors, D, Separator::Pair);
        assert!((found - by_pairs).abs() < 1e-5 * by_pairs, "{found} for {by_pairs}");
    }

    #[test]
    fn spec_2_6_3_order_turns_and_shifts_change_nothing() {
        let vectors = numbers(3 * D);
        let backwards: Vec<f32> = vectors.chunks_exact(D).rev().flatten().copied().collect();
        // A turn in the plane of the first two coordinates.
        let turned: Vec<f32> = vectors
            .chunks_exact(D)
            .flat_map(|row| {
                let mut row = row.to_vec();
                (row[0], row[1]) = (0.6 * row[0] - 0.8 * row[1], 0.8 * row[0] + 0.6 * row[1]);
                row
            })
            .collect();
        let shifted: Vec<f32> = vectors.iter().map(|x| x + 0.3).collect();
        for separator in ALL {
            let value = |vectors: &[f32]| measured(vectors, D, separator).0;
            let same = |other: &[f32], what: &str| {
                let (a, b) = (value(&vectors), value(other));
                assert!((a - b).abs() < 1e-4, "{separator:?}, {what}: {a} and {b}");
            };
            same(&backwards, "order");
            if matches!(separator, Separator::Dist | Separator::Pair | Separator::E3) {
                same(&turned, "turn");
            }
            if matches!(separator, Separator::Dist | Separator::Pair) {
                same(&shifted, "shift");
            }
        }
    }

    #[test]
    fn spec_2_6_4_equal_vectors_are_not_apart_and_a_right_angle_is_log_two() {
        let equal = numbers(D).repeat(3);
        for separator in [Separator::Dist, Separator::Pair, Separator::E2, Separator::E3] {
            let (value, slopes) = measured(&equal, D, separator);
            assert!(value.abs() < 1e-5, "{separator:?}: {value}");
            assert!(slopes.iter().all(|slope| slope.is_finite()));
        }
        let (value, _) = measured(&[0.0, 1.0, 1.0, 0.0], 2, Separator::E3);
        assert!((value - std::f32::consts::LN_2).abs() < 1e-5, "{value}");
    }

    #[test]
    fn spec_2_6_5_a_step_along_the_slope_moves_vectors_apart() {
        for separator in [Separator::Dist, Separator::Pair, Separator::E2] {
            let vectors = numbers(3 * D);
            let (_, slopes) = measured(&vectors, D, separator);
            let moved: Vec<f32> = vectors.iter().zip(&slopes).map(|(x, slope)| x + 0.05 * slope).collect();
            assert!(distance(&moved) > distance(&vectors), "{separator:?}");
        }
    }

    #[test]
    fn a_user_with_one_vector_in_use_has_nothing_to_separate() {
        let mut tape = Tape::new();
        let x = tape.variable(4, D, &numbers(4 * D));
        let out = tape.separate(x, &[1, 2], Separator::Pair);
        tape.backward(&mut Params::new(), out);
        assert!(tape.gradient(x)[..2 * D].iter().all(|slope| *slope == 0.0));
        assert!(tape.gradient(x)[2 * D..].iter().any(|slope| *slope != 0.0));
    }
}
