//! What the page weighs, against its budget, and that the worker's wasm holds the SIMD code it was written for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::paths;
use crate::wasm::{self, Simd};

/// All wasm of the page after gzip, in bytes.
const BUDGET: usize = 700_000;
/// Start of the name of the worker's files.
const WORKER: &str = "worker";

/// A wasm file of the build.
struct Weighed {
    name: String,
    raw: usize,
    gzipped: usize,
    simd: Simd,
}

/// Prints the table for `dist/`.
///
/// # Errors
/// If the build is over budget, lacks one of its two parts, or its worker computes without SIMD.
pub fn check() -> Result<()> {
    let mut files = Vec::new();
    for path in wasm_files(&paths::dist())? {
        files.push(weigh(&path)?);
    }
    println!(
        "{:<36} {:>12} {:>12} {:>12} {:>12}",
        "wasm", "bytes", "gzipped", "v128 instr.", "f32x4.mul"
    );
    for Weighed {
        name,
        raw,
        gzipped,
        simd,
    } in &files
    {
        println!(
            "{name:<36} {raw:>12} {gzipped:>12} {:>12} {:>12}",
            simd.all, simd.products
        );
    }
    let total: usize = files.iter().map(|file| file.gzipped).sum();
    let share = 100.0 * total as f64 / BUDGET as f64;
    println!(
        "{:<36} {:>12} {total:>12}   {share:.0} % of the budget of {BUDGET}",
        "together", ""
    );
    judge(&files)
}

fn judge(files: &[Weighed]) -> Result<()> {
    let (workers, pages): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.name.starts_with(WORKER));
    ensure!(
        !workers.is_empty(),
        "dist/ holds no wasm whose name starts with `{WORKER}`"
    );
    ensure!(!pages.is_empty(), "dist/ holds no wasm of the page");
    for worker in workers {
        if worker.simd.products == 0 {
            bail!(
                "{} holds no SIMD multiplication: was it built without simd128?",
                worker.name
            );
        }
    }
    let total: usize = files.iter().map(|file| file.gzipped).sum();
    ensure!(
        total <= BUDGET,
        "the wasm weighs {total} bytes gzipped, the budget is {BUDGET}"
    );
    Ok(())
}

fn weigh(path: &Path) -> Result<Weighed> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Weighed {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        raw: bytes.len(),
        gzipped: wasm::gzipped(&bytes)?,
        simd: wasm::simd(&bytes).with_context(|| format!("cannot decode {}", path.display()))?,
    })
}

/// All wasm files below `folder`, by name; what an interrupted build left in hidden folders does not count.
///
/// # Errors
/// If the folder is not there.
pub fn wasm_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("there is no {}: run `cargo xtask dist`", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            found.extend(wasm_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, gzipped: usize, products: usize) -> Weighed {
        Weighed {
            name: name.to_owned(),
            raw: 2 * gzipped,
            gzipped,
            simd: Simd { all: 9, products },
        }
    }

    fn check(files: &[Weighed]) -> String {
        judge(files).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_build_within_budget_with_simd_passes() {
        assert_eq!(
            check(&[file("app_bg.wasm", 300_000, 0), file("worker_bg.wasm", 400_000, 5)]),
            ""
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let app = || file("app_bg.wasm", 300_000, 0);
        for (files, words) in [
            (vec![app(), file("worker-1a_bg.wasm", 400_001, 5)], "700001 bytes"),
            (
                vec![app(), file("worker_bg.wasm", 400, 0)],
                "worker_bg.wasm holds no SIMD",
            ),
            (vec![app()], "no wasm whose name starts with `worker`"),
            (vec![file("worker_bg.wasm", 400, 5)], "no wasm of the page"),
        ] {
            assert!(check(&files).contains(words), "{words}: {}", check(&files));
        }
    }
}
