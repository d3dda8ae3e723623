//! The benchmarks, run inside a worker by `cargo xtask bench`; not part of the page.
//!
//! A benchmark is an entry of [`benchmarks`]. They take turns in blocks of [`BLOCK`] runs, and every run is timed on
//! its own, so that whatever else the machine does falls on all of them alike. The first is the multiply-add kernel
//! that says what the machine could do at most in the same minutes.

#[path = "../../../benches/ann/mod.rs"]
mod ann;
mod beside;
#[path = "../../../benches/ann/real.rs"]
mod real;
mod steps;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use playground::engine::nn::peak::peak_flops_kernel;

/// Runs of a benchmark before it is the next one's turn.
const BLOCK: usize = 20;
/// Blocks that are not counted: the browser compiles anew what turns out to be hot.
const WARM_UP: usize = 5;
/// Rounds of the peak kernel in one run: about half a millisecond.
const PEAK_ROUNDS: u32 = 250_000;

/// Something to be timed.
struct Benchmark {
    name: &'static str,
    /// Multiplications and additions that one run counts for.
    flops: u64,
    /// Training samples of one run.
    samples: u64,
    /// Gives a number that depends on the work, so that none is left out; not a number if the work went wrong.
    run: Box<dyn FnMut() -> f32>,
}

/// What came out, in milliseconds.
#[derive(Serialize)]
struct Timing {
    name: &'static str,
    flops: u64,
    samples: u64,
    runs: usize,
    min: f64,
    p10: f64,
    median: f64,
    /// What the last run gave.
    value: f32,
}

#[wasm_bindgen]
extern "C" {
    /// Milliseconds, in steps of 5 µs where the page is cut off from other origins.
    ///
    /// By another name than the library's: two imports of one name are one symbol too many for the linker.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds() -> f64;

    /// A file of real vectors, if there is one of that name: `xtask/bench/worker.js` has it.
    #[wasm_bindgen(js_namespace = vectors)]
    fn file(name: &str) -> Option<Vec<u8>>;
}

fn benchmarks() -> Vec<Benchmark> {
    let step = |name, kind, flops| {
        let mut trainer = steps::model(kind);
        Benchmark {
            name,
            flops,
            samples: steps::BATCH as u64,
            run: Box::new(move || trainer.step().loss.unwrap_or(f32::NAN)),
        }
    };
    vec![
        Benchmark {
            name: "peak: multiply and add",
            flops: peak_flops_kernel(PEAK_ROUNDS).1,
            samples: 0,
            run: Box::new(|| peak_flops_kernel(PEAK_ROUNDS).0),
        },
        step("two-tower step", "two_tower", steps::TWO_TOWER),
        step("MIND step, K = 4", "mind", steps::MIND),
        step("ComiRec-SA step, K = 4", "comirec_sa", steps::COMIREC),
    ]
}

/// Runs all benchmarks for about so many seconds and gives their [`Timing`]s as JSON.
///
/// # Errors
/// Never in practice: the timings are numbers and names.
#[wasm_bindgen]
pub fn measure(seconds: f64) -> Result<String, JsError> {
    let mut benchmarks = benchmarks();
    let mut times = vec![Vec::new(); benchmarks.len()];
    let mut values = vec![0.0; benchmarks.len()];
    let mut end = f64::INFINITY;
    let mut block = 0;
    while milliseconds() < end {
        for ((benchmark, times), value) in benchmarks.iter_mut().zip(&mut times).zip(&mut values) {
            for _ in 0..BLOCK {
                let began = milliseconds();
                *value = (benchmark.run)();
                times.push(milliseconds() - began);
            }
        }
        block += 1;
        if block == WARM_UP {
            times.iter_mut().for_each(Vec::clear);
            end = milliseconds() + 1000.0 * seconds;
        }
    }
    let timings = benchmarks
        .iter()
        .zip(times)
        .zip(values)
        .map(|((benchmark, times), value)| timing(benchmark, times, value));
    Ok(serde_json::to_string(&timings.collect::<Vec<_>>())?)
}

/// Measures indexes on each of the sets of vectors, with `hnswlib` beside them that compiled to WebAssembly; gives what
/// came out, line by line.
#[wasm_bindgen]
#[must_use]
pub fn indexes(hnswlib: bool) -> String {
    let mut said = String::new();
    let drawn = ann::SETS.iter().map(|set| set.draw());
    for set in drawn.chain(real::sets(&file)) {
        let mut others: Vec<Box<dyn ann::Searcher>> = Vec::new();
        if hnswlib {
            others.push(Box::new(beside::Hnswlib::over(&set)));
        }
        ann::run(&set, &mut others, &milliseconds, &mut |line| {
            said.push_str(&line);
            said.push('\n');
        });
    }
    said
}

fn timing(benchmark: &Benchmark, mut times: Vec<f64>, value: f32) -> Timing {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(f64::NAN);
    Timing {
        name: benchmark.name,
        flops: benchmark.flops,
        samples: benchmark.samples,
        runs: times.len(),
        min: at(0),
        p10: at(10),
        median: at(50),
        value,
    }
}

fn main() {}
