//! The methods: one file for each paper, and the table that the recipe, the page and the tests find them by.

mod bst;
mod comirec_dr;
mod comirec_sa;
mod ctr;
mod ctr_mlp;
mod deepfm;
mod drim;
mod ebr;
mod given;
mod grcn;
mod interests;
mod lightgcn;
mod mgdspr;
mod mind;
mod most_popular;
mod pinnersage;
mod ranking;
mod seq2bubbles;
mod two_tower;
mod wdl;
mod youtube_dnn;

#[cfg(test)]
pub(super) mod golden;

use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::matrix::Metric;
use super::nn::Pooling;
use super::train::{Parts, TrainConfig, Trainer};

/// An entry of the table of methods.
pub struct Method {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Whether it is trained by gradient on negatives: then sampler, loss and optimiser mean something.
    pub gradient: bool,
    /// Whether it learns from rows, each clicked or not, and is judged by them: then there is nothing to sample.
    pub clicks: bool,
    /// Whether its users and items are vectors: then an index can be built.
    pub vectors: bool,
    /// How its vectors are compared in training.
    pub metric: fn(&Settings) -> Metric,
    /// Whether the vectors of its ids are made as the recipe's encoder says.
    pub encoded: bool,
    /// Whether its vectors are those of the data: then there is nothing to be trained, and there are no users.
    pub given: bool,
    /// Whether it reads what users type.
    pub queries: bool,
    /// Whether it reads the numbers that are known of users or items, as the recipe's `numeric` section says.
    pub numbers: fn(&Settings) -> bool,
    /// Where a score is more than a product: how many numbers a pair of user and item takes.
    pub pair: Option<fn(&Settings, &TrainConfig) -> u64>,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Makes it, untrained; refused where the data have not what a part of it needs.
    pub build: fn(&Settings, Parts) -> Result<Box<dyn Trainer>>,
}

/// What most methods are: trained by gradient, users and items vectors compared by inner products.
const RETRIEVER: Method = Method {
    kind: "",
    source: "",
    gradient: true,
    clicks: false,
    vectors: true,
    metric: |_| Metric::Dot,
    encoded: true,
    given: false,
    queries: false,
    numbers: |_| false,
    pair: None,
    knobs: Vec::new,
    build: |_, _| unreachable!("every method builds itself"),
};

/// All methods, in alphabetical order.
pub const METHODS: &[Method] = &[
    bst::METHOD,
    comirec_dr::METHOD,
    comirec_sa::METHOD,
    ctr_mlp::METHOD,
    deepfm::METHOD,
    drim::METHOD,
    ebr::METHOD,
    given::METHOD,
    grcn::METHOD,
    lightgcn::METHOD,
    mgdspr::METHOD,
    mind::METHOD,
    most_popular::METHOD,
    pinnersage::METHOD,
    seq2bubbles::METHOD,
    two_tower::METHOD,
    wdl::METHOD,
    youtube_dnn::METHOD,
];

/// The choices of a setting `pooling`.
const POOLINGS: [&str; 3] = ["mean", "sum", "sqrt_n"];

/// The setting `pooling`.
fn pooling(settings: &Settings) -> Pooling {
    match settings.word("pooling") {
        "sum" => Pooling::Sum,
        "sqrt_n" => Pooling::SqrtN,
        _ => Pooling::Mean,
    }
}
