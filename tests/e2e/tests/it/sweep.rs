//! Quality against size: a second worker trains smaller models while the page's own run goes on.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use e2e::browser::Browser;
use e2e::page::{Page, until};
use serde_json::json;

use super::files::written;

/// Some models of a tiny world.
const SOON: Duration = Duration::from_secs(60);

/// Counts the workers that live, notes what goes wrong in the page, and gives the tests a hand for the panel.
const WATCH: &str = "window.errors = []; addEventListener('error', (event) => errors.push(event.message));
    window.workers = [];
    window.Worker = class extends Worker {
        constructor(...given) {
            super(...given);
            workers.push(this);
            this.addEventListener('message', () => { this.spoke = true; }, { once: true });
        }
        terminate() { super.terminate(); workers.splice(workers.indexOf(this), 1); }
    };
    window.panel = () => document.querySelector('section.sweep');
    window.press = (words) => {
        const named = (button) => button.textContent.includes(words) && !button.disabled;
        const button = [...panel().querySelectorAll('button')].find(named);
        button?.click();
        return Boolean(button);
    };
    window.tick = (words) => {
        const box = [...panel().querySelectorAll('label')].find((label) => label.textContent.trim() === words);
        box.querySelector('input').click();
    };";

fn page() -> Result<Page> {
    let browser = Browser::start(&[])?;
    browser.before_pages(WATCH)?;
    let page = Page::before(browser)?;
    page.visit()?;
    Ok(page)
}

/// A tiny planted world and a model that looks ids up, trained on and on.
fn train_on(page: &Page) -> Result<()> {
    let mut recipe = page.recipe()?;
    recipe["data"] = json!({ "kind": "planted", "users": 200, "items": 120 });
    recipe["model"] = json!({ "kind": "two_tower", "dim": 8 });
    page.apply(&recipe)?;
    page.train_on()
}

/// What stands in the rows of the table, cell by cell.
fn rows(page: &Page) -> Result<Vec<Vec<String>>> {
    let body = "[...panel().querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))";
    Ok(serde_json::from_value(page.ask(body)?)?)
}

fn said(page: &Page) -> Result<String> {
    let said = page.ask("panel().querySelector('[role=status]')?.textContent ?? ''")?;
    Ok(said.as_str().context("no words")?.to_owned())
}

/// Presses a button once it is there: what was ticked is drawn with the next frame.
fn press(page: &Page, words: &str) -> Result<()> {
    until(words, SOON, || Ok(page.ask(&format!("press('{words}')"))? == true))
}

#[test]
fn models_of_several_sizes_are_trained_beside_the_run_that_goes_on() -> Result<()> {
    let page = page()?;
    train_on(&page)?;
    for words in ["Hash embedding", "DHE", "1", "1/2", "1/8", "1/16"] {
        page.ask(&format!("tick('{words}')"))?;
    }
    let set = "const epochs = panel().querySelector('input[type=text]');
        epochs.value = '2'; epochs.dispatchEvent(new Event('change', { bubbles: true }));";
    page.browser.script(set, &[])?;
    until("the button to count them", SOON, || {
        Ok(page.ask("panel().textContent.includes('Train 2 models')")? == true)
    })?;
    let before = page.state()?;
    press(&page, "Train 2 models")?;
    until("two workers", SOON, || Ok(page.ask("workers.length")? == 2))?;
    until("the first size", SOON, || Ok(!rows(&page)?.is_empty()))?;
    let between = page.state()?;
    until("the second size", SOON, || Ok(rows(&page)?.len() == 2))?;
    until("the end", SOON, || Ok(said(&page)?.starts_with("Done: 2 of 2")))?;
    let rows = rows(&page)?;
    let [full, hash] = [0, 1].map(|row| rows[row].iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(
        (full[0], full[1], full[3]),
        ("One vector an id", "", "100.0\u{a0}%"),
        "{rows:?}"
    );
    assert_eq!((hash[0], hash[1]), ("Hashing trick", "1/4"), "{rows:?}");
    let number = |text: &str| text.replace('\u{2009}', "").parse::<f64>();
    assert!(number(hash[2])? < number(full[2])?, "{rows:?}");
    for row in [&full, &hash] {
        assert!((0.0..=1.0).contains(&number(row[4])?), "{rows:?}");
    }
    assert_eq!(page.ask("panel().querySelectorAll('canvas').length")?, 1);
    // The page's own run has gone on, and its worker is the one that is left.
    page.wait("the run to go on", SOON, |state| {
        state.step > between.step && between.step >= before.step
    })?;
    assert_eq!(page.ask("workers.length")?, 1);
    assert_eq!(page.ask("window.errors")?, json!([]));
    Ok(())
}

#[test]
fn a_sweep_can_be_stopped_and_its_death_is_said_in_words() -> Result<()> {
    let page = page()?;
    train_on(&page)?;
    press(&page, "models")?;
    // One that is ended while it is loaded is an error to the browser.
    until("the second worker to speak", SOON, || {
        Ok(page.ask("workers[1]?.spoke === true")? == true)
    })?;
    press(&page, "Stop")?;
    until("the end", SOON, || Ok(said(&page)?.starts_with("Stopped: ")))?;
    assert_eq!(page.ask("workers.length")?, 1);

    press(&page, "models")?;
    until("the second worker to speak", SOON, || {
        Ok(page.ask("workers[1]?.spoke === true")? == true)
    })?;
    page.ask("workers[1].onerror(new ErrorEvent('error', { message: 'no memory is left' }))")?;
    until(
        "words about it",
        SOON,
        || Ok(said(&page)?.contains("no memory is left")),
    )?;
    assert_eq!(page.ask("workers.length")?, 1);
    let step = page.state()?.step;
    page.wait("the run to go on", SOON, |state| state.step > step)?;
    assert_eq!(page.ask("window.errors")?, json!([]));
    Ok(())
}

#[test]
fn data_from_files_are_read_once_more_by_the_second_worker() -> Result<()> {
    let page = page()?;
    let mut table = String::from("userId,movieId,rating,timestamp\n");
    for user in 0..60 {
        for event in 0..8 {
            writeln!(table, "{user},{},5,{}", (user * 7 + event * 5) % 40, 1_000 + event)?;
        }
    }
    page.choose(&[&written("sweep.csv", table.as_bytes())?])?;
    page.wait("the table to be read", SOON, |state| state.dataset.interactions == 480)?;
    for words in ["Hash embedding", "DHE", "1", "1/2", "1/4", "1/8"] {
        page.ask(&format!("tick('{words}')"))?;
    }
    press(&page, "Train 2 models")?;
    until("the end", SOON, || Ok(said(&page)?.starts_with("Done: 2 of 2")))?;
    assert_eq!(rows(&page)?.len(), 2);
    assert_eq!(page.ask("workers.length")?, 1);
    assert_eq!(page.ask("window.errors")?, json!([]));
    Ok(())
}
