//! How a setting is declared, and how a value given for it is checked.
//!
//! A method, sampler, loss, index … declares its settings once, as [`Knob`]s beside its code. The page builds its
//! controls from them, the recipe is checked against them, and `build` reads the checked [`Settings`].

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::by_name::ByName;
use crate::decimal;
use crate::text::Message;

/// A value in a recipe.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, remote = "Self")]
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

/// A value where nobody reads it and its kind has to be told.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Value")]
enum Packed {
    Flag(bool),
    Number(f64),
    Text(String),
    Sizes(Vec<u32>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::deserialize(deserializer)
        } else {
            Packed::deserialize(deserializer)
        }
    }
}

impl Serialize for Value {
    /// Whole numbers are written without a fraction, so that a recipe reads as a person would write it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return Packed::serialize(self, serializer);
        }
        match self {
            Self::Flag(value) => serializer.serialize_bool(*value),
            Self::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                serializer.serialize_i64(*value as i64)
            }
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Sizes(value) => value.serialize(serializer),
        }
    }
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

/// The settings of one section, every knob with a value that its domain takes.
///
/// The readers (`whole`, `real`, …) name knobs that the same module declares; asking for another is our own mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    values: ByName<Value>,
}

/// Values by key. One after the other: to build a map at once is to bring a sort of its own into the program.
#[must_use]
pub fn by_key<'a>(values: impl IntoIterator<Item = (&'a str, Value)>) -> ByName<Value> {
    let mut map = ByName::new();
    for (key, value) in values {
        map.insert(key.to_owned(), value);
    }
    map
}

impl Settings {
    /// Checks what is `given` for the knobs of `section` and fills in the defaults.
    ///
    /// # Errors
    /// One sentence for each key that is not a knob and each value outside its knob's domain.
    pub fn check(section: &str, knobs: &[Knob], given: &ByName<Value>) -> Result<Self, Vec<Message>> {
        let mut complaints: Vec<Message> = given
            .keys()
            .filter(|key| !knobs.iter().any(|knob| knob.key == **key))
            .map(|key| unknown_key(section, key, knobs))
            .collect();
        let mut values = ByName::new();
        for knob in knobs {
            let value = given.get(&knob.key).unwrap_or(&knob.default);
            match knob.take(&format!("{section}.{}", knob.key), value) {
                Ok(value) => drop(values.insert(knob.key.clone(), value)),
                Err(complaint) => complaints.push(complaint),
            }
        }
        if complaints.is_empty() {
            Ok(Self { values })
        } else {
            Err(complaints)
        }
    }

    /// All values by key, defaults included.
    #[must_use]
    pub const fn values(&self) -> &ByName<Value> {
        &self.values
    }

    /// A whole number.
    #[must_use]
    pub fn whole(&self, key: &str) -> u32 {
        self.number(key) as u32
    }

    /// A number.
    #[must_use]
    pub fn real(&self, key: &str) -> f32 {
        self.number(key) as f32
    }

    /// A number in the precision of the recipe.
    ///
    /// # Panics
    /// If the knob is not a number.
    #[must_use]
    pub fn number(&self, key: &str) -> f64 {
        match &self.values[key] {
            Value::Number(value) => *value,
            other => panic!("the knob {key} holds {other}, not a number"),
        }
    }

    /// On or off.
    ///
    /// # Panics
    /// If the knob is not a flag.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        match &self.values[key] {
            Value::Flag(value) => *value,
            other => panic!("the knob {key} holds {other}, not a flag"),
        }
    }

    /// A word of a choice, or free text.
    ///
    /// # Panics
    /// If the knob is not a text.
    #[must_use]
    pub fn word(&self, key: &str) -> &str {
        match &self.values[key] {
            Value::Text(value) => value,
            other => panic!("the knob {key} holds {other}, not a word"),
        }
    }

    /// Layer widths.
    ///
    /// # Panics
    /// If the knob is not a list.
    #[must_use]
    pub fn sizes(&self, key: &str) -> &[u32] {
        match &self.values[key] {
            Value::Sizes(value) => value,
            other => panic!("the knob {key} holds {other}, not a list"),
        }
    }
}

