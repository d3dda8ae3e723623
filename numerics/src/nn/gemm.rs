//! Matrix products with a register tile of 4 rows by 8 columns.
//!
//! Both factors are first copied into panels that the tile reads from front to back (Goto and van de Geijn, 2008,
//! "Anatomy of High-Performance Matrix Multiplication"), which is also what makes the three layouts one algorithm. The
//! loop over the inner dimension is not unrolled by hand: eight accumulators, two columns and a broadcast are what
//! fits into the registers a browser's compiler has to give.
//!
//! Every element is a sum over `k` from front to back, in blocks of [`DEPTH`], whatever the layout and the edges.

use wide::f32x4;

use super::simd::Write;

/// Rows of the register tile.
const ROWS: usize = 4;
/// Columns of the register tile.
const COLS: usize = 8;
/// Inner length after which partial sums are stored, so that a panel of each factor fits into a level-one cache.
const DEPTH: usize = 512;

/// Dimensions of a product `[m, k] · [k, n] = [m, n]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows of the result.
    pub m: usize,
    /// Inner length.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
}

/// Working space of the products, kept by the caller so that it is allocated once.
#[derive(Clone, Debug, Default)]
pub struct Packing {
    left: Vec<[f32; ROWS]>,
    right: Vec<[f32; COLS]>,
}

/// How a factor lies in memory, seen from the tile.
#[derive(Clone, Copy)]
enum Factor<'a> {
    /// The inner dimension runs along a row: `[outer, k]`, packed by transposing.
    AlongRows { values: &'a [f32], outer: usize, k: usize },
    /// The inner dimension runs down the columns: `[k, outer]`, packed by copying.
    DownColumns { values: &'a [f32], outer: usize },
}

/// `C = A B` with `A [m, k]`, `B [k, n]`.
///
/// # Panics
/// If a slice's length does not fit `size`.
pub fn gemm_nn(size: Size, a: &[f32], b: &[f32], c: &mut [f32], write: Write, packing: &mut Packing) {
    check(size, a, b, c);
    let left = Factor::AlongRows {
        values: a,
        outer: size.m,
        k: size.k,
    };
    let right = Factor::DownColumns {
        values: b,
        outer: size.n,
    };
    product(size, left, right, c, write, packing);
}

/// `C = A Bᵀ` with `A [m, k]`, `B [n, k]`.
///
/// # Panics
/// If a slice's length does not fit `size`.
pub fn gemm_nt(size: Size, a: &[f32], b: &[f32], c: &mut [f32], write: Write, packing: &mut Packing) {
    check(size, a, b, c);
    let left = Factor::AlongRows {
        values: a,
        outer: size.m,
        k: size.k,
    };
    let right = Factor::AlongRows {
        values: b,
        outer: size.n,
        k: size.k,
    };
    product(size, left, right, c, write, packing);
}

/// `C = Aᵀ B` with `A [k, m]`, `B [k, n]`.
///
/// # Panics
/// If a slice's length does not fit `size`.
pub fn gemm_tn(size: Size, a: &[f32], b: &[f32], c: &mut [f32], write: Write, packing: &mut Packing) {
    check(size, a, b, c);
    let left = Factor::DownColumns {
        values: a,
        outer: size.m,
    };
    let right = Factor::DownColumns {
        values: b,
        outer: size.n,
    };
    product(size, left, right, c, write, packing);
}

fn check(size: Size, a: &[f32], b: &[f32], c: &[f32]) {
    let Size { m, k, n } = size;
    let lengths = [a.len(), b.len(), c.len()];
    assert_eq!(
        lengths,
        [m * k, k * n, m * n],
        "product of {size:?} with slices of these lengths"
    );
}

/// The one algorithm behind the three layouts.
fn product(size: Size, left: Factor, right: Factor, c: &mut [f32], write: Write, packing: &mut Packing) {
    if size.k == 0 && write == Write::Store {
        c.fill(0.0);
    }
    if c.is_empty() {
        return;
    }
    let panels = size.n.div_ceil(COLS);
    let deepest = size.k.min(DEPTH);
    grow(&mut packing.left, deepest);
    grow(&mut packing.right, panels * deepest);
    for start in (0..size.k).step_by(DEPTH) {
        let depth = (size.k - start).min(DEPTH);
        let write = if start == 0 { write } else { Write::Accumulate };
        let right_panels = &mut packing.right[..panels * depth];
        for (panel, into) in right_panels.chunks_exact_mut(depth).enumerate() {
            right.pack(panel * COLS, start, into);
        }
        let left_panel = &mut packing.left[..depth];
        for (strip, rows) in c.chunks_mut(ROWS * size.n).enumerate() {
            left.pack(strip * ROWS, start, left_panel);
            for (panel, right_panel) in right_panels.chunks_exact(depth).enumerate() {
                store(&tile(left_panel, right_panel), rows, size.n, panel * COLS, write);
            }
        }
    }
}

fn grow<const W: usize>(buffer: &mut Vec<[f32; W]>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, [0.0; W]);
    }
}

