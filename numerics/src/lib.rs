//! The rooms of the engine in which time is spent: random streams, networks, clusters, indexes.
//!
//! They are a package because a compiler is told by the package what is to be fast and what small, and only this is to
//! be fast. What is generic or `#[inline]` is compiled where it is used, and as small as its user: a hot loop that other
//! rooms call is in a function that is neither.
//!
//! The engine gives them on by its own names, `engine::nn` and so on.

pub mod fnv;
pub mod index;
pub mod matrix;
pub mod nn;
pub mod order;
pub mod rng;
pub mod ward;
