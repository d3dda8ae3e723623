//! Chromium and the program that drives it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::process;

/// Where the two programs are.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Chromium or Chrome.
    pub browser: PathBuf,
    /// Chromedriver of the same version.
    pub driver: PathBuf,
}

const BROWSERS: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

impl Browser {
    /// Both, from `CHROME` and `CHROMEDRIVER` or the search path; installed where that is ours to do.
    ///
    /// # Errors
    /// If one is missing and we may not install it: what to type.
    pub fn ensure() -> Result<Self> {
        if let Some(found) = Self::find()? {
            return Ok(found);
        }
        let packages = packages(&fs::read_to_string("/etc/os-release").unwrap_or_default());
        if let (Some(packages), true, Some(_)) = (packages, is_root(), process::find(&["apt-get"])) {
            apt_get(packages)?;
            if let Some(found) = Self::find()? {
                return Ok(found);
            }
        }
        bail!(
            "the browser tests need Chromium and chromedriver, and they were not found. {}\n\
             Where they lie elsewhere, name them in the environment: CHROME=/path/to/chromium \
             CHROMEDRIVER=/path/to/chromedriver",
            advice(packages)
        )
    }

    /// Both, if they are there.
    ///
    /// # Errors
    /// If the environment names a program that is not there.
    fn find() -> Result<Option<Self>> {
        let on_mac = || Some(PathBuf::from(MAC)).filter(|place| place.is_file());
        let browser = named("CHROME")?.or_else(|| process::find(&BROWSERS)).or_else(on_mac);
        let driver = named("CHROMEDRIVER")?.or_else(|| process::find(&["chromedriver"]));
        Ok(browser.zip(driver).map(|(browser, driver)| Self { browser, driver }))
    }
}

/// What a new session of the driver is asked for: the flags of `webdriver.json` and this browser.
///
/// # Errors
/// If `webdriver.json` cannot be read.
pub fn capabilities(browser: &Path) -> Result<Value> {
    let file = crate::paths::root().join("webdriver.json");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut wanted: Value = serde_json::from_str(&text).context("webdriver.json is not JSON")?;
    wanted["goog:chromeOptions"]["binary"] = json!(browser);
    Ok(wanted)
}

/// The program the environment names.
fn named(variable: &str) -> Result<Option<PathBuf>> {
    let Some(path) = std::env::var_os(variable)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
    else {
        return Ok(None);
    };
    if !path.is_file() {
        bail!("{variable} is {}, and there is no such file", path.display());
    }
    Ok(Some(path))
}

/// The packages that hold the two, if this system has apt: `release` is the text of `/etc/os-release`.
fn packages(release: &str) -> Option<&'static str> {
    let ids = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")));
    let ids: Vec<&str> = ids.flat_map(|ids| ids.trim_matches('"').split(' ')).collect();
    if ids.contains(&"ubuntu") {
        Some("chromium-browser chromium-chromedriver")
    } else if ids.contains(&"debian") {
        Some("chromium chromium-driver")
    } else {
        None
    }
}

fn advice(packages: Option<&str>) -> String {
    match (packages, std::env::consts::OS) {
        (Some(packages), _) => format!("Install them with: sudo apt-get install {packages}"),
        (None, "macos") => "Install them with: brew install --cask chromium chromedriver".to_owned(),
        (None, _) => "Install them with your system's package manager.".to_owned(),
    }
}

fn apt_get(packages: &str) -> Result<()> {
    eprintln!("Installing {packages} by apt-get, once; usually one minute.");
    for words in ["update", "install --yes --no-install-recommends"] {
        let with = if words == "update" { "" } else { packages };
        let mut command = process::command("apt-get", words.split(' ').chain(with.split_whitespace()));
        process::run(command.env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    Ok(())
}

fn is_root() -> bool {
    process::read(&mut process::command("id", ["-u"])).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_those_of_the_system_or_of_the_one_it_is_like() {
        let debian = Some("chromium chromium-driver");
        let ubuntu = Some("chromium-browser chromium-chromedriver");
        assert_eq!(packages("PRETTY_NAME=\"Debian 12\"\nID=debian\n"), debian);
        assert_eq!(packages("ID=ubuntu\nID_LIKE=debian\n"), ubuntu);
        assert_eq!(packages("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), ubuntu);
        assert_eq!(packages("ID=fedora\nVERSION_ID=41\n"), None);
        assert_eq!(packages(""), None);
    }

    #[test]
    fn a_session_is_asked_for_with_our_flags_and_the_given_browser() {
        let wanted = capabilities(Path::new("/opt/chromium")).unwrap();
        let options = &wanted["goog:chromeOptions"];
        assert_eq!(options["binary"], "/opt/chromium");
        assert_eq!(options["args"][0], "--headless=new");
    }
}
