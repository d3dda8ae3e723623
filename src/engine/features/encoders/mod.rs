//! What embeddings are made of: a table with a row for each id, rows that ids share, or a network that reads hashes.
//!
//! | kind | vector of an id | numbers |
//! |---|---|---|
//! | full | `W[id]` | V d |
//! | hash | `W[h(id)]` | M d |
//! | double, multi hash | `Σ_i W[h_i(id)]` | M d |
//! | quotient-remainder | `W_1[id mod M] ⊙ W_2[⌊id / M⌋]` | (M + ⌈V / M⌉) d |
//! | hash embedding | `Σ_i p_i(id) W[h_i(id)]` | M d + M' k |
//! | DHE | `network(codes of id)` | those of the network |
//!
//! So that they can be compared, the rows of all but the first and the last follow from the share of the full table's
//! numbers that they may take. Fields of few words keep a full table: there is nothing to be saved.

mod dhe;
mod hash_embedding;
mod hashes;
mod quotient_remainder;
mod shared_rows;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod properties;

use std::rc::Rc;

use crate::engine::data::Table;
use crate::engine::fnv::Fnv;
use crate::engine::nn::{Encoder, Encoders, Init, Of, Params, Wanted};
use crate::engine::rng::{Purpose, Rng};
use crate::settings::{Knob, Settings};

use super::Lists;
use super::fields::categories;

/// An entry of the table of encoders.
pub struct EncoderKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Makes one; nothing for a table with a row for each id.
    pub build: Build,
}

/// Makes the encoder of an embedding, with its parameters.
pub type Build = fn(&Asked, &mut Params, &mut Rng) -> Option<Rc<dyn Encoder>>;

/// All encoders, the plain table first.
pub const ENCODERS: &[EncoderKind] = &[
    EncoderKind {
        kind: "full",
        source: "",
        knobs: Vec::new,
        build: |_, _, _| None,
    },
    shared_rows::HASH,
    shared_rows::DOUBLE_HASH,
    shared_rows::MULTI_HASH,
    quotient_remainder::KIND,
    hash_embedding::KIND,
    dhe::KIND,
];

/// What an encoder is made from.
pub struct Asked<'a> {
    /// The embedding.
    pub wanted: Wanted<'a>,
    /// The settings of its kind.
    pub settings: &'a Settings,
    /// Its hashes are drawn from this.
    pub chance: Rng,
    /// What is known of the items, where it reads that and the ids are theirs.
    pub known: Option<&'a Rc<Known>>,
}

/// Words of the items, all fields in one list for each item.
#[derive(Debug, Default)]
pub struct Known {
    /// Words of each item.
    pub words: Lists,
    /// Different words.
    pub n_words: usize,
}

/// The recipe's choice: makes embeddings of one kind.
#[derive(Debug)]
struct Chosen {
    build: Build,
    settings: Settings,
    seed: u32,
    known: Option<Rc<Known>>,
}

/// What makes embeddings by `kind` and its checked settings, for data with these `items`; nothing for plain tables.
#[must_use]
pub fn chosen(kind: &EncoderKind, settings: &Settings, seed: u32, items: &Table) -> Option<Rc<dyn Encoders>> {
    if kind.kind == ENCODERS[0].kind {
        return None;
    }
    let reads_words = settings.values().contains_key("side_features") && settings.flag("side_features");
    Some(Rc::new(Chosen {
        build: kind.build,
        settings: settings.clone(),
        seed,
        known: reads_words.then(|| Rc::new(Known::of(items))),
    }))
}

impl Encoders for Chosen {
    fn build(&self, wanted: &Wanted, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>> {
        if wanted.of == Of::Words && wanted.n_ids < self.settings.whole("from") as usize {
            return None;
        }
        let name = Fnv::of(wanted.name.as_bytes());
        let asked = Asked {
            wanted: *wanted,
            settings: &self.settings,
            chance: Rng::stream(self.seed, Purpose::Hashing, name.finish()),
            known: self.known.as_ref().filter(|_| wanted.of == Of::Items),
        };
        (self.build)(&asked, params, rng)
    }
}

impl Known {
    /// Words that an item's list may hold: beyond it a network would read little else.
    const WORDS_MAX: usize = 512;

    /// The words of all categorical fields of `items`, as far as there are not too many.
    fn of(items: &Table) -> Self {
        let mut known = Self::default();
        let mut fields = Vec::new();
        for field in categories(items) {
            if known.n_words + field.n_words <= Self::WORDS_MAX {
                fields.push((known.n_words as u32, field.words));
                known.n_words += field.n_words;
            }
        }
        for item in 0..items.len() {
            for (first, words) in &fields {
                known.words.ids.extend(words.row(item).iter().map(|word| first + word));
            }
            known.words.end_row();
        }
        known
    }
}

impl Asked<'_> {
    /// Numbers that may be used: the chosen share of a full table's, at least one row's.
    fn numbers(&self) -> f64 {
        let full = self.wanted.n_ids as f64 * self.wanted.width as f64;
        (full * self.settings.number("share")).max(self.wanted.width as f64)
    }

    /// The name of a parameter of its own.
    fn named(&self, part: &str) -> String {
        format!("{}.{part}", self.wanted.name)
    }
}

/// The settings of all that share rows.
fn share() -> Knob {
    Knob::log("share", 1.0 / 1024.0, 1.0, 0.25)
}

/// Fields of fewer words keep a full table.
fn from() -> Knob {
    Knob::whole("from", 1, 1_000_000, 100)
}

/// Normal, with `factor` times the standard deviation of `init`; zeros stay zeros.
fn scaled(init: Init, factor: f32) -> Init {
    match init {
        Init::Normal(deviation) => Init::Normal(deviation * factor),
        Init::Uniform(a) => Init::Uniform(a * factor),
        other => other,
    }
}
