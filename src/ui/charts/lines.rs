//! The painter of curves against steps: light grid, labels on the axes, the latest value at each curve's end.

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Text};
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea, IntoFont, LineSeries, RGBColor};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, TextStyle};

use super::axis::{Axis, LABELS, Reading};
use crate::ui::theme::Palette;
use crate::ui::words::words;

/// Sizes in CSS pixels.
const FONT: f64 = 11.5;
const LEFT: f64 = 42.0;
const BOTTOM: f64 = 22.0;
const RIGHT: f64 = 82.0;
const TOP: f64 = 8.0;

/// Mean width of a letter, as a share of the size of the font.
const LETTER: f64 = 0.52;

/// A curve with what is written at its end; one that stands back has nothing written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub points: Vec<(f64, f64)>,
    pub color: RGBColor,
    pub label: Option<String>,
    /// What it is, for those who do not see it; empty for one that only stands behind another.
    pub name: String,
    /// A dot at each point: there are few and they are measured one by one.
    pub dots: bool,
}

/// What a chart shows.
pub struct Plot<'a> {
    pub lines: &'a [Line],
    pub across: Reading,
    /// Name of the horizontal axis.
    pub axis: &'static str,
    /// Places on that axis that are marked by a line from top to bottom.
    pub marks: &'a [f64],
    /// The vertical axis begins at 0.
    pub from_zero: bool,
    pub palette: Palette,
    /// Pixels of a CSS pixel.
    pub scale: f64,
}

type Painted<B> = Result<(), plotters::drawing::DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Paints curves.
///
/// # Errors
/// Whatever the backend complains of.
pub fn paint<B: DrawingBackend>(backend: B, plot: &Plot<'_>) -> Painted<B> {
    let area = backend.into_drawing_area();
    let pixels = |length: f64| (length * plot.scale).round() as i32;
    let (x, y) = ranges(plot);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(pixels(TOP))
        .margin_right(pixels(right(plot.lines)))
        // Small numbers have one place more.
        .y_label_area_size(pixels(if y.1 - y.0 < 0.01 { LEFT + 8.0 } else { LEFT }))
        .x_label_area_size(pixels(BOTTOM))
        .build_cartesian_2d(
            Axis {
                range: x.0..x.1,
                reading: plot.across,
            },
            Axis {
                range: y.0..y.1,
                reading: Reading::Values,
            },
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(if plot.across == Reading::Halvings { 6 } else { LABELS })
        .y_labels(LABELS)
        .max_light_lines(0)
        .bold_line_style(plot.palette.grid.stroke_width(pixels(1.0).max(1) as u32))
        .axis_style(plot.palette.grid)
        .set_all_tick_mark_size(pixels(4.0))
        .label_style(font(plot, plot.palette.muted))
        .draw()?;
    for &mark in plot.marks.iter().filter(|mark| **mark <= x.1) {
        let upright = PathElement::new(vec![(mark, y.0), (mark, y.1)], plot.palette.muted.stroke_width(1));
        chart.draw_series([upright])?;
    }
    let width = pixels(2.0).max(1) as u32;
    for line in plot.lines {
        let stroke = if line.label.is_some() {
            width
        } else {
            (width / 2).max(1)
        };
        let points = thin(&line.points, area.dim_in_pixel().0 as usize);
        chart.draw_series(LineSeries::new(points.iter().copied(), line.color.stroke_width(stroke)))?;
        if line.dots {
            let dots = line
                .points
                .iter()
                .map(|&at| Circle::new(at, pixels(2.5), line.color.filled()));
            chart.draw_series(dots)?;
        }
    }
    let ends: Vec<End> = plot
        .lines
        .iter()
        .filter_map(|line| {
            let at = line.points.last()?;
            let (x, y) = chart.backend_coord(at);
            Some(End {
                x,
                y,
                color: line.color,
                text: line.label.as_deref()?,
            })
        })
        .collect();
    drop(chart);
    label_ends(&area, plot, ends)?;
    let (right, bottom) = (area.dim_in_pixel().0 as i32, area.dim_in_pixel().1 as i32);
    let anchored = font(plot, plot.palette.muted).pos(Pos::new(HPos::Right, VPos::Bottom));
    area.draw(&Text::new(
        words(plot.axis),
        (right - pixels(4.0), bottom - pixels(5.0)),
        anchored,
    ))?;
    area.present()
}

/// Where a curve ends, and what is written there.
struct End<'a> {
    x: i32,
    y: i32,
    color: RGBColor,
    text: &'a str,
}

/// Writes the labels beside the curves' ends, apart from each other, with a line to the end they belong to.
fn label_ends<B: DrawingBackend>(area: &DrawingArea<B, Shift>, plot: &Plot<'_>, mut ends: Vec<End<'_>>) -> Painted<B> {
    let pixels = |length: f64| (length * plot.scale).round() as i32;
    // A few, and nearly in order: a sort of their own would be some kilobytes to load.
    for last in 1..ends.len() {
        for at in (1..=last).rev() {
            if ends[at - 1].y > ends[at].y {
                ends.swap(at - 1, at);
            }
        }
    }
    let apart = pixels(FONT * 1.25);
    let lowest = area.dim_in_pixel().1 as i32 - pixels(BOTTOM) - apart / 2;
    let mut places: Vec<i32> = Vec::with_capacity(ends.len());
    for end in &ends {
        let free = places.last().map_or(apart / 2, |above| above + apart);
        places.push(end.y.max(free));
    }
    // What has been pushed below the axis moves up again, and those above it with it.
    let mut floor = lowest;
    for place in places.iter_mut().rev() {
        *place = (*place).min(floor);
        floor = *place - apart;
    }
    for (end, &y) in ends.iter().zip(&places) {
        let x = end.x + pixels(9.0);
        let link = vec![(end.x + pixels(2.0), end.y), (x - pixels(2.0), y)];
        area.draw(&PathElement::new(link, end.color.mix(0.5).stroke_width(1)))?;
        let anchored = font(plot, end.color).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(end.text.to_owned(), (x, y), anchored))?;
    }
    Ok(())
}

