//! Inverted lists: the rows of each cell one after the other, so that a cell is scanned as fast as memory gives it.
//!
//! A coarse quantiser says which cells are near; only their rows are compared. What a row is kept as is one choice
//! (its vector, or a code), how cells are made another ([`Coarse`]): the kinds of index are pairs of them. Vectors are
//! compared by the kernels of the exact search, so a score has the same bits here and there.

use std::ops::Range;

use super::coarse::Coarse;
use super::codes::{Codes, factor};
use super::fast_scan;
use super::flat::BLOCK;
use super::offered::HIDDEN;
use super::sieve::{ROWS_FROM, Sieve};
use super::work::{Step, hide};
use super::{Allowed, Ask, Hit, Index, Parts, Work, doubled, kernels, take_more};
use crate::matrix::{Matrix, Metric};
use base::text::Result;

/// What rows are kept as, in the order of the lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Store {
    /// Vectors (n × d).
    Vectors(Vec<f32>),
    /// Codes.
    Codes(Codes),
}

/// Cells with their lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Inverted {
    pub(super) metric: Metric,
    pub(super) d: usize,
    pub(super) coarse: Coarse,
    /// Where the list of each cell begins, and where the last one ends.
    pub(super) offsets: Vec<u32>,
    /// Numbers of the rows.
    pub(super) ids: Vec<u32>,
    pub(super) store: Store,
    /// Spare the comparison of most centroids and vectors, where they are compared by distance. Where there are both they
    /// are alike: a query is sifted once.
    pub(super) coarse_sieve: Option<Sieve>,
    pub(super) sieve: Option<Sieve>,
    pub(super) effort: usize,
    /// The number of the next row that is added.
    pub(super) next: u32,
}

impl Inverted {
    /// The cells.
    #[must_use]
    pub const fn coarse(&self) -> &Coarse {
        &self.coarse
    }

    /// What rows are kept as.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Where the list of each cell begins, and where the last one ends.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Numbers of the rows, cell after cell.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How unevenly the rows are spread over the cells: nlist Σ n² / N², which is 1 where all are alike. The rows to be
    /// scanned grow with it.
    #[must_use]
    pub fn imbalance(&self) -> f64 {
        let sizes = self.offsets.windows(2).map(|pair| f64::from(pair[1] - pair[0]));
        let squares: f64 = sizes.map(|size| size * size).sum();
        let n = self.ids.len().max(1) as f64;
        (self.offsets.len() - 1) as f64 * squares / (n * n)
    }

    /// Share of the cells that no row is in.
    #[must_use]
    pub fn empty_cells(&self) -> f64 {
        let empty = self.offsets.windows(2).filter(|pair| pair[0] == pair[1]).count();
        empty as f64 / (self.offsets.len() - 1) as f64
    }

    /// The place of row `id` in the lists and its cell.
    #[must_use]
    pub fn place(&self, id: u32) -> Option<(usize, u32)> {
        let place = self.ids.iter().position(|&other| other == id)?;
        let cell = self.offsets.partition_point(|&first| first as usize <= place) - 1;
        Some((place, cell as u32))
    }

    /// The vector that row `id` is kept as: its own, or what its code stands for.
    #[must_use]
    pub fn reconstruct(&self, id: u32) -> Option<Vec<f32>> {
        let (place, cell) = self.place(id)?;
        let d = self.d;
        Some(match &self.store {
            Store::Vectors(vectors) => vectors[place * d..][..d].to_vec(),
            Store::Codes(codes) => {
                let size = codes.pq.code_size();
                let (mut vector, mut centroid) = (vec![0.0; d], vec![0.0; d]);
                codes.pq.decode(&codes.codes[place * size..][..size], &mut vector);
                if codes.residual {
                    self.coarse.centroid(cell, &mut centroid);
                    vector.iter_mut().zip(&centroid).for_each(|(x, c)| *x += c);
                }
                vector
            }
        })
    }

    /// Makes anew what distances need beside vectors or codes: files do not hold it.
    pub(super) fn complete(&mut self) {
        self.take_sieves();
        let cells = self.cells();
        if let Store::Codes(codes) = &mut self.store {
            codes.take_brackets(&cells, &self.coarse, self.metric);
        }
        self.take_fast_scan();
    }

