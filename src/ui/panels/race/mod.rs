//! The race: recipes trained side by side in workers of their own, and what came of each.

mod table;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::protocol::{Catalogue, Recipe};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::race_chart;
use crate::ui::desk::AtDesk;
use crate::ui::download::download;
use crate::ui::field::option;
use crate::ui::format;
use crate::ui::part::{Own, Part};
use crate::ui::plain;
use crate::ui::shared::Shared;
use crate::ui::sweep::{Sweep, as_csv, seeds, spread, values};
use crate::ui::tags::tag;
use crate::ui::theme::Theme;
use crate::ui::words::{name, say, words};
use table::table;

/// Runs of one race at most.
const RUNS_MAX: usize = 16;

#[derive(PartialEq)]
pub struct RaceProps {
    pub race: Option<Shared<Sweep>>,
    /// What the reader lined up.
    pub lined_up: Shared<Vec<Recipe>>,
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub theme: Theme,
}

impl Part for RaceProps {
    fn draw(&self, desk: &AtDesk, own: &Own) -> Html {
        let RaceProps { race, lined_up, .. } = self;
        let running = race.as_ref().is_some_and(|race| race.running());
        let start = |key: &'static str, recipes: Vec<Recipe>| {
            let desk = desk.clone();
            let disabled = running || recipes.len() < 2;
            let onclick = Callback::from(move |_: MouseEvent| desk.race(recipes.clone()));
            let label = say(&Message::new(key).with("count", lined_up.len()));
            Html::from(button(label, onclick).disabled(disabled))
        };
        let add = {
            let (desk, recipe) = (desk.clone(), self.recipe.clone());
            Callback::from(move |_: MouseEvent| {
                desk.alter(|state| state.lined_up.make_mut().push((*recipe).clone()));
            })
        };
        let clear = {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| desk.alter(|state| state.lined_up = Shared::default()))
        };
        html! {
            <section class="panel race" aria-labelledby="race-title">
                <header><h2 id="race-title">{ words("page.race.title") }</h2></header>
                { tag("p", "help", words("page.race.help")) }
                <div class="buttons">
                    { start("page.race.seeds5", seeds(&self.recipe, 5)) }
                    { start("page.race.seeds10", seeds(&self.recipe, 10)) }
                </div>
                { self.values(desk, running) }
                <div class="buttons">
                    { button(words("page.race.add"), add).disabled(lined_up.len() >= RUNS_MAX) }
                    { start("page.race.start", lined_up.to_vec()) }
                    if !lined_up.is_empty() {
                        { button(words("page.race.clear"), clear) }
                    }
                </div>
                { for race.as_ref().map(|race| self.outcome(desk, own, race)) }
            </section>
        }
    }
}

impl RaceProps {
    /// A setting, and the values it is to have.
    fn values(&self, desk: &AtDesk, running: bool) -> Html {
        let settings = self.catalogue.sections.iter().flat_map(|info| {
            let section = self.recipe.section(&info.key);
            let kind = section.and_then(|section| info.kinds.iter().find(|kind| kind.kind == section.kind));
            let kind = kind.or_else(|| info.kinds.first());
            let knobs = kind.into_iter().flat_map(move |kind| {
                let knobs = kind.knobs.iter();
                knobs.map(move |knob| {
                    (
                        format!("{}.{}", info.key, knob.key),
                        name(&[&info.key, &kind.kind, &knob.key]),
                    )
                })
            });
            let of = name(&[&info.key]);
            let which = (info.kinds.len() > 1).then(|| (format!("{}.kind", info.key), of.clone()));
            which
                .into_iter()
                .chain(knobs.map(move |(key, knob)| (key, format!("{of}: {knob}"))))
        });
        let (desk, recipe) = (desk.clone(), self.recipe.clone());
        let onsubmit = Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let form = event.target_unchecked_into::<web_sys::Element>();
            let key = form.query_selector("select").ok().flatten();
            let key = key.map(|key| wasm_bindgen::JsCast::unchecked_into::<HtmlSelectElement>(key).value());
            let given = form.query_selector("input").ok().flatten();
            let given = given.map(|given| wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>(given).value());
            let mut recipes = values(&recipe, &key.unwrap_or_default(), &given.unwrap_or_default());
            recipes.truncate(RUNS_MAX);
            if recipes.is_empty() {
                desk.refuse(Message::new("page.race.no_values"));
            } else {
                desk.race(recipes);
            }
        });
        html! {
            <form class="buttons" {onsubmit}>
                <select aria-label={words("page.race.setting")}>
                    { for settings.map(|(key, label)| option(key.clone(), label, key == "loss.temperature")) }
                </select>
                <input type="text" aria-label={words("page.race.values")} placeholder={words("page.race.values")} value="0.05 0.1 0.2 0.4" />
                <button type="submit" disabled={running}>{ words("page.race.sweep") }</button>
            </form>
        }
    }

    /// How far it is, the curves, and the table.
    fn outcome(&self, desk: &AtDesk, own: &Own, race: &Shared<Sweep>) -> Html {
        let stop = {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| desk.stop_race())
        };
        let state = match &race.over {
            Some(why) => html! { <p class="outcome" role="status">{ say(why) }</p> },
            None => html! {
                <div class="outcome">
                    <span role="status">{ words("page.race.running") }</span>
                    <progress max="1" value={race.done().to_string()} aria-label={words("page.race.title")} />
                    { button(words("page.sweep.stop"), stop) }
                </div>
            },
        };
        let spread = spread(&race.trials).map(|(mean, deviation)| {
            let message = Message::new("page.race.spread").with("mean", format::short(mean));
            html! { <p class="outcome"><b>{ say(&message.with("deviation", format::short(deviation))) }</b></p> }
        });
        let save = |name: &'static str, text: fn(&Sweep) -> String| {
            let race = race.clone();
            let onclick = Callback::from(move |_: MouseEvent| download(name, text(&race).as_bytes()));
            Html::from(button(say(&Message::new("page.race.save").with("file", name)), onclick))
        };
        html! {
            <>
                { state }
                { race_chart(&race.trials, &race.of, self.theme) }
                { for spread }
                { table(desk, own, race) }
                <div class="buttons">
                    { save("runs.csv", |race| as_csv(&race.trials, &race.of)) }
                    { save("runs.json", |race| plain::of_runs(&race.trials)) }
                </div>
            </>
        }
    }
}
