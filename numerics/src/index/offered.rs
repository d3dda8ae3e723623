//! Rows that are offered with a number each, and those that are worth a closer look: the less the nearer.

use std::ops::Range;

use bytemuck::cast;
use wide::i32x4;

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
    least: Vec<[[i32; 4]; 4]>,
    left: Vec<u32>,
    /// How many of those are of this search.
    count_of_left: usize,
}

/// Numbers that are looked at together.
const BLOCK: usize = 64;

impl Offered {
    /// Begins anew.
    pub fn restart(&mut self) {
        self.count = 0;
        self.rows.clear();
    }

    /// Offers some rows: their numbers are to be put into what is given back.
    fn add(&mut self, rows: Range<usize>) -> &mut [i32] {
        let first = self.count;
        self.count += rows.len();
        if self.numbers.len() < self.count.next_multiple_of(BLOCK) {
            self.numbers.resize(self.count.next_multiple_of(BLOCK), HIDDEN);
        }
        self.rows.push(rows);
        &mut self.numbers[first..self.count]
    }

    /// Offers some rows that stand in blocks of so many: `compare` puts down the numbers of all rows in some blocks. What is
    /// given back are those of the rows that were meant; the others, of other lists, are hidden.
    #[inline(always)]
    pub fn add_blocks<const ROWS: usize>(
        &mut self,
        rows: Range<usize>,
        compare: impl FnOnce(Range<usize>, &mut [[i32; ROWS]]),
    ) -> &mut [i32] {
        let (first, end) = (rows.start / ROWS, rows.end.div_ceil(ROWS));
        let numbers = self.add(first * ROWS..end * ROWS);
        compare(first..end, numbers.as_chunks_mut().0);
        let (before, numbers) = numbers.split_at_mut(rows.start - first * ROWS);
        let (numbers, after) = numbers.split_at_mut(rows.len());
        before.fill(HIDDEN);
        after.fill(HIDDEN);
        numbers
    }

    /// The numbers of all that were offered.
    #[cfg(test)]
    pub fn numbers(&self) -> &[i32] {
        &self.numbers[..self.count]
    }

    /// Hides what is left in the last block of an earlier search, and gives all blocks.
    fn blocks(&mut self) -> &[[i32; BLOCK]] {
        let end = self.count.next_multiple_of(BLOCK);
        self.numbers[self.count..end].fill(HIDDEN);
        self.numbers[..end].as_chunks().0
    }

    /// A number that k rows do not exceed, hardly greater than it has to be: that which k of the least numbers of some
    /// groups do not exceed, twice as many groups as k. It costs little more than a look at each number.
    pub fn reached_by(&mut self, k: usize) -> i32 {
        let groups = k.saturating_mul(2).min(self.count).max(64);
        let mut least = std::mem::take(&mut self.least);
        least.resize(groups.div_ceil(16), [[HIDDEN; 4]; 4]);
        let numbers = self.blocks().as_flattened().as_chunks().0.as_chunks::<4>().0;
        // A group is every so-many-th number: its least one stays in a register.
        let apart = least.len();
        for (first, least) in least.iter_mut().enumerate() {
            let mut quads = [i32x4::splat(HIDDEN); 4];
            for numbers in numbers.iter().skip(first).step_by(apart) {
                for (least, numbers) in quads.iter_mut().zip(numbers) {
                    *least = least.min(i32x4::from(*numbers));
                }
            }
            *least = cast(quads);
        }
        let reached = reached(least.as_flattened(), k);
        self.least = least;
        reached
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
        let mut left = std::mem::take(&mut self.left);
        let count = not_above(limit.min(HIDDEN - 1), self.blocks(), &mut left);
        let (mut rows, mut before) = (self.rows.iter(), 0);
        let mut list = 0..0;
        for place in &mut left[..count] {
            while *place as usize >= before + list.len() {
                before += list.len();
                list = rows.next().cloned().unwrap_or(0..usize::MAX);
            }
            *place = (list.start + *place as usize - before) as u32;
        }
        (self.left, self.count_of_left) = (left, count);
    }

    /// Places of the rows that are left, in the order in which they were offered.
    pub fn left(&self) -> &[u32] {
        &self.left[..self.count_of_left]
    }
}

/// A number that k of the `numbers` do not exceed, or hardly more; [`HIDDEN`] − 1 if there are fewer. Halving the range
/// guesses no branch wrong, unlike sorting.
fn reached(numbers: &[[i32; 4]], k: usize) -> i32 {
    let all = |of: fn(i32x4, i32x4) -> i32x4, start: i32| {
        let ends = numbers
            .iter()
            .fold(i32x4::splat(start), |end, &quad| of(end, i32x4::from(quad)));
        ends.to_array()
    };
    let [a, b, c, d] = all(i32x4::min, HIDDEN);
    // Fewer than k do not exceed the low end, at least k the high one.
    let mut low = a.min(b).min(c.min(d)).saturating_sub(1);
    let [a, b, c, d] = all(i32x4::max, i32::MIN);
    let mut high = a.max(b).max(c.max(d)).min(HIDDEN - 1);
    if 4 * numbers.len() - exceeding(high, numbers) < k {
        return HIDDEN - 1;
    }
    while low.saturating_add(1) < high {
        let middle = low.midpoint(high);
        let below = 4 * numbers.len() - exceeding(middle, numbers);
        if below < k {
            low = middle;
        } else if below <= k + k / 16 {
            return middle;
        } else {
            high = middle;
        }
    }
    high
}

/// How many of the `numbers` exceed `limit`.
fn exceeding(limit: i32, numbers: &[[i32; 4]]) -> usize {
    let limits = i32x4::splat(limit);
    let counts = numbers
        .iter()
        .fold(i32x4::ZERO, |counts, &quad| counts - limits.simd_lt(i32x4::from(quad)));
    counts.to_array().iter().sum::<i32>() as usize
}

/// Puts the places of the numbers that are not above `limit` to the beginning of `out`, which grows as it has to, and says
/// how many they are.
fn not_above(limit: i32, numbers: &[[i32; BLOCK]], out: &mut Vec<u32>) -> usize {
    let limits = i32x4::splat(limit);
    if out.len() < BLOCK * (numbers.len() + 1) {
        out.resize(BLOCK * (numbers.len() + 1), 0);
    }
    let mut count = 0;
    for (first, block) in (0..).step_by(BLOCK).zip(numbers) {
        let mut near = 0_u64;
        for (at, quads) in block.as_chunks::<4>().0.as_chunks::<4>().0.iter().enumerate() {
            let far = quads.map(|quad| limits.simd_lt(i32x4::from(quad)).to_bitmask());
            let far = (far[0] | far[1] << 4) | (far[2] << 8 | far[3] << 12);
            near |= u64::from(!far & 0xffff) << (16 * at);
        }
        let found = near.count_ones() as usize;
        // Four at a time, whether or not there are as many: most blocks have one to four.
        for four in out[count..].as_chunks_mut::<4>().0.iter_mut().take(found.div_ceil(4)) {
            for place in four {
                *place = first + near.trailing_zeros();
                near &= near.wrapping_sub(1);
            }
        }
        count += found;
    }
    count
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
                assert_eq!(offered.left(), near.map(|(place, _)| place).collect::<Vec<_>>());
            }
        }
    }
}
