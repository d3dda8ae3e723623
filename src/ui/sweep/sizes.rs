//! The recipes of quality against size: ids made into vectors in other ways, with fewer numbers each time.

use super::Trial;
use crate::protocol::{KindInfo, Recipe, Section};
use crate::settings::{Knob, Value};

/// Shares of a full table's numbers.
pub const SHARES: [f64; 5] = [1.0, 0.5, 0.25, 0.125, 0.0625];

/// Kinds that are chosen at first, one of each sort: rows for all, rows with weights of one's own, no rows.
const KINDS: [&str; 3] = ["hash", "hash_embedding", "dhe"];

/// What the reader chose of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Kinds of encoders.
    pub kinds: Vec<String>,
    /// Which of [`SHARES`].
    pub shares: [bool; 5],
    /// Epochs of each run; none for as many as the recipe says.
    pub epochs: Option<f64>,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            kinds: KINDS.map(str::to_owned).into(),
            shares: [true; 5],
            epochs: None,
        }
    }
}

/// A kind that can be made as small as one wants.
pub fn shrinks(kind: &KindInfo) -> bool {
    kind.knobs.iter().any(|knob| knob.key == "share")
}

/// Epochs of a recipe with every default filled in.
pub fn epochs(recipe: &Recipe) -> f64 {
    match recipe.train.settings.get("epochs") {
        Some(Value::Number(epochs)) => *epochs,
        _ => 1.0,
    }
}

/// `recipe` with a full table, then with each chosen kind at each chosen share, the largest of all first: so all curves
/// grow together. `kinds` are those of the catalogue.
pub fn sizes(recipe: &Recipe, kinds: &[KindInfo], choice: &Choice) -> Vec<Trial> {
    let trial = |kind: &str, share, encoder| {
        let mut recipe = recipe.clone();
        recipe.encoder = encoder;
        if let Some(epochs) = choice.epochs {
            let epochs = Value::Number(epochs);
            recipe.train.settings.insert("epochs".to_owned(), epochs);
        }
        Trial::new(kind, share, recipe)
    };
    let full = kinds.iter().find(|kind| !shrinks(kind));
    let full = full.map(|full| trial(&full.kind, None, section(&full.kind)));
    let mut trials: Vec<Trial> = full.into_iter().collect();
    for (share, _) in SHARES.into_iter().zip(choice.shares).filter(|(_, chosen)| *chosen) {
        for info in kinds.iter().filter(|info| shrinks(info)) {
            if choice.kinds.contains(&info.kind) {
                let encoder = encoder(&recipe.encoder, info, share);
                trials.push(trial(&info.kind, Some(share), encoder));
            }
        }
    }
    trials
}

/// The encoder of a kind that takes such a share of the table. What else the reader chose of the kind stays; of another
/// kind, from how many words on a field is made smaller. A network is as wide as the share allows.
fn encoder(chosen: &Section, info: &KindInfo, share: f64) -> Section {
    let mut encoder = section(&info.kind);
    let same = chosen.kind == info.kind;
    let kept = chosen.settings.iter().filter(|(key, _)| same || *key == "from");
    encoder
        .settings
        .extend(kept.map(|(key, value)| (key.clone(), value.clone())));
    let mut set = |key: &str, value| encoder.settings.insert(key.to_owned(), Value::Number(value));
    set("share", share);
    if info.knobs.iter().any(|knob: &Knob| knob.key == "width") {
        set("width", 0.0);
    }
    encoder
}

fn section(kind: &str) -> Section {
    Section {
        kind: kind.to_owned(),
        ..Section::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{catalogue, demo};

    fn kinds() -> Vec<KindInfo> {
        let sections = catalogue().sections;
        let encoders = sections.into_iter().find(|section| section.key == "encoder");
        encoders.expect("a recipe has encoders").kinds
    }

    fn named(recipe: &str) -> Recipe {
        serde_json::from_str(recipe).expect("a recipe")
    }

    #[test]
    fn the_full_table_comes_once_and_each_kind_at_each_share() {
        let kinds = kinds();
        let all: Vec<String> = kinds
            .iter()
            .filter(|kind| shrinks(kind))
            .map(|kind| kind.kind.clone())
            .collect();
        assert_eq!(all.len() + 1, kinds.len(), "one kind is the full table");
        let choice = Choice {
            kinds: all.clone(),
            ..Choice::default()
        };
        let trials = sizes(&demo(), &kinds, &choice);
        assert_eq!(trials.len(), 1 + all.len() * SHARES.len());
        assert_eq!((trials[0].kind.as_str(), trials[0].share), ("full", None));
        let shares: Vec<_> = trials[1..].chunks(all.len()).map(|chunk| chunk[0].share).collect();
        assert_eq!(shares, SHARES.map(Some));
    }

    #[test]
    fn every_recipe_of_the_list_is_sound_and_differs_in_encoder_and_epochs_only() {
        let mut base = demo();
        base.train.settings.insert("epochs".to_owned(), Value::Number(7.0));
        let choice = Choice {
            epochs: Some(3.0),
            ..Choice::default()
        };
        for trial in sizes(&base, &kinds(), &choice) {
            assert!(trial.recipe.validate().is_ok(), "{} {:?}", trial.kind, trial.share);
            assert_eq!(epochs(&trial.recipe), 3.0);
            let mut back = trial.recipe;
            back.encoder = base.encoder.clone();
            back.train = base.train.clone();
            assert_eq!(back, base);
        }
    }

    #[test]
    fn what_the_reader_chose_of_a_kind_stays_and_a_network_goes_by_its_share() {
        let base = named(
            r#"{"version": 1, "seed": 1,
                "encoder": {"kind": "dhe", "layers": 3, "width": 99, "share": 0.9, "from": 10}}"#,
        );
        let choice = Choice {
            shares: [false, false, true, false, false],
            ..Choice::default()
        };
        let trials = sizes(&base, &kinds(), &choice);
        let encoders: Vec<Section> = trials.into_iter().map(|trial| trial.recipe.encoder).collect();
        let wanted = named(
            r#"{"version": 1, "seed": 1,
                "encoder": {"kind": "dhe", "layers": 3, "width": 0, "share": 0.25, "from": 10}}"#,
        );
        assert_eq!(encoders.last(), Some(&wanted.encoder));
        let hash = named(r#"{"version": 1, "seed": 1, "encoder": {"kind": "hash", "share": 0.25, "from": 10}}"#);
        assert_eq!(encoders[1], hash.encoder);
    }

    #[test]
    fn nothing_chosen_is_the_full_table_alone() {
        let choice = Choice {
            kinds: Vec::new(),
            ..Choice::default()
        };
        assert_eq!(sizes(&demo(), &kinds(), &choice).len(), 1);
    }
}
