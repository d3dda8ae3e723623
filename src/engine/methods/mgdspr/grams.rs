//! Texts as rows of embedding tables, by hash: what was never seen has a row too, and there is no vocabulary to keep.
//!
//! Capital letters count as small ones. Pairs of characters do not cross from word to word, so that the order of words
//! shows in nothing but the sequence of words.

use crate::engine::data::words;
use crate::engine::fnv::Fnv;

/// The row of every word of `text`, in a table of `buckets` rows.
pub fn word_rows(text: &str, buckets: u32) -> impl Iterator<Item = u32> {
    words(text).map(move |word| row(small(word), buckets))
}

/// The row of every character of every word.
pub fn character_rows(text: &str, buckets: u32) -> impl Iterator<Item = u32> {
    words(text).flat_map(move |word| small(word).map(move |character| row([character], buckets)))
}

/// The row of every two characters that follow each other in a word.
pub fn pair_rows(text: &str, buckets: u32) -> impl Iterator<Item = u32> {
    let pairs = |word| small(word).zip(small(word).skip(1));
    words(text).flat_map(move |word| pairs(word).map(move |(a, b)| row([a, b], buckets)))
}

fn small(word: &str) -> impl Iterator<Item = char> {
    word.chars().flat_map(char::to_lowercase)
}

fn row(characters: impl IntoIterator<Item = char>, buckets: u32) -> u32 {
    let mut hash = Fnv::default();
    for character in characters {
        hash.word(u64::from(u32::from(character)));
    }
    hash.folded() % buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: u32 = u32::MAX;

    fn sorted(rows: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut rows: Vec<u32> = rows.collect();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn texts_have_as_many_rows_as_pieces_and_equal_pieces_have_equal_rows() {
        let words: Vec<u32> = word_rows("Rye bread, rye", MANY).collect();
        assert_eq!((words.len(), words[0]), (3, words[2]));
        assert_ne!(words[0], words[1]);
        let characters: Vec<u32> = character_rows("no on", MANY).collect();
        assert_eq!(characters, [characters[0], characters[1], characters[1], characters[0]]);
        // n-o, o-n: their order counts, and no pair crosses the blank.
        let pairs: Vec<u32> = pair_rows("no on", MANY).collect();
        assert_eq!(pairs.len(), 2);
        assert_ne!(pairs[0], pairs[1]);
        assert!(word_rows("", MANY).chain(pair_rows("a", MANY)).next().is_none());
    }

    #[test]
    fn the_order_of_words_shows_in_the_order_of_their_rows_only() {
        let texts = ["black rye bread", "bread black rye"];
        let [a, b] = texts.map(|text| sorted(character_rows(text, MANY)));
        assert_eq!(a, b);
        let [a, b] = texts.map(|text| sorted(pair_rows(text, MANY)));
        assert_eq!(a, b);
        let [a, b] = texts.map(|text| word_rows(text, MANY).collect::<Vec<_>>());
        assert_ne!(a, b);
    }

    #[test]
    fn rows_lie_in_the_table() {
        assert!(word_rows("one two three four five six", 4).all(|row| row < 4));
    }
}
