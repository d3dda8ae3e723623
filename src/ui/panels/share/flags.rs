//! How those who open a link see each section and setting.

use yew::prelude::*;

use crate::protocol::{Catalogue, KindInfo, Recipe, SectionInfo};
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
        let sections = self.catalogue.sections.iter();
        // What is a setting of kinds that are not chosen now can be taken back as well.
        let listed: Vec<String> = sections.clone().flat_map(|info| self.keys(info)).collect();
        let others = self
            .hidden
            .iter()
            .chain(&self.locked)
            .filter(|key| !listed.contains(key));
        html! {
            <div class="sections">
                { for sections.map(|info| section(desk, self, info)) }
                { for others.map(|key| flag(desk, self, key.clone(), key.clone(), key)) }
            </div>
        }
    }
}

impl FlagsProps {
    /// The kind of a section that the recipe has.
    fn kind<'a>(&self, info: &'a SectionInfo) -> Option<&'a KindInfo> {
        let chosen = &self.recipe.section(&info.key)?.kind;
        info.kinds.iter().find(|kind| kind.kind == *chosen)
    }

    /// What there is of a section: itself, its kind, its settings.
    fn keys(&self, info: &SectionInfo) -> Vec<String> {
        let knobs = self.kind(info).map_or(&[][..], |kind| &kind.knobs);
        let settings = knobs.iter().map(|knob| knob.key.as_str());
        let settings = settings.chain((info.kinds.len() > 1).then_some("kind"));
        let settings = settings.map(|setting| format!("{}.{setting}", info.key));
        settings.chain([info.key.clone()]).collect()
    }
}

/// How a section, its kind and each of its settings are seen by those who open the link.
fn section(desk: &AtDesk, flags: &FlagsProps, info: &SectionInfo) -> Html {
    let title = name(&[&info.key]);
    let kind = flags.kind(info);
    let knobs = kind.map_or(&[][..], |kind| &kind.knobs);
    let settings = knobs.iter().map(|knob| {
        let setting = name(&[&info.key, kind.map_or("", |kind| &kind.kind), &knob.key]);
        flag(desk, flags, format!("{}.{}", info.key, knob.key), setting, &title)
    });
    html! {
        <>
            { flag(desk, flags, info.key.clone(), title.clone(), "") }
            if info.kinds.len() > 1 || !knobs.is_empty() {
                <details>
                    { tag("summary", "", words("page.share.settings")) }
                    if info.kinds.len() > 1 {
                        { flag(desk, flags, format!("{}.kind", info.key), words("page.share.kind").to_owned(), &title) }
                    }
                    { for settings }
                </details>
            }
        </>
    }
}

/// How what `key` names, a part of `whole`, is seen by those who open the link.
fn flag(desk: &AtDesk, flags: &FlagsProps, key: String, title: String, whole: &str) -> Html {
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
            { title.clone() }
            <select {onchange} aria-label={format!("{whole} {title}")}>
                { for [OPEN, LOCKED, HIDDEN].map(|word| option(word, words(word), word == now)) }
            </select>
        </label>
    }
}
