//! Quality against size: how good a model is with how small a share of the numbers.

use plotters::style::RGBColor;
use yew::prelude::*;

use super::axis::Reading;
use super::canvas::{Canvas, Frame};
use super::figure::paint_or_say;
use super::lines::{Line, Plot};
use crate::ui::desk::AtDesk;
use crate::ui::glyph::COLORS;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::sweep::{Outcome, Trial, full};
use crate::ui::tags::tag;
use crate::ui::theme::{Palette, Theme};
use crate::ui::words::{name, words};

/// How far a colour moves towards that of text, so that what is written in it can be read.
const TOWARDS_INK: f64 = 0.35;

#[derive(PartialEq)]
pub struct SizeProps {
    pub trials: Shared<Vec<Trial>>,
    /// What quality is: `Recall@20`.
    pub unit: String,
    pub theme: Theme,
}

/// A curve for each kind, smaller to the right, and a level line for the full table. The panel's table stands for it
/// where it cannot be seen.
impl Part for SizeProps {
    fn draw(&self, _: &AtDesk, _: &Own) -> Html {
        let paint = {
            let palette = self.theme.palette();
            let lines = lines(&self.trials, palette);
            let axis = axis(&self.trials);
            Callback::from(move |frame: Frame| {
                let scale = frame.scale;
                let plot = Plot {
                    lines: &lines,
                    across: Reading::Halvings,
                    axis,
                    from_zero: false,
                    marks: &[],
                    palette,
                    scale,
                };
                paint_or_say(frame, &plot);
            })
        };
        html! {
            <figure class="chart sizes">
                <figcaption title={words("page.sweep.chart.help")}>
                    { words("page.sweep.chart") }{ tag("span", "unit", self.unit.clone()) }
                </figcaption>
                <Canvas label={words("page.sweep.chart.help")} {paint} />
            </figure>
        }
    }
}

/// What stands across: shares, or numbers where the full table could not be trained.
fn axis(trials: &[Trial]) -> &'static str {
    match full(trials) {
        Some(_) => "page.sweep.share",
        None => "page.sweep.all_numbers",
    }
}

/// The curves: halvings of the full model's numbers against quality.
fn lines(trials: &[Trial], palette: Palette) -> Vec<Line> {
    let whole = full(trials).unwrap_or(1) as f64;
    let point = |trial: &Trial| match trial.outcome {
        Outcome::Trained {
            parameters, quality, ..
        } => Some((libm::log2(whole / parameters as f64), quality)),
        _ => None,
    };
    let mut kinds: Vec<&str> = Vec::new();
    for trial in trials.iter().filter(|trial| trial.share.is_some()) {
        if !kinds.contains(&trial.kind.as_str()) {
            kinds.push(&trial.kind);
        }
    }
    let mut lines = Vec::with_capacity(kinds.len() + 2);
    for trial in trials.iter().filter(|trial| trial.share.is_none()) {
        if let Some((at, quality)) = point(trial) {
            let last = trials.iter().filter_map(point).map(|(at, _)| at).fold(at, f64::max);
            let label = Some(name(&["encoder", &trial.kind]));
            lines.push(line(vec![(at, quality), (last, quality)], palette.muted, label));
            lines.push(Line {
                dots: true,
                ..line(vec![(at, quality)], palette.muted, None)
            });
        }
    }
    for (kind, color) in kinds.iter().zip(COLORS.iter().cycle()) {
        let own = trials
            .iter()
            .filter(|trial| trial.kind == *kind && trial.share.is_some());
        lines.push(Line {
            dots: true,
            ..line(
                own.filter_map(point).collect(),
                towards(*color, palette.ink),
                Some(name(&["encoder", kind])),
            )
        });
    }
    lines
}

fn line(points: Vec<(f64, f64)>, color: RGBColor, label: Option<String>) -> Line {
    Line {
        points,
        color,
        label,
        ..Line::default()
    }
}

