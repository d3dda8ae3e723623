//! Whether as many clicks happen as are foretold.

use yew::prelude::*;

use super::figure::FigureProps;
use super::lines::Line;
use crate::protocol::Evaluated;
use crate::ui::format;
use crate::ui::part::part;
use crate::ui::shared::Shared;
use crate::ui::theme::Theme;
use crate::ui::words::words;

pub struct CalibrationProps {
    pub evaluations: Shared<Vec<Evaluated>>,
    pub theme: Theme,
}

/// Share of clicks against the mean chance, of ten classes of the rows last judged; nothing where no rows were.
pub fn calibration_chart(props: &CalibrationProps) -> Html {
    let lines = {
        let evaluations = &props.evaluations;
        let theme = props.theme;

        let palette = theme.palette();
        let last = evaluations.last();
        let classes = last.map_or(&[][..], |evaluated| &evaluated.calibration);
        // The table beside the chart says chances as they are.
        let tidy = |share: f32| (f64::from(share) * 1e4).round() / 1e4;
        let points: Vec<(f64, f64)> = classes.iter().map(|class| class.map(tidy).into()).collect();
        let highest = points.iter().fold(0.0, |highest: f64, at| highest.max(at.0).max(at.1));
        let ratio = last.and_then(|evaluated| evaluated.metrics.get("calibration"));
        let even = Line {
            points: vec![(0.0, 0.0), (highest, highest)],
            color: palette.muted,
            ..Line::default()
        };
        let own = Line {
            points,
            color: palette.accent,
            label: ratio.map(|&ratio| format::short(ratio)),
            name: words("page.calibration.happened").to_owned(),
            dots: true,
        };
        vec![even, own]
    };
    if lines.iter().all(|line| line.name.is_empty() || line.points.is_empty()) {
        return Html::default();
    }
    html! {
        { part(FigureProps { lines, theme: props.theme, title: words("page.calibration.title"), unit: words("page.calibration.unit").to_owned(), help: words("page.calibration.help"), empty: "", axis: "page.calibration.foretold", from_zero: true, ..FigureProps::default() }) }
    }
}