    /// What spares the sums of most codes, taken anew.
    pub(super) fn take_fast_scan(&mut self) {
        let cells = self.cells();
        if let Store::Codes(codes) = &mut self.store {
            codes.take_fast_scan(&cells, &self.coarse, self.metric);
        }
    }

    /// The sieves of all vectors and of the centroids, taken anew.
    fn take_sieves(&mut self) {
        if let (Store::Vectors(vectors), Metric::L2) = (&self.store, self.metric) {
            self.sieve = Sieve::of(vectors, self.d, ROWS_FROM);
        }
        self.take_coarse_sieve();
    }

    /// The sieve of the centroids, taken anew.
    pub(super) fn take_coarse_sieve(&mut self) {
        self.coarse_sieve = self.coarse.sieve(self.d, self.metric, self.sieve.as_ref());
    }

    /// The cell of every row in the lists.
    fn cells(&self) -> Vec<u32> {
        let mut cells = Vec::with_capacity(self.ids.len());
        for (cell, pair) in (0..).zip(self.offsets.windows(2)) {
            cells.resize(cells.len() + (pair[1] - pair[0]) as usize, cell);
        }
        cells
    }

    /// Sorts the rows into the lists of their `cells`, those of one cell in the order in which they stand; rows of the
    /// cell `u32::MAX` are dropped.
    fn sort_into(&mut self, cells: &[u32]) {
        let (offsets, order) = by_cell(cells, self.offsets.len() - 1);
        self.offsets = offsets;
        pick(&mut self.ids, 1, &order);
        match &mut self.store {
            Store::Vectors(vectors) => {
                pick(vectors, self.d, &order);
                if let Some(sieve) = &mut self.sieve {
                    sieve.pick(&order);
                }
            }
            Store::Codes(codes) => codes.pick(&order),
        }
    }

    fn scan_vectors(&self, vectors: &[f32], query: &[f32], from: usize, ids: &[u32], ask: Ask<'_>, work: &mut Work) {
        let mut scores = [0.0; BLOCK];
        let mut from = from;
        for ids in ids.chunks(BLOCK) {
            let scores = &mut scores[..ids.len()];
            let end = from + ids.len();
            kernels::scores(self.metric, query, &vectors[from * self.d..end * self.d], scores);
            hide(ask.allowed, ids, scores);
            work.offer(ids, scores);
            from = end;
        }
    }

    /// Of the rows of all `cells`, compares those that the sieve leaves.
    fn scan_some(
        &self,
        sieve: &Sieve,
        vectors: &[f32],
        query: &[f32],
        cells: &[(u32, f32)],
        ask: Ask<'_>,
        work: &mut Work,
    ) {
        work.sifted.offered.restart();
        for &(cell, _) in cells {
            let rows = self.open(cell, work);
            let squares = sieve.offer(rows.clone(), &mut work.sifted);
            hide_numbers(ask.allowed, &self.ids[rows], squares);
        }
        sieve.finish(query, vectors, ask.k, &mut work.sifted, Some(&self.ids), &mut work.top);
    }

    /// Of the rows of all `cells`, leaves so many that fast scan finds the nearest, if there are so many that it pays; and
    /// gives the codes that are summed up.
    pub(super) fn choose(&self, query: &[f32], cells: &[(u32, f32)], ask: Ask<'_>, work: &mut Work) -> Option<&Codes> {
        let Store::Codes(codes) = &self.store else {
            return None;
        };
        let fast = codes.fast_scan.as_ref()?;
        let rows = |&(cell, _): &(u32, f32)| self.offsets[cell as usize + 1] - self.offsets[cell as usize];
        let rows = cells.iter().map(rows).sum::<u32>() as usize;
        let refined = ask.k.saturating_mul(codes.refine);
        if rows <= refined.saturating_mul(fast_scan::WORTH) {
            return None;
        }
        fast.prepare(query, factor(self.metric), &mut work.fast_table);
        let offered = &mut work.sifted.offered;
        offered.restart();
        for &(cell, score) in cells {
            let [from, to] = [0, 1].map(|end| self.offsets[cell as usize + end] as usize);
            let base = codes.base(query, self.metric, score);
            let numbers = fast.offer((from, to), &work.fast_table, base, offered);
            hide_numbers(ask.allowed, &self.ids[from..to], numbers);
        }
        let limit = offered.reached_by(fast_scan::chosen(refined, self.metric));
        offered.leave(limit);
        Some(codes)
    }

