//! Users as several points: what the page opens on, two runs side by side, and the inside of a model.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::browser::Browser;
use e2e::page::{Page, until};
use serde_json::json;

const SOON: Duration = Duration::from_secs(10);

/// Notes what goes wrong in the page without anybody catching it.
const NOTE_ERRORS: &str = "window.errors = []; addEventListener('error', (event) => errors.push(event.message));";

fn page() -> Result<Page> {
    let browser = Browser::start(&[])?;
    browser.before_pages(NOTE_ERRORS)?;
    let page = Page::before(browser)?;
    page.visit()?;
    Ok(page)
}

/// Waits until the page answers `body` with yes.
fn until_true(page: &Page, what: &str, body: &str) -> Result<()> {
    until(what, SOON, || Ok(page.ask(body)? == json!(true)))
}

#[test]
fn the_page_opens_on_two_interests_in_the_plane_and_two_runs_stand_side_by_side() -> Result<()> {
    let page = page()?;
    let mut recipe = page.recipe()?;
    assert_eq!(recipe["model"]["kind"], "drim");
    assert_eq!(
        (&recipe["model"]["dim"], &recipe["model"]["interests"]),
        (&json!(2), &json!(2))
    );
    page.wait("training", SOON, |state| state.step > 0)?;
    page.pause()?;

    let canvases = "document.querySelectorAll('.map canvas').length";
    let angle = |figure: usize| -> Result<f64> {
        let said = format!("document.querySelectorAll('.map .figures')[{figure}].textContent.match(/([0-9]+)°/)[1]");
        let said = page.ask(&said)?;
        Ok(said.as_str().context("an angle")?.parse()?)
    };
    recipe["model"]["lambda"] = json!(0);
    page.apply(&recipe)?;
    page.run_to(600)?;
    until_true(
        &page,
        "the map of step 600",
        "document.querySelector('.map .figures').textContent.includes('°')",
    )?;
    assert_eq!(page.ask(canvases)?, 1);
    page.ask("document.querySelector('.keep button').click()")?;
    recipe["model"]["lambda"] = json!(0.3);
    page.apply(&recipe)?;
    page.run_to(600)?;
    until_true(&page, "both maps", &format!("{canvases} === 2"))?;
    let opened = || Ok(angle(1)? > angle(0)? + 15.0);
    until("the regulariser to open the segments", SOON, opened)?;
    page.ask("document.querySelector('.keep button').click()")?;
    until_true(&page, "the kept map to go", &format!("{canvases} === 1"))?;
    assert_eq!(page.ask("window.errors")?, json!([]));
    Ok(())
}

#[test]
fn routing_can_be_stepped_and_a_tree_cut_elsewhere() -> Result<()> {
    let page = page()?;
    page.pause()?;
    page.run_to(100)?;
    let round = "document.querySelector('.inside .stepper span').textContent";
    until_true(
        &page,
        "the inside of DRIM",
        "!!document.querySelector('.inside .stepper')",
    )?;
    let weights = "[...document.querySelectorAll('.inside .weights td')].map((cell) => cell.textContent).join()";
    let (last, before) = (page.ask(round)?, page.ask(weights)?);
    page.ask("document.querySelector('.inside .stepper button').click()")?;
    until("another round", SOON, || Ok(page.ask(round)? != last))?;
    assert_ne!(page.ask(weights)?, before);

    let mut recipe = page.recipe()?;
    recipe["model"] = json!({ "kind": "pinnersage" });
    page.apply(&recipe)?;
    page.run_to(100)?;
    let leaves = "document.querySelectorAll('.inside .tree li').length";
    let medoids = "document.querySelectorAll('.inside .tree li.medoid').length";
    until_true(&page, "the tree", &format!("{leaves} > 3"))?;
    let cut = |place: u32| {
        let body = format!(
            "(() => {{ const input = document.querySelector('.inside .tree input'); input.value = {place};
                input.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
        );
        page.ask(&body)
    };
    cut(0)?;
    until_true(&page, "every event for itself", &format!("{medoids} === {leaves}"))?;
    cut(1000)?;
    until_true(&page, "one cluster", &format!("{medoids} === 1"))?;
    assert_eq!(page.ask("window.errors")?, json!([]));
    Ok(())
}

#[test]
fn bubbles_and_clicks_meet_the_item_that_is_pointed_at_and_edges_name_suspects() -> Result<()> {
    let page = page()?;
    page.pause()?;
    let choose = |preset: &str| {
        let body = format!(
            "(() => {{ const presets = document.querySelector('#presets'); presets.value = '{preset}';
                presets.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        );
        page.ask(&body)
    };
    choose("seq2bubbles")?;
    let model = |kind: &str| -> Result<()> { until("the model", SOON, || Ok(page.recipe()?["model"]["kind"] == kind)) };
    model("seq2bubbles")?;
    page.pause()?;
    page.run_to(60)?;
    let against = "document.querySelector('.inside .against').textContent";
    until_true(
        &page,
        "bubbles",
        "document.querySelectorAll('.inside .weights tbody tr').length === 20",
    )?;
    until_true(&page, "what comes next", &format!("{against}.startsWith('Next comes')"))?;
    let recommended = "document.querySelector('.user ol.rows .row .title')";
    page.ask(&format!("{recommended}.closest('button').focus()"))?;
    let of_item = format!("{against}.startsWith('“' + {recommended}.textContent)");
    until_true(&page, "the item that is pointed at", &of_item)?;
    let inside = "[...document.querySelectorAll('.legend button')].find((chip) => chip.textContent.includes('inside'))";
    page.ask(&format!("{inside}.click()"))?;
    until_true(&page, "the spotlight", &format!("{inside}.ariaPressed === 'true'"))?;

    choose("bst")?;
    model("bst")?;
    page.pause()?;
    page.run_to(20)?;
    until_true(
        &page,
        "a strip for each click and the item",
        "document.querySelectorAll('.inside .heed .strip').length === 21",
    )?;
    until_true(&page, "what comes next", &format!("{against}.startsWith('Next comes')"))?;
    let head = "document.querySelector('.inside .stepper span').textContent";
    let strip = "document.querySelector('.inside .heed .strip').ariaLabel";
    let mean = page.ask(strip)?;
    page.ask("document.querySelector('.inside .stepper button:last-child').click()")?;
    until_true(&page, "one head", &format!("{head} === 'Head 1 of 8'"))?;
    until("what the head heeds", SOON, || Ok(page.ask(strip)? != mean))?;
    let placed = "document.querySelector('.inside ol.rows .row .title')";
    page.ask(&format!("{placed}.closest('button').focus()"))?;
    let of_item = format!("{against}.startsWith('“' + {placed}.textContent)");
    until_true(&page, "the candidate that is pointed at", &of_item)?;

    choose("grcn")?;
    model("grcn")?;
    page.pause()?;
    page.run_to(60)?;
    until_true(
        &page,
        "the edges",
        "document.querySelectorAll('.inside .weights thead th').length === 5",
    )?;
    until_true(
        &page,
        "false clicks",
        &format!("{against}.includes('false clicks planted')"),
    )?;
    assert_eq!(page.ask("window.errors")?, json!([]));
    Ok(())
}
