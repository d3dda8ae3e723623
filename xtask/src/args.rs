//! The command line.

use anyhow::{Context, Result, bail};

use crate::bench::What;
use crate::test::Stage;

/// What `cargo xtask help` prints.
pub const USAGE: &str = "\
cargo xtask <command>

  serve [--port N] [--open]   build the page and serve it on this machine (port 8080, or the next free one)
  test [stage...]             run everything CI runs, or only these stages: fmt clippy native web dist e2e
  dist                        production build in dist/, to put on any static host, and a zip of it there
  sizes                       the download of dist/ against its budget, and whether it holds SIMD code
  bench [--seconds N]         speed of training in headless Chromium (20 seconds of measuring)
  bench --indexes             speed of search there, of every index at equal recall (some minutes)
      [--beside DIR]          and of hnswlib-wasm in turns with them, that `npm install --prefix DIR` put there
      [--data-dir DIR]        and on the real vectors there (or where PLAYGROUND_DATA says)
  help                        these lines

What a command needs and does not find, it installs: the wasm target by rustup, trunk and wasm-bindgen-cli into the
user's cache folder, Chromium and its driver by apt-get where it may.";

/// A command with its options.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// Print [`USAGE`].
    Help,
    /// Build and serve.
    Serve { port: u16, open: bool },
    /// Build.
    Dist,
    /// Weigh the build.
    Sizes,
    /// Run these stages, in the order of [`Stage::ALL`].
    Test { stages: Vec<Stage> },
    /// Measure.
    Bench(What),
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
/// Names the word that is not understood.
pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Command> {
    let mut words = words.into_iter();
    let command = match words.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Command::Help,
        Some("serve") => return serve(words),
        Some("test") => {
            let stages = words.map(|word| Stage::named(&word)).collect::<Result<Vec<_>>>()?;
            return Ok(Command::Test { stages });
        }
        Some("bench") => return bench(words),
        Some("dist") => Command::Dist,
        Some("sizes") => Command::Sizes,
        Some(other) => bail!("there is no command `{other}`\n\n{USAGE}"),
    };
    match words.next() {
        None => Ok(command),
        Some(word) => bail!("this command takes nothing more, but `{word}` was given\n\n{USAGE}"),
    }
}

fn serve(mut words: impl Iterator<Item = String>) -> Result<Command> {
    let (mut port, mut open) = (8080, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--open" => open = true,
            "--port" => port = number("--port", words.next())?,
            _ => bail!("`serve` takes --port N and --open, not `{word}`"),
        }
    }
    Ok(Command::Serve { port, open })
}

fn bench(mut words: impl Iterator<Item = String>) -> Result<Command> {
    let (mut seconds, mut indexes, mut beside, mut data) = (20, false, None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => seconds = number("--seconds", words.next())?,
            "--indexes" => indexes = true,
            "--beside" => beside = Some(words.next().context("--beside wants a folder after it")?.into()),
            "--data-dir" => data = Some(words.next().context("--data-dir wants a folder after it")?.into()),
            _ => bail!("`bench` takes --seconds N, --indexes, --beside DIR and --data-dir DIR, not `{word}`"),
        }
    }
    Ok(Command::Bench(match (indexes, &beside, &data) {
        (true, ..) => What::Indexes { beside, data },
        (false, None, None) => What::Training(seconds),
        (false, ..) => bail!("--beside and --data-dir go with --indexes"),
    }))
}

fn number<T: std::str::FromStr>(option: &str, word: Option<String>) -> Result<T> {
    let word = word.with_context(|| format!("{option} wants a number after it"))?;
    word.parse()
        .ok()
        .with_context(|| format!("{option} wants a number, not `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_in_any_order_and_have_defaults() {
        assert_eq!(
            check("serve").unwrap(),
            Command::Serve {
                port: 8080,
                open: false
            }
        );
        let both = Command::Serve { port: 9000, open: true };
        assert_eq!(check("serve --open --port 9000").unwrap(), both);
        assert_eq!(check("bench").unwrap(), Command::Bench(What::Training(20)));
        let (beside, data) = (Some("there".into()), Some("here".into()));
        let indexes = Command::Bench(What::Indexes { beside, data });
        assert_eq!(
            check("bench --beside there --indexes --data-dir here").unwrap(),
            indexes
        );
        assert_eq!(check("").unwrap(), Command::Help);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, word) in [
            ("fly", "`fly`"),
            ("dist now", "`now`"),
            ("serve --port", "--port"),
            ("serve --port 70000", "`70000`"),
            ("test fmt clipy", "`clipy`"),
            ("bench fast", "`fast`"),
            ("bench --beside there", "--indexes"),
            ("bench --data-dir here", "--indexes"),
        ] {
            let sentence = check(line).unwrap_err().to_string();
            assert!(sentence.contains(word), "{line}: {sentence}");
        }
    }
}
