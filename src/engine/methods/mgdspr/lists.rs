//! Lists of whole numbers, one after the other.

/// List `b` has the numbers `ids[offsets[b]..offsets[b + 1]]`.
#[derive(Clone, Debug)]
pub struct Lists {
    pub ids: Vec<u32>,
    pub offsets: Vec<u32>,
}

impl Default for Lists {
    /// No lists.
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            offsets: vec![0],
        }
    }
}

impl Lists {
    /// Forgets all lists and keeps the memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.offsets.clear();
        self.offsets.push(0);
    }

    /// Adds a list.
    pub fn push(&mut self, ids: impl IntoIterator<Item = u32>) {
        self.ids.extend(ids);
        self.offsets.push(self.ids.len() as u32);
    }

    /// The list number `place`.
    pub fn list(&self, place: usize) -> &[u32] {
        &self.ids[self.offsets[place] as usize..self.offsets[place + 1] as usize]
    }
}

/// Makes `offsets` those of `blocks` blocks of `rows` rows.
pub fn even(offsets: &mut Vec<u32>, blocks: usize, rows: usize) {
    offsets.clear();
    offsets.extend((0..=blocks).map(|block| (block * rows) as u32));
}
