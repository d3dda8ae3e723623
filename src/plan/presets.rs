//! Each paper's way of learning as one choice. Kinds and what makes the paper are the paper's; sizes, batch and
//! learning rate are ours, for worlds that train in a browser.

use crate::protocol::{Change, Preset, Recipe, Section};
use crate::settings::{Value, by_key};

/// A preset as a row of the table: its key, its paper, its kinds of model, sampler and loss, what it sets, and what
/// follows.
struct Row {
    key: &'static str,
    source: &'static str,
    kinds: [&'static str; 3],
    /// Its kinds of encoder and of numbers; those of a recipe that says nothing where they are empty.
    features: [&'static str; 2],
    numbers: &'static [(&'static str, &'static str, f64)],
    /// Settings of the model that are words.
    words: &'static [(&'static str, &'static str)],
    /// What it turns on, by section.
    flags: &'static [(&'static str, &'static str)],
    then: Option<Then>,
}

/// A sampler that takes over, with so many negatives.
#[derive(Clone, Copy)]
struct Then {
    step: u64,
    kind: &'static str,
    n: f64,
}

const HUANG: &str = "Huang et al., KDD 2020";

/// What a row leaves as it is.
const PLAIN: Row = Row {
    key: "",
    source: "",
    kinds: ["two_tower", "in_batch", "sampled_softmax"],
    features: ["", ""],
    numbers: &[],
    words: &[],
    flags: &[],
    then: None,
};

/// In the order in which they are offered.
const ROWS: &[Row] = &[
    Row {
        key: "in_batch",
        source: "Yi et al., RecSys 2019",
        kinds: ["two_tower", "in_batch", "sampled_softmax"],
        numbers: &[("loss", "temperature", 0.05)],
        ..PLAIN
    },
    Row {
        key: "mns",
        source: "Yang et al., WWW 2020",
        kinds: ["two_tower", "mixed", "sampled_softmax"],
        numbers: &[("sampler", "n", 256.0)],
        ..PLAIN
    },
    Row {
        key: "cbns",
        source: "Wang et al., SIGIR 2021",
        kinds: ["two_tower", "cross_batch", "sampled_softmax"],
        numbers: &[("loss", "temperature", 1.0)],
        // Unit vectors collapse with a bank: see `advice`.
        words: &[("similarity", "dot")],
        ..PLAIN
    },
    Row {
        key: "ebr",
        source: HUANG,
        kinds: ["ebr", "uniform", "triplet"],
        numbers: &[("sampler", "n", 64.0), ("loss", "margin", 0.2)],
        ..PLAIN
    },
    Row {
        key: "ebr_online",
        source: HUANG,
        kinds: ["ebr", "hard_online", "triplet"],
        numbers: &[
            ("sampler", "n", 64.0),
            ("sampler", "hardest", 2.0),
            ("loss", "margin", 0.2),
        ],
        ..PLAIN
    },
    Row {
        key: "ebr_cascade",
        source: HUANG,
        kinds: ["ebr", "uniform", "triplet"],
        numbers: &[("sampler", "n", 64.0), ("loss", "margin", 0.2)],
        words: &[("ensemble", "cascade")],
        ..PLAIN
    },
    Row {
        key: "ebr_transfer",
        source: HUANG,
        kinds: ["ebr", "hard_offline", "triplet"],
        numbers: &[("sampler", "n", 0.0), ("loss", "margin", 0.2)],
        then: Some(Then {
            step: 600,
            kind: "uniform",
            n: 64.0,
        }),
        ..PLAIN
    },
    Row {
        key: "mgdspr",
        source: "Li et al., KDD 2021",
        kinds: ["mgdspr", "interpolated", "sampled_softmax"],
        numbers: &[("loss", "temperature", 2.0)],
        ..PLAIN
    },
    Row {
        key: "mind",
        source: "Li et al., CIKM 2019",
        kinds: ["mind", "in_batch", "sampled_softmax"],
        numbers: &[("loss", "temperature", 1.0)],
        ..PLAIN
    },
    Row {
        key: "comirec",
        source: "Cen et al., KDD 2020",
        kinds: ["comirec_sa", "in_batch", "sampled_softmax"],
        numbers: &[("loss", "temperature", 1.0)],
        ..PLAIN
    },
    Row {
        key: "drim",
        source: "Hao et al., arXiv 2021",
        kinds: ["drim", "in_batch", "sampled_softmax"],
        numbers: &[
            ("model", "dim", 2.0),
            ("model", "interests", 2.0),
            ("model", "lambda", 0.1),
            // Capsules are shorter than 1: a lower temperature rewards those that give away half of the answer by
            // lying opposite each other, the same for all users; a higher one learns too slowly to be watched.
            ("loss", "temperature", 0.3),
            ("optimizer", "lr", 0.01),
        ],
        ..PLAIN
    },
    Row {
        key: "bst",
        source: "Chen et al., DLP-KDD 2019",
        kinds: ["bst", "hard_offline", "bce"],
        // A sixth of the time, and no worse on the planted world.
        words: &[("readout", "target")],
        // Items that were found and not chosen, and any items: so that scores mean something for both.
        numbers: &[
            ("sampler", "hard", 4.0),
            ("sampler", "n", 4.0),
            ("sampler", "rank_lo", 1.0),
            ("sampler", "rank_hi", 100.0),
            ("optimizer", "lr", 0.003),
        ],
        ..PLAIN
    },
    Row {
        key: "deepfm",
        source: "Guo et al., IJCAI 2017",
        kinds: ["deepfm", "", ""],
        numbers: &[("optimizer", "lr", 0.003)],
        ..PLAIN
    },
    Row {
        key: "autodis",
        source: "Guo et al., KDD 2021",
        kinds: ["deepfm", "", ""],
        features: ["", "autodis"],
        numbers: &[("numeric", "bins", 20.0), ("optimizer", "lr", 0.003)],
        ..PLAIN
    },
    Row {
        key: "dhe",
        source: "Kang et al., KDD 2021",
        features: ["dhe", ""],
        numbers: &[("encoder", "layers", 3.0), ("loss", "temperature", 0.05)],
        ..PLAIN
    },
    Row {
        key: "grcn",
        source: "Wei et al., ACM MM 2020",
        kinds: ["grcn", "uniform", "bpr"],
        numbers: &[("sampler", "n", 1.0), ("optimizer", "lr", 0.005)],
        flags: &[("sampler", "own")],
        ..PLAIN
    },
    Row {
        key: "seq2bubbles",
        source: "Wu et al., CIKM 2021",
        kinds: ["seq2bubbles", "uniform", "bpr"],
        numbers: &[
            ("model", "dim", 2.0),
            // Its weight is not known. With less of it bubbles grow over the whole plane, with more they vanish.
            ("model", "lambda", 0.5),
            ("sampler", "n", 1.0),
            ("optimizer", "lr", 0.005),
        ],
        flags: &[("sampler", "own")],
        ..PLAIN
    },
];

/// All presets.
#[must_use]
pub fn presets() -> Vec<Preset> {
    ROWS.iter().map(preset).collect()
}

/// What the page begins with: users as two points each, drawn where they are.
#[must_use]
pub fn demo() -> Recipe {
    let drim = ROWS.iter().find(|row| row.key == "drim");
    drim.map(|row| preset(row).recipe).unwrap_or_default()
}

fn preset(row: &Row) -> Preset {
    let mut recipe = Recipe::default();
    let [model, sampler, loss] = row.kinds;
    // The rule is the default one.
    let [encoder, numeric] = row.features;
    let kinds = [
        ("encoder", encoder),
        ("numeric", numeric),
        ("model", model),
        ("sampler", sampler),
        ("loss", loss),
        ("optimizer", ""),
    ];
    for (key, kind) in kinds {
        let numbers = row.numbers.iter().filter(|(section, ..)| *section == key);
        if let Some(place) = recipe.section_mut(key) {
            *place = section(kind, numbers.map(|&(_, key, value)| (key, value)));
        }
    }
    for &(section, key) in row.flags {
        if let Some(section) = recipe.section_mut(section) {
            section.settings.insert(key.to_owned(), Value::Flag(true));
        }
    }
    let words = row.words.iter();
    let words = words.map(|&(key, word)| (key.to_owned(), Value::Text(word.to_owned())));
    recipe.model.settings.extend(words);
    if let Some(Then { step, kind, n }) = row.then {
        recipe.changes.push(Change {
            step,
            sampler: Some(section(kind, [("n", n)].into_iter())),
            ..Change::default()
        });
    }
    Preset {
        key: row.key.to_owned(),
        source: row.source.to_owned(),
        recipe,
    }
}

fn section(kind: &str, numbers: impl Iterator<Item = (&'static str, f64)>) -> Section {
    Section {
        kind: kind.to_owned(),
        settings: by_key(numbers.map(|(key, value)| (key, Value::Number(value)))),
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
