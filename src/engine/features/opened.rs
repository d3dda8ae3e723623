//! What a model knows of ids and numbers, to be looked into.

use super::Fields;
use crate::engine::data::{Column, Table};
use crate::engine::nn::{ParamId, Params};

/// A model's embeddings and fields.
pub struct Opened<'a> {
    /// What it has learnt.
    pub params: &'a Params,
    /// Its fields, side by side.
    pub fields: Vec<&'a mut Fields>,
    /// The tables that its ids and fields are of, by the words that names of parameters begin with; where two go by one
    /// word, the first that has a name for an id gives it.
    pub tables: Vec<(&'static str, &'a Table)>,
}

impl Opened<'_> {
    /// What people call an id of an embedding; its number where there is no name for it.
    #[must_use]
    pub fn name(&self, embedding: ParamId, id: u32) -> String {
        let (side, field) = self.params.name(embedding).split_once('.').unwrap_or_default();
        let place = id as usize;
        let mut known = self.tables.iter().filter(|(name, _)| *name == side);
        let found = known.find_map(|(_, table)| match table.field(field).map(|field| &field.column) {
            Some(Column::Category { words, .. } | Column::Tags { words, .. }) => words.get(place).cloned(),
            _ => (place < table.len() && !table.keys.is_empty()).then(|| table.label(place).to_owned()),
        });
        found.unwrap_or_else(|| id.to_string())
    }
}
