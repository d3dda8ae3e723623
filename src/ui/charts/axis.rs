//! An axis: what it spans, where its ticks stand, and what is written at them.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::ui::format;

/// Numbers at an axis at most.
pub const LABELS: usize = 4;

/// How the numbers of an axis are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Steps and the like, from 0.
    #[default]
    Counts,
    /// How often something was halved: 0 is said as 1, 2 as 1/4.
    Halvings,
    /// Numbers of any size.
    Values,
}

/// An axis of a chart.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Less to more, and not empty.
    pub range: Range<f64>,
    pub reading: Reading,
}

impl Axis {
    fn span(&self) -> f64 {
        self.range.end - self.range.start
    }

    /// Between two ticks of at most `most`: 1, 2 or 5 of a power of ten.
    fn distance(&self, most: usize) -> Option<f64> {
        let least = self.span() / most.max(1) as f64;
        if !(1e-9..1e18).contains(&least) {
            return None;
        }
        let mut power = 1.0;
        while power > least {
            power /= 10.0;
        }
        while power * 10.0 <= least {
            power *= 10.0;
        }
        // Half of a halving is nothing.
        let whole = self.reading == Reading::Halvings;
        let mut distances = [1.0, 2.0, 5.0, 10.0, 20.0].map(|times| times * power).into_iter();
        distances.find(|distance| {
            let count = (self.range.end / distance).floor() - (self.range.start / distance).ceil() + 1.0;
            count <= most as f64 && (!whole || *distance >= 1.0)
        })
    }

    /// At most `most` round numbers of equal distance.
    fn ticks(&self, most: usize) -> Vec<f64> {
        let Some(distance) = self.distance(most).filter(|_| most > 0) else {
            return Vec::new();
        };
        let (first, last) = (self.range.start / distance, self.range.end / distance);
        (first.ceil() as i64..=last.floor() as i64)
            .map(|tick| tick as f64 * distance)
            .collect()
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (f64::from(to - from) * (value - self.range.start) / self.span()).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.max_num_points())
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, &value: &f64) -> String {
        match self.reading {
            Reading::Counts => thousands(value),
            Reading::Halvings => format::fraction(libm::exp2(-value)),
            Reading::Values => {
                // As many digits as tell it from its neighbours.
                let mut distance = self.distance(LABELS).unwrap_or(1.0);
                let mut digits = 0;
                while distance < 0.999 && digits < 9 {
                    distance *= 10.0;
                    digits += 1;
                }
                format!("{value:.digits$}")
            }
        }
    }
}

fn thousands(step: f64) -> String {
    match step {
        step if step >= 1e6 => format!("{}M", step / 1e6),
        step if step >= 1e4 => format!("{}k", step / 1e3),
        // Tenths are not whole in binary: 0.30000000000000004.
        step => format!("{}", (step * 1e4).round() / 1e4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(range: Range<f64>, reading: Reading) -> Axis {
        Axis { range, reading }
    }

    #[test]
    fn ticks_are_round_and_no_more_than_asked_for() {
        let ticks = |range| axis(range, Reading::Values).ticks(4);
        assert_eq!(ticks(0.0..1000.0), [0.0, 500.0, 1000.0]);
        assert_eq!(ticks(0.0..0.35), [0.0, 0.1, 0.2, 0.30000000000000004]);
        assert_eq!(ticks(-1.0..1.0), [-1.0, 0.0, 1.0]);
        assert!(ticks(3.0..3.0 + 1e-6).len() > 1);
        for n in 1..2000 {
            let range = f64::from(n).sqrt()..f64::from(n) * 1.7;
            for most in 1..9 {
                let ticks = axis(range.clone(), Reading::Values).ticks(most);
                assert!(ticks.len() <= most, "{range:?} gives {ticks:?}");
                let within = |tick: &f64| (range.start - 1e-9..range.end + 1e-9).contains(tick);
                assert!(ticks.iter().all(within), "{range:?} gives {ticks:?}");
                assert!(!ticks.is_empty() || most < 3, "{range:?} has none of {most}");
            }
        }
        assert!(axis(0.0..1.0, Reading::Values).ticks(0).is_empty());
    }

    #[test]
    fn halvings_are_whole() {
        assert_eq!(axis(-0.2..1.2, Reading::Halvings).ticks(6), [0.0, 1.0]);
        assert_eq!(axis(-0.2..3.2, Reading::Halvings).format_ext(&2.0), "1/4");
    }

    #[test]
    fn a_value_is_written_with_the_digits_its_neighbours_need() {
        assert_eq!(axis(0.0..0.05, Reading::Values).format_ext(&0.02), "0.02");
        assert_eq!(axis(0.0..1.2, Reading::Values).format_ext(&0.5), "0.5");
        assert_eq!(axis(3.0..3.000_004, Reading::Values).format_ext(&3.000_002), "3.000002");
        assert_eq!(axis(0.0..50.0, Reading::Values).format_ext(&20.0), "20");
        assert_eq!(axis(0.0..1e5, Reading::Counts).format_ext(&20_000.0), "20k");
        assert_eq!(
            axis(0.0..1.0, Reading::Counts).format_ext(&0.300_000_000_000_000_04),
            "0.3"
        );
    }

    #[test]
    fn the_ends_of_the_axis_are_the_ends_of_its_pixels() {
        let axis = axis(2.0..4.0, Reading::Values);
        assert_eq!([2.0, 3.0, 4.0].map(|value| axis.map(&value, (200, 0))), [200, 100, 0]);
    }
}
