//! How often an item is a positive: counted exactly, or estimated from the stream of batches (Yi et al., RecSys 2019,
//! section 4, algorithm 2).
//!
//! ```text
//! at step t, for each distinct item y of the batch:   B[h(y)] ← (1 − α) B[h(y)] + α (t − A[h(y)]),   A[h(y)] ← t
//! estimate of the chance that y is in a batch:        p̂(y) = 1 / max_i B_i[h_i(y)]
//! ```
//!
//! B is the mean number of steps between two batches that hold the item. An item that comes up twice in a batch is
//! noted once: that estimates the chance of being in a batch, 1 − (1 − q)^B, rather than the expected count. (The
//! paper does not say; its equation 7 for the bias also has another second term than the recursion gives.)

use crate::engine::nn::{Pen, Unfit};
use crate::settings::{Knob, Settings, Value};

/// Steps between two sightings that every bucket starts from.
const START_GAP: f32 = 100.0;

/// `log q` of items.
#[derive(Clone, Debug)]
pub enum Frequency {
    /// The share of each item in the training events, as a logarithm.
    Exact(Vec<f32>),
    /// Estimated.
    Streaming(Estimator),
}

impl Frequency {
    /// The settings that choose it.
    pub fn knobs() -> [Knob; 4] {
        [
            Knob::choice("frequency", &["exact", "streaming"], "exact").paper(Value::Text("streaming".to_owned())),
            Knob::log("frequency_alpha", 1e-4, 1.0, 0.01).paper(Value::Number(0.01)),
            Knob::whole("frequency_buckets", 16, 4_194_304, 65_536),
            Knob::whole("frequency_hashes", 1, 8, 1).paper(Value::Number(1.0)),
        ]
    }

    /// As chosen, for items that occur `counts` times in training.
    pub fn build(settings: &Settings, counts: &[u32]) -> Self {
        match settings.word("frequency") {
            "streaming" => Self::Streaming(Estimator::new(
                settings.real("frequency_alpha"),
                settings.whole("frequency_buckets") as usize,
                settings.whole("frequency_hashes"),
            )),
            _ => Self::Exact(log_shares(counts)),
        }
    }

    /// `log q` of `item`, up to a number that is the same for all.
    pub fn log_q(&self, item: u32) -> f32 {
        match self {
            Self::Exact(log_q) => log_q[item as usize],
            Self::Streaming(estimator) => -libm::logf(estimator.gap(item)),
        }
    }

    /// What it remembers, for `pen`: exact shares are those of the data.
    ///
    /// # Errors
    /// If `pen` reads what another estimate remembers.
    pub fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        if let Self::Streaming(Estimator { step, gaps, seen, .. }) = self {
            pen.one(step)?;
            pen.all(gaps)?;
            pen.all(seen)?;
        }
        Ok(())
    }

    /// Takes note of the positives of a step.
    pub fn observe(&mut self, positives: &[u32]) {
        if let Self::Streaming(estimator) = self {
            estimator.observe(positives);
        }
    }
}

/// The logarithm of each item's share of all. An item without any is never a positive and so never drawn.
pub fn log_shares(counts: &[u32]) -> Vec<f32> {
    let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let share = |&count: &u32| f64::from(count) / total as f64;
    counts.iter().map(|count| libm::log(share(count)) as f32).collect()
}

/// The gaps between sightings of items, in hashed buckets.
#[derive(Clone, Debug)]
pub struct Estimator {
    /// α.
    rate: f32,
    buckets: usize,
    /// t.
    step: u64,
    /// Bₕ for each hash, one after the other.
    gaps: Vec<f32>,
    /// Aₕ.
    seen: Vec<u64>,
}

impl Estimator {
    /// `hashes` pairs of arrays of `buckets` each.
    pub fn new(rate: f32, buckets: usize, hashes: u32) -> Self {
        let size = buckets * hashes as usize;
        Self {
            rate,
            buckets,
            step: 0,
            gaps: vec![START_GAP; size],
            seen: vec![0; size],
        }
    }

    /// The estimated steps between two sightings of `item`: the largest over the hashes, because a collision makes a
    /// gap look smaller.
    pub fn gap(&self, item: u32) -> f32 {
        // An item in every batch has gap 1; no chance is above 1.
        self.places(item).map(|place| self.gaps[place]).fold(1.0, larger)
    }

