//! A chart with its heading, and the table that stands for it where it cannot be seen.

use yew::prelude::*;

use super::axis::Reading;
use super::canvas::{Canvas, Frame};
use super::lines::{Line, Plot, paint};
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::part::{Own, Part};
use crate::ui::tags::{tag, td, th};
use crate::ui::theme::Theme;
use crate::ui::words::words;

/// Rows of the table that stands for the curves, at most, beside the newest.
const TWIN_ROWS: usize = 8;

/// What a chart shows and says.
#[derive(Default, PartialEq)]
pub struct FigureProps {
    /// Its lines, in the colours of the theme.
    pub lines: Vec<Line>,
    pub theme: Theme,
    pub title: &'static str,
    /// Beside the title: what the numbers are.
    pub unit: String,
    /// The one sentence on what it is.
    pub help: &'static str,
    /// What is said while there are no lines.
    pub empty: &'static str,
    /// Name of the horizontal axis.
    pub axis: &'static str,
    pub from_zero: bool,
    /// Places on the horizontal axis that are marked.
    pub marks: Vec<f64>,
}

impl Part for FigureProps {
    fn draw(&self, _: &AtDesk, _: &Own) -> Html {
        let FigureProps {
            lines,
            theme,
            title,
            unit,
            help,
            empty,
            axis,
            from_zero,
            marks,
        } = self;
        let paint = {
            let (lines, marks) = (lines.clone(), marks.clone());
            let (palette, axis, from_zero) = (theme.palette(), *axis, *from_zero);
            Callback::from(move |frame: Frame| {
                let scale = frame.scale;
                let plot = Plot {
                    lines: &lines,
                    across: Reading::Counts,
                    axis,
                    from_zero,
                    marks: &marks,
                    palette,
                    scale,
                };
                paint_or_say(frame, &plot);
            })
        };
        let named = || lines.iter().filter(|line| !line.name.is_empty());
        let longest = named().map(|line| line.points.len()).max().unwrap_or(0);
        let rows = twin_rows(longest).map(|place| {
            let at = named()
                .find_map(|line| line.points.get(place))
                .map(|&(at, _)| format::plain(at));
            let cells = named().map(|line| {
                let value = line.points.get(place).map(|&(_, value)| format::short(value));
                td(value.unwrap_or_default())
            });
            html! { <tr>{ td(at.unwrap_or_default()) }{ for cells }</tr> }
        });
        let heads = named().map(|line| th(line.name.clone()));
        html! {
            <figure class="chart">
                <figcaption title={*help}>{ *title }{ tag("span", "unit", unit.clone()) }</figcaption>
                <Canvas label={*help} {paint} />
                if longest == 0 {
                    { tag("p", "empty", *empty) }
                }
                <table class="twin">
                    { tag("caption", "", *title) }
                    <tr>{ th(words(axis)) }{ for heads }</tr>
                    { for rows }
                </table>
            </figure>
        }
    }
}

/// Which points of curves of such a length stand in the table, the newest first. They are the same points while the
/// curves grow, but for the newest: the table is not another one in every picture.
fn twin_rows(length: usize) -> impl Iterator<Item = usize> {
    let every = length.div_ceil(TWIN_ROWS).next_power_of_two();
    let shown = move |place: &usize| place + 1 == length || place.is_multiple_of(every);
    (0..length).rev().filter(shown)
}

/// Paints; the browser's console is told what the canvas complains of.
pub fn paint_or_say(frame: Frame, plot: &Plot<'_>) {
    if let Err(error) = paint(frame, plot) {
        web_sys::console::error_1(&error.to_string().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_few_rows_and_most_stay_while_the_curves_grow() {
        let rows = |length| twin_rows(length).collect::<Vec<_>>();
        assert_eq!([rows(0), rows(1), rows(3)], [vec![], vec![0], vec![2, 1, 0]]);
        for length in 1..600 {
            let rows = rows(length);
            assert!(
                rows[0] == length - 1 && rows.len() <= TWIN_ROWS + 1,
                "{length}: {rows:?}"
            );
        }
        assert_eq!(rows(505)[1..], rows(506)[1..]);
    }
}
