//! Codes of four bits in front of those of eight: which rows are worth a sum of their whole codes.
//!
//! Fast scan (André, Kermarrec and Le Scouarnec, VLDB 2015): a table of sixteen bytes fits into one register, where
//! sixteen rows look it up by one instruction; of tables of 256 numbers each row has to fetch its own from memory. Here
//! each part of the eight bits is two of four, learnt from the same rows and not from what eight bits leave of them: what
//! the two get wrong has little in common.
//!
//! The sums are coarse. They only choose the rows, more than are compared by their vectors in the end, whose whole codes
//! are summed up. Files hold none of it; it is learnt anew from their vectors.

use bytemuck::cast;
use wide::{f32x4, i32x4, u8x16, u16x8, u32x4};

use super::blocks::{Blocks, place};
use super::codes::brackets;
use super::offered::Offered;
use super::pq::{Encoder, Pq, PqTraining};
use crate::matrix::Metric;

/// Rows that are summed up at once.
const ROWS: usize = 16;

/// From so many rows on it spares time.
const ROWS_FROM: usize = 4096;

/// Rows whose whole codes are summed up so that `refined` are compared again. Products are of the whole query, distances of
/// what is left of it beside a cell: the same codes are farther off there.
pub const fn chosen(refined: usize, metric: Metric) -> usize {
    match metric {
        Metric::L2 => refined.saturating_add(refined / 2),
        Metric::Dot | Metric::Cosine => refined.saturating_mul(2),
    }
}

/// So many times the rows that are compared again there have to be, or to sum up the whole codes of all costs no more.
pub const WORTH: usize = 8;

/// The greatest entry of a table: two of them fit into a byte.
const ENTRY_MAX: f32 = 127.0;

/// Parts of eight bits at most: the sums of so many such bytes have sixteen bits.
const PARTS_MAX: usize = 256;

/// Codes of four bits.
#[derive(Clone, Debug, PartialEq)]
pub struct FastScan {
    /// The quantiser of four bits.
    halves: Pq,
    /// For each two parts a line of two numbers a row, and the rows' brackets.
    blocks: Blocks<ROWS>,
}

/// A query's table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// For each part sixteen entries; behind the last some that nobody looks up.
    entries: Vec<[u8; 16]>,
    /// The least product of each part.
    least: Vec<f32>,
    products: Vec<f32>,
    /// What an entry of 1 stands for.
    step: f32,
    /// What all entries of 0 together stand for.
    sum_of_least: f32,
}

impl FastScan {
    /// Whether so many `rows` that `pq` codes and that are compared again are enough for one to pay.
    pub const fn is_worth_it(pq: &Pq, rows: usize) -> bool {
        pq.bits == 8 && pq.dsub().is_multiple_of(2) && pq.m <= PARTS_MAX && rows >= ROWS_FROM
    }

    /// What learns one from some of the residuals that `pq` codes (`sample`, n × d).
    pub fn training(pq: &Pq, sample: &[f32], seed: u32) -> PqTraining {
        PqTraining::new(sample, pq.d, 2 * pq.m, 4, seed)
    }

    /// Of what was learnt, without a row.
    pub const fn new(halves: Pq) -> Self {
        let blocks = Blocks::new(halves.m / 2);
        Self { halves, blocks }
    }

    /// What encodes rows.
    pub fn encoder(&self) -> Encoder {
        self.halves.encoder()
    }

    /// Puts rows behind the others: their `residuals` and what those were taken from (n × d both).
    pub fn push(&mut self, encoder: &mut Encoder, residuals: &[f32], centroids: &[f32], metric: Metric) {
        let mut codes = Vec::new();
        encoder.encode(&self.halves, residuals, &mut codes);
        let mut brackets = brackets(&self.halves, &codes, centroids, metric);
        brackets.resize(residuals.len() / self.halves.d, 0.0);
        for (code, bracket) in codes.chunks_exact(self.halves.code_size()).zip(brackets) {
            let pairs = code.iter().map(|&pair| usize::from(pair));
            let pairs = pairs.map(|pair| (place(pair / 16) << 4 | place(pair % 16)) as u8);
            self.blocks.put(pairs, bracket.to_ne_bytes());
        }
    }

