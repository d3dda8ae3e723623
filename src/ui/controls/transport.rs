//! The transport: from the first step to the last, and how far it is.

use yew::prelude::*;

use crate::decimal::written;
use crate::protocol::{Recipe, RunState, Status};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::format;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Steps in ten seconds that can be chosen; 0 for as fast as it goes.
const SPEEDS: [u32; 8] = [1, 5, 10, 50, 200, 1_000, 5_000, 0];

#[derive(PartialEq)]
pub struct TransportProps {
    pub progress: Shared<RunState>,
    pub recipe: Shared<Recipe>,
    pub playing: bool,
    pub speed: u32,
    /// The furthest step that is known.
    pub reach: u64,
}

impl Part for TransportProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let TransportProps {
            progress,
            recipe,
            speed,
            reach,
            ..
        } = self;
        let running = matches!(progress.status, Status::Training | Status::Evaluating);
        let idle = matches!(progress.status, Status::Empty | Status::Loading);
        let over = matches!(progress.status, Status::Finished | Status::Failed);
        let reset = with(desk, |desk| desk.reset());
        let step = {
            let next = progress.step + 1;
            with(desk, move |desk| desk.run_to(next, |_| ()))
        };
        let back = {
            let before = progress.step.saturating_sub(1);
            with(desk, move |desk| desk.run_to(before, |_| ()))
        };
        let play = with(desk, move |desk| match (running, over) {
            (true, _) => desk.pause(|_| ()),
            (false, true) => desk.play_again(),
            (false, false) => desk.play(),
        });
        let play_name = words(match (running, over) {
            (true, _) => "page.transport.pause",
            (false, true) => "page.transport.again",
            (false, false) => "page.transport.play",
        });
        let reseed = {
            let recipe = recipe.clone();
            with(desk, move |desk| {
                desk.apply(
                    Recipe {
                        seed: recipe.seed.wrapping_add(1),
                        ..(*recipe).clone()
                    },
                    |_| (),
                )
            })
        };
        let onchange = {
            let desk = desk.clone();
            Callback::from(move |event: Event| {
                if let Ok(speed) = value_of(&event).parse() {
                    desk.speed(speed);
                }
            })
        };
        let seed = say(&Message::new("page.transport.seed").with("seed", recipe.seed));
        html! {
            <div class="transport" role="toolbar" aria-label={words("page.transport")}>
                { button(icon("M4 4v6h6M4.6 10A8 8 0 1 1 4 13"), reset).title(words("page.transport.reset.help")).name(words("page.transport.reset")) }
                { button(html! { <>if running {
                        { icon("M8 5v14M16 5v14") }
                    } else {
                        { icon("M7 4.5v15l12-7.5z") }
                    }</> }, play).class("primary play").title(play_name).name(play_name).disabled(idle) }
                { button(icon("M18 5v14l-9-7zM6 5v14"), back).title(words("page.transport.back.help")).name(words("page.transport.back")).disabled(idle || running || progress.step == 0) }
                { button(icon("M6 5v14l9-7zM18 5v14"), step).title(words("page.transport.step.help")).name(words("page.transport.step")).disabled(idle || over || running) }
                { button(seed, reseed).class("seed").title(words("page.transport.reseed.help")).name(words("page.transport.reseed")) }
                <select class="speed" aria-label={words("page.transport.speed")} title={words("page.transport.speed.help")} {onchange}>
                    { for SPEEDS.iter().map(|choice| option(choice.to_string(), speed_name(*choice), choice == speed)) }
                </select>
                { counters(progress, scrubber(desk, progress, *reach)) }
            </div>
        }
    }
}

/// Counters, the bar, and the time that is left.
fn counters(state: &RunState, scrubber: Html) -> Html {
    let epochs = state.last_step.checked_div(state.steps_per_epoch).unwrap_or(0);
    let running = matches!(state.status, Status::Training | Status::Evaluating);
    let rate = state
        .steps_per_second
        .filter(|rate| running && *rate > 0.0)
        .map(f64::from);
    let left = rate
        .filter(|_| state.status == Status::Training)
        .map(|rate| format::duration(state.last_step.saturating_sub(state.step) as f64 / rate));
    let (status, class) = status(state.status);
    html! {
        <div class="progress">
            <span class={classes!("status", class)} role="status">{ words(status) }</span>
            <span class="counter" title={words("page.transport.steps.help")}>
                <b>{ format::whole(state.step) }</b>{ " / " }{ format::whole(state.last_step) }
                { tag("span", "unit", words("page.transport.steps")) }
            </span>
            <span class="counter" title={words("page.transport.epochs.help")}>
                <b>{ format::whole(state.epoch) }</b>{ " / " }{ format::whole(epochs) }
                { tag("span", "unit", words("page.transport.epochs")) }
            </span>
            { scrubber }
            <span class="left">
                { for left.map(|left| say(&Message::new("page.transport.left").with("time", left))) }
            </span>
            <span class="rate">
                { for rate.map(|rate| say(&Message::new("page.transport.rate").with("rate", format::whole(rate.round() as u64)))) }
            </span>
        </div>
    }
}

/// The way of the run: how far it has come, and where it stands, which can be moved.
fn scrubber(desk: &AtDesk, state: &RunState, reach: u64) -> Html {
    let max = state.last_step.max(1).to_string();
    let desk = desk.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Ok(step) = value_of(&event).parse() {
            desk.run_to(step, |_| ());
        }
    });
    html! {
        <div class="scrubber">
            <progress max={max.clone()} value={reach.to_string()} aria-hidden="true" />
            <input type="range" min="0" {max} value={state.step.to_string()} {oninput}
                aria-label={words("page.transport.scrub")} title={words("page.transport.scrub.help")} />
        </div>
    }
}

fn status(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Empty => ("page.status.empty", "empty"),
        Status::Loading => ("page.status.loading", "loading"),
        Status::Paused => ("page.status.paused", "paused"),
        Status::Training => ("page.status.training", "training"),
        Status::Evaluating => ("page.status.evaluating", "training"),
        Status::Finished => ("page.status.finished", "finished"),
        Status::Failed => ("page.status.failed", "failed"),
    }
}

fn speed_name(speed: u32) -> String {
    match speed {
        0 => words("page.transport.fastest").to_owned(),
        speed => say(&Message::new("page.transport.rate").with("rate", written(f64::from(speed) / 10.0))),
    }
}

fn with(desk: &AtDesk, act: impl Fn(&AtDesk) + 'static) -> Callback<MouseEvent> {
    let desk = desk.clone();
    Callback::from(move |_| act(&desk))
}

fn icon(path: &'static str) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg>
    }
}
