//! The loss and the quality of the run against its steps, with those of a run that was kept.

use yew::prelude::*;

use super::figure::FigureProps;
use super::lines::Line;
use crate::protocol::{Evaluated, Recipe};
use crate::text::Message;
use crate::ui::curve::Curve;
use crate::ui::format;
use crate::ui::glyph::COLORS;
use crate::ui::part::part;
use crate::ui::shared::Shared;
use crate::ui::state::Kept;
use crate::ui::sweep::{Trial, mean_and_deviation, spread, told};
use crate::ui::theme::{Palette, Theme};
use crate::ui::words::{say, words};

pub struct LossProps {
    pub losses: Shared<Curve>,
    pub kept: Option<Shared<Kept>>,
    /// Steps at which negatives, loss or rule became others.
    pub changes: Vec<f64>,
    pub theme: Theme,
}

/// The training loss: smoothed, with the values of single batches behind it.
pub fn loss_chart(props: &LossProps) -> Html {
    let lines = {
        let losses = &props.losses;
        let kept = &props.kept;
        let theme = props.theme;

        let palette = theme.palette();
        let smooth = losses.smooth();
        let kept = kept
            .iter()
            .map(|kept| stands_back(kept.losses.clone(), palette, "page.kept"));
        let raw = Line {
            points: losses.points().to_vec(),
            color: palette.faint,
            ..Line::default()
        };
        let label = smooth
            .last()
            .map(|&(_, loss)| format!("{} {}", words("page.loss"), format::short(loss)));
        let smooth = Line {
            points: smooth,
            color: palette.accent,
            label,
            name: words("page.loss").to_owned(),
            dots: false,
        };
        kept.chain([raw, smooth]).collect::<Vec<_>>()
    };
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.loss.title"), unit: words("page.loss.unit").to_owned(), help: words("page.loss.help"), empty: words("page.loss.empty"), axis: "page.step", marks: props.changes.clone(), ..FigureProps::default() }) }
    }
}

pub struct QualityProps {
    pub evaluations: Shared<Vec<Evaluated>>,
    pub kept: Option<Shared<Kept>>,
    pub changes: Vec<f64>,
    pub theme: Theme,
}

/// Recall and NDCG on the held-out events of validation, or AUC and GAUC where rows are judged.
pub fn quality_chart(props: &QualityProps) -> Html {
    let lines = {
        let evaluations = &props.evaluations;
        let kept = &props.kept;
        let theme = props.theme;

        let palette = theme.palette();
        let kept = kept.iter().flat_map(|kept| {
            [
                stands_back(curve(&kept.evaluations, "recall@"), palette, "page.kept.recall"),
                stands_back(curve(&kept.evaluations, "ndcg@"), palette, "page.kept.ndcg"),
            ]
        });
        let line = |start, name: &str, color| {
            let points = curve(evaluations, start);
            let last = points.last();
            Line {
                label: last.map(|&(_, value)| format!("{name} {}", format::short(value))),
                points,
                color,
                name: name.to_owned(),
                dots: true,
            }
        };
        let of_rows = evaluations.last().is_some_and(|evaluated| evaluated.rows > 0);
        let [first, second] = if of_rows {
            [("auc", "page.metric.auc"), ("gauc", "page.metric.gauc")]
        } else {
            [("recall@", "page.metric.recall"), ("ndcg@", "page.metric.ndcg")]
        };
        let own = [
            line(first.0, words(first.1), palette.accent),
            line(second.0, words(second.1), palette.second),
        ];
        kept.chain(own).collect::<Vec<_>>()
    };
    let last = props.evaluations.last();
    let unit = match last {
        Some(evaluated) if evaluated.rows > 0 => String::new(),
        _ => {
            let cut = last.and_then(cut_off).unwrap_or("20");
            say(&Message::new("page.quality.unit").with("cut", cut))
        }
    };
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.quality.title"), unit, help: words("page.quality.help"), empty: words("page.quality.empty"), axis: "page.step", from_zero: true, marks: props.changes.clone() }) }
    }
}

/// The quality of several runs against their steps, and of runs that differ in nothing but the seed the mean with a
/// standard deviation on either side.
pub fn race_chart(trials: &[Trial], of: &Recipe, theme: Theme) -> Html {
    let palette = theme.palette();
    let curves = trials.iter().map(|trial| {
        let rows = trial
            .story
            .evaluations
            .last()
            .is_some_and(|evaluated| evaluated.rows > 0);
        curve(&trial.story.evaluations, if rows { "auc" } else { "recall@" })
    });
    let curves: Vec<Vec<(f64, f64)>> = curves.collect();
    let mut lines: Vec<Line> = Vec::new();
    let seeds = spread(trials).is_some();
    for ((place, points), trial) in curves.iter().enumerate().zip(trials) {
        let name = format!("{} {}", place + 1, told(&trial.recipe, of));
        lines.push(Line {
            label: points.last().filter(|_| !seeds).map(|_| (place + 1).to_string()),
            points: points.clone(),
            color: if seeds {
                palette.faint
            } else {
                COLORS[place % COLORS.len()]
            },
            name,
            dots: !seeds,
        });
    }
    if seeds {
        let whole: Vec<_> = curves.iter().filter(|points| !points.is_empty()).collect();
        let len = whole.iter().map(|points| points.len()).min().unwrap_or(0);
        let band = |sign: f64| {
            let at = |place: usize| {
                let all: Vec<f64> = whole.iter().map(|points| points[place].1).collect();
                let (mean, deviation) = mean_and_deviation(&all);
                (whole[0][place].0, mean + sign * deviation)
            };
            (0..len).map(at).collect::<Vec<_>>()
        };
        for (sign, color, name) in [
            (-1.0, palette.muted, "page.race.less"),
            (1.0, palette.muted, "page.race.more"),
            (0.0, palette.accent, "page.race.mean"),
        ] {
            let points = band(sign);
            let label = points.last().map(|_| words(name).to_owned());
            lines.push(Line {
                points,
                color,
                label,
                name: words(name).to_owned(),
                dots: false,
            });
        }
    }
    html! {
        { part(FigureProps { lines, theme, title: words("page.race.chart"), unit: words("page.race.unit").to_owned(), help: words("page.race.chart.help"), empty: words("page.quality.empty"), axis: "page.step", from_zero: true, marks: Vec::new() }) }
    }
}

/// A curve of the run that was kept.
fn stands_back(points: Vec<(f64, f64)>, palette: Palette, name: &'static str) -> Line {
    Line {
        label: points.last().map(|_| words(name).to_owned()),
        points,
        color: palette.muted,
        name: words(name).to_owned(),
        dots: false,
    }
}

fn curve(evaluations: &[Evaluated], start: &str) -> Vec<(f64, f64)> {
    evaluations
        .iter()
        .filter(|evaluated| evaluated.on == "valid")
        .filter_map(|evaluated| Some((evaluated.step as f64, metric(evaluated, start)?)))
        .collect()
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