    /// Sums up the codes of those rows of `cells` that were left.
    fn scan_left(&self, codes: &Codes, query: &[f32], cells: &[(u32, f32)], work: &mut Work) {
        let offered = std::mem::take(&mut work.sifted.offered);
        let (mut rest, mut scores) = (offered.left(), [0.0; BLOCK]);
        for &(cell, score) in cells {
            let rows = self.open(cell, work);
            let base = codes.base(query, self.metric, score);
            let count = rest
                .iter()
                .take_while(|place| rows.contains(&(**place as usize)))
                .count();
            let (places, others) = rest.split_at(count);
            for places in places.chunks(BLOCK) {
                let scores = &mut scores[..places.len()];
                codes.scores_of(base, places, &work.table, scores);
                work.offer(places, scores);
            }
            rest = others;
        }
        work.sifted.offered = offered;
    }

    /// The rows of a cell that is opened.
    fn open(&self, cell: u32, work: &mut Work) -> Range<usize> {
        let [from, to] = [0, 1].map(|end| self.offsets[cell as usize + end] as usize);
        let rows = to - from;
        work.note(|| Step::Cell { cell, rows });
        work.log.scanned += rows as u64;
        from..to
    }

    /// The kept codes, compared again by their vectors.
    fn refine(&self, codes: &Codes, query: &[f32], ask: Ask<'_>, work: &mut Work) {
        let mut found = std::mem::take(&mut work.found);
        found.clear();
        work.top.drain_unsorted(&mut found);
        work.note(|| Step::Refined { rows: found.len() });
        work.top.restart(ask.k);
        let (mut places, mut ids, mut scores) = ([0; BLOCK], [0; BLOCK], [0.0; BLOCK]);
        for found in found.chunks(BLOCK) {
            for ((place, id), hit) in places.iter_mut().zip(&mut ids).zip(found) {
                (*place, *id) = (hit.id, self.ids[hit.id as usize]);
            }
            let (places, scores) = (&places[..found.len()], &mut scores[..found.len()]);
            kernels::scores_of(self.metric, query, &codes.vectors, places, scores);
            work.offer(&ids[..found.len()], scores);
        }
        work.log.refined += found.len() as u64;
        work.found = found;
    }
}

/// Takes the numbers of all rows that must not be found away.
fn hide_numbers(allowed: Option<&Allowed>, ids: &[u32], numbers: &mut [i32]) {
    let Some(allowed) = allowed else {
        return;
    };
    for (_, number) in ids.iter().zip(numbers).filter(|(id, _)| !allowed.contains(**id)) {
        *number = HIDDEN;
    }
}

/// Offsets of the lists of so many `cells`, and the places of the rows in the order of the lists.
pub(super) fn by_cell(of_rows: &[u32], cells: usize) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0; cells + 1];
    for &cell in of_rows.iter().filter(|&&cell| cell != u32::MAX) {
        offsets[cell as usize + 1] += 1;
    }
    for cell in 0..cells {
        offsets[cell + 1] += offsets[cell];
    }
    let mut next = offsets.clone();
    let mut order = vec![0; offsets[cells] as usize];
    for (row, &cell) in (0..).zip(of_rows).filter(|(_, cell)| **cell != u32::MAX) {
        order[next[cell as usize] as usize] = row;
        next[cell as usize] += 1;
    }
    (offsets, order)
}

/// Rows of `width` values in another order; nothing where there are no values.
pub(super) fn pick<T: Copy>(values: &mut Vec<T>, width: usize, order: &[u32]) {
    if values.is_empty() {
        return;
    }
    let mut picked = Vec::with_capacity(order.len() * width);
    for &row in order {
        picked.extend_from_slice(&values[row as usize * width..][..width]);
    }
    *values = picked;
}

