//! Each paper's way of learning as one choice. Kinds and what makes the paper are the paper's; sizes, batch and
//! learning rate are ours, for worlds that train in a browser.

use crate::protocol::{Change, Preset, Recipe, Section};
use crate::settings::Value;

/// All presets, in the order in which they are offered.
#[must_use]
pub fn presets() -> Vec<Preset> {
    let two_tower = || Recipe {
        model: section("two_tower", &[]),
        loss: section("sampled_softmax", &[]),
        ..Recipe::default()
    };
    let ebr = || Recipe {
        model: section("ebr", &[]),
        sampler: section("uniform", &[("n", 64.0)]),
        loss: section("triplet", &[("margin", 0.2)]),
        ..Recipe::default()
    };
    vec![
        preset(
            "in_batch",
            "Yi et al., RecSys 2019",
            Recipe {
                sampler: section("in_batch", &[]),
                loss: section("sampled_softmax", &[("temperature", 0.05)]),
                ..two_tower()
            },
        ),
        preset(
            "mns",
            "Yang et al., WWW 2020",
            Recipe {
                sampler: section("mixed", &[("n", 256.0)]),
                ..two_tower()
            },
        ),
        preset(
            "cbns",
            "Wang et al., SIGIR 2021",
            Recipe {
                sampler: section("cross_batch", &[]),
                ..two_tower()
            },
        ),
        preset("ebr", "Huang et al., KDD 2020", ebr()),
        preset(
            "ebr_online",
            "Huang et al., KDD 2020",
            Recipe {
                sampler: section("hard_online", &[("hardest", 2.0), ("n", 64.0)]),
                ..ebr()
            },
        ),
        preset(
            "ebr_transfer",
            "Huang et al., KDD 2020",
            Recipe {
                sampler: section("hard_offline", &[("n", 0.0)]),
                changes: vec![Change {
                    step: 600,
                    sampler: Some(ebr().sampler),
                    ..Change::default()
                }],
                ..ebr()
            },
        ),
        preset(
            "mgdspr",
            "Li et al., KDD 2021",
            Recipe {
                model: section("mgdspr", &[]),
                sampler: section("interpolated", &[]),
                loss: section("sampled_softmax", &[("temperature", 2.0)]),
                ..Recipe::default()
            },
        ),
    ]
}

fn preset(key: &str, source: &str, recipe: Recipe) -> Preset {
    Preset {
        key: key.to_owned(),
        source: source.to_owned(),
        recipe,
    }
}

fn section(kind: &str, settings: &[(&str, f64)]) -> Section {
    let given = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::Number(*value)));
    Section {
        kind: kind.to_owned(),
        settings: given.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, find};

    #[test]
    fn every_preset_is_sound_and_has_its_words() {
        for preset in presets() {
            let complaints = preset.recipe.validate().err();
            assert_eq!(complaints, None, "{}", preset.key);
            for key in [format!("preset.{}", preset.key), format!("preset.{}.help", preset.key)] {
                assert!(find(Language::English, &key).is_some(), "no words for {key}");
            }
        }
    }
}
