//! The page: headings, controls, hints, states.

pub const TABLE: &[(&str, &str)] = &[];
