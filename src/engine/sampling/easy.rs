//! Negatives drawn uniformly from the catalogue: the easy ones.

use crate::engine::data::Batch;
use crate::engine::rng::Rng;

use super::mask::Masks;
use super::{Block, Candidates, Source};

/// Adds a block of `n` items for all rows, drawn with replacement. Its log Q is the logarithm of an item's chance in one draw.
pub fn draw<'a>(
    n: usize,
    batch: &Batch,
    n_items: usize,
    masks: &mut Masks,
    rng: &mut Rng,
    out: &'a mut Candidates,
) -> &'a mut Block {
    let block = out.block(Source::Catalogue);
    block.items.extend((0..n).map(|_| rng.below(n_items as u32)));
    block.log_q.resize(n, log_chance(n_items));
    masks.shared(batch, block);
    block
}

/// Adds a block of `n` items for each row, as [`draw`] does for all.
pub fn draw_each(n: usize, batch: &Batch, n_items: usize, masks: &mut Masks, rng: &mut Rng, out: &mut Candidates) {
    let block = out.block(Source::Each);
    let all = n * batch.len();
    block.items.extend((0..all).map(|_| rng.below(n_items as u32)));
    block.log_q.resize(all, log_chance(n_items));
    masks.own(batch, block);
}

/// `log 1/N`.
pub fn log_chance(n_items: usize) -> f32 {
    -libm::log(n_items as f64) as f32
}
