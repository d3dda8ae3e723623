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
use crate::engine::features::{EMBEDDING_INIT, Gram, Lists, TextField};
use crate::engine::nn::{
    AttentionSpec, AttentionWeights, EncoderLayer, EncoderSpec, ParamId, Params, Pooling, Tape, Var,
};
use crate::engine::rng::Rng;

use super::even;

/// Places in a query that are told apart; words further back count as being at the last.
const POSITIONS: u32 = 16;

pub struct SemanticUnit {
    words: TextField,
    /// The views but that of words; none with words alone.
    views: Option<Views>,
}

struct Views {
    characters: TextField,
    pairs: TextField,
    positions: ParamId,
    encoder: EncoderLayer,
    past: Past,
    /// Place of every word in its query: scratch.
    places: Vec<u32>,
}

/// What the user typed before.
struct Past {
    /// Words of every query of the log.
    log: Lists,
    /// How many queries count at most.
    most: usize,
    /// Numbers of the past queries of all rows, where those of each row start, and where each row starts: scratch.
    numbers: Vec<u32>,
    offsets: Vec<u32>,
    rows: Vec<u32>,
}

impl SemanticUnit {
    /// Of words alone.
    pub const fn of_words(words: TextField) -> Self {
        Self { words, views: None }
    }

    /// With all views, of width `[buckets, width]`; `most` of a user's past queries count at most.
    pub fn of_all(
        mut words: TextField,
        (buckets, width): (u32, usize),
        queries: &Queries,
        (heads, most): (usize, usize),
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let mut letters = |name, gram| TextField::build(name, &[gram], buckets, width, Pooling::Mean, params, rng);
        let characters = letters("query.character", Gram::Char);
        let pairs = letters("query.pair", Gram::CharBigram);
        let views = Views {
            characters,
            pairs,
            positions: params.table("query.position", POSITIONS as usize, width, EMBEDDING_INIT, rng),
            encoder: EncoderLayer::build("query.encoder", EncoderSpec::plain(width, heads), params, rng),
            past: Past {
                log: words.lists(queries.texts()),
                most,
                numbers: Vec::new(),
                offsets: Vec::new(),
                rows: Vec::new(),
            },
            places: Vec::new(),
        };
        Self {
            words,
            views: Some(views),
        }
    }

    /// Views of a query, g.
    pub const fn views(&self) -> usize {
        if self.views.is_some() { 6 } else { 1 }
    }

    /// `[B·g, d]`, the views of a query one under the other.
    pub fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch) -> Var {
        let typed = || (0..batch.len()).map(|row| batch.query(row));
        let of_words = self.words.encode(tape, params, typed());
        let Some(views) = &mut self.views else { return of_words };
        let of_characters = views.characters.encode(tape, params, typed());
        let of_pairs = views.pairs.encode(tape, params, typed());
        let of_sequence = views.of_sequence(tape, params, &self.words);
        let of_past = views.past.encode(tape, params, &mut self.words, of_words, batch);
        let sum = [of_pairs, of_words, of_sequence, of_past];
        let mix = sum.iter().fold(of_characters, |sum, view| tape.add(sum, *view));
        let six = [of_characters, of_pairs, of_words, of_sequence, of_past, mix];
        tape.stack(batch.len(), &six)
    }
}

impl Views {
    /// `q_segseq` of the texts last asked `words` for.
    fn of_sequence(&mut self, tape: &mut Tape, params: &Params, words: &TextField) -> Var {
        let Lists { offsets, ids } = words.asked();
        self.places.clear();
        for pair in offsets.windows(2) {
            let places = 0..pair[1] - pair[0];
            self.places.extend(places.map(|place| place.min(POSITIONS - 1)));
        }
        let words = tape.gather(params, words.table(), ids);
        let places = tape.gather(params, self.positions, &self.places);
        let sequence = tape.add(words, places);
        let encoded = self.encoder.forward(tape, params, sequence, offsets);
        tape.pool(encoded, offsets, Pooling::Mean)
    }
}

impl Past {
    /// `q_hisseq`; zero for a user who never asked.
    fn encode(&mut self, tape: &mut Tape, params: &Params, words: &mut TextField, of_words: Var, batch: &Batch) -> Var {
        self.numbers.clear();
        self.offsets.clear();
        self.offsets.push(0);
        for row in batch.history_offsets.windows(2) {
            let history = &batch.history_queries[row[0] as usize..row[1] as usize];
            let said = |number: &&u32| !self.log.row(**number as usize).is_empty();
            self.numbers.extend(history.iter().rev().filter(said).take(self.most));
            self.offsets.push(self.numbers.len() as u32);
        }
        let keys = words.encode_rows(tape, params, &self.log, &self.numbers);
        even(&mut self.rows, batch.len(), 1);
        let spec = AttentionSpec {
            query_offsets: &self.rows,
            key_offsets: &self.offsets,
            heads: 1,
            scale: 1.0,
            weights: AttentionWeights::Softmax,
            causal: false,
        };
        tape.attention(of_words, keys, keys, &spec)
    }
}
