//! The rooms that all others stand on: words, numbers as they are written, values by name, settings.
//!
//! They are a package because `numerics` is one and stands on them; nothing here is hot.

pub mod text;

pub mod decimal;

pub mod by_name;

pub mod settings;
