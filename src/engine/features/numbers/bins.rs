//! Discretisation: a number falls into a bin, and each bin has a vector.
//!
//! ```text
//! EDD, equal width       ⌊(x − min) / w⌋,  w = (max − min) / H
//! EFD, equal frequency   edges at the quantiles of training
//! LD, logarithmic        ⌊(ln x)²⌋ above 2; below, each whole number has a bin
//! TD, by a tree          see `tree`
//! ```
//!
//! The bins are made before training and stay: what AutoDis (Guo et al., KDD 2021) calls two-phase. Two values on both
//! sides of an edge have different vectors however near they are, and all values of a bin have the same.

use super::observed::{Observed, Point, known};
use super::tree::{self, TreeSpec};
use super::{Encoding, NumericKind, NumericSpec};
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::nn::{ParamId, Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::Knob;

pub const EQUAL_WIDTH: NumericKind = NumericKind {
    kind: "equal_width",
    source: "EDD in Guo et al., KDD 2021",
    knobs: || vec![Knob::whole("bins", 1, 1000, 20)],
    build: |settings| NumericSpec::Bins(Cut::EqualWidth(settings.whole("bins"))),
};

pub const EQUAL_FREQUENCY: NumericKind = NumericKind {
    kind: "equal_frequency",
    source: "EFD in Guo et al., KDD 2021",
    knobs: || vec![Knob::whole("bins", 1, 1000, 20)],
    build: |settings| NumericSpec::Bins(Cut::EqualFrequency(settings.whole("bins"))),
};

pub const LOG: NumericKind = NumericKind {
    kind: "log",
    source: "LD in Guo et al., KDD 2021",
    knobs: Vec::new,
    build: |_| NumericSpec::Bins(Cut::Log),
};

/// How a field is cut into bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// So many bins of equal width.
    EqualWidth(u32),
    /// So many bins that are met equally often; fewer where values repeat.
    EqualFrequency(u32),
    /// By logarithms.
    Log,
    /// At the thresholds of a boosted tree.
    Tree(TreeSpec),
}

/// The last whole number below 0 with a bin of its own under [`Cut::Log`]; smaller ones share.
const LOG_LOWEST: f32 = -16.0;

impl Cut {
    /// The edges between bins, upwards: bin b holds the values from edge b − 1 on and below edge b.
    pub(super) fn edges(self, observed: &Observed) -> Vec<f32> {
        let Some((low, high)) = observed.range() else {
            return Vec::new();
        };
        let mut edges = match self {
            Self::EqualWidth(bins) => equal_width(bins, low, high),
            Self::EqualFrequency(bins) => equal_frequency(bins, &observed.points()),
            Self::Log => logarithmic(high),
            Self::Tree(spec) => tree::thresholds(spec, observed),
        };
        edges.retain(|edge| *edge > low && *edge <= high);
        edges.dedup();
        edges
    }
}

fn equal_width(bins: u32, low: f32, high: f32) -> Vec<f32> {
    let (low, width) = (f64::from(low), f64::from(high) - f64::from(low));
    let edge = |bin| (low + width * f64::from(bin) / f64::from(bins)) as f32;
    (1..bins).map(edge).collect()
}

/// A value lies in bin `⌊H · share of smaller ones⌋`.
fn equal_frequency(bins: u32, points: &[Point]) -> Vec<f32> {
    let total: u64 = points.iter().map(|point| point.occurrences).sum();
    let (mut before, mut last) = (0, 0);
    let mut edges = Vec::new();
    for point in points {
        let bin = u64::from(bins) * before / total;
        if bin > last {
            edges.push(point.value);
            last = bin;
        }
        before += point.occurrences;
    }
    edges
}

fn logarithmic(high: f32) -> Vec<f32> {
    let whole = (LOG_LOWEST as i8..=2).map(f32::from);
    // 2 itself is a bin; from the next number on, bin k begins at e^√k.
    let mut edges: Vec<f32> = whole.chain([2.0_f32.next_up()]).collect();
    let mut k = 1.0;
    loop {
        let edge = libm::exp(f64::sqrt(k)) as f32;
        if edge > high {
            return edges;
        }
        edges.push(edge);
        k += 1.0;
    }
}

/// The bins of a field with their vectors.
pub(super) struct Bins {
    edges: Vec<f32>,
    /// A row for each bin, and the last for what is missing.
    table: ParamId,
    /// Scratch.
    rows: Vec<u32>,
}

