//! EBR, embedding-based retrieval in Facebook search: unified embeddings (Huang et al., KDD 2020, arXiv 2006.11632).
//!
//! What is looked for depends on what was typed and on who typed it, so the query side reads both; the document side
//! reads the text of the document and what else is known of it.
//!
//! ```text
//! h_Q = [ text of the query ; mean of E[i] over the history ; profile features ]      E_Q = MLP_Q(h_Q)
//! h_D = [ title ; E[i] ; item features ]                                              E_D = MLP_D(h_D)
//! S(Q, D) = cos(E_Q, E_D)
//! ```
//!
//! Texts are character trigrams and, in a table of their own, hashed word n-grams. "Text only" leaves out all but the
//! texts: the paper's baseline for the unified model. The encoders are separate, but for the
//! text tables where these are shared; the paper allows any sharing. Where no query is known, as in most events of the
//! planted world, its part of h_Q is zero. The paper's location and social features have no counterpart in our data;
//! its loss and its negatives are parts of the recipe. The sizes are ours, for a browser tab.
//!
//! Two such models can answer together (section 4.3): the second learns from offline hard negatives or from
//! impressions, at their defaults, or it is the unified one beside a first that reads texts alone.

#[cfg(test)]
mod parity;

use std::rc::Rc;

use crate::engine::data::{Batch, ItemId, Table, UserId};
use crate::engine::features::{EMBEDDING_INIT, Facts, Fields, Gram, Lists, TextField};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Mlp, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::sampling;
use crate::engine::train::{Leads, Member, Parts, RetrieverTrainer, Trainer, TwoStage, Weighted};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::{Method, POOLINGS, RETRIEVER, pooling};

pub const METHOD: Method = Method {
    kind: "ebr",
    source: "Huang et al., KDD 2020",
    metric: |_| Metric::Cosine,
    queries: true,
    numbers: |settings| {
        let second = settings.word("ensemble") != "none" && settings.word("second") == "unified";
        second || settings.word("text") == "unified"
    },
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32),
            Knob::sizes("hidden", 4, 1, 1024, &[64]),
            Knob::choice("text", &["unified", "text_only"], "unified"),
            Knob::choice("towers", &["separate", "shared_text"], "separate"),
            Knob::flag("word_ngrams", true),
            Knob::whole("buckets", 16, 1_048_576, 8192),
            Knob::whole("text_dim", 1, 128, 16),
            Knob::whole("feature_dim", 1, 64, 8),
            Knob::choice("pooling", &POOLINGS, "mean"),
            Knob::choice("ensemble", &["none", "weighted", "cascade"], "none"),
            Knob::choice("second", &["hard_offline", "impressions", "unified"], "hard_offline"),
            Knob::log("weight", 0.01, 100.0, 1.0),
            Knob::whole("reranked", 1, 10_000, 100),
        ]
    },
    build,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let ensemble = settings.word("ensemble");
    if ensemble == "none" {
        let unified = settings.word("text") == "unified";
        return Ok(Box::new(alone(settings, parts, 0, unified)?));
    }
    let world = Rc::clone(&parts.world);
    let mut second = parts.copy();
    let unified = match settings.word("second") {
        "unified" => [false, true],
        kind => {
            second.sampler = sampling::by_default(kind, &parts.world)?;
            [settings.word("text") == "unified"; 2]
        }
    };
    let first = alone(settings, parts, 0, unified[0])?;
    let second = alone(settings, second, 1, unified[1])?;
    if ensemble == "weighted" {
        return Ok(Box::new(Weighted::new(first, second, settings.real("weight"))));
    }
    let depth = settings.whole("reranked") as usize;
    Ok(Box::new(TwoStage::new(
        world,
        Box::new(first),
        second,
        Leads::First,
        depth,
    )))
}

/// One model; those of different `number` begin differently.
fn alone(settings: &Settings, parts: Parts, number: u64, unified: bool) -> Result<Member> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, number);
    let tables = [parts.of_users(), parts.of_items()];
    let model = Ebr::build(settings, tables, unified, &mut params, &mut rng);
    RetrieverTrainer::new(parts, Box::new(model), params)
}

struct Ebr {
    query_texts: Texts,
    title_texts: Texts,
    /// The parts of all titles, for each table of texts.
    titles: Vec<Lists>,
    /// Absent where only texts are read.
    known: Option<Known>,
    query_tower: Mlp,
    document_tower: Mlp,
    /// Pieces of a tower's input: scratch.
    parts: Vec<Var>,
}

