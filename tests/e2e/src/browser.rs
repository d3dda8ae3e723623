//! Headless Chromium. The driver's client is asynchronous; tests read better without, so each call here waits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use xtask::{paths, tools};

use crate::driver::Driver;

/// How long a script may take: some wait for training.
const SCRIPT: Duration = Duration::from_secs(120);
/// How long the browser may take to end.
const GOODBYE: Duration = Duration::from_secs(10);

/// A browser with one tab; it ends when dropped.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    /// After the client: the session ends before its driver.
    _driver: Driver,
}

impl Browser {
    /// Starts driver and browser, with these command-line switches beside the usual.
    ///
    /// # Errors
    /// If one of them is not there or does not start.
    pub fn start(switches: &[String]) -> Result<Self> {
        let programs = tools::Browser::ensure()?;
        let driver = Driver::start(&programs)?;
        let mut wanted = tools::capabilities(&programs.browser)?;
        wanted["timeouts"] = json!({ "script": SCRIPT.as_millis() as u64 });
        if let Some(args) = wanted["goog:chromeOptions"]["args"].as_array_mut() {
            args.extend(switches.iter().map(|switch| json!(switch)));
        }
        let Value::Object(wanted) = wanted else {
            bail!("webdriver.json is not an object")
        };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(wanted).connect(&driver.address()).await
        })?;
        Ok(Self {
            runtime,
            client,
            _driver: driver,
        })
    }

    /// Opens `address` and waits until it is loaded.
    ///
    /// # Errors
    /// If the browser cannot.
    pub fn go_to(&self, address: &str) -> Result<()> {
        let gone = self.runtime.block_on(self.client.goto(address));
        gone.with_context(|| format!("cannot open {address}"))
    }

    /// What the body of an asynchronous function, with `arguments` in `args`, returns in the page.
    ///
    /// # Errors
    /// If it throws: what it throws.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Result<Value> {
        let text = format!(
            "const done = arguments[1];
             (async (args) => {{ {body} }})(arguments[0]).then(
               (value) => done({{ value: value === undefined ? null : value }}),
               (error) => done({{ thrown: String(error && error.message || error) }}));"
        );
        let mut answer = self
            .runtime
            .block_on(self.client.execute_async(&text, vec![json!(arguments)]))?;
        match answer["thrown"].as_str() {
            Some(thrown) => bail!("{thrown}"),
            None => Ok(answer["value"].take()),
        }
    }

    /// Gives `script` to every page that is opened from now on, to run before the page's own.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn before_pages(&self, script: &str) -> Result<()> {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }))?;
        Ok(())
    }

    /// A command of Chromium's own protocol.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn devtools(&self, command: &str, params: Value) -> Result<Value> {
        let sent = self.client.issue_cmd(Devtools {
            command: command.to_owned(),
            params,
        });
        self.runtime.block_on(sent).with_context(|| command.to_owned())
    }

    /// Makes the page `width` by `height`, with a phone's behaviour if it is that narrow.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", size)?;
        Ok(())
    }

    /// Tells pages that the reader prefers this: `("prefers-color-scheme", "dark")`.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn prefer(&self, feature: &str, value: &str) -> Result<()> {
        let media = json!({ "features": [{ "name": feature, "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", media)?;
        Ok(())
    }

    /// Chooses `files` in the file input `selector`, as a person does in the dialogue.
    ///
    /// # Errors
    /// If there is no such input.
    pub fn choose(&self, selector: &str, files: &[&Path]) -> Result<()> {
        let paths: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        self.runtime.block_on(async {
            let input = self.client.find(Locator::Css(selector)).await?;
            input.send_keys(&paths.join("\n")).await
        })?;
        Ok(())
    }

    /// Keeps what is on the screen as `screens/<name>.png` among the build's output.
    ///
    /// # Errors
    /// If the browser or the disk refuses.
    pub fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let folder = paths::target().join("screens");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, self.runtime.block_on(self.client.screenshot())?)?;
        Ok(file)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver, once killed, could no longer end the browser. If this fails, there is nobody left to tell.
        let client = self.client.clone();
        self.runtime.block_on(async {
            let goodbye = tokio::time::timeout(GOODBYE, client.close());
            goodbye.await.map(drop).unwrap_or_default();
        });
    }
}

/// Chromedriver's door to Chromium's own protocol.
#[derive(Debug)]
struct Devtools {
    command: String,
    params: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.params });
        (http::Method::POST, Some(body.to_string()))
    }
}
