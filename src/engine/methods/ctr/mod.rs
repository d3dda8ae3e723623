//! What models of click-through rates have in common: they read rows in which a user, an item and a moment meet, or rows
//! of features without names, and say how likely each is clicked. There is no vector of an item alone: they find nothing,
//! and every row is judged by itself.

#[cfg(test)]
mod parity;

use crate::engine::data::{Clicks, ClicksConfig};
use crate::engine::features::{Facts, Fields, NumericSpec};
use crate::engine::model::ClickModel;
use crate::engine::nn::{Init, Params, Pooling, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{CtrTrainer, Parts, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::{Method, RETRIEVER};

/// First values of field vectors: so small that words which come up seldom do not decide by chance. Ours.
pub const FIELD_INIT: Init = Init::Normal(0.01);

/// What such a method is.
pub const CTR: Method = Method {
    vectors: false,
    clicks: true,
    numbers: |_| true,
    knobs,
    ..RETRIEVER
};

/// The settings that every such method has. What the paper states is DeepFM's for Criteo.
pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::whole("dim", 2, 64, 16).paper(Value::Number(10.0)),
        Knob::sizes("hidden", 4, 1, 1024, &[64, 32]).paper(Value::Sizes(vec![400, 400, 400])),
        Knob::real("dropout", 0.0, 0.9, 0.0).paper(Value::Number(0.5)),
        Knob::real("click_from", -1000.0, 1000.0, 4.0),
        Knob::whole("min_count", 1, 1000, 2),
    ]
}

/// The rows to learn from, and how their ids and numbers become vectors.
pub struct Source<'a> {
    clicks: &'a Clicks,
    numeric: &'a NumericSpec,
}

/// The fields of all sides.
pub struct Sides {
    sides: Vec<Fields>,
}

impl Sides {
    /// Vectors of `width` columns for each field of all sides, which begin as `init` says; `prefix` goes before the
    /// parameters' names.
    pub fn build(
        source: &Source,
        prefix: &str,
        (width, init): (usize, Init),
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let sides = source.clicks.sides.iter().enumerate().map(|(place, side)| {
            let [occurrences, clicked] = source.clicks.tally(place);
            let facts = Facts {
                // Powers of a number are three columns, of which there is no sum with others.
                spec: if width == 1 && *source.numeric == NumericSpec::Youtube {
                    &NumericSpec::None
                } else {
                    source.numeric
                },
                table: &side.table,
                occurrences: &occurrences,
                clicks: Some(&clicked),
            };
            let name = format!("{prefix}{}", side.name);
            Fields::starting(facts, &name, (width, init), Pooling::Mean, params, rng)
        });
        Self { sides: sides.collect() }
    }

    /// To be looked into.
    pub fn fields(&mut self) -> Vec<&mut Fields> {
        self.sides.iter_mut().collect()
    }

    /// Columns of all fields together.
    pub fn columns(&self) -> usize {
        self.sides.iter().map(Fields::columns).sum()
    }

    /// Appends to `parts` one `[B, …]` variable for each field of each side; `rows` has for each side the rows that meet.
    pub fn encode(&mut self, tape: &mut Tape, params: &Params, rows: &[Vec<u32>], parts: &mut Vec<Var>) {
        for (fields, rows) in self.sides.iter_mut().zip(rows) {
            fields.encode(tape, params, rows, parts);
        }
    }
}

/// Puts the model that `build` makes of settings and sides to work on the rows of the data.
pub fn train(
    settings: &Settings,
    parts: Parts,
    build: impl FnOnce(&Settings, &Source, &mut Params, &mut Rng) -> Box<dyn ClickModel>,
) -> Result<Box<dyn Trainer>> {
    let dataset = &parts.world.dataset;
    let config = ClicksConfig {
        click_from: settings.real("click_from"),
        min_count: settings.whole("min_count"),
        // What makes a vector of any id needs no word for the unseen.
        fold_unseen: parts.encoders.is_none(),
    };
    let clicks = Clicks::build(dataset, &config, parts.seed)?;
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let source = Source {
        clicks: &clicks,
        numeric: &parts.numeric,
    };
    let model = build(settings, &source, &mut params, &mut rng);
    Ok(Box::new(CtrTrainer::new(parts, clicks, model, params)?))
}
