//! The layout: transport above, recipe at the left, the view in the middle, metrics and the selected user at the right.
//! On a phone one of the three at a time.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, KeyboardEvent, Window};
use yew::prelude::*;

use super::api;
use super::charts::{
    CalibrationProps, LossProps, MeasuredProps, QualityProps, calibration_chart, drift_chart, loss_chart, pool_chart,
    quality_chart,
};
use super::controls::{PipelineProps, TransportProps};
use super::desk::{AtDesk, Desk};
use super::map::Motion;
use super::panels::{
    ColumnsProps, DataProps, InsideProps, LabProps, MapPanel, MetricsProps, NegativesProps, NoticeProps, PersonalProps,
    RaceProps, SearchProps, ShareProps, SweepProps, UserProps, take_dropped,
};
use super::part::part;
use super::state::{Action, Sheet, State};
use super::theme::Theme;
use super::words::{name, words};
use crate::ui::button::button;
use crate::ui::tags::tag;

/// The whole page.
#[component]
pub fn App() -> Html {
    let changes = use_state(|| 0u32);
    let desk = {
        let changes = changes.setter();
        use_memo((), move |()| open(changes))
    };
    let state = desk.state();
    html! {
        <ContextProvider<AtDesk> context={(*desk).clone()}>
            { page(&desk, &state) }
        </ContextProvider<AtDesk>>
    }
}

/// A desk whose changes are drawn once a frame, however many there were.
fn open(draw: UseStateSetter<u32>) -> AtDesk {
    let count = Rc::new(Cell::new(0u32));
    let motion = Motion::new(move |_| {
        count.set(count.get().wrapping_add(1));
        draw.set(count.get());
        false
    });
    let desk = Desk::open(Callback::from(move |()| motion.wake()));
    api::hang_up(&desk);
    if let Some(window) = web_sys::window() {
        turn_by_keys(&window, desk.clone()).forget();
        take_dropped(&window, &desk);
    }
    desk
}

/// Undo and redo by the usual keys, but not while something is typed, which has an undo of its own.
fn turn_by_keys(window: &Window, desk: AtDesk) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(window, "keydown", options, move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        let typed = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let typed = typed.is_some_and(|input| input.type_() != "range" && input.type_() != "checkbox");
        let trail = desk.state().trail;
        let there = match key.key().as_str() {
            _ if typed || !(key.ctrl_key() || key.meta_key()) => None,
            "z" => trail.past.last(),
            "y" | "Z" => trail.future.last(),
            _ => None,
        };
        if let Some(recipe) = there {
            event.prevent_default();
            desk.turn_to(recipe.clone());
        }
    })
}

fn page(desk: &AtDesk, state: &State) -> Html {
    let sheet = match state.sheet {
        Sheet::View => "shows-view",
        Sheet::Recipe => "shows-recipe",
        Sheet::Metrics => "shows-metrics",
    };
    html! {
        <div class={classes!("page", sheet)}>
            <header class="top">
                <h1>{ words("page.title") }</h1>
                { part(TransportProps { progress: state.progress.clone(), recipe: state.recipe.clone(), playing: state.playing, speed: state.speed, reach: state.reach() }) }
                { theme_button(desk, state.theme) }
            </header>
            { part(NoticeProps { notice: state.notice.clone(), working: state.working.clone(), progress: state.progress.clone() }) }
            <main>
                <aside class="recipe" aria-label={words("page.recipe")}>
                    { part(DataProps { dataset: state.progress.dataset.clone(), notices: state.notices.clone() }) }
                    { part(PipelineProps { catalogue: state.catalogue.clone(), recipe: state.recipe.clone(), advice: state.advice.clone(), since: state.since(), trail: state.trail.clone(), hidden: state.share.hidden.clone(), locked: state.share.locked.clone() }) }
                    { part(ShareProps { share: state.share.clone(), catalogue: state.catalogue.clone(), recipe: state.recipe.clone(), keyframes: state.progress.keyframes }) }
                </aside>
                { tag("div", "view", view(state)) }
                <aside class="metrics" aria-label={words("page.metrics")}>
                    <section class="panel">
                        { curves(state) }
                        { keep(desk, state) }
                        { part(MetricsProps { evaluations: state.story.evaluations.clone(), kept: state.kept.clone() }) }
                    </section>
                    { part(UserProps { card: state.card.clone(), names: state.names.clone(), focus: state.focus }) }
                </aside>
            </main>
            { tabs(desk, state.sheet) }
            if state.hovering {
                { tag("div", "drop-zone", tag("p", "", words("page.data.drop_here"))) }
            }
        </div>
    }
}

