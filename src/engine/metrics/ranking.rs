//! Ranking metrics at a cut-off K, averaged over users.
//!
//! With targets T of a user, their list of K items, h the targets in it and r the rank of a target:
//!
//! ```text
//! recall     = h / |T|              hit rate = 1 if h > 0         precision = h / K
//! DCG        = Σ over targets in the list of 1 / log2(r + 1)
//! ndcg       = DCG / Σ_{r=1}^{min(K, |T|)} 1 / log2(r + 1)
//! ndcg_hits  = DCG / Σ_{r=1}^{h} 1 / log2(r + 1)
//! mrr        = 1 / smallest r in the list, else 0
//! ```
//!
//! `ndcg_hits` divides by the ideal order of the hits that were *found*: one hit at rank 1 among 50 targets scores 1.
//! It is there only to compare with published tables that were computed so.

use super::offered::{Offered, order_targets};
use super::sampled::Sampled;
use super::spread::Spread;
use crate::by_name::ByName;
use crate::engine::data::ItemId;
use crate::engine::index::{Hit, Top};

/// Judges one user after the other. Its buffers are reused: it allocates only for a user with more targets than any
/// before.
#[derive(Clone, Debug)]
pub struct Ranking {
    top: usize,
    users: u32,
    skipped: u32,
    sums: Sums,
    spread: Spread,
    /// 1 / log2(r + 1) at index r − 1.
    discounts: Vec<f64>,
    offered: Offered,
    best: Top,
    list: Vec<Hit>,
    targets: Vec<ItemId>,
    sampled: Option<Sampled>,
}

/// Sums over users.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    recall: f64,
    hit_rate: f64,
    precision: f64,
    ndcg: f64,
    ndcg_hits: f64,
    mrr: f64,
}

impl Ranking {
    /// Nobody judged yet. `counts` says how often each item of the catalogue was chosen in training, `top` is the
    /// cut-off K.
    ///
    /// # Panics
    /// If `top` is 0.
    #[must_use]
    pub fn new(counts: &[u32], top: usize) -> Self {
        assert!(top > 0, "a list of no items has no metrics");
        Self {
            top,
            users: 0,
            skipped: 0,
            sums: Sums::default(),
            spread: Spread::new(counts),
            discounts: (0..top).map(|before| 1.0 / libm::log2(before as f64 + 2.0)).collect(),
            offered: Offered::default(),
            best: Top::new(top),
            list: Vec::new(),
            targets: Vec::new(),
            sampled: None,
        }
    }

    /// With the metrics among sampled items beside those of the whole catalogue.
    #[must_use]
    pub fn with_samples(mut self, seed: u32) -> Self {
        self.sampled = Some(Sampled::new(self.spread.n_items(), seed));
        self
    }

    /// Judges a user by the `scores` of all items (N), the items they have `seen` before, and the held-out `targets`.
    /// Both may be in any order and may share items: a target stays in the ranking.
    ///
    /// # Panics
    /// If `scores` is not as long as the catalogue, or an item is outside it.
    pub fn add(&mut self, scores: &[f32], seen: &[ItemId], targets: &[ItemId]) {
        assert_eq!(scores.len(), self.spread.n_items(), "scores of the whole catalogue");
        if targets.is_empty() {
            self.skipped += 1;
            return;
        }
        self.users += 1;
        self.offered.set(scores, seen, targets);
        self.targets.clear();
        self.targets.extend_from_slice(targets);
        order_targets(scores, &mut self.targets);
        self.list.clear();
        self.best.offer_block(0, &self.offered.scores);
        self.best.drain_into(&mut self.list);
        self.spread.add(self.list.iter().map(|hit| hit.id as usize));
        self.count_hits();
        if let Some(sampled) = &mut self.sampled {
            sampled.add(&self.offered.scores, &self.targets, &self.discounts);
        }
    }

    /// Users with targets so far, over whom the metrics are averaged.
    #[must_use]
    pub const fn users(&self) -> u32 {
        self.users
    }

    /// Users without targets so far, who are left out.
    #[must_use]
    pub const fn skipped(&self) -> u32 {
        self.skipped
    }

