//! Queries for data that have none: a few words of what is known of the item that was chosen.
//!
//! The words of an item are those of its title and of its categorical fields. For every event one to three of them are
//! drawn and put in the order of the title. Whoever types them may not find the item itself, but finds its like; that
//! is what known-item queries of retrieval research do (Azzopardi et al., SIGIR 2007), in the simplest way.

use super::interner::Interner;
use super::{Column, Log, Queries, QueryLog, Table, words};
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};

/// Words of a query at most.
const WORDS_MAX: u32 = 3;

/// Seed of the draws: the same data have the same queries in every recipe.
const SEED: u32 = 1;

/// Words that are no help in finding anything.
const STOP_WORDS: [&str; 22] = [
    "a", "an", "and", "at", "by", "de", "for", "from", "in", "is", "it", "la", "le", "les", "no", "of", "on", "or",
    "the", "to", "vs", "with",
];

/// Fields that hold codes nobody types.
const CODES: [&str; 1] = ["language"];

/// Makes a query for every event on an item of which there are words.
#[must_use]
pub fn made_queries(items: &Table, log: &Log) -> Queries {
    let words = ItemWords::of(items);
    if words.ids.is_empty() {
        return Queries::default();
    }
    let mut rng = Rng::stream(SEED, Purpose::Queries, 0);
    let mut queries = QueryLog::with_capacity(log.len());
    let (mut places, mut text) = (Vec::new(), String::new());
    for item in log.items() {
        let own = words.of_item(item.idx());
        draw(own.len() as u32, &mut rng, &mut places);
        text.clear();
        for &place in &places {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(words.word(own[place as usize]));
        }
        queries.push(&text);
    }
    queries.finish(true)
}

/// Makes `places` one to [`WORDS_MAX`] different places below `n`, ascending, or all where there are fewer.
fn draw(n: u32, rng: &mut Rng, places: &mut Vec<u32>) {
    let wanted = (1 + rng.below(WORDS_MAX)).min(n);
    places.clear();
    places.extend(0..n);
    for place in 0..wanted {
        places.swap(place as usize, (place + rng.below(n - place)) as usize);
    }
    places.truncate(wanted as usize);
    order::ascend(places);
}

/// The different words of each item, in small letters, those of the title first.
#[derive(Default)]
struct ItemWords {
    vocabulary: Interner,
    /// Item `i` has the words `ids[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<u32>,
    ids: Vec<u32>,
    /// The word at hand in small letters: scratch.
    small: String,
}

impl ItemWords {
    fn of(items: &Table) -> Self {
        let mut all = Self::default();
        all.offsets.push(0);
        for row in 0..items.len() {
            if let Some(title) = items.titles.get(row) {
                all.add(without_year(title));
            }
            for field in items
                .fields
                .iter()
                .filter(|field| !CODES.contains(&field.name.as_str()))
            {
                match &field.column {
                    Column::Category { words, ids } => all.add_name(&words[ids[row] as usize]),
                    Column::Tags { words, offsets, ids } => {
                        let own = offsets[row] as usize..offsets[row + 1] as usize;
                        ids[own].iter().for_each(|&id| all.add_name(&words[id as usize]));
                    }
                    Column::Id { .. } | Column::Number { .. } | Column::Vector { .. } => {}
                }
            }
            all.offsets.push(all.ids.len() as u32);
        }
        all
    }

    fn of_item(&self, item: usize) -> &[u32] {
        &self.ids[self.offsets[item] as usize..self.offsets[item + 1] as usize]
    }

    fn word(&self, id: u32) -> &str {
        std::str::from_utf8(self.vocabulary.text(id)).expect("words are texts")
    }

    /// Adds the words of a category's name, unless it is a remark, as "(no genres listed)", or a mere number.
    fn add_name(&mut self, name: &str) {
        if !name.starts_with('(') && !name.bytes().all(|byte| byte.is_ascii_digit()) {
            self.add(name);
        }
    }

