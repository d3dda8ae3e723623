//! The parts of the Rust toolchain that a bare one lacks.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::process;

const WASM: &str = "wasm32-unknown-unknown";

/// Makes sure of the wasm target.
///
/// # Errors
/// If it is missing and rustup cannot add it.
pub fn wasm_target() -> Result<()> {
    let sysroot = process::read(&mut process::command("rustc", ["--print", "sysroot"]))?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(WASM)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    eprintln!("Adding the target {WASM} to the Rust toolchain, once; usually some ten seconds.");
    process::run(&mut process::command("rustup", ["target", "add", WASM]))
        .with_context(|| format!("the Rust target {WASM} is missing: add it with `rustup target add {WASM}`"))
}

/// Makes sure of rustfmt and clippy.
///
/// # Errors
/// If one is missing and rustup cannot add it.
pub fn components() -> Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let mut version = process::cargo([subcommand, "--version"]);
        if process::read(version.stderr(Stdio::null())).is_ok() {
            continue;
        }
        eprintln!("Adding {component} to the Rust toolchain, once; usually some ten seconds.");
        process::run(&mut process::command("rustup", ["component", "add", component]))
            .with_context(|| format!("{component} is missing: add it with `rustup component add {component}`"))?;
    }
    Ok(())
}
