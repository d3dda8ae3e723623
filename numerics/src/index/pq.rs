//! The product quantiser (Jégou, Douze and Schmid, TPAMI 2011).
//!
//! A vector is cut into M parts, each of which is replaced by the nearest of 2^b centroids of that part; the code is
//! their M numbers. A query is not quantised (ADC): its products with all centroids stand in a table, and the product
//! with a coded vector is a sum of M numbers of the table.
//!
//! Codes are packed as Faiss packs them: a little-endian string of bits, sub-quantiser 0 in the lowest. Where a byte
//! holds a whole code (b = 8) or two (b = 4), the table of the scan is one of bytes: 256 sums for each byte of a row,
//! so that half a byte of code costs half a look-up.

use super::k_means::{Assigner, Geometry, KMeans, sample};
use crate::rng::{Purpose, Rng};
use wide::f32x4;

/// M sub-quantisers.
#[derive(Clone, Debug, PartialEq)]
pub struct Pq {
    /// Width of the vectors.
    pub d: usize,
    /// M, a divisor of d.
    pub m: usize,
    /// b, bits of a code, from 1 to 8.
    pub bits: u32,
    /// Centroids column by column (M × d/M × 2^b): a query's products with them are taken several times as fast so, as
    /// rows of parts would fill a register by half or just so.
    columns: Vec<f32>,
}

impl Pq {
    /// Of `m` sub-quantisers with `bits` each, for vectors of width `d`; `centroids` are M × 2^b × d/M.
    ///
    /// Nothing if the sizes do not fit.
    #[must_use]
    pub fn new(d: usize, m: usize, bits: u32, centroids: &[f32]) -> Option<Self> {
        let fits = m > 0 && d.is_multiple_of(m) && (1..=8).contains(&bits) && centroids.len() == d << bits;
        fits.then(|| Self {
            d,
            m,
            bits,
            columns: transposed(centroids, m, [1 << bits, d / m]),
        })
    }

    /// The centroids (M × 2^b × d/M).
    #[must_use]
    pub fn centroids(&self) -> Vec<f32> {
        transposed(&self.columns, self.m, [self.dsub(), self.ksub()])
    }

    /// Centroids of a sub-quantiser: 2^b.
    #[must_use]
    pub const fn ksub(&self) -> usize {
        1 << self.bits
    }

    /// Width of a part: d/M.
    #[must_use]
    pub const fn dsub(&self) -> usize {
        self.d / self.m
    }

    /// Bytes of the codes of a vector.
    #[must_use]
    pub const fn code_size(&self) -> usize {
        (self.m * self.bits as usize).div_ceil(8)
    }

    /// The number that sub-quantiser `sub` has in a row's `code`.
    #[inline]
    #[must_use]
    pub fn number(&self, code: &[u8], sub: usize) -> usize {
        let bit = sub * self.bits as usize;
        let low = code[bit / 8];
        let high = code.get(bit / 8 + 1).copied().unwrap_or(0);
        (usize::from(u16::from_le_bytes([low, high])) >> (bit % 8)) & (self.ksub() - 1)
    }

    /// Puts the vector that `code` stands for into `out` (d).
    pub fn decode(&self, code: &[u8], out: &mut [f32]) {
        let columns = self.columns.chunks_exact(self.ksub());
        for (column, (x, values)) in out.iter_mut().zip(columns).enumerate() {
            *x = values[self.number(code, column / self.dsub())];
        }
    }

