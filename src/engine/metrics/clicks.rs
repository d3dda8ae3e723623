//! Judging scores of pairs of a user and an item that was taken or not.
//!
//! ```text
//! AUC      = chance that a pair that was taken has a larger score than one that was not, half for equal ones
//! GAUC     = Σ_u n_u AUC_u / Σ_u n_u over the users with pairs of both kinds, n_u being their pairs
//! log loss = mean of −ln σ(s) of what was taken and −ln(1 − σ(s)) of the others
//! ```
//!
//! AUC compares users with each other, too; GAUC does not, as a list does not (Zhu et al., KDD 2017).

use crate::engine::order;

/// Collects pairs, user by user.
#[derive(Clone, Debug, Default)]
pub struct Clicks {
    scores: Vec<f32>,
    taken: Vec<bool>,
    /// Sums of n_u AUC_u and of n_u.
    grouped: [f64; 2],
    loss: f64,
}

impl Clicks {
    /// Takes the pairs of a user: the first `taken` of `scores` are of items that were taken.
    pub fn add(&mut self, scores: &[f32], taken: usize) {
        let marks: Vec<bool> = (0..scores.len()).map(|place| place < taken).collect();
        if let Some(auc) = auc(scores, &marks) {
            let n = scores.len() as f64;
            self.grouped[0] += n * auc;
            self.grouped[1] += n;
        }
        for (score, taken) in scores.iter().zip(&marks) {
            self.loss += surprise(*score, *taken);
        }
        self.scores.extend_from_slice(scores);
        self.taken.extend(marks);
    }

    /// AUC; nothing where no pair, or every pair, was taken.
    #[must_use]
    pub fn auc(&self) -> Option<f64> {
        auc(&self.scores, &self.taken)
    }

    /// GAUC; nothing where no user has pairs of both kinds.
    #[must_use]
    pub fn gauc(&self) -> Option<f64> {
        let [sum, n] = self.grouped;
        (n > 0.0).then(|| sum / n)
    }

    /// Log loss, of scores that are log-odds; nothing without pairs.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        (!self.scores.is_empty()).then(|| self.loss / self.scores.len() as f64)
    }
}

/// −ln σ(s) of what was taken, and −ln(1 − σ(s)) of what was not.
pub(super) fn surprise(score: f32, taken: bool) -> f64 {
    let away = f64::from(if taken { -score } else { score });
    away.max(0.0) + libm::log1p(libm::exp(-away.abs()))
}

/// By the ranks of what was taken among all, equal scores sharing the mean of their ranks.
pub(super) fn auc(scores: &[f32], taken: &[bool]) -> Option<f64> {
    let positives = taken.iter().filter(|taken| **taken).count();
    let negatives = scores.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let rising = order::places(scores.len(), &mut |a, b| {
        scores[a].total_cmp(&scores[b]).then(a.cmp(&b))
    });
    let mut ranks = 0.0;
    let mut first = 0;
    while first < rising.len() {
        let score = scores[rising[first] as usize];
        let same = rising[first..]
            .iter()
            .take_while(|place| scores[**place as usize] == score);
        // One score at least, even where it is no number.
        let end = first + same.count().max(1);
        let hits = rising[first..end].iter().filter(|place| taken[**place as usize]);
        ranks += hits.count() as f64 * (first + 1 + end) as f64 / 2.0;
        first = end;
    }
    let n = positives as f64;
    Some((ranks - n * (n + 1.0) / 2.0) / (n * negatives as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_pairs_by_hand() {
        let mut clicks = Clicks::default();
        // Of the four pairs of a hit and a miss: 3 over 2 and 1, 2 over 1, and a tie.
        clicks.add(&[3.0, 2.0, 2.0, 1.0], 2);
        assert_eq!(clicks.auc(), Some(0.875));
        assert_eq!(clicks.gauc(), clicks.auc());
        // Another user with higher scores throughout: better by itself, worse beside the first.
        clicks.add(&[12.0, 11.0], 1);
        assert!((clicks.gauc().expect("both kinds") - (4.0 * 0.875 + 2.0) / 6.0).abs() < 1e-12);
        // Of nine pairs 12 wins three, 3 two, 2 one and a tie.
        assert!((clicks.auc().expect("both kinds") - 6.5 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn log_loss_is_that_of_a_coin_at_zero_and_large_where_one_is_sure_and_wrong() {
        let mut clicks = Clicks::default();
        clicks.add(&[0.0, 0.0, 0.0], 1);
        assert!((clicks.log_loss().expect("pairs") - std::f64::consts::LN_2).abs() < 1e-12);
        clicks.add(&[-1000.0], 1);
        assert!((clicks.log_loss().expect("pairs") - (3.0 * std::f64::consts::LN_2 + 1000.0) / 4.0).abs() < 1e-9);
    }

    #[test]
    fn one_kind_alone_cannot_be_judged() {
        let mut clicks = Clicks::default();
        assert_eq!((clicks.auc(), clicks.gauc(), clicks.log_loss()), (None, None, None));
        clicks.add(&[1.0, 2.0], 0);
        assert_eq!((clicks.auc(), clicks.gauc()), (None, None));
        clicks.add(&[f32::NAN], 1);
        assert!(clicks.auc().is_some());
    }
}