    /// The averages so far, by name and cut-off as `recall@20`.
    ///
    /// Empty if no user had a target. Novelty and Gini are absent if nobody was recommended anything, every score
    /// being NaN.
    #[must_use]
    pub fn finish(&self) -> ByName<f64> {
        let users = f64::from(self.users);
        let mut named = Vec::new();
        if self.users > 0 {
            named.extend([
                ("recall", self.sums.recall / users),
                ("hit_rate", self.sums.hit_rate / users),
                ("precision", self.sums.precision / users),
                ("ndcg", self.sums.ndcg / users),
                ("ndcg_hits", self.sums.ndcg_hits / users),
                ("mrr", self.sums.mrr / users),
                ("coverage", self.spread.coverage()),
            ]);
        }
        if let Some(sampled) = self.sampled.as_ref().filter(|_| self.users > 0) {
            let (recall, ndcg) = sampled.sums();
            named.extend([("sampled_recall", recall / users), ("sampled_ndcg", ndcg / users)]);
        }
        if !self.spread.is_empty() {
            named.extend([("novelty", self.spread.novelty()), ("gini", self.spread.gini())]);
        }
        let mut metrics = ByName::new();
        for (name, value) in named {
            metrics.insert(format!("{name}@{}", self.top), value);
        }
        metrics
    }

    /// Adds up the hits of the user whose list and targets stand ready.
    fn count_hits(&mut self) {
        let mut hits = 0;
        let mut dcg = 0.0;
        let mut first_rank = None;
        // Ranks grow with the order of the targets: behind the first miss there are only misses.
        for rank in (0..self.targets.len()).map_while(|at| self.rank_in_list(at)) {
            hits += 1;
            dcg += self.discounts[rank - 1];
            first_rank = first_rank.or(Some(rank));
        }
        let Some(first_rank) = first_rank else {
            return;
        };
        let ideal = |n: usize| self.discounts[..n.min(self.top)].iter().sum::<f64>();
        self.sums.recall += f64::from(hits) / self.targets.len() as f64;
        self.sums.hit_rate += 1.0;
        self.sums.precision += f64::from(hits) / self.top as f64;
        self.sums.ndcg += dcg / ideal(self.targets.len());
        self.sums.ndcg_hits += dcg / ideal(hits as usize);
        self.sums.mrr += 1.0 / first_rank as f64;
    }

