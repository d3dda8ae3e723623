//! The loss and the quality of the run against its steps.

use yew::prelude::*;

use super::canvas::{Canvas, Frame};
use super::lines::{Line, Plot, paint};
use crate::protocol::Evaluated;
use crate::text::Message;
use crate::ui::curve::Curve;
use crate::ui::format;
use crate::ui::shared::Shared;
use crate::ui::theme::{Palette, Theme};
use crate::ui::words::{say, words};

/// Rows of the table that stands for a curve.
const TWIN_ROWS: usize = 8;

#[derive(PartialEq, Properties)]
pub struct LossProps {
    pub losses: Shared<Curve>,
    pub theme: Theme,
}

/// The training loss: smoothed, with the values of single batches behind it.
#[component]
pub fn LossChart(props: &LossProps) -> Html {
    let LossProps { losses, theme } = props;
    let paint = use_memo((losses.clone(), *theme), |(losses, theme)| {
        let (losses, palette) = (losses.clone(), theme.palette());
        Callback::from(move |frame: Frame| {
            let smooth = losses.smooth();
            let label = smooth
                .last()
                .map(|&(_, loss)| format!("{} {}", words("page.loss"), format::short(loss)));
            let raw = Line {
                points: losses.points().to_vec(),
                color: palette.faint,
                label: None,
                dots: false,
            };
            let smooth = Line {
                points: smooth,
                color: palette.accent,
                label,
                dots: false,
            };
            draw(frame, &[raw, smooth], false, palette);
        })
    });
    let points = losses.points();
    let every = points.len().div_ceil(TWIN_ROWS).max(1);
    let rows = points.iter().rev().step_by(every).map(|&(step, loss)| {
        html! { <tr><td>{ format::whole(step as u64) }</td><td>{ format::short(loss) }</td></tr> }
    });
    html! {
        <figure class="chart">
            <figcaption title={words("page.loss.help")}>
                { words("page.loss.title") }<span class="unit">{ words("page.loss.unit") }</span>
            </figcaption>
            <Canvas label={words("page.loss.canvas")} paint={(*paint).clone()} />
            if points.is_empty() {
                <p class="empty">{ words("page.loss.empty") }</p>
            }
            <table class="twin">
                <caption>{ words("page.loss.title") }</caption>
                <tr><th>{ words("page.step") }</th><th>{ words("page.loss") }</th></tr>
                { for rows }
            </table>
        </figure>
    }
}

#[derive(PartialEq, Properties)]
pub struct QualityProps {
    pub evaluations: Shared<Vec<Evaluated>>,
    pub theme: Theme,
}

/// Recall and NDCG on the held-out events of validation.
#[component]
pub fn QualityChart(props: &QualityProps) -> Html {
    let QualityProps { evaluations, theme } = props;
    let paint = use_memo((evaluations.clone(), *theme), |(evaluations, theme)| {
        let (evaluations, palette) = (evaluations.clone(), theme.palette());
        Callback::from(move |frame: Frame| {
            let lines = [
                curve(&evaluations, "recall@", words("page.metric.recall"), palette.accent),
                curve(&evaluations, "ndcg@", words("page.metric.ndcg"), palette.second),
            ];
            draw(frame, &lines, true, palette);
        })
    });
    let held_out = |evaluated: &&Evaluated| evaluated.on == "valid";
    let rows = evaluations
        .iter()
        .rev()
        .filter(held_out)
        .take(TWIN_ROWS)
        .map(|evaluated| {
            let value = |start| metric(evaluated, start).map_or_else(String::new, format::short);
            html! {
                <tr>
                    <td>{ format::whole(evaluated.step) }</td><td>{ value("recall@") }</td><td>{ value("ndcg@") }</td>
                </tr>
            }
        });
    let cut = evaluations
        .last()
        .and_then(|evaluated| cut_off(evaluated))
        .unwrap_or("20")
        .to_owned();
    html! {
        <figure class="chart">
            <figcaption title={words("page.quality.help")}>
                { words("page.quality.title") }
                <span class="unit">{ say(&Message::new("page.quality.unit").with("cut", cut)) }</span>
            </figcaption>
            <Canvas label={words("page.quality.canvas")} paint={(*paint).clone()} />
            if evaluations.is_empty() {
                <p class="empty">{ words("page.quality.empty") }</p>
            }
            <table class="twin">
                <caption>{ words("page.quality.title") }</caption>
                <tr>
                    <th>{ words("page.step") }</th>
                    <th>{ words("page.metric.recall") }</th>
                    <th>{ words("page.metric.ndcg") }</th>
                </tr>
                { for rows }
            </table>
        </figure>
    }
}

fn draw(frame: Frame, lines: &[Line], from_zero: bool, palette: Palette) {
    let scale = frame.scale;
    let plot = Plot {
        lines,
        steps: words("page.step"),
        from_zero,
        palette,
        scale,
    };
    if let Err(error) = paint(frame, &plot) {
        web_sys::console::error_1(&error.to_string().into());
    }
}

fn curve(evaluations: &[Evaluated], start: &str, name: &str, color: plotters::style::RGBColor) -> Line {
    let points: Vec<(f64, f64)> = evaluations
        .iter()
        .filter(|evaluated| evaluated.on == "valid")
        .filter_map(|evaluated| Some((evaluated.step as f64, metric(evaluated, start)?)))
        .collect();
    let label = points
        .last()
        .map(|&(_, value)| format!("{name} {}", format::short(value)));
    Line {
        points,
        color,
        label,
        dots: true,
    }
}

fn metric(evaluated: &Evaluated, start: &str) -> Option<f64> {
    evaluated
        .metrics
        .iter()
        .find(|(name, _)| name.starts_with(start))
        .map(|(_, &value)| value)
}

/// The length of the lists that were judged: the 20 of `recall@20`.
fn cut_off(evaluated: &Evaluated) -> Option<&str> {
    evaluated.metrics.keys().find_map(|name| name.strip_prefix("recall@"))
}
