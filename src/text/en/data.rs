//! Reading files and what is wrong with them.

pub const TABLE: &[(&str, &str)] = &[];
