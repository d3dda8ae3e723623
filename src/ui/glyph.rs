//! A colour and a shape for each group, so that colour is never the only sign.

use plotters::style::RGBColor;
use yew::prelude::*;

/// Outlines, each within a circle of radius 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
    Hexagon,
    /// Users, and nothing else.
    Ring,
    /// Groups beyond the seventh.
    Dot,
}

/// How a group is marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    pub shape: Shape,
    /// `None` for the muted colour of the theme.
    pub color: Option<RGBColor>,
}

/// Okabe and Ito's palette (2008) without its black, which is no colour on a dark page.
pub const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(204, 121, 167),
    RGBColor(240, 228, 66),
];

const SHAPES: [Shape; 7] = [
    Shape::Circle,
    Shape::Up,
    Shape::Square,
    Shape::Diamond,
    Shape::Down,
    Shape::Cross,
    Shape::Hexagon,
];

/// The glyph of a group that has no place among the first seven, or of an item without a group.
pub const OTHER: Glyph = Glyph {
    shape: Shape::Dot,
    color: None,
};

/// The glyph of a user.
pub const USER: Glyph = Glyph {
    shape: Shape::Ring,
    color: None,
};

/// A glyph for each group: the seven groups with most items get a colour and a shape each, the others share one.
/// With eight groups the eighth is alone in that, so nothing is lost.
pub fn assign(item_groups: &[u16], n_groups: usize) -> Vec<Glyph> {
    let mut sizes = vec![0u32; n_groups];
    for &group in item_groups {
        if let Some(size) = sizes.get_mut(usize::from(group)) {
            *size += 1;
        }
    }
    // Which groups stand out is by size, but which looks how is by number: it does not change with the counts.
    let ahead =
        |group: usize, other: usize| sizes[other] > sizes[group] || sizes[other] == sizes[group] && other < group;
    let stands_out = |group: &usize| (0..n_groups).filter(|&other| ahead(*group, other)).count() < COLORS.len();
    let mut glyphs = vec![OTHER; n_groups];
    for (place, group) in (0..n_groups).filter(stands_out).enumerate() {
        glyphs[group] = Glyph {
            shape: SHAPES[place],
            color: Some(COLORS[place]),
        };
    }
    glyphs
}

/// The corners of a shape of radius 1, none for the round ones.
pub fn corners(shape: Shape) -> &'static [(f64, f64)] {
    match shape {
        Shape::Circle | Shape::Ring | Shape::Dot => &[],
        Shape::Square => &[(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
        Shape::Up => &[(0.0, -1.1), (1.0, 0.75), (-1.0, 0.75)],
        Shape::Down => &[(0.0, 1.1), (-1.0, -0.75), (1.0, -0.75)],
        Shape::Diamond => &[(0.0, -1.15), (0.95, 0.0), (0.0, 1.15), (-0.95, 0.0)],
        Shape::Cross => &[
            (-0.35, -1.0),
            (0.35, -1.0),
            (0.35, -0.35),
            (1.0, -0.35),
            (1.0, 0.35),
            (0.35, 0.35),
            (0.35, 1.0),
            (-0.35, 1.0),
            (-0.35, 0.35),
            (-1.0, 0.35),
            (-1.0, -0.35),
            (-0.35, -0.35),
        ],
        Shape::Hexagon => &[
            (-0.5, -0.9),
            (0.5, -0.9),
            (1.0, 0.0),
            (0.5, 0.9),
            (-0.5, 0.9),
            (-1.0, 0.0),
        ],
    }
}

/// Radius of a round shape.
pub fn radius(shape: Shape) -> f64 {
    match shape {
        Shape::Dot => 0.6,
        _ => 0.9,
    }
}

/// A glyph in running text.
pub fn mark(glyph: Glyph, class: &'static str) -> Html {
    let Glyph { shape, color } = glyph;
    let paint = color.map(|RGBColor(r, g, b)| format!("rgb({r},{g},{b})"));
    let paint = paint.unwrap_or_else(|| "currentColor".to_owned());
    let outline = corners(shape);
    let figure = if outline.is_empty() {
        let (fill, stroke) = if shape == Shape::Ring {
            ("none".to_owned(), paint)
        } else {
            (paint, "none".to_owned())
        };
        html! { <circle r={radius(shape).to_string()} fill={fill} stroke={stroke} stroke-width="0.5" /> }
    } else {
        let points: Vec<String> = outline.iter().map(|(x, y)| format!("{x},{y}")).collect();
        html! { <polygon points={points.join(" ")} fill={paint} /> }
    };
    html! { <svg class={classes!("mark", class)} viewBox="-1.25 -1.25 2.5 2.5" aria-hidden="true">{ figure }</svg> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_eight_groups_look_alike() {
        let glyphs = assign(&[0, 1, 2, 3, 4, 5, 6, 7], 8);
        for (place, glyph) in glyphs.iter().enumerate() {
            let later = &glyphs[place + 1..];
            assert!(
                later
                    .iter()
                    .all(|other| other.shape != glyph.shape && other.color != glyph.color)
            );
        }
    }

    #[test]
    fn of_many_groups_the_largest_stand_out() {
        let items: Vec<u16> = (0..18).flat_map(|group| vec![group; usize::from(group) + 1]).collect();
        let glyphs = assign(&items, 18);
        assert!(glyphs[..11].iter().all(|&glyph| glyph == OTHER));
        assert!(glyphs[11..].iter().all(|&glyph| glyph != OTHER));
    }

    #[test]
    fn a_group_out_of_range_is_no_panic() {
        assert_eq!(assign(&[9], 1).len(), 1);
    }
}