    /// What encodes rows.
    #[must_use]
    pub fn encoder(&self) -> Encoder {
        let centroids = self.centroids();
        let parts = centroids.chunks_exact(self.ksub() * self.dsub());
        let assigner = |part| Assigner::new(part, self.dsub(), Geometry::Euclidean);
        Encoder {
            assigners: parts.map(assigner).collect(),
            part: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Products of `factor` · `query` (d) with all centroids into `out` (M × 2^b).
    pub fn products(&self, query: &[f32], factor: f32, out: &mut Vec<f32>) {
        let (dsub, ksub) = (self.dsub(), self.ksub());
        out.resize(self.m * ksub, 0.0);
        let parts = query.chunks_exact(dsub).zip(self.columns.chunks_exact(dsub * ksub));
        for ((query, columns), out) in parts.zip(out.chunks_exact_mut(ksub)) {
            for (at, (query, columns)) in query.chunks(4).zip(columns.chunks(4 * ksub)).enumerate() {
                match *query {
                    [a, b, c, d] => take_products([a, b, c, d], factor, columns, at > 0, out),
                    [a, b] => take_products([a, b], factor, columns, at > 0, out),
                    ref rest => {
                        for (place, (&x, column)) in (4 * at..).zip(rest.iter().zip(columns.chunks(ksub))) {
                            take_products([x], factor, column, place > 0, out);
                        }
                    }
                }
            }
        }
    }

    /// The table of the scan, of [`Pq::products`] that stand in `table`; `spare` is working space.
    pub(super) fn by_bytes(&self, table: &mut Vec<f32>, spare: &mut Vec<f32>) {
        if self.bits != 4 {
            return;
        }
        std::mem::swap(table, spare);
        table.resize(self.code_size() * 256, 0.0);
        for (sums, pair) in table.chunks_exact_mut(256).zip(spare.chunks(32)) {
            let (low, high) = pair.split_at(16);
            for (number, sums) in sums.chunks_exact_mut(16).enumerate() {
                let high = high.get(number).copied().unwrap_or(0.0);
                sums.iter_mut().zip(low).for_each(|(sum, low)| *sum = low + high);
            }
        }
    }

    /// Sums of the table for each of the `codes` (n rows) into `out` (n).
    pub(super) fn scan(&self, table: &[f32], codes: &[u8], out: &mut [f32]) {
        if self.bits == 8 || self.bits == 4 {
            return scan_bytes(table.as_chunks::<256>().0, codes, out);
        }
        for (code, out) in codes.chunks_exact(self.code_size()).zip(out) {
            let parts = table.chunks_exact(self.ksub()).enumerate();
            *out = parts.fold(0.0, |sum, (sub, part)| sum + part[self.number(code, sub)]);
        }
    }

    /// Sums of the table for the rows `places` of `codes`, which have eight bits a part.
    pub(super) fn scan_some(&self, table: &[f32], codes: &[u8], places: &[u32], out: &mut [f32]) {
        let (size, last) = (self.code_size(), places.len().wrapping_sub(1));
        for (first, out) in (0..).step_by(4).zip(out.chunks_mut(4)) {
            let rows = [0, 1, 2, 3].map(|at| &codes[places[last.min(first + at)] as usize * size..][..size]);
            out.copy_from_slice(&four_sums(table.as_chunks::<256>().0, rows)[..out.len()]);
        }
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&self.columns[..])
    }
}

/// The products of `factor` times some numbers of a query with their `columns` (N × as many as `out`), added to `out` or
/// put there.
fn take_products<const N: usize>(query: [f32; N], factor: f32, columns: &[f32], added: bool, out: &mut [f32]) {
    if added {
        products_of::<N, true>(query, factor, columns, out);
    } else {
        products_of::<N, false>(query, factor, columns, out);
    }
}

#[inline(always)]
fn products_of<const N: usize, const ADDED: bool>(query: [f32; N], factor: f32, columns: &[f32], out: &mut [f32]) {
    let count = out.len();
    let columns: [&[f32]; N] = std::array::from_fn(|at| &columns[at * count..][..count]);
    let splats = query.map(|x| f32x4::splat(factor * x));
    let (quads, rest) = out.as_chunks_mut::<4>();
    for (quad, out) in quads.iter_mut().enumerate() {
        let product = |at: usize| splats[at] * f32x4::from(columns[at].as_chunks::<4>().0[quad]);
        let sum = (1..N).fold(product(0), |sum, at| sum + product(at));
        *out = if ADDED { f32x4::from(*out) + sum } else { sum }.to_array();
    }
    // Two centroids, of codes of one bit.
    for (at, out) in (4 * quads.len()..).zip(rest) {
        let products = query.iter().zip(&columns).map(|(x, column)| factor * x * column[at]);
        let sum = products.sum::<f32>();
        *out = if ADDED { *out + sum } else { sum };
    }
}

/// `blocks` times rows × columns as columns × rows.
fn transposed(values: &[f32], blocks: usize, [rows, columns]: [usize; 2]) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for block in values.chunks_exact((values.len() / blocks.max(1)).max(1)) {
        for column in 0..columns {
            out.extend((0..rows).map(|row| block[row * columns + column]));
        }
    }
    out
}

