//! How fast it goes, and how fast it may go. Plain arithmetic on times in milliseconds.

use std::collections::VecDeque;

/// How long a stretch of training the rate is measured over.
const WINDOW_MS: f64 = 1_000.0;

/// Steps a second over the last second.
#[derive(Default)]
pub struct Rate {
    seen: VecDeque<(f64, u64)>,
    measured: Option<f32>,
}

impl Rate {
    /// Notes that `step` steps were made by `now`. A rest is not measured, and a step that goes back starts anew.
    pub fn note(&mut self, now: f64, step: u64, training: bool) {
        if self.seen.back().is_some_and(|&(_, last)| step < last) {
            *self = Self::default();
        }
        if !training {
            self.seen.clear();
        }
        if training {
            self.seen.push_back((now, step));
            while self.seen.len() > 2 && self.seen[1].0 <= now - WINDOW_MS {
                self.seen.pop_front();
            }
        }
        if let (Some(&(start, first)), Some(&(end, last))) = (self.seen.front(), self.seen.back())
            && end > start
        {
            self.measured = Some(((last - first) as f64 * 1_000.0 / (end - start)) as f32);
        }
    }

    /// Steps a second, once there was something to measure.
    pub fn per_second(&self) -> Option<f32> {
        self.measured
    }
}

/// A limit in steps a second.
pub struct Limit {
    per_second: f64,
    /// When the next step may be made.
    next: f64,
}

impl Limit {
    /// `None` for a rate that is no limit: 0, or not a number.
    pub fn new(steps_per_second: f32, now: f64) -> Option<Self> {
        let per_second = f64::from(steps_per_second);
        (per_second > 0.0 && per_second.is_finite()).then_some(Self { per_second, next: now })
    }

    /// Milliseconds until the next step may be made, 0 for at once.
    pub fn wait(&self, now: f64) -> f64 {
        (self.next - now).max(0.0)
    }

    /// A step was made at `now`. What is late by more than a step, through a slow machine
    /// or a rest, is not made up for.
    pub fn spend(&mut self, now: f64) {
        self.next = self.next.max(now - 1_000.0 / self.per_second) + 1_000.0 / self.per_second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_the_last_second_only() {
        let mut rate = Rate::default();
        assert_eq!(rate.per_second(), None);
        rate.note(0.0, 0, true);
        rate.note(1_000.0, 10, true);
        assert_eq!(rate.per_second(), Some(10.0));
        rate.note(2_000.0, 110, true);
        assert_eq!(rate.per_second(), Some(100.0));
        rate.note(2_100.0, 110, false);
        rate.note(9_000.0, 110, true);
        rate.note(9_100.0, 111, true);
        assert_eq!(rate.per_second(), Some(10.0), "the rest counts for nothing");
        rate.note(9_200.0, 0, true);
        assert_eq!(rate.per_second(), None, "another run");
    }

    #[test]
    fn a_limit_of_ten_lets_ten_steps_through_in_a_second() {
        let mut limit = Limit::new(10.0, 0.0).expect("ten a second is a limit");
        let made = (0..1_000).filter(|&now| {
            let may = limit.wait(f64::from(now)) == 0.0;
            if may {
                limit.spend(f64::from(now));
            }
            may
        });
        assert_eq!(made.count(), 10);
    }

    #[test]
    fn a_rest_is_not_made_up_for() {
        let mut limit = Limit::new(10.0, 0.0).expect("ten a second is a limit");
        limit.spend(0.0);
        limit.spend(60_000.0);
        limit.spend(60_000.0);
        assert_eq!(limit.wait(60_000.0), 100.0, "a minute's rest is worth one step at most");
    }

    #[test]
    fn no_limit_is_no_limit() {
        assert!(Limit::new(0.0, 0.0).is_none() && Limit::new(f32::NAN, 0.0).is_none());
    }
}
