//! MIND: multi-interest network with dynamic routing (Li et al., CIKM 2019).
//!
//! ```text
//! h_i = S e_i     v_1 … v_K' = B2I dynamic routing of the history (see `nn/ops/routing.rs`), K' = max(1, min(K, ⌊log₂ |I_u|⌋))
//! V_u = MLP([v_k ; profile]), the same for every k
//! training: v_u = V_uᵀ softmax((V_u e_t)^p), softmax on ⟨v_u, e_t⟩     serving: s(u, i) = max_k ⟨v_k, e_i⟩
//! ```
//!
//! First logits are drawn from N(0, σ²) once, for every place in a history, and are the same for all users: drawn anew
//! they would move every vector in every picture. Of a user's K vectors those beyond K' repeat the first, so that they
//! add nothing to a maximum. The power p of the label-aware attention is the paper's best, infinity, unless otherwise
//! chosen: the interest nearest to the target learns. Finite powers keep the sign: the square of a dislike would be a
//! liking. Item embeddings are those of ids alone. The last layer of the MLP is linear, where the paper has ReLU: with it
//! all interests would lie in one orthant.

use crate::engine::data::{Batch, UserId};
use crate::engine::features::{EMBEDDING_INIT, Facts, Fields};
use crate::engine::inside::{Inside, Looked};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Readout, Retriever};
use crate::engine::nn::{Mlp, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::interests::{BehaviourToInterest, Extractor, INTERESTS_MAX, inside, read};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "mind",
    source: "Li et al., CIKM 2019",
    numbers: |settings| settings.flag("user_features"),
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32).paper(Value::Number(36.0)),
            Knob::whole("interests", 1, INTERESTS_MAX, 4).paper(Value::Number(3.0)),
            Knob::choice("power", &["0", "1", "2", "4", "infinite"], "infinite"),
            Knob::flag("adaptive", true).paper(Value::Flag(true)),
            Knob::whole("rounds", 1, 10, 3).paper(Value::Number(3.0)),
            Knob::real("sigma", 0.0, 10.0, 1.0).paper(Value::Number(1.0)),
            Knob::sizes("hidden", 4, 1, 1024, &[64]),
            Knob::flag("user_features", true).paper(Value::Flag(true)),
            Knob::whole("feature_dim", 1, 64, 8),
        ]
    },
    build,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let dataset = &parts.world.dataset;
    let (n_items, places) = (dataset.items.len(), parts.train.history);
    let users = parts.of_users();
    let model = Mind::build(settings, n_items, users, places, parts.seed, &mut params, &mut rng);
    let model: Box<dyn Retriever> = Box::new(model);
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

/// The model.
pub(super) struct Mind {
    /// E.
    items: ParamId,
    pub(super) extractor: BehaviourToInterest,
    profile: Fields,
    tower: Mlp,
    /// p; none for infinity.
    power: Option<f32>,
    /// Every user K times, and the pieces of the tower's input: scratch.
    numbers: Vec<u32>,
    pieces: Vec<Var>,
}

impl Mind {
    pub(super) fn build(
        settings: &Settings,
        n_items: usize,
        users: Facts,
        places: usize,
        seed: u32,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let (dim, width) = (settings.whole("dim") as usize, settings.whole("feature_dim") as usize);
        let items = params.embedding(Wanted::items("item.id", n_items, dim, EMBEDDING_INIT), rng);
        let extractor = BehaviourToInterest::build(settings, items, places, seed, params, rng);
        let profile = if settings.flag("user_features") {
            Fields::build(users, "user", width, Pooling::Mean, params, rng)
        } else {
            Fields::none()
        };
        Self {
            tower: Mlp::build(
                "user",
                dim + profile.columns(),
                settings.sizes("hidden"),
                dim,
                params,
                rng,
            ),
            power: settings.word("power").parse::<u8>().ok().map(f32::from),
            items,
            extractor,
            profile,
            numbers: Vec::new(),
            pieces: Vec::new(),
        }
    }
}

impl Retriever for Mind {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        let capsules = read(&mut self.extractor, tape, params, batch);
        self.pieces.clear();
        self.pieces.push(capsules);
        let heads = self.extractor.heads();
        self.numbers.clear();
        for &user in UserId::numbers(&batch.users) {
            self.numbers.extend(std::iter::repeat_n(user, heads));
        }
        self.profile.encode(tape, params, &self.numbers, &mut self.pieces);
        Encoded {
            users: self.tower.forward(tape, params, &self.pieces, Metric::Dot),
            items: tape.gather(params, self.items, items),
            penalty: None,
        }
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        vec![&mut self.profile]
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn heads(&self) -> usize {
        self.extractor.heads()
    }

    fn readout(&self) -> Readout<'_> {
        self.power.map_or(Readout::Nearest, |power| Readout::Attention {
            power,
            active: self.extractor.active(),
        })
    }

    fn inside(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, _looked: Looked) -> Inside {
        inside(&mut self.extractor, tape, params, batch)
    }
}
