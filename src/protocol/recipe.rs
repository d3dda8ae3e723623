//! The recipe: one plain value that decides a result.
//!
//! People and scripts read and write it as JSON, in which what is not given can be left out and settings stand beside
//! their kind. Between page and worker it travels without names, like everything else there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::by_name::ByName;
use crate::settings::Value;

/// One part of a recipe: which kind, and its settings. Settings that are not given have the knob's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Section {
    /// Which of the section's kinds; empty in a section that has only one (`train`) or for the default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Settings by key.
    #[serde(flatten)]
    pub settings: ByName<Value>,
}

/// Everything that decides a result.
///
/// The page's controls, the link, the worker's messages, `window.playground`, the native runner and the lessons all
/// speak it. What its words mean is declared by the engine's tables; `Recipe::validate` (in `plan`) checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
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
    /// What becomes different while the run goes on, in the order of steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// From a step on, other negatives, another loss or another rule for the parameters. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Change {
    /// The step after which it holds, at least 1.
    #[serde(default)]
    pub step: u64,
    /// Where negatives come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampler: Option<Section>,
    /// What is minimised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Section>,
    /// How parameters move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<Section>,
}

/// Gives a type whose JSON leaves things out a form without names as well: all fields in order.
macro_rules! packed {
    ($type:ident { $($field:ident),* }) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    Self::serialize(self, serializer)
                } else {
                    ($(&self.$field,)*).serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    Self::deserialize(deserializer)
                } else {
                    let ($($field,)*) = Deserialize::deserialize(deserializer)?;
                    Ok(Self { $($field,)* })
                }
            }
        }
    };
}

packed!(Section { kind, settings });
packed!(Change {
    step,
    sampler,
    loss,
    optimizer
});
packed!(Recipe {
    version,
    seed,
    data,
    split,
    model,
    encoder,
    numeric,
    sampler,
    loss,
    optimizer,
    train,
    index,
    changes
});

/// The setting of planted data that is their seed.
const DATA_SEED: &str = "seed";

/// Keys of the sections that can change while a run goes on.
pub const LIVE: [&str; 3] = ["sampler", "loss", "optimizer"];

impl Change {
    /// What it says of the section `key`, one of [`LIVE`].
    #[must_use]
    pub fn section(&self, key: &str) -> Option<&Section> {
        match key {
            "sampler" => self.sampler.as_ref(),
            "loss" => self.loss.as_ref(),
            "optimizer" => self.optimizer.as_ref(),
            _ => None,
        }
    }

    /// Makes the section `key`, one of [`LIVE`], another.
    pub fn set(&mut self, key: &str, section: Section) {
        match key {
            "sampler" => self.sampler = Some(section),
            "loss" => self.loss = Some(section),
            "optimizer" => self.optimizer = Some(section),
            _ => {}
        }
    }
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
            changes: Vec::new(),
        }
    }
}

impl Recipe {
    /// What holds once `step` steps are made: a recipe without changes.
    #[must_use]
    pub fn at(&self, step: u64) -> Self {
        let mut now = Self {
            changes: Vec::new(),
            ..self.clone()
        };
        let past = self.changes.iter().filter(|change| change.step <= step);
        past.for_each(|change| now.take(change));
        now
    }

    /// Puts the sections of `change` in the place of its own.
    pub fn take(&mut self, change: &Change) {
        for key in LIVE {
            if let (Some(place), Some(section)) = (self.section_mut(key), change.section(key)) {
                place.clone_from(section);
            }
        }
    }

    /// Adds a change. One of the same step gives way where both speak of the same section.
    pub fn change(&mut self, change: Change) {
        if change.step == 0 {
            return self.take(&change);
        }
        let place = self.changes.partition_point(|other| other.step < change.step);
        match self.changes.get_mut(place).filter(|other| other.step == change.step) {
            None => self.changes.insert(place, change),
            Some(other) => LIVE.into_iter().for_each(|key| {
                if let Some(section) = change.section(key) {
                    other.set(key, section.clone());
                }
            }),
        }
    }

    /// The seed by which data are planted: its own, so that other seeds can be tried on the same data, or that of the
    /// run.
    #[must_use]
    pub fn data_seed(&self) -> u32 {
        match self.data.settings.get(DATA_SEED) {
            Some(Value::Number(seed)) if *seed > 0.0 => *seed as u32,
            _ => self.seed,
        }
    }

    /// Has its data be the same whatever its seed becomes.
    pub fn pin_data(&mut self) {
        let seed = Value::Number(f64::from(self.data_seed()));
        if self.data.kind.is_empty() || self.data.kind.starts_with("planted") {
            self.data.settings.insert(DATA_SEED.to_owned(), seed);
        }
    }

    /// Whether another recipe is of the same data.
    #[must_use]
    pub fn same_data(&self, other: &Self) -> bool {
        let [mut one, mut two] = [self.clone(), other.clone()];
        one.pin_data();
        two.pin_data();
        one.data == two.data
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_the_way_without_names() {
        let mut recipe = Recipe::default();
        recipe.model.kind = "two_tower".to_owned();
        let given = [
            ("dim", Value::Number(0.1)),
            ("hidden", Value::Sizes(vec![64, 32])),
            ("similarity", Value::Text("dot".to_owned())),
            ("user_features", Value::Flag(true)),
        ];
        let given = given.map(|(key, value)| (key.to_owned(), value));
        recipe.model.settings.extend(given);
        recipe.changes.push(Change {
            step: 1 << 40,
            loss: Some(Section::default()),
            ..Change::default()
        });
        let bytes = postcard::to_allocvec(&recipe).expect("a recipe has a form without names");
        assert_eq!(postcard::from_bytes::<Recipe>(&bytes), Ok(recipe));
    }
}
