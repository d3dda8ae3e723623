//! An embedding table whose gradient holds only the rows that a step touched.

use super::simd::Write;

/// Marks a row without gradient.
const NONE: u32 = u32::MAX;

/// `rows` vectors of `cols` numbers, and the gradient of those that the last step touched.
#[derive(Clone, Debug)]
pub(super) struct Table {
    cols: usize,
    values: Vec<f32>,
    /// By row: its place in `touched`, or [`NONE`].
    slots: Vec<u32>,
    /// Rows with gradient, in the order in which they were first touched.
    touched: Vec<u32>,
    /// Rows there is room for.
    expected: usize,
    /// One row for each of `touched`; longer than needed, so that it seldom grows.
    gradient: Vec<f32>,
}

impl Table {
    pub(super) fn new(rows: usize, cols: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), rows * cols, "a table of {rows} by {cols}");
        assert!(
            rows < NONE as usize,
            "a table holds fewer than 2^32 - 1 rows, not {rows}"
        );
        Self {
            cols,
            values,
            slots: vec![NONE; rows],
            touched: Vec::new(),
            expected: 0,
            gradient: Vec::new(),
        }
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    pub(super) fn row(&self, row: u32) -> &[f32] {
        let at = row as usize * self.cols;
        &self.values[at..at + self.cols]
    }

    /// Forgets all gradients; the work follows the rows touched, not the size of the table.
    pub(super) fn clear_gradient(&mut self) {
        for row in self.touched.drain(..) {
            self.slots[row as usize] = NONE;
        }
        self.expected = 0;
    }

    /// Makes room for the rows of `lookups` more look-ups, so that adding gradients does not allocate.
    pub(super) fn reserve(&mut self, lookups: usize) {
        self.expected = (self.expected + lookups).min(self.slots.len());
        self.touched.reserve(self.expected - self.touched.len());
        if self.gradient.len() < self.expected * self.cols {
            self.gradient.resize(self.expected * self.cols, 0.0);
        }
    }

    /// Adds `factor · from` to the gradient of a row for which [`Table::reserve`] made room.
    pub(super) fn add_gradient(&mut self, row: u32, from: &[f32], factor: f32) {
        let slot = &mut self.slots[row as usize];
        let write = if *slot == NONE { Write::Store } else { Write::Accumulate };
        if *slot == NONE {
            *slot = self.touched.len() as u32;
            self.touched.push(row);
        }
        let at = *slot as usize * self.cols;
        let into = &mut self.gradient[at..at + self.cols];
        write.scaled(into, from, factor);
    }

    /// Gradients of all touched rows, one after another.
    pub(super) fn touched_gradients(&self) -> &[f32] {
        &self.gradient[..self.touched.len() * self.cols]
    }

    /// Calls `visit(place, values, gradient)` for each touched row, `place` being where the row starts in the table.
    pub(super) fn for_each_touched(&mut self, mut visit: impl FnMut(usize, &mut [f32], &[f32])) {
        for (slot, row) in self.touched.iter().enumerate() {
            let (place, from) = (*row as usize * self.cols, slot * self.cols);
            let values = &mut self.values[place..place + self.cols];
            visit(place, values, &self.gradient[from..from + self.cols]);
        }
    }

    /// The gradient as a whole table, zero in the rows not touched.
    pub(super) fn dense_gradient(&self) -> Vec<f32> {
        let mut dense = vec![0.0; self.values.len()];
        for (slot, row) in self.touched.iter().enumerate() {
            let (place, from) = (*row as usize * self.cols, slot * self.cols);
            dense[place..place + self.cols].copy_from_slice(&self.gradient[from..from + self.cols]);
        }
        dense
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_add_up_per_row_and_are_forgotten_when_cleared() {
        let mut table = Table::new(4, 2, vec![0.0; 8]);
        table.reserve(3);
        table.add_gradient(3, &[1.0, 2.0], 1.0);
        table.add_gradient(1, &[10.0, 20.0], 0.5);
        table.add_gradient(3, &[1.0, 1.0], 2.0);
        assert_eq!(table.dense_gradient(), [0.0, 0.0, 5.0, 10.0, 0.0, 0.0, 3.0, 4.0]);
        assert_eq!(
            table.touched_gradients(),
            [3.0, 4.0, 5.0, 10.0],
            "in the order of first touch"
        );
        table.clear_gradient();
        assert_eq!(table.dense_gradient(), [0.0; 8]);
        table.reserve(1);
        table.add_gradient(1, &[7.0, 7.0], 1.0);
        assert_eq!(
            table.dense_gradient(),
            [0.0, 0.0, 7.0, 7.0, 0.0, 0.0, 0.0, 0.0],
            "nothing is left of before"
        );
    }

    #[test]
    fn room_reserved_by_several_look_ups_adds_up() {
        let mut table = Table::new(3, 1, vec![0.0; 3]);
        table.reserve(1);
        table.reserve(2);
        (0..3).for_each(|row| table.add_gradient(row, &[1.0], 1.0));
        assert_eq!(table.dense_gradient(), [1.0; 3]);
    }

    #[test]
    fn only_touched_rows_are_visited() {
        let mut table = Table::new(3, 1, vec![1.0, 2.0, 3.0]);
        table.reserve(1);
        table.add_gradient(2, &[5.0], 1.0);
        table.for_each_touched(|place, values, gradient| {
            assert_eq!((place, gradient), (2, &[5.0][..]));
            values[0] -= gradient[0];
        });
        assert_eq!(table.values(), [1.0, 2.0, -2.0]);
    }
}
