//! Relevance control (Li et al., KDD 2021, section 3.5 of its system): of the nearest items only those stay that have
//! every attribute that the query names. Taobao's query understanding finds the attributes by a model of its own; here
//! a query names an attribute by its words.

use crate::engine::data::{Column, Table, small, words};
use crate::engine::index::Allowed;
use crate::protocol::Term;
use crate::text::{Message, Result};

/// The attributes that a text names, in the order of the fields. A value that several fields have (MovieLens has the
/// first genre of a film, and all of them) is taken from the field in which most items have it.
pub fn terms(items: &Table, text: &str) -> Vec<Term> {
    let asked = spaced(text);
    let mut found = Vec::new();
    for field in &items.fields {
        let (Column::Category { words, .. } | Column::Tags { words, .. }) = &field.column else {
            continue;
        };
        let named = words.iter().filter(|value| {
            let value = spaced(value);
            value.len() > 2 && asked.contains(&value)
        });
        for value in named {
            let term = Term {
                field: field.name.clone(),
                value: value.clone(),
            };
            match found.iter_mut().find(|other: &&mut Term| other.value == term.value) {
                None => found.push(term),
                Some(other) if count(items, &term) > count(items, other) => *other = term,
                Some(_) => {}
            }
        }
    }
    found
}

/// How many items have it.
fn count(items: &Table, term: &Term) -> usize {
    let term = std::slice::from_ref(term);
    (0..items.len()).filter(|&item| satisfies(items, item, term)).count()
}

/// Whether an item has all of them.
pub fn satisfies(items: &Table, item: usize, terms: &[Term]) -> bool {
    terms.iter().all(|term| {
        let has = |words: &[String], ids: &[u32]| ids.iter().any(|&id| words.get(id as usize) == Some(&term.value));
        match items.field(&term.field).map(|field| &field.column) {
            Some(Column::Category { words, ids }) => has(words, &ids[item..=item]),
            Some(Column::Tags { words, offsets, ids }) => {
                has(words, &ids[offsets[item] as usize..offsets[item + 1] as usize])
            }
            _ => false,
        }
    })
}

/// Which items a search may find.
pub struct Filter {
    /// Their rows.
    pub allowed: Allowed,
    /// Attributes that they have, and those that they have not.
    pub terms: [Vec<Term>; 2],
}

/// The items with every attribute that `only` names, and with none that it names behind a minus: `drama -1980s`. No
/// filter where it is empty.
///
/// # Errors
/// If it names no attribute, or no item is left.
pub fn filter(items: &Table, only: &str) -> Result<Option<Filter>> {
    if only.trim().is_empty() {
        return Ok(None);
    }
    let said = format!(" {only}");
    let mut parts = said.split(" -");
    let wanted = terms(items, parts.next().unwrap_or_default());
    let unwanted: Vec<Term> = parts.flat_map(|part| terms(items, part)).collect();
    if wanted.is_empty() && unwanted.is_empty() {
        return Err(Message::new("search.filter_unknown").with("words", only.trim()));
    }
    let allowed = Allowed::rows(items.len(), &mut |item| {
        let has = |term: &Term| satisfies(items, item, std::slice::from_ref(term));
        satisfies(items, item, &wanted) && !unwanted.iter().any(has)
    });
    if allowed.count() == 0 {
        return Err(Message::new("index.filter_empty").with("words", only.trim()));
    }
    Ok(Some(Filter {
        allowed,
        terms: [wanted, unwanted],
    }))
}

/// Small letters, one blank before, between and after the words.
fn spaced(text: &str) -> String {
    words(&small(text)).fold(" ".to_owned(), |spaced, word| spaced + word + " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::Field;

    fn items() -> Table {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Table {
            keys: words(&["1", "2", "3"]),
            titles: Vec::new(),
            fields: vec![
                Field {
                    name: "era".to_owned(),
                    column: Column::Category {
                        words: words(&["1980s", "1990s"]),
                        ids: vec![0, 1, 1],
                    },
                },
                Field {
                    name: "genre".to_owned(),
                    column: Column::Tags {
                        words: words(&["Drama", "Science Fiction"]),
                        offsets: vec![0, 1, 3, 3],
                        ids: vec![0, 0, 1],
                    },
                },
            ],
        }
    }

    #[test]
    fn a_query_names_attributes_by_whole_words_in_any_case() {
        let named = |text| {
            let terms = terms(&items(), text);
            terms.into_iter().map(|term| term.value).collect::<Vec<_>>()
        };
        assert_eq!(named("best science-fiction of the 1990s"), ["1990s", "Science Fiction"]);
        assert_eq!(named("DRAMA, please"), ["Drama"]);
        assert!(named("dramatic science").is_empty());
    }

    #[test]
    fn a_value_of_two_fields_is_asked_of_the_one_in_which_more_items_have_it() {
        let mut items = items();
        let first = Field {
            name: "first genre".to_owned(),
            column: Column::Category {
                words: vec!["Science Fiction".to_owned(), "Drama".to_owned()],
                ids: vec![1, 0, 7],
            },
        };
        items.fields.insert(0, first);
        let drama = terms(&items, "drama");
        assert_eq!((drama.len(), drama[0].field.as_str()), (1, "genre"));
    }

    #[test]
    fn an_item_has_to_have_all_that_is_named() {
        let items = items();
        let both = terms(&items, "1990s drama");
        let kept: Vec<bool> = (0..3).map(|item| satisfies(&items, item, &both)).collect();
        assert_eq!(kept, [false, true, false]);
        assert!((0..3).all(|item| satisfies(&items, item, &[])));
    }

    #[test]
    fn a_filter_asks_for_attributes_and_forbids_those_behind_a_minus() {
        let items = items();
        let rows = |only| {
            let filter = filter(&items, only).map_err(|why| why.key.clone());
            filter.map(|filter| {
                filter.map(|filter| (0..3).filter(|&row| filter.allowed.contains(row)).collect::<Vec<_>>())
            })
        };
        assert_eq!(rows("  "), Ok(None));
        assert_eq!(rows("1990s"), Ok(Some(vec![1, 2])));
        assert_eq!(rows("1990s -drama"), Ok(Some(vec![2])));
        assert_eq!(rows("-science fiction -1990s"), Ok(Some(vec![0])));
        assert_eq!(rows("musical"), Err("search.filter_unknown".into()));
        assert_eq!(rows("1980s science fiction"), Err("index.filter_empty".into()));
    }
}
