//! Which rows may be found: a filter by attributes as one bit a row, looked at inside the scan.
//!
//! Filtering what a search has found would leave too few, and searching for more until enough are left would scan
//! everything where the filter is narrow.

use base::text::{Message, Result};

/// A set of row numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    bits: Vec<u64>,
    count: usize,
}

impl Allowed {
    /// The rows below `n` of which `allowed` says yes.
    #[must_use]
    pub fn rows(n: usize, allowed: &mut dyn FnMut(usize) -> bool) -> Self {
        let mut set = Self::default();
        for row in (0..n).filter(|&row| allowed(row)) {
            set.insert(row as u32);
        }
        set
    }

    /// Puts in a row; says whether it is new.
    pub fn insert(&mut self, row: u32) -> bool {
        let word = row as usize / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        let bit = 1 << (row % 64);
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        self.count += usize::from(new);
        new
    }

    /// Whether `row` is one of them.
    #[inline]
    #[must_use]
    pub fn contains(&self, row: u32) -> bool {
        let word = self.bits.get(row as usize / 64);
        word.is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// They, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let rows = 0..self.bits.len() as u32 * 64;
        rows.filter(|&row| self.contains(row))
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&self.bits[..])
    }

    /// Whether a search among them can find anything.
    ///
    /// # Errors
    /// If there is none.
    pub fn check(&self) -> Result<()> {
        if self.count == 0 {
            return Err(Message::new("index.filter_empty"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let mut set = Allowed::rows(200, &mut |row| row % 7 == 3);
        assert!(set.insert(1000) && !set.insert(10));
        let expected: Vec<u32> = (0..200).filter(|row| row % 7 == 3).chain([1000]).collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), expected);
        assert_eq!(set.count(), expected.len());
        assert!(!set.contains(11) && !set.contains(1001) && !set.contains(u32::MAX));
    }

    #[test]
    fn a_filter_that_leaves_nothing_is_refused_in_words() {
        let refusal = Allowed::rows(50, &mut |_| false).check().unwrap_err().to_string();
        assert!(refusal.contains("filter leaves no item"), "{refusal}");
        assert_eq!(Allowed::rows(50, &mut |row| row == 49).check(), Ok(()));
    }
}
