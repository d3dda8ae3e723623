//! From vectors to points of the plane, for the interest map.
//!
//! The plane is that of the two directions in which the rows vary most: the first two eigenvectors of their
//! covariance, found by orthogonal iteration (Golub and Van Loan, *Matrix Computations*, section 8.2.4). It starts
//! from the plane of the picture before, so that a few rounds are enough.
//!
//! Eigenvectors have no sign, and two of nearly equal variance change places at a whim. Drawn as they come, the map
//! would flip and spin while the model hardly moves. Hence inside the plane the axes are turned and mirrored to lie as
//! close as possible to those before (the orthogonal Procrustes problem, in two dimensions): the picture shows the
//! plane of largest variance, seen from where the reader stands.

use ndarray::{Array2, ArrayView2};

use super::rng::{Purpose, Rng};

/// Rounds of the iteration at most; where the second and third variance are nearly equal it would need many, and
/// either direction is as good.
const ROUNDS: usize = 100;

/// The iteration ends when no coordinate of an axis moved by more than this.
const STILL: f64 = 1e-6;

/// How vectors become points.
#[derive(Clone, Debug, PartialEq)]
pub enum Projection2 {
    /// They have two dimensions: the points are where they are.
    Plane,
    /// Onto two directions.
    Pca {
        /// Mean of the rows (d): the origin of the picture.
        mean: Vec<f32>,
        /// Directions of x and y (d each), orthogonal and of length 1.
        axes: [Vec<f32>; 2],
        /// Share of the variance along each.
        kept: [f32; 2],
    },
}

impl Projection2 {
    /// The projection of `rows` (n × d), as close as possible to the `previous` one. Rows with a NaN or an infinity
    /// are left out.
    #[must_use]
    pub fn fit(rows: &Array2<f32>, previous: Option<&Self>) -> Self {
        let d = rows.ncols();
        if d == 2 {
            return Self::Plane;
        }
        let covariance = Covariance::of(rows.view());
        let before = match previous {
            Some(Self::Pca { axes, .. }) if axes[0].len() == d => Some(axes.each_ref().map(|axis| widened(axis))),
            _ => None,
        };
        let axes = match &before {
            Some(before) => {
                let found = covariance.iterate(shaken(before));
                turned_towards(before, &covariance.principal(found))
            }
            None => covariance.principal(covariance.iterate(start(d))),
        };
        let kept = axes.each_ref().map(|axis| covariance.share_along(axis));
        Self::Pca {
            mean: narrowed(&covariance.mean),
            axes: axes.each_ref().map(|axis| narrowed(axis)),
            kept,
        }
    }

    /// Appends x and y of every row (n × d) to `out`.
    ///
    /// # Panics
    /// If the rows have another width than those this was fitted to.
    pub fn apply(&self, rows: ArrayView2<f32>, out: &mut Vec<f32>) {
        match self {
            Self::Plane => {
                assert_eq!(rows.ncols(), 2, "vectors of a plane");
                out.extend(rows.iter());
            }
            Self::Pca { mean, axes, .. } => {
                assert_eq!(rows.ncols(), mean.len(), "width of the vectors");
                for row in rows.outer_iter() {
                    out.extend(axes.each_ref().map(|axis| {
                        let terms = row.iter().zip(mean).zip(axis).map(|((x, mean), a)| (x - mean) * a);
                        terms.sum::<f32>()
                    }));
                }
            }
        }
    }
}

/// Two directions in d dimensions.
type Axes = [Vec<f64>; 2];

/// Mean and covariance of rows, in f64: the sums run over the whole catalogue.
struct Covariance {
    mean: Vec<f64>,
    /// d × d, row after row, symmetric. Not divided by the number of rows: only shares and directions are asked for.
    sums: Vec<f64>,
}

impl Covariance {
    fn of(rows: ArrayView2<f32>) -> Self {
        let d = rows.ncols();
        let finite = || rows.outer_iter().filter(|row| row.iter().all(|x| x.is_finite()));
        let mut mean = vec![0.0; d];
        for row in finite() {
            add_scaled(&mut mean, 1.0, row.iter().map(|&x| f64::from(x)));
        }
        let n = finite().count().max(1) as f64;
        mean.iter_mut().for_each(|mean| *mean /= n);

        let mut sums = vec![0.0; d * d];
        let mut centred = vec![0.0; d];
        for row in finite() {
            for ((centred, &x), mean) in centred.iter_mut().zip(row).zip(&mean) {
                *centred = f64::from(x) - mean;
            }
            for (i, &x) in centred.iter().enumerate() {
                add_scaled(&mut sums[i * d + i..(i + 1) * d], x, centred[i..].iter().copied());
            }
        }
        for i in 0..d {
            for j in 0..i {
                sums[i * d + j] = sums[j * d + i];
            }
        }
        Self { mean, sums }
    }

