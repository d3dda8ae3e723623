//! How good an index is: what of the truth it finds, and what it costs.

use super::{Ask, Flat, Hit, Index, SearchLog, Work};

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

/// What the searches of `index` for the `k` nearest find of what `flat`, over the same vectors, does.
#[must_use]
pub fn measure(index: &dyn Index, flat: &Flat, queries: &[Vec<f32>], k: usize, effort: usize) -> Quality {
    let (mut work, mut found, mut exact) = (Work::default(), Vec::new(), Vec::new());
    let (mut recall, mut nearest) = (0.0, 0.0);
    let mut log = SearchLog::default();
    for query in queries {
        flat.search(query, Ask::new(k, 0), &mut work, &mut exact);
        work.log = log;
        index.search(query, Ask::new(k, effort), &mut work, &mut found);
        log = work.log;
        let [share, first] = shares(flat, query, &found, &exact);
        recall += share;
        nearest += first;
    }
    let n = queries.len().max(1) as f64;
    let vectors = index.len().max(1) as f64;
    Quality {
        recall: recall / n,
        nearest: nearest / n,
        scanned: log.scanned as f64 / n / vectors,
        centroids: log.centroids as f64 / n,
        bytes: index.bytes() as f64 / vectors,
    }
}

/// Share of `exact` that is found, and 1 if its best is. What was found is compared by its exact score: an index may have
/// another.
fn shares(flat: &Flat, query: &[f32], found: &[Hit], exact: &[Hit]) -> [f64; 2] {
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
    use crate::engine::index::Parts;
    use crate::engine::matrix::{Matrix, Metric};
    use crate::text::Result;

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
        let quality = |found: &[u32]| measure(&Fixed(found.to_vec()), &flat, &[vec![0.0]], 2, 0);
        let right = quality(&[0, 2]);
        assert_eq!((right.recall, right.nearest), (1.0, 1.0));
        assert_eq!((right.scanned, right.centroids, right.bytes), (0.5, 2.0, 10.0));
        let half = quality(&[1, 3]);
        assert_eq!((half.recall, half.nearest), (0.5, 0.0));
        assert_eq!(quality(&[]).recall, 0.0);
    }
}