/// What is known beside texts.
struct Known {
    /// E, one row for each item.
    ids: ParamId,
    user_fields: Fields,
    item_fields: Fields,
    pooling: Pooling,
}

impl Retriever for Ebr {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        Encoded {
            users: self.queries(tape, params, batch),
            items: self.documents(tape, params, items),
            penalty: None,
        }
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        let known = self.known.iter_mut();
        known
            .flat_map(|known| [&mut known.user_fields, &mut known.item_fields])
            .collect()
    }

    fn metric(&self) -> Metric {
        Metric::Cosine
    }
}

impl Ebr {
    fn build(
        settings: &Settings,
        [users, items]: [Facts; 2],
        unified: bool,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let dim = settings.whole("dim") as usize;
        let pooling = pooling(settings);

        let query_texts = Texts::build("query", settings, params, rng);
        let mut title_texts = match settings.word("towers") {
            "shared_text" => query_texts.clone(),
            _ => Texts::build("title", settings, params, rng),
        };
        let titles = title_texts.titles(items.table);
        let known = unified.then(|| {
            let width = settings.whole("feature_dim") as usize;
            let mut fields = |of: Facts, side| Fields::build(of, side, width, pooling, params, rng);
            let (user_fields, item_fields) = (fields(users, "user"), fields(items, "item"));
            Known {
                ids: params.embedding(Wanted::items("item.id", items.table.len(), dim, EMBEDDING_INIT), rng),
                user_fields,
                item_fields,
                pooling,
            }
        });
        let text_width = query_texts.0.len() * settings.whole("text_dim") as usize;
        let mut tower = |side: &str, fields: Option<&Fields>| {
            let known = fields.map_or(0, |fields| dim + fields.columns());
            let hidden = settings.sizes("hidden");
            Mlp::build(side, text_width + known, hidden, dim, params, rng)
        };
        Self {
            query_tower: tower("query", known.as_ref().map(|known| &known.user_fields)),
            document_tower: tower("document", known.as_ref().map(|known| &known.item_fields)),
            query_texts,
            title_texts,
            titles,
            known,
            parts: Vec::new(),
        }
    }

    /// `E_Q`, `[B, d]`.
    fn queries(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        self.parts.clear();
        for field in &mut self.query_texts.0 {
            let texts = (0..batch.len()).map(|row| batch.query(row));
            self.parts.push(field.encode(tape, params, texts));
        }
        if let Some(known) = &mut self.known {
            self.parts.push(tape.gather_pool(
                params,
                known.ids,
                &batch.history_offsets,
                ItemId::numbers(&batch.history_items),
                known.pooling,
            ));
            let users = UserId::numbers(&batch.users);
            known.user_fields.encode(tape, params, users, &mut self.parts);
        }
        self.query_tower.forward(tape, params, &self.parts, Metric::Cosine)
    }

    /// `E_D`, `[C, d]`.
    fn documents(&mut self, tape: &mut Tape, params: &Params, items: &[u32]) -> Var {
        self.parts.clear();
        for (field, titles) in self.title_texts.0.iter_mut().zip(&self.titles) {
            let title = field.encode_rows(tape, params, titles, items);
            self.parts.push(title);
        }
        if let Some(known) = &mut self.known {
            self.parts.push(tape.gather(params, known.ids, items));
            known.item_fields.encode(tape, params, items, &mut self.parts);
        }
        self.document_tower.forward(tape, params, &self.parts, Metric::Cosine)
    }
}

/// The tables of one side's texts: character trigrams, and perhaps word n-grams. A clone reads the same tables.
#[derive(Clone)]
struct Texts(Vec<TextField>);

impl Texts {
    fn build(side: &str, settings: &Settings, params: &mut Params, rng: &mut Rng) -> Self {
        let mut table = |kind: &str, grams: &[Gram]| {
            TextField::build(
                &format!("{side}.{kind}"),
                grams,
                settings.whole("buckets"),
                settings.whole("text_dim") as usize,
                pooling(settings),
                params,
                rng,
            )
        };
        let mut tables = vec![table("trigrams", &[Gram::CharTrigram])];
        if settings.flag("word_ngrams") {
            tables.push(table("words", &[Gram::Word, Gram::WordBigram]));
        }
        Self(tables)
    }

    /// The parts of the items' titles for each table; an item without a title has none.
    fn titles(&mut self, items: &Table) -> Vec<Lists> {
        let title = |row: usize| items.titles.get(row).map_or("", String::as_str);
        let lists = |field: &mut TextField| field.lists((0..items.len()).map(title));
        self.0.iter_mut().map(lists).collect()
    }
}
