//! Codes of four bits in front of those of eight: which rows are worth a sum of their whole codes.
//!
//! Fast scan (André, Kermarrec and Le Scouarnec, VLDB 2015): a table of sixteen bytes fits into one register, where
//! sixteen rows look it up by one instruction; of tables of 256 numbers each row has to fetch its own from memory. Here
//! the sixteen centroids of a part are those of its 256, clustered, so that nothing has to be learnt or kept in files.
//!
//! The sums are coarse. They only choose the rows, several times as many as are compared again by their vectors, whose
//! whole codes are summed up.

use bytemuck::cast;
use wide::{f32x4, i32x4, u8x16, u16x8, u32x4};

use super::codes::Codes;
use super::offered::{HIDDEN, Offered};
use super::pq::{Pq, PqTraining};

/// Rows that are summed up at once.
const ROWS: usize = 16;

/// From so many rows on it spares time.
const ROWS_FROM: usize = 4096;

/// So many times the rows that are compared again have their whole codes summed up.
pub const TIMES: usize = 4;

/// So many times they have to be, or to sum up the whole codes of all costs no more.
pub const WORTH: usize = 5 * TIMES;

/// The greatest entry of a table: two of them fit into a byte.
const ENTRY_MAX: f32 = 127.0;

/// Codes of four bits.
#[derive(Clone, Debug, PartialEq)]
pub struct FastScan {
    /// The quantiser of four bits with twice as many parts, whose centroids are means of clusters of centroids.
    halves: Pq,
    /// Sixteen rows after one another, for each two parts sixteen bytes.
    blocks: Vec<u8>,
}

/// A query's table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// For each part sixteen entries.
    entries: Vec<[u8; 16]>,
    ends: Vec<f32>,
    products: Vec<f32>,
    /// What an entry of 1 stands for.
    step: f32,
    /// What all entries of 0 together stand for.
    least: f32,
}

impl FastScan {
    /// Of codes of eight bits that are compared again by vectors, if they are enough.
    pub fn of(codes: &Codes) -> Option<Self> {
        let Codes { pq, vectors, .. } = codes;
        if pq.bits != 8 || !pq.dsub().is_multiple_of(2) || vectors.len() < ROWS_FROM * pq.d.max(1) {
            return None;
        }
        // The centroids of number 0 of all parts are one vector, those of number 1 another …
        let mut centroids = vec![0.0; 256 * pq.d];
        for (number, vector) in (0..=u8::MAX).zip(centroids.chunks_exact_mut(pq.d)) {
            pq.decode(&vec![number; pq.m], vector);
        }
        let mut training = PqTraining::new(&centroids, pq.d, 2 * pq.m, 4, 0);
        while training.advance() {}
        let (four_bits, mut numbers) = (training.finish(), Vec::new());
        four_bits.encoder().encode(&four_bits, &centroids, &mut numbers);
        for pair in &mut numbers {
            *pair = (place(usize::from(*pair) / 16) << 4 | place(usize::from(*pair) % 16)) as u8;
        }
        let (m, rows) = (pq.m, vectors.len() / pq.d);
        let mut blocks = vec![0; rows.next_multiple_of(ROWS) * m];
        for (row, code) in codes.codes.chunks_exact(m).enumerate() {
            let block = &mut blocks[row / ROWS * ROWS * m + place(row % ROWS)..];
            let bytes = block.iter_mut().step_by(ROWS).zip(code).enumerate();
            bytes.for_each(|(sub, (byte, &number))| *byte = numbers[usize::from(number) * m + sub]);
        }
        Some(Self {
            halves: four_bits,
            blocks,
        })
    }

    /// Makes the table of `factor` · `query`.
    pub fn prepare(&self, query: &[f32], factor: f32, table: &mut Table) {
        self.halves.products(query, factor, &mut table.products);
        (table.step, table.least) = (f32::MIN_POSITIVE, 0.0);
        table.ends.clear();
        for products in table.products.as_chunks::<16>().0 {
            let (least, most) = ends(products);
            let step = (most - least) / ENTRY_MAX;
            table.step = if step > table.step { step } else { table.step };
            table.least += least;
            table.ends.push(least);
        }
        let scale = f32x4::splat(1.0 / table.step);
        table.entries.clear();
        for (products, &least) in table.products.as_chunks::<16>().0.iter().zip(&table.ends) {
            let quads = products.as_chunks::<4>().0;
            // Added to 2²³ a number lies in the lowest bits, rounded.
            let entry = |at: usize| -> u32x4 {
                cast((f32x4::from(quads[at]) - f32x4::splat(least)) * scale + f32x4::splat(8_388_608.0))
            };
            let low = u32x4::splat(255);
            // In the places in which rows are, too.
            let entries = (entry(0) & low) | (entry(2) & low) << 8 | (entry(1) & low) << 16 | entry(3) << 24;
            table.entries.push(cast(entries));
        }
    }

