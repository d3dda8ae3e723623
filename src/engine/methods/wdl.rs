//! WDL, Wide & Deep Learning (Cheng et al., DLRS 2016), and WDL(+Seq), as BST is compared with them (Chen et al., DLP-KDD
//! 2019, section 3.2).
//!
//! ```text
//! logit = w_i + Σ w_cross + MLP [ item ; user ; crosses (; mean of the clicked items) ]
//! ```
//!
//! The wide part remembers which words of users and items go together, a weight for each; the deep part generalises.
//! Without the clicks it knows of a user what stands in the user's fields, and nothing of users who have none.

use crate::engine::train::{Parts, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::ranking::{MeanOfClicks, Ranker, Reads, behind, knobs};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "wdl",
    source: "Cheng et al., DLRS 2016",
    numbers: |_| true,
    pair: Some(|settings, _| u64::from(4 * settings.whole("dim"))),
    knobs: || {
        let mut all = knobs();
        all.push(Knob::flag("sequence", true));
        all
    },
    build,
    ..RETRIEVER
};

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    behind(settings, parts, |parts, params, rng| {
        let dataset = &parts.world.dataset;
        let numbers = [parts.of_users(), parts.of_items()];
        Ranker::build(settings, dataset, numbers, true, params, rng, |_, _, _| {
            let mean: Option<Box<dyn Reads>> = settings.flag("sequence").then(|| Box::new(MeanOfClicks) as _);
            mean
        })
    })
}