    /// Orthogonal iteration: both axes are sent through the covariance and made orthogonal again, until they rest.
    fn iterate(&self, mut axes: Axes) -> Axes {
        for _ in 0..ROUNDS {
            let sent = axes.each_ref().map(|axis| self.times(axis));
            let next = orthonormal(sent, &axes);
            let moved = |axis: usize| {
                let pairs = next[axis].iter().zip(&axes[axis]);
                pairs.fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()))
            };
            let still = moved(0).max(moved(1)) < STILL;
            axes = next;
            if still {
                break;
            }
        }
        axes
    }

    /// The directions inside the plane of `axes` along which the covariance is diagonal, the larger variance first.
    fn principal(&self, axes: Axes) -> Axes {
        let [x, y] = axes.each_ref().map(|axis| self.times(axis));
        let (xx, xy, yy) = (dot(&axes[0], &x), dot(&axes[0], &y), dot(&axes[1], &y));
        // Eigenvector (cos, sin) of [[xx, xy], [xy, yy]] with half the angle of (xx − yy, 2 xy).
        let (across, along) = (2.0 * xy, xx - yy);
        let length = (along * along + across * across).sqrt();
        if length <= f64::EPSILON * (xx + yy) {
            return axes;
        }
        let cos = (0.5 * (1.0 + along / length)).max(0.0).sqrt();
        let sin = (0.5 * (1.0 - along / length)).max(0.0).sqrt();
        let sin = if across < 0.0 { -sin } else { sin };
        combined(&axes, [[cos, sin], [-sin, cos]])
    }

    fn share_along(&self, axis: &[f64]) -> f32 {
        let d = self.mean.len();
        let total: f64 = (0..d).map(|i| self.sums[i * d + i]).sum();
        if total > 0.0 {
            (dot(axis, &self.times(axis)) / total) as f32
        } else {
            0.0
        }
    }

    fn times(&self, axis: &[f64]) -> Vec<f64> {
        let d = self.mean.len();
        self.sums.chunks_exact(d.max(1)).map(|row| dot(row, axis)).collect()
    }
}

/// Where the iteration begins without a picture before: any two directions that are not orthogonal to the answer.
fn start(d: usize) -> Axes {
    let mut rng = Rng::stream(0, Purpose::Picture, 0);
    let mut direction = || (0..d).map(|_| f64::from(rng.normal())).collect::<Vec<f64>>();
    let drawn = [direction(), direction()];
    orthonormal(drawn.clone(), &drawn)
}

/// The axes `before`, moved a little: eigenvectors of small variance would be sent onto themselves and never left.
fn shaken(before: &Axes) -> Axes {
    let mut axes = before.clone();
    for (axis, other) in axes.iter_mut().zip(start(before[0].len())) {
        add_scaled(axis, 1e-3, other.into_iter());
    }
    axes
}

/// Gram and Schmidt. A direction that has vanished, because there is no variance left, is replaced by the `spare` one
/// of its place, or by a coordinate axis; in one dimension the second axis is zero.
fn orthonormal([x, y]: Axes, spare: &Axes) -> Axes {
    let d = x.len();
    let x = unit_of(x, &[])
        .or_else(|| unit_of(spare[0].clone(), &[]))
        .unwrap_or_else(|| coordinate(d, 0));
    let second = unit_of(y, &[&x]).or_else(|| unit_of(spare[1].clone(), &[&x]));
    let second = second.or_else(|| (0..d).find_map(|i| unit_of(coordinate(d, i), &[&x])));
    let y = second.unwrap_or_else(|| vec![0.0; d]);
    [x, y]
}

/// The part of `direction` that is orthogonal to `others`, with length 1; none where hardly anything is left of it.
fn unit_of(mut direction: Vec<f64>, others: &[&[f64]]) -> Option<Vec<f64>> {
    let before = length(&direction);
    // Twice: what the first time leaves of a nearly parallel direction is mostly rounding.
    for other in others.iter().chain(others) {
        let along = dot(&direction, other);
        add_scaled(&mut direction, -along, other.iter().copied());
    }
    let left = length(&direction);
    if !(left.is_finite() && left > 1e-9 * before) {
        return None;
    }
    direction.iter_mut().for_each(|x| *x /= left);
    Some(direction)
}

