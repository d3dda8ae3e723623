//! LightGCN: simplifying and powering graph convolution network for recommendation (He et al., SIGIR 2020).
//!
//! ```text
//! e_u^(l) = Σ_{i ∈ N(u)} e_i^(l−1) / √(|N(u)| |N(i)|)     e_i^(l) likewise     e = 1 / (L + 1) Σ_l e^(l)     y_ui = ⟨e_u, e_i⟩
//! ```
//!
//! What GRCN refines: every edge counts, by the degrees of its ends alone.

use crate::engine::data::{Batch, UserId};
use crate::engine::inside::{Edges, Inside, Looked};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Init, ParamId, Params, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::grcn::{Graph, convolve};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "lightgcn",
    source: "He et al., SIGIR 2020",
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32).paper(Value::Number(64.0)),
            Knob::whole("layers", 0, 5, 2).paper(Value::Number(3.0)),
        ]
    },
    build,
    encoded: false,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let graph = Graph::of(&parts.world);
    let (rows, dim) = ([graph.n_users, graph.n_items], settings.whole("dim") as usize);
    let model: Box<dyn Retriever> = Box::new(LightGcn {
        ids: [("user.id", rows[0]), ("item.id", rows[1])]
            .map(|(name, rows)| params.dense(name, rows, dim, Init::Normal(0.1), &mut rng)),
        weights: graph.normalised(),
        layers: settings.whole("layers") as usize,
        graph,
    });
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

struct LightGcn {
    graph: Graph,
    /// By users and by items, `[E]`.
    weights: [Vec<f32>; 2],
    /// e^(0) of users and items.
    ids: [ParamId; 2],
    layers: usize,
}

impl LightGcn {
    /// Users and items.
    fn nodes(&self, tape: &mut Tape, params: &Params) -> [Var; 2] {
        let heard = [&self.graph.to_users, &self.graph.to_items];
        let edges = heard.map(|heard| tape.edges(&heard.to, &heard.from));
        let weights = [0, 1].map(|side| tape.input(self.weights[side].len(), 1, &self.weights[side]));
        let first = self.ids.map(|ids| tape.param(params, ids));
        let sums = convolve(tape, first, weights, edges, self.layers);
        let share = 1.0 / (self.layers + 1) as f32;
        sums.map(|sum| tape.scale(sum, share))
    }
}

impl Retriever for LightGcn {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        let [users, all] = self.nodes(tape, params);
        Encoded {
            users: tape.select(users, UserId::numbers(&batch.users).iter().copied()),
            items: tape.select(all, items.iter().copied()),
            penalty: None,
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn all(&mut self, tape: &mut Tape, params: &Params) -> Option<[Var; 2]> {
        Some(self.nodes(tape, params))
    }

    fn inside(&mut self, _tape: &mut Tape, _params: &Params, _batch: &Batch, _looked: Looked) -> Inside {
        Inside::Edges(Edges {
            users: self.graph.to_users.to.clone(),
            items: self.graph.to_users.from.clone(),
            weights: self.weights[0].clone(),
            modalities: Vec::new(),
        })
    }
}
