//! The two-tower model: a user and an item each pass through a network of their own, and meet only in a product
//! (Yi et al., RecSys 2019, section 3; Huang et al., KDD 2020, section 2.2).
//!
//! ```text
//! h_u = [ mean of E[i] over the history ; profile features ]      u = MLP_u(h_u)
//! h_i = [ E[i] ; item features ]                                  v = MLP_i(h_i)
//! s(u, i) = ⟨u, v⟩, both scaled to length 1 under cosine
//! ```
//!
//! The history shares the item tower's id table E. Layers but the last are ReLU, the last is linear: a ReLU there
//! would hold every vector in the positive orthant. Yi et al. use towers of [512, 128] on Wikipedia and
//! [1024, 512, 128] on YouTube; ours are sized for a browser tab.

use crate::engine::data::{Batch, ItemId, UserId};
use crate::engine::features::{EMBEDDING_INIT, Facts, Fields};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Mlp, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::{Method, POOLINGS, RETRIEVER, pooling};

pub const METHOD: Method = Method {
    kind: "two_tower",
    source: "Yi et al., RecSys 2019",
    metric,
    numbers: |settings| settings.flag("user_features") || settings.flag("item_features"),
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32),
            Knob::sizes("hidden", 4, 1, 1024, &[64]),
            Knob::choice("similarity", &["cosine", "dot"], "cosine"),
            Knob::choice("pooling", &POOLINGS, "mean"),
            Knob::flag("user_features", true),
            Knob::flag("item_features", true),
            Knob::whole("feature_dim", 1, 64, 8),
        ]
    },
    build,
    ..RETRIEVER
};

fn metric(settings: &Settings) -> Metric {
    match settings.word("similarity") {
        "dot" => Metric::Dot,
        _ => Metric::Cosine,
    }
}

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let dataset = &parts.world.dataset;
    let dim = settings.whole("dim") as usize;
    let feature_dim = settings.whole("feature_dim") as usize;
    let hidden = settings.sizes("hidden");

    let ids = params.embedding(
        Wanted::items("item.id", dataset.items.len(), dim, EMBEDDING_INIT),
        &mut rng,
    );
    let mut fields = |on, of: Facts, side| {
        if settings.flag(on) {
            Fields::build(of, side, feature_dim, Pooling::Mean, &mut params, &mut rng)
        } else {
            Fields::none()
        }
    };
    let user_fields = fields("user_features", parts.of_users(), "user");
    let item_fields = fields("item_features", parts.of_items(), "item");
    let mut tower =
        |side: &str, fields: &Fields| Mlp::build(side, dim + fields.columns(), hidden, dim, &mut params, &mut rng);
    let model: Box<dyn Retriever> = Box::new(TwoTower {
        ids,
        user_tower: tower("user", &user_fields),
        item_tower: tower("item", &item_fields),
        user_fields,
        item_fields,
        pooling: pooling(settings),
        metric: metric(settings),
        parts: Vec::new(),
    });
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

struct TwoTower {
    /// E, one row for each item.
    ids: ParamId,
    user_fields: Fields,
    item_fields: Fields,
    user_tower: Mlp,
    item_tower: Mlp,
    pooling: Pooling,
    metric: Metric,
    /// Pieces of a tower's input: scratch.
    parts: Vec<Var>,
}

impl Retriever for TwoTower {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        Encoded {
            users: self.users(tape, params, batch),
            items: self.items(tape, params, items),
            penalty: None,
        }
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        vec![&mut self.user_fields, &mut self.item_fields]
    }

    fn metric(&self) -> Metric {
        self.metric
    }
}

impl TwoTower {
    /// u, `[B, d]`.
    fn users(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        self.parts.clear();
        self.parts.push(tape.gather_pool(
            params,
            self.ids,
            &batch.history_offsets,
            ItemId::numbers(&batch.history_items),
            self.pooling,
        ));
        let users = UserId::numbers(&batch.users);
        self.user_fields.encode(tape, params, users, &mut self.parts);
        self.user_tower.forward(tape, params, &self.parts, self.metric)
    }

    /// v, `[C, d]`.
    fn items(&mut self, tape: &mut Tape, params: &Params, items: &[u32]) -> Var {
        self.parts.clear();
        self.parts.push(tape.gather(params, self.ids, items));
        self.item_fields.encode(tape, params, items, &mut self.parts);
        self.item_tower.forward(tape, params, &self.parts, self.metric)
    }
}
