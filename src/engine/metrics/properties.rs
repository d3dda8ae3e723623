//! Properties that every evaluation must have, and a comparison with a slow one that is surely right.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::by_name::ByName;
use crate::engine::data::ItemId;
use crate::engine::rng::{Purpose, Rng};

/// What one user brings.
#[derive(Clone, Debug)]
struct User {
    scores: Vec<f32>,
    seen: Vec<ItemId>,
    targets: Vec<ItemId>,
}

fn judge(counts: &[u32], top: usize, users: &[User]) -> ByName<f64> {
    let mut ranking = Ranking::new(counts, top);
    for user in users {
        ranking.add(&user.scores, &user.seen, &user.targets);
    }
    ranking.finish()
}

/// Users with normal scores (no ties), up to 10 seen items, and 1 to 5 targets.
fn random_users(rng: &mut Rng, n_users: usize, n_items: usize) -> Vec<User> {
    let user = |_| {
        let mut order: Vec<ItemId> = (0..n_items as u32).map(ItemId).collect();
        rng.shuffle(&mut order);
        let targets = order.split_off(n_items - 1 - rng.below(5) as usize);
        order.truncate(rng.below(11) as usize);
        User {
            scores: (0..n_items).map(|_| rng.normal()).collect(),
            seen: order,
            targets,
        }
    };
    (0..n_users).map(user).collect()
}

/// Random counts of a catalogue.
fn random_counts(rng: &mut Rng, n_items: usize) -> Vec<u32> {
    (0..n_items).map(|_| rng.below(50)).collect()
}

#[test]
fn property_6_6_1_a_perfect_scorer_reaches_the_maximum_and_a_reversed_one_nothing() {
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    for top in [1, 3, 10] {
        for mut user in random_users(&mut rng, 30, 60) {
            let best_recall = top.min(user.targets.len()) as f64 / user.targets.len() as f64;
            user.targets.iter().for_each(|item| user.scores[item.idx()] += 100.0);
            let perfect = judge(&[1; 60], top, std::slice::from_ref(&user));
            assert_eq!(perfect[&format!("recall@{top}")], best_recall);
            for name in ["hit_rate", "ndcg", "ndcg_hits", "mrr"] {
                assert_eq!(perfect[&format!("{name}@{top}")], 1.0, "{name}");
            }
            user.scores.iter_mut().for_each(|score| *score = -*score);
            let reversed = judge(&[1; 60], top, &[user]);
            for name in ["recall", "hit_rate", "precision", "ndcg", "ndcg_hits", "mrr"] {
                assert_eq!(reversed[&format!("{name}@{top}")], 0.0, "{name}");
            }
        }
    }
}

#[test]
fn property_6_6_2_a_random_scorer_recalls_the_share_of_the_catalogue_it_shows() {
    const USERS: usize = 20_000;
    let mut rng = Rng::stream(2, Purpose::Trial, 0);
    let users: Vec<User> = (0..USERS)
        .map(|_| User {
            scores: (0..60).map(|_| rng.normal()).collect(),
            seen: (0..10).map(ItemId).collect(),
            targets: vec![ItemId(10 + rng.below(50))],
        })
        .collect();
    let share = 5.0 / 50.0;
    let standard_error = libm::sqrt(share * (1.0 - share) / USERS as f64);
    let recall = judge(&[1; 60], 5, &users)["recall@5"];
    assert!((recall - share).abs() < 3.0 * standard_error, "{recall} is not {share}");
}

#[test]
fn property_6_6_3_increasing_transforms_and_renumbered_items_change_nothing() {
    let mut rng = Rng::stream(3, Purpose::Trial, 0);
    let users = random_users(&mut rng, 50, 80);
    let counts = random_counts(&mut rng, 80);
    let before = judge(&counts, 7, &users);

    let mut transformed = users.clone();
    for score in transformed.iter_mut().flat_map(|user| &mut user.scores) {
        *score = 3.0 * *score + 8.0 * score.signum();
    }
    assert_eq!(judge(&counts, 7, &transformed), before);

    let mut number: Vec<u32> = (0..80).collect();
    rng.shuffle(&mut number);
    let renumber = |items: &[ItemId]| items.iter().map(|item| ItemId(number[item.idx()])).collect();
    let renumbered: Vec<User> = users
        .iter()
        .map(|user| User {
            scores: moved(&user.scores, &number),
            seen: renumber(&user.seen),
            targets: renumber(&user.targets),
        })
        .collect();
    for (name, value) in judge(&moved(&counts, &number), 7, &renumbered) {
        assert!((value - before[&name]).abs() < 1e-12, "{name}");
    }
}

/// Value `i` moved to place `number[i]`.
fn moved<T: Copy + Default>(values: &[T], number: &[u32]) -> Vec<T> {
    let mut moved = vec![T::default(); values.len()];
    for (&value, &to) in values.iter().zip(number) {
        moved[to as usize] = value;
    }
    moved
}

