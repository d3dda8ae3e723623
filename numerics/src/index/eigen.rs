//! All eigenvectors of a symmetric matrix, and the nearest rotation to any: small, dense, in f64, the same everywhere.
//!
//! By Jacobi's method (Golub and Van Loan, *Matrix Computations*, section 8.5): each rotation makes one pair of
//! off-diagonal entries zero, and a handful of sweeps over all pairs is enough.

use std::cmp::Ordering;

use crate::order;

/// Sweeps at most; six to eight are usual.
const SWEEPS: usize = 24;

/// Off-diagonal entries are as good as zero below this share of the diagonal.
const STILL: f64 = 1e-14;

/// A matrix on its way to a diagonal one.
#[derive(Clone, Debug)]
pub struct Eigen {
    d: usize,
    /// d × d, becomes diagonal.
    matrix: Vec<f64>,
    /// d × d, one eigenvector a row.
    vectors: Vec<f64>,
    sweep: usize,
}

impl Eigen {
    /// Of a symmetric `matrix` (d × d).
    ///
    /// # Panics
    /// If it is not square.
    pub fn new(matrix: Vec<f64>, d: usize) -> Self {
        assert_eq!(matrix.len(), d * d, "a matrix of {d} × {d}");
        Self {
            d,
            matrix,
            vectors: identity(d),
            sweep: 0,
        }
    }

    /// A sweep; false when the matrix is diagonal.
    pub fn advance(&mut self) -> bool {
        let d = self.d;
        let diagonal = (0..d).fold(0.0_f64, |most, i| most.max(self.matrix[i * d + i].abs()));
        let mut still = true;
        for p in 0..d {
            for q in p + 1..d {
                if self.matrix[p * d + q].abs() > STILL * diagonal {
                    still = false;
                    self.rotate(p, q);
                }
            }
        }
        self.sweep += 1;
        !still && self.sweep < SWEEPS
    }

    /// Share of the work that is done, as it usually is.
    #[must_use]
    pub fn share(&self) -> f32 {
        (self.sweep as f32 / 8.0).min(1.0)
    }

    /// Eigenvalues, falling, and their eigenvectors as rows (d × d). The largest number of each is positive.
    #[must_use]
    pub fn finish(self) -> (Vec<f64>, Vec<f64>) {
        let d = self.d;
        let value = |i: usize| self.matrix[i * d + i];
        let falling = order::places(d, &mut |a, b| {
            value(b)
                .partial_cmp(&value(a))
                .unwrap_or(Ordering::Equal)
                .then(a.cmp(&b))
        });
        let mut vectors = Vec::with_capacity(d * d);
        for &i in &falling {
            let vector = &self.vectors[i as usize * d..][..d];
            let largest = vector
                .iter()
                .fold(0.0_f64, |most, &x| if x.abs() > most.abs() { x } else { most });
            let sign = if largest < 0.0 { -1.0 } else { 1.0 };
            vectors.extend(vector.iter().map(|x| sign * x));
        }
        (falling.iter().map(|&i| value(i as usize)).collect(), vectors)
    }

    /// Makes the entries (p, q) and (q, p) zero.
    fn rotate(&mut self, p: usize, q: usize) {
        let d = self.d;
        let at = |i: usize, j: usize| self.matrix[i * d + j];
        let theta = (at(q, q) - at(p, p)) / (2.0 * at(p, q));
        let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
        let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
        let sine = tangent * cosine;
        rotate_rows(&mut self.matrix, d, p, q, cosine, sine);
        for row in self.matrix.chunks_exact_mut(d) {
            let (a, b) = (row[p], row[q]);
            row[p] = cosine * a - sine * b;
            row[q] = sine * a + cosine * b;
        }
        rotate_rows(&mut self.vectors, d, p, q, cosine, sine);
    }
}

