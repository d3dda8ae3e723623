//! Embeddings: the vectors of ids, whatever they are made of.
//!
//! The plain kind is a table with a row for each id. An [`Encoder`] makes the vectors of something smaller: of rows that
//! ids share, or by a network from hashes of the id. Who looks up ([`Tape::gather`], [`Tape::gather_pool`]) need not
//! know which it is.

use std::fmt;
use std::rc::Rc;

use super::params::{Init, ParamId, Params};
use super::tape::{Tape, Var};
use super::{Pooling, tape::Together};
use crate::order;
use crate::rng::Rng;

/// What the ids of an embedding stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Items of the catalogue.
    Items,
    /// Words of a field.
    Words,
}

/// An embedding that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its name; parameters of its own go by names that begin with it.
    pub name: &'a str,
    /// What its ids stand for.
    pub of: Of,
    /// How many ids there are, V.
    pub n_ids: usize,
    /// Numbers in a vector, d.
    pub width: usize,
    /// First values of a vector.
    pub init: Init,
}

impl<'a> Wanted<'a> {
    /// One of items.
    #[must_use]
    pub const fn items(name: &'a str, n_ids: usize, width: usize, init: Init) -> Self {
        let of = Of::Items;
        Self {
            name,
            of,
            n_ids,
            width,
            init,
        }
    }

    /// One of the words of a field.
    #[must_use]
    pub const fn words(name: &'a str, n_ids: usize, width: usize, init: Init) -> Self {
        let of = Of::Words;
        Self {
            of,
            ..Self::items(name, n_ids, width, init)
        }
    }
}

/// Decides what embeddings are made of.
pub trait Encoders {
    /// Makes the encoder of an embedding, with its parameters; nothing where a table is to hold a row for each id.
    fn build(&self, wanted: &Wanted, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>>;
}

/// Makes the vectors of ids from parameters of its own.
pub trait Encoder {
    /// The vectors of `ids`: `N ids → [N, d]`.
    fn look_up(&self, tape: &mut Tape, params: &Params, ids: &[u32]) -> Var;

    /// Whether ids are better looked up together and once: a network is run for each of them, and what they are normalised
    /// by depends on them all.
    fn together(&self) -> bool {
        false
    }

    /// Whether an id beyond those that the embedding was made for has a vector.
    fn takes_any(&self) -> bool {
        true
    }

    /// The rows of its tables that the vector of an id is made of; ids with the same rows have the same vector. None
    /// where it is not made of rows.
    fn rows(&self, _id: u32) -> Vec<u32> {
        Vec::new()
    }

    /// The numbers that a network makes the vector of an id from; none where it is made of rows.
    fn code(&self, _id: u32) -> Vec<f32> {
        Vec::new()
    }
}

/// That there is one: what it holds would weigh more than it tells.
impl fmt::Debug for dyn Encoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("encoders")
    }
}

impl fmt::Debug for dyn Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an encoder")
    }
}

/// A table for which there is no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Name of the embedding.
    pub name: String,
    /// Its ids, V.
    pub rows: usize,
    /// Numbers in a vector, d.
    pub cols: usize,
}

impl TooLarge {
    /// Bytes that a table and its two moments may take: what leaves room in a browser's tab for the data beside it.
    pub const MOST: u64 = 128 << 20;

    /// Bytes that a table of so many numbers takes with its two moments.
    #[must_use]
    pub const fn bytes(rows: usize, cols: usize) -> u64 {
        rows as u64 * cols as u64 * size_of::<f32>() as u64 * 3
    }
}

impl Params {
    /// Adds an embedding `[V, d]`: by the encoders of these parameters, else a table with a row for each id. What there is
    /// no room for is left out, and said by [`Params::too_large`].
    ///
    /// # Panics
    /// If the name is taken.
    pub fn embedding(&mut self, wanted: Wanted, rng: &mut Rng) -> ParamId {
        let Wanted {
            name,
            n_ids,
            width,
            init,
            ..
        } = wanted;
        let encoder = self.encoders.clone().and_then(|kind| kind.build(&wanted, self, rng));
        let id = if let Some(encoder) = encoder {
            self.enter_encoded(&wanted, encoder)
        } else if TooLarge::bytes(n_ids, width) <= TooLarge::MOST {
            self.table(name, n_ids, width, init, rng)
        } else {
            self.too_large.get_or_insert_with(|| TooLarge {
                name: name.to_owned(),
                rows: n_ids,
                cols: width,
            });
            self.table(name, 0, width, init, rng)
        };
        self.embeddings.push(id);
        id
    }
}

impl Tape {
    /// Says that a step is recorded that trains: what it looks up is normalised by itself, and elsewhere by all ids.
    pub const fn learn(&mut self) {
        self.learning = true;
    }

    /// Says which ids a step that trains will look up, so that what is better looked up together is.
    pub fn announce(&mut self, params: &Params, of: Of, lists: [&[u32]; 2]) {
        self.learn();
        for (embedding, encoder) in params.encoded(of) {
            if encoder.together() {
                self.look_up_together(params, embedding, encoder.as_ref(), &lists);
            }
        }
    }

    /// Whether what is recorded is a step that trains.
    #[must_use]
    pub const fn learning(&self) -> bool {
        self.learning
    }

