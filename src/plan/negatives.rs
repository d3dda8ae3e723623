//! What negatives, loss, model and batch ask of each other.

use crate::engine::losses::LOSSES;
use crate::engine::matrix::Metric;
use crate::engine::sampling::SAMPLERS;
use crate::settings::Value;
use crate::text::Message;

use super::{Plan, entry};

/// Scores of a step that a tab can hold: 64 MB, kept three times over.
const SCORES_MAX: u64 = 1 << 24;

/// Numbers of the pairs of a step, where a pair takes more than a product: 16 MB, kept some twenty times over.
const PAIRS_MAX: u64 = 1 << 22;

/// What does not fit, where negatives are drawn at all.
pub fn disagreements(plan: &Plan) -> Vec<Message> {
    let sampler = entry(SAMPLERS, &plan.recipe.sampler, |sampler| sampler.kind);
    let loss = entry(LOSSES, &plan.recipe.loss, |loss| loss.kind);
    let settings = plan.settings("sampler").values();
    let number = |key| match settings.get(key) {
        Some(Value::Number(number)) => *number as u64,
        _ => 0,
    };
    let batch = plan.train().batch as u64;
    let mut found = Vec::new();
    if sampler.rows && batch < 2 {
        found.push(Message::new("recipe.batch_of_one"));
    }
    let drawn = number("n") + number("bank") + number("hard") + number("shown");
    if drawn == 0 && (settings.contains_key("hardest") && number("hardest") == 0 || batch < 2 && !sampler.rows) {
        found.push(Message::new("sampler.none"));
    }
    let columns = drawn + batch;
    if batch * columns > SCORES_MAX {
        let key = if settings.contains_key("bank") {
            "sampler.bank"
        } else {
            "sampler.n"
        };
        found.push(
            Message::new("sampler.too_many")
                .with("batch", batch)
                .with("columns", columns)
                .with("scores", batch * columns)
                .with("max", SCORES_MAX)
                .with("key", key),
        );
    }
    if let Some(pair) = plan.method().pair {
        let model = &plan.recipe.model.kind;
        if sampler.mixes {
            let message = Message::new("sampler.mixed_joint").with("sampler", sampler.kind);
            found.push(message.with("model", model));
        }
        let columns = 1 + drawn + if sampler.batch { batch } else { 0 };
        let pair = pair(plan.settings("model"), &plan.train());
        let numbers = batch * columns * pair;
        if numbers > PAIRS_MAX {
            found.push(
                Message::new("sampler.pairs_too_many")
                    .with("model", model)
                    .with("batch", batch)
                    .with("columns", columns)
                    .with("pair", pair)
                    .with("found", numbers)
                    .with("max", PAIRS_MAX),
            );
        }
    }
    if loss.cosine && plan.metric() != Metric::Cosine {
        found.push(Message::new("loss.needs_cosine").with("loss", loss.kind));
    }
    found
}
