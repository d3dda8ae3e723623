//! PinnerSage: multi-modal user embedding at Pinterest (Pal et al., KDD 2020).
//!
//! ```text
//! clusters of a user's items: Ward's, cut at height α (see `engine/ward.rs`); items left over are clusters of their own
//! medoid(C) = argmin_m Σ_j ‖P_m − P_j‖²          Imp(C) = Σ_i exp(−λ (T_now − T_i)), in days
//! a request: three medoids, drawn in proportion to their importance; s(u, i) = max over them of cos(P_m, P_i)
//! ```
//!
//! Nothing is learnt of users. Item vectors P are fixed for it: those of another model, whose training is all the
//! training there is here, scaled to length 1. The paper states neither α nor the unit of time, and has no limit on
//! events; here a user's last events are as many as a model sees (`train.history`). Where data have no times, an event
//! is a day. Medoids are drawn once for a user, so that pictures hold still; where there are fewer clusters than
//! medoids wanted, the first is repeated and adds nothing.

mod served;
mod user;

use crate::engine::matrix::Metric;
use crate::engine::train::{Parts, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::{Message, Result};

use super::interests::INTERESTS_MAX;
use super::{METHODS, Method, RETRIEVER};
use served::PinnerSage;
use user::{Centre, Choice, Clusters};

pub const METHOD: Method = Method {
    kind: "pinnersage",
    source: "Pal et al., KDD 2020",
    metric: |settings| match of_source(settings) {
        Ok((source, settings)) => (source.metric)(&settings),
        Err(_) => Metric::Dot,
    },
    numbers: |settings| of_source(settings).is_ok_and(|(source, settings)| (source.numbers)(&settings)),
    knobs: || {
        vec![
            Knob::choice("vectors", &SOURCES, "two_tower"),
            Knob::whole("dim", 2, 64, 32),
            Knob::log("alpha", 0.01, 100.0, 1.0),
            Knob::real("decay", 0.0, 1000.0, 0.01).paper(Value::Number(0.01)),
            Knob::whole("medoids", 1, INTERESTS_MAX, 3).paper(Value::Number(3.0)),
            Knob::choice("choice", &["sampled", "largest"], "sampled").paper(Value::Text("sampled".to_owned())),
            Knob::choice("centre", &["medoid", "centroid"], "medoid").paper(Value::Text("medoid".to_owned())),
        ]
    },
    build,
    ..RETRIEVER
};

/// The models whose item vectors it can take.
const SOURCES: [&str; 6] = ["two_tower", "youtube_dnn", "mind", "comirec_sa", "comirec_dr", "drim"];

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let clusters = Clusters {
        alpha: settings.number("alpha"),
        decay: settings.number("decay"),
        day: if parts.world.dataset.timed { 86_400.0 } else { 1.0 },
        medoids: settings.whole("medoids") as usize,
        choice: match settings.word("choice") {
            "largest" => Choice::Largest,
            _ => Choice::Sampled(parts.seed),
        },
        centre: match settings.word("centre") {
            "centroid" => Centre::Centroid,
            _ => Centre::Medoid,
        },
    };
    let (source, of_source) = of_source(settings)?;
    let source = (source.build)(&of_source, parts)?;
    Ok(Box::new(PinnerSage::new(source, clusters)))
}

/// The model that item vectors come from, and its settings.
fn of_source(settings: &Settings) -> Result<(&'static Method, Settings)> {
    let kind = settings.word("vectors");
    let source = METHODS.iter().find(|method| method.kind == kind);
    let source = source.expect("a choice names a method");
    let dim = [("dim".to_owned(), settings.values()["dim"].clone())];
    let settings = Settings::check("model", &(source.knobs)(), &dim.into()).map_err(Message::join)?;
    Ok((source, settings))
}
