//! The engine: data, networks, samplers, losses, methods, metrics, indexes.
//!
//! No browser, no clock, no threads, no global chance: the same recipe gives the same bits everywhere.

pub mod data;
pub mod embed;
pub mod features;
pub mod fnv;
pub mod index;
pub mod inside;
pub mod losses;
pub mod matrix;
pub mod methods;
pub mod metrics;
pub mod model;
pub mod nn;
pub mod order;
pub mod project;
pub mod rng;
pub mod sampling;
pub mod train;
pub mod ward;
