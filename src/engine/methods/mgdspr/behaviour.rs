//! Query-aware behaviour: what the user did, as far as it has to do with what was typed (section 3.2).
//!
//! ```text
//! real-time   R → two LSTM layers, each added to its input → self-attention = X
//! short-term  S → self-attention = X                       Z = [0 ; X]      H = softmax(Q Zᵀ) Z
//! long-term   for each attribute a: L_a = [0 ; mean of a over L]            H = Σ_a softmax(Q L_aᵀ) L_a
//! ```
//!
//! The zero row lets a query attend to nothing. The row of an event is the sum of the vectors of its item and of the
//! item's fields; numbers that come in another width go through a layer first. The paper's windows are spans of time, ours numbers of events; and its `L_a` has a row
//! each for clicked, bought and collected items, while our events are of one kind.

use crate::engine::data::{Batch, ItemId};
use crate::engine::features::{Facts, Fields, Lists};
use crate::engine::nn::{
    Activation, AttentionSpec, AttentionWeights, Init, LstmLayer, MultiHead, ParamId, Params, Pooling, Tape, Var,
};
use crate::engine::rng::Rng;

use super::even;

/// How many of the last events are real-time, and how many of those before them short-term. All others are long-term.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    pub real_time: usize,
    pub short_term: usize,
}

pub struct Behaviour {
    /// One row for each item.
    items: ParamId,
    fields: Fields,
    /// The layer of each field, where it has another width.
    fitted: Vec<Option<ParamId>>,
    windows: Windows,
    memory: [LstmLayer; 2],
    real_attention: MultiHead,
    short_attention: MultiHead,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    real: Lists,
    short: Lists,
    long: Lists,
    /// Attributes of the events of a window.
    parts: Vec<Var>,
    query_offsets: Vec<u32>,
    rows: Vec<u32>,
}

impl Behaviour {
    /// `items` is the table of the items' vectors.
    pub fn build(
        items: ParamId,
        known: Facts,
        windows: Windows,
        heads: usize,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let width = params.shape(items).1;
        let fields = Fields::build(known, "behaviour", width, Pooling::Mean, params, rng);
        let fitted: Vec<_> = fields
            .parts()
            .enumerate()
            .map(|(field, columns)| {
                let name = format!("behaviour.fitted{field}");
                (columns != width).then(|| params.dense(&name, columns, width, Init::Glorot, rng))
            })
            .collect();
        let memory = ["behaviour.lstm1", "behaviour.lstm2"].map(|name| LstmLayer::build(name, width, params, rng));
        let mut attention = |name| MultiHead::build(name, width, heads, params, rng);
        Self {
            items,
            fitted,
            fields,
            windows,
            memory,
            real_attention: attention("behaviour.real_time"),
            short_attention: attention("behaviour.short_term"),
            scratch: Scratch::default(),
        }
    }

    /// `H_real`, `H_short` and `H_long`, `[B·g, d]` each, for the `views` views of each query.
    pub fn encode(
        &mut self,
        tape: &mut Tape,
        params: &Params,
        batch: &Batch,
        (queries, views): (Var, usize),
    ) -> [Var; 3] {
        self.cut(batch);
        even(&mut self.scratch.query_offsets, batch.len(), views);
        even(&mut self.scratch.rows, batch.len(), 1);
        let real = self.rows(tape, params, |scratch| &scratch.real);
        let offsets = &self.scratch.real.offsets;
        let remembered = self.memory.iter().fold(real, |rows, layer| {
            let states = layer.forward(tape, params, rows, offsets);
            tape.add(rows, states)
        });
        let real = self.real_attention.among(tape, params, remembered, offsets);
        let real = attend(tape, (queries, &self.scratch.query_offsets), (real, offsets));

        let short = self.rows(tape, params, |scratch| &scratch.short);
        let offsets = &self.scratch.short.offsets;
        let short = self.short_attention.among(tape, params, short, offsets);
        let short = attend(tape, (queries, &self.scratch.query_offsets), (short, offsets));
        [real, short, self.long(tape, params, queries)]
    }

