//! GRCN: graph-refined convolutional network for multimedia recommendation with implicit feedback (Wei et al., ACM MM
//! 2020).
//!
//! ```text
//! prototypes of users, for each modality m, over t = 1 … T:
//!   p_ui = softmax_{i ∈ N(u)} ⟨ī, u^(t−1)⟩     u^(t) = normalise(u^(t−1) + Σ_i p_ui ī)     ū = u^(T)
//! affinity:  s̄_{u←i} = softmax_{i ∈ N(u)} ⟨ū, ī⟩     s̄_{i←u} = softmax_{u ∈ N(i)} ⟨ī, ū⟩
//! fusion:    s_{u←i} = max_m ρ_u^m s̄^m_{u←i}         s_{i←u} = max_m ρ_i^m s̄^m_{i←u};     hard pruning: relu(s)
//! layers:    e_u^(l) = Σ_i s_{u←i} e_i^(l−1)          e_i^(l) = Σ_u s_{i←u} e_u^(l−1);      e = Σ_l e^(l)
//! y_ui = ⟨[e_u ; ū^1 ; ū^2 …], [e_i ; ī^1 ; ī^2 …]⟩
//! ```
//!
//! The paper's formulas are followed where its released code departs from them: there routing leaves the prototypes as
//! they were, and confidence is the sender's. Its modalities are images, sounds and texts; see `modalities.rs` for what
//! stands for them in other data. Of the regulariser only what a batch touches counts, as in the code: mean squares of its
//! ids. The whole graph is computed in every step, so that a step costs what the graph costs.

mod graph;
mod modalities;
mod refine;

#[cfg(test)]
mod parity;

use crate::engine::data::{Batch, ItemId, UserId};
use crate::engine::inside::{Edges, Inside, Looked};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Edges as OnTape, Init, ParamId, Params, Tape, Var};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::{Method, RETRIEVER};
pub use graph::Graph;
use modalities::{Modality, modalities};
pub use refine::convolve;
use refine::{Fusion, affinity, fuse, route};

