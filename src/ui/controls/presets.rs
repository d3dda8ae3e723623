//! A paper's way of learning as one choice.

use yew::prelude::*;

use crate::protocol::{Catalogue, Preset, Recipe};
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::words::{help, name, words};

/// The sections that a preset speaks of.
const SECTIONS: [&str; 6] = ["encoder", "numeric", "model", "sampler", "loss", "optimizer"];

/// The choice among papers.
pub fn presets(desk: &AtDesk, catalogue: &Shared<Catalogue>, recipe: &Recipe) -> Html {
    // Of those that hold, the one that says most: a cascade is also what a single model sets.
    let fitting = catalogue.presets.iter().filter(|preset| holds(preset, recipe));
    let chosen = fitting.max_by_key(|preset| SECTIONS.iter().map(|key| said(preset, key)).sum::<usize>());
    let onchange = {
        let (desk, catalogue) = (desk.clone(), catalogue.clone());
        Callback::from(move |event: Event| {
            let wanted = value_of(&event);
            if let Some(preset) = catalogue.presets.iter().find(|preset| preset.key == wanted) {
                desk.apply(with(preset, &desk.state().recipe), |_| ());
            }
        })
    };
    let options = catalogue.presets.iter().map(|preset| {
        let selected = chosen.is_some_and(|chosen| chosen.key == preset.key);
        option(preset.key.clone(), name(&["preset", &preset.key]), selected)
    });
    html! {
        <div class="presets">
            <label for="presets">{ words("page.presets") }</label>
            <select id="presets" {onchange}>
                <option value="" selected={chosen.is_none()} disabled=true>{ words("page.presets.own") }</option>
                { for options }
            </select>
            if let Some(preset) = chosen {
                <p class="help">
                    { help(&["preset", &preset.key]).unwrap_or_default() }
                    { tag("span", "source", preset.source.clone()) }
                </p>
            }
        </div>
    }
}

/// How many settings of a section a preset sets.
fn said(preset: &Preset, key: &str) -> usize {
    preset.recipe.section(key).map_or(0, |section| section.settings.len())
}

/// The reader's recipe, learning as the preset does.
fn with(preset: &Preset, recipe: &Recipe) -> Recipe {
    let mut with = recipe.clone();
    for key in SECTIONS {
        if let (Some(place), Some(section)) = (with.section_mut(key), preset.recipe.section(key)) {
            place.clone_from(section);
        }
    }
    with.changes.clone_from(&preset.recipe.changes);
    with
}

/// Whether a recipe, every default filled in, learns as the preset does.
fn holds(preset: &Preset, recipe: &Recipe) -> bool {
    let agree = |key: &&str| match (preset.recipe.section(key), recipe.section(key)) {
        (Some(wanted), Some(found)) => {
            (wanted.kind.is_empty() || wanted.kind == found.kind)
                && wanted
                    .settings
                    .iter()
                    .all(|(key, value)| found.settings.get(key) == Some(value))
        }
        _ => false,
    };
    let steps = |recipe: &Recipe| recipe.changes.iter().map(|change| change.step).collect::<Vec<_>>();
    SECTIONS.iter().all(agree) && steps(&preset.recipe) == steps(recipe)
}
