//! Building columns row by row, in any order of rows.

use super::ids::Ids;
use crate::engine::data::{Column, Field};

/// The word of rows of which nothing is known.
const UNKNOWN: &str = "?";

/// A vocabulary, in the order of first use.
#[derive(Default)]
struct Words(Ids);

impl Words {
    fn id(&mut self, word: &str) -> u32 {
        self.0.number(word.as_bytes())
    }
}

/// A column with one word a row.
pub struct Categories {
    words: Words,
    ids: Vec<Option<u32>>,
}

impl Categories {
    pub fn new(rows: usize) -> Self {
        Self {
            words: Words::default(),
            ids: vec![None; rows],
        }
    }

    /// Adds a row.
    pub fn push(&mut self, word: &str) {
        self.ids.push(None);
        self.set(self.ids.len() - 1, word);
    }

    pub fn set(&mut self, row: usize, word: &str) {
        self.ids[row] = Some(self.words.id(if word.is_empty() { UNKNOWN } else { word }));
    }

    pub fn field(mut self, name: &str) -> Field {
        let missing = self.ids.contains(&None).then(|| self.words.id(UNKNOWN));
        let ids = self.ids.into_iter().map(|id| id.or(missing).unwrap_or(0)).collect();
        field(
            name,
            Column::Category {
                words: self.words.0.texts(),
                ids,
            },
        )
    }
}

/// A column with any number of words a row.
pub struct Tags {
    words: Words,
    ids: Vec<Vec<u32>>,
}

impl Tags {
    pub fn new(rows: usize) -> Self {
        Self {
            words: Words::default(),
            ids: vec![Vec::new(); rows],
        }
    }

    /// Adds a word to a row, once.
    pub fn add(&mut self, row: usize, word: &str) {
        let id = self.words.id(word);
        if !self.ids[row].contains(&id) {
            self.ids[row].push(id);
        }
    }

    pub fn field(self, name: &str) -> Field {
        let mut offsets = vec![0];
        let mut ids = Vec::new();
        for row in self.ids {
            ids.extend(row);
            offsets.push(ids.len() as u32);
        }
        field(
            name,
            Column::Tags {
                words: self.words.0.texts(),
                offsets,
                ids,
            },
        )
    }
}

/// A column of numbers; NaN where there is none.
pub fn numbers(name: &str, values: Vec<f32>) -> Field {
    field(name, Column::Number { values })
}

fn field(name: &str, column: Column) -> Field {
    Field {
        name: name.to_owned(),
        column,
    }
}