/// Four rows at a time: their chains of additions hide each other's latency. A row's sum is taken byte by byte whatever
/// stands beside it.
fn scan_bytes(table: &[[f32; 256]], codes: &[u8], out: &mut [f32]) {
    let size = table.len();
    let (fours, rest) = out.as_chunks_mut::<4>();
    let (codes_of_fours, codes_of_rest) = codes.split_at(fours.len() * 4 * size);
    for (sums, codes) in fours.iter_mut().zip(codes_of_fours.chunks_exact(4 * size)) {
        let (ab, cd) = codes.split_at(2 * size);
        let ((a, b), (c, d)) = (ab.split_at(size), cd.split_at(size));
        *sums = four_sums(table, [a, b, c, d]);
    }
    for (sum, code) in rest.iter_mut().zip(codes_of_rest.chunks_exact(size)) {
        *sum = table
            .iter()
            .zip(code)
            .fold(0.0, |sum, (part, &byte)| sum + part[usize::from(byte)]);
    }
}

fn four_sums(table: &[[f32; 256]], [a, b, c, d]: [&[u8]; 4]) -> [f32; 4] {
    let mut four = [0.0; 4];
    for ((((part, &a), &b), &c), &d) in table.iter().zip(a).zip(b).zip(c).zip(d) {
        four[0] += part[usize::from(a)];
        four[1] += part[usize::from(b)];
        four[2] += part[usize::from(c)];
        four[3] += part[usize::from(d)];
    }
    four
}

/// Rows to codes.
pub struct Encoder {
    assigners: Vec<Assigner>,
    part: Vec<f32>,
    numbers: Vec<u32>,
}

impl Encoder {
    /// Puts the codes of `rows` (n × d) behind those in `codes`.
    pub fn encode(&mut self, pq: &Pq, rows: &[f32], codes: &mut Vec<u8>) {
        let (dsub, size) = (pq.dsub(), pq.code_size());
        let first = codes.len();
        codes.resize(first + rows.len() / pq.d * size, 0);
        for (sub, assigner) in self.assigners.iter_mut().enumerate() {
            self.part.clear();
            for row in rows.chunks_exact(pq.d) {
                self.part.extend_from_slice(&row[sub * dsub..][..dsub]);
            }
            assigner.nearest(&self.part, &mut self.numbers);
            let bit = sub * pq.bits as usize;
            for (code, &number) in codes[first..].chunks_exact_mut(size).zip(&self.numbers) {
                let [low, high] = ((number as u16) << (bit % 8)).to_le_bytes();
                code[bit / 8] |= low;
                if high > 0 {
                    code[bit / 8 + 1] |= high;
                }
            }
        }
    }
}

/// A product quantiser that is being learnt.
pub struct PqTraining {
    d: usize,
    m: usize,
    bits: u32,
    seed: u32,
    /// n × d.
    rows: Vec<f32>,
    current: Option<KMeans>,
    centroids: Vec<f32>,
}

impl PqTraining {
    /// Of `m` sub-quantisers with `bits` each, from some of `rows` (n × d).
    ///
    /// # Panics
    /// If `m` does not divide `d`.
    pub fn new(rows: &[f32], d: usize, m: usize, bits: u32, seed: u32) -> Self {
        assert!(m > 0 && d.is_multiple_of(m), "{m} parts of {d}");
        let mut rng = Rng::stream(seed, Purpose::Index, 1);
        Self {
            d,
            m,
            bits,
            seed,
            rows: sample(rows, d, 0, d, 1 << bits, &mut rng),
            current: None,
            centroids: Vec::new(),
        }
    }

    /// A unit of work; false when nothing is left to do.
    pub fn advance(&mut self) -> bool {
        let (dsub, ksub) = (self.d / self.m, 1 << self.bits);
        let sub = self.sub();
        if sub == self.m {
            return false;
        }
        let current = self.current.get_or_insert_with(|| {
            let mut part = Vec::with_capacity(self.rows.len() / self.m);
            for row in self.rows.chunks_exact(self.d) {
                part.extend_from_slice(&row[sub * dsub..][..dsub]);
            }
            let mut rng = Rng::stream(self.seed, Purpose::Index, 16 + sub as u64);
            KMeans::new(part, dsub, ksub, Geometry::Euclidean, &mut rng)
        });
        if !current.advance() {
            self.centroids.extend(current.centroids());
            self.current = None;
        }
        true
    }

