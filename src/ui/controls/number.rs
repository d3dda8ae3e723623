//! Between a number, the place of a slider, and what is typed.

use crate::decimal::decimal;
use crate::settings::{Domain, Value};
use crate::ui::format;

/// Places a slider has, from 0.
pub const PLACES: f64 = 1_000.0;

/// A range of whole numbers this wide is moved over by factors.
const WIDE: f64 = 200.0;

/// How a slider moves over a domain of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    min: f64,
    max: f64,
    log: bool,
    whole: bool,
}

impl Scale {
    /// `None` for a domain that is no range of numbers.
    pub fn of(domain: &Domain) -> Option<Self> {
        match *domain {
            Domain::Whole { min, max } => {
                let (min, max) = (f64::from(min), f64::from(max));
                Some(Self {
                    min,
                    max,
                    log: min > 0.0 && max / min > WIDE,
                    whole: true,
                })
            }
            Domain::Real { min, max, log } => Some(Self {
                min,
                max,
                log: log && min > 0.0,
                whole: false,
            }),
            _ => None,
        }
    }

    /// Where the slider stands for a value.
    pub fn place(&self, value: f64) -> f64 {
        let share = if self.log {
            libm::log(value / self.min) / libm::log(self.max / self.min)
        } else {
            (value - self.min) / (self.max - self.min)
        };
        if share.is_finite() {
            (share * PLACES).clamp(0.0, PLACES)
        } else {
            0.0
        }
    }

    /// The value at a place, rounded to what a person would type.
    pub fn value(&self, place: f64) -> f64 {
        let share = place / PLACES;
        let value = if self.log {
            self.min * libm::pow(self.max / self.min, share)
        } else {
            self.min + (self.max - self.min) * share
        };
        let value = if self.whole {
            value.round()
        } else {
            tidy(value, if self.log { value } else { self.max - self.min })
        };
        value.clamp(self.min, self.max)
    }
}

/// Two digits that matter, as seen from `size`.
fn tidy(value: f64, size: f64) -> f64 {
    let digits = (1.0 - libm::log10(size.abs().max(1e-12)).floor()).max(0.0) as i32;
    let unit = libm::pow(10.0, f64::from(digits));
    (value * unit).round() / unit
}

/// What the text of a control says, in the terms of its domain; text that says nothing there is handed on as text,
/// for the check to refuse.
pub fn read(text: &str, domain: &Domain) -> Value {
    let text = text.trim();
    match domain {
        Domain::Whole { .. } | Domain::Real { .. } => {
            decimal(text.as_bytes()).map_or_else(|| Value::Text(text.to_owned()), Value::Number)
        }
        Domain::Sizes { .. } => {
            let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
            let sizes: Result<Vec<u32>, _> = parts.map(str::parse).collect();
            sizes.map_or_else(|_| Value::Text(text.to_owned()), Value::Sizes)
        }
        Domain::Choice(_) | Domain::Flag | Domain::Text => Value::Text(text.to_owned()),
    }
}

/// A value as it is typed.
pub fn written(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => format::plain(*number),
        Value::Text(text) => text.clone(),
        Value::Sizes(sizes) => sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_by_factors_has_the_geometric_mean_in_its_middle() {
        let scale = Scale::of(&Domain::Real {
            min: 0.01,
            max: 1.0,
            log: true,
        })
        .expect("a range");
        assert_eq!(scale.value(PLACES / 2.0), 0.1);
        assert!((scale.place(0.1) - PLACES / 2.0).abs() < 1e-9);
    }

    #[test]
    fn sliders_reach_both_ends_and_go_no_further() {
        for domain in [
            Domain::Whole { min: 1, max: 20_000 },
            Domain::Whole { min: 0, max: 7 },
            Domain::Real {
                min: 0.0,
                max: 2.0,
                log: false,
            },
            Domain::Real {
                min: 1e-5,
                max: 1.0,
                log: true,
            },
        ] {
            let scale = Scale::of(&domain).expect("a range");
            assert_eq!((scale.value(0.0), scale.value(PLACES)), (scale.min, scale.max));
            assert_eq!((scale.place(-9.0), scale.place(1e9)), (0.0, PLACES));
        }
    }

    #[test]
    fn what_a_slider_gives_is_short_to_write() {
        let scale = Scale::of(&Domain::Real {
            min: 1e-5,
            max: 1.0,
            log: true,
        })
        .expect("a range");
        assert!((0..=1_000).all(|place| format::plain(scale.value(f64::from(place))).len() <= 8));
    }

    #[test]
    fn what_cannot_be_read_stays_as_it_was_typed() {
        let whole = Domain::Whole { min: 0, max: 9 };
        assert_eq!(read(" 7 ", &whole), Value::Number(7.0));
        assert_eq!(read("seven", &whole), Value::Text("seven".to_owned()));
        let sizes = Domain::Sizes {
            len: 3,
            min: 1,
            max: 99,
        };
        assert_eq!(read("64, 32", &sizes), Value::Sizes(vec![64, 32]));
        assert_eq!(read("64, x", &sizes), Value::Text("64, x".to_owned()));
        assert_eq!(written(&read("64 32", &sizes)), "64, 32");
    }
}
