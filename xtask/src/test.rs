//! `cargo xtask test`: everything CI runs, in stages, each timed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::tools::{self, Browser, WASM_BINDGEN};
use crate::{dist, paths, process, sizes};

/// A stage of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Formatting.
    Fmt,
    /// Lints, natively and for wasm, warnings denied.
    Clippy,
    /// Tests that need no browser, those of the page among them.
    Native,
    /// Tests compiled to wasm, in headless Chromium, and in Firefox where it is installed.
    Web,
    /// The production build and its weight.
    Dist,
    /// The built page, driven through WebDriver.
    E2e,
}

impl Stage {
    /// All, in the order they run: the quick to fail first.
    pub const ALL: [Self; 6] = [Self::Fmt, Self::Clippy, Self::Native, Self::Web, Self::Dist, Self::E2e];

    /// The stage called `name`.
    ///
    /// # Errors
    /// If there is none: the names there are.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|stage| stage.name() == name);
        found.with_context(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no stage `{name}`: the stages are {names}")
        })
    }

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Native => "native",
            Self::Web => "web",
            Self::Dist => "dist",
            Self::E2e => "e2e",
        }
    }

    /// What it does, in a few words.
    fn title(self) -> &'static str {
        match self {
            Self::Fmt => "formatting",
            Self::Clippy => "lints, native and wasm",
            Self::Native => "native tests",
            Self::Web => "wasm tests in Chromium",
            Self::Dist => "production build and its weight",
            Self::E2e => "the built page in Chromium",
        }
    }

    fn run(self, counts: &mut Counts) -> Result<()> {
        match self {
            Self::Fmt => fmt(),
            Self::Clippy => clippy(),
            Self::Native => native(counts),
            Self::Web => web(counts),
            Self::Dist => dist::build().and_then(|()| sizes::check()),
            Self::E2e => e2e(counts),
        }
    }
}

/// What the test programs said of themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    ignored: usize,
    /// Lines that say `skipped: `, by themselves or after the test's name: a test that lacked its data.
    skipped: usize,
}

impl Counts {
    /// Reads a line a test program printed.
    fn read(&mut self, line: &str) {
        if line.contains("skipped: ") {
            self.skipped += 1;
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            // "ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s"
            let of = |word: &str| {
                let part = result.split([';', '.']).find(|part| part.trim_end().ends_with(word));
                part.and_then(|part| part.split_whitespace().next()?.parse::<usize>().ok())
            };
            self.passed += of("passed").unwrap_or(0);
            self.ignored += of("ignored").unwrap_or(0);
        }
    }
}

