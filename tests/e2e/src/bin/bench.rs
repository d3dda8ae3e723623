//! Opens the benchmarks that `cargo xtask bench` built, waits, and prints the table.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use e2e::browser::Browser;
use e2e::page::until;
use serde::Deserialize;
use serde_json::Value;
use xtask::server::{Isolation, Server};

/// What `src/bin/bench` measured, in milliseconds.
#[derive(Deserialize)]
struct Timing {
    name: String,
    flops: f64,
    samples: f64,
    runs: usize,
    min: f64,
    p10: f64,
    median: f64,
    /// Not there if the work went wrong.
    value: Option<f32>,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(site), Some(query)) = (words.next(), words.next()) else {
        bail!("give the folder of the built benchmarks and what the page is asked for; `cargo xtask bench` does")
    };
    let at_most = match query.strip_prefix("seconds=") {
        Some(seconds) => 60 + 2 * seconds.parse::<u64>().context("the seconds are a whole number")?,
        None => 1_500,
    };
    let server = Server::start(Path::new(&site), 0, Isolation::CrossOrigin)?;
    let browser = Browser::start(&[])?;
    browser.go_to(&format!("{}?{query}", server.address()))?;
    let mut result = Value::Null;
    until("the benchmarks", Duration::from_secs(at_most), || {
        result = browser.script("return window.result", &[])?;
        Ok(!result.is_null())
    })?;
    if let Some(error) = result["error"].as_str() {
        bail!("the worker failed: {error}");
    }
    ensure!(
        result["isolated"] == true,
        "the page is not isolated, so its clock is too coarse"
    );
    if let Some(lines) = result["lines"].as_str() {
        print!("{lines}");
        return Ok(());
    }
    let timings: Vec<Timing> = serde_json::from_value(result["timings"].take())?;
    let [peak, others @ ..] = &timings[..] else {
        bail!("nothing was measured")
    };
    print(peak, others);
    for timing in &timings {
        ensure!(
            timing.value.is_some_and(f32::is_finite),
            "{} did not give a number",
            timing.name
        );
    }
    Ok(())
}

/// The table: a block of lines for each benchmark, a line for each way of reading its times.
fn print(peak: &Timing, others: &[Timing]) {
    println!(
        "{:<24} {:<8} {:>9} {:>10} {:>12} {:>9} {:>7}",
        "", "", "ms", "runs/s", "samples/s", "GFLOP/s", "share"
    );
    for timing in std::iter::once(peak).chain(others) {
        let ways = [
            ("median", timing.median, peak.median),
            ("p10", timing.p10, peak.p10),
            ("minimum", timing.min, peak.min),
        ];
        for (way, ms, peak_ms) in ways {
            let speed = timing.flops / ms / 1e6;
            let share = 100.0 * speed / (peak.flops / peak_ms / 1e6);
            let name = if way == "median" { timing.name.as_str() } else { "" };
            let rate = 1e3 / ms;
            let samples = match timing.samples {
                0.0 => "-".to_owned(),
                samples => format!("{:.0}", samples * rate),
            };
            println!("{name:<24} {way:<8} {ms:>9.3} {rate:>10.0} {samples:>12} {speed:>9.1} {share:>5.0} %");
        }
        println!(
            "{:<24} {} runs, each timed; the last gave {:?}",
            "", timing.runs, timing.value
        );
    }
    println!("share: of the speed of the peak kernel, timed in turns with the others in this same run");
}
