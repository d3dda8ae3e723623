//! How what is known of a user or an item becomes a vector.

mod crosses;
mod encoders;
mod fields;
mod lists;
pub mod numbers;
mod opened;
mod text;

use super::nn::Init;

pub use crosses::Crosses;
pub use encoders::{ENCODERS, EncoderKind, chosen};
pub use fields::Fields;
pub use lists::Lists;
pub use numbers::{Facts, NUMERICS, Numbers, NumericKind, NumericSpec, has_numbers};
pub use opened::Opened;
pub use text::{Gram, TextField};

/// Standard deviation of the first values of every embedding.
pub const EMBEDDING_INIT: Init = Init::Normal(0.1);