    /// Sorts the events of the histories into the windows.
    fn cut(&mut self, batch: &Batch) {
        let Scratch { real, short, long, .. } = &mut self.scratch;
        real.clear();
        short.clear();
        long.clear();
        for row in 0..batch.len() {
            let history = ItemId::numbers(batch.history(row));
            let (earlier, last) = history.split_at(history.len().saturating_sub(self.windows.real_time));
            let (first, before) = earlier.split_at(earlier.len().saturating_sub(self.windows.short_term));
            for (window, items) in [(&mut *real, last), (&mut *short, before), (&mut *long, first)] {
                window.ids.extend_from_slice(items);
                window.end_row();
            }
        }
    }

    /// Puts the vectors of the item and of each field into the scratch space, for every event of a window.
    fn attributes(&mut self, tape: &mut Tape, params: &Params, window: fn(&Scratch) -> &Lists) {
        let mut parts = std::mem::take(&mut self.scratch.parts);
        let items = &window(&self.scratch).ids;
        parts.clear();
        parts.push(tape.gather(params, self.items, items));
        self.fields.encode(tape, params, items, &mut parts);
        for (part, layer) in parts[1..].iter_mut().zip(&self.fitted) {
            if let Some(layer) = layer {
                *part = tape.linear(params, *part, *layer, None, Activation::None);
            }
        }
        self.scratch.parts = parts;
    }

    /// A row for each event of a window.
    fn rows(&mut self, tape: &mut Tape, params: &Params, window: fn(&Scratch) -> &Lists) -> Var {
        self.attributes(tape, params, window);
        let parts = &self.scratch.parts;
        parts[1..].iter().fold(parts[0], |sum, part| tape.add(sum, *part))
    }

    /// `H_long`. A user without long-term events has means of zero, which are as good as the zero row.
    fn long(&mut self, tape: &mut Tape, params: &Params, queries: Var) -> Var {
        self.attributes(tape, params, |scratch| &scratch.long);
        let Scratch {
            long,
            parts,
            query_offsets,
            rows,
            ..
        } = &self.scratch;
        let of_attribute = |tape: &mut Tape, part: Var| {
            let mean = tape.pool(part, &long.offsets, Pooling::Mean);
            attend(tape, (queries, query_offsets), (mean, rows))
        };
        let first = of_attribute(tape, parts[0]);
        parts[1..].iter().fold(first, |sum, part| {
            let attended = of_attribute(tape, *part);
            tape.add(sum, attended)
        })
    }
}

/// `softmax(Q Zᵀ) Z` with `Z = [0 ; X]`; the paper prints no scale.
pub fn attend(tape: &mut Tape, (queries, query_offsets): (Var, &[u32]), (x, key_offsets): (Var, &[u32])) -> Var {
    let spec = AttentionSpec {
        query_offsets,
        key_offsets,
        heads: 1,
        scale: 1.0,
        weights: AttentionWeights::SoftmaxOrNothing,
        causal: false,
    };
    tape.attention(queries, x, x, &spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Table, UserId};
    use crate::engine::rng::Purpose;

    #[test]
    fn the_last_events_are_real_time_those_before_short_term_and_all_others_long_term() {
        let (mut params, mut rng) = (Params::new(), Rng::stream(1, Purpose::Init, 0));
        let items = params.table("item.id", 9, 4, Init::Zeros, &mut rng);
        let windows = Windows {
            real_time: 2,
            short_term: 3,
        };
        let nothing = Table::default();
        let known = Facts::left_out(&nothing);
        let mut behaviour = Behaviour::build(items, known, windows, 2, &mut params, &mut rng);
        let batch = Batch {
            users: vec![UserId(0); 3],
            history_offsets: vec![0, 7, 7, 10],
            history_items: (0..7).chain(0..3).map(ItemId).collect(),
            ..Batch::default()
        };
        behaviour.cut(&batch);
        let Scratch { real, short, long, .. } = behaviour.scratch;
        let lists = |lists: &Lists| [0, 1, 2].map(|row| lists.row(row).to_vec());
        assert_eq!(lists(&real), [vec![5, 6], vec![], vec![1, 2]]);
        assert_eq!(lists(&short), [vec![2, 3, 4], vec![], vec![0]]);
        assert_eq!(lists(&long), [vec![0, 1], vec![], vec![]]);
    }
}
