//! How the page looks in the middle of training: pictures to be looked at, and what a machine can check of them.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::browser::Browser;
use e2e::page::Page;

const SIZES: [(&str, u32, u32); 2] = [("desktop", 1440, 900), ("phone", 360, 800)];

#[test]
fn the_page_fits_and_is_as_bright_as_the_reader_prefers() -> Result<()> {
    let light = check("light")?;
    let dark = check("dark")?;
    assert!(
        light > 0.6 && dark < 0.4,
        "brightness of the background: {light} in light, {dark} in dark"
    );
    Ok(())
}

/// Pictures of all sizes in this theme; that nothing is wider than the screen; how bright the background is, 0 to 1.
fn check(theme: &str) -> Result<f64> {
    let browser = Browser::start(&[])?;
    browser.prefer("prefers-color-scheme", theme)?;
    let page = Page::before(browser)?;
    page.visit()?;
    page.train_on()?;
    for (name, width, height) in SIZES {
        page.browser.resize(width, height)?;
        let before = page.state()?.step;
        page.wait("training to go on", Duration::from_secs(30), |state| {
            state.step > before + 200
        })?;
        let picture = page.browser.screenshot(&format!("{name}-{theme}"))?;
        println!("screenshot: {}", picture.display());
        let wide = page
            .browser
            .script("return document.documentElement.scrollWidth", &[])?;
        let wide = wide.as_u64().context("no width")?;
        assert!(
            wide <= u64::from(width),
            "{name}, {theme}: {wide} px wide on a screen of {width}"
        );
    }
    let body = "for (const element of [document.body, document.documentElement]) {
            const [red, green, blue, alpha] = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
            if (alpha !== 0) return (red + green + blue) / 765;
        }
        return 1;";
    page.browser.script(body, &[])?.as_f64().context("no colour")
}