/// `axes` turned, and mirrored if need be, inside their plane so that Σ⟨before_i, turned_i⟩ is largest.
///
/// With M_ij = ⟨before_i, axes_j⟩ the best turn and the best mirroring reach √((M₀₀+M₁₁)² + (M₀₁−M₁₀)²) and
/// √((M₀₀−M₁₁)² + (M₀₁+M₁₀)²); the better one is taken.
fn turned_towards(before: &Axes, axes: &Axes) -> Axes {
    let m = before
        .each_ref()
        .map(|before| axes.each_ref().map(|axis| dot(before, axis)));
    let turn = [m[0][0] + m[1][1], m[0][1] - m[1][0]];
    let mirror = [m[0][0] - m[1][1], m[0][1] + m[1][0]];
    let (turned, mirrored) = (length(&turn), length(&mirror));
    if turned.max(mirrored) == 0.0 {
        axes.clone()
    } else if turned >= mirrored {
        let [cos, sin] = turn.map(|x| x / turned);
        combined(axes, [[cos, sin], [-sin, cos]])
    } else {
        let [cos, sin] = mirror.map(|x| x / mirrored);
        combined(axes, [[cos, sin], [sin, -cos]])
    }
}

/// New axes as combinations of the old ones.
fn combined([x, y]: &Axes, weights: [[f64; 2]; 2]) -> Axes {
    weights.map(|[of_x, of_y]| x.iter().zip(y).map(|(x, y)| of_x * x + of_y * y).collect())
}

fn coordinate(d: usize, at: usize) -> Vec<f64> {
    (0..d).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
}

fn add_scaled(sum: &mut [f64], scale: f64, x: impl Iterator<Item = f64>) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += scale * x;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

