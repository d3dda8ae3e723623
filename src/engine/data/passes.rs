//! The order in which training examples come up: a new one in every pass over them.

use std::ops::Range;

use crate::engine::rng::{Purpose, Rng};

/// Passes over examples `0..n`, cut into batches. Any step can be asked for at any time; only a change of pass costs a
/// new order.
#[derive(Clone, Debug)]
pub struct Passes {
    batch_size: usize,
    seed: u32,
    /// The pass whose order is at hand.
    pass: Option<u64>,
    order: Vec<u32>,
}

impl Passes {
    /// A batch has `batch_size` examples, or all where they are fewer.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    #[must_use]
    pub fn new(examples: u32, batch_size: usize, seed: u32) -> Self {
        assert!(batch_size > 0, "a batch has at least one row");
        Self {
            batch_size: batch_size.min(examples.max(1) as usize),
            seed,
            pass: None,
            order: (0..examples).collect(),
        }
    }

    /// Examples.
    #[must_use]
    pub fn n_examples(&self) -> usize {
        self.order.len()
    }

    /// Examples of a batch.
    #[must_use]
    pub const fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Steps of a pass; examples that do not fill a last batch are left out of it. 0 where there is no example.
    #[must_use]
    pub fn steps_per_epoch(&self) -> u64 {
        (self.order.len() / self.batch_size) as u64
    }

    /// Where the examples of step `step`, counted from 0, stand in its pass.
    #[must_use]
    pub fn places(&self, step: u64) -> Range<usize> {
        let first = (step % self.steps_per_epoch()) as usize * self.batch_size;
        first..first + self.batch_size
    }

    /// The examples of the pass of `step` in their order, which depends on seed and pass alone.
    ///
    /// # Panics
    /// If there are no examples.
    pub fn order(&mut self, step: u64) -> &[u32] {
        let steps = self.steps_per_epoch();
        assert!(steps > 0, "there is no example to train on");
        let pass = step / steps;
        if self.pass != Some(pass) {
            for (place, example) in self.order.iter_mut().enumerate() {
                *example = place as u32;
            }
            Rng::stream(self.seed, Purpose::Batching, pass).shuffle(&mut self.order);
            self.pass = Some(pass);
        }
        &self.order
    }

    /// The order last asked for.
    #[must_use]
    pub fn at_hand(&self) -> &[u32] {
        &self.order
    }
}
