//! Seq2Bubbles: region-based embedding learning for user behaviors in sequential recommenders (Wu et al., CIKM 2021).
//!
//! ```text
//! sequential unit:  z_k = Σ_{j ≤ k} α_jk q_j,  α_jk ~ ⟨W_K¹ q_k, W_Q¹ q_j⟩ / √d      h_k = PReLU(W_N¹ z_k + b_N¹)
//! readout unit:     z'_k = Σ_j β_jk h_j,       β_jk ~ ⟨W_K² h_k, W_Q² h_j⟩ / √d      r_k = softplus(W_N² z'_k + b_N²)
//! bubbles:          c_k = q_k, one for each event        corner nearest to an item:  c + sign(q − c) ⊙ r
//! pooled:           a_c = max_k (corner_k ⊙ q)_c
//! context-aware:    c̃ = Σ_k γ_k q_k,  γ_k ~ ⟨W_K³ h_k, W_Q³ q⟩ / √d     r̃ = softplus(W_N³ [c̃ ; q] + b_N³)     p̃ its corner
//! y = Σ_c a_c + ⟨q, p̃⟩
//! L = BPR + λ · softmax over the users of a batch of the score that bubbles give the item of t steps before
//! ```
//!
//! Where the paper, of which we know the slides, can be read in two ways, both are settings, and the default is what holds
//! together. As printed the score is `Σ_c q_c a_c`: then agreement on a negative coordinate lowers it. Weights are a
//! softmax, or of each event by itself. The bubbles that look back leave out the one around the item they look for; its
//! term is a mean over rows, as the loss is, and rows that share the item do not compare. A radius depends on the whole
//! history, so bubbles of a beginning are not those of the end. No dropout: its rate is not given. An index holds
//! `[q ; |q|]` and is asked for `[c_k ; r_k]` of the last few bubbles, which no corner exceeds; what it finds is compared
//! in earnest.

mod units;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

use crate::engine::data::{Batch, ItemId};
use crate::engine::inside::{Bubbles, Inside, Looked, Met};
use crate::engine::matrix::Metric;
use crate::engine::model::{Compared, Encoded, Joint, Retriever};
use crate::engine::nn::{
    Activation, AttentionWeights, BubbleSpec, Init, Negatives, Pairs, ParamId, Params, SoftmaxSpec, Tape, Var, Wanted,
};
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Parts, RetrieverTrainer, Trainer};
use crate::settings::{Knob, Settings};
use crate::text::Result;

use super::{Method, RETRIEVER};
use units::{Context, FIRST_BIAS, Unit};

pub const METHOD: Method = Method {
    kind: "seq2bubbles",
    source: "Wu et al., CIKM 2021",
    pair: Some(|settings, _| u64::from(settings.whole("dim"))),
    knobs: || {
        vec![
            Knob::whole("dim", 2, 128, 32),
            Knob::flag("radii", true),
            Knob::flag("attention", true),
            Knob::choice("weights", &["softmax", "sigmoid"], "softmax"),
            Knob::flag("context", true),
            Knob::choice("max_pool", &["coordinate", "bubble"], "coordinate"),
            Knob::choice("score", &["sum", "printed"], "sum"),
            Knob::real("lambda", 0.0, 10.0, 0.1),
            Knob::whole("look_back", 1, 50, 1),
            Knob::choice("look_back_by", &["others", "after", "all"], "others"),
            Knob::whole("queries", 1, 20, 8),
            Knob::whole("rerank", 10, 2000, 200),
        ]
    },
    build,
    ..RETRIEVER
};

/// First values of embeddings; small beside them, first radii are softplus(−2) = 0.13.
const INIT: Init = Init::Normal(0.05);

fn build(settings: &Settings, parts: Parts) -> Result<Box<dyn Trainer>> {
    let mut params = parts.params();
    let mut rng = Rng::stream(parts.seed, Purpose::Init, 0);
    let n_items = parts.world.dataset.items.len();
    let model: Box<dyn Retriever> = Box::new(Seq2Bubbles::build(settings, n_items, &mut params, &mut rng));
    Ok(Box::new(RetrieverTrainer::new(parts, model, params)?))
}