    /// Its rows in another order.
    pub fn pick(&mut self, order: &[u32]) {
        self.blocks.pick(order);
    }

    /// Makes the table of `factor` · `query`.
    pub fn prepare(&self, query: &[f32], factor: f32, table: &mut Table) {
        self.halves.products(query, factor, &mut table.products);
        // Four parts at once.
        let parts = (table.products.len() / 16).next_multiple_of(4);
        table.products.resize(16 * parts, 0.0);
        table.least.resize(parts, 0.0);
        table.entries.resize(parts, [0; 16]);
        let products = table.products.as_chunks::<4>().0.as_chunks::<4>().0;
        let (mut spread, mut sum) = (f32x4::splat(ENTRY_MAX * f32::MIN_POSITIVE), f32x4::ZERO);
        for (least, parts) in table
            .least
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(products.as_chunks::<4>().0)
        {
            let of_parts = |of: fn(f32x4, f32x4) -> f32x4| {
                let all = |[a, b, c, d]: [f32x4; 4]| of(of(a, b), of(c, d));
                all(f32x4::transpose(parts.map(|part| all(part.map(f32x4::from)))))
            };
            let (lowest, highest) = (of_parts(f32x4::fast_min), of_parts(f32x4::fast_max));
            spread = spread.fast_max(highest - lowest);
            sum += lowest;
            *least = lowest.to_array();
        }
        let [a, b, c, d] = spread.to_array();
        table.step = a.max(b).max(c.max(d)) / ENTRY_MAX;
        table.sum_of_least = sum.to_array().iter().sum();
        let scale = f32x4::splat(1.0 / table.step);
        for ((entries, quads), &least) in table.entries.iter_mut().zip(products).zip(&table.least) {
            // Added to 2²³ a number lies in the lowest bits, rounded.
            let entry = |at: usize| -> u32x4 {
                cast((f32x4::from(quads[at]) - f32x4::splat(least)) * scale + f32x4::splat(8_388_608.0))
            };
            let low = u32x4::splat(255);
            // In the places in which rows are, too.
            *entries = cast((entry(0) & low) | (entry(2) & low) << 8 | (entry(1) & low) << 16 | entry(3) << 24);
        }
    }

    /// Offers the rows `from..to`, the more distant the greater the number. Their scores are about `base` and what the
    /// table says, minus their brackets.
    pub fn offer<'a>(
        &self,
        (from, to): (usize, usize),
        table: &Table,
        base: f32,
        offered: &'a mut Offered,
    ) -> &'a mut [i32] {
        let (base, size) = (base + table.sum_of_least, self.blocks.size());
        offered.add_blocks(from..to, |blocks, numbers| {
            for (numbers, lines) in numbers.iter_mut().zip(self.blocks.lines(blocks).chunks_exact(size)) {
                *numbers = distances(lines, table, base);
            }
        })
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.halves.bytes() + self.blocks.bytes()
    }
}

