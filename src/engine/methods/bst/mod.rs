//! BST: Behavior Sequence Transformer for e-commerce recommendation (Chen et al., DLP-KDD 2019).
//!
//! ```text
//! e = [ item ; category ; p ],  p = P[ ⌊log₂(1 + t(target) − t(event))⌋ ]      E = the clicks and, last, the target: p of gap 0
//! head_i = softmax( E W_i^Q (E W_i^K)ᵀ / √w ) E W_i^V                          S = [ head_1 ; … ; head_h ] W^H
//! S' = LN( E + Dropout(S) )      F = LN( S' + Dropout( LeakyReLU(S' W_1 + b_1) W_2 + b_2 ) )
//! logit = MLP [ item ; user ; crosses ; F of all places ]                      binary cross-entropy
//! ```
//!
//! Clicks and target see each other in both directions. The paper's heads are as wide as the rows, and its MLP
//! 1024-512-256; ours are smaller, for a browser. How time is cut into positions is not said: here by powers of two, at
//! most 31. Events of the moment itself are left out, as they may be what is asked about. Of data without times the
//! position is the number of events back. How the transformer's rows go on is drawn as all of them side by side (clicks
//! that are missing are zeros, the last one stands at the same place for all); `target` is its row alone, `mean` that of
//! all.

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

use crate::engine::features::EMBEDDING_INIT;
use crate::engine::inside::{Attended, Inside};
use crate::engine::nn::{Activation, Blocks, Dropout, EncoderLayer, EncoderSpec, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;
use crate::engine::train::{Parts, Trainer};
use crate::settings::{Knob, Settings, Value};
use crate::text::Result;

use super::ranking::{Paired, Ranker, Reads, Seen, behind, knobs};
use super::{Method, RETRIEVER};

pub const METHOD: Method = Method {
    kind: "bst",
    source: "Chen et al., DLP-KDD 2019",
    numbers: |_| true,
    pair: Some(|settings, train| {
        let row = settings.whole("dim") + 2 * settings.whole("feature_dim");
        (train.history as u64 + 1) * u64::from(row)
    }),
    knobs: || {
        let mut all = knobs();
        all.extend([
            Knob::whole("blocks", 1, 3, 1).paper(Value::Number(1.0)),
            Knob::whole("heads", 1, 8, 8).paper(Value::Number(8.0)),
            Knob::whole("head_dim", 1, 64, 4),
            Knob::choice("readout", &["flatten", "target", "mean"], "flatten").paper(Value::Text("flatten".to_owned())),
            Knob::real("dropout", 0.0, 0.9, 0.2).paper(Value::Number(0.2)),
        ]);
        all
    },
    build,
    ..RETRIEVER
};

/// Positions: gaps of less than 2³¹ seconds are told apart by powers of two.
const POSITIONS: usize = 32;

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    behind(settings, parts, |parts, params, rng| {
        let dataset = &parts.world.dataset;
        let (timed, places) = (dataset.timed, parts.train.history + 1);
        let numbers = [parts.of_users(), parts.of_items()];
        Ranker::build(settings, dataset, numbers, false, params, rng, |width, params, rng| {
            Some(Box::new(Transformer::build(
                settings,
                (width, places),
                timed,
                params,
                rng,
            )))
        })
    })
}

/// How the rows of the last block go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readout {
    /// All side by side.
    Flatten,
    /// The target's.
    Target,
    /// Their mean.
    Mean,
}

/// The transformer.
struct Transformer {
    /// P, one row for each gap.
    positions: ParamId,
    position_width: usize,
    layers: Vec<EncoderLayer>,
    heads: usize,
    readout: Readout,
    /// Clicks and the target, at most.
    places: usize,
    timed: bool,
    dropout: Dropout,
    /// What the heads of the last block gave.
    attended: Option<Var>,
    scratch: Scratch,
}

/// What a step fills and the next one fills anew.
#[derive(Default)]
struct Scratch {
    /// Position of each row.
    buckets: Vec<u32>,
    /// Clicks and target of each pair, among all clicks and then all targets.
    places: Vec<u32>,
    /// The targets alone.
    targets: Vec<u32>,
    offsets: Vec<u32>,
    /// Ends of blocks of one row.
    firsts: Vec<u32>,
    parts: Vec<Var>,
    zeros: Vec<f32>,
}

impl Transformer {
    fn build(
        settings: &Settings,
        (width, places): (usize, usize),
        timed: bool,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let position_width = settings.whole("feature_dim") as usize;
        let heads = settings.whole("heads") as usize;
        let spec = spec(width + position_width, heads, settings.whole("head_dim") as usize);
        let positions = params.table("position", POSITIONS, position_width, EMBEDDING_INIT, rng);
        let mut layer = |block| EncoderLayer::build(&format!("block{block}"), spec, params, rng);
        Self {
            positions,
            position_width,
            layers: (1..=settings.whole("blocks")).map(&mut layer).collect(),
            heads,
            readout: match settings.word("readout") {
                "target" => Readout::Target,
                "mean" => Readout::Mean,
                _ => Readout::Flatten,
            },
            places,
            timed,
            dropout: Dropout::new(settings.real("dropout")),
            attended: None,
            scratch: Scratch::default(),
        }
    }

