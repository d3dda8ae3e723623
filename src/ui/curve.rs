//! A history of bounded length.

use serde::{Deserialize, Serialize};

/// Points kept at most; more than a chart has pixels.
const MAX_POINTS: usize = 2_048;

/// How much of the past a smoothed value keeps from one point to the next.
const MEMORY: f64 = 0.95;

/// Values against steps, from the first step to the last, however many there were. When it grows too long, each two
/// neighbours become one, and from then on each point stands for twice as many steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    points: Vec<(f64, f64)>,
    /// Values one point stands for.
    stride: u32,
    /// Sum of steps and of values of the point to come, and how many there are.
    open: (f64, f64, u32),
    /// The last step of all.
    last: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            stride: 1,
            open: (0.0, 0.0, 0),
            last: 0,
        }
    }
}

impl Curve {
    /// Adds the value of a further step; of earlier steps all is known. What is not a number leaves a gap.
    pub fn push(&mut self, step: u64, value: f32) {
        if !value.is_finite() || step <= self.last {
            return;
        }
        self.last = step;
        let (steps, values, count) = &mut self.open;
        *steps += step as f64;
        *values += f64::from(value);
        *count += 1;
        if *count == self.stride {
            let count = f64::from(*count);
            self.points.push((*steps / count, *values / count));
            self.open = (0.0, 0.0, 0);
        }
        if self.points.len() == MAX_POINTS {
            self.halve();
        }
    }

    /// Step and value of each point.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The same, each value an average over the recent past that forgets by a twentieth from point to point.
    pub fn smooth(&self) -> Vec<(f64, f64)> {
        let (mut sum, mut weight) = (0.0, 0.0);
        let average = |&(step, value): &(f64, f64)| {
            sum = MEMORY * sum + value;
            weight = MEMORY * weight + 1.0;
            (step, sum / weight)
        };
        self.points.iter().map(average).collect()
    }

    /// Forgets what came after `step`.
    pub fn cut_after(&mut self, step: u64) {
        self.points.retain(|&(at, _)| at <= step as f64);
        self.open = (0.0, 0.0, 0);
        self.last = self.last.min(step);
        if self.points.is_empty() {
            self.stride = 1;
        }
    }

    fn halve(&mut self) {
        self.points = self
            .points
            .chunks_exact(2)
            .map(|pair| ((pair[0].0 + pair[1].0) / 2.0, (pair[0].1 + pair[1].1) / 2.0))
            .collect();
        self.stride *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_steps_stay_a_short_curve_with_both_ends() {
        let mut curve = Curve::default();
        for step in 1..=1_000_000 {
            curve.push(step, step as f32);
        }
        let points = curve.points();
        assert!(points.len() > MAX_POINTS / 4 && points.len() < MAX_POINTS);
        assert!(points[0].0 < 1_000.0 && points[points.len() - 1].0 > 998_000.0);
        assert!(points.iter().all(|&(step, value)| (step - value).abs() < 1.0));
    }

    #[test]
    fn what_is_not_a_number_is_left_out() {
        let mut curve = Curve::default();
        curve.push(1, f32::NAN);
        curve.push(2, 3.0);
        assert_eq!(curve.points(), [(2.0, 3.0)]);
    }

    #[test]
    fn a_step_that_is_made_again_is_passed_over_until_it_was_forgotten() {
        let mut curve = Curve::default();
        for step in [1, 2, 3, 2, 3, 4] {
            curve.push(step, step as f32);
        }
        curve.cut_after(2);
        curve.push(2, 9.0);
        curve.push(3, 9.0);
        assert_eq!(curve.points(), [(1.0, 1.0), (2.0, 2.0), (3.0, 9.0)]);
    }

    #[test]
    fn smoothing_leaves_a_flat_curve_flat_and_tames_a_jump() {
        let mut curve = Curve::default();
        for step in 1..=10 {
            curve.push(step, 2.0);
        }
        curve.push(11, 12.0);
        let smooth = curve.smooth();
        assert!((smooth[9].1 - 2.0).abs() < 1e-9);
        assert!(smooth[10].1 > 2.5 && smooth[10].1 < 4.0);
    }
}
