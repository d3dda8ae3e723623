//! Retrieval Playground: train, see and search the retrieval models of modern recommender systems in a browser tab.
//!
//! The rooms, in reading order. Each may use those above it, with three absences that keep the house in shape:
//! [`ui`](crate) never names [`engine`], [`engine`] never names [`protocol`], and `engine::index` never names
//! `engine::data`.

pub use base::{by_name, decimal, settings, text};

pub mod engine;

pub mod protocol;

pub mod pictures;

pub mod plan;

pub mod session;

#[cfg(feature = "web")]
pub mod web;

#[cfg(feature = "ui")]
pub mod ui;
