//! What a user can be offered: the scores of the whole catalogue without the items they already have.

use std::cmp::Ordering;

use bytemuck::TransparentWrapper;

use crate::engine::data::ItemId;
use crate::engine::order::sort_by;

/// Scores of one user's items. NaN where an item cannot be offered: it compares as false with everything, so such an
/// item is neither counted nor listed, without a second array to look at.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// By item.
    pub scores: Vec<f32>,
}

impl Offered {
    /// Takes the scores of a user, without the items of `seen` that are not among `targets`. Reuses its memory.
    ///
    /// # Panics
    /// If an item is outside the catalogue.
    pub fn set(&mut self, scores: &[f32], seen: &[ItemId], targets: &[ItemId]) {
        self.scores.clear();
        self.scores.extend_from_slice(scores);
        for item in seen {
            self.scores[item.idx()] = f32::NAN;
        }
        for item in targets {
            self.scores[item.idx()] = scores[item.idx()];
        }
    }

    /// How many items have `score` or more; none for NaN.
    pub fn at_least(&self, score: f32) -> usize {
        let (blocks, rest) = self.scores.as_chunks::<LANES>();
        let mut lanes = [0_u32; LANES];
        for block in blocks {
            for (lane, &other) in lanes.iter_mut().zip(block) {
                *lane += u32::from(other >= score);
            }
        }
        let rest = rest.iter().filter(|&&other| other >= score).count();
        lanes.iter().sum::<u32>() as usize + rest
    }

    /// Rank, from 1, of the first of the ordered targets `behind`, when `at_least` items have its `score` or more;
    /// none for NaN.
    ///
    /// Ahead of it are all items that have its score, the targets behind it excepted.
    pub fn rank(&self, score: f32, at_least: usize, behind: &[ItemId]) -> Option<usize> {
        let tied = behind
            .iter()
            .take_while(|item| self.scores[item.idx()] == score)
            .count();
        (tied > 0).then(|| at_least + 1 - tied)
    }
}

/// Counters that are added to side by side, so that the compiler compares as many scores at once.
const LANES: usize = 16;

/// Orders targets best first, NaN last, those of equal score by id, each once.
pub fn order_targets(scores: &[f32], targets: &mut Vec<ItemId>) {
    sort_by(ItemId::peel_slice_mut(targets), &mut |a, b| {
        let (score_a, score_b) = (scores[a as usize], scores[b as usize]);
        let nan_last = score_a.is_nan().cmp(&score_b.is_nan());
        let best_first = score_b.partial_cmp(&score_a).unwrap_or(Ordering::Equal);
        nan_last.then(best_first).then(a.cmp(&b))
    });
    targets.dedup();
}
