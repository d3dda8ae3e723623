//! Charts and maps as files.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::browser::Browser;
use e2e::page::{Page, until};
use serde_json::json;

/// Keeps what is saved instead of asking where to, and what is written on canvases.
const WATCH: &str = "window.saved = {};
    window.drawn = new Set();
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
        drawn.add(text);
        write.call(this, text, ...at);
    };
    const made = {};
    const address = URL.createObjectURL;
    URL.createObjectURL = (blob) => { const it = address.call(URL, blob); made[it] = blob; return it; };
    HTMLAnchorElement.prototype.click = function () {
        const file = made[this.href] ?? this.href;
        Promise.resolve(file.text?.() ?? file).then((text) => { saved[this.download] = text; });
    };";

#[test]
fn charts_and_maps_are_saved_as_svg_and_as_png() -> Result<()> {
    let browser = Browser::start(&[])?;
    browser.before_pages(WATCH)?;
    let page = Page::before(browser)?;
    page.visit()?;
    page.run_to(120)?;
    page.browser
        .script("document.querySelector('.sharing').open = true", &[])?;
    page.press("Save the charts (SVG)")?;
    page.press("Save the charts (PNG)")?;
    let seen =
        page.ask("[...document.querySelectorAll('canvas')].filter((canvas) => canvas.clientWidth > 0).length")?;
    let seen = seen.as_u64().context("a number of canvases")?;
    assert!(seen >= 3, "{seen} canvases");
    until("all pictures", Duration::from_secs(10), || {
        Ok(page.ask("Object.keys(saved).length")?.as_u64() == Some(2 * seen))
    })?;

    // Each is a drawing with something in it, in the order of what is on the screen.
    let read = |name: &str, what: &str| {
        let read = format!(
            "(() => {{
                const svg = new DOMParser().parseFromString(saved['{name}'], 'image/svg+xml').documentElement;
                const all = (name) => [...svg.getElementsByTagName(name)];
                return {what};
            }})()"
        );
        page.ask(&read)
    };
    let names = page.ask("Object.keys(saved).filter((name) => name.endsWith('.svg'))")?;
    for name in names.as_array().context("names")? {
        let name = name.as_str().context("a name")?;
        assert_eq!(read(name, "all('parsererror').length")?, 0, "{name}");
        let parts = read(name, "all('path').length")?;
        assert!(parts.as_u64().is_some_and(|parts| parts > 3), "{name}: {parts} paths");
        let strange = read(name, "/NaN|undefined|Infinity/.test(svg.outerHTML)")?;
        assert_eq!(strange, false, "{name}");
    }
    let words = read("training-loss.svg", "all('text').map((text) => text.textContent)")?;
    let words = words.to_string();
    assert!(words.contains("\"step\"") && words.contains("loss "), "{words}");
    let ground = read("training-loss.svg", "all('rect')[0].getAttribute('fill-opacity')")?;
    assert_eq!(ground, "1", "the picture stands on nothing");
    // Which groups have room for their names changes while points are on their way; these two always have.
    let groups = read("interest-map.svg", "all('text').map((text) => text.textContent)")?;
    assert!(
        groups.to_string().contains("Climbing") && groups.to_string().contains("Mei M."),
        "{groups}"
    );
    let strange = read(
        "interest-map.svg",
        "all('text').map((text) => text.textContent).filter((text) => !drawn.has(text))",
    )?;
    assert_eq!(strange, json!([]), "no canvas has written these");
    let marks = read(
        "interest-map.svg",
        "all('path').map((path) => path.getAttribute('d')).join('').split('Z').length",
    )?;
    assert!(marks.as_u64().is_some_and(|marks| marks > 300), "{marks} items");

    let pixels = page.ask("saved['training-loss.png'].startsWith('data:image/png')")?;
    assert_eq!(pixels, true);
    Ok(())
}
