//! The folder our tools live in: `retrieval-playground` in the user's cache folder, one folder a tool and version.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Our folder on this machine.
///
/// # Errors
/// If the environment says neither where the cache nor where the home is.
pub fn folder() -> Result<PathBuf> {
    folder_on(std::env::consts::OS, |name| std::env::var_os(name))
}

/// Our folder under the conventions of `system`, with the environment `variable` reads.
fn folder_on(system: &str, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| !path.as_os_str().is_empty())
    };
    let home = || set("HOME").context("HOME is not set: set it, so that the tools have a folder to live in");
    let caches = match system {
        "macos" => home()?.join("Library/Caches"),
        "windows" => set("LOCALAPPDATA").context("LOCALAPPDATA is not set: the tools live below it")?,
        // The convention says that a relative path there is to be ignored.
        _ => match set("XDG_CACHE_HOME").filter(|path| Path::has_root(path)) {
            Some(caches) => caches,
            None => home()?.join(".cache"),
        },
    };
    Ok(caches.join("retrieval-playground"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(system: &str, variables: &[(&str, &str)]) -> Option<PathBuf> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
        folder_on(system, |name| find(name).map(|(_, value)| OsString::from(value))).ok()
    }

    #[test]
    fn each_system_has_its_place() {
        let home = ("HOME", "/home/ada");
        let ours = |folder: &str| Some(Path::new(folder).join("retrieval-playground"));
        assert_eq!(check("linux", &[home]), ours("/home/ada/.cache"));
        assert_eq!(check("linux", &[home, ("XDG_CACHE_HOME", "/big")]), ours("/big"));
        assert_eq!(
            check("linux", &[home, ("XDG_CACHE_HOME", "")]),
            ours("/home/ada/.cache")
        );
        assert_eq!(
            check("linux", &[home, ("XDG_CACHE_HOME", "here")]),
            ours("/home/ada/.cache")
        );
        assert_eq!(check("macos", &[home]), ours("/home/ada/Library/Caches"));
        assert_eq!(check("windows", &[("LOCALAPPDATA", "/local")]), ours("/local"));
        assert_eq!(check("linux", &[]), None);
    }
}
