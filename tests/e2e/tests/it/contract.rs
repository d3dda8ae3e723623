//! `window.playground`, as scripts and lessons use it.

use std::time::Duration;

use anyhow::Result;
use e2e::page::Page;
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn the_page_trains_the_planted_world_by_itself() -> Result<()> {
    let page = Page::open()?;
    let first = page.wait("the first steps", SOON, |state| state.step > 0 && state.loss.is_some())?;
    let later = page.wait("further steps", SOON, |state| state.step > first.step + 50)?;
    assert!(later.loss.is_some_and(f64::is_finite), "{later:?}");
    assert!(
        later.dataset.users > 0 && later.dataset.interactions > later.dataset.users,
        "{later:?}"
    );
    page.wait("a recall", SOON, |state| state.metrics.contains_key("recall@20"))?;
    Ok(())
}

#[test]
fn a_paused_run_stands_still_and_runs_to_the_step_that_is_asked() -> Result<()> {
    let page = Page::open()?;
    page.wait("the first steps", SOON, |state| state.step > 0)?;
    page.pause()?;
    let paused = page.state()?;
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(page.state()?.step, paused.step);
    page.run_to(paused.step + 7)?;
    let state = page.state()?;
    assert_eq!((state.step, state.status.as_str()), (paused.step + 7, "paused"));
    assert_ne!(state.checksum, paused.checksum);
    page.run_to(paused.step)?;
    assert_eq!(page.state()?.checksum, paused.checksum);
    Ok(())
}

#[test]
fn the_same_recipe_gives_the_same_run_again() -> Result<()> {
    let page = Page::open()?;
    let recipe = page.recipe()?;
    let mut runs = Vec::new();
    for _ in 0..2 {
        page.apply(&recipe)?;
        page.run_to(20)?;
        runs.push(page.state()?);
    }
    assert!(runs[0].checksum.is_some());
    assert_eq!(runs[0].checksum, runs[1].checksum);
    assert_eq!(runs[0].loss, runs[1].loss);
    Ok(())
}

#[test]
fn a_recipe_with_something_wrong_names_it_and_changes_nothing() -> Result<()> {
    let page = Page::open()?;
    page.pause()?;
    let before = page.state()?;
    for (wrong, word) in [
        (
            json!({ "version": 1, "seed": 1, "model": { "kind": "two_tower", "dimm": 8 } }),
            "dimm",
        ),
        (
            json!({ "version": 1, "seed": 1, "model": { "kind": "two_towers" } }),
            "two_towers",
        ),
        (
            json!({ "version": 1, "seed": 1, "optimizer": { "kind": "adam", "lr": "fast" } }),
            "lr",
        ),
        (json!({ "version": 1, "seed": 1, "modle": {} }), "modle"),
        (json!({ "version": 2, "seed": 1 }), "2"),
    ] {
        let sentence = page.apply(&wrong).unwrap_err().to_string();
        assert!(sentence.contains(word), "{wrong}: {sentence}");
    }
    assert_eq!(page.state()?, before);
    Ok(())
}

#[test]
fn negatives_change_while_it_trains_without_a_new_run() -> Result<()> {
    let page = Page::open()?;
    page.browser.script("window.sameDocument = true", &[])?;
    let begun = page.wait("the first steps", SOON, |state| state.step > 20)?;
    page.browser.script(
        "const choice = [...document.querySelectorAll('select.kind')]
            .find((select) => [...select.options].some((option) => option.value === 'cross_batch'));
        choice.value = 'cross_batch';
        choice.dispatchEvent(new Event('change', { bubbles: true }));",
        &[],
    )?;
    page.wait("steps after the change", SOON, |state| state.step > begun.step + 60)?;
    page.pause()?;
    let state = page.state()?;
    let recipe = page.recipe()?;
    let change = &recipe["changes"][0];
    assert_eq!(change["sampler"]["kind"], "cross_batch", "{recipe}");
    assert!(
        change["step"]
            .as_u64()
            .is_some_and(|step| step >= begun.step && step < state.step),
        "{change}"
    );
    let same = page.browser.script("return window.sameDocument === true", &[])?;
    assert_eq!(same, true, "the page was not loaded again");
    // The recipe repeats the run, change and all.
    page.apply(&recipe)?;
    page.run_to(state.step)?;
    assert_eq!(page.state()?.checksum, state.checksum);
    Ok(())
}

#[test]
fn a_title_finds_items() -> Result<()> {
    let page = Page::open()?;
    page.wait("the first steps", SOON, |state| state.step > 0)?;
    page.pause()?;
    let found = page
        .browser
        .script("return await window.playground.search({ item: 0 })", &[])?;
    let hits = found["hits"].as_array().map_or(0, Vec::len);
    assert!(hits > 0, "{found}");
    let title = found["title"].as_str().unwrap_or_default();
    let by_title = page.search(title)?;
    assert_eq!(by_title["item"], 0, "{title}: {by_title}");
    Ok(())
}
