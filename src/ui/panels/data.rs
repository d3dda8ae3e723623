//! The data: what is loaded, and how the reader's own gets in.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, FileList, HtmlInputElement};
use yew::prelude::*;

use crate::protocol::DatasetInfo;
use crate::text::Message;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

#[derive(PartialEq)]
pub struct DataProps {
    pub dataset: DatasetInfo,
    pub notices: Shared<Vec<Message>>,
}

/// Counts of the data, the button that opens files, and what was left out.
impl Part for DataProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let DataProps { dataset, notices } = self;
        let desk = desk.clone();
        let onchange = Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else {
                return;
            };
            desk.load(list(input.files()), None);
            // The same file can be chosen again.
            input.set_value("");
        });
        let counts = [
            ("page.data.users", u64::from(dataset.users)),
            ("page.data.items", u64::from(dataset.items)),
            ("page.data.interactions", dataset.interactions),
            ("page.data.rows", dataset.rows),
        ];
        // Data have events of users, or rows, or both.
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        html! {
            <section class="panel data" aria-labelledby="data-title">
                <header>
                    <h2 id="data-title">{ dataset.name.clone() }</h2>
                    <label class="button" title={words("page.data.open.help")}>
                        { words("page.data.open") }
                        <input type="file" multiple=true class="unseen" {onchange} />
                    </label>
                </header>
                <dl class="counts">
                    { for counts.map(|(key, count)| html! {
                        <div><dd>{ format::whole(count) }</dd><dt>{ words(key) }</dt></div>
                    }) }
                </dl>
                { tag("p", "help", words("page.data.drop")) }
                if !notices.is_empty() {
                    <details class="notices">
                        { tag("summary", "", say(&Message::new("page.data.notices").with("count", notices.len()))) }
                        <ul>{ for notices.iter().map(|notice| html! { <li>{ say(notice) }</li> }) }</ul>
                    </details>
                }
            </section>
        }
    }
}

/// Has the whole window take files that are dropped on it, and say so while they hover over it.
pub fn take_dropped(window: &web_sys::Window, desk: &AtDesk) {
    let options = EventListenerOptions::enable_prevent_default();
    let hover = {
        let desk = desk.clone();
        move |hovering| {
            if desk.state().hovering != hovering {
                desk.alter(|state| state.hovering = hovering);
            }
        }
    };
    let over = {
        let hover = hover.clone();
        EventListener::new_with_options(window, "dragover", options, move |event| {
            event.prevent_default();
            hover(true);
        })
    };
    let leave = {
        let hover = hover.clone();
        EventListener::new(window, "dragleave", move |event| {
            // Only what leaves the window has nothing it goes to.
            let gone = event
                .dyn_ref::<DragEvent>()
                .is_some_and(|event| event.related_target().is_none());
            if gone {
                hover(false);
            }
        })
    };
    let desk = desk.clone();
    let drop = EventListener::new_with_options(window, "drop", options, move |event| {
        event.prevent_default();
        hover(false);
        let files = event
            .dyn_ref::<DragEvent>()
            .and_then(DragEvent::data_transfer)
            .and_then(|data| data.files());
        desk.load(list(files), None);
    });
    [over, leave, drop].into_iter().for_each(EventListener::forget);
}

fn list(files: Option<FileList>) -> Vec<File> {
    files.map_or_else(Vec::new, |files| {
        (0..files.length()).filter_map(|place| files.get(place)).collect()
    })
}
