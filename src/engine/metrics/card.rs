//! The ranking of one user, to be looked at.

use super::offered::{Offered, order_targets};
use crate::engine::data::ItemId;
use crate::engine::index::Top;

/// The `k` best items and their scores for a user with these `scores` (N), without the items they have `seen` that
/// are not among the `targets`: larger scores first, equal ones by id. Fewer where there are no more; never one whose
/// score is NaN.
///
/// # Panics
/// If an item is outside the catalogue.
#[must_use]
pub fn top_items(scores: &[f32], seen: &[ItemId], targets: &[ItemId], k: usize) -> Vec<(ItemId, f32)> {
    let mut offered = Offered::default();
    offered.set(scores, seen, targets);
    let mut top = Top::new(k);
    top.offer_block(0, &offered.scores);
    let mut list = Vec::new();
    top.drain_into(&mut list);
    list.iter().map(|hit| (ItemId(hit.id), hit.score)).collect()
}

/// The rank of `target`, one of the `targets`, as [`Ranking`](super::Ranking) counts it: 1 for the best, N for one
/// whose score is NaN.
///
/// # Panics
/// If `target` is not among the `targets`, or an item is outside the catalogue.
#[must_use]
pub fn rank_of(scores: &[f32], seen: &[ItemId], targets: &[ItemId], target: ItemId) -> u32 {
    let mut offered = Offered::default();
    offered.set(scores, seen, targets);
    let mut behind = targets.to_vec();
    order_targets(scores, &mut behind);
    let at = behind.iter().position(|&other| other == target);
    let at = at.unwrap_or_else(|| panic!("item {} is not among the targets", target.0));
    let score = scores[target.idx()];
    let rank = offered.rank(score, offered.at_least(score), &behind[at..]);
    rank.unwrap_or(scores.len()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_items_leave_out_nan_and_what_was_seen_but_not_the_targets() {
        let scores = [1.0, 3.0, f32::NAN, 3.0, 2.0, 9.0];
        let list = top_items(&scores, &[ItemId(5)], &[], 3);
        assert_eq!(list, [(ItemId(1), 3.0), (ItemId(3), 3.0), (ItemId(4), 2.0)]);
        assert_eq!(top_items(&scores, &[ItemId(5)], &[ItemId(5)], 1), [(ItemId(5), 9.0)]);
        assert_eq!(top_items(&scores, &[], &[], 99).len(), 5);
        assert_eq!(top_items(&scores, &[], &[], 0), []);
    }

    #[test]
    fn ranks_by_hand() {
        let scores = [5.0, 1.0, 4.0, f32::NAN, 4.0, 4.0];
        let targets = [3, 4, 1, 2].map(ItemId);
        // Without the seen item 0, item 5 is ahead of the tied targets 2 and 4.
        let ranks = targets.map(|target| rank_of(&scores, &[ItemId(0)], &targets, target));
        assert_eq!(ranks, [6, 3, 4, 2]);
    }
}
