//! The page's elements that the tests touch. Everything else they ask of `window.playground`.

/// Where files are chosen.
pub const FILES: &str = "input[type=file]";
/// A sentence about something that could not be done.
pub const REFUSAL: &str = "[role=alert]";
