//! Indexes on vectors that are hard in the way real ones are, natively and in the browser by the same code.
//!
//! Gaussian clusters that overlap, of uneven sizes, each with a rotation and a power-law spectrum of its own, and
//! lengths that vary by 15 %. Every index is searched one query at a time, k = 10, at the least effort that reaches a
//! recall; the chosen searches are then timed in turns, and medians are printed. Compare within a run only.

use playground::engine::index::{Ask, Flat, INDEXES, Index, Truth, Work};
use playground::engine::matrix::{Matrix, Metric};
use playground::engine::rng::{Purpose, Rng};
use playground::settings::{Settings, Value, by_key};

const K: usize = 10;
const QUERIES: usize = 1000;
const CENTRES: usize = 256;
const ROUNDS: usize = 5;
/// Seconds that a search is repeated for in each round.
const SECONDS: f64 = 0.2;
/// Recalls that are asked for.
const TARGETS: [f64; 3] = [0.90, 0.95, 0.99];

/// A set of vectors.
pub struct Set {
    pub n: usize,
    pub d: usize,
    /// Root of the mean variance of a column within a cluster; between clusters it is 1.
    pub spread: f32,
    /// Variances along a cluster's axes fall as 1, 2^−e, 3^−e …
    pub exponent: f32,
    pub cells: u32,
}

/// The small set and the large one.
pub const SETS: [Set; 2] = [
    Set {
        n: 20_000,
        d: 32,
        spread: 0.8,
        exponent: 0.6,
        cells: 256,
    },
    Set {
        n: 100_000,
        d: 64,
        spread: 2.0,
        exponent: 0.8,
        cells: 1024,
    },
];

impl Set {
    /// The vectors, and queries drawn like them.
    pub fn draw(&self) -> (Matrix, Vec<Vec<f32>>) {
        let mut rng = Rng::stream(1, Purpose::Trial, self.n as u64);
        let d = self.d;
        let centres = Matrix::from_shape_simple_fn((CENTRES, d), || rng.normal());
        // On average a column has the variance `spread`².
        let variances: Vec<f32> = (1..=d).map(|j| libm::powf(j as f32, -self.exponent)).collect();
        let mean = variances.iter().sum::<f32>() / d as f32;
        let spectrum: Vec<f32> = variances.iter().map(|v| self.spread * (v / mean).sqrt()).collect();
        let rotations: Vec<Matrix> = (0..CENTRES).map(|_| rotation(d, &mut rng)).collect();
        let weights: Vec<f32> = (0..CENTRES).map(|_| libm::expf(rng.normal())).collect();
        let total: f32 = weights.iter().sum();
        let mut vector = || {
            let mut drawn = rng.uniform() * total;
            let found = weights.iter().position(|weight| {
                drawn -= weight;
                drawn < 0.0
            });
            let cluster = found.unwrap_or(CENTRES - 1);
            let mut x = centres.row(cluster).to_vec();
            for (axis, scale) in rotations[cluster].outer_iter().zip(&spectrum) {
                let along = scale * rng.normal();
                x.iter_mut().zip(axis).for_each(|(x, axis)| *x += along * axis);
            }
            let length = 1.0 + 0.15 * rng.normal();
            x.iter_mut().for_each(|x| *x *= length);
            x
        };
        let queries = (0..QUERIES).map(|_| vector()).collect();
        let rows: Vec<f32> = (0..self.n).flat_map(|_| vector()).collect();
        let vectors = Matrix::from_shape_vec((self.n, d), rows).expect("whole rows");
        (vectors, queries)
    }
}

/// Orthonormal rows (d × d).
fn rotation(d: usize, rng: &mut Rng) -> Matrix {
    let mut rows = Matrix::from_shape_simple_fn((d, d), || rng.normal());
    for at in 0..d {
        for before in 0..at {
            let along = rows.row(at).dot(&rows.row(before));
            let before = rows.row(before).to_owned();
            rows.row_mut(at).scaled_add(-along, &before);
        }
        let length = rows.row(at).dot(&rows.row(at)).sqrt();
        rows.row_mut(at).mapv_inplace(|x| x / length);
    }
    rows
}