/// Numbers of sixteen rows that ascend as bracket − base − step Σ entries does.
#[inline(always)]
fn distances(lines: &[[u8; ROWS]], table: &Table, base: f32) -> [i32; ROWS] {
    let (codes, brackets) = lines.split_at(lines.len() - ROWS / 4);
    let (mut even, mut odd) = (u16x8::splat(0), u16x8::splat(0));
    let (low_bits, low_bytes) = (u8x16::splat(15), u16x8::splat(255));
    for (codes, entries) in codes.iter().zip(table.entries.as_chunks::<2>().0) {
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
    for ((numbers, sum), &brackets) in numbers.iter_mut().zip(sums).zip(brackets) {
        let distance = cast::<_, f32x4>(brackets) - base - f32x4::from_i32x4(sum) * step;
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
    use crate::index::offered::HIDDEN;
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

    fn forget(lists: &mut Inverted) {
        if let Store::Codes(codes) = &mut lists.store {
            codes.fast_scan = None;
        }
    }

    #[test]
    fn numbers_ascend_as_scores_fall_and_rows_of_other_lists_are_hidden() {
        for metric in [Metric::L2, Metric::Dot] {
            let (vectors, lists) = built(metric);
            let Store::Codes(codes) = &lists.store else {
                panic!("codes")
            };
            let fast = codes.fast_scan.as_ref().unwrap();
            let factor = super::super::codes::factor(metric);
            let (mut table, mut offered, mut encoder) = (Table::default(), Offered::default(), fast.encoder());
            let [mut centroid, mut coded] = [[0.0; 12]; 2];
            for query in vectors.outer_iter().step_by(500) {
                let query = query.to_vec();
                fast.prepare(&query, factor, &mut table);
                for (from, to) in [(0, 16), (5, 9), (37, 150), (ROWS_FROM - 7, ROWS_FROM + 3)] {
                    offered.restart();
                    let numbers = fast.offer((from, to), &table, -7.0, &mut offered);
                    for (row, number) in (from..to).zip(numbers) {
                        let bits = *number ^ ((*number >> 31) & i32::MAX);
                        let score = 0.0 - f32::from_bits(bits.cast_unsigned());
                        let cell = lists.offsets.partition_point(|&first| first as usize <= row) - 1;
                        lists.coarse.centroid(cell as u32, &mut centroid);
                        let residual: Vec<f32> =
                            (0..12).map(|at| codes.vectors[row * 12 + at] - centroid[at]).collect();
                        let mut code = Vec::new();
                        encoder.encode(&fast.halves, &residual, &mut code);
                        fast.halves.decode(&code, &mut coded);
                        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                        let mut expected = factor * dot(&query, &coded) - 7.0;
                        if metric == Metric::L2 {
                            expected -= 2.0 * dot(&centroid, &coded) + dot(&coded, &coded);
                        }
                        // Six entries, each rounded to a step.
                        assert!((score - expected).abs() < 3.1 * table.step, "{score} is not {expected}");
                    }
                    let seen = offered.numbers().iter().filter(|number| **number < HIDDEN);
                    assert_eq!(seen.count(), to - from);
                }
            }
        }
    }

    #[test]
    fn what_is_lost_to_four_bits_is_said_to_be() {
        let (vectors, with) = built(Metric::L2);
        let mut without = with.clone();
        forget(&mut without);
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
    fn as_many_of_the_nearest_are_found_as_by_whole_codes() {
        for metric in [Metric::L2, Metric::Dot] {
            let (vectors, mut with) = built(metric);
            with.remove(&[3, 4]);
            with.add(Matrix::from_elem((1, 12), 0.5)).unwrap();
            let mut without = with.clone();
            forget(&mut without);
            let mut flat = Flat::build(vectors.clone(), metric).unwrap();
            flat.remove(&[3, 4]);
            flat.add(Matrix::from_elem((1, 12), 0.5)).unwrap();
            let allowed = Allowed::rows(ROWS_FROM + 4, &mut |row| row % 3 > 0);
            let (mut works, mut found) = ([Work::default(), Work::tracing()], [Vec::new(), Vec::new()]);
            let (mut exact, mut right) = (Vec::new(), [0, 0]);
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
                    flat.search(&query, ask, &mut works[1], &mut exact);
                    for (right, found) in right.iter_mut().zip(&found) {
                        *right += exact.iter().filter(|hit| found.contains(hit)).count();
                    }
                }
            }
            let [with, without] = right;
            assert!(with * 100 >= without * 98, "{metric:?}: {with}, not {without}");
        }
    }

    #[test]
    fn rows_picked_are_as_if_they_had_come_in_that_order() {
        let mut rng = Rng::stream(52, Purpose::Trial, 0);
        let residuals: Vec<f32> = (0..50 * 8).map(|_| rng.normal()).collect();
        let mut training = PqTraining::new(&residuals, 8, 4, 4, 1);
        while training.advance() {}
        let empty = FastScan::new(training.finish());
        let order: Vec<u32> = (0..45).map(|at| at * 7 % 50).collect();
        let picked: Vec<f32> = order
            .iter()
            .flat_map(|&row| residuals[row as usize * 8..][..8].to_vec())
            .collect();
        let [all, some] = [&residuals, &picked].map(|rows| {
            let (mut fast, mut encoder) = (empty.clone(), empty.encoder());
            for rows in rows.chunks(8 * 13) {
                fast.push(&mut encoder, rows, &vec![0.5; rows.len()], Metric::L2);
            }
            fast
        });
        let mut fast = all;
        fast.pick(&order);
        assert_eq!(fast, some);
    }
}
