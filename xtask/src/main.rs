//! `cargo xtask`: the project's commands. See `cargo xtask help`.

use std::process::ExitCode;

use anyhow::Result;
use xtask::args::{self, Command, USAGE};
use xtask::{bench, dist, link, sizes, test};

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
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Not a command of a person's: rustc calls this program for the linker.
    if words.first().is_some_and(|word| word == link::FIRST_WORD) {
        return link::link(&words);
    }
    match args::parse(words)? {
        Command::Help => println!("{USAGE}"),
        Command::Serve { port, open } => dist::serve(port, open)?,
        Command::Dist => dist::build()?,
        Command::Sizes => sizes::check()?,
        Command::Test { stages } => test::run(&stages)?,
        Command::Bench(what) => bench::run(&what)?,
    }
    Ok(())
}
