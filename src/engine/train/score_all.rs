//! Every item's score for some users: what is ranked, mined and served from.

use crate::engine::matrix::Matrix;
use crate::engine::nn::{Packing, Size, Write, gemm_nt};

/// Scores of all N items for each of B users: the best of the user's K heads. `users` is `[B·K, d]`, `items` `[N, d]`,
/// `out` becomes `[B, N]`.
pub fn score_all(users: &[f32], heads: usize, items: &Matrix, out: &mut Vec<f32>) {
    let size = Size {
        m: users.len() / items.ncols().max(1),
        k: items.ncols(),
        n: items.nrows(),
    };
    out.clear();
    out.resize(size.m * size.n, 0.0);
    gemm_nt(size, users, rows(items), out, Write::Store, &mut Packing::default());
    if heads > 1 {
        for user in 0..size.m / heads {
            for item in 0..size.n {
                let scores = (0..heads).map(|head| out[(user * heads + head) * size.n + item]);
                out[user * size.n + item] = scores.fold(f32::NAN, f32::max);
            }
        }
        out.truncate(size.m / heads * size.n);
    }
}

/// The numbers of a matrix, row after row.
pub fn rows(matrix: &Matrix) -> &[f32] {
    matrix.as_slice().expect("vectors lie row after row")
}
