//! The vectors that an index holds, as far as it still knows them.

use super::{Index, Parts, rows_of};
use crate::matrix::Matrix;
use base::text::{Message, Result};

/// The vectors of the rows 0, 1 … of an index: as they are, what their codes stand for, and before a transform what it
/// makes them from. Where a transform leaves dimensions out, so does this.
///
/// # Errors
/// If rows are missing: their numbers have to be 0 to n − 1.
pub fn held(index: &dyn Index) -> Result<Matrix> {
    let n = index.len();
    match index.parts() {
        Parts::Flat(flat) => whole(flat.vectors(), n, flat.dim()),
        Parts::Hnsw(graph) => whole(graph.vectors(), n, index.dim()),
        Parts::Inverted(lists) => {
            let mut values = vec![0.0; n * index.dim()];
            for id in 0..n as u32 {
                let row = lists.reconstruct(id).ok_or_else(missing)?;
                values[id as usize * index.dim()..][..row.len()].copy_from_slice(&row);
            }
            Ok(rows_of(values, n))
        }
        Parts::Transformed(transformed) => {
            let mut rows = held(transformed.inner.as_ref())?;
            for linear in transformed.chain.iter().rev() {
                let mut before = Matrix::zeros((n, linear.d_in));
                for (row, mut out) in rows.outer_iter().zip(before.outer_iter_mut()) {
                    // The rows of A are orthonormal: x = Aᵀ (y − b).
                    for (column, y) in row.iter().enumerate() {
                        let y = y - linear.bias.get(column).copied().unwrap_or(0.0);
                        let along = &linear.matrix[column * linear.d_in..][..linear.d_in];
                        out.iter_mut().zip(along).for_each(|(x, a)| *x += y * a);
                    }
                }
                rows = before;
            }
            Ok(rows)
        }
    }
}

fn whole(vectors: &[f32], n: usize, d: usize) -> Result<Matrix> {
    // Removed rows keep their places and are no longer counted.
    if vectors.len() == n * d {
        Ok(rows_of(vectors.to_vec(), n))
    } else {
        Err(missing())
    }
}

fn missing() -> Message {
    Message::new("index.file_gaps")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::INDEXES;
    use crate::matrix::Metric;
    use crate::rng::{Purpose, Rng};
    use base::settings::{Settings, Value, by_key};

    #[test]
    fn vectors_come_back_as_they_were_and_codes_as_what_they_stand_for() {
        let mut rng = Rng::stream(21, Purpose::Trial, 0);
        let vectors = Matrix::from_shape_simple_fn((300, 8), || rng.normal());
        for kind in INDEXES {
            for transform in ["none", "random_rotation"] {
                let given = by_key([("transform", Value::Text(transform.to_owned()))]);
                let settings = Settings::check("index", &kind.knobs(), &given).unwrap();
                let mut index = kind.build(vectors.clone(), Metric::L2, &settings, 1).unwrap();
                let rows = held(index.as_ref()).unwrap();
                let apart = (&rows - &vectors).mapv(|x| x * x).sum() / 300.0;
                let allowed = if kind.kind == "ivf_pq" { 4.0 } else { 1e-9 };
                assert!(apart < allowed, "{} behind {transform}: {apart}", kind.kind);
                index.remove(&[7]);
                assert_eq!(
                    held(index.as_ref()).unwrap_err().key,
                    "index.file_gaps",
                    "{}",
                    kind.kind
                );
            }
        }
    }
}