/// The curves of the run against its steps.
fn curves(state: &State) -> Html {
    let changes: Vec<f64> = state.recipe.changes.iter().map(|change| change.step as f64).collect();
    html! {
        <>
            { loss_chart(&LossProps { losses: state.story.losses.clone(), kept: state.kept.clone(), changes: changes.clone(), theme: state.theme }) }
            { quality_chart(&QualityProps { evaluations: state.story.evaluations.clone(), kept: state.kept.clone(), changes: changes.clone(), theme: state.theme }) }
            { calibration_chart(&CalibrationProps { evaluations: state.story.evaluations.clone(), theme: state.theme }) }
            if state.progress.dataset.rows == 0 {
                { pool_chart(&MeasuredProps { measured: state.story.measured.clone(), changes: changes.clone(), theme: state.theme }) }
                { drift_chart(&MeasuredProps { measured: state.story.measured.clone(), changes, theme: state.theme }) }
            }
        </>
    }
}

/// The button that keeps the curves of this run beside those of the next, or lets them go.
fn keep(desk: &AtDesk, state: &State) -> Html {
    let keep = state.kept.is_none();
    let desk = desk.clone();
    let onclick = Callback::from(move |_: MouseEvent| desk.act(Action::Keep(keep)));
    let label = words(if keep { "page.kept.keep" } else { "page.kept.forget" });
    let kept = state.kept.iter().map(|kept| {
        let kinds = ["model", "sampler", "loss"].map(|key| {
            let kind = kept.recipe.section(key).map_or("", |section| section.kind.as_str());
            name(&[key, kind])
        });
        html! { <p class="help">{ words("page.kept.what") }{ " " }{ kinds.join(" · ") }</p> }
    });
    html! {
        <div class="keep">
            { button(label, onclick).disabled(keep && state.story.losses.points().is_empty()) }
            { for kept }
        </div>
    }
}

fn view(state: &State) -> Html {
    let inside = state.inside.clone();
    let inside = inside.filter(|picture| Some(picture.user) == state.focus.user);
    html! {
        <>
            if let Some(wanted) = &state.columns {
                { part(ColumnsProps { wanted: wanted.clone(), catalogue: state.catalogue.clone() }) }
            }
            <MapPanel
                picture={state.map.clone()}
                names={state.names.clone()}
                card={state.card.clone()}
                focus={state.focus}
                theme={state.theme}
                begun={state.run > 0}
                recipe={state.recipe.clone()}
                kept={state.earlier.iter().chain(&state.kept).cloned().collect::<Vec<_>>()}
                caught={state.caught.clone()}
                inside={inside.clone()}
                index={state.bench.on_map.clone()}
            />
            if let Some(picture) = inside {
                { part(InsideProps { picture, names: state.names.clone(), focus: state.focus }) }
            }
            { part(LabProps { picture: state.features.clone(), look: state.lab.clone(), theme: state.theme }) }
            { part(NegativesProps { picture: state.negatives.clone(), names: state.names.clone(), loss: state.progress.loss, theme: state.theme }) }
            if state.reads_queries() {
                { part(PersonalProps {
                    personal: state.personal.clone(),
                    names: state.names.clone(),
                    focus: state.focus,
                    made: state.notices.iter().any(|notice| notice.key == "data.queries_made"),
                }) }
            }
            { part(SearchProps { query: state.query.clone(), found: state.found.clone(), not_found: state.not_found.clone(), names: state.names.clone(), focus: state.focus, bench: state.bench.clone(), catalogue: state.catalogue.clone(), recipe: state.recipe.clone(), theme: state.theme }) }
            { part(RaceProps { race: state.race.clone(), lined_up: state.lined_up.clone(), catalogue: state.catalogue.clone(), recipe: state.recipe.clone(), theme: state.theme }) }
            { part(SweepProps { sweep: state.sweep.clone(), catalogue: state.catalogue.clone(), recipe: state.recipe.clone(), advice: state.advice.clone(), sizes: state.sizes.clone(), theme: state.theme }) }
        </>
    }
}

fn theme_button(desk: &AtDesk, theme: Theme) -> Html {
    let desk = desk.clone();
    let onclick = Callback::from(move |_: MouseEvent| desk.wear(theme.other()));
    let label = words(match theme {
        Theme::Light => "page.theme.dark",
        Theme::Dark => "page.theme.light",
    });
    Html::from(
        button(
            html! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <circle cx="12" cy="12" r="8" /><path class="filled" d="M12 4a8 8 0 0 1 0 16z" />
            </svg> },
            onclick,
        )
        .class("theme")
        .title(label)
        .name(label),
    )
}

/// Which sheet a phone shows.
fn tabs(desk: &AtDesk, shown: Sheet) -> Html {
    let tab = |sheet: Sheet, key: &'static str| {
        let desk = desk.clone();
        let onclick = Callback::from(move |_: MouseEvent| desk.show(sheet));
        Html::from(button(words(key), onclick).current(sheet == shown))
    };
    html! {
        <nav class="tabs" aria-label={words("page.tabs")}>
            { tab(Sheet::Recipe, "page.recipe") }
            { tab(Sheet::View, "page.map.title") }
            { tab(Sheet::Metrics, "page.metrics") }
        </nav>
    }
}
