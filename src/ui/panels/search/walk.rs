//! A search step by step: forward and back, or by itself in slow motion.

use yew::prelude::*;

use super::named;
use crate::protocol::{Request, Stride};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::number_of;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::search::Bench;
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Of the table of code scores, the parts and codes that are drawn at most.
const PARTS: usize = 16;
const CODES: usize = 32;

#[derive(PartialEq)]
pub struct WalkProps {
    pub bench: Shared<Bench>,
    pub names: Shared<Names>,
}

impl Part for WalkProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let WalkProps { bench, names } = self;
        let Some(walked) = &bench.walked else {
            return Html::default();
        };
        let step = |label: &'static str, to: usize, disabled: bool| {
            let desk = desk.clone();
            let onclick = Callback::from(move |_: MouseEvent| {
                desk.bench(|bench| {
                    bench.playing = false;
                    bench.play_to(to);
                });
            });
            Html::from(button(words(label), onclick).name(words(label)).disabled(disabled))
        };
        let last = walked.steps.len().saturating_sub(1);
        let at = bench.stride.min(last);
        let play = {
            let desk = desk.clone();
            let again = at == last;
            Callback::from(move |_: MouseEvent| {
                desk.bench(|bench| {
                    if again && !bench.playing {
                        bench.play_to(0);
                    }
                    bench.playing = !bench.playing;
                });
                desk.go_on();
            })
        };
        let scrub = {
            let desk = desk.clone();
            Callback::from(move |event: InputEvent| {
                desk.bench(|bench| bench.play_to(number_of(&event) as usize));
            })
        };
        let close = {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| desk.bench(Bench::stop_walking))
        };
        let vectors = (1..=walked.vectors).filter(|_| walked.vectors > 1).map(|vector| {
            let desk = desk.clone();
            let request = Request::Walk {
                place: walked.place,
                vector: vector - 1,
            };
            let onclick = Callback::from(move |_: MouseEvent| desk.about_indexes(request.clone()));
            let pressed = walked.vector + 1 == vector;
            Html::from(button(vector, onclick).class("chip").pressed(pressed))
        });
        let count = Message::new("page.walk.step")
            .with("step", at + 1)
            .with("steps", walked.steps.len());
        let more = (walked.more > 0)
            .then(|| say(&Message::new("page.walk.more").with("more", format::whole(walked.more.into()))));
        html! {
            <div class="walk" role="group" aria-label={words("page.walk.title")}>
                <h3>{ words("page.walk.title") }{ " " }{ named(bench, walked.place) }</h3>
                if walked.vectors > 1 {
                    <p class="kinds">{ words("page.walk.vector") }{ for vectors }</p>
                }
                <p class="stepper">
                    { step("page.walk.back", at.saturating_sub(1), at == 0) }
                    { button(words(if bench.playing { "page.walk.pause" } else { "page.walk.play" }), play).class("primary") }
                    { step("page.walk.forward", at + 1, at == last) }
                    { tag("span", "unit", say(&count)) }
                    { button(words("page.walk.close"), close) }
                </p>
                <input
                    type="range"
                    min="0"
                    max={last.to_string()}
                    value={at.to_string()}
                    aria-label={words("page.walk.scrub")}
                    oninput={scrub}
                />
                <p class="said" aria-live="polite">{ for walked.steps.get(at).map(|stride| said(stride, names)) }</p>
                { for walked.steps.get(at).map(table) }
                { best(bench, names) }
                { for more.map(|more| tag("p", "help", more)) }
            </div>
        }
    }
}

/// The best so far.
fn best(bench: &Bench, names: &Names) -> Html {
    let Some(played) = bench.played() else {
        return Html::default();
    };
    let compared = Message::new("page.walk.compared").with("count", format::whole(played.compared));
    let items = played.best.iter().map(|(item, score)| {
        html! {
            <li key={*item}>{ names.title(*item).to_owned() }{ tag("span", "value", format::short((*score).into())) }</li>
        }
    });
    html! {
        <>
            { tag("p", "unit", say(&compared)) }
            <ol class="best">{ for items }</ol>
        </>
    }
}

/// What a step does, and why.
fn said(stride: &Stride, names: &Names) -> String {
    let score = |score: f32| format::short(score.into());
    let title = |item: u32| names.title(item).to_owned();
    say(&match stride {
        Stride::Cells { opened, count, .. } => Message::new("page.walk.cells")
            .with("count", format::whole((*count).into()))
            .with("opened", format::whole((*opened).into())),
        Stride::Cell { cell, rows } => Message::new("page.walk.cell")
            .with("cell", cell)
            .with("rows", format::whole((*rows).into())),
        Stride::Table { parts, values } => Message::new("page.walk.table")
            .with("parts", parts)
            .with("codes", values.len() / (*parts).max(1) as usize),
        Stride::Kept { items, out } => match (&items[..], out) {
            ([(item, of)], Some(out)) => Message::new("page.walk.kept")
                .with("title", title(*item))
                .with("score", score(*of))
                .with("out", title(*out)),
            _ => Message::new("page.walk.filled").with("count", items.len()),
        },
        Stride::Refined { rows } => Message::new("page.walk.refined").with("rows", rows),
        Stride::Descended {
            layer,
            from,
            to,
            compared,
            ..
        } => Message::new(match compared {
            0 => "page.walk.alone",
            _ if from == to => "page.walk.lowered",
            _ => "page.walk.descended",
        })
        .with("layer", layer)
        .with("from", title(*from))
        .with("to", title(*to))
        .with("compared", compared),
        Stride::Expanded { item, met } => Message::new("page.walk.expanded")
            .with("title", title(*item))
            .with("met", met.len()),
        Stride::Stopped {
            next: Some(next),
            worst: Some(worst),
        } => Message::new("page.walk.stopped")
            .with("next", score(*next))
            .with("worst", score(*worst)),
        Stride::Stopped { .. } => Message::new("page.walk.all"),
    })
}

/// The table of code scores as tiles: what is lighter adds more.
fn table(stride: &Stride) -> Html {
    let Stride::Table { parts, values } = stride else {
        return Html::default();
    };
    let codes = values.len() / (*parts).max(1) as usize;
    if codes == 0 {
        return Html::default();
    }
    let (low, high) = values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| {
            (low.min(x), high.max(x))
        });
    let tiles = values.chunks_exact(codes).take(PARTS).enumerate().flat_map(|(part, row)| {
        row.iter().take(CODES).enumerate().map(move |(code, value)| {
            let share = (value - low) / (high - low).max(f32::MIN_POSITIVE);
            html! {
                <rect x={code.to_string()} y={part.to_string()} width="1" height="0.9" opacity={format::short(share.into())} />
            }
        })
    });
    let shown = (*parts as usize).min(PARTS);
    html! {
        <svg class="adc" viewBox={format!("0 0 {} {shown}", codes.min(CODES))} preserveAspectRatio="none" role="img" aria-label={words("page.walk.tiles")}>
            { for tiles }
        </svg>
    }
}