    /// Share of the work that is done.
    #[must_use]
    pub fn share(&self) -> f32 {
        let within = self.current.as_ref().map_or(0.0, KMeans::share);
        (self.sub() as f32 + within) / self.m as f32
    }

    /// The quantiser that was learnt.
    #[must_use]
    pub fn finish(self) -> Pq {
        Pq::new(self.d, self.m, self.bits, &self.centroids).expect("a centroid for every number of every part")
    }

    /// Sub-quantisers that are learnt.
    fn sub(&self) -> usize {
        self.centroids.len() / ((self.d / self.m) << self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(n: usize, rng: &mut Rng) -> Vec<f32> {
        (0..n).map(|_| rng.normal()).collect()
    }

    fn train(rows: &[f32], d: usize, m: usize, bits: u32) -> Pq {
        let mut training = PqTraining::new(rows, d, m, bits, 3);
        while training.advance() {}
        training.finish()
    }

    #[test]
    fn spec_5_9_3_a_sum_of_the_table_is_the_product_with_the_decoded_vector() {
        let mut rng = Rng::stream(7, Purpose::Trial, 0);
        for (d, m, bits) in [
            (8, 2, 8),
            (12, 3, 4),
            (12, 4, 6),
            (10, 5, 5),
            (16, 16, 4),
            (7, 1, 8),
            (6, 2, 1),
        ] {
            let rows = random(300 * d, &mut rng);
            let pq = train(&rows, d, m, bits);
            let mut codes = Vec::new();
            pq.encoder().encode(&pq, &rows, &mut codes);
            assert_eq!(codes.len(), 300 * (m * bits as usize).div_ceil(8));
            let query = random(d, &mut rng);
            let (mut table, mut spare, mut sums) = (Vec::new(), Vec::new(), vec![0.0; 300]);
            pq.products(&query, 2.0, &mut table);
            pq.by_bytes(&mut table, &mut spare);
            pq.scan(&table, &codes, &mut sums);
            let mut decoded = vec![0.0; d];
            for (code, sum) in codes.chunks_exact(pq.code_size()).zip(sums) {
                pq.decode(code, &mut decoded);
                let expected: f32 = query.iter().zip(&decoded).map(|(q, x)| 2.0 * q * x).sum();
                assert!((sum - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{d} {m} {bits}");
            }
        }
    }

    #[test]
    fn spec_5_9_3_vectors_made_of_code_words_are_coded_without_error() {
        let mut rng = Rng::stream(8, Purpose::Trial, 0);
        // Each half takes one of 16 values: 4 bits hold them all.
        let words = random(2 * 16 * 3, &mut rng);
        let mut rows = Vec::new();
        for _ in 0..500 {
            for half in 0..2 {
                let word = half * 16 + rng.below(16) as usize;
                rows.extend_from_slice(&words[word * 3..][..3]);
            }
        }
        let pq = train(&rows, 6, 2, 4);
        let (mut codes, mut decoded) = (Vec::new(), [0.0; 6]);
        pq.encoder().encode(&pq, &rows, &mut codes);
        for (row, code) in rows.chunks_exact(6).zip(codes.chunks_exact(1)) {
            pq.decode(code, &mut decoded);
            for (x, y) in row.iter().zip(decoded) {
                assert!((x - y).abs() < 1e-5, "{row:?} became {decoded:?}");
            }
        }
    }

    #[test]
    fn codes_lie_in_the_bits_as_in_faiss() {
        let pq = |m, bits| Pq::new(m, m, bits, &vec![0.0; m << bits]).unwrap();
        assert_eq!([0, 1].map(|sub| pq(2, 4).number(&[0x5a], sub)), [0xa, 0x5]);
        // 6 bits: 1, 2, 3, 4 are 000001 | 000010 << 6 | 000011 << 12 | 000100 << 18 = 0x103081.
        let code = [0x81, 0x30, 0x10];
        assert_eq!([0, 1, 2, 3].map(|sub| pq(4, 6).number(&code, sub)), [1, 2, 3, 4]);
    }
}
