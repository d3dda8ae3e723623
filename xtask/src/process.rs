//! Running other programs: what they are called with is said when they fail.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths;

/// `program` with `args`, in the checkout and without standard input.
pub fn command<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(paths::root()).stdin(Stdio::null());
    command
}

/// Cargo with `args`: the one that runs us, so that the toolchain is the same.
pub fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    command(cargo_program(), args)
}

/// The cargo that runs us.
#[must_use]
pub fn cargo_program() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Cargo with `args`, for the wasm target.
///
/// Flags in the environment would replace those of `.cargo/config.toml`, which switch SIMD on, so they are taken away.
pub fn cargo_wasm<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = cargo(args);
    without_flags(&mut command);
    command
}

/// Has this program link what `command` builds for wasm (see [`crate::link`]).
///
/// # Errors
/// If the system does not say where this program is.
pub fn link_by_us(command: &mut Command) -> Result<&mut Command> {
    let program = std::env::current_exe().context("cannot find this program")?;
    Ok(command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", program))
}

/// Takes away what the environment says about how cargo compiles.
pub fn without_flags(command: &mut Command) -> &mut Command {
    let flags = [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
    ];
    for name in flags {
        command.env_remove(name);
    }
    command
}

/// Runs to the end; its output is ours.
///
/// # Errors
/// If it cannot be started or says that it failed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    check(command, status)
}

/// Runs to the end and gives what it printed on standard output.
///
/// # Errors
/// If it cannot be started or says that it failed.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    check(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end, shows its standard output as it comes, and hands each line of it to `see`.
///
/// # Errors
/// If it cannot be started or says that it failed.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while lines.read_until(b'\n', &mut bytes)? > 0 {
            std::io::stdout().write_all(&bytes)?;
            see(String::from_utf8_lossy(&bytes).trim_end());
            bytes.clear();
        }
    }
    let status = child.wait()?;
    check(command, status)
}

/// The first of `names` on the search path.
#[must_use]
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names.iter().flat_map(|name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders.iter().map(move |folder| folder.join(&file))
    });
    places.into_iter().find(|place| place.is_file())
}

/// The search path with `folder` before everything else.
///
/// # Errors
/// If `folder` holds the character that divides the path.
pub fn path_with(folder: &Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).with_context(|| format!("{} cannot stand in a search path", folder.display()))
}

fn check(command: &Command, status: std::process::ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// A command as one would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_was_run_and_what_came_of_it() {
        let sentence = run(command("rustc", ["--no-such-flag"]).stderr(Stdio::null())).unwrap_err();
        assert!(
            sentence.to_string().contains("`rustc --no-such-flag` ended with exit"),
            "{sentence}"
        );
        let sentence = run(&mut command("no-such-program", ["x"])).unwrap_err();
        assert_eq!(sentence.to_string(), "cannot start `no-such-program x`");
    }

    #[test]
    fn watched_lines_arrive_without_their_ends() {
        let mut first = None;
        watch(&mut command("rustc", ["--version"]), |line| {
            first.get_or_insert_with(|| line.to_owned());
        })
        .unwrap();
        let first = first.unwrap();
        assert!(first.starts_with("rustc ") && !first.ends_with('\n'), "{first:?}");
    }
}