/// Products of one panel of each factor: 4 rows of 8 columns.
#[inline(always)]
fn tile(left: &[[f32; ROWS]], right: &[[f32; COLS]]) -> [[f32x4; 2]; ROWS] {
    let mut sums = [[f32x4::ZERO; 2]; ROWS];
    for (left, right) in left.iter().zip(right) {
        let right = right.as_chunks::<4>().0;
        let (low, high) = (f32x4::from(right[0]), f32x4::from(right[1]));
        for (sums, value) in sums.iter_mut().zip(left) {
            let value = f32x4::splat(*value);
            sums[0] += value * low;
            sums[1] += value * high;
        }
    }
    sums
}

/// Writes a tile to `rows`, at most four rows of `n` columns, from column `at`; what lies outside is dropped.
#[inline(always)]
fn store(tile: &[[f32x4; 2]; ROWS], rows: &mut [f32], n: usize, at: usize, write: Write) {
    let width = (n - at).min(COLS);
    for (row, sums) in rows.chunks_exact_mut(n).zip(tile) {
        let into = &mut row[at..at + width];
        if let Some(into) = into.as_mut_array::<COLS>() {
            store_full(into, sums, write);
        } else {
            let mut full = [0.0; COLS];
            store_full(&mut full, sums, Write::Store);
            for (into, value) in into.iter_mut().zip(full) {
                *into = if write == Write::Store { value } else { *into + value };
            }
        }
    }
}

#[inline(always)]
fn store_full(into: &mut [f32; COLS], sums: &[f32x4; 2], write: Write) {
    for (into, &sum) in into.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
        *into = if write == Write::Store {
            sum
        } else {
            f32x4::from(*into) + sum
        }
        .to_array();
    }
}

impl Factor<'_> {
    /// Copies `W` outer positions from `first`, inner positions from `start`, into `panel`; what lies outside is zero.
    fn pack<const W: usize>(self, first: usize, start: usize, panel: &mut [[f32; W]]) {
        match self {
            Factor::AlongRows { values, outer, k } => {
                let height = (outer - first).min(W);
                if height < W {
                    panel.fill([0.0; W]);
                }
                let rows = &values[first * k..(first + height) * k];
                interleave(rows, k, start, panel);
            }
            Factor::DownColumns { values, outer } => {
                let width = (outer - first).min(W);
                let rows = values[start * outer..].chunks_exact(outer);
                for (into, row) in panel.iter_mut().zip(rows) {
                    let from = &row[first..first + width];
                    if let Some(from) = from.as_array::<W>() {
                        *into = *from;
                    } else {
                        *into = [0.0; W];
                        into[..width].copy_from_slice(from);
                    }
                }
            }
        }
    }
}

