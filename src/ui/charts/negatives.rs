//! What happens to the candidates: how far they drift, how many there are, how the loss weighs them, how popular they
//! are.

use plotters::style::RGBColor;
use yew::prelude::*;

use super::figure::FigureProps;
use super::lines::Line;
use crate::protocol::{Effect, Measured, NegativesPicture};
use crate::ui::format;
use crate::ui::part::part;
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::theme::{Palette, Theme};
use crate::ui::words::words;

pub struct MeasuredProps {
    pub measured: Shared<Vec<Measured>>,
    /// Steps at which negatives, loss or rule became others.
    pub changes: Vec<f64>,
    pub theme: Theme,
}

/// How far item vectors move over 1, 5 and 10 steps: figure 1 of CBNS (Wang et al., SIGIR 2021).
pub fn drift_chart(props: &MeasuredProps) -> Html {
    let lines = {
        let measured = &props.measured;
        let theme = props.theme;

        let palette = theme.palette();
        let line = |(place, interval): (usize, &str), color: RGBColor| {
            let points = measured
                .iter()
                .map(|point| (point.step as f64, f64::from(point.drift[place])));
            named(points.collect(), format!("Δt {interval}"), color)
        };
        let colors = [palette.muted, palette.second, palette.accent];
        let lines = ["1", "5", "10"].into_iter().enumerate().zip(colors);
        lines.map(|(at, color)| line(at, color)).collect::<Vec<_>>()
    };
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.drift.title"), unit: words("page.drift.unit").to_owned(), help: words("page.drift.help"), empty: words("page.drift.empty"), axis: "page.step", from_zero: true, marks: props.changes.clone() }) }
    }
}

/// How many negatives a row is compared with.
pub fn pool_chart(props: &MeasuredProps) -> Html {
    let lines = {
        let measured = &props.measured;
        let theme = props.theme;

        let points: Vec<(f64, f64)> = measured
            .iter()
            .map(|point| (point.step as f64, f64::from(point.pool)))
            .collect();
        let last = points.last().map_or(0.0, |&(_, pool)| pool);
        vec![Line {
            label: (!points.is_empty()).then(|| format::whole(last as u64)),
            ..named(points, words("page.pool.title").to_owned(), theme.palette().accent)
        }]
    };
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.pool.title"), unit: words("page.pool.unit").to_owned(), help: words("page.pool.help"), empty: words("page.pool.empty"), axis: "page.step", from_zero: true, marks: props.changes.clone() }) }
    }
}

pub struct RowChartProps {
    pub picture: Shared<NegativesPicture>,
    pub theme: Theme,
}

/// What temperature or margin do to the row.
pub fn effect_chart(props: &RowChartProps) -> Html {
    let lines = {
        let picture = &props.picture;
        let theme = props.theme;

        effect(&picture.effect, theme.palette())
    };
    let (title, help, axis, marks) = match &props.picture.effect {
        Effect::Temperature(_) => (
            "page.effect.temperature",
            "page.effect.temperature.help",
            "page.effect.rank",
            vec![],
        ),
        Effect::Margin { own, .. } => (
            "page.effect.margin",
            "page.effect.margin.help",
            "page.effect.margin.axis",
            vec![f64::from(*own)],
        ),
    };
    html! {
        <>
            { part(FigureProps { lines, theme: props.theme, title: words(title), unit: "".to_owned(), help: words(help), empty: "", axis, from_zero: true, marks }) }
            { tag("p", "help", words(help)) }
        </>
    }
}

/// Popularity of the negatives beside that of the events.
pub fn popularity_chart(props: &RowChartProps) -> Html {
    let lines = {
        let picture = &props.picture;
        let theme = props.theme;

        let palette = theme.palette();
        let line = |place: usize, name: &'static str, color| {
            let classes = picture.popularity.iter().enumerate();
            let points = classes.map(|(class, shares)| (class as f64 + 1.0, f64::from(shares[place])));
            Line {
                dots: true,
                ..named(points.collect(), words(name).to_owned(), color)
            }
        };
        vec![
            line(0, "page.popularity.events", palette.muted),
            line(1, "page.popularity.drawn", palette.second),
            line(2, "page.popularity.corrected", palette.accent),
        ]
    };
    html! {
        <>
            { part(FigureProps { lines, theme: props.theme, title: words("page.popularity.title"), unit: words("page.popularity.unit").to_owned(), help: words("page.popularity.help"), empty: "", axis: "page.popularity.axis", from_zero: true, ..FigureProps::default() }) }
            { tag("p", "help", words("page.popularity.help")) }
        </>
    }
}

fn effect(effect: &Effect, palette: Palette) -> Vec<Line> {
    match effect {
        Effect::Temperature(curves) => {
            let colors = [palette.second, palette.accent, palette.muted];
            let line = |((temperature, shares), color): (&(f32, Vec<f32>), RGBColor)| {
                let points = shares.iter().enumerate();
                let points = points.map(|(place, &share)| (place as f64 + 1.0, f64::from(share)));
                named(
                    points.collect(),
                    format!("τ {}", format::short(f64::from(*temperature))),
                    color,
                )
            };
            curves.iter().zip(colors).map(line).collect()
        }
        Effect::Margin { within, .. } => {
            let points = within
                .iter()
                .map(|&(margin, share)| (f64::from(margin), f64::from(share)));
            vec![named(
                points.collect(),
                words("page.effect.margin.within").to_owned(),
                palette.accent,
            )]
        }
    }
}

/// A curve with its name at its end.
fn named(points: Vec<(f64, f64)>, name: String, color: RGBColor) -> Line {
    Line {
        points,
        color,
        label: Some(name.clone()),
        name,
        dots: false,
    }
}
