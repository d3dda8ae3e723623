//! The best of a stream of scores.

use wide::f32x4;

use super::Hit;
use crate::order;

/// Keeps the `k` best hits of all it is offered: larger scores first, equal ones by ascending id.
///
/// Hits that may be among them are put down as they come, one comparison with a bar each. When there are too many, all
/// but the k best are dropped and the bar rises to the worst of those. NaN is never kept. Emptied and reused it
/// allocates no more.
#[derive(Clone, Debug, Default)]
pub struct Top {
    k: usize,
    /// Keys of hits that may be kept, the k best of all among them.
    keys: Vec<u64>,
    /// No score below it can be among the k best any more: the worst that was kept when hits were dropped last.
    bar: f32,
}

impl Top {
    /// Will keep `k` hits.
    #[must_use]
    pub const fn new(k: usize) -> Self {
        Self {
            k,
            keys: Vec::new(),
            bar: f32::NEG_INFINITY,
        }
    }

    /// Begins anew with nothing kept: will keep `k` hits.
    pub fn restart(&mut self, k: usize) {
        self.k = k;
        self.keys.clear();
        self.bar = f32::NEG_INFINITY;
    }

    /// The hit that the next better one takes the place of, once as many are kept as should be.
    pub fn worst(&mut self) -> Option<Hit> {
        self.drop_rest();
        self.keys
            .iter()
            .max()
            .filter(|_| self.keys.len() == self.k)
            .map(|&key| hit(key))
    }

    /// Offers one hit.
    pub fn offer(&mut self, hit: Hit) {
        // Not so of NaN.
        if hit.score >= self.bar {
            self.put(hit.id, hit.score);
        }
    }

    /// Offers the hits `first`, `first + 1` … with these scores.
    pub fn offer_block(&mut self, first: u32, scores: &[f32]) {
        self.offer_all(scores, |place| first + place as u32);
    }

    /// Offers the hits `ids` with these scores.
    ///
    /// # Panics
    /// If there are more scores than ids.
    pub fn offer_rows(&mut self, ids: &[u32], scores: &[f32]) {
        let ids = &ids[..scores.len()];
        self.offer_all(scores, |place| ids[place]);
    }

    /// Moves what was kept to the end of `out`, best first, and is empty again.
    pub fn drain_into(&mut self, out: &mut Vec<Hit>) {
        order::sort_first(&mut self.keys, self.k);
        self.keys.truncate(self.k);
        out.extend(self.keys.drain(..).map(hit));
        self.bar = f32::NEG_INFINITY;
    }

    /// As [`Top::drain_into`], in any order: of many hits it is far the quicker.
    pub fn drain_unsorted(&mut self, out: &mut Vec<Hit>) {
        self.drop_rest();
        out.extend(self.keys.drain(..).map(hit));
        self.bar = f32::NEG_INFINITY;
    }

    #[inline(always)]
    fn offer_all(&mut self, scores: &[f32], id: impl Fn(usize) -> u32) {
        let (blocks, rest) = scores.as_chunks::<16>();
        for (block, scores) in blocks.iter().enumerate() {
            let mut reached = reaching(scores, self.bar);
            while reached != 0 {
                let place = reached.trailing_zeros() as usize;
                reached &= reached - 1;
                self.put(id(block * 16 + place), scores[place % 16]);
            }
        }
        let first = scores.len() - rest.len();
        for (place, &score) in (first..).zip(rest) {
            if score >= self.bar {
                self.put(id(place), score);
            }
        }
    }

    /// Puts down a hit whose score is a number.
    fn put(&mut self, id: u32, score: f32) {
        // Nothing added makes 0 of −0, so that equal scores have equal keys.
        self.keys.push(order::key(score + 0.0, id));
        if self.keys.len() >= self.k.saturating_add(self.k.max(SPARE)) {
            self.drop_rest();
        }
    }

    /// Drops all but the k best.
    fn drop_rest(&mut self) {
        if self.k == 0 {
            self.keys.clear();
        } else if self.keys.len() > self.k {
            self.bar = order::score(order::nth(&mut self.keys, self.k - 1));
            self.keys.truncate(self.k);
        }
    }
}

/// Hits put down beyond the k best before some are dropped, at least.
const SPARE: usize = 22;

fn hit(key: u64) -> Hit {
    Hit {
        id: order::number(key),
        score: order::score(key),
    }
}

/// A bit for each of the `scores` that is not below `bar`, the lowest for the first; an equal one may be kept, by its id.
#[inline(always)]
fn reaching(scores: &[f32; 16], bar: f32) -> u32 {
    let bar = f32x4::splat(bar);
    let quarters = scores.as_chunks::<4>().0;
    let a = f32x4::from(quarters[0]).simd_ge(bar);
    let b = f32x4::from(quarters[1]).simd_ge(bar);
    let c = f32x4::from(quarters[2]).simd_ge(bar);
    let d = f32x4::from(quarters[3]).simd_ge(bar);
    if (a | b | c | d).any() {
        a.to_bitmask() | b.to_bitmask() << 4 | c.to_bitmask() << 8 | d.to_bitmask() << 12
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

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
    fn the_worst_is_known_whenever_it_is_asked_for() {
        let mut rng = Rng::stream(4, Purpose::Trial, 0);
        let (mut top, mut all) = (Top::new(3), Vec::new());
        for id in 0..200 {
            let score = rng.below(50) as f32 - 25.0;
            top.offer(Hit { id, score });
            all.push((score, id));
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let worst = all.get(2).map(|&(score, id)| Hit { id, score });
            assert_eq!(top.worst(), worst);
        }
    }

    #[test]
    fn zeros_of_both_signs_are_equal() {
        assert_eq!(best(2, &[0.0, -0.0, 0.0]), [(0, 0.0), (1, 0.0)]);
        assert_eq!(best(1, &[-0.0, 0.0]), [(0, 0.0)]);
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
