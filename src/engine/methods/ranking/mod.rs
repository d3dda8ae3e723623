//! What rankers have in common. A ranker reads a user and an item together and says how likely the user takes it: there is
//! no vector of an item alone, so it finds nothing, and puts in order what another model has found.
//!
//! ```text
//! x = [ item ; user fields ; crosses ; what it makes of the history ]     logit = MLP(x) (+ wide part)
//! ```
//!
//! An item is `E[i]` with its fields side by side.

mod behind;

use std::ops::Range;

use crate::engine::data::{Batch, Dataset, UserId};
use crate::engine::features::{Crosses, EMBEDDING_INIT, Facts, Fields};
use crate::engine::inside::{Inside, Looked};
use crate::engine::matrix::Metric;
use crate::engine::model::{Compared, Encoded, Joint, Retriever};
use crate::engine::nn::{Activation, Init, Mlp, Pairs, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Settings};

use behind::RETRIEVERS;
pub use behind::behind;

/// The settings that every ranker has.
pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::whole("dim", 2, 128, 16),
        Knob::whole("feature_dim", 1, 64, 8),
        Knob::sizes("hidden", 4, 1, 1024, &[64, 32]).paper(crate::settings::Value::Sizes(vec![1024, 512, 256])),
        Knob::choice("retriever", &RETRIEVERS, "two_tower"),
        Knob::whole("candidates", 2, 1000, 100),
    ]
}

/// What a ranker makes of a history.
pub trait Reads {
    /// Columns of what [`Reads::read`] gives, beside items of `width` columns.
    fn columns(&self, width: usize) -> usize;

    /// One row for each pair: `[P, columns]`.
    fn read(&mut self, tape: &mut Tape, params: &Params, seen: &Seen, pairs: &Paired) -> Var;

    /// Chance for what is left out; none while the ranker serves.
    fn take_chances(&mut self, _rng: Option<Rng>) {}

    /// How the history of the only user met the only item that [`Reads::read`] was last asked about.
    fn inside(&self, _tape: &Tape, _seen: &Seen, _item: u32, _logit: f32) -> Inside {
        Inside::Nothing
    }
}

/// Histories of a batch, of which nothing is from the moment that is asked about, or later.
#[derive(Default)]
pub struct Seen {
    users: Vec<u32>,
    /// Row `b` has the events `offsets[b]..offsets[b + 1]`.
    pub offsets: Vec<u32>,
    pub items: Vec<u32>,
    /// How long before the moment each event was, in seconds; of data without times, how many events before.
    pub gaps: Vec<i64>,
    /// The items on the tape, `[ΣT, width]`.
    pub vectors: Option<Var>,
}

/// Pairs of a user of the batch and an item.
#[derive(Default)]
pub struct Paired {
    /// Row of the user in the batch.
    pub rows: Vec<u32>,
    /// Row of the item in `vectors`.
    pub columns: Vec<u32>,
    /// The items on the tape, `[C, width]`.
    pub vectors: Option<Var>,
}

impl Seen {
    fn take(&mut self, batch: &Batch, timed: bool) {
        self.users.clear();
        self.users.extend_from_slice(UserId::numbers(&batch.users));
        self.offsets.clear();
        self.offsets.push(0);
        self.items.clear();
        self.gaps.clear();
        for (row, ends) in batch.history_offsets.windows(2).enumerate() {
            for event in ends[0]..ends[1] {
                let gap = if timed {
                    batch.times[row].saturating_sub(batch.history_times[event as usize])
                } else {
                    i64::from(ends[1] - event)
                };
                if gap > 0 {
                    self.items.push(batch.history_items[event as usize].0);
                    self.gaps.push(gap);
                }
            }
            self.offsets.push(self.items.len() as u32);
        }
    }

    /// Events of row `row`.
    pub fn events(&self, row: u32) -> Range<u32> {
        self.offsets[row as usize]..self.offsets[row as usize + 1]
    }

    /// The items on the tape.
    ///
    /// # Panics
    /// If they were not encoded.
    pub fn vectors(&self) -> Var {
        self.vectors.expect("histories are encoded before they are compared")
    }
}

impl Paired {
    fn take(&mut self, users: usize, with: &Compared) {
        let n = with.items.len();
        self.rows.clear();
        self.columns.clear();
        match with.pairs {
            Pairs::All => {
                self.rows
                    .extend((0..users as u32).flat_map(|row| std::iter::repeat_n(row, n)));
                self.columns.extend((0..users).flat_map(|_| 0..n as u32));
            }
            Pairs::Own => {
                let each = n / users.max(1);
                self.rows
                    .extend((0..users as u32).flat_map(|row| std::iter::repeat_n(row, each)));
                self.columns.extend(0..n as u32);
            }
        }
        self.vectors = Some(with.vectors);
    }

    /// The items on the tape.
    ///
    /// # Panics
    /// If they were not encoded.
    pub fn vectors(&self) -> Var {
        self.vectors.expect("items are encoded before they are compared")
    }
}

/// A ranker.
pub struct Ranker {
    /// E, one row for each item.
    items: ParamId,
    item_fields: Fields,
    user_fields: Fields,
    crosses: Crosses,
    reads: Option<Box<dyn Reads>>,
    head: Mlp,
    wide: Option<Wide>,
    timed: bool,
    seen: Seen,
    pairs: Paired,
    /// Pieces of a row: scratch.
    parts: Vec<Var>,
    ones: Vec<f32>,
    chance: Option<Rng>,
}

/// A weight for each item and each cross.
struct Wide {
    items: ParamId,
    crosses: Crosses,
}