fn widened(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

fn narrowed(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = Array2<f32>;

    /// The parts of a fitted projection.
    fn pca(rows: &Matrix, previous: Option<&Projection2>) -> (Vec<f32>, [Vec<f32>; 2], [f32; 2]) {
        match Projection2::fit(rows, previous) {
            Projection2::Pca { mean, axes, kept } => (mean, axes, kept),
            Projection2::Plane => panic!("{} columns are not a plane", rows.ncols()),
        }
    }

    fn inner(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// Rows mean + Σ ± deviation · direction over every choice of signs: their covariance is Σ deviation² along each
    /// direction exactly, if the directions are orthonormal.
    fn cloud(mean: &[f32], directions: &[(f32, &[f32])]) -> Matrix {
        let n = 1 << directions.len();
        Matrix::from_shape_fn((n, mean.len()), |(row, column)| {
            let terms = directions.iter().enumerate().map(|(bit, (deviation, direction))| {
                let sign = if row >> bit & 1 == 1 { 1.0 } else { -1.0 };
                sign * deviation * direction[column]
            });
            mean[column] + terms.sum::<f32>()
        })
    }

    const A: [f32; 4] = [0.5, 0.5, 0.5, 0.5];
    const B: [f32; 4] = [0.5, -0.5, 0.5, -0.5];
    const C: [f32; 4] = [0.5, 0.5, -0.5, -0.5];
    const D: [f32; 4] = [0.5, -0.5, -0.5, 0.5];

    #[test]
    fn finds_the_directions_of_a_known_covariance_and_the_variance_they_keep() {
        let rows = cloud(
            &[1.0, 2.0, 3.0, 4.0],
            &[(1.0, &C), (4.0, &B), (2.0, &A), (2.0_f32.sqrt(), &D)],
        );
        let (mean, axes, kept) = pca(&rows, None);
        for (found, expected) in mean.iter().zip([1.0, 2.0, 3.0, 4.0]) {
            assert!((found - expected).abs() < 1e-5, "{mean:?}");
        }
        assert!(inner(&axes[0], &B).abs() > 0.99999, "{axes:?}");
        assert!(inner(&axes[1], &A).abs() > 0.99999, "{axes:?}");
        // Variances 16, 4, 2 and 1.
        assert!(
            (kept[0] - 16.0 / 23.0).abs() < 1e-5 && (kept[1] - 4.0 / 23.0).abs() < 1e-5,
            "{kept:?}"
        );
    }

    #[test]
    fn points_are_the_coordinates_along_the_axes() {
        let rows = cloud(&[5.0; 4], &[(3.0, &A), (1.0, &B)]);
        let projection = Projection2::fit(&rows, None);
        let mut points = vec![7.0];
        projection.apply(rows.view(), &mut points);
        assert_eq!((points.len(), points[0]), (9, 7.0));
        for point in points[1..].chunks(2) {
            assert!(
                (point[0].abs() - 3.0).abs() < 1e-5 && (point[1].abs() - 1.0).abs() < 1e-5,
                "{point:?}"
            );
        }
    }

    #[test]
    fn a_picture_does_not_flip_spin_or_swap_when_the_data_hardly_change() {
        let before = Projection2::Pca {
            mean: vec![0.0; 4],
            axes: [A.map(|x| -x).to_vec(), B.to_vec()],
            kept: [0.6, 0.3],
        };
        // A has become weaker than B, and both have moved a little: still x is −A and y is B.
        for (a, b) in [(3.0, 2.9), (2.9, 3.0), (3.0, 3.0)] {
            let (_, axes, kept) = pca(&cloud(&[0.1; 4], &[(a, &A), (b, &B), (1.0, &C)]), Some(&before));
            assert!(inner(&axes[0], &A) < -0.99999, "{axes:?}");
            assert!(inner(&axes[1], &B) > 0.99999, "{axes:?}");
            assert!((kept[0] - a * a / (a * a + b * b + 1.0)).abs() < 1e-4, "{kept:?}");
        }
    }

    #[test]
    fn the_plane_follows_the_variance_wherever_it_was_before() {
        let before = Projection2::Pca {
            mean: vec![0.0; 4],
            axes: [C.to_vec(), D.to_vec()],
            kept: [0.5, 0.5],
        };
        // Orthogonal to the answer, and of some variance themselves.
        let rows = cloud(&[0.0; 4], &[(3.0, &A), (2.0, &B), (0.5, &C), (0.4, &D)]);
        let (_, axes, kept) = pca(&rows, Some(&before));
        assert!((kept[0] + kept[1] - 13.0 / 13.41).abs() < 1e-5, "{kept:?}");
        assert!(inner(&axes[0], &axes[1]).abs() < 1e-6);
    }

    #[test]
    fn two_dimensions_stay_where_they_are() {
        let rows = Matrix::from_shape_fn((3, 2), |(row, column)| (row * 2 + column) as f32);
        let projection = Projection2::fit(&rows, None);
        let mut points = Vec::new();
        projection.apply(rows.view(), &mut points);
        assert_eq!(
            (projection, points),
            (Projection2::Plane, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
        );
    }

    #[test]
    fn one_dimension_lies_on_the_x_axis() {
        let rows = Matrix::from_shape_fn((4, 1), |(row, _)| row as f32);
        let projection = Projection2::fit(&rows, None);
        let mut points = Vec::new();
        projection.apply(rows.view(), &mut points);
        let xs: Vec<f32> = points.iter().step_by(2).map(|x| x.abs()).collect();
        assert_eq!(xs, [1.5, 0.5, 0.5, 1.5]);
        assert!(points.iter().skip(1).step_by(2).all(|&y| y == 0.0));
        assert_eq!(pca(&rows, None).2, [1.0, 0.0]);
    }

    #[test]
    fn no_rows_equal_rows_and_rows_on_a_line_have_orthonormal_axes_all_the_same() {
        let line = cloud(&[0.0; 4], &[(2.0, &A)]);
        for (rows, expected) in [(Matrix::zeros((0, 4)), 0.0), (Matrix::ones((5, 4)), 0.0), (line, 1.0)] {
            let first = Projection2::fit(&rows, None);
            for previous in [None, Some(&first)] {
                let (_, axes, kept) = pca(&rows, previous);
                assert!((kept[0] + kept[1] - expected).abs() < 1e-5, "{kept:?}");
                assert!(inner(&axes[0], &axes[1]).abs() < 1e-6, "{axes:?}");
                assert!(
                    axes.iter().all(|axis| (inner(axis, axis) - 1.0).abs() < 1e-5),
                    "{axes:?}"
                );
            }
        }
    }

    #[test]
    fn rows_that_are_not_finite_do_not_spoil_the_others() {
        let rows = cloud(&[0.0; 4], &[(2.0, &A), (1.0, &B)]);
        let mut spoiled = ndarray::concatenate![ndarray::Axis(0), rows, Matrix::zeros((2, 4))];
        spoiled[[4, 1]] = f32::NAN;
        spoiled[[5, 0]] = f32::INFINITY;
        assert_eq!(Projection2::fit(&spoiled, None), Projection2::fit(&rows, None));
    }
}
