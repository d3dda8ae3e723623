//! Hierarchical clustering with Ward's criterion: the two clusters whose union adds least to the sum of squares are
//! merged, again and again.
//!
//! With `d_ij = ‖x_i − x_j‖²` at first and the update of Lance and Williams,
//!
//! ```text
//! d(I ∪ J, K) = [ (n_I + n_K) d(I, K) + (n_J + n_K) d(J, K) − n_K d(I, J) ] / (n_I + n_J + n_K)
//! d(A, B)     = 2 |A| |B| / (|A| + |B|) · ‖μ_A − μ_B‖²
//! ```
//!
//! The merges are found along chains of nearest neighbours in O(n²) (Murtagh, 1983): they are those of the greedy
//! order, found in another. Heights are squared here; SciPy's are their roots.

use super::matrix::Matrix;
use super::order;

/// Two clusters become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// Both, the smaller number first: the n points are `0..n`, the union of merge `m` is `n + m`.
    pub pair: [u32; 2],
    /// d of the two.
    pub height: f64,
    /// Points of the union.
    pub size: u32,
}

/// The n − 1 merges of the rows of `points`, `[n, d]`, from the lowest to the highest. Equal distances are merged in
/// the order of the rows.
#[must_use]
pub fn ward(points: &Matrix) -> Vec<Merge> {
    let n = points.nrows();
    let mut distances = Distances::of(points);
    let mut sizes = vec![1.0; n];
    // A cluster has the number of its last point, and size 0 once it is part of another.
    let mut found: Vec<([usize; 2], f64)> = Vec::with_capacity(n.saturating_sub(1));
    let mut chain: Vec<usize> = Vec::new();
    while found.len() + 1 < n {
        let Some(&top) = chain.last() else {
            chain.extend(sizes.iter().position(|size| *size > 0.0));
            continue;
        };
        let before = chain.len().checked_sub(2).map(|place| chain[place]);
        let (next, height) = distances.nearest(top, before, &sizes);
        if Some(next) != before {
            chain.push(next);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (gone, stays) = (top.min(next), top.max(next));
        distances.unite(gone, stays, &sizes);
        sizes[stays] += sizes[gone];
        sizes[gone] = 0.0;
        found.push(([gone, stays], height));
    }
    numbered(n, &found)
}

/// The clusters that are left when merges above `height` are taken back, each with its points in their order, and
/// in the order of their first points. A point that was never merged below `height` is a cluster by itself.
#[must_use]
pub fn cut(n: usize, merges: &[Merge], height: f64) -> Vec<Vec<u32>> {
    let mut joined = Joined::new(n + merges.len());
    for (union, merge) in (n..).zip(merges).filter(|(_, merge)| merge.height <= height) {
        merge.pair.iter().for_each(|&part| joined.to(part as usize, union));
    }
    let mut clusters: Vec<Vec<u32>> = Vec::new();
    let mut places = vec![usize::MAX; n + merges.len()];
    for point in 0..n {
        let root = joined.root(point);
        if places[root] == usize::MAX {
            places[root] = clusters.len();
            clusters.push(Vec::new());
        }
        clusters[places[root]].push(point as u32);
    }
    clusters
}

/// The mean of the rows `members` of `points`.
#[must_use]
pub fn centroid(points: &Matrix, members: &[u32]) -> Vec<f64> {
    let mut mean = vec![0.0; points.ncols()];
    for &member in members {
        let row = points.row(member as usize);
        mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    mean.iter_mut().for_each(|sum| *sum /= members.len() as f64);
    mean
}

/// Of the rows `members` of `points` the one with the smallest sum of squared distances to the others, which is the
/// one nearest to their mean: the sum is `|C| ‖x − μ‖²` and a constant. The last of equals.
///
/// # Panics
/// Without members.
#[must_use]
pub fn medoid(points: &Matrix, members: &[u32]) -> u32 {
    let mean = centroid(points, members);
    let far = |member: u32| {
        let row = points.row(member as usize);
        let terms = row.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean);
        terms.map(|x| x * x).sum::<f64>()
    };
    let by_far = members.iter().map(|&member| (far(member), member));
    let nearest = by_far.reduce(|best, next| if next.0 <= best.0 { next } else { best });
    nearest.expect("a cluster has members").1
}

/// Squared distances between clusters: the triangle below the diagonal, row after row.
struct Distances(Vec<f64>);

impl Distances {
    fn of(points: &Matrix) -> Self {
        let mut all = Vec::with_capacity(points.nrows() * points.nrows() / 2);
        for i in 0..points.nrows() {
            for j in 0..i {
                let pairs = points.row(i).into_iter().zip(points.row(j));
                let terms = pairs.map(|(a, b)| f64::from(*a) - f64::from(*b));
                all.push(terms.map(|x| x * x).sum());
            }
        }
        Self(all)
    }

    fn at(&mut self, i: usize, j: usize) -> &mut f64 {
        let (low, high) = (i.min(j), i.max(j));
        &mut self.0[high * (high - 1) / 2 + low]
    }

    /// The cluster nearest to `of`, and how far it is: `preferred` where others are as near, else the first.
    fn nearest(&mut self, of: usize, preferred: Option<usize>, sizes: &[f64]) -> (usize, f64) {
        let mut best = match preferred {
            Some(other) => (other, *self.at(of, other)),
            None => (usize::MAX, f64::INFINITY),
        };
        for other in (0..sizes.len()).filter(|&other| other != of && sizes[other] > 0.0) {
            let distance = *self.at(of, other);
            if distance < best.1 || best.0 == usize::MAX {
                best = (other, distance);
            }
        }
        best
    }

    /// `stays` becomes the union of both.
    fn unite(&mut self, gone: usize, stays: usize, sizes: &[f64]) {
        let (i, j, between) = (sizes[gone], sizes[stays], *self.at(gone, stays));
        for other in (0..sizes.len()).filter(|&other| other != gone && other != stays && sizes[other] > 0.0) {
            let k = sizes[other];
            let (to_gone, to_stays) = (*self.at(gone, other), *self.at(stays, other));
            *self.at(stays, other) = ((i + k) * to_gone + (j + k) * to_stays - k * between) / (i + j + k);
        }
    }
}

/// Which cluster each cluster became part of.
struct Joined(Vec<usize>);

impl Joined {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn to(&mut self, part: usize, union: usize) {
        let root = self.root(part);
        self.0[root] = union;
    }

    fn root(&mut self, of: usize) -> usize {
        let mut root = of;
        while self.0[root] != root {
            self.0[root] = self.0[self.0[root]];
            root = self.0[root];
        }
        root
    }
}

/// Merges by height, with the numbers of the clusters that are merged: chains find them in another order.
fn numbered(n: usize, found: &[([usize; 2], f64)]) -> Vec<Merge> {
    // A union is found after its parts, and is never lower than they are.
    let by_height = order::places(found.len(), &mut |a, b| {
        found[a].1.total_cmp(&found[b].1).then(a.cmp(&b))
    });
    let mut joined = Joined::new(n + found.len());
    let mut sizes = vec![1; n + found.len()];
    let merges = (n..).zip(by_height).map(|(union, place)| {
        let (parts, height) = found[place as usize];
        let [a, b] = parts.map(|part| joined.root(part));
        joined.to(a, union);
        joined.to(b, union);
        sizes[union] = sizes[a] + sizes[b];
        Merge {
            pair: [a.min(b) as u32, a.max(b) as u32],
            height,
            size: sizes[union],
        }
    });
    merges.collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::rng::{Purpose, Rng};

    const GOLDEN: &str = include_str!("../../tests/golden/ward.json");

    #[derive(Deserialize)]
    struct Case {
        rows: usize,
        points: Vec<f32>,
        /// Row after row: both clusters, the root of the height, and the size.
        linkage: Vec<[f64; 4]>,
        /// Clusters by number of each point, below the given height.
        cuts: Vec<(f64, Vec<u32>)>,
    }

    fn points(rows: usize, values: &[f32]) -> Matrix {
        Matrix::from_shape_vec((rows, values.len() / rows), values.to_vec()).expect("rows of equal length")
    }

    fn random(rows: usize, counter: u64) -> Matrix {
        let mut rng = Rng::stream(1, Purpose::Trial, counter);
        let values: Vec<f32> = (0..rows * 5).map(|_| rng.normal()).collect();
        points(rows, &values)
    }

    #[test]
    fn spec_4_5_2_merges_and_clusters_are_those_of_scipy() {
        let cases: Vec<Case> = serde_json::from_str(GOLDEN).expect("as its script wrote it");
        assert!(cases.len() >= 4);
        for (number, case) in cases.iter().enumerate() {
            let merges = ward(&points(case.rows, &case.points));
            assert_eq!(merges.len(), case.linkage.len());
            for (found, [a, b, root, size]) in merges.iter().zip(&case.linkage) {
                let clusters = [f64::from(found.pair[0]), f64::from(found.pair[1])];
                assert_eq!((clusters, f64::from(found.size)), ([*a, *b], *size), "case {number}");
                assert!(
                    (found.height.sqrt() - root).abs() < 1e-9 * (1.0 + root),
                    "case {number}: {found:?}"
                );
            }
            for (height, labels) in &case.cuts {
                let found = cut(case.rows, &merges, *height);
                let mut of_points = vec![0; case.rows];
                for (label, cluster) in (0..).zip(&found) {
                    cluster.iter().for_each(|&point| of_points[point as usize] = label);
                }
                assert_eq!(&of_points, labels, "case {number} cut at {height}");
            }
        }
    }

    #[test]
    fn spec_4_5_1_nothing_is_merged_below_the_smallest_distance_and_everything_at_the_last_height() {
        let merges = ward(&random(30, 0));
        let (lowest, highest) = (merges[0].height, merges[28].height);
        assert_eq!(cut(30, &merges, lowest * 0.999).len(), 30);
        assert_eq!(cut(30, &merges, lowest).len(), 29);
        assert_eq!(cut(30, &merges, highest * 0.999).len(), 2);
        assert_eq!(cut(30, &merges, highest).len(), 1);
    }

    #[test]
    fn spec_4_5_3_clusters_cover_every_point_once_and_have_their_medoid() {
        let points = random(40, 1);
        let merges = ward(&points);
        for height in [0.0, 2.0, 6.0, 20.0, 1e9] {
            let clusters = cut(40, &merges, height);
            let mut all: Vec<u32> = clusters.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..40).collect::<Vec<u32>>());
            for cluster in &clusters {
                let sum = |of: u32| {
                    let far = |other: &u32| {
                        let apart = &points.row(of as usize) - &points.row(*other as usize);
                        f64::from(apart.dot(&apart))
                    };
                    cluster.iter().map(far).sum::<f64>()
                };
                let medoid = medoid(&points, cluster);
                assert!(cluster.contains(&medoid));
                assert!(cluster.iter().all(|&other| sum(medoid) <= sum(other) * 1.000_01));
            }
        }
    }

    #[test]
    fn spec_4_5_4_blobs_far_apart_are_the_clusters_in_any_order() {
        let mut rng = Rng::stream(2, Purpose::Trial, 0);
        let mut rows: Vec<(u32, [f32; 2])> = Vec::new();
        for blob in 0..4 {
            let middle = [f32::from(blob as u8 % 2) * 9.0, f32::from(blob as u8 / 2) * 9.0];
            rows.extend((0..7).map(|_| (blob, middle.map(|x| x + 0.2 * rng.normal()))));
        }
        for _ in 0..5 {
            rng.shuffle(&mut rows);
            let values: Vec<f32> = rows.iter().flat_map(|(_, row)| *row).collect();
            let clusters = cut(28, &ward(&points(28, &values)), 10.0);
            assert_eq!(clusters.len(), 4);
            for cluster in clusters {
                let blobs: Vec<u32> = cluster.iter().map(|&row| rows[row as usize].0).collect();
                assert!(blobs.iter().all(|blob| *blob == blobs[0]), "{blobs:?}");
            }
        }
    }

    #[test]
    fn equal_points_and_few_points_are_no_trouble() {
        assert!(ward(&Matrix::zeros((0, 3))).is_empty());
        assert!(ward(&Matrix::zeros((1, 3))).is_empty());
        let merges = ward(&Matrix::ones((6, 3)));
        assert_eq!(merges.len(), 5);
        assert!(merges.iter().all(|merge| merge.height == 0.0));
        assert_eq!(merges[4].size, 6);
        assert_eq!(cut(0, &[], 1.0), Vec::<Vec<u32>>::new());
    }
}
