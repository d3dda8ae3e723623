//! Discretisation by a tree: TD in Guo et al., KDD 2021, where a gradient-boosted tree is fitted to the label first.
//!
//! ```text
//! each round: g_i = y_i − μ(s_i), h_i = μ'(s_i)     gain of a split: G_L²/(H_L + λ) + G_R²/(H_R + λ) − G²/(H + λ)
//! in each leaf: s ← s + ρ G / (H + λ)               the thresholds of all rounds together are the edges of the bins
//! ```
//!
//! Of data with clicks the label is the click, μ the logistic function and an occurrence in training an example. Where a
//! method has no clicks, the label is how often the row occurs in training, `ln(1 + n)` for each row of the table, and μ
//! changes nothing. The paper says nothing of the tree; it is small here, and grows until the bins are used up or nothing
//! is left that is worth a split.

use std::ops::Range;

use super::bins::Cut;
use super::observed::{Observed, Point};
use super::{NumericKind, NumericSpec};
use crate::settings::Knob;

pub const KIND: NumericKind = NumericKind {
    kind: "tree",
    source: "TD in Guo et al., KDD 2021",
    knobs: || vec![Knob::whole("bins", 2, 256, 20), Knob::whole("depth", 1, 6, 2)],
    build: |settings| {
        NumericSpec::Bins(Cut::Tree(TreeSpec {
            bins: settings.whole("bins"),
            depth: settings.whole("depth"),
        }))
    },
};

/// How far a boosted tree grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreeSpec {
    /// Bins at most.
    pub bins: u32,
    /// Splits one below the other in a round.
    pub depth: u32,
}

/// Rounds at most.
const ROUNDS: usize = 40;
/// ρ, how much of its error a round corrects.
const RATE: f64 = 0.3;
/// λ.
const REGULAR: f64 = 1.0;
/// Share of all examples that lie in a leaf at least.
const LEAF: f64 = 0.01;
/// Gain of a split at least, as a share of that of the first.
const GAIN: f64 = 1e-3;

/// The edges that a boosted tree finds, upwards.
pub(super) fn thresholds(spec: TreeSpec, observed: &Observed) -> Vec<f32> {
    let points = observed.points();
    let mut boosted = Boosted::new(&points, observed.clicked(), spec.bins.saturating_sub(1));
    for _ in 0..ROUNDS {
        boosted.look();
        if !boosted.grow(0..points.len(), spec.depth) {
            break;
        }
    }
    let edges = points.windows(2).zip(boosted.cut.iter().skip(1));
    let edges = edges.filter(|(_, cut)| **cut);
    edges.map(|(pair, _)| between(pair[0].value, pair[1].value)).collect()
}

/// Half-way, but not down to `low`.
fn between(low: f32, high: f32) -> f32 {
    let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
    if middle > low { middle } else { high }
}

struct Boosted<'a> {
    points: &'a [Point],
    logistic: bool,
    /// s, by point.
    scores: Vec<f64>,
    /// Examples, g and h of all points before each.
    sums: Vec<[f64; 3]>,
    /// Whether there is an edge before each point.
    cut: Vec<bool>,
    /// Edges that may still be made.
    left: u32,
    /// Gain of the first split.
    first: Option<f64>,
}

impl<'a> Boosted<'a> {
    fn new(points: &'a [Point], logistic: bool, edges: u32) -> Self {
        let sum = |part: fn(&Point) -> f64| points.iter().map(part).sum::<f64>();
        let (examples, target) = (sum(|point| point.examples), sum(|point| point.target));
        let start = if logistic {
            // Never quite 0 or 1.
            libm::log((target + 0.5) / (examples - target + 0.5))
        } else {
            target / examples.max(1.0)
        };
        Self {
            points,
            logistic,
            scores: vec![start; points.len()],
            sums: Vec::new(),
            cut: vec![false; points.len()],
            left: edges,
            first: None,
        }
    }

    /// Takes up what is wrong with the scores.
    fn look(&mut self) {
        let mut sum = [0.0; 3];
        self.sums.clear();
        self.sums.push(sum);
        for (point, score) in self.points.iter().zip(&self.scores) {
            let (mean, slope) = if self.logistic {
                let chance = 1.0 / (1.0 + libm::exp(-score));
                (chance, chance * (1.0 - chance))
            } else {
                (*score, 1.0)
            };
            sum[0] += point.examples;
            sum[1] += point.target - point.examples * mean;
            sum[2] += point.examples * slope;
            self.sums.push(sum);
        }
    }