    /// Offers the rows `from..to`, the more distant the greater the number. Their scores are about `base`, and what the
    /// table says, minus their `brackets`, if there are any.
    pub fn offer<'a>(
        &self,
        (from, to): (usize, usize),
        table: &Table,
        base: f32,
        brackets: &[f32],
        offered: &'a mut Offered,
    ) -> &'a mut [i32] {
        let (first, end) = (from / ROWS, to.div_ceil(ROWS));
        let size = self.halves.m / 2 * ROWS;
        let numbers = offered.add(first * ROWS..end * ROWS);
        let blocks = self.blocks[first * size..end * size].chunks_exact(size);
        for ((row, block), numbers) in (first * ROWS..)
            .step_by(ROWS)
            .zip(blocks)
            .zip(numbers.as_chunks_mut().0)
        {
            let mut some = [0.0; ROWS];
            let there = brackets.get(row..).unwrap_or_default();
            match there.first_chunk() {
                Some(whole) => some = *whole,
                None => some[..there.len()].copy_from_slice(there),
            }
            *numbers = distances(block, table, base + table.least, &some);
        }
        // Rows of other lists in the first and the last block.
        let (before, numbers) = numbers.split_at_mut(from - first * ROWS);
        let (numbers, after) = numbers.split_at_mut(to - from);
        before.fill(HIDDEN);
        after.fill(HIDDEN);
        numbers
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.halves.bytes() + self.blocks.len()
    }
}

/// The place of a row's byte: taking the even and the odd bytes apart, and of both the even and the odd pairs, leaves
/// four rows after one another each time.
const fn place(row: usize) -> usize {
    row % 4 * 4 + [0, 2, 1, 3][row / 4]
}

/// The least and the greatest.
fn ends(products: &[f32; 16]) -> (f32, f32) {
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| f32x4::from(products.as_chunks::<4>().0[at]));
    let least = a.fast_min(b).fast_min(c.fast_min(d)).to_array();
    let most = a.fast_max(b).fast_max(c.fast_max(d)).to_array();
    let less = |a, b| if b < a { b } else { a };
    let more = |a, b| if b > a { b } else { a };
    (
        less(less(least[0], least[1]), less(least[2], least[3])),
        more(more(most[0], most[1]), more(most[2], most[3])),
    )
}

