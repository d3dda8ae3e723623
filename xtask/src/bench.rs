//! `cargo xtask bench`: the speed of the numerical core where it is used, in a worker of headless Chromium.
//!
//! The measuring is done by `src/bin/bench.rs` inside the worker; here it is built, put behind a server that gives it
//! a fine clock, and opened.

use std::fs;

use anyhow::Result;

use crate::tools::{self, Browser, WASM_BINDGEN};
use crate::{paths, process};

const PAGE: &str = include_str!("../bench/index.html");
const SCRIPT: &str = include_str!("../bench/page.js");
const WORKER: &str = include_str!("../bench/worker.js");

/// Builds the benchmarks, runs those of training for so many seconds or else those of indexes, prints the table.
///
/// # Errors
/// If something cannot be had, built or run.
pub fn run(seconds: Option<u32>) -> Result<()> {
    tools::wasm_target()?;
    let bindgen = tools::folder_of(&WASM_BINDGEN)?.join("wasm-bindgen");
    let Browser { browser, driver } = Browser::ensure()?;
    let build = "build --release --target wasm32-unknown-unknown --package retrieval-playground --features web";
    // Linked as the page is: it is the page's speed that is asked for.
    let mut build = process::cargo_wasm(build.split(' ').chain(["--bin", "bench"]));
    process::run(process::link_by_us(&mut build)?)?;
    let site = paths::target().join("bench");
    let module = paths::target().join("wasm32-unknown-unknown/release/bench.wasm");
    let options = ["--target", "no-modules", "--no-typescript", "--out-dir"];
    process::run(process::command(bindgen, options).arg(&site).arg(module))?;
    for (name, text) in [("index.html", PAGE), ("page.js", SCRIPT), ("worker.js", WORKER)] {
        fs::write(site.join(name), text)?;
    }
    let mut drive = process::cargo(["run", "--quiet", "--package", "e2e", "--bin", "bench", "--"]);
    let asked = seconds.map_or_else(|| "indexes".to_owned(), |seconds| seconds.to_string());
    drive.arg(&site).arg(asked);
    process::run(drive.env("CHROME", browser).env("CHROMEDRIVER", driver))
}