impl Index for Inverted {
    fn search(&self, query: &[f32], ask: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>) {
        assert_eq!(query.len(), self.d, "length of the query");
        out.clear();
        if ask.k == 0 {
            return;
        }
        let sieve = self.coarse_sieve.as_ref();
        if let Some(any) = sieve.or(self.sieve.as_ref()) {
            let others = self.sieve.as_ref().map_or(0, Sieve::reach);
            any.sift(query, any.reach().max(others), &mut work.sifted);
        }
        self.coarse
            .rank(query, self.metric, ask.effort, &self.offsets, sieve, work);
        let refined = match &self.store {
            Store::Vectors(_) => 0,
            Store::Codes(codes) => {
                codes.prepare(query, self.metric, work);
                if codes.vectors.is_empty() { 0 } else { codes.refine }
            }
        };
        work.top.restart(ask.k.saturating_mul(refined.max(1)));
        let cells = std::mem::take(&mut work.cells);
        if let (Store::Vectors(vectors), Some(sieve), None) = (&self.store, &self.sieve, &work.trace) {
            self.scan_some(sieve, vectors, query, &cells, ask, work);
        } else if let Some(codes) = self.choose(query, &cells, ask, work) {
            self.scan_left(codes, query, &cells, work);
        } else {
            for &(cell, score) in &cells {
                let rows = self.open(cell, work);
                let ids = &self.ids[rows.clone()];
                match &self.store {
                    Store::Vectors(vectors) => self.scan_vectors(vectors, query, rows.start, ids, ask, work),
                    Store::Codes(codes) => {
                        let base = codes.base(query, self.metric, score);
                        codes.scan(base, rows.start, ids, ask.allowed, refined > 0, work);
                    }
                }
            }
        }
        work.cells = cells;
        if let (Store::Codes(codes), true) = (&self.store, refined > 0) {
            self.refine(codes, query, ask, work);
        }
        work.top.drain_into(out);
    }

    fn efforts(&self) -> Vec<usize> {
        match &self.coarse {
            Coarse::Cells(_) => doubled(1, self.offsets.len() - 1),
            Coarse::Multi(_) => doubled(16, self.ids.len().max(1)),
        }
    }

    fn effort(&self) -> usize {
        self.effort
    }

    fn bytes(&self) -> usize {
        let store = match &self.store {
            Store::Vectors(vectors) => size_of_val(&vectors[..]),
            Store::Codes(codes) => codes.bytes(),
        };
        let sieves = [&self.coarse_sieve, &self.sieve].map(|sieve| sieve.as_ref().map_or(0, Sieve::bytes));
        store
            + sieves[0]
            + sieves[1]
            + self.coarse.bytes()
            + size_of_val(&self.offsets[..])
            + size_of_val(&self.ids[..])
    }

    fn len(&self) -> usize {
        self.ids.len()
    }

    fn dim(&self) -> usize {
        self.d
    }

    fn metric(&self) -> Metric {
        self.metric
    }

    fn add(&mut self, vectors: Matrix) -> Result<()> {
        let (rows, _) = take_more(self.d, vectors)?.into_raw_vec_and_offset();
        let mut cells = self.cells();
        let before = cells.len();
        self.coarse
            .to_cells(self.d, self.metric)
            .assign(&rows, self.d, &mut cells);
        match &mut self.store {
            Store::Vectors(vectors) => {
                vectors.extend_from_slice(&rows);
                if let Some(sieve) = &mut self.sieve {
                    sieve.push(&rows);
                }
            }
            Store::Codes(codes) => {
                let mut encoders = codes.encoders();
                codes.push(&mut encoders, &rows, &cells[before..], &self.coarse, self.metric);
            }
        }
        let more = (cells.len() - before) as u32;
        self.ids.extend(self.next..self.next + more);
        self.next += more;
        self.sort_into(&cells);
        match &self.store {
            Store::Vectors(_) if self.sieve.is_none() => self.take_sieves(),
            Store::Codes(codes) if codes.fast_scan.is_none() => self.take_fast_scan(),
            Store::Vectors(_) | Store::Codes(_) => {}
        }
        Ok(())
    }

    fn remove(&mut self, ids: &[u32]) {
        let mut gone = Allowed::default();
        for &id in ids.iter().filter(|&&id| id < self.next) {
            gone.insert(id);
        }
        let mut cells = self.cells();
        for (cell, &id) in cells.iter_mut().zip(&self.ids) {
            if gone.contains(id) {
                *cell = u32::MAX;
            }
        }
        self.sort_into(&cells);
    }

    fn parts(&self) -> Parts<'_> {
        Parts::Inverted(self)
    }
}
