//! How good an index is: what of the truth it finds, and what it costs.

use super::{Ask, Flat, Hit, Index, Work};

/// Means over queries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// |found ∩ exact| / k: by scores, so that of equally near vectors any will do.
    pub recall: f64,
    /// Share of the queries whose nearest vector is among the k: EBR's 1-recall@k.
    pub nearest: f64,
    /// Vectors compared with a query, of all there are.
    pub scanned: f64,
    /// Centroids of cells compared with a query.
    pub centroids: f64,
    /// Bytes a vector.
    pub bytes: f64,
}

/// What an exact search finds, to be compared with: looked up once, however many indexes and efforts there are.
pub struct Truth<'a> {
    flat: &'a Flat,
    queries: &'a [Vec<f32>],
    k: usize,
    exact: Vec<Vec<Hit>>,
}

impl<'a> Truth<'a> {
    /// The `k` nearest to each of the `queries`.
    #[must_use]
    pub fn of(flat: &'a Flat, queries: &'a [Vec<f32>], k: usize) -> Self {
        let mut work = Work::default();
        let mut exact = Vec::with_capacity(queries.len());
        for query in queries {
            let mut hits = Vec::new();
            flat.search(query, Ask::new(k, 0), &mut work, &mut hits);
            exact.push(hits);
        }
        Self {
            flat,
            queries,
            k,
            exact,
        }
    }

    /// What `index`, over the same vectors, finds of it with some effort.
    #[must_use]
    pub fn measure(&self, index: &dyn Index, effort: usize) -> Quality {
        let (mut work, mut found) = (Work::default(), Vec::new());
        let (mut recall, mut nearest) = (0.0, 0.0);
        for (query, exact) in self.queries.iter().zip(&self.exact) {
            index.search(query, Ask::new(self.k, effort), &mut work, &mut found);
            let [share, first] = share_found(self.flat, query, &found, exact);
            recall += share;
            nearest += first;
        }
        let n = self.queries.len().max(1) as f64;
        let vectors = index.len().max(1) as f64;
        Quality {
            recall: recall / n,
            nearest: nearest / n,
            scanned: work.log.scanned as f64 / n / vectors,
            centroids: work.log.centroids as f64 / n,
            bytes: index.bytes() as f64 / vectors,
        }
    }
}

/// Share of `exact` that is found, and 1 if its best is. What was found is compared by its exact score: an index may have
/// another.
#[must_use]
pub fn share_found(flat: &Flat, query: &[f32], found: &[Hit], exact: &[Hit]) -> [f64; 2] {
    let [Some(best), Some(worst)] = [exact.first(), exact.last()] else {
        return [1.0, 1.0];
    };
    let ids: Vec<u32> = found.iter().map(|hit| hit.id).collect();
    let mut scores = Vec::new();
    flat.scores_of(query, &ids, &mut scores);
    let right = scores.iter().filter(|&&score| score >= worst.score).count();
    let first = scores.iter().any(|&score| score >= best.score);
    [
        right.min(exact.len()) as f64 / exact.len() as f64,
        f64::from(u8::from(first)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Parts;
    use crate::matrix::{Matrix, Metric};
    use base::text::Result;

    /// Finds the rows it was told to.
    struct Fixed(Vec<u32>);

    impl Index for Fixed {
        fn search(&self, _: &[f32], _: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>) {
            out.clear();
            out.extend(self.0.iter().map(|&id| Hit { id, score: 0.0 }));
            work.log.scanned += 3;
            work.log.centroids += 2;
        }

        fn bytes(&self) -> usize {
            60
        }

        fn len(&self) -> usize {
            6
        }

        fn dim(&self) -> usize {
            1
        }

        fn metric(&self) -> Metric {
            Metric::L2
        }

        fn add(&mut self, _: Matrix) -> Result<()> {
            Ok(())
        }

        fn remove(&mut self, _: &[u32]) {}

        fn parts(&self) -> Parts<'_> {
            unreachable!("not asked for")
        }
    }

    #[test]
    fn recall_goes_by_distances_and_the_nearest_counts_by_itself() {
        // From 0 the rows are 0, 1, 1, 2, 3, 4 away: any of the two in the middle is the second nearest.
        let rows = Matrix::from_shape_vec((6, 1), vec![0.0, 1.0, -1.0, 2.0, 3.0, 4.0]).unwrap();
        let flat = Flat::build(rows, Metric::L2).unwrap();
        let queries = [vec![0.0]];
        let truth = Truth::of(&flat, &queries, 2);
        let quality = |found: &[u32]| truth.measure(&Fixed(found.to_vec()), 0);
        let right = quality(&[0, 2]);
        assert_eq!((right.recall, right.nearest), (1.0, 1.0));
        assert_eq!((right.scanned, right.centroids, right.bytes), (0.5, 2.0, 10.0));
        let half = quality(&[1, 3]);
        assert_eq!((half.recall, half.nearest), (0.5, 0.0));
        assert_eq!(quality(&[]).recall, 0.0);
    }
}
