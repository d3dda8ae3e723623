//! The same recipe, the same bits: in the browser and natively.

use std::time::Duration;

use anyhow::{Context, Result};
use e2e::page::Page;
use playground::protocol::{Call, Event, Recipe, Reply, Request, RunState};
use playground::session::Session;
use serde_json::{Value, json};

const STEPS: u64 = 40;

#[test]
fn a_run_has_the_same_checksum_in_the_browser_and_natively() -> Result<()> {
    let page = Page::open()?;
    page.wait("the demo", Duration::from_secs(20), |state| state.step > 0)?;
    let demo = page.recipe()?;
    let mut other = demo.clone();
    other["seed"] = json!(7);
    other["model"] = json!({ "kind": "two_tower", "dim": 12 });
    other["optimizer"] = json!({ "kind": "adagrad" });
    for recipe in [demo, other] {
        page.apply(&recipe)?;
        page.run_to(STEPS)?;
        let browser = page.state()?;
        let native = natively(&recipe)?;
        println!(
            "checksum {:?} in Chromium, {:?} natively",
            browser.checksum, native.checksum
        );
        assert_eq!((browser.step, native.step), (STEPS, STEPS));
        assert!(native.checksum.is_some());
        assert_eq!(browser.checksum, native.checksum);
        assert_eq!(browser.loss, native.loss.map(f64::from));
    }
    Ok(())
}

/// The state after [`STEPS`] steps of `recipe` in this process.
fn natively(recipe: &Value) -> Result<RunState> {
    let recipe: Recipe = serde_json::from_value(recipe.clone())?;
    let mut session = Session::new();
    let mut last = None;
    let mut hear = |reply: Reply| {
        if reply.answers.is_some() {
            last = Some(reply.event);
        }
    };
    let calls = [
        Request::Apply {
            recipe: Box::new(recipe),
        },
        Request::RunTo { step: STEPS },
    ];
    for (id, request) in (1..).zip(calls) {
        session.handle(Call { id, request }, &mut hear);
    }
    session.tick(&mut || true, &mut hear);
    match last.context("the session did not answer")? {
        Event::State(state) => Ok(*state),
        other => anyhow::bail!("the session answered {other:?}"),
    }
}
