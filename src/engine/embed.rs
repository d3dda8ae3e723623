//! What can be indexed: item vectors, and the vectors of users that look for them.

use super::data::Batch;
use super::matrix::{Matrix, Metric};

/// A trained model of which users and items are vectors.
///
/// A user may be several vectors ("heads"): their rows stand one after the other. Where users are regions, rows of users
/// are centres with radii beside, `[c ; r]`, and rows of items places with magnitudes beside, `[q ; |q|]`: no corner of the
/// region has a larger product with q than theirs.
pub trait Embed {
    /// How a user's vector is compared with an item's.
    fn metric(&self) -> Metric;

    /// Vectors a user has, K.
    fn heads(&self) -> usize;

    /// All item vectors, `[N, d]`, as they are now.
    fn items(&mut self) -> &Matrix;

    /// The vectors of the users of `batch`, `[B·K, d]`; its positives are not looked at.
    fn users(&mut self, batch: &Batch) -> Matrix;

    /// Whether users are regions.
    fn regions(&self) -> bool {
        false
    }
}
