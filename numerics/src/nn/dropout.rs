//! Dropout: while a model learns, a share of the numbers is left out by chance (Srivastava et al., JMLR 2014).

use crate::rng::Rng;

use super::{Tape, Var};

/// Leaves out; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Dropout {
    /// Share that is left out, below 1.
    rate: f32,
    /// Absent while the model serves.
    chance: Option<Rng>,
    /// What each number is multiplied by: scratch.
    factors: Vec<f32>,
}

impl Dropout {
    /// Of the share `rate`.
    ///
    /// # Panics
    /// If nothing would be left.
    #[must_use]
    pub fn new(rate: f32) -> Self {
        assert!((0.0..1.0).contains(&rate), "a share below 1 is left out");
        Self {
            rate,
            ..Self::default()
        }
    }

    /// Leaves out by `chance` from now on, or nothing.
    pub fn begin(&mut self, chance: Option<Rng>) {
        self.chance = chance.filter(|_| self.rate > 0.0);
    }

    /// `x` with each number left out or divided by the share that stays, so that its mean is as before.
    pub fn apply(&mut self, tape: &mut Tape, x: Var) -> Var {
        let Some(rng) = &mut self.chance else {
            return x;
        };
        let (rows, cols) = tape.shape(x);
        let stays = 1.0 / (1.0 - self.rate);
        let one = |_| if rng.uniform() < self.rate { 0.0 } else { stays };
        self.factors.clear();
        self.factors.extend((0..rows * cols).map(one));
        let factors = tape.input(rows, cols, &self.factors);
        tape.mul(x, factors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn a_share_is_left_out_the_mean_stays_and_serving_leaves_out_nothing() {
        let mut tape = Tape::new();
        let x = tape.input(100, 50, &[1.0; 5000]);
        let mut dropout = Dropout::new(0.2);
        assert_eq!(dropout.apply(&mut tape, x), x);
        dropout.begin(Some(Rng::stream(1, Purpose::Dropout, 0)));
        let y = dropout.apply(&mut tape, x);
        let left = tape.value(y).iter().filter(|x| **x != 0.0).count() as f32;
        // Standard error 28.
        assert!((left - 4000.0).abs() < 120.0, "{left} of 5000 are left");
        assert!(tape.value(y).iter().all(|x| *x == 0.0 || (*x - 1.25).abs() < 1e-6));
        dropout.begin(None);
        assert_eq!(dropout.apply(&mut tape, x), x);
    }
}
