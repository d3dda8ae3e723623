//! Writes indexes of every kind as files of Faiss, each with queries and what we find for them, so that Faiss can be
//! asked whether it finds the same: `python tests/golden/faiss_files.py --check DIR`.
//!
//! ```text
//! cargo run --release --example faiss -- DIR
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use ndarray::Array2;
use playground::engine::index::files::write_faiss;
use playground::engine::index::{Ask, INDEXES, Work};
use playground::engine::matrix::Metric;
use playground::engine::rng::{Purpose, Rng};
use playground::settings::{Settings, Value, by_key};
use playground::text::Message;
use serde_json::json;

const ROWS: usize = 600;
const WIDTH: usize = 12;
const QUERIES: usize = 20;
const K: usize = 10;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("Give the folder to write to.");
        return ExitCode::from(2);
    };
    match write_all(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn write_all(folder: &std::path::Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|why| format!("{} cannot be made: {why}.", folder.display()))?;
    let text = |word: &str| Value::Text(word.to_owned());
    for (metric, named) in [(Metric::L2, "l2"), (Metric::Dot, "dot"), (Metric::Cosine, "cosine")] {
        for kind in INDEXES {
            // Faiss searches multi-indexes by cells opened and ours by rows scanned: only all of them are the same.
            if kind.kind == "imi" && metric != Metric::L2 {
                continue;
            }
            for transform in ["none", "pca", "random_rotation", "opq"] {
                let mut given = vec![("transform", text(transform))];
                if transform == "pca" {
                    given.push(("dims", Value::Number(8.0)));
                }
                if kind.kind == "imi" {
                    given.push(("candidates", Value::Number(ROWS as f64)));
                }
                let name = format!("{}_{named}_{transform}", kind.kind);
                write_one(folder, &name, kind.kind, metric, given)?;
            }
        }
        for (bits, m) in [("4", 6.0), ("6", 4.0), ("8", 4.0)] {
            let given = vec![
                ("bits", text(bits)),
                ("m", Value::Number(m)),
                ("refine", Value::Number(0.0)),
            ];
            write_one(folder, &format!("ivf_pq_{named}_{bits}_bits"), "ivf_pq", metric, given)?;
        }
    }
    Ok(())
}

fn write_one(
    folder: &std::path::Path,
    name: &str,
    kind: &str,
    metric: Metric,
    given: Vec<(&str, Value)>,
) -> Result<(), String> {
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    let mut rows = |n| Array2::from_shape_simple_fn((n, WIDTH), || rng.normal());
    let (vectors, queries) = (rows(ROWS), rows(QUERIES));
    let kind = INDEXES
        .iter()
        .find(|entry| entry.kind == kind)
        .expect("a kind of index");
    let said = |why: Message| format!("{name}: {why}");
    let settings = Settings::check("index", &kind.knobs(), &by_key(given)).map_err(|why| said(Message::join(why)))?;
    let index = kind.build(vectors, metric, &settings, 1).map_err(said)?;
    let (mut work, mut found) = (Work::default(), Vec::new());
    let (mut ids, mut scores) = (Vec::new(), Vec::new());
    for query in queries.outer_iter() {
        index.search(&query.to_vec(), Ask::new(K, index.effort()), &mut work, &mut found);
        ids.push(found.iter().map(|hit| hit.id).collect::<Vec<_>>());
        scores.push(found.iter().map(|hit| hit.score).collect::<Vec<_>>());
    }
    let queries: Vec<Vec<f32>> = queries.outer_iter().map(|query| query.to_vec()).collect();
    let found = json!({ "queries": queries, "ids": ids, "scores": scores });
    let file = write_faiss(index.as_ref()).map_err(said)?;
    for (ending, bytes) in [("index", file), ("json", found.to_string().into_bytes())] {
        let path = folder.join(format!("{name}.{ending}"));
        std::fs::write(&path, bytes).map_err(|why| format!("{} cannot be written: {why}.", path.display()))?;
    }
    Ok(())
}
