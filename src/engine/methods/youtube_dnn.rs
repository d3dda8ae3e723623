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
use crate::engine::features::{EMBEDDING_INIT, Facts, Fields};
use crate::engine::matrix::Metric;
use crate::engine::model::{Encoded, Retriever};
use crate::engine::nn::{Mlp, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "youtube_dnn",
    source: "Covington et al., RecSys 2016",
    numbers: |settings| settings.word("shape") == "tower",
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
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (n_items, users) = (parts.world.dataset.items.len(), parts.of_users());
    let model: Box<dyn Retriever> = Box::new(YoutubeDnn::build(settings, n_items, users, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
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

impl YoutubeDnn {
    fn build(settings: &Settings, n_items: usize, users: Facts, params: &mut Params, rng: &mut Rng) -> Self {
        let dim = settings.whole("dim") as usize;
        let width = settings.whole("feature_dim") as usize;
        let tower = settings.word("shape") == "tower";
        let seen = params.embedding(Wanted::items("item.id", n_items, dim, EMBEDDING_INIT), rng);
        let wanted = if tower && !settings.flag("tied") {
            params.embedding(Wanted::items("item.out", n_items, dim, EMBEDDING_INIT), rng)
        } else {
            seen
        };
        let fields = if tower {
            Fields::build(users, "user", width, Pooling::Mean, params, rng)
        } else {
            Fields::none()
        };
        let hidden = if tower { settings.sizes("hidden") } else { &[] };
        Self {
            tower: Mlp::build("user", dim + fields.columns(), hidden, dim, params, rng),
            seen,
            wanted,
            fields,
            parts: Vec::new(),
        }
    }
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

    fn fields(&mut self) -> Vec<&mut Fields> {
        vec![&mut self.fields]
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_name::ByName;
    use crate::engine::data::Table;
    use crate::engine::methods::golden::softmax_among_all;
    use crate::settings::Value;

    /// A model of seven items in three dimensions, and its parameters.
    fn model(shape: &str) -> (YoutubeDnn, Params) {
        let mut given = ByName::from([("dim".to_owned(), Value::Number(3.0))]);
        given.insert("shape".to_owned(), Value::Text(shape.to_owned()));
        let settings = Settings::check("model", &(METHOD.knobs)(), &given).expect("sound settings");
        let (mut params, mut rng) = (Params::new(), Rng::stream(5, Purpose::Init, 0));
        let nobody = Table::default();
        let users = Facts::left_out(&nobody);
        let model = YoutubeDnn::build(&settings, 7, users, &mut params, &mut rng);
        (model, params)
    }

    /// What users with these histories, and all items, are.
    fn encoded(model: &mut YoutubeDnn, params: &Params, histories: &[&[u32]]) -> [Vec<f32>; 2] {
        let mut batch = Batch {
            users: (0..histories.len() as u32).map(UserId).collect(),
            ..Batch::default()
        };
        for history in histories {
            batch.history_items.extend(history.iter().map(|&item| ItemId(item)));
            batch.history_offsets.push(batch.history_items.len() as u32);
        }
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, params, &batch, &[0, 1, 2, 3, 4, 5, 6]);
        [encoded.users, encoded.items].map(|var| tape.value(var).to_vec())
    }

    #[test]
    fn spec_1_2_1_the_order_of_the_history_is_lost() {
        for shape in ["simple", "tower"] {
            let (mut model, params) = model(shape);
            let [users, _] = encoded(&mut model, &params, &[&[1, 4, 2], &[2, 1, 4], &[4, 2, 2]]);
            let apart = |other: usize| {
                let pairs = users[..3].iter().zip(&users[other * 3..]);
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
            };
            assert!(apart(1) < 1e-6, "{shape}");
            assert!(apart(2) > 1e-5, "{shape}: another history is another user");
        }
    }

    #[test]
    fn spec_1_2_2_histories_of_other_lengths_beside_it_change_nothing() {
        let (mut model, params) = model("tower");
        let [alone, _] = encoded(&mut model, &params, &[&[3, 5]]);
        let [beside, _] = encoded(&mut model, &params, &[&[], &[3, 5], &[0, 1, 2, 3, 4, 5]]);
        assert_eq!(alone, beside[3..6]);
    }

    #[test]
    fn spec_1_2_3_without_a_layer_a_user_of_one_event_is_that_item() {
        let (mut model, mut params) = model("simple");
        for id in params.ids() {
            let identity = match params.name(id) {
                "item.id" => continue,
                name => name.ends_with("weight") || !name.contains("bias"),
            };
            let values = params.values_mut(id);
            for (place, value) in values.into_iter().enumerate() {
                *value = if identity && place % 4 == 0 { 1.0 } else { 0.0 };
            }
        }
        let [users, items] = encoded(&mut model, &params, &[&[5]]);
        assert_eq!(users, items[15..18]);
    }

    #[test]
    fn spec_1_2_4_among_all_items_the_loss_is_the_full_cross_entropy() {
        let (mut model, params) = model("tower");
        let [users, items] = encoded(&mut model, &params, &[&[0, 1], &[6]]);
        let positives = [3, 2];
        let mut expected = 0.0;
        for (user, positive) in users.chunks_exact(3).zip(positives) {
            let score = |item: usize| -> f64 {
                let pairs = user.iter().zip(&items[item * 3..]);
                pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            expected += libm::log((0..7).map(|item| libm::exp(score(item))).sum()) - score(positive as usize);
        }
        let mut tape = Tape::new();
        let [users, items] = [(2, users), (7, items)].map(|(rows, values)| tape.variable(rows, 3, &values));
        let loss = softmax_among_all(&mut tape, users, items, &positives, 1.0);
        assert!((f64::from(tape.value(loss)[0]) - expected / 2.0).abs() < 1e-5);
    }
}
