//! `cargo xtask`: the project's commands. See `cargo xtask help`.

use std::process::ExitCode;

use anyhow::Result;
use xtask::args::{self, Command, USAGE};
use xtask::{bench, dist, sizes, test};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match args::parse(std::env::args().skip(1))? {
        Command::Help => println!("{USAGE}"),
        Command::Serve { port, open } => dist::serve(port, open)?,
        Command::Dist => dist::build()?,
        Command::Sizes => sizes::check()?,
        Command::Test { stages } => test::run(&stages)?,
        Command::Bench(what) => bench::run(&what)?,
    }
    Ok(())
}