pub const METHOD: Method = Method {
    kind: "grcn",
    source: "Wei et al., ACM MM 2020",
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32).paper(Value::Number(64.0)),
            Knob::whole("content_dim", 2, 128, 16).paper(Value::Number(64.0)),
            Knob::whole("rounds", 0, 10, 3).paper(Value::Number(3.0)),
            Knob::whole("layers", 0, 5, 2).paper(Value::Number(2.0)),
            Knob::choice("pruning", &["soft", "hard"], "soft").paper(Value::Text("soft".to_owned())),
            Knob::choice("fusion", &["base", "max", "mean"], "base").paper(Value::Text("base".to_owned())),
            Knob::log("l2", 1e-6, 1.0, 1e-4).paper(Value::Number(1e-4)),
        ]
    },
    build,
    encoded: false,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (graph, items) = (Graph::of(&parts.world), &parts.world.dataset.items);
    let sources = modalities(items, settings.whole("content_dim") as usize, &mut params, &mut rng);
    let model: Box<dyn Retriever> = Box::new(Grcn::build(settings, graph, sources, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

/// The model.
struct Grcn {
    graph: Graph,
    /// `E_u`, `[N, d]`, and `E_i`, `[M, d]`.
    ids: [ParamId; 2],
    modalities: Vec<Known>,
    rounds: usize,
    layers: usize,
    fusion: Fusion,
    l2: f32,
    /// The parts of users and of items, and the weights of edges in each modality: scratch.
    parts: [Vec<Var>; 2],
    scores: [Vec<Var>; 2],
}

/// A modality with what belongs to it.
struct Known {
    name: String,
    modality: Modality,
    /// u^(0), `[N, D']`.
    prototypes: ParamId,
    /// ρ of users, `[N, 1]`, and of items, `[M, 1]`, where modalities are fused by them.
    base: Option<[ParamId; 2]>,
}

impl Grcn {
    fn build(
        settings: &Settings,
        graph: Graph,
        sources: Vec<(String, Modality)>,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let (n, m, d) = (graph.n_users, graph.n_items, settings.whole("dim") as usize);
        let width = settings.whole("content_dim") as usize;
        let mut known = Vec::new();
        for (name, modality) in sources {
            known.push(Known {
                modality,
                name: name.clone(),
                prototypes: params.dense(&format!("prototype.{name}"), n, width, Init::Glorot, rng),
                base: (settings.word("fusion") == "base").then(|| {
                    [("user", n), ("item", m)]
                        .map(|(side, rows)| params.dense(&format!("base.{side}.{name}"), rows, 1, Init::Glorot, rng))
                }),
            });
        }
        Self {
            ids: [("user.id", n), ("item.id", m)].map(|(name, rows)| params.dense(name, rows, d, Init::Glorot, rng)),
            graph,
            modalities: known,
            rounds: settings.whole("rounds") as usize,
            layers: settings.whole("layers") as usize,
            fusion: Fusion {
                mean: settings.word("fusion") == "mean",
                hard: settings.word("pruning") == "hard",
            },
            l2: settings.real("l2"),
            parts: Default::default(),
            scores: Default::default(),
        }
    }

    /// The edges by users and by items.
    fn edges(&self, tape: &mut Tape) -> [OnTape; 2] {
        [&self.graph.to_users, &self.graph.to_items].map(|heard| tape.edges(&heard.to, &heard.from))
    }

    /// Users and items with their content beside, and s by users and by items, `[E, 1]`.
    fn refine(&mut self, tape: &mut Tape, params: &Params) -> ([Var; 2], [Var; 2]) {
        let edges = self.edges(tape);
        let first = self.ids.map(|ids| tape.param(params, ids));
        let Self { parts, scores, .. } = self;
        for (side, first) in first.into_iter().enumerate() {
            parts[side].clear();
            parts[side].push(first);
            scores[side].clear();
        }
        for known in &self.modalities {
            let items = known.modality.content(tape, params);
            let first = tape.param(params, known.prototypes);
            let users = route(tape, first, items, edges[0], self.graph.n_users, self.rounds);
            let found = [
                affinity(tape, users, items, edges[0]),
                affinity(tape, items, users, edges[1]),
            ];
            let heard = [&self.graph.to_users, &self.graph.to_items];
            for (side, (affinity, heard)) in found.into_iter().zip(heard).enumerate() {
                let base = known.base.map(|base| {
                    let base = tape.param(params, base[side]);
                    tape.select(base, heard.to.iter().copied())
                });
                let score = base.map_or(affinity, |base| tape.mul(base, affinity));
                scores[side].push(score);
            }
            parts[0].push(users);
            parts[1].push(items);
        }
        let weights = [0, 1].map(|side| fuse(tape, &scores[side], self.fusion));
        let sums = convolve(tape, first, weights, edges, self.layers);
        let nodes = [0, 1].map(|side| {
            // Instead of what nodes were before they heard anything.
            parts[side][0] = sums[side];
            tape.concat(&parts[side])
        });
        (nodes, weights)
    }

    /// Mean squares of the ids that a batch touches.
    fn regularise(&self, tape: &mut Tape, params: &Params, batch: &Batch) -> Option<Var> {
        let rows = [UserId::numbers(&batch.users), ItemId::numbers(&batch.positives)];
        let mut penalty = None;
        for (ids, rows) in self.ids.into_iter().zip(rows).filter(|(_, rows)| !rows.is_empty()) {
            let all = tape.param(params, ids);
            let touched = tape.select(all, rows.iter().copied());
            let squares = tape.mul(touched, touched);
            let sum = tape.sum(squares);
            let mean = tape.scale(sum, self.l2 / (rows.len() * params.shape(ids).1) as f32);
            penalty = Some(match penalty {
                Some(before) => tape.add(before, mean),
                None => mean,
            });
        }
        penalty
    }
}

impl Retriever for Grcn {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        let [users, all] = self.refine(tape, params).0;
        let training = !batch.positives.is_empty();
        Encoded {
            users: tape.select(users, UserId::numbers(&batch.users).iter().copied()),
            items: tape.select(all, items.iter().copied()),
            penalty: training.then(|| self.regularise(tape, params, batch)).flatten(),
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn all(&mut self, tape: &mut Tape, params: &Params) -> Option<[Var; 2]> {
        Some(self.refine(tape, params).0)
    }

    fn inside(&mut self, tape: &mut Tape, params: &Params, _batch: &Batch, _looked: Looked) -> Inside {
        let (_, [weights, _]) = self.refine(tape, params);
        let names = self.modalities.iter().map(|known| known.name.clone());
        let of_users = self.scores[0].iter().map(|score| tape.value(*score).to_vec());
        Inside::Edges(Edges {
            users: self.graph.to_users.to.clone(),
            items: self.graph.to_users.from.clone(),
            weights: tape.value(weights).to_vec(),
            modalities: names.zip(of_users).collect(),
        })
    }
}
