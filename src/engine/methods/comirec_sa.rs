//! ComiRec-SA: controllable multi-interest recommendation by self-attention (Cen et al., KDD 2020).
//!
//! ```text
//! A = softmax over the history( W2ᵀ tanh( W1 (H + P)ᵀ + b ) )     V_u = A H, [K, d]
//! training: k* = argmax_k ⟨v_k, e_t⟩, softmax on ⟨v_k*, e_t⟩       serving: s(u, i) = max_k ⟨v_k, e_i⟩
//! ```
//!
//! H are the item embeddings of the history, P a vector for each place in it, oldest first; places are seen by the
//! attention alone. A bias after W2 would cancel in the softmax, so there is none. The choice of k* is the trainer's,
//! for every model with several vectors.

use crate::engine::model::Retriever;
use crate::engine::nn::Params;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::interests::{INTERESTS_MAX, Interests, SelfAttention};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "comirec_sa",
    source: "Cen et al., KDD 2020",
    knobs: || {
        vec![
            Knob::whole("dim", 2, 256, 32).paper(Value::Number(64.0)),
            Knob::whole("interests", 1, INTERESTS_MAX, 4).paper(Value::Number(4.0)),
            Knob::whole("inner", 1, 8, 4).paper(Value::Number(4.0)),
        ]
    },
    build,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let (n_items, places) = (parts.world.dataset.items.len(), parts.train.history);
    let model: Box<dyn Retriever> = Box::new(model(settings, n_items, places, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

/// The model.
pub(super) fn model(
    settings: &Settings,
    n_items: usize,
    places: usize,
    params: &mut Params,
    rng: &mut Rng,
) -> Interests {
    let dim = settings.whole("dim") as usize;
    Interests::build(n_items, dim, params, rng, |items, params, rng| {
        Box::new(SelfAttention::build(settings, items, places, params, rng))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Batch, ItemId, UserId};
    use crate::engine::nn::Tape;

    fn settings(interests: f64) -> Settings {
        let given = [("dim", 6.0), ("interests", interests)];
        let given = given.map(|(key, value)| (key.to_owned(), Value::Number(value)));
        Settings::check("model", &(METHOD.knobs)(), &given.into()).expect("sound settings")
    }

    /// Users with the histories 0 1 2, nothing, and 3.
    fn batch() -> Batch {
        Batch {
            users: (0..3).map(UserId).collect(),
            history_offsets: vec![0, 3, 3, 4],
            history_items: (0..4).map(ItemId).collect(),
            ..Batch::default()
        }
    }

    fn encoded(interests: f64, flat: bool) -> (Vec<f32>, Vec<f32>) {
        let mut params = Params::new();
        let mut rng = Rng::stream(4, Purpose::Init, 0);
        let mut model = model(&settings(interests), 5, 8, &mut params, &mut rng);
        if flat {
            let outer = params.find("outer").expect("W2");
            params.values_mut(outer).fill(0.0);
        }
        let mut tape = Tape::new();
        let encoded = model.encode(&mut tape, &params, &batch(), &[0, 1, 2, 3]);
        (tape.value(encoded.users).to_vec(), tape.value(encoded.items).to_vec())
    }

    #[test]
    fn spec_1_4_1_weights_add_up_to_one_over_the_history_and_nothing_else_counts() {
        let (users, items) = encoded(3.0, false);
        // One event: every interest is that item, whatever the weights before it.
        for interest in users[6 * 6..].chunks_exact(6) {
            for (found, item) in interest.iter().zip(&items[3 * 6..]) {
                assert!((found - item).abs() < 1e-6);
            }
        }
        // No event: nothing.
        assert!(users[3 * 6..6 * 6].iter().all(|x| *x == 0.0));
    }

    #[test]
    fn spec_1_4_2_one_interest_without_weights_is_the_mean() {
        let (users, items) = encoded(1.0, true);
        for column in 0..6 {
            let mean = (0..3).map(|item| items[item * 6 + column]).sum::<f32>() / 3.0;
            assert!((users[column] - mean).abs() < 1e-6);
        }
    }
}
