//! The recipe: one plain value that decides a result.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::settings::Value;
use crate::text::{Message, Result};

/// One part of a recipe: which kind, and its settings. Settings that are not given have the knob's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Which of the section's kinds; empty in a section that has only one (`train`) or for the default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Settings by key.
    #[serde(flatten)]
    pub settings: BTreeMap<String, Value>,
}

/// Everything that decides a result.
///
/// The page's controls, the link, the worker's messages, `window.playground`, the native runner and the lessons all
/// speak it. What its words mean is declared by the engine's tables; `Recipe::validate` (in `plan`) checks it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// Version of this format: 1.
    pub version: u32,
    /// Seed of every random stream.
    pub seed: u32,
    /// Which data.
    pub data: Section,
    /// What is held out.
    pub split: Section,
    /// Which model.
    pub model: Section,
    /// How an id becomes a vector.
    pub encoder: Section,
    /// How a number becomes a vector.
    pub numeric: Section,
    /// Where negatives come from.
    pub sampler: Section,
    /// What is minimised.
    pub loss: Section,
    /// How parameters move.
    pub optimizer: Section,
    /// For how long.
    pub train: Section,
    /// How items are searched.
    pub index: Section,
}

/// Keys of the sections, in the order of the pipeline.
pub const SECTIONS: [&str; 10] = [
    "data",
    "split",
    "encoder",
    "numeric",
    "model",
    "sampler",
    "loss",
    "optimizer",
    "train",
    "index",
];

impl Default for Recipe {
    fn default() -> Self {
        Self {
            version: 1,
            seed: 42,
            data: Section::default(),
            split: Section::default(),
            model: Section::default(),
            encoder: Section::default(),
            numeric: Section::default(),
            sampler: Section::default(),
            loss: Section::default(),
            optimizer: Section::default(),
            train: Section::default(),
            index: Section::default(),
        }
    }
}

impl Recipe {
    /// The section `key`, one of [`SECTIONS`].
    #[must_use]
    pub fn section(&self, key: &str) -> Option<&Section> {
        Some(match key {
            "data" => &self.data,
            "split" => &self.split,
            "model" => &self.model,
            "encoder" => &self.encoder,
            "numeric" => &self.numeric,
            "sampler" => &self.sampler,
            "loss" => &self.loss,
            "optimizer" => &self.optimizer,
            "train" => &self.train,
            "index" => &self.index,
            _ => return None,
        })
    }

    /// The section `key`, to change it.
    pub fn section_mut(&mut self, key: &str) -> Option<&mut Section> {
        Some(match key {
            "data" => &mut self.data,
            "split" => &mut self.split,
            "model" => &mut self.model,
            "encoder" => &mut self.encoder,
            "numeric" => &mut self.numeric,
            "sampler" => &mut self.sampler,
            "loss" => &mut self.loss,
            "optimizer" => &mut self.optimizer,
            "train" => &mut self.train,
            "index" => &mut self.index,
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Recipe {
    /// By hand, so that whatever does not fit is told by its key, which derived code does not know.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = deserializer.deserialize_map(Fields)?;
        // Whoever shows an error of reading ends the sentence.
        Self::from_fields(fields).map_err(|why| D::Error::custom(why.to_string().trim_end_matches('.')))
    }
}

/// Reads the keys of a recipe, each of which may stand there once.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = BTreeMap<String, Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with version, seed and sections")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut given: A) -> Result<Self::Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((key, value)) = given.next_entry::<String, Json>()? {
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            fields.insert(key, value);
        }
        Ok(fields)
    }
}

impl Recipe {
    fn from_fields(mut fields: BTreeMap<String, Json>) -> Result<Self> {
        let mut recipe = Self {
            version: number(&mut fields, "version")?,
            seed: number(&mut fields, "seed")?,
            ..Self::default()
        };
        for (key, given) in fields {
            let Some(section) = recipe.section_mut(&key) else {
                let known = format!("version, seed, {}", SECTIONS.join(", "));
                return Err(Message::new("recipe.unknown_section")
                    .with("key", key)
                    .with("known", known));
            };
            *section = read_section(&key, given)?;
        }
        Ok(recipe)
    }
}

/// Takes a number that every recipe has to have.
fn number(fields: &mut BTreeMap<String, Json>, key: &'static str) -> Result<u32> {
    let given = fields
        .remove(key)
        .ok_or_else(|| Message::new("recipe.missing").with("key", key))?;
    fitting(given).map_err(|found| {
        let refusal = Message::new("recipe.whole").with("key", key).with("found", found);
        refusal.with("min", 0).with("max", u32::MAX)
    })
}

fn read_section(key: &str, given: Json) -> Result<Section> {
    if let Some(kind) = given.get("kind").filter(|kind| !kind.is_string()) {
        let refusal = Message::new("recipe.text").with("key", format!("{key}.kind"));
        return Err(refusal.with("found", kind));
    }
    fitting(given).map_err(|found| Message::new("recipe.section").with("key", key).with("found", found))
}

/// The value as a `T`, or back as it was.
fn fitting<T: DeserializeOwned>(given: Json) -> Result<T, Json> {
    T::deserialize(&given).map_err(|_| given)
}
