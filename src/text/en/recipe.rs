//! The recipe: what each kind and each setting is, and why a value or a combination is refused.

pub const TABLE: &[(&str, &str)] = &[];
