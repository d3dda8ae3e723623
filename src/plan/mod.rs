//! From a recipe to the parts of the engine: the only place where the words of a recipe meet the tables.

mod advice;
mod catalogue;
mod index;
mod negatives;
mod presets;

use std::rc::Rc;

use crate::engine::data::readers::Format;
use crate::engine::data::{
    DATA_KINDS, Dataset, PlantedClicks, PlantedConfig, SPLITS, Split, World, file_format, planted_clicks_config,
    planted_config,
};
use crate::engine::features::{ENCODERS, NUMERICS, NumericSpec, chosen};
use crate::engine::losses::{LOSSES, Loss};
use crate::engine::matrix::Metric;
use crate::engine::methods::{METHODS, Method};
use crate::engine::nn::Encoders;
use crate::engine::sampling::{self, SAMPLERS, Sampler};
use crate::engine::train::{self, OPTIMIZERS, OptimizerParts, Parts, TrainConfig, Trainer};
use crate::protocol::recipe::{LIVE, SECTIONS};
use crate::protocol::{Change, Recipe, Section};
use crate::settings::Settings;
use crate::text::{Message, Result};

pub use catalogue::catalogue;
pub use index::IndexPlan;
pub use presets::demo;

/// A checked recipe: every section has a known kind and a value for each of its settings.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The recipe with every default filled in.
    pub recipe: Recipe,
    settings: Vec<(&'static str, Settings)>,
    /// What holds from each of the recipe's changes on, in the order of steps.
    later: Vec<Self>,
}

/// Events of the largest planted world: made in some seconds, and a few hundred megabytes with all that was shown.
const PLANTED_EVENTS_MAX: u64 = 3_000_000;

impl Recipe {
    /// Checks every section, and what the sections ask of each other.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, naming its key.
    pub fn validate(&self) -> Result<Plan, Vec<Message>> {
        Plan::check(self)
    }
}

impl Plan {
    /// Checks a recipe: see [`Recipe::validate`].
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, naming its key.
    pub fn check(recipe: &Recipe) -> Result<Self, Vec<Message>> {
        if recipe.version != 1 {
            return Err(vec![Message::new("recipe.version").with("found", recipe.version)]);
        }
        let mut plan = Self::check_start(&recipe.at(0))?;
        let mut complaints = Vec::new();
        let mut now = plan.recipe.clone();
        for change in &recipe.changes {
            now.take(change);
            if plan.recipe.changes.last().map_or(0, |before| before.step) >= change.step {
                complaints.push(Message::new("recipe.change_order").with("step", change.step));
            }
            match Self::check_start(&now) {
                Ok(later) => {
                    plan.recipe.changes.push(later.filled(change));
                    plan.later.push(later);
                }
                Err(found) => complaints.extend(found),
            }
        }
        if complaints.is_empty() {
            Ok(plan)
        } else {
            Err(complaints)
        }
    }

