//! `cargo xtask bench`: the speed of the numerical core where it is used, in a worker of headless Chromium.
//!
//! The measuring is done by `src/bin/bench.rs` inside the worker; here it is built, put behind a server that gives it
//! a fine clock, and opened.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tools::{self, Browser, WASM_BINDGEN};
use crate::{paths, process};

const PAGE: &str = include_str!("../bench/index.html");
const SCRIPT: &str = include_str!("../bench/page.js");
const WORKER: &str = include_str!("../bench/worker.js");
const BESIDE: &str = include_str!("../bench/beside.js");

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Training, for so many seconds.
    Training(u32),
    /// Indexes, beside the hnswlib-wasm that npm installed in one folder, on the vectors in `ann-vectors` of another too.
    Indexes {
        beside: Option<PathBuf>,
        data: Option<PathBuf>,
    },
}

/// Builds the benchmarks, runs them, prints the table.
///
/// # Errors
/// If something cannot be had, built or run.
pub fn run(what: &What) -> Result<()> {
    tools::wasm_target()?;
    let bindgen = tools::folder_of(&WASM_BINDGEN)?.join("wasm-bindgen");
    let Browser { browser, driver } = Browser::ensure()?;
    let build = "build --profile page --target wasm32-unknown-unknown --package retrieval-playground --features web";
    // Compiled and linked as the page's worker is: it is that one's speed that is asked for.
    let mut build = process::cargo_wasm(build.split(' ').chain(["--bin", "bench"]));
    process::run(process::link_by_us(&mut build)?)?;
    let site = paths::target().join("bench");
    let module = paths::target().join("wasm32-unknown-unknown/page/bench.wasm");
    let options = ["--target", "no-modules", "--no-typescript", "--out-dir"];
    process::run(process::command(bindgen, options).arg(&site).arg(module))?;
    for (name, text) in [
        ("index.html", PAGE),
        ("page.js", SCRIPT),
        ("worker.js", WORKER),
        ("beside.js", BESIDE),
    ] {
        fs::write(site.join(name), text)?;
    }
    let mut drive = process::cargo(["run", "--quiet", "--package", "e2e", "--bin", "bench", "--"]);
    let asked = match what {
        What::Training(seconds) => format!("seconds={seconds}"),
        What::Indexes { beside, data } => {
            let folder = data
                .clone()
                .or_else(|| std::env::var_os("PLAYGROUND_DATA").map(Into::into));
            take_vectors(
                &folder.unwrap_or_else(|| "../shared/data".into()),
                &site.join("vectors"),
            )?;
            if let Some(folder) = beside {
                fs::copy(hnswlib(folder)?, site.join("hnswlib.js"))?;
                "indexes&beside".to_owned()
            } else {
                "indexes".to_owned()
            }
        }
    };
    drive.arg(&site).arg(asked);
    process::run(drive.env("CHROME", browser).env("CHROMEDRIVER", driver))
}

/// Copies the files of vectors that lie in `folder`, if there are any, to `site`, and takes those away that were there.
fn take_vectors(folder: &Path, site: &Path) -> Result<()> {
    if site.exists() {
        fs::remove_dir_all(site)?;
    }
    fs::create_dir_all(site)?;
    let Ok(files) = fs::read_dir(folder.join("ann-vectors")) else {
        return Ok(());
    };
    for file in files {
        let file = file?;
        // Copied, a file that may not be written would stay one.
        fs::write(site.join(file.file_name()), fs::read(file.path())?)?;
    }
    Ok(())
}

/// The module of hnswlib-wasm that carries its code: `hnswlib-` and a number.
fn hnswlib(folder: &Path) -> Result<PathBuf> {
    let dist = folder.join("node_modules/hnswlib-wasm/dist");
    let files = fs::read_dir(&dist).with_context(|| format!("no hnswlib-wasm is installed in {}", folder.display()))?;
    let mut files = files.filter_map(|file| Some(file.ok()?.path()));
    let found = files.find(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("hnswlib-") && name.ends_with(".js")
    });
    found.with_context(|| format!("no module of hnswlib in {}", dist.display()))
}
