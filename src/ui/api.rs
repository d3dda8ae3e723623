//! `window.playground`: what the reader can do, for scripts and for tests in a headless browser.
//!
//! Plain objects in and out; a promise that is rejected carries the sentence a person would read on the page.

use js_sys::{Function, Object, Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::prelude::Closure;

use super::desk::{Answer, AtDesk};
use super::plain;
use super::search::because;
use super::state::{Action, State};
use super::words::say;
use crate::protocol::{Found, Listed, Request};
use crate::text::{Message, Result};
use crate::web::to_plain;

/// Hits that `search` gives.
const HITS: u32 = 20;

/// Hangs the object on the window, for as long as the page lives.
pub fn hang_up(desk: &AtDesk) {
    let playground = Object::new();
    let hang = |key: &str, value: &JsValue| {
        Reflect::set(&playground, &key.into(), value).unwrap_or_default();
    };
    hang("ready", &ready(desk));
    hang(
        "recipe",
        &answering(desk, |desk, _: JsValue| plain::of_recipe(&desk.state().recipe)),
    );
    hang(
        "state",
        &answering(desk, |desk, _: JsValue| told(&*desk.state().progress)),
    );
    hang("apply", &answering(desk, |desk, recipe| apply(desk, &recipe)));
    hang("change", &answering(desk, |desk, parts| change(desk, &parts)));
    hang("runTo", &answering(desk, |desk, step: JsValue| run_to(desk, &step)));
    hang(
        "pause",
        &answering(desk, |desk, _: JsValue| {
            promise(|settle| desk.pause(progress(desk, settle)))
        }),
    );
    hang("search", &answering(desk, |desk, query| search(desk, &query)));
    hang(
        "exportFile",
        &answering(desk, |desk, kind: JsValue| export(desk, &kind)),
    );
    if let Some(window) = web_sys::window() {
        Reflect::set(&window, &"playground".into(), &playground).unwrap_or_default();
    }
}

/// A search's answer with titles, so that a script need not know the numbers.
#[derive(Serialize)]
struct Told {
    step: u64,
    item: Option<u32>,
    title: Option<String>,
    also: Vec<String>,
    hits: Vec<Hit>,
    scanned: u64,
    reranked: u32,
    micros: Option<f32>,
    served: Vec<OfIndex>,
}

/// What an index beside the exact search found, and why it missed what it missed.
#[derive(Serialize)]
struct OfIndex {
    index: String,
    step: u64,
    recall: f32,
    hits: Vec<Hit>,
    missed: Vec<Missed>,
    scanned: u64,
    bytes: f32,
    micros: Option<f32>,
}

#[derive(Serialize)]
struct Missed {
    title: String,
    why: String,
}

#[derive(Serialize)]
struct Hit {
    item: u32,
    title: String,
    score: f32,
}

type Settle = Box<dyn FnOnce(Result<JsValue>)>;

fn ready(desk: &AtDesk) -> JsValue {
    promise(|settle| {
        let progress = progress(desk, settle);
        desk.when_ready(progress);
    })
}

fn apply(desk: &AtDesk, recipe: &JsValue) -> JsValue {
    let recipe = plain::to_recipe(recipe);
    promise(|settle| match recipe {
        Ok(recipe) => {
            // A script says itself when to train.
            desk.act(Action::Play(false));
            desk.apply(recipe, progress(desk, settle));
        }
        Err(why) => settle(Err(why)),
    })
}

fn change(desk: &AtDesk, parts: &JsValue) -> JsValue {
    let change = plain::to_change(parts);
    promise(|settle| match change {
        Ok(change) => desk.change(change, progress(desk, settle)),
        Err(why) => settle(Err(why)),
    })
}

fn run_to(desk: &AtDesk, step: &JsValue) -> JsValue {
    let wanted = step
        .as_f64()
        .filter(|step| *step >= 0.0 && step.fract() == 0.0 && *step <= js_sys::Number::MAX_SAFE_INTEGER);
    promise(|settle| match wanted {
        Some(step) => desk.run_to(step as u64, progress(desk, settle)),
        None => settle(Err(Message::new("page.api.step"))),
    })
}

fn search(desk: &AtDesk, query: &JsValue) -> JsValue {
    let query = plain::to_query(query);
    let titles = desk.clone();
    promise(|settle| match query {
        Ok(query) => desk.ask(Request::Serve { query, n: HITS }, move |answer| {
            settle(answer.map(|event| match event {
                Answer::Found(found) => told(&with_titles(*found, &titles.state())),
                _ => JsValue::UNDEFINED,
            }));
        }),
        Err(why) => settle(Err(why)),
    })
}

/// The recipe or where the run is, as a file.
fn export(desk: &AtDesk, kind: &JsValue) -> JsValue {
    let kind = kind.as_string().unwrap_or_default();
    let value = match kind.as_str() {
        "recipe" => Ok(plain::of_recipe(&desk.state().recipe)),
        "state" => Ok(told(&*desk.state().progress)),
        _ => Err(Message::new("export.kind")
            .with("found", &kind)
            .with("kinds", "recipe, state")),
    };
    promise(|settle| {
        settle(value.map(|value| {
            let file = Object::new();
            for (key, value) in [
                ("name", format!("{kind}.json").into()),
                ("mime", "application/json".into()),
                ("text", plain::text_of(&value).into()),
            ] {
                Reflect::set(&file, &key.into(), &value).unwrap_or_default();
            }
            file.into()
        }));
    })
}

fn with_titles(found: Found, state: &State) -> Told {
    let names = &state.names;
    let title = |item: u32| names.title(item).to_owned();
    let list = |hits: &[Listed]| {
        let hits = hits.iter().map(|hit| Hit {
            item: hit.item,
            title: title(hit.item),
            score: hit.score,
        });
        hits.collect::<Vec<_>>()
    };
    let nearest = found.wanted();
    let served = found.served.iter().map(|served| {
        let section = state.bench.section(served.place);
        let missed = nearest.iter().zip(&served.verdicts).filter_map(|(hit, verdict)| {
            Some(Missed {
                title: title(hit.item),
                why: because(*verdict, names)?,
            })
        });
        OfIndex {
            index: section.map(|section| section.kind.clone()).unwrap_or_default(),
            step: served.step,
            recall: served.recall,
            hits: list(&served.hits),
            missed: missed.collect(),
            scanned: served.scanned,
            bytes: served.bytes,
            micros: served.micros,
        }
    });
    Told {
        step: found.step,
        item: found.item,
        title: found.item.map(title),
        served: served.collect(),
        also: found.also.iter().map(|&item| title(item)).collect(),
        hits: list(&found.hits),
        scanned: found.scanned,
        reranked: found.reranked,
        micros: found.micros,
    }
}

/// Settles with where the run is once the answer has been taken in.
fn progress(desk: &AtDesk, settle: Settle) -> impl FnOnce(Result<Answer>) + 'static {
    let desk = desk.clone();
    move |answer| settle(answer.map(|_| told(&*desk.state().progress)))
}

fn told<T: Serialize>(value: &T) -> JsValue {
    to_plain(value).unwrap_or_else(|error| error)
}

/// A promise that `start` sees to: it gets the function that settles it.
fn promise(start: impl FnOnce(Settle)) -> JsValue {
    let mut start = Some(start);
    let mut settle_with = |resolve: Function, reject: Function| {
        if let Some(start) = start.take() {
            start(Box::new(move |result: Result<JsValue>| {
                let (settle, with) = match result {
                    Ok(value) => (resolve, value),
                    Err(why) => (reject, js_sys::Error::new(&say(&why)).into()),
                };
                settle.call1(&JsValue::NULL, &with).map(|_| ()).unwrap_or_default();
            }));
        }
    };
    Promise::new(&mut settle_with).into()
}

fn answering<A: FromWasmAbi + 'static>(desk: &AtDesk, answer: impl Fn(&AtDesk, A) -> JsValue + 'static) -> JsValue {
    let desk = desk.clone();
    Closure::<dyn FnMut(A) -> JsValue>::new(move |argument| answer(&desk, argument)).into_js_value()
}
