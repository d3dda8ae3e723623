//! The same targets ranked among a few items drawn at random, as many papers do it. Wrong, and here to be seen to be
//! wrong: such figures can reverse the order of two models (Krichene and Rendle, KDD 2020).
//!
//! With n items drawn evenly, without repetition, from those the user can be offered beside the targets:
//!
//! ```text
//! rank           = 1 + drawn items with the target's score or more
//! sampled recall = share of targets with rank ≤ K        sampled NDCG = mean of 1 / log2(rank + 1), 0 beyond K
//! ```
//!
//! Each target is ranked by itself. The draws depend on the seed and the order of users alone, so that two models
//! meet the same items.

use crate::engine::data::ItemId;
use crate::engine::rng::{Purpose, Rng};

/// Items a target is ranked among.
const DRAWN: usize = 100;

/// Judges one user after the other.
#[derive(Clone, Debug)]
pub struct Sampled {
    rng: Rng,
    /// The catalogue, in an order that each user shuffles on.
    deck: Vec<u32>,
    drawn: Vec<f32>,
    recall: f64,
    ndcg: f64,
}

impl Sampled {
    /// Nobody judged yet, of `n_items`.
    #[must_use]
    pub fn new(n_items: usize, seed: u32) -> Self {
        Self {
            rng: Rng::stream(seed, Purpose::Judging, 0),
            deck: (0..n_items as u32).collect(),
            drawn: Vec::with_capacity(DRAWN),
            recall: 0.0,
            ndcg: 0.0,
        }
    }

    /// Judges a user by the `scores` of what they can be offered, NaN elsewhere, and their `targets`, one at least;
    /// the list is as long as there are `discounts`, 1 / log2(r + 1) at index r − 1.
    pub fn add(&mut self, scores: &[f32], targets: &[ItemId], discounts: &[f64]) {
        self.draw(scores, targets);
        let (mut hits, mut dcg) = (0, 0.0);
        for target in targets {
            let score = scores[target.idx()];
            let ahead = self.drawn.iter().filter(|&&other| other >= score).count();
            if let Some(discount) = discounts.get(ahead).filter(|_| !score.is_nan()) {
                hits += 1;
                dcg += discount;
            }
        }
        self.recall += f64::from(hits) / targets.len() as f64;
        self.ndcg += dcg / targets.len() as f64;
    }

    /// Recall and NDCG, summed over users.
    #[must_use]
    pub const fn sums(&self) -> (f64, f64) {
        (self.recall, self.ndcg)
    }

    /// Puts the scores of the items drawn aside: fewer where the catalogue has no more.
    fn draw(&mut self, scores: &[f32], targets: &[ItemId]) {
        self.drawn.clear();
        let n = self.deck.len();
        for place in 0..n {
            self.deck
                .swap(place, place + self.rng.below((n - place) as u32) as usize);
            let item = self.deck[place];
            // NaN: the user has it already.
            if targets.contains(&ItemId(item)) || scores[item as usize].is_nan() {
                continue;
            }
            self.drawn.push(scores[item as usize]);
            if self.drawn.len() == DRAWN {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISCOUNTS: [f64; 2] = [1.0, 0.630_929_753_571_457_4];

    #[test]
    fn a_small_catalogue_is_drawn_whole_without_targets_and_what_cannot_be_offered() {
        let mut sampled = Sampled::new(6, 1);
        // Item 3 was seen; items 0 and 5 are targets.
        let scores = [0.5, 0.6, 0.1, f32::NAN, 0.5, 0.9];
        sampled.add(&scores, &[ItemId(0), ItemId(5)], &DISCOUNTS);
        let mut drawn = sampled.drawn.clone();
        drawn.sort_by(f32::total_cmp);
        assert_eq!(drawn, [0.1, 0.5, 0.6]);
        // Target 0 is third: 0.6 and the equal 0.5 are ahead. Target 5 is first.
        assert_eq!(sampled.sums(), (0.5, 0.5));
    }

    #[test]
    fn a_random_scorer_recalls_the_share_of_the_drawn_items_it_shows() {
        let (n, users) = (1_000, 4_000);
        let mut rng = Rng::stream(3, Purpose::Trial, 0);
        let mut sampled = Sampled::new(n, 1);
        let discounts = [1.0; 20];
        let mut scores = vec![0.0; n];
        for _ in 0..users {
            scores.fill_with(|| rng.uniform());
            sampled.add(&scores, &[ItemId(rng.below(n as u32))], &discounts);
        }
        let recall = sampled.sums().0 / f64::from(users);
        // 20 of 101 places; standard error 0.0063.
        assert!((recall - 20.0 / 101.0).abs() < 0.019, "{recall}");
    }

    #[test]
    fn two_models_meet_the_same_items() {
        let judge = |scores: fn(u32) -> f32| {
            let mut sampled = Sampled::new(500, 9);
            let scores: Vec<f32> = (0..500).map(scores).collect();
            sampled.add(&scores, &[ItemId(7)], &DISCOUNTS);
            sampled.deck
        };
        assert_eq!(judge(|item| item as f32), judge(|item| -(item as f32)));
    }
}
