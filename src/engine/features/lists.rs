//! Lists of ids of any length, one for each row.

/// Row `r` has `ids[offsets[r]..offsets[r + 1]]`; there is one offset more than there are rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Where each list starts, and where the last one ends.
    pub offsets: Vec<u32>,
    /// The lists, one after the other.
    pub ids: Vec<u32>,
}

impl Default for Lists {
    /// No rows.
    fn default() -> Self {
        Self {
            offsets: vec![0],
            ids: Vec::new(),
        }
    }
}

impl Lists {
    /// The list of row `row`.
    #[must_use]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.ids[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// Forgets all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.offsets.truncate(1);
    }

    /// Ends a row: its list is what was added to `ids` since the row before.
    pub fn end_row(&mut self) {
        self.offsets.push(self.ids.len() as u32);
    }

    /// Becomes the rows `rows` of `all`, in this order.
    pub fn select(&mut self, all: &Self, rows: impl Iterator<Item = u32>) {
        self.clear();
        for row in rows {
            self.ids.extend_from_slice(all.row(row as usize));
            self.end_row();
        }
    }
}
