//! YouTube DNN: deep neural networks for recommendations, as a retrieval model (Covington et al., RecSys 2016).
//!
//! ```text
//! h = [ mean of E[i] over the history ; profile features ]     u = W_L relu( … relu(W_1 h + b_1) … ) + b_L
//! s(u, i) = ⟨u, V[i]⟩
//! ```
//!
//! The task is to predict the next item among all, by sampled softmax; the order of the history is lost on purpose.
//! "Tower" is the paper's, with an item table V of its own; "simple" is what MIND and ComiRec compare with under this
//! name: the mean of the history, one linear layer, and V = E. The paper's search tokens and the age of an example
//! have no counterpart here. Its sizes (256, thousands of negatives) are for a million videos; ours for a browser tab.

use crate::engine::data::{Batch, ItemId, UserId};
use crate::engine::features::{EMBEDDING_INIT, Fields};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Mlp, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::Method;

pub const METHOD: Method = Method {
    kind: "youtube_dnn",
    source: "Covington et al., RecSys 2016",
    gradient: true,
    vectors: true,
    metric: |_| Metric::Dot,
    queries: false,
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32),
            Knob::choice("shape", &["simple", "tower"], "tower"),
            Knob::sizes("hidden", 4, 1, 1024, &[64]),
            Knob::flag("tied", false),
            Knob::whole("feature_dim", 1, 64, 8),
        ]
    },
    build,
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = Params::default();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let dataset = &parts.world.dataset;
    let dim = settings.whole("dim") as usize;
    let width = settings.whole("feature_dim") as usize;
    let tower = settings.word("shape") == "tower";
    let n_items = dataset.items.len();

    let seen = params.table("item.id", n_items, dim, EMBEDDING_INIT, &mut rng);
    let wanted = if tower && !settings.flag("tied") {
        params.table("item.out", n_items, dim, EMBEDDING_INIT, &mut rng)
    } else {
        seen
    };
    let fields = if tower {
        Fields::build(&dataset.users, "user", width, Pooling::Mean, &mut params, &mut rng)
    } else {
        Fields::none()
    };
    let hidden = if tower { settings.sizes("hidden") } else { &[] };
    let input = dim + fields.len() * width;
    let model: Box<dyn Retriever> = Box::new(YoutubeDnn {
        tower: Mlp::build("user", input, hidden, dim, &mut params, &mut rng),
        seen,
        wanted,
        fields,
        parts: Vec::new(),
    });
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)))
}

struct YoutubeDnn {
    /// E: what a history is made of.
    seen: ParamId,
    /// V: what is looked for.
    wanted: ParamId,
    fields: Fields,
    tower: Mlp,
    /// Pieces of the tower's input: scratch.
    parts: Vec<Var>,
}

impl Retriever for YoutubeDnn {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        self.parts.clear();
        let history = ItemId::numbers(&batch.history_items);
        let mean = tape.gather_pool(params, self.seen, &batch.history_offsets, history, Pooling::Mean);
        self.parts.push(mean);
        let users = UserId::numbers(&batch.users);
        self.fields.encode(tape, params, users, &mut self.parts);
        Encoded {
            users: self.tower.forward(tape, params, &self.parts, Metric::Dot),
            items: tape.gather(params, self.wanted, items),
            penalty: None,
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }
}