/// Transposes up to `W` rows of length `k`, from inner position `start`, into `panel[inner][row]`.
fn interleave<const W: usize>(rows: &[f32], k: usize, start: usize, panel: &mut [[f32; W]]) {
    let depth = panel.len();
    let mut first = 0;
    let mut quads = rows.chunks_exact(4 * k);
    for quad in &mut quads {
        let mut lines = quad
            .chunks_exact(k)
            .map(|row| row[start..start + depth].as_chunks::<4>());
        let lines: [_; 4] = std::array::from_fn(|_| lines.next().unwrap_or_default());
        let (blocks, tail) = panel.as_chunks_mut::<4>();
        for (at, block) in blocks.iter_mut().enumerate() {
            let turned = f32x4::transpose(lines.map(|(chunks, _)| f32x4::from(chunks[at])));
            for (into, lanes) in block.iter_mut().zip(turned) {
                into[first..first + 4].copy_from_slice(&lanes.to_array());
            }
        }
        for (at, into) in tail.iter_mut().enumerate() {
            for (into, (_, rest)) in into[first..].iter_mut().zip(lines) {
                *into = rest[at];
            }
        }
        first += 4;
    }
    for (row, line) in quads.remainder().chunks_exact(k).enumerate() {
        for (into, value) in panel.iter_mut().zip(&line[start..]) {
            into[first + row] = *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    type Gemm = fn(Size, &[f32], &[f32], &mut [f32], Write, &mut Packing);

    const LENGTHS: [usize; 10] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17];

    fn random(n: usize, rng: &mut Rng) -> Vec<f32> {
        (0..n).map(|_| rng.between(-1.0, 1.0)).collect()
    }

    /// `C[i, j] = Σ_p a(i, p) b(p, j)`, in double precision.
    fn naive(size: Size, start: &[f32], a: impl Fn(usize, usize) -> f32, b: impl Fn(usize, usize) -> f32) -> Vec<f64> {
        let mut c: Vec<f64> = start.iter().map(|x| f64::from(*x)).collect();
        for i in 0..size.m {
            for j in 0..size.n {
                c[i * size.n + j] += (0..size.k)
                    .map(|p| f64::from(a(i, p)) * f64::from(b(p, j)))
                    .sum::<f64>();
            }
        }
        c
    }

    fn check_layout(name: &str, gemm: Gemm, left_turned: bool, right_turned: bool, size: Size, packing: &mut Packing) {
        let mut rng = Rng::stream(3, Purpose::Trial, (size.m * 10_000 + size.k * 100 + size.n) as u64);
        let (a, b) = (random(size.m * size.k, &mut rng), random(size.k * size.n, &mut rng));
        let a_at = |i: usize, p: usize| {
            if left_turned {
                a[p * size.m + i]
            } else {
                a[i * size.k + p]
            }
        };
        let b_at = |p: usize, j: usize| {
            if right_turned {
                b[j * size.k + p]
            } else {
                b[p * size.n + j]
            }
        };
        let before = random(size.m * size.n, &mut rng);
        for write in [Write::Store, Write::Accumulate] {
            let mut c = before.clone();
            gemm(size, &a, &b, &mut c, write, packing);
            let start = if write == Write::Store {
                vec![0.0; c.len()]
            } else {
                before.clone()
            };
            for (found, expected) in c.iter().zip(naive(size, &start, a_at, b_at)) {
                let error = (f64::from(*found) - expected).abs();
                assert!(
                    error < 1e-6 * (size.k as f64 + 1.0),
                    "{name} {write:?} {size:?}: {found} for {expected}"
                );
            }
        }
    }

    fn check_all(size: Size, packing: &mut Packing) {
        check_layout("NN", gemm_nn, false, false, size, packing);
        check_layout("NT", gemm_nt, false, true, size, packing);
        check_layout("TN", gemm_tn, true, false, size, packing);
    }

    #[test]
    fn products_agree_with_the_definition_at_every_edge() {
        let mut packing = Packing::default();
        for m in LENGTHS {
            for k in LENGTHS {
                for n in LENGTHS {
                    check_all(Size { m, k, n }, &mut packing);
                }
            }
        }
    }

    #[test]
    fn products_longer_than_a_block_agree_with_the_definition() {
        let mut packing = Packing::default();
        for (m, k, n) in [(5, DEPTH, 9), (6, DEPTH + 1, 8), (3, 2 * DEPTH + 37, 13), (64, 32, 100)] {
            check_all(Size { m, k, n }, &mut packing);
        }
    }

    #[test]
    fn an_element_does_not_depend_on_where_it_stands_in_the_matrix() {
        let mut rng = Rng::stream(5, Purpose::Trial, 0);
        let (row, column) = (random(33, &mut rng), random(33, &mut rng));
        let size = Size { m: 7, k: 33, n: 11 };
        let (a, b) = (row.repeat(7), column.repeat(11));
        let mut c = vec![0.0; 77];
        gemm_nt(size, &a, &b, &mut c, Write::Store, &mut Packing::default());
        assert!(c.iter().all(|x| x.to_bits() == c[0].to_bits()), "{c:?}");
    }
}
