//! How what is known of a user or an item becomes a vector: one embedding table for each categorical field.
//!
//! A field with one word a row is looked up; a field with several is averaged (Huang et al., KDD 2020, section 2.2:
//! one-hot and multi-hot features). Numbers and modalities are left to the `numeric` part of the recipe and to the
//! methods that read them.

use super::data::{Column, Table};
use super::nn::{Init, ParamId, Params, Pooling, Tape, Var};
use super::rng::Rng;

/// Standard deviation of the first values of every embedding.
pub const EMBEDDING_INIT: Init = Init::Normal(0.1);

/// The embedded fields of a table.
#[derive(Default)]
pub struct Fields {
    fields: Vec<EmbeddedField>,
    /// Words of the rows asked for, ragged: scratch.
    ids: Vec<u32>,
    offsets: Vec<u32>,
}

/// Words of each row, ragged, and the table that embeds them.
struct EmbeddedField {
    offsets: Vec<u32>,
    ids: Vec<u32>,
    table: ParamId,
}

impl Fields {
    /// One table of `width` columns for each categorical field of `rows`; `side` goes before the parameters' names.
    pub fn build(rows: &Table, side: &str, width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let mut fields = Vec::new();
        for field in &rows.fields {
            let (words, offsets, ids) = match &field.column {
                Column::Category { words, ids } => (words.len(), (0..=ids.len() as u32).collect(), ids.clone()),
                Column::Tags { words, offsets, ids } => (words.len(), offsets.clone(), ids.clone()),
                Column::Number { .. } | Column::Vector { .. } => continue,
            };
            let table = params.table(&format!("{side}.{}", field.name), words, width, EMBEDDING_INIT, rng);
            fields.push(EmbeddedField { offsets, ids, table });
        }
        Self {
            fields,
            ..Self::default()
        }
    }

    /// How many fields there are; each gives `width` columns.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Appends to `parts` one `[rows, width]` variable for each field.
    pub fn encode(
        &mut self,
        tape: &mut Tape,
        params: &Params,
        rows: impl Iterator<Item = u32> + Clone,
        parts: &mut Vec<Var>,
    ) {
        for field in &self.fields {
            self.ids.clear();
            self.offsets.clear();
            self.offsets.push(0);
            for row in rows.clone() {
                let words = field.offsets[row as usize] as usize..field.offsets[row as usize + 1] as usize;
                self.ids.extend_from_slice(&field.ids[words]);
                self.offsets.push(self.ids.len() as u32);
            }
            parts.push(tape.gather_pool(params, field.table, &self.offsets, &self.ids, Pooling::Mean));
        }
    }
}