/// Runs `stages`, or all of them if none is named, and prints what came of each. The first failure ends it.
///
/// # Errors
/// If a stage fails: its name.
pub fn run(stages: &[Stage]) -> Result<()> {
    let chosen = |stage: &Stage| stages.is_empty() || stages.contains(stage);
    let mut done = Vec::new();
    let begun = Instant::now();
    for stage in Stage::ALL.into_iter().filter(chosen) {
        println!("\n== {}: {}", stage.name(), stage.title());
        let (began, mut counts) = (Instant::now(), Counts::default());
        let result = stage.run(&mut counts);
        let took = began.elapsed();
        if let Err(error) = result {
            summary(&done);
            let seconds = took.as_secs_f64();
            return Err(error.context(format!("stage {} failed after {seconds:.1} s", stage.name())));
        }
        println!("== {} passed in {:.1} s", stage.name(), took.as_secs_f64());
        done.push((stage, took, counts));
    }
    summary(&done);
    println!(
        "all {} stages passed in {:.1} s",
        done.len(),
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn summary(done: &[(Stage, Duration, Counts)]) {
    println!();
    for (stage, took, counts) in done {
        let Counts {
            passed,
            ignored,
            skipped,
        } = counts;
        let tests = match stage {
            Stage::Native | Stage::Web | Stage::E2e => {
                format!("   {passed} tests passed, {ignored} ignored, {skipped} skipped for want of data")
            }
            Stage::Fmt | Stage::Clippy | Stage::Dist => String::new(),
        };
        println!("{:<8} {:>7.1} s   ok{tests}", stage.name(), took.as_secs_f64());
    }
}

fn fmt() -> Result<()> {
    tools::components()?;
    process::run(&mut process::cargo(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    tools::components()?;
    tools::wasm_target()?;
    process::run(&mut process::cargo(words(
        "clippy --workspace --all-targets -- -D warnings",
    )))?;
    // What the worker is without the page, then everything there is in the browser.
    for targets in [
        "--features web --lib --bin worker",
        "--features ui --lib --bins --test web --test walks",
    ] {
        let line = format!("clippy --package retrieval-playground --target {WASM} {targets} -- -D warnings");
        process::run(&mut process::cargo_wasm(words(&line)))?;
    }
    Ok(())
}

const WASM: &str = "wasm32-unknown-unknown";

fn native(counts: &mut Counts) -> Result<()> {
    let mut command = process::cargo(words(
        "test --workspace --exclude e2e --features retrieval-playground/ui -- --show-output",
    ));
    process::watch(&mut command, |line| counts.read(line))
}

fn web(counts: &mut Counts) -> Result<()> {
    tools::wasm_target()?;
    let runner = tools::folder_of(&WASM_BINDGEN)?.join("wasm-bindgen-test-runner");
    let Browser { browser, driver } = Browser::ensure()?;
    let wanted = paths::target().join("webdriver.json");
    std::fs::create_dir_all(paths::target())?;
    std::fs::write(&wanted, tools::capabilities(&browser)?.to_string())?;
    let line = format!("test --package retrieval-playground --target {WASM} --features web --test web --test walks");
    let mut within = |variable: &str, driver: &Path, wanted: &Path| {
        let mut command = process::cargo_wasm(words(&line));
        command
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
            .env(variable, driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", wanted);
        process::watch(&mut command, |line| counts.read(line))
    };
    within("CHROMEDRIVER", &driver, &wanted)?;
    // The same bits in Firefox, where it is installed with its driver.
    let firefox = process::find(&["firefox-esr", "firefox"]).zip(process::find(&["geckodriver"]));
    let Some((firefox, driver)) = firefox else {
        println!("Firefox was not asked: it is not installed with geckodriver.");
        return Ok(());
    };
    let wanted = paths::target().join("webdriver-firefox.json");
    let options = json!({ "moz:firefoxOptions": { "binary": firefox, "args": ["-headless"] } });
    std::fs::write(&wanted, options.to_string())?;
    within("GECKODRIVER", &driver, &wanted)
}

fn e2e(counts: &mut Counts) -> Result<()> {
    let Browser { browser, driver } = Browser::ensure()?;
    if !paths::dist().is_dir() {
        bail!("there is no dist/ to test: run the stage dist first");
    }
    // One at a time: they measure how smooth the page is, and share two cores with its worker.
    let mut command = process::cargo(words("test --package e2e -- --nocapture --test-threads=1"));
    // A failure says what was waited for and what was seen; the stack below it would only hide that.
    command
        .env("CHROME", browser)
        .env("CHROMEDRIVER", driver)
        .env("RUST_LIB_BACKTRACE", "0");
    process::watch(&mut command, |line| counts.read(line))
}

fn words(line: &str) -> std::str::SplitWhitespace<'_> {
    line.split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_found_by_its_name() {
        for stage in Stage::ALL {
            assert_eq!(Stage::named(stage.name()).unwrap(), stage);
        }
        let sentence = Stage::named("lint").unwrap_err().to_string();
        assert_eq!(
            sentence,
            "there is no stage `lint`: the stages are fmt, clippy, native, web, dist, e2e"
        );
    }

    #[test]
    fn results_of_several_programs_add_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            "skipped: ml-100k is not there; set PLAYGROUND_DATA",
            "test files::ml_1m_is_read ... skipped: there is no ml-1m.zip",
            "test real_sets_are_skipped_aloud ... ok",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.20s",
        ] {
            counts.read(line);
        }
        let wanted = Counts {
            passed: 15,
            ignored: 1,
            skipped: 2,
        };
        assert_eq!(counts, wanted);
    }
}
