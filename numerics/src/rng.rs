//! Chance: named random streams that give the same numbers on every machine.
//!
//! A stream belongs to a purpose and a counter (an epoch, a step). It is made anew from the seed whenever it is
//! needed, so no generator state has to be kept in a checkpoint, and switching one part of a recipe does not
//! reshuffle the others.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// What a stream of chance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// First values of parameters.
    Init = 1,
    /// Order of the training examples.
    Batching = 2,
    /// Drawing negatives.
    Negatives = 3,
    /// Building an index.
    Index = 4,
    /// Making the planted world.
    World = 5,
    /// Dividing users in a split.
    Split = 6,
    /// Start of routing logits.
    Routing = 7,
    /// Which users and items a picture shows.
    Picture = 8,
    /// Made-up inputs of tests and benchmarks.
    Trial = 9,
    /// Making queries for data that have none.
    Queries = 10,
    /// Items that targets are ranked among.
    Judging = 11,
    /// Which badly ranked positives come up again.
    HardPositives = 12,
    /// Which of a user's medoids are asked for.
    Medoids = 13,
    /// What a model leaves out while it learns.
    Dropout = 14,
    /// Items that are held out beside what was chosen.
    Pairs = 15,
    /// Hash functions of ids.
    Hashing = 16,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The stream of `purpose` number `counter` under `seed`.
    #[must_use]
    pub fn stream(seed: u32, purpose: Purpose, counter: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&u64::from(seed).to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&counter.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A whole number, all values alike.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// In `[0, 1)`, with 24 random bits.
    pub fn uniform(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / 16_777_216.0
    }

    /// In `[low, high)`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Below `n`, without bias (Lemire, 2019).
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "below(0) has no value to give");
        loop {
            let wide = u64::from(self.bits()) * u64::from(n);
            if wide as u32 >= n.wrapping_neg() % n {
                return (wide >> 32) as u32;
            }
        }
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller, 1958; one of the pair is not used).
    pub fn normal(&mut self) -> f32 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - f64::from(self.uniform())));
        let angle = 2.0 * std::f64::consts::PI * f64::from(self.uniform());
        (radius * libm::cos(angle)) as f32
    }

    /// Puts `values` in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_purpose_and_counter_and_repeat_themselves() {
        let draw = |purpose, counter| {
            let mut rng = Rng::stream(7, purpose, counter);
            [rng.bits(), rng.bits(), rng.bits()]
        };
        assert_eq!(draw(Purpose::Init, 0), draw(Purpose::Init, 0));
        assert_ne!(draw(Purpose::Init, 0), draw(Purpose::Init, 1));
        assert_ne!(draw(Purpose::Init, 0), draw(Purpose::Batching, 0));
    }

    #[test]
    fn below_reaches_every_value_about_equally() {
        let mut rng = Rng::stream(1, Purpose::Trial, 0);
        let mut seen = [0_u32; 5];
        for _ in 0..50_000 {
            seen[rng.below(5) as usize] += 1;
        }
        // 10,000 expected, standard deviation 89.
        assert!(seen.iter().all(|&n| (9_600..10_400).contains(&n)), "{seen:?}");
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut rng = Rng::stream(1, Purpose::Trial, 0);
        let draws: Vec<f64> = (0..50_000).map(|_| f64::from(rng.normal())).collect();
        let mean = draws.iter().sum::<f64>() / 50_000.0;
        let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 50_000.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
