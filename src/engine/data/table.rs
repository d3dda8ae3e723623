//! What is known of users or items: one row each, columns of several types.

/// Rows with a key, perhaps a title, and fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Outside id of each row; empty where rows have none.
    pub keys: Vec<String>,
    /// Title of each row for people; empty where there are none.
    pub titles: Vec<String>,
    /// The features.
    pub fields: Vec<Field>,
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name for people and recipes.
    pub name: String,
    /// Values by row.
    pub column: Column,
}

/// Values of one feature, by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// One word of a vocabulary a row.
    Category { words: Vec<String>, ids: Vec<u32> },
    /// One word of a large vocabulary a row, each being nothing but its number, below `count`.
    Id { count: u32, ids: Vec<u32> },
    /// Any number of words a row: row `r` has `ids[offsets[r]..offsets[r + 1]]`.
    Tags {
        words: Vec<String>,
        offsets: Vec<u32>,
        ids: Vec<u32>,
    },
    /// A number a row; NaN where it is missing.
    Number { values: Vec<f32> },
    /// A vector a row: row `r` is `values[r * width..(r + 1) * width]`. Modalities are such.
    Vector { width: usize, values: Vec<f32> },
}

impl Column {
    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Category { ids, .. } | Self::Id { ids, .. } => ids.len(),
            Self::Tags { offsets, .. } => offsets.len().saturating_sub(1),
            Self::Number { values } => values.len(),
            Self::Vector { width, values } => values.len() / (*width).max(1),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.fields.first() {
            Some(field) if self.keys.is_empty() => field.column.len(),
            _ => self.keys.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The title of a row, or its key where it has none.
    #[must_use]
    pub fn label(&self, row: usize) -> &str {
        match self.titles.get(row) {
            Some(title) if !title.is_empty() => title,
            _ => &self.keys[row],
        }
    }

    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
