//! A link that shows others the same run, and the session that the browser keeps.

use yew::prelude::*;

use crate::decimal::rounded;
use crate::protocol::{Catalogue, Keyframes, Recipe, SectionInfo};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::save_pictures;
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::Share;
use crate::ui::tags::tag;
use crate::ui::words::{name, say, words};

/// How those who open the link see a section: its word in the page's table.
const OPEN: &str = "page.share.open";
const LOCKED: &str = "page.share.locked";
const HIDDEN: &str = "page.share.hidden";

#[derive(PartialEq)]
pub struct ShareProps {
    pub share: Share,
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub keyframes: Keyframes,
}

impl Part for ShareProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let ShareProps {
            share,
            catalogue,
            recipe,
            keyframes,
        } = self;
        let with = |act: fn(&AtDesk)| {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| act(&desk))
        };
        let sections = catalogue.sections.iter().map(|info| section(desk, share, info, recipe));
        let made = share.link.clone().map(|link| {
            let copied = if share.copied {
                "page.share.copied"
            } else {
                "page.share.made"
            };
            html! {
                <>
                    <input type="text" class="link" readonly=true value={link} aria-label={words("page.share.link")} />
                    <p class="help" role="status">{ words(copied) }</p>
                </>
            }
        });
        let kept = match share.kept {
            Some(true) => "page.session.kept",
            Some(false) => "page.session.not_kept",
            None => "page.session.none",
        };
        let mebibytes = |bytes: u32| rounded(f64::from(bytes) / 1_048_576.0, 1);
        let states = Message::new("page.share.keyframes")
            .with("states", keyframes.states)
            .with("size", mebibytes(keyframes.bytes))
            .with("room", mebibytes(keyframes.room));
        html! {
            <details class="panel sharing">
                { tag("summary", "", words("page.share")) }
                { tag("p", "help", words("page.share.help")) }
                <div class="buttons">
                    { button(words("page.share.make"), with(|desk| desk.share())).class("primary") }
                    { button(words("page.session.save"), with(|desk| desk.save_session())) }
                    { button(words("page.share.recipe"), with(|desk| desk.save_recipe())) }
                    { button(words("page.share.png"), with(|_| save_pictures("png"))) }
                    { button(words("page.share.svg"), with(|_| save_pictures("svg"))) }
                </div>
                { for made }
                <details>
                    { tag("summary", "", words("page.share.sections")) }
                    { tag("p", "help", words("page.share.sections.help")) }
                    <div class="sections">{ for sections }</div>
                </details>
                <p class="help">
                    { words(kept) }
                    if share.kept == Some(true) {
                        { " " }
                        { button(words("page.session.forget"), with(|desk| desk.forget_session())) }
                    }
                </p>
                { tag("p", "help", say(&states)) }
            </details>
        }
    }
}

/// How a section, its kind and each of its settings are seen by those who open the link.
fn section(desk: &AtDesk, share: &Share, info: &SectionInfo, recipe: &Recipe) -> Html {
    let chosen = recipe.section(&info.key);
    let kind = info
        .kinds
        .iter()
        .find(|kind| chosen.is_some_and(|chosen| chosen.kind == kind.kind));
    let knobs = kind.map_or(&[][..], |kind| &kind.knobs);
    let settings = knobs.iter().map(|knob| {
        let title = name(&[&info.key, kind.map_or("", |kind| &kind.kind), &knob.key]);
        flag(desk, share, format!("{}.{}", info.key, knob.key), title)
    });
    html! {
        <>
            { flag(desk, share, info.key.clone(), name(&[&info.key])) }
            if info.kinds.len() > 1 || !knobs.is_empty() {
                <details>
                    { tag("summary", "", words("page.share.settings")) }
                    if info.kinds.len() > 1 {
                        { flag(desk, share, format!("{}.kind", info.key), words("page.share.kind").to_owned()) }
                    }
                    { for settings }
                </details>
            }
        </>
    }
}

/// How what `key` names is seen by those who open the link.
fn flag(desk: &AtDesk, share: &Share, key: String, title: String) -> Html {
    let is = |list: &[String]| list.contains(&key);
    let now = if is(&share.hidden) {
        HIDDEN
    } else if is(&share.locked) {
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
