//! The page under test: the contract of `window.playground`, and what is on the screen.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use xtask::paths;
use xtask::server::{Isolation, Server};

use crate::browser::Browser;
use crate::selectors;

/// How long the page may take to be ready.
const START: Duration = Duration::from_secs(30);
/// Between two looks at something that is awaited.
const PAUSE: Duration = Duration::from_millis(50);

/// The page in a browser.
pub struct Page {
    /// The browser it is in.
    pub browser: Browser,
    address: String,
    server: Option<Server>,
}

/// What `window.playground.state()` gives, as far as the tests look at it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct State {
    pub status: String,
    pub step: u64,
    pub epoch: u64,
    pub loss: Option<f64>,
    pub metrics: BTreeMap<String, f64>,
    pub checksum: Option<String>,
    pub dataset: Dataset,
}

/// The data of a state.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Dataset {
    pub name: String,
    pub users: u64,
    pub items: u64,
    pub interactions: u64,
    pub rows: u64,
}

impl Page {
    /// Serves the build, opens it in a new browser, and waits until it is ready.
    ///
    /// # Errors
    /// If there is no build or the page does not get ready.
    pub fn open() -> Result<Self> {
        let page = Self::before(Browser::start(&[])?)?;
        page.visit()?;
        Ok(page)
    }

    /// Serves the build; [`Page::visit`] opens it.
    ///
    /// # Errors
    /// If there is no build.
    pub fn before(browser: Browser) -> Result<Self> {
        Self::of(browser, &paths::dist())
    }

    /// Serves the build in `folder`; [`Page::visit`] opens it.
    ///
    /// # Errors
    /// If there is no build.
    pub fn of(browser: Browser, folder: &Path) -> Result<Self> {
        let server = Server::start(folder, 0, Isolation::None);
        let server = server.context("the page is not built: run `cargo xtask dist`")?;
        Ok(Self {
            browser,
            address: server.address(),
            server: Some(server),
        })
    }

    /// Serves no longer: nothing answers at the page's address.
    pub fn hang_up(&mut self) {
        self.server = None;
    }

    /// Opens the page and waits until it is ready.
    ///
    /// # Errors
    /// If it does not get ready.
    pub fn visit(&self) -> Result<()> {
        self.browser.go_to(&self.address())?;
        let there = || Ok(self.browser.script("return 'playground' in window", &[])? == true);
        until("window.playground", START, there)?;
        self.browser.script("await window.playground.ready", &[])?;
        Ok(())
    }

    /// Where it is served.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Where the run is.
    ///
    /// # Errors
    /// If the page does not say, or says it in another shape.
    pub fn state(&self) -> Result<State> {
        let state = self.browser.script("return await window.playground.state()", &[])?;
        serde_json::from_value(state.clone()).with_context(|| format!("not a state: {state}"))
    }

    /// What a script's expression comes to.
    ///
    /// # Errors
    /// If it throws: its words.
    pub fn ask(&self, expression: &str) -> Result<Value> {
        self.browser.script(&format!("return {expression}"), &[])
    }

    /// The recipe of the run.
    ///
    /// # Errors
    /// If the page does not say.
    pub fn recipe(&self) -> Result<Value> {
        self.browser.script("return await window.playground.recipe()", &[])
    }

    /// Starts a run of `recipe`, paused.
    ///
    /// # Errors
    /// If the page refuses: its sentence.
    pub fn apply(&self, recipe: &Value) -> Result<()> {
        self.call("apply", recipe)
    }

    /// Trains until `step`.
    ///
    /// # Errors
    /// If the page refuses: its sentence.
    pub fn run_to(&self, step: u64) -> Result<()> {
        self.call("runTo", &json!(step))
    }

    /// Trains the present recipe from its start for much longer than any test looks.
    ///
    /// # Errors
    /// If the page refuses: its sentence.
    pub fn train_on(&self) -> Result<()> {
        let mut recipe = self.recipe()?;
        recipe["train"]["epochs"] = json!(10_000);
        self.apply(&recipe)?;
        // Not awaited: the promise is kept when the training ends.
        self.browser
            .script("window.playground.runTo(1e9).catch(() => {})", &[])?;
        self.wait("the first steps", START, |state| state.step > 0)?;
        Ok(())
    }

    /// Stops training.
    ///
    /// # Errors
    /// If the page refuses: its sentence.
    pub fn pause(&self) -> Result<()> {
        self.browser.script("await window.playground.pause()", &[])?;
        Ok(())
    }

    /// What the search box finds for `words`.
    ///
    /// # Errors
    /// If the page refuses: its sentence.
    pub fn search(&self, words: &str) -> Result<Value> {
        self.browser
            .script("return await window.playground.search(args[0])", &[json!(words)])
    }

    /// Presses the first button that holds these words.
    ///
    /// # Errors
    /// If there is none.
    pub fn press(&self, words: &str) -> Result<()> {
        let body = "const named = (button) => button.textContent.includes(args[0]);
            [...document.querySelectorAll('button')].find(named).click()";
        self.browser.script(body, &[json!(words)])?;
        Ok(())
    }

    /// Chooses `files` as a person does.
    ///
    /// # Errors
    /// If the page has no place for files.
    pub fn choose(&self, files: &[&Path]) -> Result<()> {
        self.browser.choose(selectors::FILES, files)
    }

    /// The sentence about what could not be done, if one is shown.
    ///
    /// # Errors
    /// If the browser cannot say.
    pub fn refusal(&self) -> Result<Option<String>> {
        let body = "const shown = document.querySelector(args[0]); return shown && shown.innerText;";
        let text = self.browser.script(body, &[json!(selectors::REFUSAL)])?;
        Ok(text.as_str().map(str::to_owned))
    }

    /// Waits until the run is as `wanted`.
    ///
    /// # Errors
    /// If it is not within `limit`: the last state, and what is refused on the page.
    pub fn wait(&self, what: &str, limit: Duration, wanted: impl Fn(&State) -> bool) -> Result<State> {
        let mut last = None;
        let reached = until(what, limit, || {
            let state = self.state()?;
            let reached = wanted(&state);
            last = Some(state);
            Ok(reached)
        });
        reached.with_context(|| format!("last seen: {last:?}; refused: {:?}", self.refusal().ok().flatten()))?;
        last.context("nothing was seen")
    }

    fn call(&self, function: &str, argument: &Value) -> Result<()> {
        let body = "await window.playground[args[0]](args[1])";
        self.browser.script(body, &[json!(function), argument.clone()])?;
        Ok(())
    }
}

/// Waits until `reached` says so.
///
/// # Errors
/// If it does not within `limit`.
pub fn until(what: &str, limit: Duration, mut reached: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + limit;
    while !reached()? {
        if Instant::now() > end {
            bail!("waited {limit:?} for {what}");
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
