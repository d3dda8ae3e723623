//! MGDSPR: retrieval for a typed query, personal to who typed it (Li et al., KDD 2021, "Embedding-based Product
//! Retrieval in Taobao Search", arXiv 2106.09297).
//!
//! ```text
//! Q = the semantic unit of the query          H = behaviour, attended to by Q
//! u = fusion of [CLS], Q, H_real, H_short, H_long
//! v = E[i] + tanh(mean of the title's words · W)              s = ⟨u, v⟩
//! ```
//!
//! Softmax over shared negatives, its temperature and the mixed negatives of the paper belong to loss and sampler.
//! Simpler than the paper: no dropout, events of one kind, windows by number of events, and words by hash, shared by
//! queries and titles. Scaling by `1/√d` inside self-attention, and the residual around each LSTM layer, are ours
//! where the paper does not say.

mod behaviour;
mod fusion;
#[cfg(test)]
pub(super) mod parity;
mod semantic_unit;
#[cfg(test)]
mod tests;

use crate::engine::data::{Batch, Dataset};
use crate::engine::features::{EMBEDDING_INIT, Facts, Gram, Lists, TextField};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Activation, Init, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use self::behaviour::{Behaviour, Windows};
use self::fusion::Fusion;
use self::semantic_unit::SemanticUnit;

use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "mgdspr",
    source: "Li et al., KDD 2021",
    queries: true,
    numbers: |_| true,
    knobs,
    build,
    ..RETRIEVER
};

fn knobs() -> Vec<Knob> {
    let paper = |value: u32| Value::Number(f64::from(value));
    vec![
        Knob::whole("heads", 1, 8, 4).paper(paper(8)),
        Knob::whole("head_dim", 1, 32, 8).paper(paper(16)),
        Knob::choice("semantic_unit", &["all", "words"], "all"),
        Knob::flag("trm", true),
        Knob::whole("real_time", 1, 50, 5).paper(paper(50)),
        Knob::whole("short_term", 1, 100, 10).paper(paper(100)),
        Knob::whole("past_queries", 0, 50, 5),
        Knob::whole("buckets", 16, 65_536, 4_096),
    ]
}

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (dataset, items) = (&parts.world.dataset, parts.of_items());
    let model: Box<dyn Retriever> = Box::new(Mgdspr::build(settings, dataset, items, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

struct Mgdspr {
    unit: SemanticUnit,
    behaviour: Behaviour,
    fusion: Fusion,
    item_tower: ItemTower,
}

struct ItemTower {
    /// E, one row for each item.
    items: ParamId,
    words: TextField,
    /// W.
    weight: ParamId,
    /// Words of each item's title; of no item where there are no titles.
    titles: Lists,
}

impl Mgdspr {
    fn build(settings: &Settings, dataset: &Dataset, known: Facts, params: &mut Params, rng: &mut Rng) -> Self {
        let heads = settings.whole("heads") as usize;
        let dim = heads * settings.whole("head_dim") as usize;
        let buckets = settings.whole("buckets");
        let items = params.embedding(Wanted::items("item.id", dataset.items.len(), dim, EMBEDDING_INIT), rng);
        let words = TextField::build("word", &[Gram::Word], buckets, dim, Pooling::Mean, params, rng);
        let past = settings.whole("past_queries") as usize;
        let windows = Windows {
            real_time: settings.whole("real_time") as usize,
            short_term: settings.whole("short_term") as usize,
        };
        Self {
            item_tower: ItemTower::build(items, words.clone(), dataset, params, rng),
            unit: match settings.word("semantic_unit") {
                "words" => SemanticUnit::of_words(words),
                _ => SemanticUnit::of_all(words, (buckets, dim), &dataset.queries, (heads, past), params, rng),
            },
            behaviour: Behaviour::build(items, known, windows, heads, params, rng),
            fusion: if settings.flag("trm") {
                Fusion::by_attention(dim, heads, params, rng)
            } else {
                Fusion::by_mean(dim, params, rng)
            },
        }
    }

    /// u, `[B, d]`.
    fn users(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        let views = self.unit.views();
        let queries = self.unit.encode(tape, params, batch);
        let [real, short, long] = self.behaviour.encode(tape, params, batch, (queries, views));
        let rows = [queries, real, short, long];
        self.fusion.encode(tape, params, (batch.len(), views), rows)
    }
}

impl Retriever for Mgdspr {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        Encoded {
            users: self.users(tape, params, batch),
            items: self.item_tower.encode(tape, params, items),
            penalty: None,
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }
}

impl ItemTower {
    fn build(items: ParamId, mut words: TextField, dataset: &Dataset, params: &mut Params, rng: &mut Rng) -> Self {
        let width = params.shape(items).1;
        Self {
            items,
            weight: params.dense("item.title", width, width, Init::Glorot, rng),
            titles: words.lists(dataset.items.titles.iter().map(String::as_str)),
            words,
        }
    }

    /// v, `[C, d]`. An item without a title is its own vector alone.
    fn encode(&mut self, tape: &mut Tape, params: &Params, items: &[u32]) -> Var {
        let ids = tape.gather(params, self.items, items);
        if self.titles.ids.is_empty() {
            return ids;
        }
        let words = self.words.encode_rows(tape, params, &self.titles, items);
        let title = tape.linear(params, words, self.weight, None, Activation::Tanh);
        tape.add(ids, title)
    }
}

/// Makes `offsets` those of `blocks` blocks of `rows` rows.
fn even(offsets: &mut Vec<u32>, blocks: usize, rows: usize) {
    offsets.clear();
    offsets.extend((0..=blocks).map(|block| (block * rows) as u32));
}
