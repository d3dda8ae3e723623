//! The bubbles of the selected user, and how they meet the item that is looked at.

use super::{Brush, css};
use crate::protocol::{Outline, Projection};
use crate::ui::map::view::{Place, Point};
use crate::ui::state::Thing;

/// Corners of what is drawn for an ellipse.
const CORNERS: u32 = 48;
/// Cosine and sine of the angle from one corner of a circle to the next. Turning by it corner after corner is exact
/// enough for a screen, and the page has no need of a sine: 2 kB less to load.
const TURN: (f64, f64) = (0.991_444_861_373_810_4, 0.130_526_192_220_051_57);

impl Brush<'_> {
    /// Ellipses around the items of the history, the longer ago the fainter.
    pub(super) fn bubbles(&self) {
        let outlines = &self.picture.outlines;
        self.context.set_stroke_style_str(&css(self.given.palette.accent));
        self.context.set_fill_style_str(&css(self.given.palette.accent));
        self.context.set_line_width(1.2);
        for (outline, age) in outlines.iter().zip(1..) {
            let recency = f64::from(age) / outlines.len() as f64;
            self.context.begin_path();
            let (mut along, mut across) = (1.0, 0.0);
            for _ in 0..CORNERS {
                let (x, y) = self.on(outline, along, across);
                self.context.line_to(x, y);
                (along, across) = (along * TURN.0 - across * TURN.1, along * TURN.1 + across * TURN.0);
            }
            self.context.close_path();
            self.context.set_global_alpha(0.01 + 0.04 * recency);
            self.context.fill();
            self.context.set_global_alpha(0.1 + 0.6 * recency);
            self.context.stroke();
        }
        self.context.set_global_alpha(1.0);
    }

    /// The nearest corner for the item that is hovered or selected, and in the plane the boxes that it is a corner of.
    pub(super) fn met(&self) {
        let looked = match self.given.focus.hovered {
            Some(Thing::Item(item)) => Some(item),
            _ => self.given.focus.item,
        };
        let bubbles = self.given.inside.as_ref().and_then(|inside| inside.bubbles.as_ref());
        let met = bubbles.and_then(|bubbles| bubbles.met.as_ref());
        let Some(met) = met.filter(|met| looked == Some(met.item)) else {
            return;
        };
        self.context.set_stroke_style_str(&css(self.given.palette.ink));
        self.context.set_line_width(1.0);
        self.context.begin_path();
        if self.picture.projection == Projection::Plane {
            let boxes = met
                .winners
                .iter()
                .filter_map(|&bubble| self.picture.outlines.get(bubble as usize));
            for outline in boxes {
                let [low, high] = [-1.0, 1.0].map(|side| self.on(outline, side, side));
                self.context.rect(low.0, low.1, high.0 - low.0, high.1 - low.1);
            }
        }
        let (x, y) = self.place((met.corner[0].into(), met.corner[1].into()));
        for (dx, dy) in [(5.0, 5.0), (5.0, -5.0)] {
            self.context.move_to(x - dx, y - dy);
            self.context.line_to(x + dx, y + dy);
        }
        if let Some(&(to_x, to_y)) = self.places_of(Thing::Item(met.item)).first() {
            self.context.move_to(x, y);
            self.context.line_to(to_x, to_y);
        }
        self.context.stroke();
    }

    /// `middle + a · axes[0] + b · axes[1]`; the middle goes with its item.
    fn on(&self, outline: &Outline, a: f64, b: f64) -> Place {
        let shown = self.picture.items.binary_search(&outline.item).ok();
        let gliding = shown.and_then(|place| self.scene.items.points().nth(place));
        let (x, y): Point = gliding.unwrap_or((outline.middle[0].into(), outline.middle[1].into()));
        let [across, up] = outline.axes.map(|axis| axis.map(f64::from));
        self.place((x + a * across[0] + b * up[0], y + a * across[1] + b * up[1]))
    }
}