fn rotate_rows(matrix: &mut [f64], d: usize, p: usize, q: usize, cosine: f64, sine: f64) {
    let (upper, lower) = matrix.split_at_mut(q * d);
    for (a, b) in upper[p * d..][..d].iter_mut().zip(&mut lower[..d]) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

fn identity(d: usize) -> Vec<f64> {
    let mut identity = vec![0.0; d * d];
    identity.iter_mut().step_by(d + 1).for_each(|x| *x = 1.0);
    identity
}

/// Makes the rows (d × d) orthonormal, each against those before it (Gram and Schmidt, twice). A row of which nothing is
/// left becomes the first direction that is still free.
pub fn orthonormalise(rows: &mut [f64], d: usize) {
    for row in 0..d {
        let (before, rest) = rows.split_at_mut(row * d);
        let row = &mut rest[..d];
        let mut length = clear_of(row, before);
        let mut axis = 0;
        while length < 1e-9 && axis < d {
            row.fill(0.0);
            row[axis] = 1.0;
            length = clear_of(row, before);
            axis += 1;
        }
    }
}

/// Takes the directions `before` out of `row` and scales it to length 1; gives the share of its length that was left.
fn clear_of(row: &mut [f64], before: &[f64]) -> f64 {
    let length = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
    let whole = length(row);
    for _ in 0..2 {
        for other in before.chunks_exact(row.len()) {
            let along: f64 = row.iter().zip(other).map(|(x, y)| x * y).sum();
            row.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
        }
    }
    let left = length(row);
    if left > 1e-12 * whole && whole > 0.0 {
        row.iter_mut().for_each(|x| *x /= left);
        left / whole
    } else {
        0.0
    }
}

/// The rotation R (d × d) that maximises tr(R C), given C (d × d) and the eigenvectors of CᵀC as rows: with C = U Σ Vᵀ it
/// is V Uᵀ (the orthogonal Procrustes problem).
#[must_use]
pub fn procrustes(c: &[f64], v: &[f64], d: usize) -> Vec<f64> {
    // Row k of U is C v_k, to be scaled: for a singular value of zero any direction that is free.
    let mut u = vec![0.0; d * d];
    for (u, v) in u.chunks_exact_mut(d).zip(v.chunks_exact(d)) {
        for (u, c) in u.iter_mut().zip(c.chunks_exact(d)) {
            *u = c.iter().zip(v).map(|(c, v)| c * v).sum();
        }
    }
    orthonormalise(&mut u, d);
    let mut rotation = vec![0.0; d * d];
    for (u, v) in u.chunks_exact(d).zip(v.chunks_exact(d)) {
        for (row, v) in rotation.chunks_exact_mut(d).zip(v) {
            row.iter_mut().zip(u).for_each(|(r, u)| *r += v * u);
        }
    }
    rotation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    fn random(n: usize) -> Vec<f64> {
        let mut rng = Rng::stream(3, Purpose::Trial, 0);
        (0..n).map(|_| f64::from(rng.normal())).collect()
    }

    fn product(a: &[f64], b: &[f64], d: usize) -> Vec<f64> {
        let entry = |at: usize| (0..d).map(|k| a[at / d * d + k] * b[k * d + at % d]).sum();
        (0..d * d).map(entry).collect()
    }

    fn turned(a: &[f64], d: usize) -> Vec<f64> {
        (0..d * d).map(|at| a[at % d * d + at / d]).collect()
    }

    fn farthest(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
    }

    #[test]
    fn eigenvectors_and_values_give_the_matrix_again() {
        for d in [1, 2, 7, 20] {
            let half = random(d * d);
            let matrix = product(&turned(&half, d), &half, d);
            let mut eigen = Eigen::new(matrix.clone(), d);
            while eigen.advance() {}
            let (values, vectors) = eigen.finish();
            assert!(values.windows(2).all(|pair| pair[0] >= pair[1]), "{values:?}");
            let scaled: Vec<f64> = (0..d * d).map(|at| values[at / d] * vectors[at]).collect();
            assert!(farthest(&product(&turned(&vectors, d), &scaled, d), &matrix) < 1e-9);
            assert!(farthest(&product(&vectors, &turned(&vectors, d), d), &identity(d)) < 1e-12);
        }
    }

    #[test]
    fn the_nearest_rotation_to_a_rotated_stretch_is_its_rotation() {
        let d = 6;
        let mut rotation = random(d * d);
        orthonormalise(&mut rotation, d);
        // C = Rᵀ S with S positive definite: tr(R C) = tr(S) is the most there is.
        let half = random(2 * d * d)[d * d..].to_vec();
        let stretch = product(&turned(&half, d), &half, d);
        let c = product(&turned(&rotation, d), &stretch, d);
        let mut eigen = Eigen::new(product(&turned(&c, d), &c, d), d);
        while eigen.advance() {}
        let found = procrustes(&c, &eigen.finish().1, d);
        assert!(farthest(&found, &rotation) < 1e-6, "{found:?}");
    }

    #[test]
    fn rows_without_a_direction_of_their_own_get_a_free_one() {
        let mut rows = vec![1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        orthonormalise(&mut rows, 3);
        assert!(farthest(&product(&rows, &turned(&rows, 3), 3), &identity(3)) < 1e-12);
    }
}
