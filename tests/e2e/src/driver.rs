//! A chromedriver of our own, on a port of its choice.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use xtask::tools::Browser;

/// A running chromedriver.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// If it does not start or does not say where it listens.
    pub fn start(programs: &Browser) -> Result<Self> {
        let child = Command::new(&programs.driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", programs.driver.display()))?;
        // Wrapped at once, so that it is ended if it never says its port.
        let mut driver = Self { child, port: 0 };
        let stdout = driver.child.stdout.take().context("chromedriver has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            if let Some(port) = port_of(&line?) {
                driver.port = port;
                // What it says later is read and dropped, so that it never waits for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(driver);
            }
        }
        bail!("chromedriver ended before it listened")
    }

    /// Where sessions are asked for.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// The port in "ChromeDriver was started successfully on port 41234.".
fn port_of(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end().trim_end_matches('.').parse().ok()
}