    /// Checks a recipe without changes.
    fn check_start(recipe: &Recipe) -> Result<Self, Vec<Message>> {
        let mut filled = recipe.clone();
        let mut settings = Vec::new();
        let mut complaints = Vec::new();
        for key in SECTIONS {
            let Some(section) = filled.section_mut(key) else {
                continue;
            };
            match check_section(key, section) {
                Ok(checked) => settings.push((key, checked)),
                Err(found) => complaints.extend(found),
            }
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let plan = Self {
            recipe: filled,
            settings,
            later: Vec::new(),
        };
        let complaints = plan.disagreements();
        if complaints.is_empty() {
            Ok(plan)
        } else {
            Err(complaints)
        }
    }

    /// `change` with every default filled in.
    fn filled(&self, change: &Change) -> Change {
        let mut filled = change.clone();
        for key in LIVE {
            if let Some(section) = self.recipe.section(key).filter(|_| change.section(key).is_some()) {
                filled.set(key, section.clone());
            }
        }
        filled
    }

    /// How many of the recipe's changes hold once `step` steps are made.
    #[must_use]
    pub fn stage(&self, step: u64) -> usize {
        self.recipe.changes.partition_point(|change| change.step <= step)
    }

    /// The plan that holds after so many of the recipe's changes.
    #[must_use]
    pub fn after(&self, stage: usize) -> &Self {
        stage
            .checked_sub(1)
            .and_then(|last| self.later.get(last))
            .unwrap_or(self)
    }

    /// The parts of a trainer that `sections`, of [`LIVE`], speak of.
    ///
    /// # Errors
    /// If these data have not what a part needs.
    pub fn parts(&self, sections: &[&str], world: &World) -> Result<train::Change> {
        let wanted = |key| sections.contains(&key);
        Ok(train::Change {
            sampler: wanted("sampler").then(|| self.sampler(world)).transpose()?,
            loss: wanted("loss").then(|| self.loss()),
            optimizer: wanted("optimizer").then(|| self.optimizer()),
        })
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static Method {
        entry(METHODS, &self.recipe.model, |method| method.kind)
    }

    /// How its vectors are compared in training.
    #[must_use]
    pub fn metric(&self) -> Metric {
        (self.method().metric)(self.settings("model"))
    }

    /// How long and in what portions.
    #[must_use]
    pub fn train(&self) -> TrainConfig {
        TrainConfig::build(self.settings("train"))
    }

    /// The planted world it asks for, if it asks for one.
    #[must_use]
    pub fn planted(&self) -> Option<PlantedConfig> {
        (self.recipe.data.kind == "planted").then(|| planted_config(self.settings("data")))
    }

    /// The planted rows it asks for, if it asks for them.
    #[must_use]
    pub fn planted_clicks(&self) -> Option<PlantedClicks> {
        (self.recipe.data.kind == "planted_clicks").then(|| planted_clicks_config(self.settings("data")))
    }

    /// What of `dataset` is held out.
    ///
    /// # Errors
    /// If these data cannot be divided so.
    pub fn world(&self, dataset: Rc<Dataset>) -> Result<World> {
        if !dataset.rows.is_empty() || dataset.vectors.is_some() {
            // They are divided with what is made of them.
            return Ok(World::new(dataset, Split::default()));
        }
        let kind = entry(SPLITS, &self.recipe.split, |split| split.kind);
        let config = (kind.build)(self.settings("split"));
        let split = config.split(&dataset.log, dataset.timed, self.recipe.seed)?;
        Ok(World::new(dataset, split))
    }

    /// The method, untrained, on `world`.
    ///
    /// # Errors
    /// If these data have not what the recipe's parts need.
    pub fn trainer(&self, world: Rc<World>) -> Result<Box<dyn Trainer>> {
        if !world.dataset.rows.is_empty() && !self.method().clicks {
            return Err(only_rows(&world.dataset.name, self.method()));
        }
        if world.dataset.vectors.is_some() && !self.method().given {
            return Err(only_vectors(&world.dataset.name, self.method()));
        }
        let parts = Parts {
            seed: self.recipe.seed,
            train: self.train(),
            sampler: self.sampler(&world)?,
            loss: self.loss(),
            optimizer: self.optimizer(),
            encoders: self.encoders(&world),
            numeric: self.numeric(),
            world,
        };
        (self.method().build)(self.settings("model"), parts)
    }

    /// Where negatives come from.
    fn sampler(&self, world: &World) -> Result<Box<dyn Sampler>> {
        if self.method().clicks || self.method().given {
            // Nothing is drawn: any that needs nothing will do.
            return sampling::by_default("in_batch", world);
        }
        let kind = entry(SAMPLERS, &self.recipe.sampler, |sampler| sampler.kind);
        (kind.build)(self.settings("sampler"), world)
    }

    /// What is minimised.
    fn loss(&self) -> Rc<dyn Loss> {
        let kind = entry(LOSSES, &self.recipe.loss, |loss| loss.kind);
        (kind.build)(self.settings("loss")).into()
    }

    /// How parameters move.
    fn optimizer(&self) -> OptimizerParts {
        let kind = entry(OPTIMIZERS, &self.recipe.optimizer, |optimizer| optimizer.kind);
        (kind.build)(self.settings("optimizer"))
    }

    /// What embeddings are made of; tables where there is nothing.
    fn encoders(&self, world: &World) -> Option<Rc<dyn Encoders>> {
        let kind = entry(ENCODERS, &self.recipe.encoder, |encoder| encoder.kind);
        chosen(kind, self.settings("encoder"), self.recipe.seed, &world.dataset.items)
    }

    /// How numbers become vectors.
    fn numeric(&self) -> NumericSpec {
        let kind = entry(NUMERICS, &self.recipe.numeric, |numeric| numeric.kind);
        (kind.build)(self.settings("numeric"))
    }

    /// What the sections ask of each other and do not get.
    fn disagreements(&self) -> Vec<Message> {
        let method = self.method();
        let mut found = if method.gradient && !method.clicks {
            negatives::disagreements(self)
        } else {
            Vec::new()
        };
        let data = entry(DATA_KINDS, &self.recipe.data, |data| data.kind);
        if data.rows && !method.clicks {
            found.push(only_rows(data.kind, method));
        }
        if (data.kind == "vectors") != method.given {
            found.push(if method.given {
                Message::new("given.no_vectors").with("name", data.kind)
            } else {
                only_vectors(data.kind, method)
            });
        }
        if let Some(world) = self.planted() {
            let events = u64::from(world.users) * u64::from(world.events_per_user);
            if events > PLANTED_EVENTS_MAX {
                let message = Message::new("recipe.planted_size");
                found.push(message.with("events", events).with("max", PLANTED_EVENTS_MAX));
            }
        }
        found
    }

    fn settings(&self, section: &str) -> &Settings {
        let checked = self.settings.iter().find(|(key, _)| *key == section);
        checked
            .map(|(_, settings)| settings)
            .expect("every section was checked")
    }
}

/// Why a method that ranks items for users has nothing to do with rows.
fn only_rows(name: &str, method: &Method) -> Message {
    Message::new("data.only_rows")
        .with("name", name)
        .with("model", method.kind)
}

/// Why a method that learns has nothing to do with mere vectors.
fn only_vectors(name: &str, method: &Method) -> Message {
    Message::new("data.only_vectors")
        .with("name", name)
        .with("model", method.kind)
}

/// The format that a recipe's data section gives to files.
///
/// # Errors
/// If the section is unsound, or not one of files.
pub fn files_format(section: &Section) -> Result<Format> {
    let mut filled = section.clone();
    let settings = check_section("data", &mut filled).map_err(Message::join)?;
    file_format(&filled.kind, &settings).ok_or_else(|| Message::new("data.not_files").with("kind", filled.kind))
}

/// Checks `section`, and fills in its kind and all settings.
fn check_section(key: &'static str, section: &mut Section) -> Result<Settings, Vec<Message>> {
    if section.kind.is_empty() {
        catalogue::default_kind(key).clone_into(&mut section.kind);
    }
    let kinds = catalogue::kinds(key);
    let Some(kind) = kinds.iter().find(|kind| kind.kind == section.kind) else {
        let choices: Vec<&str> = kinds.iter().map(|kind| kind.kind.as_str()).collect();
        return Err(vec![
            Message::new("recipe.choice")
                .with("key", format!("{key}.kind"))
                .with("found", format!("\"{}\"", section.kind))
                .with("choices", choices.join(", ")),
        ]);
    };
    let settings = Settings::check(key, &kind.knobs, &section.settings)?;
    section.settings.clone_from(settings.values());
    Ok(settings)
}

/// The entry of `table` that a checked section names.
fn entry<T>(table: &'static [T], section: &Section, kind: impl Fn(&T) -> &'static str) -> &'static T {
    table
        .iter()
        .find(|entry| kind(entry) == section.kind)
        .expect("a checked section names a kind of its table")
}
