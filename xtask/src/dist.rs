//! Building the page and serving it.

use std::fs;

use anyhow::{Context, Result};

use crate::arrange::arrange;
use crate::pack::pack;
use crate::server::{Isolation, Server};
use crate::tools::{self, TRUNK, WASM_BINDGEN};
use crate::{paths, process, sizes};

/// The production build: relative addresses only, so that `dist/` works in any folder of any static host. A zip of it
/// lies beside the files.
///
/// # Errors
/// If a tool cannot be had or the build fails.
pub fn build() -> Result<()> {
    tools::wasm_target()?;
    let bindgen = tools::folder_of(&WASM_BINDGEN)?;
    let trunk = tools::folder_of(&TRUNK)?.join("trunk");
    // Trunk builds offline, so that it looks for its tools on the path and downloads none.
    process::run(&mut process::cargo(["fetch", "--locked", "--quiet"]))?;
    let mut command = process::command(trunk, ["build", "--release", "--offline", "true", "--locked", "true"]);
    // Trunk reads NO_COLOR as a flag and stumbles over the usual `NO_COLOR=1`.
    command
        .env_remove("NO_COLOR")
        .env("PATH", process::path_with(&bindgen)?);
    process::run(process::link_by_us(process::without_flags(&mut command))?)?;
    for program in sizes::wasm_files(&paths::dist())? {
        let module = fs::read(&program)?;
        let arranged = arrange(&module).with_context(|| format!("cannot arrange {}", program.display()))?;
        fs::write(&program, arranged)?;
    }
    pack(&paths::dist())?;
    Ok(())
}

/// Builds, serves on this machine until the program is ended, and prints the address as the last line.
///
/// # Errors
/// If the build fails or no port is free.
pub fn serve(port: u16, open: bool) -> Result<()> {
    build()?;
    let server = Server::start(&paths::dist(), port, Isolation::None)?;
    println!("The page is served to this machine only; end with Ctrl-C. Open");
    println!("{}", server.address());
    if open {
        show(&server.address())?;
    }
    server.serve();
    Ok(())
}

/// Opens `address` in the user's browser.
fn show(address: &str) -> Result<()> {
    let words: &[&str] = match std::env::consts::OS {
        "macos" => &["open"],
        "windows" => &["cmd", "/C", "start"],
        _ => &["xdg-open"],
    };
    process::run(process::command(words[0], &words[1..]).arg(address))
        .with_context(|| format!("cannot open a browser: open {address} yourself"))
}
