//! How numbers and codes of ids look: a vector against its number, and how alike codes are.

use yew::prelude::*;

use super::figure::FigureProps;
use super::lines::Line;
use crate::protocol::FeaturesPicture;
use crate::ui::part::part;
use crate::ui::shared::Shared;
use crate::ui::theme::Theme;
use crate::ui::words::words;

/// Coordinates of a vector that are drawn.
const DRAWN: usize = 4;

pub struct FeatureChartProps {
    pub picture: Shared<FeaturesPicture>,
    pub theme: Theme,
}

/// The first coordinates of the vector of a number against the number.
pub fn number_chart(props: &FeatureChartProps) -> Html {
    let lines = {
        let picture = &props.picture;
        let theme = props.theme;

        let palette = theme.palette();
        let colors = [palette.accent, palette.second, palette.muted, palette.ink];
        let mut lines = Vec::new();
        if let Some(number) = &picture.number {
            let width = number.width as usize;
            for (column, color) in (0..width.min(DRAWN)).zip(colors) {
                let values = number.vectors.iter().skip(column).step_by(width.max(1));
                let points = number.values.iter().zip(values);
                let name = format!("{} {}", words("page.lab.coordinate"), column + 1);
                lines.push(Line {
                    points: points.map(|(x, y)| (f64::from(*x), f64::from(*y))).collect(),
                    color,
                    label: Some((column + 1).to_string()),
                    name,
                    dots: false,
                });
            }
        }
        lines
    };
    let at = props.picture.number.iter().map(|number| f64::from(number.at));
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.lab.curve"), unit: words("page.lab.curve.unit").to_owned(), help: words("page.lab.curve.help"), empty: "", axis: "page.lab.curve.axis", marks: at.collect::<Vec<_>>(), ..FigureProps::default() }) }
    }
}

/// Cosines of the codes of ids that follow each other, and of any two.
pub fn codes_chart(props: &FeatureChartProps) -> Html {
    let lines = {
        let picture = &props.picture;
        let theme = props.theme;

        let palette = theme.palette();
        let codes = picture.ids.iter().flat_map(|ids| &ids.codes);
        let names = ["page.lab.codes.next", "page.lab.codes.any"];
        let lines = codes.zip(names).zip([palette.accent, palette.second]);
        let lines = lines.map(|((counts, name), color)| {
            let n = counts.len() as f64;
            let all: u32 = counts.iter().sum();
            let at = |place: usize| 2.0 * (place as f64 + 0.5) / n;
            let share = |count: &u32| f64::from(*count) / f64::from(all.max(1));
            Line {
                points: counts
                    .iter()
                    .enumerate()
                    .map(|(place, count)| (at(place), share(count)))
                    .collect(),
                color,
                label: Some(words(name).to_owned()),
                name: words(name).to_owned(),
                dots: false,
            }
        });
        lines.collect::<Vec<_>>()
    };
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.lab.codes"), unit: words("page.lab.codes.unit").to_owned(), help: words("page.lab.codes.help"), empty: "", axis: "page.lab.codes.axis", from_zero: true, ..FigureProps::default() }) }
    }
}