/// An index to be measured: its name, kind and settings.
type Entry = (&'static str, &'static str, Vec<(&'static str, Value)>);

fn entries(set: &Set) -> Vec<Entry> {
    let number = |value: u32| Value::Number(f64::from(value));
    let cells = ("nlist", number(set.cells));
    let parts = set.d as u32 / 4;
    vec![
        ("IVF-Flat", "ivf_flat", vec![cells.clone()]),
        (
            "IVF-PQ + refine",
            "ivf_pq",
            vec![
                cells,
                ("m", number(parts)),
                ("bits", Value::Text("8".into())),
                ("refine", number(8)),
            ],
        ),
        ("HNSW", "hnsw", Vec::new()),
    ]
}

/// A search to be timed.
struct Timed {
    line: String,
    index: usize,
    effort: usize,
    times: Vec<f64>,
}

/// Measures a set and says what came out, line by line. `now` gives milliseconds.
pub fn run(set: &Set, now: &dyn Fn() -> f64, say: &mut dyn FnMut(String)) {
    let (vectors, queries) = set.draw();
    say(format!("{} x {}, L2, recall@{K}, one query at a time", set.n, set.d));
    let flat = Flat::build(vectors.clone(), Metric::L2).expect("finite vectors");
    let truth = Truth::of(&flat, &queries[..QUERIES / 2], K);
    let mut indexes: Vec<Box<dyn Index>> = Vec::new();
    let mut timed = Vec::new();
    for (name, kind, given) in entries(set) {
        let kind = INDEXES.iter().find(|entry| entry.kind == kind).expect("a kind");
        let settings = Settings::check("index", &kind.knobs(), &by_key(given)).expect("settings of this kind");
        let mut builder = kind
            .begin(vectors.clone(), Metric::L2, &settings, 1)
            .expect("vectors that fit");
        let (began, mut slice) = (now(), 0.0_f64);
        let mut last = began;
        while builder.advance().is_some() {
            let at = now();
            slice = slice.max(at - last);
            last = at;
        }
        let index = builder.finish();
        let seconds = (now() - began) / 1e3;
        let bytes = index.bytes() as f64 / set.n as f64;
        say(format!(
            "  {name:<16} built in {seconds:.1} s, longest unit {slice:.1} ms, {bytes:.1} bytes a vector"
        ));
        let mut effort = 1;
        let mut targets = TARGETS.iter().peekable();
        while let Some(&&target) = targets.peek() {
            let quality = truth.measure(index.as_ref(), effort);
            if quality.recall >= target {
                timed.push(Timed {
                    line: format!(
                        "  {name:<16} {target:.2}: effort {effort:>4}, recall {:.3}, scans {:>5.2} %",
                        quality.recall,
                        100.0 * quality.scanned
                    ),
                    index: indexes.len(),
                    effort,
                    times: Vec::new(),
                });
                targets.next();
            } else if effort >= set.n {
                say(format!("  {name:<16} {target:.2}: not reached ({:.3})", quality.recall));
                break;
            } else {
                effort = (effort + 1).max(effort * 9 / 8);
            }
        }
        indexes.push(index);
    }
    let mut exact = Vec::new();
    let mut reads = Vec::new();
    let memory: Vec<f32> = vectors.iter().copied().collect();
    for _ in 0..ROUNDS {
        for timed in &mut timed {
            let index = indexes[timed.index].as_ref();
            timed.times.push(seconds_of(index, &queries, timed.effort, now));
        }
        exact.push(seconds_of(&flat, &queries[..100], 0, now));
        reads.push(seconds(100, now, &mut |_| {
            std::hint::black_box(read(std::hint::black_box(&memory)));
        }));
    }
    for Timed { line, times, .. } in timed {
        say(format!("{line}: {:>7.0} queries/s", 1.0 / median(times)));
    }
    let (exact, read) = (median(exact), median(reads));
    say(format!(
        "  {:<16} exact: {:>7.0} queries/s, {:.1} GB/s, {:.0} % of a loop that only reads",
        "Flat",
        1.0 / exact,
        (set.n * set.d * 4) as f64 / exact / 1e9,
        100.0 * read / exact
    ));
}

/// Seconds of a search.
fn seconds_of(index: &dyn Index, queries: &[Vec<f32>], effort: usize, now: &dyn Fn() -> f64) -> f64 {
    let (mut work, mut found) = (Work::default(), Vec::new());
    seconds(queries.len(), now, &mut |query| {
        index.search(&queries[query], Ask::new(K, effort), &mut work, &mut found);
        std::hint::black_box(&found);
    })
}

/// Seconds of one of `count` runs, all of them repeated until the grain of any clock is small against them.
fn seconds(count: usize, now: &dyn Fn() -> f64, run: &mut dyn FnMut(usize)) -> f64 {
    let (began, mut runs) = (now(), 0);
    loop {
        (0..count).for_each(&mut *run);
        runs += count;
        let spent = (now() - began) / 1e3;
        if spent > SECONDS {
            return spent / runs as f64;
        }
    }
}

/// Touches every number once, with as little work as possible.
pub fn read(memory: &[f32]) -> [f32; 4] {
    let (blocks, _) = memory.as_chunks::<4>();
    let (quads, _) = blocks.as_chunks::<4>();
    let mut sums = [wide::f32x4::ZERO; 4];
    for quad in quads {
        for (sum, block) in sums.iter_mut().zip(quad) {
            *sum += wide::f32x4::from(*block);
        }
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).to_array()
}

/// The middle one.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
