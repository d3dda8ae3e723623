//! A ranker behind a retriever: what is found is put in order.

use std::rc::Rc;

use crate::by_name::ByName;
use crate::engine::losses::LOSSES;
use crate::engine::matrix::Metric;
use crate::engine::methods::METHODS;
use crate::engine::model::Retriever;
use crate::engine::nn::Params;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::sampling;
use crate::engine::train::{Leads, Parts, RetrieverTrainer, Trainer, TwoStage};
use crate::settings::{Settings, Value, by_key};
use crate::text::{Message, Result};

use super::Ranker;

/// The methods that find.
pub const RETRIEVERS: [&str; 13] = [
    "comirec_dr",
    "comirec_sa",
    "drim",
    "ebr",
    "grcn",
    "lightgcn",
    "mgdspr",
    "mind",
    "most_popular",
    "pinnersage",
    "seq2bubbles",
    "two_tower",
    "youtube_dnn",
];

/// `ranker` behind the retriever that the settings name. The recipe's negatives and loss are the ranker's; the retriever
/// learns at its defaults, by softmax within the batch, or by BPR where a pair takes more than a product.
pub fn behind(
    settings: &Settings,
    parts: Parts,
    ranker: impl FnOnce(&Parts, &mut Params, &mut Rng) -> Ranker,
) -> Result<Box<dyn Trainer>> {
    let world = Rc::clone(&parts.world);
    let first = retriever(settings.word("retriever"), parts.copy())?;
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 1);
    let model: Box<dyn Retriever> = Box::new(ranker(&parts, &mut params, &mut rng));
    let second = RetrieverTrainer::new(parts, model, params)?;
    let depth = settings.whole("candidates") as usize;
    Ok(Box::new(TwoStage::new(world, first, second, Leads::Second, depth)))
}

fn retriever(kind: &str, mut parts: Parts) -> Result<Box<dyn Trainer>> {
    let found = METHODS.iter().find(|method| method.kind == kind);
    let method = found.expect("a retriever is a method of the table");
    let by_default = |section, knobs: Vec<_>, given| Settings::check(section, &knobs, &given).map_err(Message::join);
    let settings = by_default("model", (method.knobs)(), ByName::new())?;
    let (sampler, loss, temperature) = match (method.pair, (method.metric)(&settings)) {
        (Some(_), _) => ("uniform", "bpr", 1.0),
        (None, Metric::Cosine) => ("in_batch", "sampled_softmax", 0.1),
        (None, Metric::Dot | Metric::L2) => ("in_batch", "sampled_softmax", 1.0),
    };
    parts.sampler = sampling::by_default(sampler, &parts.world)?;
    let loss = LOSSES
        .iter()
        .find(|entry| entry.kind == loss)
        .expect("a loss of the table");
    let given = by_key([("temperature", Value::Number(temperature))]);
    parts.loss = (loss.build)(&by_default("loss", (loss.knobs)(), given)?).into();
    (method.build)(&settings, parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_that_finds_can_stand_before_a_ranker() {
        let rankers = ["bst", "wdl"];
        let finds = METHODS
            .iter()
            .filter(|method| !method.clicks && !method.given)
            .map(|method| method.kind);
        let finds: Vec<&str> = finds.filter(|kind| !rankers.contains(kind)).collect();
        assert_eq!(finds, RETRIEVERS);
    }
}