/// Numbers of sixteen rows that ascend as bracket − base − step Σ entries does.
#[inline(always)]
fn distances(block: &[u8], table: &Table, base: f32, brackets: &[f32; ROWS]) -> [i32; ROWS] {
    let (mut even, mut odd) = (u16x8::splat(0), u16x8::splat(0));
    let (low_bits, low_bytes) = (u8x16::splat(15), u16x8::splat(255));
    for (codes, entries) in block.as_chunks::<16>().0.iter().zip(table.entries.as_chunks::<2>().0) {
        let codes = u8x16::from(*codes);
        let high: u8x16 = cast(cast::<u8x16, u16x8>(codes) >> 4);
        let first = u8x16::from(entries[0]).shuffle(codes & low_bits);
        let second = u8x16::from(entries[1]).shuffle(high & low_bits);
        let sums: u16x8 = cast(first + second);
        even += sums & low_bytes;
        odd += sums >> 8;
    }
    let (even, odd): (i32x4, i32x4) = (cast(even), cast(odd));
    let low = i32x4::splat(0xffff);
    let sums = [even & low, (even >> 16) & low, odd & low, (odd >> 16) & low];
    let (step, base) = (f32x4::splat(table.step), f32x4::splat(base));
    let mut numbers = [[0; 4]; 4];
    for ((numbers, sum), brackets) in numbers.iter_mut().zip(sums).zip(brackets.as_chunks::<4>().0) {
        let distance = f32x4::from(*brackets) - base - f32x4::from_i32x4(sum) * step;
        // As whole numbers the bits of positive numbers ascend with them, those of negative ones the other way.
        let bits: i32x4 = cast(distance);
        let flip: i32x4 = bits >> 31;
        *numbers = (bits ^ (flip & i32x4::splat(i32::MAX))).to_array();
    }
    cast(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::ivf::PQ;
    use crate::index::{Allowed, Ask, Flat, Hit, Index, Inverted, Miss, Parts, Store, Work, why};
    use crate::matrix::{Matrix, Metric};
    use crate::rng::{Purpose, Rng};
    use base::settings::{Settings, Value, by_key};

    /// Rows in clumps, and an index of them.
    fn built(metric: Metric) -> (Matrix, Inverted) {
        let mut rng = Rng::stream(51, Purpose::Trial, 0);
        let centres = Matrix::from_shape_simple_fn((40, 12), || rng.normal());
        let mut vectors = Matrix::from_shape_simple_fn((ROWS_FROM + 3, 12), || 0.6 * rng.normal());
        for mut row in vectors.outer_iter_mut() {
            row += &centres.row(rng.below(40) as usize);
        }
        let given = [
            ("nlist", Value::Number(30.0)),
            ("m", Value::Number(3.0)),
            ("bits", Value::Text("8".into())),
            ("refine", Value::Number(4.0)),
        ];
        let settings = Settings::check("index", &PQ.knobs(), &by_key(given)).unwrap();
        let index = PQ.build(vectors.clone(), metric, &settings, 1).unwrap();
        let Parts::Inverted(lists) = index.parts() else {
            panic!("lists")
        };
        (vectors, lists.clone())
    }

    #[test]
    fn numbers_ascend_as_scores_fall_and_rows_of_other_lists_are_hidden() {
        for metric in [Metric::L2, Metric::Dot] {
            let (vectors, lists) = built(metric);
            let (Store::Codes(codes), Some(fast)) = (&lists.store, &lists.fast_scan) else {
                panic!("codes")
            };
            let (mut work, mut table, mut offered) = (Work::default(), Table::default(), Offered::default());
            let (mut off, mut spread) = (0.0, 0.0);
            for query in vectors.outer_iter().step_by(500) {
                let query = query.to_vec();
                codes.prepare(&query, metric, &mut work);
                fast.prepare(&query, super::super::codes::factor(metric), &mut table);
                for (from, to) in [(0, 16), (5, 9), (37, 150), (ROWS_FROM - 7, ROWS_FROM + 3)] {
                    let mut scores = vec![0.0; to - from];
                    codes.scores(-7.0, from, to, &work.table, &mut scores);
                    offered.restart();
                    let numbers = fast.offer((from, to), &table, -7.0, &codes.brackets, &mut offered);
                    let mean = scores.iter().sum::<f32>() / scores.len() as f32;
                    for (number, score) in numbers.iter().zip(scores) {
                        let bits = number ^ ((number >> 31) & i32::MAX);
                        let about = 0.0 - f32::from_bits(bits.cast_unsigned());
                        off += (about - score) * (about - score);
                        spread += (score - mean) * (score - mean);
                    }
                    let seen = offered.numbers().iter().filter(|number| **number < HIDDEN);
                    assert_eq!(seen.count(), to - from);
                }
            }
            assert!(off < 0.2 * spread, "{metric:?}: {off} of {spread}");
        }
    }

    #[test]
    fn what_is_lost_to_four_bits_is_said_to_be() {
        let (vectors, with) = built(Metric::L2);
        let mut without = with.clone();
        without.fast_scan = None;
        let flat = Flat::build(vectors.clone(), Metric::L2).unwrap();
        let (mut work, mut found, mut whole, mut exact) = (Work::default(), Vec::new(), Vec::new(), Vec::new());
        let mut lost = 0;
        for query in vectors.outer_iter().step_by(10) {
            let query: Vec<f32> = query.iter().map(|number| number + 0.4).collect();
            let ask = Ask::new(3, 30);
            with.search(&query, ask, &mut work, &mut found);
            without.search(&query, ask, &mut work, &mut whole);
            flat.search(&query, ask, &mut work, &mut exact);
            let has = |hits: &[Hit], id| hits.iter().any(|hit| hit.id == id);
            for hit in exact.iter().filter(|hit| has(&whole, hit.id) && !has(&found, hit.id)) {
                let miss = why(&with, &query, ask, hit.id);
                assert!(
                    matches!(miss, Miss::FastScan { place, kept } if place > kept),
                    "{miss:?}"
                );
                lost += 1;
            }
        }
        assert!(lost > 0, "four bits lose something");
    }

    #[test]
    fn the_nearest_are_found_as_by_whole_codes() {
        for metric in [Metric::L2, Metric::Dot] {
            let (vectors, mut with) = built(metric);
            with.remove(&[3, 4]);
            with.add(Matrix::from_elem((1, 12), 0.5)).unwrap();
            let mut without = with.clone();
            without.fast_scan = None;
            let allowed = Allowed::rows(ROWS_FROM + 4, &mut |row| row % 3 > 0);
            let (mut works, mut found) = ([Work::default(), Work::tracing()], [Vec::new(), Vec::new()]);
            let (mut same, mut all) = (0, 0);
            for query in vectors.outer_iter().step_by(40) {
                let query = query.to_vec();
                for allowed in [None, Some(&allowed)] {
                    let ask = Ask {
                        allowed,
                        ..Ask::new(5, 30)
                    };
                    with.search(&query, ask, &mut works[0], &mut found[0]);
                    with.search(&query, ask, &mut works[1], &mut found[1]);
                    assert_eq!(found[0], found[1], "a search that is watched finds the same");
                    without.search(&query, ask, &mut works[1], &mut found[1]);
                    assert!(
                        found[0]
                            .iter()
                            .all(|hit| ask.allowed.is_none_or(|allowed| allowed.contains(hit.id)))
                    );
                    assert_eq!(found[0].len(), 5);
                    same += found[0].iter().filter(|hit| found[1].contains(hit)).count();
                    all += 5;
                }
            }
            assert!(same * 100 >= all * 98, "{metric:?}: {same} of {all}");
        }
    }
}
