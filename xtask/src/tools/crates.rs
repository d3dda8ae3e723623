//! Tools that cargo builds, each pinned to a version: never into the user's own `~/.cargo/bin`.
//!
//! An install happens in a folder of another name, which takes its own name only when it is whole: what an
//! interrupted install leaves is not taken for a tool, and what it compiled is not compiled again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{paths, process};

/// A package of programs.
#[derive(Debug, PartialEq)]
pub struct Tool {
    /// Its name in the registry.
    pub package: &'static str,
    /// The version we want.
    pub version: &'static str,
    /// The programs of it that we use.
    pub programs: &'static [&'static str],
    /// How long it usually takes to build on two cores.
    pub usually: &'static str,
}

/// Makes the glue between wasm and the browser, and runs tests in it. Has to be the version of the library that the
/// lock file holds.
pub const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    version: "0.2.129",
    programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    usually: "two minutes",
};

/// Builds the page.
pub const TRUNK: Tool = Tool {
    package: "trunk",
    version: "0.21.14",
    programs: &["trunk"],
    usually: "ten minutes",
};

/// That the library `wasm-bindgen` of the lock file is the version of our [`WASM_BINDGEN`].
///
/// # Errors
/// If not, with both versions.
pub fn check_lock_file() -> Result<()> {
    let lock = fs::read_to_string(paths::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    match locked_version(&lock, "wasm-bindgen") {
        Some(version) if version == WASM_BINDGEN.version => Ok(()),
        found => bail!(
            "Cargo.lock has wasm-bindgen {}, but the pinned wasm-bindgen-cli is {}: they have to be equal; change \
             the one in Cargo.toml or the one in xtask/src/tools/crates.rs",
            found.unwrap_or("nowhere"),
            WASM_BINDGEN.version
        ),
    }
}

/// The version of `package` in the text of a lock file.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// The folder of the programs of `tool` below `cache`; `cargo` installs them there if they are missing.
///
/// # Errors
/// If the install fails.
pub fn ensure(tool: &Tool, cache: &Path, cargo: &Path) -> Result<PathBuf> {
    let home = cache.join(format!("{}-{}", tool.package, tool.version));
    let programs = home.join("bin");
    if is_whole(tool, &programs) {
        return Ok(programs);
    }
    fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let lock = File::create(home.with_added_extension("lock"))?;
    lock.lock().context("cannot wait for another install")?;
    // Another install may have ended while we waited.
    if !is_whole(tool, &programs) {
        install(tool, &home, cargo)?;
    }
    Ok(programs)
}

fn install(tool: &Tool, home: &Path, cargo: &Path) -> Result<()> {
    let Tool {
        package,
        version,
        usually,
        ..
    } = tool;
    eprintln!("Installing {package} {version} into {}", home.display());
    eprintln!("This happens once and usually takes {usually} on two cores; what is compiled is shown below.");
    let partial = home.with_added_extension("partial");
    let build = partial.join("build");
    fs::create_dir_all(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    let mut command = process::command(cargo, ["install", "--locked", "--version", version, package, "--root"]);
    // Away from the checkout, whose settings are for the page.
    command
        .arg(&partial)
        .current_dir(&partial)
        .env("CARGO_TARGET_DIR", &build);
    process::run(process::without_flags(&mut command))?;
    if !is_whole(tool, &partial.join("bin")) {
        bail!(
            "{package} {version} was installed, but its programs do not say that version: see {}",
            partial.display()
        );
    }
    remove(&build)?;
    remove(home)?;
    fs::rename(&partial, home).with_context(|| format!("cannot name {}", home.display()))
}

/// Whether every program is there, runs, and is of the right version.
fn is_whole(tool: &Tool, programs: &Path) -> bool {
    tool.programs.iter().all(|program| {
        let file = programs.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
        let said = file
            .is_file()
            .then(|| process::read(&mut process::command(&file, ["--version"])));
        matches!(said, Some(Ok(said)) if said.split_whitespace().any(|word| word == tool.version))
    })
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_the_lock_files() {
        check_lock_file().unwrap();
    }

    #[test]
    fn a_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.7\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.7"));
        assert_eq!(locked_version(lock, "yew"), None);
    }

    #[cfg(unix)]
    mod with_a_made_up_cargo {
        use super::*;

        const TOOL: Tool = Tool {
            package: "hammer",
            version: "1.2.3",
            programs: &["hit"],
            usually: "no time",
        };

        /// Installs `hit`, a script that says it is version `$SAYS`, below what follows `--root`, and counts its runs.
        fn cargo(folder: &Path, says: &str, ends: &str) -> PathBuf {
            let hit = format!("#!/bin/sh\\necho hit {says}\\n");
            script(
                &folder.join("cargo"),
                &format!(
                    "echo \"$@\" >> {}/calls\nmkdir -p \"$7/bin\" \"$CARGO_TARGET_DIR\"\n\
                     printf '{hit}' > \"$7/bin/hit\"\nchmod +x \"$7/bin/hit\"\n{ends}",
                    folder.display()
                ),
            )
        }

        /// Another program writes it: a file we had open while another test starts a program could not be run.
        fn script(path: &Path, lines: &str) -> PathBuf {
            let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod +x "$0""#;
            process::run(process::command("sh", ["-c", write]).arg(path).arg(lines)).unwrap();
            path.to_owned()
        }

        fn calls(folder: &Path) -> usize {
            fs::read_to_string(folder.join("calls"))
                .unwrap_or_default()
                .lines()
                .count()
        }

        /// An empty folder of this test.
        fn folder(name: &str) -> PathBuf {
            let folder = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
            remove(&folder).unwrap();
            fs::create_dir_all(&folder).unwrap();
            folder
        }

        #[test]
        fn a_missing_tool_is_installed_once() {
            let folder = folder("once");
            let cargo = cargo(&folder, "1.2.3", "");
            let cache = folder.join("cache");
            for _ in 0..2 {
                let programs = ensure(&TOOL, &cache, &cargo).unwrap();
                assert_eq!(programs, cache.join("hammer-1.2.3/bin"));
                assert!(programs.join("hit").is_file());
            }
            let said = fs::read_to_string(folder.join("calls")).unwrap();
            let partial = cache.join("hammer-1.2.3.partial");
            let wanted = format!("install --locked --version 1.2.3 hammer --root {}\n", partial.display());
            assert_eq!(said, wanted);
            assert!(!partial.exists() && !cache.join("hammer-1.2.3/build").exists());
            remove(&folder).unwrap();
        }

        #[test]
        fn an_interrupted_install_is_done_again() {
            let folder = folder("interrupted");
            let cache = folder.join("cache");
            // Killed after the program was written: it looks whole, but not under its own name.
            let killed = cargo(&folder, "1.2.3", "kill -9 $$");
            ensure(&TOOL, &cache, &killed).unwrap_err();
            assert!(!cache.join("hammer-1.2.3").exists());
            assert!(
                cache.join("hammer-1.2.3.partial/build").exists(),
                "what was compiled is kept"
            );
            ensure(&TOOL, &cache, &cargo(&folder, "1.2.3", "")).unwrap();
            assert_eq!(calls(&folder), 2);
            remove(&folder).unwrap();
        }

        #[test]
        fn a_broken_tool_is_replaced() {
            let folder = folder("broken");
            let cache = folder.join("cache");
            let programs = cache.join("hammer-1.2.3/bin");
            fs::create_dir_all(&programs).unwrap();
            script(&programs.join("hit"), "exit 1");
            ensure(&TOOL, &cache, &cargo(&folder, "1.2.3", "")).unwrap();
            assert_eq!(calls(&folder), 1);
            remove(&folder).unwrap();
        }

        #[test]
        fn a_tool_of_another_version_is_refused() {
            let folder = folder("version");
            let cargo = cargo(&folder, "1.2.30", "");
            let sentence = ensure(&TOOL, &folder.join("cache"), &cargo).unwrap_err().to_string();
            assert!(sentence.contains("do not say that version"), "{sentence}");
            remove(&folder).unwrap();
        }
    }
}