    /// The position that a gap has.
    fn bucket(&self, gap: i64) -> u32 {
        let most = POSITIONS as u32 - 1;
        if self.timed {
            (gap.max(0) as u64 + 1).ilog2().min(most)
        } else {
            (gap.max(0) as u64).min(u64::from(most)) as u32
        }
    }

    /// The rows of all clicks and then of all targets; fills `places` and `offsets` with those of each pair, the target
    /// last.
    fn sequences(&mut self, tape: &mut Tape, params: &Params, seen: &Seen, pairs: &Paired) -> Var {
        let mut buckets = std::mem::take(&mut self.scratch.buckets);
        buckets.clear();
        buckets.extend(seen.gaps.iter().map(|gap| self.bucket(*gap)));
        let clicks = buckets.len() as u32;
        buckets.resize(buckets.len() + tape.shape(pairs.vectors()).0, 0);
        let positions = tape.gather(params, self.positions, &buckets);
        let items = tape.stack(1, &[seen.vectors(), pairs.vectors()]);
        let rows = tape.concat(&[items, positions]);
        let Scratch { places, offsets, .. } = &mut self.scratch;
        places.clear();
        offsets.clear();
        offsets.push(0);
        for (row, column) in pairs.rows.iter().zip(&pairs.columns) {
            places.extend(seen.events(*row));
            places.push(clicks + column);
            offsets.push(places.len() as u32);
        }
        self.scratch.buckets = buckets;
        rows
    }

    /// The rows of each pair side by side, `[P, places · d]`: zeros where clicks are missing, the target last.
    fn flatten(&mut self, tape: &mut Tape, rows: Var) -> Var {
        let (n, d) = tape.shape(rows);
        let Scratch {
            offsets, parts, zeros, ..
        } = &mut self.scratch;
        zeros.clear();
        zeros.resize(d, 0.0);
        let nothing = tape.input(1, d, zeros);
        let rows = tape.stack(1, &[rows, nothing]);
        parts.clear();
        for back in (1..=self.places as u32).rev() {
            let place = |ends: &[u32]| {
                if back <= ends[1] - ends[0] {
                    ends[1] - back
                } else {
                    n as u32
                }
            };
            parts.push(tape.select(rows, offsets.windows(2).map(place)));
        }
        tape.concat(parts)
    }
}

/// The paper's block; how wide its inner layer is, it does not say: as its rows.
fn spec(width: usize, heads: usize, head_width: usize) -> EncoderSpec {
    EncoderSpec {
        width,
        heads,
        head_width,
        inner: width,
        activation: Activation::LeakyRelu,
    }
}

impl Reads for Transformer {
    fn columns(&self, width: usize) -> usize {
        let row = width + self.position_width;
        if self.readout == Readout::Flatten {
            self.places * row
        } else {
            row
        }
    }

    fn read(&mut self, tape: &mut Tape, params: &Params, seen: &Seen, pairs: &Paired) -> Var {
        let mut rows = self.sequences(tape, params, seen, pairs);
        let last = self.layers.len() - 1;
        for (block, layer) in self.layers.iter().enumerate() {
            let Scratch {
                places,
                targets,
                offsets,
                firsts,
                ..
            } = &mut self.scratch;
            let blocks = Blocks {
                rows,
                places: (block == 0).then_some(places),
                offsets,
            };
            let mut asking = blocks;
            let looked_into = pairs.rows.len() == 1;
            if block == last && self.readout == Readout::Target && !looked_into {
                // Nobody asks what the clicks become.
                firsts.clear();
                firsts.extend(0..offsets.len() as u32);
                let row = |end: &u32| if block == 0 { places[*end as usize - 1] } else { end - 1 };
                targets.clear();
                targets.extend(offsets.iter().skip(1).map(row));
                asking.places = Some(targets);
                asking.offsets = firsts;
            }
            let (out, heads) = layer.asked(tape, params, asking, blocks, &mut self.dropout);
            self.attended = Some(heads);
            rows = out;
        }
        match self.readout {
            Readout::Flatten => self.flatten(tape, rows),
            Readout::Target if tape.shape(rows).0 == pairs.rows.len() => rows,
            Readout::Target => {
                let ends = self.scratch.offsets.iter().skip(1);
                tape.select(rows, ends.map(|end| end - 1))
            }
            Readout::Mean => tape.pool(rows, &self.scratch.offsets, Pooling::Mean),
        }
    }

    fn take_chances(&mut self, rng: Option<Rng>) {
        self.dropout.begin(rng);
    }

    fn inside(&self, tape: &Tape, seen: &Seen, item: u32, logit: f32) -> Inside {
        let weights = self.attended.map(|attended| tape.attention_weights(attended).to_vec());
        Inside::Attention(Attended {
            item,
            logit,
            heads: self.heads,
            events: seen.items.clone(),
            gaps: seen.gaps.clone(),
            timed: self.timed,
            weights: weights.unwrap_or_default(),
        })
    }
}