    /// The vectors of `ids` by an encoder.
    pub(super) fn encode(&mut self, params: &Params, embedding: ParamId, encoder: &dyn Encoder, ids: &[u32]) -> Var {
        if !encoder.together() {
            return encoder.look_up(self, params, ids);
        }
        let known = self.together.iter().position(|known| known.holds(embedding, ids));
        let known = known.unwrap_or_else(|| self.look_up_together(params, embedding, encoder, &[ids]));
        let mut rows = std::mem::take(&mut self.places);
        rows.clear();
        rows.extend(ids.iter().map(|id| self.together[known].place(*id)));
        let out = self.select(self.together[known].vectors, rows.iter().copied());
        self.places = rows;
        out
    }

    /// The vectors of lists of ids by an encoder, pooled.
    pub(super) fn encode_pooled(
        &mut self,
        params: &Params,
        embedding: ParamId,
        encoder: &dyn Encoder,
        (offsets, ids): (&[u32], &[u32]),
        pooling: Pooling,
    ) -> Var {
        let vectors = self.encode(params, embedding, encoder, ids);
        self.pool(vectors, offsets, pooling)
    }

    /// Looks up the ids of `lists`, each once; gives the place of what was found in `together`.
    fn look_up_together(
        &mut self,
        params: &Params,
        embedding: ParamId,
        encoder: &dyn Encoder,
        lists: &[&[u32]],
    ) -> usize {
        let mut ids = self.spare.pop().unwrap_or_default();
        ids.clear();
        lists.iter().for_each(|list| ids.extend_from_slice(list));
        order::ascend(&mut ids);
        ids.dedup();
        let vectors = encoder.look_up(self, params, &ids);
        self.together.push(Together {
            embedding,
            ids,
            vectors,
        });
        self.together.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, Tape};
    use crate::rng::Purpose;

    /// Twice a table of its own, and how often it was asked.
    #[derive(Debug)]
    struct Twice {
        table: ParamId,
        together: bool,
    }

    impl Encoder for Twice {
        fn look_up(&self, tape: &mut Tape, params: &Params, ids: &[u32]) -> Var {
            let rows = tape.gather(params, self.table, ids);
            tape.scale(rows, 2.0)
        }

        fn together(&self) -> bool {
            self.together
        }
    }

    #[derive(Debug)]
    struct Doubled {
        together: bool,
    }

    impl Encoders for Doubled {
        fn build(&self, wanted: &Wanted, params: &mut Params, rng: &mut Rng) -> Option<Rc<dyn Encoder>> {
            let name = format!("{}.rows", wanted.name);
            Some(Rc::new(Twice {
                table: params.table(&name, wanted.n_ids, wanted.width, wanted.init, rng),
                together: self.together,
            }))
        }
    }

    fn wanted(n_ids: usize, width: usize) -> Wanted<'static> {
        Wanted::items("ids", n_ids, width, Init::Normal(1.0))
    }

    fn doubled(together: bool) -> (Params, ParamId) {
        let mut params = Params::encoded_by(Rc::new(Doubled { together }));
        let id = params.embedding(wanted(5, 2), &mut Rng::stream(1, Purpose::Init, 0));
        (params, id)
    }

    #[test]
    fn what_an_encoder_makes_is_looked_up_like_a_table_and_counts_what_it_holds() {
        for together in [false, true] {
            let (mut params, id) = doubled(together);
            assert_eq!((params.count(), params.shape(id)), (10, (5, 2)));
            let rows = params.find("ids.rows").expect("its own table");
            let mut tape = Tape::new();
            tape.announce(&params, Of::Items, [&[4, 1], &[1]]);
            let found = tape.gather(&params, id, &[1, 4, 1]);
            let pooled = tape.gather_pool(&params, id, &[0, 2, 2], &[1, 4], Pooling::Sum);
            let row = |at: usize| params.values(rows).row(at).to_vec();
            let expected: Vec<f32> = [1, 4, 1].into_iter().flat_map(row).map(|x| 2.0 * x).collect();
            assert_eq!(tape.value(found), expected);
            assert_eq!(
                tape.value(pooled)[..2],
                [0, 1].map(|at| expected[at] + expected[2 + at])
            );
            let both = tape.sum(found);
            let other = tape.sum(pooled);
            let loss = tape.add(both, other);
            tape.backward(&mut params, loss);
            // Row 1 is used twice and once in the pool, row 4 once and once, each with factor 2.
            let gradient = params.gradient(rows);
            assert_eq!(gradient.column(0).to_vec(), [0.0, 6.0, 0.0, 0.0, 4.0]);
        }
    }

    #[test]
    fn a_table_that_has_no_room_is_left_out_and_said() {
        let mut params = Params::new();
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        params.embedding(wanted(1_000, 4), &mut rng);
        assert_eq!(params.too_large(), None);
        let many = Wanted {
            name: "many",
            ..wanted(1_000_000, 32)
        };
        params.embedding(many, &mut rng);
        let large = params.too_large().expect("too large");
        assert_eq!((large.name.as_str(), large.rows, large.cols), ("many", 1_000_000, 32));
        assert_eq!(TooLarge::bytes(large.rows, large.cols), 384_000_000);
        assert_eq!(params.count(), 4_000);
    }
}
