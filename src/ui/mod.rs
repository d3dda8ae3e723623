//! The page. It shows and asks; it computes nothing about recommenders, and never names the engine: what can be
//! chosen comes from the worker as data.
//!
//! [`state`] holds what is known, [`link`] is the desk that all requests go over, [`app`] lays out the rest.

mod address;
mod api;
mod app;
mod button;
mod charts;
mod clock;
mod controls;
mod curve;
mod desk;
mod download;
mod field;
mod format;
mod glyph;
mod map;
mod names;
mod panels;
mod part;
mod past;
mod plain;
mod search;
mod shared;
mod state;
mod store;
mod story;
mod sweep;
mod sweeper;
mod tags;
mod theme;
mod trail;
mod words;
mod workers;

/// Puts the page in the place of the HTML shell; it speaks with these words, and its workers run the program at this
/// address.
pub fn start(words: String, worker: String) {
    crate::text::load(words::LANGUAGE, words);
    workers::hire(worker);
    let Some(root) = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("page"))
    else {
        return;
    };
    root.set_inner_html("");
    yew::Renderer::<app::App>::with_root(root).render();
}