#[test]
fn property_6_6_4_metrics_grow_with_the_list_and_hit_rate_bounds_recall_and_mrr() {
    let mut rng = Rng::stream(4, Purpose::Trial, 0);
    let users = random_users(&mut rng, 40, 50);
    let mut previous = BTreeMap::new();
    for top in 1..=50 {
        let judged = judge(&[1; 50], top, &users);
        let now: BTreeMap<&str, f64> = ["recall", "hit_rate", "mrr"]
            .into_iter()
            .map(|name| (name, judged[&format!("{name}@{top}")]))
            .collect();
        assert!(now["mrr"] <= now["hit_rate"] && now["recall"] <= now["hit_rate"]);
        for (name, value) in &previous {
            assert!(now[name] >= *value, "{name}@{top}");
        }
        previous = now;
    }
    assert!(
        (previous["recall"] - 1.0).abs() < 1e-12,
        "the whole catalogue holds every target"
    );
}

#[test]
fn property_6_6_5_no_seen_item_is_ever_recommended() {
    let mut rng = Rng::stream(5, Purpose::Trial, 0);
    for user in random_users(&mut rng, 40, 50) {
        let shown: Vec<ItemId> = top_items(&user.scores, &user.seen, &user.targets, 50)
            .iter()
            .map(|&(item, _)| item)
            .collect();
        assert_eq!(shown.len(), 50 - user.seen.len());
        assert!(user.seen.iter().all(|item| !shown.contains(item)));
        let judged = judge(&[1; 50], 50, std::slice::from_ref(&user));
        assert_eq!(judged["coverage@50"], (50 - user.seen.len()) as f64 / 50.0);
    }
}

/// Ranks every target by a look at every item, straight from the protocol's words.
fn slow_ranks(user: &User) -> Vec<usize> {
    let targets: BTreeSet<ItemId> = user.targets.iter().copied().collect();
    let score = |item: ItemId| user.scores[item.idx()];
    let mut ordered: Vec<ItemId> = targets.iter().copied().filter(|&item| !score(item).is_nan()).collect();
    ordered.sort_by(|&a, &b| score(b).partial_cmp(&score(a)).unwrap().then(a.cmp(&b)));
    let others = (0..user.scores.len() as u32).map(ItemId);
    let others: Vec<ItemId> = others
        .filter(|item| !targets.contains(item) && !user.seen.contains(item))
        .collect();
    let rank = |(before, &target): (usize, &ItemId)| {
        let ahead = others.iter().filter(|&&other| score(other) >= score(target)).count();
        1 + ahead + before
    };
    ordered.iter().enumerate().map(rank).collect()
}

#[test]
fn agrees_with_a_slow_evaluation_on_scores_with_many_ties_and_nan() {
    let mut rng = Rng::stream(6, Purpose::Trial, 0);
    for levels in [2, 5, 30, 1_000] {
        let mut users = random_users(&mut rng, 100, 70);
        for score in users.iter_mut().flat_map(|user| &mut user.scores) {
            let level = rng.below(levels);
            *score = if rng.below(20) == 0 { f32::NAN } else { level as f32 };
        }
        for top in [1, 4, 20, 100] {
            let judged = judge(&[1; 70], top, &users);
            let mean = |metric: &dyn Fn(&[usize], f64) -> f64| {
                let of = |user: &User| {
                    let hits: Vec<usize> = slow_ranks(user).into_iter().filter(|&rank| rank <= top).collect();
                    metric(&hits, user.targets.len() as f64)
                };
                users.iter().map(of).sum::<f64>() / users.len() as f64
            };
            let discounts = |n: usize| (1..=n).map(|rank| 1.0 / libm::log2(rank as f64 + 1.0)).sum::<f64>();
            let dcg = |hits: &[usize]| {
                hits.iter()
                    .map(|&rank| 1.0 / libm::log2(rank as f64 + 1.0))
                    .sum::<f64>()
            };
            let close = |name: &str, expected: f64| {
                let found = judged[&format!("{name}@{top}")];
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{name}@{top}, {levels} levels: {found} is not {expected}"
                );
            };
            close("recall", mean(&|hits, targets| hits.len() as f64 / targets));
            close("hit_rate", mean(&|hits, _| f64::from(u8::from(!hits.is_empty()))));
            close("precision", mean(&|hits, _| hits.len() as f64 / top as f64));
            close(
                "mrr",
                mean(&|hits, _| hits.first().map_or(0.0, |&rank| 1.0 / rank as f64)),
            );
            close(
                "ndcg",
                mean(&|hits, targets| dcg(hits) / discounts(top.min(targets as usize))),
            );
            close(
                "ndcg_hits",
                mean(&|hits, _| {
                    if hits.is_empty() {
                        0.0
                    } else {
                        dcg(hits) / discounts(hits.len())
                    }
                }),
            );
        }
        for user in &users {
            let numbers = user.targets.iter().filter(|item| !user.scores[item.idx()].is_nan());
            let mut ranks: Vec<usize> = numbers
                .map(|&target| rank_of(&user.scores, &user.seen, &user.targets, target) as usize)
                .collect();
            ranks.sort_unstable();
            assert_eq!(ranks, slow_ranks(user));
        }
    }
}
