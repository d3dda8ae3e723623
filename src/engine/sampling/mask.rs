//! Columns that are known to be no negatives of a row.

use crate::engine::data::{Batch, ItemId};
use crate::settings::{Knob, Settings};

use super::Block;

/// Which columns are known to be no negatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Every column is a negative, but for the row's own place in the batch.
    Nothing,
    /// Accidental hits: columns that hold the row's positive.
    SameItem,
    /// And columns that hold an item of the row's history.
    SameItemAndHistory,
}

impl Policy {
    /// The setting that chooses it.
    pub fn knob() -> Knob {
        Knob::choice("mask", &["none", "same_item", "same_item_and_history"], "same_item")
    }

    /// As chosen.
    pub fn build(settings: &Settings) -> Self {
        match settings.word("mask") {
            "none" => Self::Nothing,
            "same_item" => Self::SameItem,
            _ => Self::SameItemAndHistory,
        }
    }
}

/// Masks columns by a policy. Keeps the columns of every item in linked lists, so that a step costs as many looks as
/// there are columns and positives, and not their product.
#[derive(Clone, Debug)]
pub struct Masks {
    policy: Policy,
    /// The first column of each item, plus 1; 0 where there is none.
    first: Vec<u32>,
    /// The next column of the same item, plus 1.
    next: Vec<u32>,
}

impl Masks {
    /// For a catalogue of `n_items`.
    pub fn new(policy: Policy, n_items: usize) -> Self {
        Self {
            policy,
            first: vec![0; n_items],
            next: Vec::new(),
        }
    }

    /// Adds to the masked pairs of `block`, whose columns all rows share, what the policy knows.
    pub fn shared(&mut self, batch: &Batch, block: &mut Block) {
        if self.policy == Policy::Nothing {
            return;
        }
        let Block { items, masked, .. } = block;
        self.link(items);
        for (row, &positive) in (0..).zip(ItemId::numbers(&batch.positives)) {
            self.mask(row, positive, masked);
            if self.policy == Policy::SameItemAndHistory {
                let history = ItemId::numbers(batch.history(row as usize));
                for (place, &seen) in history.iter().enumerate() {
                    // An item chosen twice is masked once.
                    if seen != positive && !history[..place].contains(&seen) {
                        self.mask(row, seen, masked);
                    }
                }
            }
        }
        for &item in items.iter() {
            self.first[item as usize] = 0;
        }
    }

    /// The same for a block of which each row has its own columns.
    pub fn own(&self, batch: &Batch, block: &mut Block) {
        if self.policy == Policy::Nothing || batch.is_empty() {
            return;
        }
        let width = block.items.len() / batch.len();
        for (place, &item) in block.items.iter().enumerate() {
            let (row, column) = (place / width, place % width);
            let known = batch.positives[row] == ItemId(item)
                || self.policy == Policy::SameItemAndHistory && batch.history(row).contains(&ItemId(item));
            if known {
                block.masked.push((row as u32, column as u32));
            }
        }
    }

    fn link(&mut self, items: &[u32]) {
        self.next.clear();
        for (column, &item) in (1..).zip(items) {
            self.next.push(self.first[item as usize]);
            self.first[item as usize] = column;
        }
    }

    fn mask(&self, row: u32, item: u32, masked: &mut Vec<(u32, u32)>) {
        let mut column = self.first[item as usize];
        while column != 0 {
            masked.push((row, column - 1));
            column = self.next[column as usize - 1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial;
    use super::*;

    /// The batch has positives 5, 2, 5 and the first row's history is items 2 and 4.
    fn masked(policy: Policy, items: &[u32]) -> Vec<(u32, u32)> {
        let mut block = Block {
            items: items.to_vec(),
            ..Block::default()
        };
        let mut masks = Masks::new(policy, 8);
        masks.shared(&trial::batch(), &mut block);
        let first = std::mem::take(&mut block.masked);
        masks.shared(&trial::batch(), &mut block);
        assert_eq!(first, block.masked, "a second use starts afresh");
        block.masked.sort_unstable();
        block.masked
    }

    #[test]
    fn every_copy_of_a_rows_positive_is_masked() {
        assert_eq!(masked(Policy::Nothing, &[5, 2, 5]), []);
        assert_eq!(
            masked(Policy::SameItem, &[5, 2, 5, 7]),
            [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)]
        );
    }

    #[test]
    fn history_masks_the_columns_of_items_already_chosen() {
        assert_eq!(masked(Policy::SameItemAndHistory, &[4, 2, 7]), [(0, 0), (0, 1), (1, 1)]);
    }

    #[test]
    fn a_rows_own_columns_are_masked_for_that_row() {
        let mut block = Block {
            items: vec![5, 4, 2, 5, 1, 1],
            ..Block::default()
        };
        Masks::new(Policy::SameItem, 8).own(&trial::batch(), &mut block);
        assert_eq!(block.masked, [(0, 0), (1, 0)]);
        block.masked.clear();
        Masks::new(Policy::SameItemAndHistory, 8).own(&trial::batch(), &mut block);
        assert_eq!(block.masked, [(0, 0), (0, 1), (1, 0)]);
    }
}
