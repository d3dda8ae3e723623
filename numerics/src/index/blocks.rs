//! Bytes of rows, some rows side by side: a register holds the same part of each of them, and sums need no turning around.

use std::ops::Range;

/// Blocks of four, eight or sixteen rows. Each is some lines with codes of all its rows, and the lines
/// of one number of 32 bits a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks<const ROWS: usize> {
    /// Lines of codes in a block.
    codes: usize,
    rows: usize,
    lines: Vec<[u8; 16]>,
}

impl<const ROWS: usize> Blocks<ROWS> {
    /// Bytes of a row in a line of codes.
    const BYTES: usize = 16 / ROWS;

    /// Without a row: blocks with so many lines of `codes`.
    pub const fn new(codes: usize) -> Self {
        let lines = Vec::new();
        Self { codes, rows: 0, lines }
    }

    /// Lines of a block.
    pub const fn size(&self) -> usize {
        self.codes + ROWS / 4
    }

    /// The lines of some blocks.
    pub fn lines(&self, blocks: Range<usize>) -> &[[u8; 16]] {
        &self.lines[blocks.start * self.size()..blocks.end * self.size()]
    }

    /// Puts one row behind the others: its bytes in all lines of codes, and those of its number.
    pub fn put(&mut self, codes: impl Iterator<Item = u8>, number: [u8; 4]) {
        let (at, size) = (self.rows % ROWS, self.size());
        if at == 0 {
            self.lines.resize(self.lines.len() + size, [0; 16]);
        }
        let first = self.lines.len() - size;
        let (lines, numbers) = self.lines[first..].split_at_mut(self.codes);
        let places = lines.iter_mut().flat_map(|line| &mut line[place(at)..][..Self::BYTES]);
        places.zip(codes).for_each(|(place, code)| *place = code);
        numbers.as_flattened_mut().as_chunks_mut().0[at] = number;
        self.rows += 1;
    }

    /// The rows in another order.
    pub fn pick(&mut self, order: &[u32]) {
        let mut picked = Self::new(self.codes);
        for &row in order {
            let (block, at) = (row as usize / ROWS, row as usize % ROWS);
            let (lines, numbers) = self.lines(block..block + 1).split_at(self.codes);
            let number = numbers.as_flattened().as_chunks().0[at];
            let codes = lines.iter().flat_map(|line| &line[place(at)..][..Self::BYTES]);
            picked.put(codes.copied(), number);
        }
        *self = picked;
    }

    /// Bytes of memory.
    pub const fn bytes(&self) -> usize {
        size_of_val(self.lines.as_slice())
    }
}

/// The place in a line where the bytes of a row begin. Taking the even and the odd bytes of sixteen rows apart, and of both
/// the even and the odd pairs, leaves four rows after one another each time.
pub const fn place(row: usize) -> usize {
    row % 4 * 4 + [0, 2, 1, 3][row / 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const ROWS: usize>() {
        let row = |row: u8| (row..).take(3 * 16 / ROWS);
        let number = |row: u8| [row, 1, 2, 3];
        let put_all = |rows: &[u8]| {
            let mut blocks = Blocks::<ROWS>::new(3);
            rows.iter().for_each(|&at| blocks.put(row(at), number(at)));
            blocks
        };
        let mut blocks = put_all(&(0..21).collect::<Vec<_>>());
        let block = blocks.lines(16 / ROWS..16 / ROWS + 1);
        // Row 17 is the second one of its block.
        assert_eq!(block.len(), blocks.size());
        assert_eq!(block[0][place(1)], 17);
        assert_eq!(block[2][place(1)], 17 + 2 * (16 / ROWS) as u8);
        assert_eq!(block[3][4..8], number(17));
        blocks.pick(&[20, 3, 3, 17]);
        assert_eq!(blocks, put_all(&[20, 3, 3, 17]));
    }

    #[test]
    fn rows_stand_side_by_side_in_any_order() {
        check::<4>();
        check::<8>();
        check::<16>();
    }
}
