//! An index on the map: its cells, and a search that goes through them or along a graph.

use std::f64::consts::TAU;

use super::{Brush, css};
use crate::ui::map::Place;

/// Half the arm of the cross that stands where the query is.
const ARM: f64 = 7.0;

impl Brush<'_> {
    /// The cells as outlines: those that are opened are filled, those that will be are tinted.
    pub(super) fn cells(&self) {
        let Some(on_map) = &self.given.index else { return };
        let Some(cells) = &on_map.cells else { return };
        let palette = self.given.palette;
        for (cell, corners) in (0..).zip(&cells.corners) {
            let (points, _) = corners.as_chunks::<2>();
            let Some((first, rest)) = points.split_first() else {
                continue;
            };
            let at = |point: &[f32; 2]| self.place((point[0].into(), point[1].into()));
            self.context.begin_path();
            let (x, y) = at(first);
            self.context.move_to(x, y);
            for point in rest {
                let (x, y) = at(point);
                self.context.line_to(x, y);
            }
            self.context.close_path();
            let played = &on_map.played;
            let shade = if played.opened.contains(&cell) {
                0.28
            } else if played.ahead.contains(&cell) {
                0.12
            } else {
                0.0
            };
            if shade > 0.0 {
                self.context.set_global_alpha(shade);
                self.context.set_fill_style_str(&css(palette.accent));
                self.context.fill();
            }
            self.context.set_global_alpha(0.8);
            self.context.set_stroke_style_str(&css(palette.faint));
            self.context.set_line_width(1.0);
            self.context.stroke();
        }
        self.context.set_global_alpha(1.0);
    }

    /// What a walk met, the way it went, the best so far, and where the query is.
    pub(super) fn walk(&self) {
        let Some(on_map) = &self.given.index else { return };
        let played = &on_map.played;
        let palette = self.given.palette;
        let rings = |items: &mut dyn Iterator<Item = u32>, radius: f64| {
            self.context.begin_path();
            for (x, y) in items.filter_map(|item| self.item_at(item)) {
                self.context.move_to(x + radius, y);
                self.context.arc(x, y, radius, 0.0, TAU).unwrap_or_default();
            }
            self.context.stroke();
        };
        self.context.set_line_width(1.0);
        self.context.set_stroke_style_str(&css(palette.muted));
        rings(&mut played.met.iter().copied(), 4.0);
        self.context.set_stroke_style_str(&css(palette.second));
        self.context.set_line_width(1.5);
        self.context.begin_path();
        for (step, (x, y)) in played.path.iter().filter_map(|&item| self.item_at(item)).enumerate() {
            if step == 0 {
                self.context.move_to(x, y);
            } else {
                self.context.line_to(x, y);
            }
        }
        self.context.stroke();
        self.context.set_line_width(2.0);
        self.context.set_stroke_style_str(&css(palette.accent));
        rings(&mut played.best.iter().map(|(item, _)| *item), 8.0);
        if let Some([x, y]) = on_map.point {
            let (x, y) = self.place((x.into(), y.into()));
            self.context.begin_path();
            for (right, down) in [(1.0, 1.0), (1.0, -1.0)] {
                self.context.move_to(x - ARM * right, y - ARM * down);
                self.context.line_to(x + ARM * right, y + ARM * down);
            }
            self.context.set_line_width(3.0);
            self.context.set_stroke_style_str(&css(palette.ink));
            self.context.stroke();
        }
    }

    /// Where an item is shown, if it is.
    fn item_at(&self, item: u32) -> Option<Place> {
        let place = self.picture.items.binary_search(&item).ok()?;
        let point = self.scene.items.points().nth(place)?;
        Some(self.place(point))
    }
}
