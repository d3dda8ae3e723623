//! How those who open a link see each section and setting.

use yew::prelude::*;

use crate::protocol::{Catalogue, Recipe, SectionInfo};
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::words::{name, words};

/// What can be done: the words in the page's table.
const OPEN: &str = "page.share.open";
const LOCKED: &str = "page.share.locked";
const HIDDEN: &str = "page.share.hidden";

/// What is hidden and locked, of all that could be. A part of its own: there is a list for every setting, and what stands
/// around it changes with every step.
#[derive(PartialEq)]
pub struct FlagsProps {
    pub hidden: Vec<String>,
    pub locked: Vec<String>,
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
}

impl Part for FlagsProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let sections = self.catalogue.sections.iter().map(|info| section(desk, self, info));
        html! { <div class="sections">{ for sections }</div> }
    }
}

/// How a section, its kind and each of its settings are seen by those who open the link.
fn section(desk: &AtDesk, flags: &FlagsProps, info: &SectionInfo) -> Html {
    let chosen = flags.recipe.section(&info.key);
    let kind = info
        .kinds
        .iter()
        .find(|kind| chosen.is_some_and(|chosen| chosen.kind == kind.kind));
    let knobs = kind.map_or(&[][..], |kind| &kind.knobs);
    let settings = knobs.iter().map(|knob| {
        let title = name(&[&info.key, kind.map_or("", |kind| &kind.kind), &knob.key]);
        flag(desk, flags, format!("{}.{}", info.key, knob.key), title)
    });
    html! {
        <>
            { flag(desk, flags, info.key.clone(), name(&[&info.key])) }
            if info.kinds.len() > 1 || !knobs.is_empty() {
                <details>
                    { tag("summary", "", words("page.share.settings")) }
                    if info.kinds.len() > 1 {
                        { flag(desk, flags, format!("{}.kind", info.key), words("page.share.kind").to_owned()) }
                    }
                    { for settings }
                </details>
            }
        </>
    }
}

/// How what `key` names is seen by those who open the link.
fn flag(desk: &AtDesk, flags: &FlagsProps, key: String, title: String) -> Html {
    let is = |list: &[String]| list.contains(&key);
    let now = if is(&flags.hidden) {
        HIDDEN
    } else if is(&flags.locked) {
        LOCKED
    } else {
        OPEN
    };
    let onchange = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let chosen = value_of(&event);
            desk.alter(|state| {
                for (list, word) in [(&mut state.share.hidden, HIDDEN), (&mut state.share.locked, LOCKED)] {
                    list.retain(|other| *other != key);
                    if chosen == word {
                        list.push(key.clone());
                    }
                }
            });
        })
    };
    html! {
        <label>
            { title }
            <select {onchange}>
                { for [OPEN, LOCKED, HIDDEN].map(|word| option(word, words(word), word == now)) }
            </select>
        </label>
    }
}
