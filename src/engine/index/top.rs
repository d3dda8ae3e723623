//! The best of a stream of scores.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use wide::f32x4;

use super::Hit;

/// Keeps the `k` best hits of all it is offered: larger scores first, equal ones by ascending id.
///
/// A heap with the worst kept hit on top. Once it is full, most of a block of scores is turned away by one comparison
/// of each with that worst hit. NaN is never kept. Emptied and reused it allocates no more.
#[derive(Clone, Debug, Default)]
pub struct Top {
    k: usize,
    heap: BinaryHeap<Kept>,
}

/// A hit in the order of the heap: the greatest is the one to drop first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Kept(Hit);

impl Eq for Kept {}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        // NaN never gets in, so any two scores compare; −0 and 0 are equal.
        let by_score = other.0.score.partial_cmp(&self.0.score).unwrap_or(Ordering::Equal);
        by_score.then(self.0.id.cmp(&other.0.id))
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Top {
    /// Will keep `k` hits.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self {
            k,
            heap: BinaryHeap::new(),
        }
    }

    /// Begins anew with nothing kept: will keep `k` hits.
    pub fn restart(&mut self, k: usize) {
        self.k = k;
        self.heap.clear();
    }

    /// The hit that the next better one takes the place of, once as many are kept as should be.
    #[must_use]
    pub fn worst(&self) -> Option<Hit> {
        self.heap
            .peek()
            .filter(|_| self.heap.len() == self.k)
            .map(|kept| kept.0)
    }

    /// Offers one hit; says whether it is kept.
    pub fn offer(&mut self, hit: Hit) -> bool {
        if hit.score.is_nan() {
            return false;
        }
        if self.heap.len() < self.k {
            self.heap.push(Kept(hit));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && Kept(hit) < *worst
        {
            *worst = Kept(hit);
        } else {
            return false;
        }
        true
    }

    /// Offers the hits `first`, `first + 1` … with these scores.
    pub fn offer_block(&mut self, first: u32, scores: &[f32]) {
        let (blocks, rest) = scores.as_chunks::<16>();
        let mut id = first;
        for block in blocks {
            if self.may_keep(block) {
                self.offer_each(id, block);
            }
            id += 16;
        }
        self.offer_each(id, rest);
    }

    /// Offers the hits `ids` with these scores.
    ///
    /// # Panics
    /// If there are more scores than ids.
    pub fn offer_rows(&mut self, ids: &[u32], scores: &[f32]) {
        let (blocks, rest) = scores.as_chunks::<16>();
        let (ids_of_blocks, ids_of_rest) = ids.split_at(blocks.len() * 16);
        for (ids, block) in ids_of_blocks.chunks_exact(16).zip(blocks) {
            if self.may_keep(block) {
                self.offer_some(ids, block);
            }
        }
        self.offer_some(ids_of_rest, rest);
    }

    /// Moves what was kept to the end of `out`, best first, and is empty again.
    pub fn drain_into(&mut self, out: &mut Vec<Hit>) {
        let mut kept = std::mem::take(&mut self.heap).into_sorted_vec();
        out.extend(kept.iter().map(|kept| kept.0));
        kept.clear();
        self.heap = kept.into();
    }

    fn offer_some(&mut self, ids: &[u32], scores: &[f32]) {
        for (&id, &score) in ids.iter().zip(scores) {
            self.offer(Hit { id, score });
        }
    }

    fn offer_each(&mut self, first: u32, scores: &[f32]) {
        for (id, &score) in (first..).zip(scores) {
            self.offer(Hit { id, score });
        }
    }

    /// Whether one of `scores` may be good enough; an equal score may, by its id.
    fn may_keep(&self, scores: &[f32; 16]) -> bool {
        let worst = match self.heap.peek() {
            Some(worst) if self.heap.len() == self.k => f32x4::splat(worst.0.score),
            _ => return self.k > 0,
        };
        let (lanes, _) = scores.as_chunks::<4>();
        let reaches = |quarter: usize| f32x4::from(lanes[quarter]).simd_ge(worst);
        (reaches(0) | reaches(1) | reaches(2) | reaches(3)).any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::{Purpose, Rng};

    fn best(k: usize, scores: &[f32]) -> Vec<(u32, f32)> {
        let mut top = Top::new(k);
        top.offer_block(0, scores);
        let mut out = Vec::new();
        top.drain_into(&mut out);
        out.iter().map(|hit| (hit.id, hit.score)).collect()
    }

    #[test]
    fn keeps_what_a_full_sort_puts_first_with_many_ties() {
        let mut rng = Rng::stream(3, Purpose::Trial, 0);
        for k in [0, 1, 2, 7, 40, 200] {
            let scores: Vec<f32> = (0..150).map(|_| rng.below(12) as f32).collect();
            let mut sorted: Vec<(u32, f32)> = (0..).zip(scores.iter().copied()).collect();
            sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            sorted.truncate(k);
            assert_eq!(best(k, &scores), sorted, "k = {k}");
        }
    }

    #[test]
    fn nan_is_never_kept_and_infinities_are_in_order() {
        let scores = [f32::NAN, f32::NEG_INFINITY, 1.0, f32::INFINITY, f32::NAN];
        let expected = vec![(3, f32::INFINITY), (2, 1.0), (1, f32::NEG_INFINITY)];
        assert_eq!(best(5, &scores), expected);
    }

    #[test]
    fn ties_go_to_the_smaller_id_in_whatever_order_they_are_offered() {
        let mut top = Top::new(2);
        top.offer_block(100, &[1.0; 32]);
        top.offer_block(20, &[1.0; 32]);
        let mut out = Vec::new();
        top.drain_into(&mut out);
        assert_eq!(out.iter().map(|hit| hit.id).collect::<Vec<_>>(), [20, 21]);
    }

    #[test]
    fn rows_by_their_ids_are_kept_as_single_hits_are() {
        let mut rng = Rng::stream(9, Purpose::Trial, 0);
        let scores: Vec<f32> = (0..75).map(|_| rng.below(9) as f32).collect();
        let ids: Vec<u32> = (0..75).map(|place| place * 7 % 75).collect();
        let (mut together, mut singly) = (Top::new(20), Top::new(20));
        together.offer_rows(&ids, &scores);
        for (&id, &score) in ids.iter().zip(&scores) {
            singly.offer(Hit { id, score });
        }
        assert_eq!(together.worst(), singly.worst());
        let mut out = [Vec::new(), Vec::new()];
        together.drain_into(&mut out[0]);
        singly.drain_into(&mut out[1]);
        assert_eq!(out[0], out[1]);
    }

    #[test]
    fn drained_it_starts_anew() {
        let mut top = Top::new(1);
        let mut out = Vec::new();
        top.offer_block(0, &[5.0]);
        top.drain_into(&mut out);
        top.offer_block(7, &[-5.0]);
        top.drain_into(&mut out);
        assert_eq!(out, [Hit { id: 0, score: 5.0 }, Hit { id: 7, score: -5.0 }]);
    }
}
