//! Searching: indexes beside the exact search, what they miss and why, on the built page.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::page::{Page, until};
use serde_json::json;

use super::files::written;

/// An index of some hundred items.
const SOON: Duration = Duration::from_secs(30);

/// Hands for the panel.
const HANDS: &str = "window.panel = () => document.querySelector('section.search');
    window.press = (words) => {
        const named = (button) => button.textContent.trim() === words && !button.disabled;
        [...panel().querySelectorAll('button, summary')].find(named).click();
    };
    window.errors = []; addEventListener('error', (event) => errors.push(event.message));";

fn shows(page: &Page, what: &str, body: &str) -> Result<()> {
    until(what, SOON, || Ok(page.ask(body)? == true))
}

/// A trained model in 16 dimensions with an index of cells, few of them opened.
fn served() -> Result<Page> {
    let page = Page::open()?;
    page.browser.script(HANDS, &[])?;
    let mut recipe = page.recipe()?;
    recipe["model"] = json!({ "kind": "two_tower", "dim": 16 });
    recipe["index"] = json!({ "kind": "ivf_flat", "nlist": 60, "nprobe": 2 });
    page.apply(&recipe)?;
    page.run_to(300)?;
    Ok(page)
}

#[test]
fn a_search_is_answered_by_indexes_beside_each_other_with_the_cause_of_every_miss() -> Result<()> {
    let page = served()?;
    let found = page
        .browser
        .script("return await window.playground.search({ user: 3 })", &[])?;
    let served = &found["served"][0];
    assert_eq!(served["index"], "ivf_flat");
    assert_eq!(served["step"], 300);
    let missed = served["missed"].as_array().context("no list")?;
    ensure!(
        !missed.is_empty(),
        "two of sixty cells hold not all of the nearest: {found}"
    );
    for miss in missed {
        let why = miss["why"].as_str().context("no cause")?;
        ensure!(why.contains("its cell ranks") && why.contains("nearest 2"), "{why}");
    }

    shows(
        &page,
        "the index beside the exact search",
        "panel().querySelectorAll('.of-indexes tbody tr').length === 2",
    )?;
    page.ask("press('Pin this one')")?;
    shows(
        &page,
        "the pinned one",
        "panel().querySelectorAll('.of-indexes tbody tr').length === 3",
    )?;
    page.ask("press('HNSW')")?;
    let rows = "[...panel().querySelectorAll('.of-indexes tbody th')].map((head) => head.firstChild.textContent)";
    shows(
        &page,
        "both kinds",
        &format!("String({rows}) === 'Exact,HNSW,IVF-Flat'"),
    )?;
    assert_eq!(page.recipe()?["index"]["kind"], "hnsw");
    assert_eq!(page.state()?.step, 300, "the run goes on where it was");
    let causes = page.ask("panel().querySelectorAll('.causes li').length")?;
    ensure!(causes.as_u64().is_some_and(|count| count > 0), "no causes are shown");
    assert_eq!(page.ask("errors")?, json!([]));
    Ok(())
}

#[test]
fn a_search_is_walked_through_and_curves_are_drawn() -> Result<()> {
    let page = served()?;
    shows(
        &page,
        "the index",
        "panel().querySelectorAll('.of-indexes tbody tr').length === 2",
    )?;
    page.ask("press('Step through')")?;
    shows(&page, "the first step", "!!panel().querySelector('.walk .said')")?;
    let said = "panel().querySelector('.walk .said').textContent";
    let first = page.ask(said)?;
    ensure!(
        first.as_str().is_some_and(|said| said.contains("60 centroids")),
        "{first}"
    );
    page.ask("press('Forward')")?;
    shows(&page, "the next step", &format!("{said}.includes('is opened')"))?;
    page.ask("press('Back')")?;
    shows(&page, "the first step again", &format!("{said} === {first}"))?;
    page.ask("press('Cells on map')")?;
    shows(
        &page,
        "the cells",
        "document.querySelector('section.map').textContent.includes('Cells of the index')",
    )?;

    page.ask("press('Curves: recall against cost')")?;
    page.ask("press('Measure recall')")?;
    let table =
        "[...panel().querySelectorAll('.curves tbody tr')].map((row) => [...row.cells].map((c) => c.textContent))";
    shows(
        &page,
        "both curves",
        &format!("{table}.some((row) => row[0].includes('plane') && row[1] === '60')"),
    )?;
    let rows: Vec<Vec<String>> = serde_json::from_value(page.ask(table)?)?;
    let last = rows.iter().rfind(|row| row[0] == "IVF-Flat").context("no curve")?;
    ensure!(
        last[1] == "60" && last[2].starts_with("100"),
        "all cells hold all: {last:?}"
    );
    assert_eq!(page.ask("errors")?, json!([]));
    Ok(())
}

/// Vectors as NumPy writes them.
fn vectors(rows: usize, columns: usize) -> Result<PathBuf> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    let mut state = 1_u64;
    for _ in 0..rows * columns {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        file.extend(((state >> 40) as f32 / (1 << 23) as f32 - 1.0).to_le_bytes());
    }
    written(&format!("vectors-{rows}.npy"), &file)
}

#[test]
fn an_index_over_vectors_of_a_file_is_built_with_progress_and_stopped_at_once() -> Result<()> {
    let page = Page::open()?;
    page.browser.script(HANDS, &[])?;
    let file = vectors(20_000, 32)?;
    page.choose(&[&file])?;
    let state = page.wait("the vectors", SOON, |state| state.dataset.items == 20_000)?;
    assert_eq!(state.dataset.users, 0);
    let searched = page
        .browser
        .script("return await window.playground.search({ item: 7 })", &[])?;
    assert_eq!(searched["hits"].as_array().map(Vec::len), Some(20));
    page.ask("document.querySelector('section.search input').focus()")?;
    let typed = "const input = panel().querySelector('input'); input.value = '7';
        input.dispatchEvent(new Event('input', { bubbles: true }))";
    page.browser.script(typed, &[])?;
    page.ask("press('HNSW')")?;
    shows(&page, "progress", "!!panel().querySelector('.building progress')")?;
    let began = Instant::now();
    page.ask("press('Stop')")?;
    shows(&page, "the end of building", "!panel().querySelector('.building')")?;
    ensure!(
        began.elapsed() < Duration::from_secs(5),
        "it was stopped after {:?}",
        began.elapsed()
    );
    page.ask("press('IVF-Flat')")?;
    shows(
        &page,
        "an index that stands",
        "panel().querySelectorAll('.of-indexes tbody tr').length === 2",
    )?;
    assert_eq!(page.ask("errors")?, json!([]));
    Ok(())
}
