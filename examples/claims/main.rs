//! The papers' claims as runs: trains what a claim needs and says whether it holds here.
//!
//! ```text
//! cargo run --release --example claims -- [name ...] [--seeds 5] [--data-dir DIR] [--markdown] [--list]
//! ```
//!
//! A name is a claim (`ebr.hard_only`) or the beginning of some (`cbns`); without one all are run. Data sets are read
//! from `--data-dir`, else from the folder that the variable `PLAYGROUND_DATA` names, else from `../shared/data`;
//! where one is missing its claims are skipped, visibly. A claim that does not hold at this scale is a finding.

#![expect(clippy::disallowed_types, reason = "the runner says how long a claim took")]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

#[path = "../asked/mod.rs"]
mod asked;
mod beside;
mod claim;
mod cost;
mod features;
mod graphs;
mod interests;
mod papers;
mod rankers;
mod regions;
mod served;
mod trial;
mod verdict;

use asked::Result;
use claim::{Claim, Finding};
use trial::Bench;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
struct Asked {
    names: Vec<String>,
    seeds: u32,
    data: PathBuf,
    markdown: bool,
    list: bool,
}

fn run(words: impl Iterator<Item = String>) -> Result<()> {
    let asked = parse(words)?;
    let claims = chosen(&asked.names)?;
    if asked.list {
        return claims
            .iter()
            .try_for_each(|claim| say(format!("{}: {}", claim.name, claim.says)));
    }
    let mut bench = Bench::new(asked.data, asked.seeds);
    if asked.markdown {
        say("| claim | data | what was compared | verdict | minutes |\n|---|---|---|---|---|")?;
    }
    for claim in claims {
        for data in claim.data {
            let started = Instant::now();
            let finding = bench.try_out(&claim, data)?;
            let minutes = started.elapsed().as_secs_f64() / 60.0;
            say(if asked.markdown {
                row(&claim, data, &finding, minutes)
            } else {
                paragraph(&claim, data, &finding, minutes)
            })?;
        }
    }
    Ok(())
}

fn row(claim: &Claim, data: &str, finding: &Finding, minutes: f64) -> String {
    let Finding { sides, verdict } = finding;
    format!(
        "| `{}` {} | {data} | {} | {verdict} | {minutes:.1} |",
        claim.name,
        claim.says,
        sides.join("<br>")
    )
}

fn paragraph(claim: &Claim, data: &str, finding: &Finding, minutes: f64) -> String {
    let sides: Vec<String> = finding.sides.iter().map(|side| format!("    {side}\n")).collect();
    format!(
        "{} on {data} ({minutes:.1} min): {}\n  {}\n{}",
        claim.name,
        finding.verdict,
        claim.says,
        sides.concat()
    )
}

/// Prints at once, so that a long series can be followed. A reader who closes the pipe ends the program.
fn say(line: impl std::fmt::Display) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| format!("Nobody reads what is printed: {error}."))
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Asked> {
    let data = std::env::var_os("PLAYGROUND_DATA").unwrap_or_else(|| "../shared/data".into());
    let mut asked = Asked {
        names: Vec::new(),
        seeds: 5,
        data: data.into(),
        markdown: false,
        list: false,
    };
    while let Some(word) = words.next() {
        let mut next = |what: &str| {
            words
                .next()
                .ok_or_else(|| format!("{word} must be followed by {what}."))
        };
        match word.as_str() {
            "--markdown" => asked.markdown = true,
            "--list" => asked.list = true,
            "--data-dir" => asked.data = next("a folder")?.into(),
            "--seeds" => {
                let text = next("a number")?;
                let seeds = text.parse().ok().filter(|seeds| (2..=100).contains(seeds));
                asked.seeds = seeds.ok_or_else(|| format!("--seeds is \"{text}\", but must be from 2 to 100."))?;
            }
            option if option.starts_with('-') => {
                return Err(format!(
                    "{option} is not known; there are: --seeds, --data-dir, --markdown, --list."
                ));
            }
            _ => asked.names.push(word),
        }
    }
    Ok(asked)
}

/// The claims that `names` begin, or all.
fn chosen(names: &[String]) -> Result<Vec<Claim>> {
    let all: Vec<Claim> = [
        papers::claims(),
        interests::claims(),
        regions::claims(),
        graphs::claims(),
        rankers::claims(),
        features::claims(),
    ]
    .into_iter()
    .flatten()
    .collect();
    for name in names {
        if !all.iter().any(|claim| claim.name.starts_with(name.as_str())) {
            let known: Vec<&str> = all.iter().map(|claim| claim.name).collect();
            return Err(format!(
                "There is no claim \"{name}\"; there are: {}.",
                known.join(", ")
            ));
        }
    }
    let wanted = |claim: &Claim| names.is_empty() || names.iter().any(|name| claim.name.starts_with(name.as_str()));
    Ok(all.into_iter().filter(wanted).collect())
}