fn font<'a>(plot: &Plot<'_>, color: RGBColor) -> TextStyle<'a> {
    (FontFamily::Name("system-ui, sans-serif"), FONT * plot.scale)
        .into_font()
        .color(&color)
}

/// Room beside the curves for what is written at their ends.
fn right(lines: &[Line]) -> f64 {
    let labels = lines.iter().flat_map(|line| &line.label);
    let longest = labels.map(|label| label.chars().count()).max().unwrap_or(0);
    RIGHT.max(longest as f64 * LETTER * FONT + 14.0)
}

/// The ranges of what stands across and of values, a little wider than the curves.
fn ranges(plot: &Plot<'_>) -> ((f64, f64), (f64, f64)) {
    let points = || plot.lines.iter().flat_map(|line| &line.points);
    let across = match plot.across {
        Reading::Counts | Reading::Values => {
            let last = points().map(|&(step, _)| step).fold(0.0, f64::max);
            (0.0, if last > 0.0 { last } else { 1.0 })
        }
        Reading::Halvings => {
            let first = points().map(|&(at, _)| at).reduce(f64::min).unwrap_or(0.0);
            let last = points().map(|&(at, _)| at).fold(first + 1.0, f64::max);
            (first - 0.2, last + 0.2)
        }
    };
    let low = points().map(|&(_, value)| value).fold(f64::INFINITY, f64::min);
    let high = points().map(|&(_, value)| value).fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() || !high.is_finite() {
        return (across, (0.0, 1.0));
    }
    let low = if plot.from_zero { 0.0 } else { low };
    let room = ((high - low) * 0.06).max(high.abs() * 1e-3).max(1e-6);
    let below = if plot.from_zero { 0.0 } else { low - room };
    (across, (below, high + room))
}

/// At most two points for each pixel, the last always among them.
fn thin(points: &[(f64, f64)], width: usize) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil((2 * width).max(1)).max(1);
    let last = points.last().copied();
    points.iter().copied().step_by(every).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::Theme;
    use plotters::prelude::SVGBackend;

    fn picture(lines: &[Line]) -> String {
        let mut svg = String::new();
        let plot = Plot {
            lines,
            across: Reading::Counts,
            axis: "page.step",
            marks: &[],
            from_zero: true,
            palette: Theme::Light.palette(),
            scale: 1.0,
        };
        paint(SVGBackend::with_string(&mut svg, (340, 180)), &plot).expect("SVG takes everything");
        svg
    }

    fn line(points: Vec<(f64, f64)>, label: &str) -> Line {
        Line {
            points,
            color: RGBColor(1, 2, 3),
            label: Some(label.to_owned()),
            name: label.to_owned(),
            dots: false,
        }
    }

    /// Heights at which the labels beginning with `Recall` and `NDCG` are written.
    fn height(svg: &str, label: &str) -> i32 {
        let before = svg.split(label).next().expect("split gives one piece at least");
        let tag = &before[before.rfind("<text").expect("a label is a text")..];
        let y = tag.split(" y=\"").nth(1).and_then(|rest| rest.split('"').next());
        y.and_then(|y| y.parse().ok()).expect("a text has a height")
    }

    #[test]
    fn the_latest_value_stands_at_the_end_of_the_curve() {
        let svg = picture(&[line(vec![(0.0, 1.0), (100.0, 0.5)], "loss 0.50")]);
        assert!(svg.contains("loss 0.50") && svg.contains("polyline") && svg.contains("step"));
    }

    #[test]
    fn two_labels_never_lie_on_each_other() {
        let low = line(vec![(0.0, 0.0), (9.0, 0.2)], "NDCG 0.2");
        let high = line(vec![(0.0, 0.0), (9.0, 0.201)], "Recall 0.2");
        let svg = picture(&[low, high]);
        assert!((height(&svg, "NDCG 0.2") - height(&svg, "Recall 0.2")).abs() >= 12);
    }

    #[test]
    fn an_empty_chart_is_axes_and_no_panic() {
        assert!(picture(&[]).contains("step"));
        assert!(picture(&[line(Vec::new(), "nothing")]).contains("step"));
        assert!(picture(&[line(vec![(3.0, 2.0)], "one")]).contains("one"));
    }

    #[test]
    fn a_long_curve_is_thinned_to_the_pixels_and_keeps_its_end() {
        let long: Vec<(f64, f64)> = (0..100_000).map(|step| (f64::from(step), 1.0)).collect();
        let thinned = thin(&long, 340);
        assert!(thinned.len() <= 2 * 340 + 2 && thinned.last() == long.last());
    }
}
