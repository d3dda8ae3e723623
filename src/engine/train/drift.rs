//! How far item vectors move in a few steps (Wang et al., "Cross-Batch Negative Sampling", SIGIR 2021, section 3.1).
//!
//! ```text
//! D(t; Δt) = Σ_I ‖ g(I; θ^t) − g(I; θ^{t−Δt}) ‖₂        Δt = 1, 5, 10
//! ```
//!
//! Measured every [`PERIOD`] steps on a sample of the catalogue, as a mean over its items in place of the sum.

use crate::engine::nn::{Pen, Unfit};
use crate::engine::rng::{Purpose, Rng};

/// Steps between two measurements.
const PERIOD: u64 = 50;

/// Items of the sample.
const SAMPLE: usize = 256;

/// The paper's intervals, in steps.
pub const INTERVALS: [u64; 3] = [1, 5, 10];

/// A measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DriftPoint {
    /// Steps made, t.
    pub step: u64,
    /// Mean distance for each of [`INTERVALS`].
    pub distance: [f32; 3],
    /// Mean of the distance over the longest interval divided by the vector's length.
    pub relative: f32,
}

/// The measuring of one run.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    /// The sample.
    items: Vec<u32>,
    /// Vectors `[n, d]` of the sample, one for each of [`INTERVALS`], from so many steps before the next measurement.
    before: [Vec<f32>; 3],
    last: Option<DriftPoint>,
}

impl Drift {
    /// For a catalogue of `n_items`.
    pub fn new(n_items: usize, seed: u32) -> Self {
        let mut items: Vec<u32> = (0..n_items as u32).collect();
        Rng::stream(seed, Purpose::Picture, 1).shuffle(&mut items);
        items.truncate(SAMPLE);
        Self {
            items,
            ..Self::default()
        }
    }

    /// What was measured, for `pen`.
    ///
    /// # Errors
    /// If `pen` reads something else.
    pub fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        self.before.iter_mut().try_for_each(|before| pen.list(before))?;
        let mut measured = u8::from(self.last.is_some());
        pen.one(&mut measured)?;
        let mut point = self.last.unwrap_or_default();
        pen.one(&mut point.step)?;
        pen.one(&mut point.distance)?;
        pen.one(&mut point.relative)?;
        self.last = (measured > 0).then_some(point);
        Ok(())
    }

    /// The last measurement.
    pub const fn last(&self) -> Option<DriftPoint> {
        self.last
    }

    /// Which items' vectors are wanted when `step` steps have been made; none at most steps.
    pub fn wants(&self, step: u64) -> Option<&[u32]> {
        let to_go = (PERIOD - step % PERIOD) % PERIOD;
        let due = INTERVALS.contains(&to_go) || to_go == 0 && step > 0;
        due.then_some(&*self.items)
    }

    /// Takes the vectors `[n, d]` that were wanted at `step`.
    pub fn take(&mut self, step: u64, vectors: &[f32]) {
        let to_go = (PERIOD - step % PERIOD) % PERIOD;
        if let Some(place) = INTERVALS.iter().position(|&interval| interval == to_go) {
            self.before[place].clear();
            self.before[place].extend_from_slice(vectors);
            return;
        }
        // After a change of recipe the earlier vectors may be missing.
        if self.before.iter().all(|before| before.len() == vectors.len()) && !vectors.is_empty() {
            self.last = Some(self.measure(step, vectors));
        }
    }

    fn measure(&self, step: u64, vectors: &[f32]) -> DriftPoint {
        let n = self.items.len();
        let d = vectors.len() / n;
        let mut distance = [0.0; 3];
        let mut relative = 0.0;
        for (row, now) in vectors.chunks_exact(d).enumerate() {
            for (interval, before) in self.before.iter().enumerate() {
                let moved = length(now.iter().zip(&before[row * d..][..d]).map(|(a, b)| a - b));
                distance[interval] += moved / n as f32;
                if interval + 1 == INTERVALS.len() {
                    let own = length(now.iter().copied());
                    relative += if own > 0.0 { moved / own / n as f32 } else { 0.0 };
                }
            }
        }
        DriftPoint {
            step,
            distance,
            relative,
        }
    }
}

fn length(x: impl Iterator<Item = f32>) -> f32 {
    x.map(|x| x * x).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors that have moved by `speed` along the first axis in every step so far; the second number is 3.
    fn run(speed: f32) -> DriftPoint {
        let mut drift = Drift::new(5, 1);
        let mut asked = Vec::new();
        for step in 0..=50 {
            if drift.wants(step).is_some() {
                asked.push(step);
                drift.take(step, &[step as f32 * speed, 3.0].repeat(5));
            }
        }
        assert_eq!(asked, [40, 45, 49, 50]);
        drift.last().expect("measured at step 50")
    }

    #[test]
    fn drift_is_the_mean_distance_over_each_interval() {
        // 0.08 a step: after 50 steps the vectors are (4, 3), of length 5.
        let point = run(0.08);
        for (found, expected) in point.distance.iter().zip([0.08, 0.4, 0.8]) {
            assert!((found - expected).abs() < 1e-5, "{point:?}");
        }
        assert!((point.relative - 0.16).abs() < 1e-5, "{point:?}");
    }

    #[test]
    fn spec_2_8_7_what_does_not_move_does_not_drift() {
        let point = run(0.0);
        assert_eq!((point.distance, point.relative), ([0.0; 3], 0.0));
    }
}