    /// Rank of the target at place `at` of the ordered targets, if it is among the first K.
    fn rank_in_list(&self, at: usize) -> Option<usize> {
        let score = self.offered.scores[self.targets[at].idx()];
        let at_least = match self.list.last() {
            Some(last) if self.list.len() == self.top && score < last.score => return None,
            // Further items with the score of the last may stand behind the list.
            Some(last) if self.list.len() == self.top && score == last.score => self.offered.at_least(score),
            _ => self.list.partition_point(|hit| hit.score >= score),
        };
        let rank = self.offered.rank(score, at_least, &self.targets[at..])?;
        (rank <= self.top).then_some(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(ids: &[u32]) -> Vec<ItemId> {
        ids.iter().copied().map(ItemId).collect()
    }

    /// Judges one user of a catalogue in which every item was chosen once.
    fn judge(top: usize, scores: &[f32], seen: &[u32], targets: &[u32]) -> ByName<f64> {
        let mut ranking = Ranking::new(&vec![1; scores.len()], top);
        ranking.add(scores, &items(seen), &items(targets));
        ranking.finish()
    }

    fn close(judged: &ByName<f64>, name: &str, expected: f64) {
        let found = judged[name];
        assert!((found - expected).abs() < 1e-12, "{name} is {found}, not {expected}");
    }

    #[test]
    fn one_target_at_rank_two_by_hand() {
        let judged = judge(3, &[0.9, 0.1, 0.8, 0.2, 0.3], &[], &[2]);
        close(&judged, "recall@3", 1.0);
        close(&judged, "hit_rate@3", 1.0);
        close(&judged, "precision@3", 1.0 / 3.0);
        close(&judged, "ndcg@3", 1.0 / libm::log2(3.0));
        close(&judged, "ndcg_hits@3", 1.0 / libm::log2(3.0));
        close(&judged, "mrr@3", 0.5);
        // Items 0, 2 and 4 were recommended once, 1 and 3 never: (0 + 2 + 4) / (5 · 3).
        close(&judged, "coverage@3", 0.6);
        close(&judged, "gini@3", 6.0 / 15.0);
        close(&judged, "novelty@3", libm::log2(5.0));
    }

    #[test]
    fn several_targets_by_hand() {
        // Order of the items: 5, 4, 3, 2, 1, 0; the targets 4, 2, 0 and 1 have the ranks 2, 4, 6 and 5.
        let judged = judge(4, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &[], &[2, 0, 4, 1]);
        let dcg = 1.0 / libm::log2(3.0) + 1.0 / libm::log2(5.0);
        let ideal_of_two = 1.0 + 1.0 / libm::log2(3.0);
        close(&judged, "recall@4", 0.5);
        close(&judged, "precision@4", 0.5);
        close(&judged, "mrr@4", 0.5);
        close(&judged, "ndcg@4", dcg / (ideal_of_two + 0.5 + 1.0 / libm::log2(5.0)));
        close(&judged, "ndcg_hits@4", dcg / ideal_of_two);
    }

    #[test]
    fn seen_items_do_not_stand_in_the_way_but_a_seen_target_stays() {
        let scores = [5.0, 4.0, 3.0, 2.0];
        close(&judge(1, &scores, &[0, 1], &[2]), "mrr@1", 1.0);
        close(&judge(1, &scores, &[0, 1, 2], &[2]), "mrr@1", 1.0);
        close(&judge(1, &scores, &[0], &[2]), "mrr@1", 0.0);
    }

    #[test]
    fn an_item_with_the_score_of_the_target_is_ahead_of_it() {
        // Whether the others have smaller or larger ids: the target is third.
        for target in 0..3 {
            close(&judge(3, &[1.0, 1.0, 1.0, 0.0], &[], &[target]), "mrr@3", 1.0 / 3.0);
            close(&judge(2, &[1.0, 1.0, 1.0, 0.0], &[], &[target]), "recall@2", 0.0);
        }
    }

    #[test]
    fn a_model_that_scores_everything_alike_hits_nothing() {
        let judged = judge(20, &[0.5; 100], &[], &[0, 1, 2]);
        close(&judged, "recall@20", 0.0);
        close(&judged, "coverage@20", 0.2);
    }

    #[test]
    fn tied_targets_do_not_push_each_other_behind_the_items_they_tie_with() {
        // One other item has their score: ranks 2, 3 and 4, of which two are in the list.
        let judged = judge(3, &[1.0, 1.0, 1.0, 1.0, 0.0], &[], &[3, 0, 2]);
        close(&judged, "recall@3", 2.0 / 3.0);
        close(&judged, "mrr@3", 0.5);
        // With nothing else at their score they have the first ranks.
        close(&judge(3, &[1.0, 1.0, 1.0, 0.0], &[], &[0, 1, 2]), "ndcg@3", 1.0);
    }

    #[test]
    fn a_target_named_twice_counts_once() {
        close(&judge(2, &[3.0, 2.0, 1.0], &[], &[0, 0]), "recall@2", 1.0);
        close(&judge(2, &[3.0, 2.0, 1.0], &[], &[0, 0]), "precision@2", 0.5);
    }

    #[test]
    fn nan_is_never_a_hit_nor_recommended() {
        let judged = judge(4, &[f32::NAN, f32::NAN, f32::NEG_INFINITY], &[], &[1]);
        close(&judged, "recall@4", 0.0);
        close(&judged, "coverage@4", 1.0 / 3.0);
        close(
            &judge(4, &[f32::NAN, f32::NAN, f32::NEG_INFINITY], &[], &[2]),
            "mrr@4",
            1.0,
        );
        let nothing = judge(4, &[f32::NAN; 3], &[], &[1]);
        close(&nothing, "coverage@4", 0.0);
        assert!(!nothing.contains_key("gini@4") && !nothing.contains_key("novelty@4"));
    }

    #[test]
    fn users_without_targets_are_counted_and_left_out() {
        let mut ranking = Ranking::new(&[1; 3], 1);
        assert_eq!(ranking.finish(), ByName::new());
        ranking.add(&[0.0; 3], &[], &[]);
        ranking.add(&[3.0, 2.0, 1.0], &[], &items(&[0]));
        ranking.add(&[3.0, 2.0, 1.0], &[], &items(&[1]));
        let judged = ranking.finish();
        assert_eq!((ranking.users(), ranking.skipped()), (2, 1));
        close(&judged, "recall@1", 0.5);
        close(&judged, "coverage@1", 1.0 / 3.0);
    }
}
