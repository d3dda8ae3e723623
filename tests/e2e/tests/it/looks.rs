//! How the page looks in the middle of training: pictures to be looked at, and what a machine can check of them.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::page::Page;

const SIZES: [(&str, u32, u32); 2] = [("desktop", 1440, 900), ("phone", 360, 800)];

#[test]
fn the_page_fits_in_light_and_dark_on_a_desktop_and_a_phone() -> Result<()> {
    let page = Page::open()?;
    let mut brightness = Vec::new();
    for theme in ["light", "dark"] {
        page.browser.prefer("prefers-color-scheme", theme)?;
        for (name, width, height) in SIZES {
            page.browser.resize(width, height)?;
            let before = page.state()?.step;
            page.wait("training to go on", Duration::from_secs(30), |state| {
                state.step > before + 20
            })?;
            std::thread::sleep(Duration::from_millis(500));
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
        brightness.push(background(&page)?);
    }
    assert!(
        brightness[0] > 0.6 && brightness[1] < 0.4,
        "background of light and dark: {brightness:?}"
    );
    Ok(())
}

/// How bright the page's background is, 0 to 1.
fn background(page: &Page) -> Result<f64> {
    let body = "for (const element of [document.body, document.documentElement]) {
            const [red, green, blue, alpha] = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
            if (alpha !== 0) return (red + green + blue) / 765;
        }
        return 1;";
    page.browser.script(body, &[])?.as_f64().context("no colour")
}
