//! Texts to dense numbers, without an allocation for each of them.

use crate::engine::fnv::Fnv;

/// A set of texts, numbered in the order of their first appearance.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    /// All texts, one after the other.
    text: Vec<u8>,
    /// Where each text ends in `text`.
    ends: Vec<u32>,
    /// Open addressing by hash: number of a text plus 1, or 0. At most half full; the length is a power of two.
    slots: Vec<u32>,
}

impl Interner {
    /// The number of `text`, a new one where it is new.
    pub fn number(&mut self, text: &[u8]) -> u32 {
        if 2 * (self.ends.len() + 1) > self.slots.len() {
            self.grow();
        }
        let slot = self.slot(text);
        if self.slots[slot] == 0 {
            self.text.extend_from_slice(text);
            self.ends.push(self.text.len() as u32);
            self.slots[slot] = self.ends.len() as u32;
        }
        self.slots[slot] - 1
    }

    /// The number of `text`, if it was numbered.
    pub fn find(&self, text: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(text)].checked_sub(1)
    }

    /// Texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a number that was given.
    pub fn text(&self, number: u32) -> &[u8] {
        &self.text[span(&self.ends, number)]
    }

    /// All texts, one after the other, and where each of them ends.
    pub fn into_parts(self) -> (Vec<u8>, Vec<u32>) {
        (self.text, self.ends)
    }

    /// The slot where `text` is, or where it would go. There are slots, and some are free.
    fn slot(&self, text: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = folded(text) & mask;
        while self.slots[slot] != 0 && self.text(self.slots[slot] - 1) != text {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; (4 * self.ends.len()).next_power_of_two().max(1_024)];
        for number in 0..self.ends.len() as u32 {
            let slot = self.slot(self.text(number));
            self.slots[slot] = number + 1;
        }
    }
}

/// Where text number `number` lies among texts that end at `ends`.
pub fn span(ends: &[u32], number: u32) -> std::ops::Range<usize> {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    start as usize..ends[number] as usize
}

fn folded(text: &[u8]) -> usize {
    Fnv::of(text).folded() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_texts_are_told_apart_and_found_again() {
        let mut set = Interner::default();
        assert_eq!(set.find(b"1"), None);
        for round in 0..2 {
            for id in (0..20_000_u32).rev() {
                assert_eq!(set.number(id.to_string().as_bytes()), 19_999 - id, "round {round}");
            }
        }
        assert!((0..20_000).all(|id: u32| set.find(id.to_string().as_bytes()) == Some(19_999 - id)));
        assert_eq!(
            (set.find(b"20000"), set.text(19_999), set.len()),
            (None, &b"0"[..], 20_000)
        );
    }
}
