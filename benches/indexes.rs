//! Searches of all kinds of index at equal recall, natively: `cargo bench --bench indexes`. In the browser they are
//! measured by `cargo xtask bench`.
//!
//! With `--write DIR` the vectors and queries are written there as `.fvecs`, and what our indexes are as files of
//! Faiss: `benches/ann/others.py` measures other libraries on them.

#![expect(clippy::disallowed_types, reason = "a benchmark is about time")]

use std::path::PathBuf;
use std::time::Instant;

use ndarray::Array2;
use playground::engine::index::files::write_fvecs;

mod ann;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let place = words.iter().position(|word| word == "--write");
    let folder = place.and_then(|place| words.get(place + 1)).map(PathBuf::from);
    let began = Instant::now();
    let now = || on_the_processor().unwrap_or_else(|| began.elapsed().as_secs_f64()) * 1e3;
    for set in &ann::SETS {
        if let Some(folder) = &folder {
            let (vectors, queries) = set.draw();
            let queries = Array2::from_shape_fn((queries.len(), set.d), |(row, column)| queries[row][column]);
            for (rows, what) in [(&vectors, "base"), (&queries, "query")] {
                let path = folder.join(format!("{}x{}.{what}.fvecs", set.n, set.d));
                if let Err(why) = std::fs::write(&path, write_fvecs(rows)) {
                    println!("{} cannot be written: {why}", path.display());
                }
            }
        }
        ann::run(set, &now, &mut |line| println!("{line}"));
    }
}

/// Seconds that this thread was on the processor, where the system says it: what others do counts less then.
fn on_the_processor() -> Option<f64> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = said.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
