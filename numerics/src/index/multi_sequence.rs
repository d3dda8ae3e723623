//! The multi-sequence algorithm (Babenko and Lempitsky, 2012, algorithm 3.1): cells of an inverted multi-index by
//! falling score, each once, without looking at all K² of them.
//!
//! A cell's score is the sum of those of its halves. With both sorted, the next best cell is beside one that has been
//! given out already: (i + 1, j) becomes a candidate when (i, j) is given out and (i + 1, j − 1) was, or j is the first.

use std::collections::BinaryHeap;

use super::coarse::Multi;
use super::kernels;
use crate::matrix::Metric;
use crate::order;

/// The cells of one query, in turn.
#[derive(Clone, Debug, Default)]
pub struct MultiSequence {
    bits: u32,
    /// Scores of both halves' centroids.
    scores: [Vec<f32>; 2],
    /// Both halves' centroids, best first.
    ranked: [Vec<u64>; 2],
    /// Places (i, j) that may be next; the greatest is the best.
    heap: BinaryHeap<u64>,
    /// Cells given out in each row i: always the first so many j.
    given: Vec<u32>,
}

impl MultiSequence {
    /// Begins anew with `query`.
    pub fn restart(&mut self, multi: &Multi, metric: Metric, query: &[f32]) {
        self.bits = multi.bits;
        let (first, second) = query.split_at(Multi::first(query.len()));
        for (side, query) in [first, second].into_iter().enumerate() {
            let scores = &mut self.scores[side];
            scores.resize(multi.side(), 0.0);
            kernels::scores(metric, query, &multi.halves[side], scores);
            let ranked = &mut self.ranked[side];
            ranked.clear();
            ranked.extend((0..).zip(scores.iter()).map(|(id, &score)| order::key(score, id)));
            order::sort_first(ranked, multi.side());
        }
        self.given.clear();
        self.given.resize(multi.side(), 0);
        self.heap.clear();
        self.push(0, 0);
    }

    /// The next cell and its score.
    pub fn next_cell(&mut self) -> Option<(u32, f32)> {
        let place = order::number(!self.heap.pop()?);
        let (i, j) = ((place >> self.bits) as usize, place & ((1 << self.bits) - 1));
        self.given[i] = j + 1;
        if self.given.get(i + 1).is_some_and(|&given| given == j) {
            self.push(i + 1, j);
        }
        if i == 0 || self.given[i - 1] > j + 1 {
            self.push(i, j + 1);
        }
        let [first, second] = self.halves(i, j as usize);
        let score = self.scores[0][first as usize] + self.scores[1][second as usize];
        Some((first | second << self.bits, score))
    }

    /// The centroids in places i and j.
    fn halves(&self, i: usize, j: usize) -> [u32; 2] {
        [order::number(self.ranked[0][i]), order::number(self.ranked[1][j])]
    }

    fn push(&mut self, i: usize, j: u32) {
        if j as usize == self.given.len() {
            return;
        }
        let [first, second] = self.halves(i, j as usize);
        let score = self.scores[0][first as usize] + self.scores[1][second as usize];
        self.heap.push(!order::key(score, (i as u32) << self.bits | j));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn spec_5_9_5_cells_come_sorted_and_each_once() {
        let mut rng = Rng::stream(2, Purpose::Trial, 0);
        let mut sequence = MultiSequence::default();
        for (bits, d) in [(0, 2), (1, 3), (3, 4), (5, 7)] {
            for metric in [Metric::L2, Metric::Dot] {
                let halves = [Multi::first(d), d - Multi::first(d)];
                // On a grid, so that many cells are equally near.
                let halves = halves.map(|width| (0..width << bits).map(|_| rng.below(5) as f32).collect());
                let multi = Multi { halves, bits };
                let query: Vec<f32> = (0..d).map(|_| rng.normal()).collect();
                sequence.restart(&multi, metric, &query);
                let (mut cells, mut last) = (Vec::new(), f32::INFINITY);
                while let Some((cell, score)) = sequence.next_cell() {
                    assert!(score <= last, "{score} after {last}");
                    last = score;
                    cells.push(cell);
                }
                order::ascend(&mut cells);
                assert_eq!(cells, (0..1 << (2 * bits)).collect::<Vec<u32>>());
            }
        }
    }
}
