//! How a setting is declared, and how a value given for it is checked.
//!
//! A method, sampler, loss, index … declares its settings once, as [`Knob`]s beside its code. The page builds its
//! controls from them, the recipe is checked against them, and `build` reads the checked [`Settings`].

use serde::{Deserialize, Serialize};

/// A value in a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A number, whole or not.
    Number(f64),
    /// A word: one of a choice, or a column's name.
    Text(String),
    /// Several whole numbers: the widths of a network's layers.
    Sizes(Vec<u32>),
}

/// Which values a knob takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Domain {
    /// Whole numbers from `min` to `max`.
    Whole { min: u32, max: u32 },
    /// Numbers from `min` to `max`; `log` where a slider should move by factors.
    Real { min: f64, max: f64, log: bool },
    /// One of these words.
    Choice(Vec<String>),
    /// On or off.
    Flag,
    /// Up to `len` whole numbers from `min` to `max`.
    Sizes { len: u32, min: u32, max: u32 },
    /// Any text, empty for "not given".
    Text,
}

/// One setting: its key in the recipe, the values it takes, ours and the paper's default.
///
/// Its words stand in the table of texts under `section.kind.key`, and `section.kind.key.help` for the one plain
/// sentence of what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knob {
    /// Key in the recipe's section.
    pub key: String,
    /// The values it takes.
    pub domain: Domain,
    /// Value when the recipe says nothing.
    pub default: Value,
    /// The paper's value, where the paper states one.
    pub paper: Option<Value>,
}

impl Knob {
    /// A whole number.
    #[must_use]
    pub fn whole(key: &'static str, min: u32, max: u32, default: u32) -> Self {
        Self::new(key, Domain::Whole { min, max }, Value::Number(f64::from(default)))
    }

    /// A number.
    #[must_use]
    pub fn real(key: &'static str, min: f64, max: f64, default: f64) -> Self {
        let domain = Domain::Real { min, max, log: false };
        Self::new(key, domain, Value::Number(default))
    }

    /// A number whose slider moves by factors; `min` is above zero.
    #[must_use]
    pub fn log(key: &'static str, min: f64, max: f64, default: f64) -> Self {
        let domain = Domain::Real { min, max, log: true };
        Self::new(key, domain, Value::Number(default))
    }

    /// One of `words`.
    #[must_use]
    pub fn choice(key: &'static str, words: &[&str], default: &'static str) -> Self {
        let domain = Domain::Choice(words.iter().map(|&word| word.to_owned()).collect());
        Self::new(key, domain, Value::Text(default.to_owned()))
    }

    /// On or off.
    #[must_use]
    pub fn flag(key: &'static str, default: bool) -> Self {
        Self::new(key, Domain::Flag, Value::Flag(default))
    }

    /// Layer widths.
    #[must_use]
    pub fn sizes(key: &'static str, len: u32, min: u32, max: u32, default: &[u32]) -> Self {
        let domain = Domain::Sizes { len, min, max };
        Self::new(key, domain, Value::Sizes(default.to_vec()))
    }

    /// Free text, empty by default.
    #[must_use]
    pub fn text(key: &'static str) -> Self {
        Self::new(key, Domain::Text, Value::Text(String::new()))
    }

    /// States the paper's own value.
    #[must_use]
    pub fn paper(mut self, value: Value) -> Self {
        self.paper = Some(value);
        self
    }

    fn new(key: &'static str, domain: Domain, default: Value) -> Self {
        Self {
            key: key.to_owned(),
            domain,
            default,
            paper: None,
        }
    }
}
