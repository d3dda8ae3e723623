//! The engine: data, networks, samplers, losses, methods, metrics, indexes.
//!
//! No browser, no clock, no threads, no global chance: the same recipe gives the same bits everywhere. The rooms in which
//! time is spent are in the package `numerics`.

pub mod data;
pub mod embed;
pub mod features;
pub mod inside;
pub mod losses;
pub mod methods;
pub mod metrics;
pub mod model;
pub mod project;
pub mod sampling;
pub mod train;

pub use numerics::{fnv, index, matrix, nn, order, rng, ward};