impl Ranker {
    /// What `reads` builds is told the columns of an item.
    pub fn build(
        settings: &Settings,
        dataset: &Dataset,
        [users_known, items_known]: [Facts; 2],
        wide: bool,
        params: &mut Params,
        rng: &mut Rng,
        reads: impl FnOnce(usize, &mut Params, &mut Rng) -> Option<Box<dyn Reads>>,
    ) -> Self {
        let dim = settings.whole("dim") as usize;
        let width = settings.whole("feature_dim") as usize;
        let n_items = dataset.items.len();
        let tables = (&dataset.users, &dataset.items);
        let items = params.embedding(Wanted::items("item.id", n_items, dim, EMBEDDING_INIT), rng);
        let mut fields = |facts, side| Fields::build(facts, side, width, Pooling::Mean, params, rng);
        let item_fields = fields(items_known, "item");
        let user_fields = fields(users_known, "user");
        let crosses = Crosses::build(tables, "cross", (width, EMBEDDING_INIT), params, rng);
        let item_width = dim + item_fields.columns();
        let reads = reads(item_width, params, rng);
        let read = reads.as_ref().map_or(0, |reads| reads.columns(item_width));
        let input = item_width + user_fields.columns() + width * crosses.len() + read;
        Self {
            items,
            item_fields,
            user_fields,
            crosses,
            head: Mlp::build("head", input, settings.sizes("hidden"), 1, params, rng).by(Activation::LeakyRelu),
            wide: wide.then(|| Wide {
                items: params.table("wide.item", n_items, 1, Init::Zeros, rng),
                crosses: Crosses::build(tables, "wide", (1, Init::Zeros), params, rng),
            }),
            reads,
            timed: dataset.timed,
            seen: Seen::default(),
            pairs: Paired::default(),
            parts: Vec::new(),
            ones: Vec::new(),
            chance: None,
        }
    }

    /// Items as a ranker sees them, `[n, width]`.
    fn see(&mut self, tape: &mut Tape, params: &Params, items: &[u32]) -> Var {
        self.parts.clear();
        self.parts.push(tape.gather(params, self.items, items));
        self.item_fields.encode(tape, params, items, &mut self.parts);
        tape.concat(&self.parts)
    }

    /// Logits of the pairs at hand, `[P, 1]`; `items` are those that their columns speak of.
    fn logits(&mut self, tape: &mut Tape, params: &Params, items: &[u32]) -> Var {
        let Self { seen, pairs, parts, .. } = self;
        let read = self.reads.as_mut().map(|reads| reads.read(tape, params, seen, pairs));
        parts.clear();
        self.user_fields.encode(tape, params, &seen.users, parts);
        for part in &mut *parts {
            *part = tape.select(*part, pairs.rows.iter().copied());
        }
        parts.push(tape.select(pairs.vectors(), pairs.columns.iter().copied()));
        let both = pairs.rows.iter().zip(&pairs.columns);
        let both = both.map(|(row, column)| (seen.users[*row as usize], items[*column as usize]));
        self.crosses.encode(tape, params, both.clone(), parts);
        parts.extend(read);
        let mut logits = self.head.forward(tape, params, parts, Metric::Dot);
        if let Some(wide) = &mut self.wide {
            parts.clear();
            let weights = tape.gather(params, wide.items, items);
            parts.push(tape.select(weights, pairs.columns.iter().copied()));
            wide.crosses.encode(tape, params, both, parts);
            for part in parts {
                logits = tape.add(logits, *part);
            }
        }
        logits
    }
}

impl Retriever for Ranker {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        let training = !batch.positives.is_empty();
        let chance = self.chance.take().filter(|_| training);
        if let Some(reads) = &mut self.reads {
            reads.take_chances(chance);
        }
        self.seen.take(batch, self.timed);
        let seen = std::mem::take(&mut self.seen.items);
        let users = self.see(tape, params, &seen);
        self.seen.items = seen;
        self.seen.vectors = Some(users);
        Encoded {
            users,
            items: self.see(tape, params, items),
            penalty: None,
        }
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        vec![&mut self.user_fields, &mut self.item_fields]
    }

    fn metric(&self) -> Metric {
        Metric::Dot
    }

    fn joint(&mut self) -> Option<&mut dyn Joint> {
        Some(self)
    }

    fn take_chances(&mut self, rng: Rng) {
        self.chance = Some(rng);
    }

    fn inside(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, looked: Looked) -> Inside {
        let Some(item) = looked.item else {
            return Inside::Nothing;
        };
        let encoded = self.encode(tape, params, batch, &[item]);
        let logit = self.compare(tape, params, Compared::by_all(&[item], encoded.items));
        let logit = tape.value(logit)[0];
        let reads = self.reads.as_ref();
        reads.map_or(Inside::Nothing, |reads| reads.inside(tape, &self.seen, item, logit))
    }
}

impl Joint for Ranker {
    fn compare(&mut self, tape: &mut Tape, params: &Params, with: Compared) -> Var {
        let users = self.seen.users.len();
        self.pairs.take(users, &with);
        let logits = self.logits(tape, params, with.items);
        self.ones.clear();
        self.ones.resize(users, 1.0);
        let ones = tape.input(users, 1, &self.ones);
        tape.row_products(ones, logits)
    }
}

/// The mean of a user's clicks: the WDL(+Seq) that BST is compared with.
pub struct MeanOfClicks;

impl Reads for MeanOfClicks {
    fn columns(&self, width: usize) -> usize {
        width
    }

    fn read(&mut self, tape: &mut Tape, _params: &Params, seen: &Seen, pairs: &Paired) -> Var {
        let means = tape.pool(seen.vectors(), &seen.offsets, Pooling::Mean);
        tape.select(means, pairs.rows.iter().copied())
    }
}
