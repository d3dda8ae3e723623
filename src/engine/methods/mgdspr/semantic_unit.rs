//! The multi-granular semantic unit: what was typed, seen six ways (section 3.2, equations 2 to 7).
//!
//! ```text
//! q_1gram  = mean of characters             q_2gram  = mean of pairs of characters
//! q_seg    = mean of words                  q_segseq = mean of Trm(words + positions)
//! q_hisseq = softmax(q_seg q_hisᵀ) q_his    q_mix    = the sum of these five
//! ```
//!
//! `q_his` has a row like `q_seg` for each of the user's last queries. With words alone the unit is `q_seg`.

use crate::engine::data::{Batch, Queries};
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::nn::{AttentionSpec, EncoderLayer, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;

use super::grams::{character_rows, pair_rows, word_rows};
use super::lists::{Lists, even};

/// Places in a query that are told apart; words further back count as being at the last.
const POSITIONS: u32 = 16;

/// The words of queries and titles: one table of vectors.
#[derive(Clone, Copy)]
pub struct Words {
    pub table: ParamId,
    pub buckets: u32,
}

pub struct SemanticUnit {
    words: Words,
    /// The views but that of words; none with words alone.
    views: Option<Views>,
    /// Words of each row's query: scratch.
    typed: Lists,
}

struct Views {
    characters: ParamId,
    pairs: ParamId,
    positions: ParamId,
    encoder: EncoderLayer,
    /// Words of every query of the log.
    log: Lists,
    /// How many past queries count at most.
    past: usize,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    characters: Lists,
    pairs: Lists,
    places: Vec<u32>,
    /// Words of each past query.
    past: Lists,
    /// Where the past queries of each row start in `past`.
    past_offsets: Vec<u32>,
    rows: Vec<u32>,
}

impl SemanticUnit {
    /// Of words alone.
    pub fn of_words(words: Words) -> Self {
        Self {
            words,
            views: None,
            typed: Lists::default(),
        }
    }

    /// With all views; `past` of a user's queries count at most.
    pub fn of_all(
        words: Words,
        queries: &Queries,
        (heads, past): (usize, usize),
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let width = params.shape(words.table).1;
        let mut table = |name: &str, rows: u32| params.table(name, rows as usize, width, EMBEDDING_INIT, rng);
        let [characters, pairs] = ["query.character", "query.pair"].map(|name| table(name, words.buckets));
        let positions = table("query.position", POSITIONS);
        let mut log = Lists::default();
        queries
            .texts()
            .for_each(|text| log.push(word_rows(text, words.buckets)));
        let views = Views {
            characters,
            pairs,
            positions,
            encoder: EncoderLayer::build("query.encoder", width, heads, params, rng),
            log,
            past,
            scratch: Scratch::default(),
        };
        Self {
            views: Some(views),
            ..Self::of_words(words)
        }
    }

    /// Views of a query, g.
    pub const fn views(&self) -> usize {
        if self.views.is_some() { 6 } else { 1 }
    }

    /// `[B·g, d]`, the views of a query one under the other.
    pub fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        let Words { table, buckets } = self.words;
        self.typed.clear();
        for row in 0..batch.len() {
            self.typed.push(word_rows(batch.query(row), buckets));
        }
        let of_words = tape.gather_pool(params, table, &self.typed.offsets, &self.typed.ids, Pooling::Mean);
        let Some(views) = &mut self.views else { return of_words };
        let [of_characters, of_pairs] = views.of_letters(tape, params, batch, buckets);
        let of_sequence = views.of_sequence(tape, params, table, &self.typed);
        let of_past = views.of_past(tape, params, table, of_words, batch);
        let five = [of_characters, of_pairs, of_words, of_sequence, of_past];
        let mix = five[1..].iter().fold(five[0], |sum, view| tape.add(sum, *view));
        let [a, b, c, d, e] = five;
        tape.stack(batch.len(), &[a, b, c, d, e, mix])
    }
}

impl Views {
    /// `q_1gram` and `q_2gram`.
    fn of_letters(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, buckets: u32) -> [Var; 2] {
        let Scratch { characters, pairs, .. } = &mut self.scratch;
        characters.clear();
        pairs.clear();
        for row in 0..batch.len() {
            characters.push(character_rows(batch.query(row), buckets));
            pairs.push(pair_rows(batch.query(row), buckets));
        }
        [(self.characters, &*characters), (self.pairs, &*pairs)]
            .map(|(table, lists)| tape.gather_pool(params, table, &lists.offsets, &lists.ids, Pooling::Mean))
    }

    /// `q_segseq`.
    fn of_sequence(&mut self, tape: &mut Tape, params: &Params, words: ParamId, typed: &Lists) -> Var {
        let places = &mut self.scratch.places;
        places.clear();
        for pair in typed.offsets.windows(2) {
            places.extend((0..pair[1] - pair[0]).map(|place| place.min(POSITIONS - 1)));
        }
        let (words, places) = (
            tape.gather(params, words, &typed.ids),
            tape.gather(params, self.positions, places),
        );
        let sequence = tape.add(words, places);
        let encoded = self.encoder.forward(tape, params, sequence, &typed.offsets);
        tape.pool(encoded, &typed.offsets, Pooling::Mean)
    }

    /// `q_hisseq`; zero for a user who never asked.
    fn of_past(&mut self, tape: &mut Tape, params: &Params, words: ParamId, of_words: Var, batch: &Batch) -> Var {
        let Scratch {
            past,
            past_offsets,
            rows,
            ..
        } = &mut self.scratch;
        past.clear();
        past_offsets.clear();
        past_offsets.push(0);
        for row in batch.history_offsets.windows(2) {
            let history = &batch.history_queries[row[0] as usize..row[1] as usize];
            let lists = history.iter().rev().map(|number| self.log.list(*number as usize));
            for list in lists.filter(|list| !list.is_empty()).take(self.past) {
                past.push(list.iter().copied());
            }
            past_offsets.push(past.offsets.len() as u32 - 1);
        }
        let keys = tape.gather_pool(params, words, &past.offsets, &past.ids, Pooling::Mean);
        even(rows, batch.len(), 1);
        let spec = AttentionSpec {
            query_offsets: rows,
            key_offsets: past_offsets,
            heads: 1,
            scale: 1.0,
            null: false,
        };
        tape.attention(of_words, keys, keys, &spec)
    }
}
