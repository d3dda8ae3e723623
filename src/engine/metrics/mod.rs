//! Judging rankings: how well a model puts the held-out items of a user first.
//!
//! The protocol, the same for every method. The **whole catalogue** is ranked: judging against a few sampled items can
//! reverse the order of models (Krichene and Rendle, KDD 2020). Items the user already has are taken out, the targets
//! excepted. **Ties are pessimistic**: an item with the score of a target counts as ahead of it, so that a model that
//! scores everything alike does not win. Several targets do not push each other down more than their order does. NaN
//! is worse than every number and never a hit.

mod apart;
mod card;
mod clicks;
mod diverse;
mod offered;
mod pointwise;
mod ranking;
mod recovery;
mod sampled;
mod spread;
mod stages;
mod suspects;

#[cfg(test)]
mod properties;

pub use apart::{Apart, apart};
pub use card::{rank_of, top_items};
pub use diverse::{diverse, diversity};
pub use pointwise::judge_rows;
pub use ranking::Ranking;
pub use recovery::recovered;
pub use stages::Stages;
pub use suspects::{Suspects, weakest};