    fn of(&self, range: &Range<usize>) -> [f64; 3] {
        let (from, to) = (self.sums[range.start], self.sums[range.end]);
        [0, 1, 2].map(|part| to[part] - from[part])
    }

    /// Splits `range`, and its parts in turn, or corrects its scores; whether it was split.
    fn grow(&mut self, range: Range<usize>, depth: u32) -> bool {
        if depth > 0
            && let Some(at) = self.best(&range)
        {
            if !self.cut[at] {
                self.cut[at] = true;
                self.left -= 1;
            }
            self.grow(range.start..at, depth - 1);
            self.grow(at..range.end, depth - 1);
            return true;
        }
        let [_, gradient, slope] = self.of(&range);
        let step = RATE * gradient / (slope + REGULAR);
        self.scores[range].iter_mut().for_each(|score| *score += step);
        false
    }

    /// Where a split gains most, if it gains enough.
    fn best(&mut self, range: &Range<usize>) -> Option<usize> {
        let worth = |[_, gradient, slope]: [f64; 3]| gradient * gradient / (slope + REGULAR);
        let least = LEAF * self.sums[self.points.len()][0];
        let whole = worth(self.of(range));
        let mut best = None;
        let mut gain = self.first.map_or(0.0, |first| GAIN * first);
        for at in range.start + 1..range.end {
            if self.left == 0 && !self.cut[at] {
                continue;
            }
            let [low, high] = [self.of(&(range.start..at)), self.of(&(at..range.end))];
            let gained = worth(low) + worth(high) - whole;
            if gained > gain && low[0] >= least && high[0] >= least {
                (best, gain) = (Some(at), gained);
            }
        }
        if best.is_some() {
            self.first.get_or_insert(gain);
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::{Purpose, Rng};

    const SPEC: TreeSpec = TreeSpec { bins: 8, depth: 2 };

    /// 400 values in `0..100`, each shown ten times.
    fn shown() -> (Vec<f32>, Rng) {
        let mut rng = Rng::stream(4, Purpose::Trial, 0);
        let values = (0..400).map(|_| rng.between(0.0, 100.0)).collect();
        (values, rng)
    }

    /// The distance from the nearest edge.
    fn missed(edges: &[f32], by: f32) -> f32 {
        let away = edges.iter().map(|edge| (edge - by).abs());
        away.fold(f32::INFINITY, f32::min)
    }

    #[test]
    fn it_finds_a_planted_step_in_clicks() {
        let (values, mut rng) = shown();
        let chance = |value: f32| if value < 37.0 { 0.1 } else { 0.4 };
        let clicks: Vec<u32> = values
            .iter()
            .map(|&value| (0..10).filter(|_| rng.uniform() < chance(value)).count() as u32)
            .collect();
        let edges = thresholds(SPEC, &Observed::new(&values, &[10; 400], Some(&clicks)));
        assert!(missed(&edges, 37.0) < 1.0, "{edges:?}");
        let two = TreeSpec { bins: 2, depth: 1 };
        let edges = thresholds(two, &Observed::new(&values, &[10; 400], Some(&clicks)));
        assert!(edges.len() == 1 && (edges[0] - 37.0).abs() < 1.0, "{edges:?}");
    }

    #[test]
    fn without_clicks_it_finds_a_step_in_how_often_rows_occur() {
        let (values, mut rng) = shown();
        // What is between 20 and 60 occurs more often.
        let occurrences: Vec<u32> = values
            .iter()
            .map(|value| 1 + rng.below(if (20.0..60.0).contains(value) { 30 } else { 5 }))
            .collect();
        let edges = thresholds(SPEC, &Observed::new(&values, &occurrences, None));
        assert!(missed(&edges, 20.0) < 1.0 && missed(&edges, 60.0) < 1.0, "{edges:?}");
        assert!(edges.len() < 8 && edges.is_sorted(), "{edges:?}");
    }

    #[test]
    fn where_nothing_depends_on_the_value_there_is_nothing_to_split() {
        let (values, _) = shown();
        let none = |values: &[f32], occurrences: &[u32]| {
            thresholds(SPEC, &Observed::new(values, occurrences, None)).is_empty()
        };
        assert!(none(&values, &[3; 400]));
        assert!(none(&[], &[]));
    }

    #[test]
    fn an_edge_parts_its_neighbours_however_near_they_are() {
        let (low, high) = (1.0_f32, 1.0_f32.next_up());
        assert_eq!(between(low, high), high);
        assert_eq!(between(2.0, 4.0), 3.0);
    }
}
