//! The planted effect of numbers on clicking: none of them is a straight line.

/// What adds to the log-odds of a click, and how. Every effect is one that a linear weight on the raw number misses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// The price most liked.
    pub price_sweet: f32,
    /// How wide the sweet spot is, in natural logarithms of the price.
    pub price_width: f32,
    /// Log-odds from far off the sweet spot to its top.
    pub price_gain: f32,
    /// Longer than so many minutes is too long.
    pub length_limit: f32,
    /// Log-odds lost beyond the limit: a step.
    pub length_loss: f32,
    /// An age that clicks most; so do those whole periods away.
    pub age_peak: f32,
    /// Years from one such age to the next.
    pub age_period: f32,
    /// Log-odds from the mean to the top of the wave over ages.
    pub age_gain: f32,
    /// The hour of the day with most clicks.
    pub hour_peak: f32,
    /// Log-odds from the mean to the top of the wave over the day.
    pub hour_gain: f32,
}

/// The effects of every planted world.
pub const EFFECTS: Effects = Effects {
    price_sweet: 20.0,
    price_width: 0.5,
    price_gain: 2.0,
    length_limit: 90.0,
    length_loss: 1.2,
    age_peak: 30.0,
    age_period: 32.0,
    age_gain: 0.9,
    hour_peak: 20.0,
    hour_gain: 0.5,
};

impl Effects {
    /// Log-odds of the price: a bump around the sweet spot, half its height below zero elsewhere.
    #[must_use]
    pub fn price(&self, price: f32) -> f32 {
        let away = libm::logf(price / self.price_sweet) / self.price_width;
        self.price_gain * (libm::expf(-0.5 * away * away) - 0.5)
    }

    /// Log-odds of the length in minutes.
    #[must_use]
    pub fn length(&self, minutes: f32) -> f32 {
        if minutes > self.length_limit {
            -self.length_loss
        } else {
            0.0
        }
    }

    /// Log-odds of the user's age.
    #[must_use]
    pub fn age(&self, years: f32) -> f32 {
        self.age_gain * wave((years - self.age_peak) / self.age_period)
    }

    /// Log-odds of the hour of the day, `0.0..24.0`.
    #[must_use]
    pub fn hour(&self, hour: f32) -> f32 {
        self.hour_gain * wave((hour - self.hour_peak) / 24.0)
    }
}

/// 1 at whole numbers, -1 half-way between them.
fn wave(turns: f32) -> f32 {
    libm::cosf(2.0 * std::f32::consts::PI * turns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_effect_is_monotone() {
        let e = EFFECTS;
        assert!(e.price(20.0) > e.price(5.0) + 1.5 && e.price(20.0) > e.price(80.0) + 1.5);
        assert_eq!(e.length(90.0) - e.length(91.0), e.length_loss);
        assert!(e.age(30.0) > e.age(46.0) + 1.0 && e.age(62.0) > e.age(46.0) + 1.0);
        assert!(e.hour(20.0) > e.hour(8.0) + 0.9 && (e.hour(0.0) - e.hour(24.0)).abs() < 1e-5);
    }
}