impl Knob {
    /// The value as this knob keeps it, or the sentence that says why it does not take it.
    fn take(&self, path: &str, value: &Value) -> Result<Value, Message> {
        let refuse = |key| Message::new(key).with("key", path).with("found", value);
        match (&self.domain, value) {
            (Domain::Whole { min, max }, Value::Number(number)) => {
                let fits = number.fract() == 0.0 && (f64::from(*min)..=f64::from(*max)).contains(number);
                fits.then(|| value.clone())
                    .ok_or_else(|| refuse("recipe.whole").with("min", min).with("max", max))
            }
            (Domain::Whole { min, max }, _) => Err(refuse("recipe.whole").with("min", min).with("max", max)),
            (Domain::Real { min, max, .. }, Value::Number(number)) if (*min..=*max).contains(number) => {
                Ok(value.clone())
            }
            (Domain::Real { min, max, .. }, _) => Err(refuse("recipe.real")
                .with("min", decimal::written(*min))
                .with("max", decimal::written(*max))),
            (Domain::Choice(words), Value::Text(word)) if words.contains(word) => Ok(value.clone()),
            (Domain::Choice(words), _) => Err(refuse("recipe.choice").with("choices", words.join(", "))),
            (Domain::Flag, Value::Flag(_)) => Ok(value.clone()),
            (Domain::Flag, _) => Err(refuse("recipe.flag")),
            (Domain::Sizes { len, min, max }, Value::Sizes(sizes))
                if sizes.len() <= *len as usize && sizes.iter().all(|size| (min..=max).contains(&size)) =>
            {
                Ok(value.clone())
            }
            (Domain::Sizes { len, min, max }, _) => Err(refuse("recipe.sizes")
                .with("len", len)
                .with("min", min)
                .with("max", max)),
            (Domain::Text, Value::Text(_)) => Ok(value.clone()),
            (Domain::Text, _) => Err(refuse("recipe.text")),
        }
    }
}

fn unknown_key(section: &str, key: &str, knobs: &[Knob]) -> Message {
    let path = format!("{section}.{key}");
    if knobs.is_empty() {
        return Message::new("recipe.no_settings").with("key", path);
    }
    let known: Vec<&str> = knobs.iter().map(|knob| knob.key.as_str()).collect();
    Message::new("recipe.unknown_key")
        .with("key", path)
        .with("known", known.join(", "))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => value.fmt(f),
            Self::Number(value) => f.write_str(&decimal::written(*value)),
            Self::Text(value) => write!(f, "\"{value}\""),
            Self::Sizes(value) => write!(f, "{value:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, value: Value) -> Result<Settings, Vec<Message>> {
        let knobs = [
            Knob::whole("dim", 2, 128, 32),
            Knob::log("lr", 1e-6, 10.0, 1e-3),
            Knob::choice("pooling", &["mean", "sum"], "mean"),
            Knob::flag("logq", true),
            Knob::sizes("hidden", 2, 1, 512, &[64]),
        ];
        Settings::check("model", &knobs, &ByName::from([(key.to_owned(), value)]))
    }

    #[test]
    fn given_values_are_kept_and_the_rest_has_its_default() {
        let settings = check("dim", Value::Number(8.0)).expect("8 is from 2 to 128");
        assert_eq!((settings.whole("dim"), settings.real("lr")), (8, 1e-3));
        assert_eq!((settings.word("pooling"), settings.flag("logq")), ("mean", true));
        assert_eq!(settings.sizes("hidden"), [64]);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_key_and_what_would_fit() {
        let said = |key, value| check(key, value).expect_err("refused")[0].to_string();
        for (key, value, part) in [
            ("dim", Value::Number(1.0), "2 to 128"),
            ("dim", Value::Number(2.5), "whole"),
            ("dim", Value::Text("two".into()), "2 to 128"),
            ("lr", Value::Number(f64::NAN), "10"),
            ("pooling", Value::Text("max".into()), "mean, sum"),
            ("logq", Value::Number(1.0), "true or false"),
            ("hidden", Value::Sizes(vec![1, 2, 3]), "2"),
            ("width", Value::Number(1.0), "dim, lr"),
        ] {
            let sentence = said(key, value);
            assert!(
                sentence.contains(&format!("model.{key}")) && sentence.contains(part),
                "{sentence}"
            );
        }
    }
}