/// The model.
struct Seq2Bubbles {
    /// q.
    items: ParamId,
    d: usize,
    sequential: Unit,
    /// What gives radii; without it users are points.
    readout: Option<Unit>,
    /// What PReLU lets through, `[1, d]`.
    slope: ParamId,
    context: Option<Context>,
    /// A whole bubble counts, not one for each coordinate.
    whole: bool,
    printed: bool,
    lambda: f32,
    look_back: usize,
    look_back_by: LookBackBy,
    queries: usize,
    rerank: usize,
    drawn: Option<Drawn>,
    /// Offsets of the bubbles of the users last encoded.
    offsets: Vec<u32>,
    scratch: Scratch,
}

/// What a step fills and the next one fills anew.
#[derive(Default)]
struct Scratch {
    bounds: Vec<u32>,
    rows: Vec<u32>,
    /// Events that are looked back at, and their numbers among themselves.
    wanted: Vec<u32>,
    diagonal: Vec<u32>,
    masked: Vec<(u32, u32)>,
    /// Zeros or ones.
    constant: Vec<f32>,
}

/// Which bubbles have to recognise an item of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookBackBy {
    /// All but the one around the item.
    Others,
    /// Those of later events.
    After,
    All,
}

/// Bubbles on the tape: `[ΣT, d]` each.
#[derive(Clone, Copy)]
struct Drawn {
    /// h.
    hidden: Var,
    centres: Var,
    radii: Var,
}

/// A comparison on the tape.
struct Products {
    /// The pooled corners' products, a row for each pair.
    pooled: Var,
    /// The attention that gives the centre of the context-aware bubble, and its corner's products.
    context: Option<(Var, Var)>,
}

