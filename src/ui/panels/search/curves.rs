//! What was measured of indexes: recall against what they look at, against time, against a setting, against age.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::named;
use crate::protocol::{Aged, Catalogue, Measure, Measurement, Recipe};
use crate::settings::{Domain, Knob, Value};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::{FigureProps, Line};
use crate::ui::desk::AtDesk;
use crate::ui::field::option;
use crate::ui::format;
use crate::ui::part::{Own, Part, part};
use crate::ui::search::Bench;
use crate::ui::shared::Shared;
use crate::ui::tags::{tag, td};
use crate::ui::theme::Theme;
use crate::ui::words::{name, say, words};

/// Values of a whole setting that a sweep tries, as factors of the present one.
const FACTORS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];

/// The plane flatters an index that has to look at less than this share there.
const FLATTERED: f32 = 0.8;

/// Buttons that measure, and the curves that came of it.
pub fn curves(desk: &AtDesk, bench: &Bench, catalogue: &Catalogue, recipe: &Recipe, theme: Theme) -> Html {
    let standing = bench.indexes.places.iter().any(|standing| standing.built.is_some());
    if !standing {
        return Html::default();
    }
    let measure = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.measure(Measure::Curves))
    };
    let busy = bench.indexes.measuring;
    html! {
        <details class="curves">
            { tag("summary", "", words("page.curves.title")) }
            { tag("p", "help", words("page.curves.help")) }
            <p class="doings">
                { button(words("page.curves.measure"), measure).class("chip").disabled(busy.is_some()) }
                { sweeps(desk, catalogue, recipe, busy.is_some()) }
                { for busy.map(|share| html! { <progress max="1" value={share.to_string()} /> }) }
            </p>
            { part(MeasuredProps { points: bench.points.clone(), aged: bench.aged.clone(), names: [0, 1, 2].map(|place| named(bench, place)), swept: bench.swept.clone(), theme }) }
        </details>
    }
}

#[derive(PartialEq)]
struct MeasuredProps {
    points: Shared<Vec<Measurement>>,
    aged: Shared<Vec<Aged>>,
    /// Of the indexes, in their places.
    names: [String; 3],
    swept: Option<String>,
    theme: Theme,
}

/// A component of its own: it is drawn again only when something was measured.
impl Part for MeasuredProps {
    fn draw(&self, _: &AtDesk, _: &Own) -> Html {
        html! { <>{ figures(self) }{ aged(self) }{ table(self) }</> }
    }
}

/// The settings of the recipe's index that can be swept.
fn sweeps(desk: &AtDesk, catalogue: &Catalogue, recipe: &Recipe, disabled: bool) -> Html {
    let section = recipe.index.clone();
    let infos = catalogue.sections.iter().filter(|info| info.key == "index");
    let mut kinds = infos.flat_map(|info| &info.kinds);
    let Some(kind) = kinds.find(|kind| kind.kind == section.kind) else {
        return Html::default();
    };
    let knobs: Vec<Knob> = kind
        .knobs
        .iter()
        .filter(|knob| !values(knob, None).is_empty())
        .cloned()
        .collect();
    let options = knobs
        .iter()
        .map(|knob| option(knob.key.clone(), name(&["index", &kind.kind, &knob.key]), false));
    let options: Vec<Html> = options.collect();
    let desk = desk.clone();
    let onchange = Callback::from(move |event: Event| {
        let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else {
            return;
        };
        let key = select.value();
        select.set_value("");
        if let Some(knob) = knobs.iter().find(|knob| knob.key == key) {
            let values = values(knob, section.settings.get(&key));
            desk.measure(Measure::Sweep { key, values });
        }
    });
    html! {
        <label class="chip">
            { words("page.curves.sweep") }
            <select {disabled} {onchange}><option value="" selected=true></option>{ for options }</select>
        </label>
    }
}

/// The values that are tried of a setting: all of a choice, factors of a number within its bounds.
fn values(knob: &Knob, now: Option<&Value>) -> Vec<Value> {
    match &knob.domain {
        Domain::Choice(choices) => choices.iter().cloned().map(Value::Text).collect(),
        Domain::Whole { min, max } => {
            let now = match now.unwrap_or(&knob.default) {
                Value::Number(now) if *now > 0.0 => *now,
                // Chosen by itself: it will be about this.
                _ => 16.0,
            };
            let (min, max) = (f64::from(*min).max(1.0), f64::from(*max));
            let mut values: Vec<f64> = FACTORS
                .iter()
                .map(|factor| (now * factor).round().clamp(min, max))
                .collect();
            values.dedup();
            values.into_iter().map(Value::Number).collect()
        }
        _ => Vec::new(),
    }
}