    /// Adds the words of `text` to the last item.
    fn add(&mut self, text: &str) {
        let first = self.offsets.last().copied().unwrap_or(0) as usize;
        for word in words(text) {
            self.small.clear();
            self.small.extend(word.chars().flat_map(char::to_lowercase));
            if STOP_WORDS.contains(&self.small.as_str()) {
                continue;
            }
            let id = self.vocabulary.number(self.small.as_bytes());
            if !self.ids[first..].contains(&id) {
                self.ids.push(id);
            }
        }
    }
}

/// `Toy Story` of `Toy Story (1995)`.
fn without_year(title: &str) -> &str {
    let title = title.trim_end();
    let parts = title.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    match parts {
        Some((name, year)) if year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) => name.trim_end(),
        _ => title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Field, Interaction, ItemId, UserId};

    fn items() -> Table {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let field = |name: &str, column| Field {
            name: name.to_owned(),
            column,
        };
        Table {
            keys: texts(&["a", "b", "c", "d"]),
            titles: texts(&[
                "Matrix, The (1999)",
                "2001: A Space Odyssey (1968)",
                "",
                "Children's Hour",
            ]),
            fields: vec![
                field(
                    "language",
                    Column::Category {
                        words: texts(&["eng"]),
                        ids: vec![0; 4],
                    },
                ),
                field(
                    "genre",
                    Column::Category {
                        words: texts(&["Sci-Fi", "?"]),
                        ids: vec![0, 0, 1, 1],
                    },
                ),
                field(
                    "genres",
                    Column::Tags {
                        words: texts(&["Action", "Sci-Fi", "(no genres listed)", "17"]),
                        offsets: vec![0, 2, 3, 4, 5],
                        ids: vec![0, 1, 1, 2, 3],
                    },
                ),
                field(
                    "year",
                    Column::Number {
                        values: vec![1999.0; 4],
                    },
                ),
            ],
        }
    }

    /// 300 events on each item, one user an item.
    fn log() -> Log {
        let events = (0..1_200).map(|event| Interaction {
            user: UserId(event / 300),
            item: ItemId(event / 300),
            time: i64::from(event),
            value: 1.0,
        });
        Log::build(4, events.collect())
    }

    #[test]
    fn an_items_words_are_those_of_title_and_categories_without_year_codes_and_stop_words() {
        let words = ItemWords::of(&items());
        let of = |item| words.of_item(item).iter().map(|&id| words.word(id)).collect::<Vec<_>>();
        assert_eq!(of(0), ["matrix", "sci", "fi", "action"]);
        assert_eq!(of(1), ["2001", "space", "odyssey", "sci", "fi"]);
        assert!(of(2).is_empty());
        assert_eq!(of(3), ["children's", "hour"]);
    }

    #[test]
    fn a_query_has_one_to_three_of_the_items_words_in_their_order_and_all_of_them_come_up() {
        let (items, log) = (items(), log());
        let (queries, words) = (made_queries(&items, &log), ItemWords::of(&items));
        let mut lengths = [0; 4];
        let mut seen = std::collections::BTreeSet::new();
        for (event, item) in log.items().iter().enumerate() {
            let own: Vec<&str> = words.of_item(item.idx()).iter().map(|&id| words.word(id)).collect();
            let text = queries.text(event);
            let places: Vec<usize> = text
                .split_whitespace()
                .map(|word| own.iter().position(|own| *own == word).expect("a word of the item"))
                .collect();
            assert!(places.is_sorted_by(|a, b| a < b), "{text}");
            if item.0 == 1 {
                lengths[places.len()] += 1;
                seen.extend(places);
            }
        }
        assert_eq!((lengths[0], seen.len()), (0, 5));
        // 100 expected of each, standard deviation 8.
        assert!(lengths[1..].iter().all(|n| (70..130).contains(n)), "{lengths:?}");
        assert!(queries.made && queries.text(600).is_empty());
    }

    #[test]
    fn queries_are_the_same_every_time_and_data_without_words_have_none() {
        let (mut items, log) = (items(), log());
        assert_eq!(made_queries(&items, &log), made_queries(&items, &log));
        items.titles.clear();
        items.fields.clear();
        assert!(made_queries(&items, &log).is_empty());
    }
}
