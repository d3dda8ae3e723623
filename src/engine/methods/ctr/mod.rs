//! What models of click-through rates have in common: they read rows in which a user, an item and a moment meet, or rows
//! of features without names, and say how likely each is clicked. There is no vector of an item alone: they find nothing,
//! and every row is judged by itself.

#[cfg(test)]
mod parity;

use crate::engine::data::clicks::Side;
use crate::engine::data::{Clicks, ClicksConfig};
use crate::engine::features::Fields;
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

/// The fields of all sides.
pub struct Sides {
    sides: Vec<Fields>,
    width: usize,
}

impl Sides {
    /// Vectors of `width` columns for each field of `sides`, which begin as `init` says; `prefix` goes before the parameters'
    /// names.
    pub fn build(sides: &[Side], prefix: &str, width: usize, init: Init, params: &mut Params, rng: &mut Rng) -> Self {
        let fields = |side: &Side| {
            let name = format!("{prefix}{}", side.name);
            Fields::starting(&side.table, &name, (width, init), Pooling::Mean, params, rng)
        };
        Self {
            sides: sides.iter().map(fields).collect(),
            width,
        }
    }

    /// Columns of all fields together.
    pub fn columns(&self) -> usize {
        self.width * self.sides.iter().map(Fields::len).sum::<usize>()
    }

    /// Appends to `parts` one `[B, width]` variable for each field of each side; `rows` has for each side the rows that
    /// meet.
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
    build: impl FnOnce(&Settings, &[Side], &mut Params, &mut Rng) -> Box<dyn ClickModel>,
) -> Result<Box<dyn Trainer>> {
    let dataset = &parts.world.dataset;
    let config = ClicksConfig {
        click_from: settings.real("click_from"),
        min_count: settings.whole("min_count"),
        fold_unseen: true,
    };
    let clicks = Clicks::build(dataset, &config, parts.seed)?;
    let mut params = Params::new();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let model = build(settings, &clicks.sides, &mut params, &mut rng);
    Ok(Box::new(CtrTrainer::new(parts, clicks, model, params)))
}
