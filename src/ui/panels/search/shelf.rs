//! Which indexes stand, and what can be done about them.

use yew::prelude::*;

use super::{named, save};
use crate::protocol::{Catalogue, EFFORTS, Export, KindInfo, PINNED_MAX, Recipe, Request, Section};
use crate::settings::{Knob, Value};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::controls::KnobControl;
use crate::ui::desk::AtDesk;
use crate::ui::field::checked;
use crate::ui::format;
use crate::ui::search::Bench;
use crate::ui::tags::tag;
use crate::ui::words::{help, name, say, words};

/// The kinds to choose from, how much the recipe's looks at, what is being built, and what can be asked for.
pub fn shelf(desk: &AtDesk, bench: &Bench, catalogue: &Catalogue, recipe: &Recipe) -> Html {
    let section = &recipe.index;
    let kinds = catalogue.sections.iter().filter(|info| info.key == "index");
    let kinds: Vec<&KindInfo> = kinds.flat_map(|info| &info.kinds).collect();
    let choices = kinds.iter().map(|kind| {
        let chosen = kind.kind == section.kind;
        let (desk, of) = (desk.clone(), kind.kind.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            desk.edit(
                "index",
                Section {
                    kind: of.clone(),
                    ..Section::default()
                },
            );
        });
        let key = ["index", kind.kind.as_str()];
        Html::from(
            button(name(&key), onclick)
                .class("chip")
                .title(help(&key).unwrap_or_default())
                .pressed(chosen),
        )
    });
    let kind = kinds.iter().find(|kind| kind.kind == section.kind);
    let effort = kind.and_then(|kind| kind.knobs.iter().find(|knob| EFFORTS.contains(&knob.key.as_str())));
    html! {
        <div class="shelf">
            <p class="kinds" role="group" aria-label={words("page.shelf.kinds")}>
                { tag("span", "name", words("page.shelf.kinds")) }{ for choices }
            </p>
            { for effort.map(|knob| dial(desk, section, knob)) }
            { doings(desk, bench, section) }
            { for (0..).zip(&bench.indexes.places).map(|(place, standing)| html! {
                <>
                    if let Some((phase, share)) = &standing.building {
                        <p class="building" role="status">
                            { say(&Message::new("page.shelf.building").with("index", named(bench, place))) }{ " " }
                            { name(&[phase]) }
                            <progress max="1" value={share.to_string()} />
                            { format::percent(f64::from(*share)) }
                        </p>
                    }
                    if let Some(why) = &standing.refused {
                        <p class="refusal">{ named(bench, place) }{ ": " }{ say(why) }</p>
                    }
                </>
            }) }
        </div>
    }
}

/// How much a search looks at.
fn dial(desk: &AtDesk, section: &Section, knob: &Knob) -> Html {
    let (desk, of, key) = (desk.clone(), section.clone(), knob.key.clone());
    let on_change = Callback::from(move |value: Value| {
        let mut section = of.clone();
        section.settings.insert(key.clone(), value);
        desk.edit("index", section);
    });
    let value = section.settings.get(&knob.key).unwrap_or(&knob.default).clone();
    html! { <KnobControl section="index" kind={section.kind.clone()} knob={knob.clone()} {value} {on_change} /> }
}

fn doings(desk: &AtDesk, bench: &Bench, section: &Section) -> Html {
    let act = |label: &'static str, title: &'static str, disabled: bool, then: Box<dyn Fn(&AtDesk)>| {
        let desk = desk.clone();
        let onclick = Callback::from(move |_: MouseEvent| then(&desk));
        Html::from(
            button(words(label), onclick)
                .class("chip")
                .title(words(title))
                .disabled(disabled),
        )
    };
    let busy = bench.indexes.measuring.is_some() || bench.indexes.places.iter().any(|place| place.building.is_some());
    let standing = bench
        .indexes
        .places
        .iter()
        .any(|place| place.built.is_some() || place.refused.is_some());
    let full = bench.shelf.pinned.len() >= PINNED_MAX;
    let pinned = section.clone();
    let keep = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            desk.shelve(|shelf| shelf.keep = checked(&event));
        })
    };
    if !standing && !busy && section.kind == "flat" {
        return tag("p", "help", words("page.shelf.exact"));
    }
    html! {
        <p class="doings">
            { act("page.shelf.pin", "page.shelf.pin.help", full, Box::new(move |desk| desk.pin(pinned.clone()))) }
            <label class="chip" title={words("page.shelf.keep.help")}>
                <input type="checkbox" checked={bench.shelf.keep} onchange={keep} />{ words("page.shelf.keep") }
            </label>
            { act("page.shelf.rebuild", "page.shelf.rebuild.help", busy, Box::new(|desk| desk.about_indexes(Request::Rebuild))) }
            { save(desk, "page.shelf.vectors", &[(".npy", Export::Npy), (".fvecs", Export::Fvecs), (".tsv", Export::Tsv), ("titles.tsv", Export::Titles)]) }
            if busy {
                { act("page.shelf.halt", "page.shelf.halt.help", false, Box::new(|desk| desk.about_indexes(Request::Halt))) }
            }
        </p>
    }
}
