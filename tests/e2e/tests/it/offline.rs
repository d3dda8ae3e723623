//! Without network: the page is kept by the browser, whole, and a new build takes its place at the next load.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::browser::Browser;
use e2e::page::{Page, until};
use serde_json::{Value, json};
use xtask::paths;

const SOON: Duration = Duration::from_secs(20);

/// Notes what goes wrong in the page.
const WATCH: &str = "window.errors = [];
    addEventListener('error', (event) => errors.push(event.message));
    addEventListener('unhandledrejection', (event) => errors.push(String(event.reason)));";

#[test]
fn without_network_the_page_starts_and_trains() -> Result<()> {
    let browser = Browser::start(&[])?;
    browser.before_pages(WATCH)?;
    let mut page = Page::before(browser)?;
    page.visit()?;
    kept(&page)?;
    let addresses = stored(&page)?;
    assert!(!addresses.iter().any(|name| name.ends_with(".zip")), "{addresses:?}");
    page.hang_up();
    assert!(
        reach(&page, "somewhere/else.txt").is_err(),
        "something answers at the page's address"
    );
    page.visit()?;
    page.wait("training without network", SOON, |state| {
        state.step > 50 && state.metrics.contains_key("recall@20")
    })?;
    let address = page.address();
    page.browser.go_to(&format!("{address}index.html?from=menu"))?;
    until("the page at its other address", SOON, || {
        Ok(page.browser.script("return 'playground' in window", &[])? == true)
    })?;
    assert_eq!(page.browser.script("return errors", &[])?, json!([]));
    Ok(())
}

#[test]
fn a_new_build_comes_with_the_next_load_and_an_open_page_keeps_its_own() -> Result<()> {
    let site = Site::new("new-build")?;
    let mut page = Page::of(Browser::start(&[])?, &site.0)?;
    page.visit()?;
    kept(&page)?;
    let old = loaded(&page)?;
    let new = site.another_build(&old)?;
    // The page that is open may start another worker: the server has its program no longer.
    reach(&page, &format!("{old}/start_worker.js"))?;
    assert!(reach(&page, &format!("{old}/absent.js")).is_err());
    // Several loads: before the new build is stored, while it is and after.
    for _ in 0..3 {
        page.visit()?;
        page.wait("training", SOON, |state| state.step > 0)?;
        assert_eq!(loaded(&page)?, new);
    }
    until("the new build to be stored", SOON, || waits(&page))?;
    page.hang_up();
    page.visit()?;
    page.wait("training without network", SOON, |state| state.step > 0)?;
    assert_eq!(loaded(&page)?, new);
    Ok(())
}

#[test]
fn what_an_older_build_has_left_goes_when_no_page_of_it_is_open() -> Result<()> {
    let site = Site::new("left")?;
    let page = Page::of(Browser::start(&[])?, &site.0)?;
    page.visit()?;
    kept(&page)?;
    // Another copy on the same origin, below this one, and what has nothing to do with us.
    let below = format!("retrieval-playground {}copy/ 0123456789abcdef", page.address());
    let add = "for (const name of args) { await caches.open(name); }";
    page.browser.script(add, &[json!(below), json!("of another")])?;
    let old = loaded(&page)?;
    let new = site.another_build(&old)?;
    page.visit()?;
    until("the new build to be stored", SOON, || waits(&page))?;
    page.browser.go_to("about:blank")?;
    until("the new build to take over", SOON, || {
        page.visit()?;
        let names = page.browser.script("return await caches.keys()", &[])?;
        let wanted = json!([
            below,
            "of another",
            format!("retrieval-playground {} {new}", page.address())
        ]);
        Ok(names == wanted)
    })
}

#[test]
fn opened_as_a_file_the_page_says_why_it_cannot_start() -> Result<()> {
    let browser = Browser::start(&[])?;
    let file = paths::dist().join("index.html").canonicalize()?;
    browser.go_to(&format!("file://{}", file.display()))?;
    let shown = "const text = document.getElementById('shell-file');
        return getComputedStyle(text).visibility === 'visible' && text.innerText;";
    let mut words = Value::Null;
    until("the sentence", SOON, || {
        words = browser.script(shown, &[])?;
        Ok(words.is_string())
    })?;
    assert!(
        words.as_str().is_some_and(|words| words.contains("http.server")),
        "{words}"
    );
    Ok(())
}

/// A copy of the build that tests may change; gone when dropped.
struct Site(PathBuf);

impl Site {
    fn new(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("e2e-offline-{}-{name}", std::process::id()));
        let site = Self(folder);
        copy(&paths::dist(), &site.0)?;
        Ok(site)
    }

    /// Puts another build in the place of `old`, and gives its version.
    fn another_build(&self, old: &str) -> Result<String> {
        let new: String = old.chars().rev().collect();
        ensure!(new != old, "{old} is the same backwards");
        fs::rename(self.0.join(old), self.0.join(&new))?;
        for file in ["index.html", "offline.js"] {
            let file = self.0.join(file);
            fs::write(&file, fs::read_to_string(&file)?.replace(old, &new))?;
        }
        Ok(new)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

/// Waits until the browser has stored the page and answers in the server's place.
fn kept(page: &Page) -> Result<()> {
    until("the service worker", SOON, || {
        let controls = "return navigator.serviceWorker.controller?.state === 'activated'";
        Ok(page.browser.script(controls, &[])? == true)
    })
}

/// Whether another build is stored, to take over later.
fn waits(page: &Page) -> Result<bool> {
    let waiting = "return (await navigator.serviceWorker.getRegistration())?.waiting != null";
    Ok(page.browser.script(waiting, &[])? == true)
}

/// Addresses of everything stored.
fn stored(page: &Page) -> Result<Vec<String>> {
    let list = "const caching = (await caches.keys()).map((name) => caches.open(name));
        const kept = await Promise.all(caching.map(async (cache) => (await cache).keys()));
        return kept.flat().map((request) => request.url);";
    Ok(serde_json::from_value(page.browser.script(list, &[])?)?)
}

/// Loads the file at `path`, as the page might.
fn reach(page: &Page, path: &str) -> Result<()> {
    let load = "const answer = await fetch(args[0]); if (!answer.ok) throw new Error(answer.status);";
    page.browser.script(load, &[json!(path)]).map(drop)
}

/// The one build of which everything is that the page has loaded.
fn loaded(page: &Page) -> Result<String> {
    let list = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    let addresses: Vec<String> = serde_json::from_value(page.browser.script(list, &[])?)?;
    let ours = page.address();
    let in_folders = addresses
        .iter()
        .filter_map(|name| name.strip_prefix(&ours)?.split_once('/'));
    let versions: BTreeSet<&str> = in_folders.map(|(version, _)| version).collect();
    ensure!(versions.len() == 1, "of several builds, or none: {addresses:?}");
    let version = versions.first().context("no build")?;
    Ok((*version).to_owned())
}
