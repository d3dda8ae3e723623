//! Making sure of what the commands need. What is there already costs a glance, not a download.

mod cache;
mod chromium;
mod crates;
mod toolchain;

pub use chromium::{Browser, capabilities};
pub use crates::{TRUNK, Tool, WASM_BINDGEN};
pub use toolchain::{components, wasm_target};

use std::path::PathBuf;

use anyhow::Result;

/// The folder that holds the programs of `tool`, installed if need be.
///
/// # Errors
/// If it cannot be installed, or is not the version the lock file asks for.
pub fn folder_of(tool: &Tool) -> Result<PathBuf> {
    if *tool == WASM_BINDGEN {
        crates::check_lock_file()?;
    }
    crates::ensure(tool, &cache::folder()?, &crate::process::cargo_program())
}
