//! Rows that are offered with a number each, and those that are worth a closer look: the less the nearer.

use std::ops::Range;

use wide::i32x4;

use crate::order;

/// Farther than any row: the number of those that must not be found.
pub const HIDDEN: i32 = i32::MAX;

/// The rows of one search. Emptied and reused it allocates no more.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    numbers: Vec<i32>,
    /// How many of them are of this search.
    count: usize,
    /// Places of the rows behind them.
    rows: Vec<Range<usize>>,
    least: Vec<i32>,
    keys: Vec<u64>,
    /// Places of the rows that are left, in the order in which they were offered.
    pub left: Vec<u32>,
}

impl Offered {
    /// Begins anew.
    pub fn restart(&mut self) {
        self.count = 0;
        self.rows.clear();
    }

    /// Offers some rows: their numbers are to be put into what is given back.
    pub fn add(&mut self, rows: Range<usize>) -> &mut [i32] {
        let first = self.count;
        self.count += rows.len();
        if self.numbers.len() < self.count {
            self.numbers.resize(self.count, 0);
        }
        self.rows.push(rows);
        &mut self.numbers[first..self.count]
    }

    /// The numbers of all that were offered.
    #[cfg(test)]
    pub fn numbers(&self) -> &[i32] {
        &self.numbers[..self.count]
    }

    /// A number that k rows do not exceed, hardly greater than it has to be: the k-th least of the least numbers of some
    /// groups, twice as many as k. It costs little more than a look at each number.
    pub fn reached_by(&mut self, k: usize) -> i32 {
        let (least, keys) = (&mut self.least, &mut self.keys);
        let numbers = &self.numbers[..self.count];
        least.clear();
        let groups = k.saturating_mul(2).min(numbers.len()).max(64);
        least.resize(groups.next_multiple_of(4), HIDDEN);
        for numbers in numbers.chunks(least.len()) {
            let ((least, _), (numbers, rest)) = (least.as_chunks_mut::<4>(), numbers.as_chunks::<4>());
            for (least, numbers) in least.iter_mut().zip(numbers) {
                *least = i32x4::from(*least).min(i32x4::from(*numbers)).to_array();
            }
            for (least, &number) in least.as_flattened_mut()[4 * numbers.len()..].iter_mut().zip(rest) {
                *least = number.min(*least);
            }
        }
        keys.clear();
        keys.extend(least.iter().map(|&least| u64::from(least.cast_unsigned() ^ 1 << 31)));
        if k > keys.len() {
            HIDDEN - 1
        } else {
            (order::nth(keys, k - 1) as u32 ^ 1 << 31).cast_signed()
        }
    }

    /// The place of a row by its number among all that were offered, from 1.
    pub fn place(&self, row: usize) -> usize {
        let numbers = &self.numbers[..self.count];
        let mut first = 0;
        let mut own = HIDDEN;
        for rows in &self.rows {
            if rows.contains(&row) {
                own = own.min(numbers[first + row - rows.start]);
            }
            first += rows.len();
        }
        1 + numbers.iter().filter(|number| **number < own).count()
    }

    /// Leaves the rows whose numbers are not above `limit`.
    pub fn leave(&mut self, limit: i32) {
        self.left.clear();
        not_above(limit.min(HIDDEN - 1), &self.numbers[..self.count], &mut self.left);
        let (mut rows, mut before) = (self.rows.iter(), 0);
        let mut list = 0..0;
        for place in &mut self.left {
            while *place as usize >= before + list.len() {
                before += list.len();
                list = rows.next().cloned().unwrap_or(0..usize::MAX);
            }
            *place = (list.start + *place as usize - before) as u32;
        }
    }
}

/// Puts the places of the numbers that are not above `limit` into `out`.
fn not_above(limit: i32, numbers: &[i32], out: &mut Vec<u32>) {
    let limits = i32x4::splat(limit);
    let (blocks, rest) = numbers.as_chunks::<16>();
    for (first, block) in (0..).step_by(16).zip(blocks) {
        let quads = block.as_chunks::<4>().0;
        let far = |at: usize| limits.simd_lt(i32x4::from(quads[at])).to_bitmask() << (4 * at);
        let mut near = !(far(0) | far(1) | far(2) | far(3)) & 0xffff;
        while near != 0 {
            out.push(first + near.trailing_zeros());
            near &= near - 1;
        }
    }
    let rest = (16 * blocks.len() as u32..).zip(rest);
    let near = rest.filter(|(_, number)| **number <= limit);
    out.extend(near.map(|(place, _)| place));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn a_number_is_reached_by_as_many_as_asked() {
        let mut rng = Rng::stream(44, Purpose::Trial, 0);
        let mut offered = Offered::default();
        for n in [0, 1, 9, 64, 777, 5000] {
            let mut numbers: Vec<i32> = (0..n).map(|_| rng.below(1 << 20) as i32 - (1 << 19)).collect();
            numbers.iter_mut().step_by(5).for_each(|number| *number = HIDDEN);
            for k in [1, 10, 100, usize::MAX] {
                offered.restart();
                offered.add(10_000..10_000 + n / 2).copy_from_slice(&numbers[..n / 2]);
                offered.add(0..0);
                offered.add(100..100 + n - n / 2).copy_from_slice(&numbers[n / 2..]);
                let reached = offered.reached_by(k);
                let by = numbers.iter().filter(|number| **number <= reached).count();
                assert!(by >= k || reached >= HIDDEN - 1, "{by} of {n} reach what {k} should");
                // Of groups twice as many as k, few hold two of the k best.
                assert!(n < 777 || k > 100 || by < 2 * k, "{by} of {n} reach what {k} should");
                if n > 64 {
                    let nearer = numbers.iter().filter(|number| **number < numbers[3]).count();
                    assert_eq!(offered.place(10_003), 1 + nearer);
                }
                offered.leave(reached);
                let places = (10_000..).take(n / 2).chain(100..).zip(&numbers);
                let near = places.filter(|(_, number)| **number <= reached.min(HIDDEN - 1));
                assert_eq!(offered.left, near.map(|(place, _)| place).collect::<Vec<_>>());
            }
        }
    }
}
