//! Trains one recipe natively and prints what comes out.
//!
//! ```text
//! cargo run --release --example train -- [--recipe FILE] [key=value ...] [--data PATH] [--json]
//! ```
//!
//! Dotted keys set fields: `model.kind=two_tower model.dim=16 seed=7`. One JSON object is printed for each evaluation,
//! and a last one with `"done":true`. What is wrong gets one line on stderr and exit code 2.

#![expect(clippy::disallowed_types, reason = "the runner says how long training took")]

use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use playground::protocol::{Evaluated, Recipe};
use playground::session::{Library, Run, Work};
use playground::text::Message;
use serde_json::json;

mod asked;

use asked::{Result, read_data, set};

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
#[derive(Default)]
struct Asked {
    recipe: Recipe,
    data: Option<String>,
    json: bool,
}

fn run(words: impl Iterator<Item = String>) -> Result<()> {
    let Asked { mut recipe, data, json } = parse(words)?;
    let mut library = Library::default();
    if let Some(path) = data {
        read_data(&path, &mut recipe, &mut library)?;
    }
    let plan = recipe
        .validate()
        .map_err(|complaints| Message::join(complaints).to_string())?;
    let dataset = library.dataset(&plan).map_err(|why| why.to_string())?;
    let world = plan.world(dataset).map_err(|why| why.to_string())?;
    let mut run = Run::new(plan, Rc::new(world)).map_err(|why| why.to_string())?;
    if !json {
        let info = run.info();
        say(format!(
            "{}: {} users, {} items, {} interactions",
            info.name, info.users, info.items, info.interactions
        ))?;
        if info.rows > 0 {
            say(format!("  {} rows, {} of them to learn from", info.rows, info.train))?;
        }
        for notice in &info.notices {
            say(format!("  {notice}"))?;
        }
        for remark in run.advice().remarks {
            say(format!("  {}", remark.what))?;
        }
    }
    train(&mut run, json)
}

/// Trains to the end of the run, printing each evaluation.
fn train(run: &mut Run, json: bool) -> Result<()> {
    let batch = run.plan.train().batch;
    let mut seconds = 0.0;
    loop {
        let started = Instant::now();
        match run.advance(u64::MAX) {
            Work::Stepped(_) => seconds += started.elapsed().as_secs_f64(),
            Work::Judging => {}
            Work::Judged(evaluated) => report(run, &evaluated, json)?,
            Work::Idle => break,
        }
    }
    let state = run.state(false);
    if let Some(error) = state.error {
        return Err(error.to_string());
    }
    let samples = state.step as f64 * batch as f64;
    let done = json!({
        "done": true,
        "recipe": run.plan.recipe,
        "dataset": state.dataset,
        "remarks": run.advice().remarks.iter().map(|remark| remark.what.to_string()).collect::<Vec<_>>(),
        "step": state.step,
        "loss": state.loss,
        "metrics": state.metrics,
        "parameters": state.parameters,
        "checksum": state.checksum,
        "train_seconds": seconds,
        "samples_per_second": samples / seconds.max(f64::MIN_POSITIVE),
    });
    if json { say(done) } else { say(format!("{done:#}")) }
}

fn report(run: &Run, evaluated: &Evaluated, json: bool) -> Result<()> {
    let loss = run.state(true).loss;
    let Evaluated {
        step,
        epoch,
        on,
        metrics,
        users,
        rows,
        calibration,
    } = evaluated;
    if json {
        let line = json!({ "step": step, "epoch": epoch, "on": on, "users": users, "rows": rows, "loss": loss, "metrics": metrics, "calibration": calibration });
        say(line)
    } else {
        let loss = loss.map_or_else(String::new, |loss| format!(" loss {loss:.4}"));
        let metrics: Vec<String> = metrics
            .iter()
            .map(|(name, value)| format!("{name} {value:.4}"))
            .collect();
        say(format!("step {step} epoch {epoch} {on}{loss} {}", metrics.join(" ")))
    }
}

/// Prints a line. A reader who closes the pipe ends the program, not with a panic.
fn say(line: impl std::fmt::Display) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| format!("Nobody reads what is printed: {error}."))
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Asked> {
    let mut asked = Asked::default();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let mut next = |what: &str| {
            words
                .next()
                .ok_or_else(|| format!("{word} must be followed by {what}."))
        };
        match word.as_str() {
            "--json" => asked.json = true,
            "--data" => asked.data = Some(next("a file or folder")?),
            "--recipe" => asked.recipe = read_recipe(&next("a file")?)?,
            _ => settings.push(word),
        }
    }
    for setting in settings {
        set(&mut asked.recipe, &setting)?;
    }
    Ok(asked)
}

fn read_recipe(path: &str) -> Result<Recipe> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}."))?;
    serde_json::from_str(&text).map_err(|error| format!("{path} is not a recipe: {error}."))
}