/// The curves of indexes, or those of a sweep.
fn figures(bench: &MeasuredProps) -> Html {
    let theme = bench.theme;
    let palette = theme.palette();
    if bench.points.is_empty() {
        return Html::default();
    }
    let sound = || bench.points.iter().filter(|point| point.refused.is_none());
    if let Some(key) = &bench.swept {
        let against: fn(&Measurement) -> Option<f64> = |point| Some(point.bytes.into());
        let line = line(sound(), against, palette.accent, key.clone());
        return html! {
            { part(FigureProps { lines: vec![line], theme, title: words("page.curves.recall"), unit: words("page.curves.bytes.unit").to_owned(), help: words("page.curves.bytes.help"), empty: "", axis: "page.curves.bytes", ..FigureProps::default() }) }
        };
    }
    let colors = [palette.accent, palette.second, palette.ink];
    let lines = |against: fn(&Measurement) -> Option<f64>| {
        let mut lines = Vec::new();
        for ((place, name), color) in (0..).zip(&bench.names).zip(colors) {
            let own = sound().filter(|point| point.place == Some(place));
            lines.push(line(own, against, color, name.clone()));
        }
        let plane = sound().filter(|point| point.place.is_none());
        lines.push(line(
            plane,
            against,
            palette.muted,
            words("page.curves.plane").to_owned(),
        ));
        lines.retain(|line| !line.points.is_empty());
        lines
    };
    let timed = sound().any(|point| point.micros.is_some());
    html! {
        <>
            { part(FigureProps { lines: lines(|point| Some(f64::from(point.scanned) * 100.0)), theme, title: words("page.curves.recall"), unit: words("page.curves.scanned.unit").to_owned(), help: words("page.curves.scanned.help"), empty: "", axis: "page.curves.scanned", ..FigureProps::default() }) }
            if timed {
                { part(FigureProps { lines: lines(|point| point.micros.map(f64::from)), theme, title: words("page.curves.recall"), unit: words("page.curves.time.unit").to_owned(), help: words("page.curves.time.help"), empty: "", axis: "page.curves.time", ..FigureProps::default() }) }
            }
            { flattery(bench) }
        </>
    }
}

/// How much less has to be looked at on the plane, and why.
fn flattery(bench: &MeasuredProps) -> Html {
    let reaches = |place: Option<u32>| {
        let mut points = bench
            .points
            .iter()
            .filter(|point| point.place == place && point.recall >= 0.95);
        points.next().map(|point| point.scanned)
    };
    let own = bench.points.iter().find_map(|point| point.place);
    let (Some(all), Some(plane)) = (reaches(own), reaches(None)) else {
        return Html::default();
    };
    let flatters = plane < FLATTERED * all;
    let message = Message::new(if flatters {
        "page.curves.flatters"
    } else {
        "page.curves.alike"
    })
    .with("plane", format::percent(plane.into()))
    .with("all", format::percent(all.into()));
    tag("p", "help", say(&message))
}

fn line<'a>(
    points: impl Iterator<Item = &'a Measurement>,
    against: fn(&Measurement) -> Option<f64>,
    color: plotters::style::RGBColor,
    name: String,
) -> Line {
    let points = points.filter_map(|point| Some((against(point)?, f64::from(point.recall))));
    Line {
        points: points.collect(),
        color,
        label: Some(name.clone()),
        name,
        dots: true,
    }
}

/// Recall of kept indexes while the model trained on.
fn aged(bench: &MeasuredProps) -> Html {
    let theme = bench.theme;
    let palette = theme.palette();
    if bench.aged.len() < 2 {
        return Html::default();
    }
    let colors = [palette.accent, palette.second, palette.ink];
    let lines = bench
        .names
        .iter()
        .enumerate()
        .zip(colors)
        .map(|((place, name), color)| {
            let points = bench.aged.iter().filter_map(|aged| {
                let (_, recall) = aged.recalls.get(place).copied().flatten()?;
                Some((aged.step as f64, f64::from(recall)))
            });
            Line {
                points: points.collect(),
                color,
                label: Some(name.clone()),
                name: name.clone(),
                dots: false,
            }
        });
    let lines: Vec<Line> = lines.filter(|line| !line.points.is_empty()).collect();
    html! {
        { part(FigureProps { lines, theme, title: words("page.curves.aged"), unit: words("page.curves.aged.unit").to_owned(), help: words("page.curves.aged.help"), empty: "", axis: "page.step", ..FigureProps::default() }) }
    }
}

/// Everything that was measured, in numbers.
fn table(bench: &MeasuredProps) -> Html {
    if bench.points.is_empty() {
        return Html::default();
    }
    let heads = [
        "page.figures.index",
        "page.curves.at",
        "page.figures.recall",
        "page.curves.nearest",
        "page.curves.scanned",
        "page.figures.bytes",
        "page.figures.time",
    ];
    let rows = bench.points.iter().map(|point| {
        let of = match (point.place, &bench.swept) {
            (Some(place), _) => bench.names.get(place as usize).cloned().unwrap_or_default(),
            (None, Some(_)) => bench.names[0].clone(),
            (None, None) => words("page.curves.plane").to_owned(),
        };
        if let Some(why) = &point.refused {
            return html! { <tr><th scope="row">{ of }</th>{ td(point.at.clone()) }<td colspan="5">{ say(why) }</td></tr> };
        }
        let micros = point.micros.map(|micros| format::short(micros.into()) + "\u{a0}µs");
        html! {
            <tr>
                <th scope="row">{ of }</th>
                { td(point.at.clone()) }
                { td(format::percent(point.recall.into())) }
                { td(format::percent(point.nearest.into())) }
                { td(format::percent(point.scanned.into())) }
                { td(format::short(point.bytes.into())) }
                { td(micros.unwrap_or_default()) }
            </tr>
        }
    });
    html! {
        <div class="scrolls">
            <table>
                <thead><tr>{ for heads.map(|key| html! { <th scope="col">{ words(key) }</th> }) }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_tries_factors_of_a_number_within_its_bounds_and_every_choice() {
        let numbers = values(&Knob::whole("nprobe", 1, 40, 8), Some(&Value::Number(8.0)));
        assert_eq!(numbers, [2.0, 4.0, 8.0, 16.0, 32.0, 40.0].map(Value::Number));
        assert_eq!(values(&Knob::choice("bits", &["4", "8"], "4"), None).len(), 2);
        assert!(values(&Knob::flag("on", true), None).is_empty());
    }
}
