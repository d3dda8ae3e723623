//! The engine's tables as the sections of a recipe: what can be chosen, and with which settings.

use crate::engine::data::{DATA_KINDS, SPLITS};
use crate::engine::features::{ENCODERS, NUMERICS};
use crate::engine::index::INDEXES;
use crate::engine::losses::LOSSES;
use crate::engine::methods::METHODS;
use crate::engine::sampling::SAMPLERS;
use crate::engine::train::{OPTIMIZERS, TrainConfig};
use crate::protocol::recipe::SECTIONS;
use crate::protocol::{Catalogue, KindInfo, SectionInfo};
use crate::settings::Knob;

use super::presets::presets;

/// Everything a recipe can say.
#[must_use]
pub fn catalogue() -> Catalogue {
    let section = |&key: &&str| SectionInfo {
        key: key.to_owned(),
        kinds: kinds(key),
        default: default_kind(key).into(),
    };
    Catalogue {
        sections: SECTIONS.iter().map(section).collect(),
        presets: presets(),
    }
}

/// The kinds of a section.
///
/// # Panics
/// If there is no such section.
#[must_use]
pub fn kinds(section: &str) -> Vec<KindInfo> {
    match section {
        "data" => DATA_KINDS
            .iter()
            .map(|kind| info(kind.kind, kind.source, (kind.knobs)()))
            .collect(),
        "split" => SPLITS.iter().map(|kind| info(kind.kind, "", (kind.knobs)())).collect(),
        "encoder" => ENCODERS
            .iter()
            .map(|kind| info(kind.kind, kind.source, (kind.knobs)()))
            .collect(),
        "numeric" => NUMERICS
            .iter()
            .map(|kind| info(kind.kind, kind.source, (kind.knobs)()))
            .collect(),
        "model" => METHODS
            .iter()
            .map(|kind| KindInfo {
                queries: kind.queries,
                ..info(kind.kind, kind.source, (kind.knobs)())
            })
            .collect(),
        "sampler" => SAMPLERS
            .iter()
            .map(|kind| info(kind.kind, kind.source, (kind.knobs)()))
            .collect(),
        "loss" => LOSSES
            .iter()
            .map(|kind| info(kind.kind, kind.source, (kind.knobs)()))
            .collect(),
        "optimizer" => OPTIMIZERS
            .iter()
            .map(|kind| info(kind.kind, kind.source, (kind.knobs)()))
            .collect(),
        "train" => vec![info("", "", TrainConfig::knobs())],
        "index" => INDEXES
            .iter()
            .map(|kind| info(kind.kind, kind.source, kind.knobs()))
            .collect(),
        other => panic!("a recipe has no section {other}"),
    }
}

/// The kind of a section whose recipe names none.
///
/// # Panics
/// If there is no such section.
#[must_use]
pub fn default_kind(section: &str) -> &'static str {
    match section {
        "data" => "planted",
        "split" => "leave_one_out",
        "encoder" => "full",
        "numeric" => "none",
        "model" => "two_tower",
        "sampler" => "in_batch",
        "loss" => "sampled_softmax",
        "optimizer" => "adam",
        "train" => "",
        "index" => "flat",
        other => panic!("a recipe has no section {other}"),
    }
}

fn info(kind: &str, source: &str, knobs: Vec<Knob>) -> KindInfo {
    KindInfo {
        kind: kind.to_owned(),
        source: source.to_owned(),
        queries: false,
        knobs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, find};

    #[test]
    fn every_section_kind_and_knob_has_its_words() {
        let mut missing = Vec::new();
        for section in catalogue().sections {
            let mut keys = vec![section.key.clone(), format!("{}.help", section.key)];
            for kind in &section.kinds {
                let path = if kind.kind.is_empty() {
                    section.key.clone()
                } else {
                    format!("{}.{}", section.key, kind.kind)
                };
                keys.extend([path.clone(), format!("{path}.help")]);
                for knob in &kind.knobs {
                    keys.extend([format!("{path}.{}", knob.key), format!("{path}.{}.help", knob.key)]);
                }
            }
            missing.extend(keys.into_iter().filter(|key| find(Language::English, key).is_none()));
        }
        assert!(missing.is_empty(), "no words for {missing:#?}");
    }
}
