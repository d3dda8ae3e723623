//! The engine: data, networks, samplers, losses, methods, metrics, indexes.
//!
//! No browser, no clock, no threads, no global chance: the same recipe gives the same bits everywhere.

pub mod data;
pub mod index;
pub mod metrics;
pub mod nn;
pub mod project;
pub mod rng;