impl Bins {
    pub fn build(cut: Cut, observed: &Observed, name: &str, width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let edges = cut.edges(observed);
        let name = format!("{name}.bins");
        Self {
            table: params.table(&name, edges.len() + 2, width, EMBEDDING_INIT, rng),
            edges,
            rows: Vec::new(),
        }
    }
}

impl Encoding for Bins {
    fn encode(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var {
        let Self { edges, rows, .. } = self;
        rows.clear();
        rows.extend(values.iter().map(|&value| {
            let missing = edges.len() + 1;
            let bin = if known(value) {
                edges.partition_point(|edge| *edge <= value)
            } else {
                missing
            };
            bin as u32
        }));
        tape.gather(params, self.table, rows)
    }

    fn edges(&self) -> &[f32] {
        &self.edges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [f32; 0] = [];

    fn edges(cut: Cut, values: &[f32], occurrences: &[u32]) -> Vec<f32> {
        cut.edges(&Observed::new(values, occurrences, None))
    }

    fn bin(edges: &[f32], value: f32) -> usize {
        edges.partition_point(|edge| *edge <= value)
    }

    #[test]
    fn bins_of_equal_width_are_found_by_their_formula() {
        let edges = edges(Cut::EqualWidth(4), &[10.0, 30.0, 11.0], &[1; 3]);
        assert_eq!(edges, [15.0, 20.0, 25.0]);
        let bins = [-5.0, 10.0, 14.9, 15.0, 24.9, 25.0, 30.0, 99.0].map(|value| bin(&edges, value));
        assert_eq!(bins, [0, 0, 0, 1, 2, 3, 3, 3]);
    }

    #[test]
    fn bins_of_equal_frequency_are_met_equally_often_and_equal_values_stay_together() {
        let values: Vec<f32> = (0..12).map(|row| (row * row) as f32).collect();
        let even = edges(Cut::EqualFrequency(4), &values, &[1; 12]);
        assert_eq!(even, [9.0, 36.0, 81.0]);
        // The first value has half of all occurrences: two of the four bins are one.
        assert_eq!(
            edges(Cut::EqualFrequency(4), &[1.0, 2.0, 3.0, 4.0, 5.0], &[4, 1, 1, 1, 1]),
            [2.0, 4.0]
        );
        assert_eq!(edges(Cut::EqualFrequency(4), &[7.0, 7.0], &[3, 5]), NONE);
    }

    #[test]
    fn logarithmic_bins_by_hand() {
        let values = [-3.0, 0.0, 500.0];
        let edges = edges(Cut::Log, &values, &[1; 3]);
        let from = bin(&edges, 2.1);
        // (ln 2.1)² = 0.55, (ln 3)² = 1.21, (ln 4.2)² = 2.06, (ln 20)² = 8.97, (ln 100)² = 21.2, (ln 500)² = 38.6
        let large = [2.1, 2.7, 3.0, 4.2, 20.0, 100.0, 500.0, 1e6].map(|value| bin(&edges, value) - from);
        assert_eq!(large, [0, 0, 1, 2, 8, 21, 38, 38]);
        // 2, whole numbers below it, and what lies between them.
        let small = [2.0, 1.5, 1.0, 0.2, 0.0, -0.5, -1.0, -3.0, -7.0].map(|value| from - bin(&edges, value));
        assert_eq!(small, [1, 2, 2, 3, 3, 4, 4, 6, 6]);
        assert_eq!(bin(&super::logarithmic(1e9), -1e30), 0);
    }

    #[test]
    fn a_field_of_one_value_or_of_none_has_one_bin() {
        for cut in [Cut::EqualWidth(5), Cut::EqualFrequency(5), Cut::Log] {
            assert_eq!(edges(cut, &[4.0, 4.0], &[1, 2]), NONE);
            assert_eq!(edges(cut, &[f32::NAN], &[1]), NONE);
        }
    }

    #[test]
    fn what_is_held_out_moves_no_edge() {
        let (with, without) = ([1.0, 2.0, 5.0, 9.0, 1e6], [1.0, 2.0, 5.0, 9.0]);
        let tree = Cut::Tree(TreeSpec { bins: 4, depth: 2 });
        for cut in [Cut::EqualWidth(5), Cut::EqualFrequency(3), Cut::Log, tree] {
            let held_out = edges(cut, &with, &[1, 9, 2, 7, 0]);
            assert_eq!(held_out, edges(cut, &without, &[1, 9, 2, 7]), "{cut:?}");
            assert!(!held_out.is_empty(), "{cut:?}");
            assert_ne!(held_out, edges(cut, &with, &[1, 9, 2, 7, 3]), "{cut:?}");
        }
    }
}