    /// Takes note of the items of a step.
    pub fn observe(&mut self, items: &[u32]) {
        self.step += 1;
        for &item in items {
            for hash in 0..self.gaps.len() / self.buckets {
                let place = self.place(item, hash);
                if self.seen[place] == self.step {
                    continue;
                }
                let gap = (self.step - self.seen[place]) as f32;
                self.gaps[place] = (1.0 - self.rate) * self.gaps[place] + self.rate * gap;
                self.seen[place] = self.step;
            }
        }
    }

    fn places(&self, item: u32) -> impl Iterator<Item = usize> {
        (0..self.gaps.len() / self.buckets).map(move |hash| self.place(item, hash))
    }

    /// A bucket by multiplicative hashing, of another odd number for every hash.
    fn place(&self, item: u32, hash: usize) -> usize {
        let odd = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * hash as u64 + 1);
        let mixed = (u64::from(item) + 1).wrapping_mul(odd);
        hash * self.buckets + ((mixed >> 32) as usize) % self.buckets
    }
}

fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::{Purpose, Rng};

    #[test]
    fn log_q_is_the_logarithm_of_the_share_of_training_events() {
        // Shares 3/4, 1/4 and none.
        let log_q = log_shares(&[3, 1, 0]);
        assert!(
            (log_q[0] + 0.287_682_1).abs() < 1e-6 && (log_q[1] + 1.386_294_4).abs() < 1e-6,
            "{log_q:?}"
        );
        assert_eq!(log_q[2], f32::NEG_INFINITY);
    }

    /// An estimator whose only gap starts at `start`.
    fn starting_at(start: f32, rate: f32) -> Estimator {
        let mut estimator = Estimator::new(rate, 64, 1);
        estimator.gaps.fill(start);
        estimator
    }

    #[test]
    fn spec_2_8_6_an_item_present_every_g_steps_gets_the_chance_1_in_g() {
        let mut estimator = Estimator::new(0.01, 64, 2);
        for step in 1..=7 * 700 {
            estimator.observe(if step % 7 == 0 { &[3, 3] } else { &[] });
        }
        assert!((estimator.gap(3) - 7.0).abs() < 0.2, "{}", estimator.gap(3));
    }

    #[test]
    fn spec_2_8_6_started_right_and_first_seen_in_time_the_estimate_never_moves() {
        let mut estimator = starting_at(5.0, 0.3);
        for step in 1..=100 {
            estimator.observe(if step % 5 == 0 { &[9] } else { &[] });
            assert_eq!(estimator.gap(9), 5.0, "step {step}");
        }
    }

    #[test]
    fn a_start_is_forgotten_as_the_recursion_says() {
        // δ_t − δ = (1 − α)^t (δ_0 − δ): 0.9^20 · 95 = 11.55.
        let mut estimator = starting_at(100.0, 0.1);
        for step in 1..=100 {
            estimator.observe(if step % 5 == 0 { &[9] } else { &[] });
        }
        assert!((estimator.gap(9) - 5.0 - 11.549_8).abs() < 1e-3, "{}", estimator.gap(9));
    }

    #[test]
    fn the_largest_of_several_gaps_undoes_collisions() {
        // 200 items, item i drawn in proportion to (i + 1)², batches of 32, 128 buckets for each hash.
        let error = |hashes: u32| {
            let mut rng = Rng::stream(3, Purpose::Trial, 0);
            let mut sums = Vec::new();
            let mut sum = 0.0_f64;
            for item in 0..200_u32 {
                sum += f64::from((item + 1) * (item + 1));
                sums.push(sum);
            }
            let mut estimator = Estimator::new(0.01, 128, hashes);
            let mut batch = [0; 32];
            for _ in 0..4000 {
                batch = batch.map(|_| {
                    let drawn = f64::from(rng.uniform()) * sum;
                    sums.partition_point(|&sum| sum <= drawn) as u32
                });
                estimator.observe(&batch);
            }
            (100..200)
                .map(|item| {
                    let q = f64::from((item + 1) * (item + 1)) / sum;
                    let truth = 1.0 - (0..32).fold(1.0, |left, _| left * (1.0 - q));
                    (1.0 / f64::from(estimator.gap(item)) - truth).abs()
                })
                .sum::<f64>()
        };
        let errors = [error(1), error(3)];
        assert!(errors[1] < 0.7 * errors[0], "{errors:?}");
    }
}
