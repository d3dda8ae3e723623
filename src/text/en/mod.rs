//! English. One file for each part of the product, keys in alphabetical order within it.

mod data;
mod index;
mod negatives;
mod page;
mod presets;
mod recipe;
mod session;

pub const TABLES: &[&[(&str, &str)]] = &[
    data::TABLE,
    index::TABLE,
    negatives::TABLE,
    page::TABLE,
    presets::TABLE,
    recipe::TABLE,
    session::TABLE,
];
