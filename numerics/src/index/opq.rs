//! Optimised product quantisation (Ge, He, Ke and Sun, CVPR 2013): the rotation under which a product quantiser loses
//! least.
//!
//! It begins where the parametric solution for Gaussian data ends: along the principal axes, dealt to the parts so that
//! the products of their variances are alike. Then, by turns, the quantiser learns from the rotated rows, ŷ, and the
//! rotation is the one that brings the rows nearest to them, argmin Σ‖R x − ŷ‖². Neither can raise that sum.

use super::eigen::{Eigen, procrustes};
use super::k_means::{Assigner, Geometry, KMeans};
use crate::nn::{Packing, Size, Write, gemm_nt, gemm_tn};
use crate::rng::{Purpose, Rng};

/// Rounds of turns. Faiss makes 50; most of the way is made in the first ten.
const ROUNDS: usize = 16;

/// Rounds of k-means in each.
const INNER: usize = 3;

/// A rotation being learnt.
pub struct Opq {
    d: usize,
    m: usize,
    bits: u32,
    seed: u32,
    /// n × d.
    rows: Vec<f32>,
    /// R, d × d: y = R x.
    rotation: Vec<f64>,
    /// y, n × d, and then what is left of it.
    rotated: Vec<f32>,
    /// ŷ, n × d.
    decoded: Vec<f32>,
    parts: Vec<KMeans>,
    round: usize,
    /// Part that learns next.
    part: usize,
    learning: bool,
    turning: Option<(Vec<f64>, Eigen)>,
    /// Σ‖R x − ŷ‖² of each round.
    errors: Vec<f64>,
    packing: Packing,
}

impl Opq {
    /// For `m` parts of `bits` each, from `rows` (n × d), whose columns are principal axes with these variances, falling.
    ///
    /// # Panics
    /// If `m` does not divide d.
    pub fn new(rows: Vec<f32>, variances: &[f64], m: usize, bits: u32, seed: u32) -> Self {
        let d = variances.len();
        assert!(d.is_multiple_of(m), "{m} parts of {d}");
        Self {
            d,
            m,
            bits,
            seed,
            rotation: dealt(variances, m),
            rotated: vec![0.0; rows.len()],
            decoded: vec![0.0; rows.len()],
            rows,
            parts: Vec::new(),
            round: 0,
            part: 0,
            learning: false,
            turning: None,
            errors: Vec::new(),
            packing: Packing::default(),
        }
    }

    /// A unit of work; false when nothing is left to do.
    pub fn advance(&mut self) -> bool {
        if self.round == ROUNDS || self.rows.is_empty() {
            return false;
        }
        if let Some((cross, mut eigen)) = self.turning.take() {
            if eigen.advance() {
                self.turning = Some((cross, eigen));
            } else {
                self.rotation = procrustes(&cross, &eigen.finish().1, self.d);
                self.round += 1;
                self.part = 0;
            }
        } else if self.part == self.m {
            self.turning = Some(self.cross());
        } else if self.part == 0 && !self.learning {
            self.rotate();
            self.begin_part();
        } else if !self.parts[self.part].advance() {
            self.decode_part();
            self.part += 1;
            self.learning = false;
            if self.part < self.m {
                self.begin_part();
            }
        }
        true
    }

    /// Share of the work that is done.
    #[must_use]
    pub fn share(&self) -> f32 {
        (self.round as f32 + self.part as f32 / self.m as f32) / ROUNDS as f32
    }

    /// Σ‖R x − ŷ‖² of each round.
    #[cfg(test)]
    pub fn errors(&self) -> &[f64] {
        &self.errors
    }

    /// R (d × d).
    #[must_use]
    pub fn finish(self) -> Vec<f64> {
        self.rotation
    }

    fn rotate(&mut self) {
        let rotation: Vec<f32> = self.rotation.iter().map(|&x| x as f32).collect();
        let size = Size {
            m: self.rows.len() / self.d,
            k: self.d,
            n: self.d,
        };
        gemm_nt(
            size,
            &self.rows,
            &rotation,
            &mut self.rotated,
            Write::Store,
            &mut self.packing,
        );
    }

    /// The columns of the part whose turn it is.
    fn columns(&self) -> Vec<f32> {
        let width = self.d / self.m;
        let mut columns = Vec::with_capacity(self.rotated.len() / self.m);
        for row in self.rotated.chunks_exact(self.d) {
            columns.extend_from_slice(&row[self.part * width..][..width]);
        }
        columns
    }

