//! Outside ids to dense numbers, without a string for each event or even each id.

use std::cmp::Ordering;

use super::parse;
pub use crate::engine::data::interner::Interner as Ids;
use crate::engine::order::sort_by;

impl Ids {
    /// All ids as text, in the order of their first appearance.
    pub fn texts(&self) -> Vec<String> {
        let ids = 0..self.len() as u32;
        ids.map(|number| parse::text(self.text(number)).into_owned()).collect()
    }

    /// Gives ids their final numbers: ascending, as numbers if all are whole numbers, else as text.
    pub fn ranked(self) -> Keys {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        let numbers: Option<Vec<i128>> = order.iter().map(|&number| parse::whole(self.text(number))).collect();
        sort_by(&mut order, &mut |a, b| {
            let by_number = |numbers: &Vec<i128>| numbers[a as usize].cmp(&numbers[b as usize]);
            let first = numbers.as_ref().map_or(Ordering::Equal, by_number);
            first.then_with(|| self.text(a).cmp(self.text(b)))
        });
        let mut ranks = vec![0; order.len()];
        for (rank, &number) in order.iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        Keys { ids: self, ranks }
    }
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
        self.ids.find(id).map(|number| self.rank(number) as usize)
    }

    /// Ids.
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// All ids as text, by final number.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = vec![String::new(); self.len()];
        for (number, &rank) in self.ranks.iter().enumerate() {
            texts[rank as usize] = parse::text(self.ids.text(number as u32)).into_owned();
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
    fn an_id_is_found_by_its_final_number() {
        let keys = ranked(&["b", "c", "a"]);
        assert_eq!([b"a", b"b", b"c"].map(|id| keys.row(id)), [Some(0), Some(1), Some(2)]);
        assert_eq!(keys.row(b"d"), None);
        assert_eq!(Ids::default().ranked().row(b"1"), None);
    }
}
