//! The recipe: one plain value that decides a result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::settings::Value;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Version of this format: 1.
    pub version: u32,
    /// Seed of every random stream.
    pub seed: u32,
    /// Which data.
    #[serde(default)]
    pub data: Section,
    /// What is held out.
    #[serde(default)]
    pub split: Section,
    /// Which model.
    #[serde(default)]
    pub model: Section,
    /// How an id becomes a vector.
    #[serde(default)]
    pub encoder: Section,
    /// How a number becomes a vector.
    #[serde(default)]
    pub numeric: Section,
    /// Where negatives come from.
    #[serde(default)]
    pub sampler: Section,
    /// What is minimised.
    #[serde(default)]
    pub loss: Section,
    /// How parameters move.
    #[serde(default)]
    pub optimizer: Section,
    /// For how long.
    #[serde(default)]
    pub train: Section,
    /// How items are searched.
    #[serde(default)]
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
