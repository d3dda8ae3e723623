//! Lists that are not all of one kind: the aggregation of Cen et al., KDD 2020, section 3.3.
//!
//! ```text
//! Q(u, S) = Σ_{i ∈ S} f(u, i) + λ Σ_{i, j ∈ S} [cat(i) ≠ cat(j)]
//! greedy:   i* = argmax_{i ∉ S} f(u, i) + λ Σ_{j ∈ S} [cat(i) ≠ cat(j)], until S is full
//! ```
//!
//! λ is in units of the score f.

use crate::engine::data::ItemId;

/// The `n` items that the greedy choice takes out of `ranked`, items and scores from the best down, with the groups
/// of all items in `groups`. With λ = 0 these are the first n. Equal ones come in the order of `ranked`.
#[must_use]
pub fn diverse(ranked: &[(ItemId, f32)], groups: &[u32], lambda: f32, n: usize) -> Vec<(ItemId, f32)> {
    let mut chosen: Vec<(ItemId, f32)> = Vec::new();
    let mut taken = vec![false; ranked.len()];
    while chosen.len() < n.min(ranked.len()) {
        let mut best: Option<(usize, f32)> = None;
        for (place, (item, score)) in ranked.iter().enumerate().filter(|(place, _)| !taken[*place]) {
            // What differs from all others is worth λ · |S|, and less for each that is alike: λ ≥ 0, so that nobody
            // behind a score that is below the best can overtake it.
            if best.is_some_and(|(_, value)| *score <= value) {
                break;
            }
            let group = groups[item.idx()];
            let alike = chosen.iter().filter(|(other, _)| groups[other.idx()] == group).count();
            let value = score - lambda * alike as f32;
            if best.is_none_or(|(_, before)| value > before) {
                best = Some((place, value));
            }
        }
        let Some((place, _)) = best else { break };
        taken[place] = true;
        chosen.push(ranked[place]);
    }
    chosen
}

/// Share of the pairs of `list` that are of different groups; absent for fewer than two items.
#[must_use]
pub fn diversity(list: &[ItemId], groups: &[u32]) -> Option<f64> {
    let pairs = list.len() * list.len().saturating_sub(1) / 2;
    let differ = |place: usize| {
        let group = groups[list[place].idx()];
        list[..place]
            .iter()
            .filter(|other| groups[other.idx()] != group)
            .count()
    };
    (pairs > 0).then(|| (0..list.len()).map(differ).sum::<usize>() as f64 / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::{Purpose, Rng};

    fn ranked(scores: &[f32]) -> Vec<(ItemId, f32)> {
        (0..).map(ItemId).zip(scores.iter().copied()).collect()
    }

    fn items(list: &[(ItemId, f32)]) -> Vec<u32> {
        list.iter().map(|(item, _)| item.0).collect()
    }

    #[test]
    fn spec_1_4_4_without_weight_the_first_come_and_with_much_no_group_twice_before_all() {
        let list = ranked(&[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]);
        let groups = [0, 0, 0, 1, 1, 2, 0];
        assert_eq!(items(&diverse(&list, &groups, 0.0, 4)), [0, 1, 2, 3]);
        assert_eq!(items(&diverse(&list, &groups, 100.0, 7)), [0, 3, 5, 1, 4, 2, 6]);
        assert_eq!(items(&diverse(&list, &groups, 0.25, 3)), [0, 3, 1]);
        assert_eq!(diverse(&list, &groups, 1.0, 99).len(), 7);
        assert!(diverse(&[], &groups, 1.0, 5).is_empty());
    }

    #[test]
    fn stopping_early_changes_nothing() {
        let mut rng = Rng::stream(1, Purpose::Trial, 0);
        for _ in 0..20 {
            let mut scores: Vec<f32> = (0..40).map(|_| rng.normal()).collect();
            scores.sort_by(|a, b| b.total_cmp(a));
            let groups: Vec<u32> = (0..40).map(|_| rng.below(5)).collect();
            let (list, lambda) = (ranked(&scores), rng.uniform());
            // As the formula says it, over everything.
            let mut chosen: Vec<u32> = Vec::new();
            for _ in 0..10 {
                let value = |item: u32| {
                    let differ = chosen
                        .iter()
                        .filter(|&&other| groups[other as usize] != groups[item as usize]);
                    f64::from(scores[item as usize]) + f64::from(lambda) * differ.count() as f64
                };
                let left = (0..40).filter(|item| !chosen.contains(item));
                let best = left.reduce(|best, item| if value(item) > value(best) { item } else { best });
                chosen.extend(best);
            }
            assert_eq!(items(&diverse(&list, &groups, lambda, 10)), chosen);
        }
    }

    #[test]
    fn diversity_is_the_share_of_pairs_that_differ() {
        let list = [0, 1, 2].map(ItemId);
        assert_eq!(diversity(&list, &[0, 0, 1]), Some(2.0 / 3.0));
        assert_eq!(diversity(&list, &[3, 3, 3]), Some(0.0));
        assert_eq!(diversity(&list[..1], &[0, 0, 0]), None);
    }
}
