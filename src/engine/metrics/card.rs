//! The ranking of one user, to be looked at.

use super::offered::{Offered, order_targets};
use crate::engine::data::ItemId;
use crate::engine::index::Top;

/// The `k` best items and their scores for a user with these `scores` (N), without the items they have `seen`: larger
/// scores first, equal ones by id. Fewer where there are no more; never one whose score is NaN.
///
/// # Panics
/// If an item of `seen` is outside the catalogue.
#[must_use]
pub fn top_items(scores: &[f32], seen: &[ItemId], k: usize) -> Vec<(ItemId, f32)> {
    let mut offered = Offered::default();
    offered.set(scores, seen, &[]);
    let mut top = Top::new(k);
    top.offer_block(0, &offered.scores);
    let mut list = Vec::new();
    top.drain_into(&mut list);
    list.iter().map(|hit| (ItemId(hit.id), hit.score)).collect()
}

/// Each of the `targets` with its rank, from 1, as [`Ranking`](super::Ranking) counts it, best first; no rank where
/// the score is NaN.
///
/// # Panics
/// If an item is outside the catalogue.
#[must_use]
pub fn ranks_of(scores: &[f32], seen: &[ItemId], targets: &[ItemId]) -> Vec<(ItemId, Option<u32>)> {
    let mut offered = Offered::default();
    offered.set(scores, seen, targets);
    let mut targets = targets.to_vec();
    order_targets(scores, &mut targets);
    let rank = |at: usize| {
        let score = scores[targets[at].idx()];
        let rank = offered.rank(score, offered.at_least(score), &targets[at..]);
        (targets[at], rank.map(|rank| rank as u32))
    };
    (0..targets.len()).map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_items_leave_out_what_was_seen_and_nan() {
        let scores = [1.0, 3.0, f32::NAN, 3.0, 2.0, 9.0];
        let list = top_items(&scores, &[ItemId(5)], 3);
        assert_eq!(list, [(ItemId(1), 3.0), (ItemId(3), 3.0), (ItemId(4), 2.0)]);
        assert_eq!(top_items(&scores, &[], 99).len(), 5);
        assert_eq!(top_items(&scores, &[], 0), []);
    }

    #[test]
    fn ranks_by_hand() {
        let scores = [5.0, 1.0, 4.0, f32::NAN, 4.0, 4.0];
        let targets = [3, 4, 1, 2].map(ItemId);
        // Without the seen item 0, item 5 is ahead of the tied targets 2 and 4.
        let expected = [(2, Some(2)), (4, Some(3)), (1, Some(4)), (3, None)];
        let expected = expected.map(|(item, rank)| (ItemId(item), rank));
        assert_eq!(ranks_of(&scores, &[ItemId(0)], &targets), expected);
    }
}
