//! Outside ids to dense numbers, without a string for each event or even each id.

use super::parse;

/// A set of outside ids, numbered in the order of their first appearance.
#[derive(Default)]
pub struct Ids {
    /// All ids, one after the other.
    text: Vec<u8>,
    /// Where each id ends in `text`.
    ends: Vec<u32>,
    /// Open addressing by hash: number of an id plus 1, or 0. At most half full; the length is a power of two.
    slots: Vec<u32>,
}

impl Ids {
    /// The number of `id`, a new one where it is new.
    pub fn number(&mut self, id: &[u8]) -> u32 {
        if 2 * (self.ends.len() + 1) > self.slots.len() {
            self.grow();
        }
        let slot = self.slot(id);
        if self.slots[slot] == 0 {
            self.text.extend_from_slice(id);
            self.ends.push(self.text.len() as u32);
            self.slots[slot] = self.ends.len() as u32;
        }
        self.slots[slot] - 1
    }

    /// Ids.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All ids as text, in the order of their first appearance.
    pub fn texts(&self) -> Vec<String> {
        let ids = 0..self.len() as u32;
        ids.map(|number| parse::text(self.id(number)).into_owned()).collect()
    }

    /// Gives ids their final numbers: ascending, as numbers if all are whole numbers, else as text.
    pub fn ranked(self) -> Keys {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        let numbers: Option<Vec<i128>> = order.iter().map(|&number| parse::whole(self.id(number))).collect();
        match &numbers {
            Some(numbers) => order.sort_unstable_by_key(|&number| (numbers[number as usize], self.id(number))),
            None => order.sort_unstable_by_key(|&number| self.id(number)),
        }
        let mut ranks = vec![0; order.len()];
        for (rank, &number) in order.iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        Keys { ids: self, ranks }
    }

    fn id(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.text[start as usize..self.ends[number] as usize]
    }

    /// The slot where `id` is, or where it would go. There are slots, and some are free.
    fn slot(&self, id: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(id) & mask;
        while self.slots[slot] != 0 && self.id(self.slots[slot] - 1) != id {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; (4 * self.ends.len()).next_power_of_two().max(1_024)];
        for number in 0..self.ends.len() as u32 {
            let slot = self.slot(self.id(number));
            self.slots[slot] = number + 1;
        }
    }
}

/// FNV-1a, its high bits folded down.
fn hash(id: &[u8]) -> usize {
    let hash = id.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32 as usize
}

/// Ids with their final numbers.
pub struct Keys {
    ids: Ids,
    ranks: Vec<u32>,
}

impl Keys {
    /// Final number of the id that appeared as number `number`.
    pub fn rank(&self, number: u32) -> u32 {
        self.ranks[number as usize]
    }

    /// Final number of `id`.
    pub fn row(&self, id: &[u8]) -> Option<usize> {
        if self.ids.slots.is_empty() {
            return None;
        }
        let number = self.ids.slots[self.ids.slot(id)].checked_sub(1)?;
        Some(self.rank(number) as usize)
    }

    /// Ids.
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// All ids as text, by final number.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = vec![String::new(); self.len()];
        for (number, &rank) in self.ranks.iter().enumerate() {
            texts[rank as usize] = parse::text(self.ids.id(number as u32)).into_owned();
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(ids: &[&str]) -> Keys {
        let mut set = Ids::default();
        ids.iter().for_each(|id| {
            set.number(id.as_bytes());
        });
        set.ranked()
    }

    #[test]
    fn whole_numbers_are_ordered_as_numbers_and_all_else_as_text() {
        assert_eq!(
            ranked(&["10", "9", "-3", "9223372036854775808", "9"]).texts(),
            ["-3", "9", "10", "9223372036854775808"]
        );
        assert_eq!(ranked(&["10", "9", "b", "a"]).texts(), ["10", "9", "a", "b"]);
    }

    #[test]
    fn many_ids_are_told_apart_and_found_again() {
        let mut set = Ids::default();
        for round in 0..2 {
            for id in (0..20_000_u32).rev() {
                assert_eq!(set.number(id.to_string().as_bytes()), 19_999 - id, "round {round}");
            }
        }
        let keys = set.ranked();
        assert!((0..20_000).all(|id: usize| keys.row(id.to_string().as_bytes()) == Some(id)));
        assert_eq!(keys.row(b"20000"), None);
        assert_eq!(Ids::default().ranked().row(b"1"), None);
    }
}
