//! Rows of vectors, and how near two vectors are.

use ndarray::Array2;

/// Rows of vectors.
pub type Matrix = Array2<f32>;

/// How near two vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Inner product ⟨q, x⟩.
    Dot,
    /// ⟨q, x⟩ / (‖q‖ ‖x‖); 0 where either is the zero vector.
    Cosine,
    /// Euclidean distance; the score is −‖q − x‖², so that here too the larger is the nearer.
    L2,
}