    fn begin_part(&mut self) {
        let (columns, width) = (self.columns(), self.d / self.m);
        self.learning = true;
        if let Some(part) = self.parts.get_mut(self.part) {
            part.resume(&columns, INNER);
        } else {
            let mut rng = Rng::stream(self.seed, Purpose::Index, 512 + self.part as u64);
            self.parts.push(KMeans::new(
                columns,
                width,
                1 << self.bits,
                Geometry::Euclidean,
                &mut rng,
            ));
        }
    }

    /// ŷ of the part that has learnt.
    fn decode_part(&mut self) {
        let width = self.d / self.m;
        let centroids = self.parts[self.part].centroids();
        let mut cells = Vec::new();
        Assigner::new(&centroids, width, Geometry::Euclidean).nearest(&self.columns(), &mut cells);
        for (row, &cell) in self.decoded.chunks_exact_mut(self.d).zip(&cells) {
            row[self.part * width..][..width].copy_from_slice(&centroids[cell as usize * width..][..width]);
        }
    }

    /// C = XᵀŶ, and CᵀC on its way to its eigenvectors.
    fn cross(&mut self) -> (Vec<f64>, Eigen) {
        let d = self.d;
        let pairs = self.rotated.iter().zip(&self.decoded);
        let squares = pairs.map(|(y, decoded)| f64::from(y - decoded) * f64::from(y - decoded));
        self.errors.push(squares.sum());
        let mut cross = vec![0.0; d * d];
        let size = Size {
            m: d,
            k: self.rows.len() / d,
            n: d,
        };
        gemm_tn(
            size,
            &self.rows,
            &self.decoded,
            &mut cross,
            Write::Store,
            &mut self.packing,
        );
        let cross: Vec<f64> = cross.into_iter().map(f64::from).collect();
        let mut square = vec![0.0; d * d];
        for row in cross.chunks_exact(d) {
            for (into, &a) in square.chunks_exact_mut(d).zip(row) {
                into.iter_mut().zip(row).for_each(|(into, b)| *into += a * b);
            }
        }
        (cross, Eigen::new(square, d))
    }
}

/// The permutation (d × d) that deals principal axes to `m` parts: the one of largest variance first, each to the part
/// that has room and the smallest product of variances so far.
fn dealt(variances: &[f64], m: usize) -> Vec<f64> {
    let d = variances.len();
    let mut parts = vec![(0.0, Vec::new()); m];
    for (axis, &variance) in variances.iter().enumerate() {
        let mut least: Option<usize> = None;
        for (part, (product, axes)) in parts.iter().enumerate() {
            if axes.len() < d / m && least.is_none_or(|least| *product < parts[least].0) {
                least = Some(part);
            }
        }
        let part = &mut parts[least.expect("as many places as axes")];
        part.0 += libm::log(variance.max(1e-30));
        part.1.push(axis);
    }
    let mut rotation = vec![0.0; d * d];
    let axes = parts.iter().flat_map(|(_, axes)| axes);
    for (row, &axis) in rotation.chunks_exact_mut(d).zip(axes) {
        row[axis] = 1.0;
    }
    rotation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_dealt_so_that_parts_vary_alike() {
        // Variances 16, 8, 4, 2 in two parts: 16 to the first, 8 to the second, 4 to the second (8 < 16), which is full.
        let rotation = dealt(&[16.0, 8.0, 4.0, 2.0], 2);
        let axes: Vec<usize> = rotation
            .chunks_exact(4)
            .map(|row| row.iter().position(|&x| x == 1.0).unwrap())
            .collect();
        assert_eq!(axes, [0, 3, 1, 2]);
    }

    #[test]
    fn spec_5_9_4_the_error_never_rises_and_the_rotation_is_one() {
        let mut rng = Rng::stream(4, Purpose::Trial, 0);
        let variances: Vec<f64> = (1..=8).map(|axis| 10.0 / f64::from(axis * axis)).collect();
        let mut rows = Vec::new();
        for _ in 0..600 {
            // Not Gaussian, so that there is something left to be learnt.
            let corner = if rng.below(2) == 0 { -1.0 } else { 1.0 };
            rows.extend(
                variances
                    .iter()
                    .map(|variance| variance.sqrt() as f32 * (0.6 * rng.normal() + corner)),
            );
        }
        let mut opq = Opq::new(rows, &variances, 4, 4, 1);
        while opq.advance() {}
        let errors = opq.errors().to_vec();
        assert_eq!(errors.len(), ROUNDS);
        assert!(
            errors.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-5)),
            "{errors:?}"
        );
        assert!(errors[ROUNDS - 1] < 0.95 * errors[0], "{errors:?}");
        let rotation = opq.finish();
        for i in 0..8 {
            for j in 0..8 {
                let dot: f64 = (0..8).map(|k| rotation[k * 8 + i] * rotation[k * 8 + j]).sum();
                assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-4);
            }
        }
    }
}
