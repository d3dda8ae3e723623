//! Exact search against a loop that only reads the same memory: how close the scan is to what memory can give.
//!
//! One query at a time, ten hits each. The two are timed in turns and the median of the rounds is printed, so that a
//! busy machine slows both alike: compare within a run, not between runs.

#![expect(clippy::disallowed_types, reason = "a benchmark is about time")]

use std::hint::black_box;
use std::time::Instant;

use ndarray::Array2;
use playground::engine::index::{Ask, Flat, Index, Work};
use playground::engine::matrix::Metric;
use playground::engine::rng::{Purpose, Rng};
use wide::f32x4;

const ROUNDS: usize = 9;

fn main() {
    println!("vectors        metric   queries/s   GB/s   read loop GB/s   share");
    for (n, d) in [(20_000, 32), (100_000, 64)] {
        for metric in [Metric::Dot, Metric::Cosine, Metric::L2] {
            measure(n, d, metric);
        }
    }
}

fn measure(n: usize, d: usize, metric: Metric) {
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    let vectors = Array2::from_shape_simple_fn((n, d), || rng.normal());
    let queries = Array2::from_shape_simple_fn((40, d), || rng.normal());
    let memory = vectors.iter().copied().collect::<Vec<f32>>();
    let Ok(index) = Flat::build(vectors, metric) else {
        return println!("the made-up vectors were refused");
    };

    let mut hits = Vec::new();
    let mut work = Work::default();
    let (mut searches, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        searches.push(seconds(|| {
            for query in queries.outer_iter().filter_map(|row| row.to_slice()) {
                index.search(query, Ask::new(10, 0), &mut work, &mut hits);
                black_box(&hits);
            }
        }));
        reads.push(seconds(|| {
            for _ in 0..queries.nrows() {
                black_box(read(black_box(&memory)));
            }
        }));
    }
    let queries = queries.nrows() as f64;
    let gigabytes = (n * d * size_of::<f32>()) as f64 * queries / 1e9;
    let (search, read) = (median(searches), median(reads));
    println!(
        "{n:>7} × {d:<3}  {:<7} {:>10.0} {:>6.1} {:>16.1} {:>6.0}%",
        format!("{metric:?}"),
        queries / search,
        gigabytes / search,
        gigabytes / read,
        100.0 * read / search,
    );
}

/// Touches every number once, with as little work as possible.
fn read(memory: &[f32]) -> [f32; 4] {
    let (blocks, _) = memory.as_chunks::<4>();
    let (quads, _) = blocks.as_chunks::<4>();
    let mut sums = [f32x4::ZERO; 4];
    for quad in quads {
        for (sum, block) in sums.iter_mut().zip(quad) {
            *sum += f32x4::from(*block);
        }
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).to_array()
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
