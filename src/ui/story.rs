//! What has been told of a run's course, step by step, and how much of it is seen from where the run stands.

use crate::protocol::{Evaluated, Measured};

use super::curve::Curve;
use super::shared::Shared;

/// Measurements kept at most; a chart has no more pixels to show them.
const MEASURED_MAX: usize = 500;

/// Losses, evaluations and measurements, oldest first. What is told again, of a step that is made again, is the same
/// and passed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// Training losses.
    pub losses: Shared<Curve>,
    pub evaluations: Shared<Vec<Evaluated>>,
    /// Drift and candidates.
    pub measured: Shared<Vec<Measured>>,
    /// The last step it tells of.
    pub reach: u64,
}

impl Story {
    pub fn take_losses(&mut self, points: Vec<(u64, f32)>) {
        let losses = self.losses.make_mut();
        for (step, loss) in points {
            losses.push(step, loss);
        }
    }

    pub fn take_evaluation(&mut self, evaluated: Evaluated) {
        let same = |other: &Evaluated| (other.step, &other.on) == (evaluated.step, &evaluated.on);
        if !self.evaluations.iter().any(same) {
            self.evaluations.make_mut().push(evaluated);
        }
    }

    pub fn take_measured(&mut self, points: Vec<Measured>) {
        let last = self.measured.last().map_or(0, |point| point.step);
        let measured = self.measured.make_mut();
        measured.extend(points.into_iter().filter(|point| point.step > last));
        // A long run keeps every second point, then every fourth …
        if measured.len() > MEASURED_MAX {
            let mut place = 0;
            measured.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
    }

    /// What was told since, by one that began where this ends.
    pub fn go_on_with(&mut self, since: &Self) {
        let losses = since.losses.points().iter();
        self.take_losses(losses.map(|&(step, loss)| (step as u64, loss as f32)).collect());
        let evaluations = since.evaluations.iter();
        evaluations.for_each(|evaluated| self.take_evaluation(evaluated.clone()));
        self.take_measured(since.measured.to_vec());
    }

    /// What it tells of the steps up to `step`.
    pub fn until(&self, step: u64) -> Self {
        let mut seen = self.clone();
        seen.reach = step;
        seen.losses.make_mut().cut_after(step);
        seen.measured.make_mut().retain(|point| point.step <= step);
        seen.evaluations.make_mut().retain(|evaluated| evaluated.step <= step);
        seen
    }
}