impl Seq2Bubbles {
    fn build(settings: &Settings, n_items: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let d = settings.whole("dim") as usize;
        let attention = settings.flag("attention").then(|| weights(settings));
        let items = params.embedding(Wanted::items("item.id", n_items, d, INIT), rng);
        let sequential = Unit::build("sequential", d, attention, 0.0, params, rng);
        let slope = params.dense("sequential.slope", 1, d, Init::Zeros, rng);
        params.values_mut(slope).fill(0.25);
        let radii = settings.flag("radii");
        Self {
            items,
            d,
            sequential,
            slope,
            readout: radii.then(|| Unit::build("readout", d, attention, FIRST_BIAS, params, rng)),
            context: settings
                .flag("context")
                .then(|| Context::build(d, weights(settings), radii, params, rng)),
            whole: settings.word("max_pool") == "bubble",
            printed: settings.word("score") == "printed",
            lambda: settings.real("lambda"),
            look_back: settings.whole("look_back") as usize,
            look_back_by: match settings.word("look_back_by") {
                "after" => LookBackBy::After,
                "all" => LookBackBy::All,
                _ => LookBackBy::Others,
            },
            queries: settings.whole("queries") as usize,
            rerank: settings.whole("rerank") as usize,
            drawn: None,
            offsets: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Blows up the bubbles of the users of `batch`.
    fn draw(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Drawn {
        self.offsets.clone_from(&batch.history_offsets);
        let centres = tape.gather(params, self.items, ItemId::numbers(&batch.history_items));
        let heard = self.sequential.forward(tape, params, centres, &self.offsets, true);
        let hidden = tape.prelu(params, heard, self.slope);
        let radii = if let Some(readout) = &self.readout {
            let read = readout.forward(tape, params, hidden, &self.offsets, false);
            tape.activate(read, Activation::Softplus)
        } else {
            let (rows, d) = tape.shape(centres);
            self.constant(tape, rows, d, 0.0)
        };
        let drawn = Drawn { hidden, centres, radii };
        self.drawn = Some(drawn);
        drawn
    }

    /// `[c_k ; r_k]` of each user's last bubbles, the last first: `[B·K, 2d]`. Who has fewer repeats the last.
    fn last_bubbles(&mut self, tape: &mut Tape, drawn: Drawn) -> Var {
        let mut both = tape.concat(&[drawn.centres, drawn.radii]);
        let nothing = tape.shape(both).0 as u32;
        if self.offsets.windows(2).any(|ends| ends[0] == ends[1]) {
            let zeros = self.constant(tape, 1, 2 * self.d, 0.0);
            both = tape.stack(1, &[both, zeros]);
        }
        let rows = &mut self.scratch.rows;
        rows.clear();
        for ends in self.offsets.windows(2) {
            let row = |back: u32| match ends[1] - ends[0] {
                0 => nothing,
                n => ends[1] - 1 - if back < n { back } else { 0 },
            };
            rows.extend((0..self.queries as u32).map(row));
        }
        tape.select(both, rows.iter().copied())
    }

    /// The bubbles of the users last encoded against points.
    fn meet(&mut self, tape: &mut Tape, params: &Params, items: Var, pairs: Pairs) -> Products {
        let drawn = self.drawn.expect("users are encoded before they are compared");
        let spec = BubbleSpec {
            offsets: &self.offsets,
            pairs,
            whole: self.whole,
        };
        let pooled = tape.pool_bubbles(drawn.centres, drawn.radii, items, &spec);
        let users = self.offsets.len() - 1;
        let n = tape.shape(items).0;
        let points = match pairs {
            Pairs::Own => items,
            Pairs::All if users == 1 => items,
            Pairs::All if self.printed || self.context.is_some() => spread(tape, items, users),
            Pairs::All => items,
        };
        let pooled = if self.printed { tape.mul(pooled, points) } else { pooled };
        let context = self.context.as_ref().map(|context| {
            let queries = context.queries(tape, params, items);
            let queries = if tape.shape(points).0 == n {
                queries
            } else {
                spread(tape, queries, users)
            };
            let each = (tape.shape(points).0 / users) as u32;
            let Scratch { bounds, rows, .. } = &mut self.scratch;
            bounds.clear();
            bounds.extend((0..=users as u32).map(|user| user * each));
            let memory = (drawn.hidden, drawn.centres, self.offsets.as_slice());
            let centre = context.centres(tape, params, (queries, bounds), memory);
            (centre, context.corners(tape, params, centre, points, rows))
        });
        Products { pooled, context }
    }

    /// Sums of rows of products, n for each of the users: `[B·n, d] → [B, n]`.
    fn sums(&mut self, tape: &mut Tape, users: usize, products: Var) -> Var {
        let ones = self.constant(tape, users, self.d, 1.0);
        tape.row_products(ones, products)
    }

    fn constant(&mut self, tape: &mut Tape, rows: usize, cols: usize, value: f32) -> Var {
        let values = &mut self.scratch.constant;
        values.clear();
        values.resize(rows * cols, value);
        tape.input(rows, cols, values)
    }

    /// λ times the look-back loss: the bubbles of a user are to recognise the item that the user chose `look_back` events
    /// before the last, among those of the others in the batch.
    fn look_back(&mut self, tape: &mut Tape, batch: &Batch, drawn: Drawn) -> Option<Var> {
        let back = 1 + self.look_back as u32;
        let Scratch {
            bounds,
            rows,
            wanted,
            diagonal,
            masked,
            ..
        } = &mut self.scratch;
        wanted.clear();
        rows.clear();
        bounds.clear();
        bounds.push(0);
        for ends in self.offsets.windows(2).filter(|ends| ends[1] - ends[0] >= back) {
            let place = ends[1] - back;
            wanted.push(place);
            match self.look_back_by {
                LookBackBy::Others => rows.extend((ends[0]..ends[1]).filter(|bubble| *bubble != place)),
                LookBackBy::After => rows.extend(place + 1..ends[1]),
                LookBackBy::All => rows.extend(ends[0]..ends[1]),
            }
            bounds.push(rows.len() as u32);
        }
        let users = wanted.len();
        if self.lambda == 0.0 || users < 2 {
            return None;
        }
        let [centres, radii] = [drawn.centres, drawn.radii].map(|of| tape.select(of, rows.iter().copied()));
        let points = tape.select(drawn.centres, wanted.iter().copied());
        let spec = BubbleSpec {
            offsets: bounds,
            pairs: Pairs::All,
            whole: self.whole,
        };
        let mut pooled = tape.pool_bubbles(centres, radii, points, &spec);
        if self.printed {
            let points = spread(tape, points, users);
            pooled = tape.mul(pooled, points);
        }
        let item = |row: u32| batch.history_items[wanted[row as usize] as usize];
        let all = || 0..users as u32;
        let pairs = all().flat_map(|row| all().map(move |column| (row, column)));
        masked.clear();
        masked.extend(pairs.filter(|(row, column)| item(*row) == item(*column)));
        diagonal.clear();
        diagonal.extend(all());
        let scores = self.sums(tape, users, pooled);
        let positive = tape.pick(scores, &self.scratch.diagonal);
        let others = Negatives {
            scores,
            log_q: &[],
            masked: &self.scratch.masked,
        };
        let loss = tape.softmax_cross_entropy(positive, &[others], &SoftmaxSpec::PLAIN);
        Some(tape.scale(loss, self.lambda * users as f32 / batch.len() as f32))
    }
}

/// The setting `weights`.
fn weights(settings: &Settings) -> AttentionWeights {
    match settings.word("weights") {
        "sigmoid" => AttentionWeights::Sigmoid,
        _ => AttentionWeights::Softmax,
    }
}

/// All rows again for each user.
fn spread(tape: &mut Tape, rows: Var, users: usize) -> Var {
    let n = tape.shape(rows).0 as u32;
    tape.select(rows, (0..users).flat_map(|_| 0..n))
}

impl Retriever for Seq2Bubbles {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        let items = tape.gather(params, self.items, items);
        if batch.is_empty() {
            let users = tape.input(0, 2 * self.d, &[]);
            return Encoded {
                users,
                items,
                penalty: None,
            };
        }
        let drawn = self.draw(tape, params, batch);
        let training = !batch.positives.is_empty();
        Encoded {
            users: self.last_bubbles(tape, drawn),
            items,
            penalty: training.then(|| self.look_back(tape, batch, drawn)).flatten(),
        }
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn heads(&self) -> usize {
        self.queries
    }

    fn joint(&mut self) -> Option<&mut dyn Joint> {
        Some(self)
    }

    fn inside(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, looked: Looked) -> Inside {
        let drawn = self.draw(tape, params, batch);
        let met = looked.item.filter(|_| !batch.history_items.is_empty()).map(|item| {
            let point = tape.gather(params, self.items, &[item]);
            let met = self.meet(tape, params, point, Pairs::Own);
            let sum = |products: Var| tape.value(products).iter().sum::<f32>();
            let winners: Vec<u32> = tape.bubble_winners(met.pooled).collect();
            let corner = |(column, (bubble, q)): (usize, (&u32, &f32))| {
                let at = *bubble as usize * self.d + column;
                let (c, r) = (tape.value(drawn.centres)[at], tape.value(drawn.radii)[at]);
                if q - c >= 0.0 { c + r } else { c - r }
            };
            let of_columns = winners.iter().zip(tape.value(point)).enumerate();
            Met {
                item,
                corner: of_columns.map(corner).collect(),
                pooled: sum(met.pooled),
                context: met
                    .context
                    .map(|(centre, products)| (tape.attention_weights(centre).to_vec(), sum(products))),
                winners,
            }
        });
        Inside::Bubbles(Bubbles {
            width: self.d,
            centres: tape.value(drawn.centres).to_vec(),
            radii: tape.value(drawn.radii).to_vec(),
            met,
        })
    }
}

impl Joint for Seq2Bubbles {
    fn compare(&mut self, tape: &mut Tape, params: &Params, with: Compared) -> Var {
        let Products { pooled, context } = self.meet(tape, params, with.vectors, with.pairs);
        let products = match context {
            Some((_, products)) => tape.add(pooled, products),
            None => pooled,
        };
        self.sums(tape, self.offsets.len() - 1, products)
    }

    fn depth(&self) -> Option<usize> {
        Some(self.rerank)
    }
}
