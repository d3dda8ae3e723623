//! Text as vectors: its parts are hashed into the rows of a table, and the rows are pooled.
//!
//! Parts are characters, pairs and triples of neighbouring characters, words, and pairs of neighbouring words (Huang
//! et al., KDD 2020, use character trigrams and word n-grams; Li et al., KDD 2021, use characters, their pairs, and
//! words). Runs of characters do not cross the border of a word. In a triple the border counts as a character (as in
//! the word hashing of Huang et al., CIKM 2013): `rye` has `·ry`, `rye` and `ye·`. Large and small letters are the
//! same. Two parts that fall into one row share it.

use super::{EMBEDDING_INIT, Lists};
use crate::engine::data::words;
use crate::engine::fnv::Fnv;
use crate::engine::nn::{ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;

/// A kind of part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Gram {
    /// A character of a word.
    Char = 1,
    /// Two neighbouring characters of a word.
    CharBigram = 2,
    /// Three neighbouring characters of a word and its borders.
    CharTrigram = 3,
    /// A word.
    Word = 4,
    /// Two neighbouring words.
    WordBigram = 5,
}

/// The border of a word in a triple; it occurs in no word.
const BORDER: char = '\0';

/// A table for the parts of texts. A clone reads the same table.
#[derive(Clone, Debug)]
pub struct TextField {
    grams: Vec<Gram>,
    table: ParamId,
    /// Rows of the table.
    buckets: u32,
    pooling: Pooling,
    /// Rows of the texts asked for: scratch.
    asked: Lists,
    /// The text at hand in small letters: scratch.
    small: String,
}

impl TextField {
    /// A table called `name` of `buckets` rows and `width` columns, for the parts `grams`.
    ///
    /// # Panics
    /// If there are no buckets.
    pub fn build(
        name: &str,
        grams: &[Gram],
        buckets: u32,
        width: usize,
        pooling: Pooling,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        assert!(buckets > 0, "a part of a text needs a row to fall into");
        Self {
            grams: grams.to_vec(),
            table: params.table(name, buckets as usize, width, EMBEDDING_INIT, rng),
            buckets,
            pooling,
            asked: Lists::default(),
            small: String::new(),
        }
    }

    /// The rows of the table that each text falls into: for texts that stay the same, to be used with
    /// [`TextField::encode_rows`].
    pub fn lists<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Lists {
        self.ask(&mut texts.into_iter());
        std::mem::take(&mut self.asked)
    }

    /// Texts as vectors, `→ [texts, width]`; a text without parts is zero.
    pub fn encode<'t>(&mut self, tape: &mut Tape, params: &Params, texts: impl IntoIterator<Item = &'t str>) -> Var {
        self.ask(&mut texts.into_iter());
        self.gather(tape, params)
    }

    /// The texts number `rows` of those that gave `known`, `→ [rows, width]`.
    pub fn encode_rows(&mut self, tape: &mut Tape, params: &Params, known: &Lists, rows: &[u32]) -> Var {
        self.asked.select(known, rows);
        self.gather(tape, params)
    }

    /// The table of the parts, for parts that are to be looked up one by one.
    #[must_use]
    pub const fn table(&self) -> ParamId {
        self.table
    }

    /// The rows of the table that each of the texts last encoded fell into.
    #[must_use]
    pub const fn asked(&self) -> &Lists {
        &self.asked
    }

    fn gather(&self, tape: &mut Tape, params: &Params) -> Var {
        let Lists { offsets, ids } = &self.asked;
        tape.gather_pool(params, self.table, offsets, ids, self.pooling)
    }

    fn ask(&mut self, texts: &mut dyn Iterator<Item = &str>) {
        self.asked.clear();
        for text in texts {
            self.small.clear();
            self.small.extend(text.chars().flat_map(char::to_lowercase));
            for &gram in &self.grams {
                let mut put = |hash: Fnv| self.asked.ids.push(hash.folded() % self.buckets);
                match gram {
                    Gram::Char | Gram::CharBigram | Gram::CharTrigram => each_run(&self.small, gram, &mut put),
                    Gram::Word => words(&self.small).for_each(|word| put(hash_words(gram, &[word]))),
                    Gram::WordBigram => {
                        let pairs = words(&self.small).zip(words(&self.small).skip(1));
                        pairs.for_each(|(first, second)| put(hash_words(gram, &[first, second])));
                    }
                }
            }
            self.asked.end_row();
        }
    }
}

/// Hands on every run of characters inside a word of `text`, as long as `gram` says.
fn each_run(text: &str, gram: Gram, put: &mut impl FnMut(Fnv)) {
    let bordered = gram == Gram::CharTrigram;
    let length = gram as usize;
    for word in words(text) {
        let mut run = [BORDER; 3];
        let mut known = usize::from(bordered);
        for character in word.chars().chain(bordered.then_some(BORDER)) {
            run.rotate_left(1);
            run[2] = character;
            known += 1;
            if known >= length {
                put(hash_run(gram, &run[3 - length..]));
            }
        }
    }
}

fn hash_run(gram: Gram, run: &[char]) -> Fnv {
    let mut hash = Fnv::default();
    hash.bytes(&[gram as u8]);
    for &character in run {
        hash.bytes(&u32::from(character).to_le_bytes());
    }
    hash
}