fn towards(color: RGBColor, ink: RGBColor) -> RGBColor {
    let mix = |from: u8, to: u8| (f64::from(from) + TOWARDS_INK * (f64::from(to) - f64::from(from))).round() as u8;
    RGBColor(mix(color.0, ink.0), mix(color.1, ink.1), mix(color.2, ink.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Recipe;
    use crate::text::Message;
    use crate::ui::charts::lines::paint;
    use plotters::prelude::SVGBackend;

    fn trial(kind: &str, share: Option<f64>, outcome: Outcome) -> Trial {
        Trial {
            outcome,
            ..Trial::new(kind, share, Recipe::default())
        }
    }

    fn trained(parameters: u64, quality: f64) -> Outcome {
        Outcome::Trained {
            parameters,
            metric: "recall@20".to_owned(),
            quality,
        }
    }

    fn picture(trials: &[Trial]) -> String {
        let mut svg = String::new();
        let palette = Theme::Light.palette();
        let plot = Plot {
            lines: &lines(trials, palette),
            across: Reading::Halvings,
            axis: axis(trials),
            from_zero: false,
            marks: &[],
            palette,
            scale: 1.0,
        };
        paint(SVGBackend::with_string(&mut svg, (640, 220)), &plot).expect("SVG takes everything");
        svg
    }

    /// What is written in it.
    fn texts(svg: &str) -> Vec<&str> {
        let pieces = svg.split("</text>").filter_map(|piece| piece.rsplit('>').next());
        pieces.map(str::trim).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn shares_of_the_full_models_numbers_stand_across_by_halvings() {
        let trials = [
            trial("full", None, trained(1_600, 0.3)),
            trial("hash", Some(0.5), trained(800, 0.25)),
            trial("hash", Some(0.25), trained(400, 0.2)),
            trial("hash", Some(0.0625), trained(100, 0.1)),
            trial("dhe", Some(0.25), trained(400, 0.28)),
        ];
        let lines = lines(&trials, Theme::Light.palette());
        let points: Vec<_> = lines.iter().map(|line| line.points.clone()).collect();
        assert_eq!(points[0], [(0.0, 0.3), (4.0, 0.3)], "the level of the full table");
        assert_eq!(points[1], [(0.0, 0.3)]);
        assert_eq!(points[2], [(1.0, 0.25), (2.0, 0.2), (4.0, 0.1)]);
        assert_eq!(points[3], [(2.0, 0.28)]);
        let svg = picture(&trials);
        let said = texts(&svg);
        for text in ["1", "1/2", "1/4", "1/8", "1/16", "share of numbers"] {
            assert!(said.contains(&text), "{text} in {said:?}");
        }
        for text in ["One vector an id", "Hashing trick", "DHE"] {
            assert!(said.contains(&text), "{text} in {said:?}");
        }
        assert_eq!(svg.matches("<circle").count(), 5, "a dot for each run");
    }

    #[test]
    fn ticks_are_whole_halvings_however_far_the_curves_go() {
        for smallest in [1_500, 800, 430, 100, 20, 3] {
            let trials = [
                trial("full", None, trained(1_600, 0.3)),
                trial("hash", Some(0.5), trained(smallest, 0.25)),
            ];
            let svg = picture(&trials);
            let said = texts(&svg);
            assert!(said.contains(&"1"), "{said:?}");
            let small = said.iter().filter_map(|text| text.strip_prefix("0."));
            // Of what is written, only quality is no whole number or fraction.
            assert!(
                small.clone().all(|digits| (245..=305).contains(&thousandths(digits))),
                "{said:?}"
            );
        }
    }

    fn thousandths(digits: &str) -> u32 {
        format!("{digits:0<3}")[..3].parse().expect("digits")
    }

    #[test]
    fn without_the_full_table_the_numbers_themselves_stand_across() {
        let trials = [
            trial("full", None, Outcome::Failed(Message::new("encoder.no_room"))),
            trial("hash", Some(0.5), trained(8_192, 0.25)),
            trial("hash", Some(0.25), trained(4_096, 0.2)),
            trial("dhe", Some(0.25), Outcome::Waiting),
        ];
        let svg = picture(&trials);
        let said = texts(&svg);
        for text in ["8192", "4096", "numbers learnt"] {
            assert!(said.contains(&text), "{text} in {said:?}");
        }
        assert!(!said.contains(&"DHE"), "what is not trained has no curve: {said:?}");
    }

    #[test]
    fn before_the_first_run_is_done_there_are_axes_and_no_curves() {
        let svg = picture(&[trial("full", None, Outcome::Waiting)]);
        assert_eq!(svg.matches("<circle").count(), 0);
        assert!(texts(&svg).contains(&"numbers learnt"));
    }
}
