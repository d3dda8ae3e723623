//! Searches of all kinds of index at equal recall, natively: `cargo bench --bench indexes`. In the browser they are
//! measured by `cargo xtask bench --indexes`.
//!
//! With `--beside PYTHON` that Python's Faiss and hnswlib take turns with them (`benches/ann/others.py`). After the
//! vectors drawn here come those of real sets, as far as they lie where `--data-dir` or `PLAYGROUND_DATA` says; with
//! `--only WORD` the sets whose names hold that word.

#![expect(clippy::disallowed_types, reason = "a benchmark is about time")]

use std::path::PathBuf;
use std::time::Instant;

#[path = "ann/mod.rs"]
mod ann;
#[path = "ann/beside.rs"]
mod beside;
#[path = "ann/real.rs"]
mod real;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let place = words.iter().position(|word| word == name)?;
        words.get(place + 1).cloned()
    };
    let folder = option("--data-dir").or_else(|| std::env::var("PLAYGROUND_DATA").ok());
    let folder = PathBuf::from(folder.unwrap_or_else(|| "../shared/data".to_owned())).join("ann-vectors");
    let real = real::sets(&|name| std::fs::read(folder.join(name)).ok());
    let began = Instant::now();
    let now = || on_the_processor().unwrap_or_else(|| began.elapsed().as_secs_f64()) * 1e3;
    let drawn = ann::SETS.iter().map(|set| set.draw());
    for set in drawn.chain(real) {
        if option("--only").is_some_and(|word| !set.name.contains(&word)) {
            continue;
        }
        let mut others = match option("--beside")
            .map(|python| beside::start(&python, &set))
            .transpose()
        {
            Ok(others) => others.unwrap_or_default(),
            Err(why) => return println!("the others cannot be started: {why}"),
        };
        ann::run(&set, &mut others, &now, &mut |line| println!("{line}"));
    }
}

/// Seconds that this thread was on the processor, where the system says it: what others do counts less then.
fn on_the_processor() -> Option<f64> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = said.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