fn hash_words(gram: Gram, words: &[&str]) -> Fnv {
    let mut hash = Fnv::default();
    hash.bytes(&[gram as u8]);
    for word in words {
        hash.bytes(word.as_bytes());
        hash.bytes(b" ");
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Purpose;

    const ALL: [Gram; 5] = [
        Gram::Char,
        Gram::CharBigram,
        Gram::CharTrigram,
        Gram::Word,
        Gram::WordBigram,
    ];

    fn field(grams: &[Gram], buckets: u32) -> (TextField, Params) {
        let (mut params, mut rng) = (Params::new(), Rng::stream(1, Purpose::Init, 0));
        let field = TextField::build("text", grams, buckets, 2, Pooling::Mean, &mut params, &mut rng);
        (field, params)
    }

    /// Rows that the parts of `text` would fall into if the table were so large that all differ.
    fn parts(gram: Gram, text: &str) -> Vec<u32> {
        let (mut field, _) = field(&[gram], 1);
        field.buckets = 1 << 30;
        field.lists([text]).ids
    }

    #[test]
    fn a_text_has_as_many_parts_as_it_has_places_for_them() {
        let counts = |text| ALL.map(|gram| parts(gram, text).len());
        // Characters, pairs, triples with borders, words, pairs of words.
        assert_eq!(counts("Rye"), [3, 2, 3, 1, 0]);
        assert_eq!(counts("slow rye bread"), [12, 9, 12, 3, 2]);
        assert_eq!(counts("a"), [1, 0, 1, 1, 0]);
        assert_eq!(counts("红楼梦"), [3, 2, 3, 1, 0]);
        assert_eq!(counts(" ?! "), [0; 5]);
    }

    #[test]
    fn parts_are_equal_where_the_text_is_equal_and_differ_where_it_differs() {
        for gram in ALL {
            assert_eq!(parts(gram, "Crème BRÛLÉE"), parts(gram, "crème  brûlée!"), "{gram:?}");
        }
        assert_eq!(parts(Gram::Char, "abca")[0], parts(Gram::Char, "abca")[3]);
        assert_eq!(parts(Gram::CharBigram, "abxab")[0], parts(Gram::CharBigram, "abxab")[3]);
        assert_eq!(parts(Gram::Word, "rye bread")[1], parts(Gram::Word, "bread")[0]);
        assert_ne!(
            parts(Gram::WordBigram, "rye bread"),
            parts(Gram::WordBigram, "bread rye")
        );
        assert_ne!(parts(Gram::WordBigram, "ab c"), parts(Gram::WordBigram, "a bc"));
        assert_ne!(parts(Gram::Char, "a"), parts(Gram::Word, "a"));
        // At the beginning, inside, and at the end of a word.
        let inside = parts(Gram::CharTrigram, "xryex")[2];
        assert_eq!(parts(Gram::CharTrigram, "rye")[1], inside);
        assert_eq!(parts(Gram::CharTrigram, "rye")[0], parts(Gram::CharTrigram, "a ryb")[1]);
        assert_ne!(parts(Gram::CharTrigram, "rye")[0], parts(Gram::CharTrigram, "xryb")[1]);
    }

    #[test]
    fn the_rows_are_the_same_on_every_machine_and_used_about_equally() {
        let letters = || 'a'..='z';
        let mut used = vec![0_u32; 512];
        let (mut field, _) = field(&[Gram::CharTrigram], 512);
        for first in letters() {
            for second in letters() {
                for third in letters() {
                    let word: String = [first, second, third].iter().collect();
                    used[field.lists([word.as_str()]).ids[1] as usize] += 1;
                }
            }
        }
        // 26³ words over 512 rows: 34.3 expected, standard deviation 5.9; χ² has mean 511 and deviation 32.
        let expected = 17_576.0 / 512.0;
        let away = used.iter().map(|&n| f64::from(n) - expected);
        let spread = away.map(|away| away * away / expected).sum::<f64>();
        assert!((350.0..670.0).contains(&spread), "{spread}");
        // Computed apart, in Python: FNV-1a over the byte 3 and the three characters, four bytes each.
        assert_eq!(field.lists(["Rye"]).ids, [404, 27, 358]);
    }

    #[test]
    fn a_text_is_the_mean_of_its_parts_and_gives_the_same_when_known_before() {
        let (mut field, params) = field(&ALL, 64);
        let titles = ["Slow Rye Bread", "", "红楼梦"];
        let known = field.lists(titles);
        let mut tape = Tape::new();
        let fresh = field.encode(&mut tape, &params, [titles[2], titles[1], titles[0]]);
        let again = field.encode_rows(&mut tape, &params, &known, &[2, 1, 0]);
        assert_eq!(tape.value(fresh), tape.value(again));
        assert_eq!(field.asked().row(0), known.row(2));
        assert_eq!(tape.value(fresh)[2..4], [0.0, 0.0]);
        let table = params.values(params.find("text").expect("it has a table"));
        for column in 0..2 {
            let rows = known.row(0).iter().map(|&row| table[[row as usize, column]]);
            let mean = rows.sum::<f32>() / known.row(0).len() as f32;
            assert!((tape.value(fresh)[4 + column] - mean).abs() < 1e-6);
        }
    }
}
