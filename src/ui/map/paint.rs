//! The map on a canvas.
//!
//! Marks of one group go into one path: a thousand of them cost one call that fills.

mod bubbles;
mod index;

use std::f64::consts::TAU;

use plotters::style::RGBColor;
use web_sys::CanvasRenderingContext2d;

use super::scene::{Given, Scene};
use super::view::{Place, View};
use crate::protocol::{MapPicture, Projection};
use crate::ui::charts::Frame;
use crate::ui::glyph::{self, Glyph};
use crate::ui::state::Thing;

/// Radius of the rarest and of the most frequent item in CSS pixels.
const RADII: (f64, f64) = (2.4, 5.2);

/// Radius of a user.
const USER_RADIUS: f64 = 2.8;

const FONT: &str = "12px system-ui, sans-serif";

/// Height of a line of it.
const LINE: f64 = 17.0;

impl Scene {
    /// Paints everything as it is now.
    pub fn paint(&self, frame: &Frame) {
        let (Some(given), Some(view)) = (&self.given, self.view) else {
            return;
        };
        let Some(picture) = &given.picture else { return };
        let Ok(()) = frame.context.scale(frame.scale, frame.scale) else {
            return;
        };
        let brush = Brush {
            context: &frame.context,
            scene: self,
            given,
            picture,
            view,
        };
        brush.circle();
        brush.cells();
        brush.users();
        brush.bubbles();
        brush.items();
        brush.met();
        brush.history();
        brush.recommended();
        brush.trail();
        brush.walk();
        let things = brush.in_focus();
        let mut labels: Vec<Label<'_>> = Vec::new();
        for label in things.iter().filter_map(|&thing| brush.label_of(thing)) {
            let label = label.below(&labels);
            labels.push(label);
        }
        things.iter().for_each(|&thing| brush.ring(thing));
        labels.iter().for_each(|label| brush.write(label));
        if given.focus.truth {
            brush.truth(&mut labels);
        }
        brush.group_names(labels);
        brush.line();
        frame.context.reset_transform().unwrap_or_default();
    }
}

struct Brush<'a> {
    context: &'a CanvasRenderingContext2d,
    scene: &'a Scene,
    given: &'a Given,
    picture: &'a MapPicture,
    view: View,
}

impl Brush<'_> {
    fn place(&self, point: (f64, f64)) -> Place {
        self.view.place(point, self.scene.size)
    }

    /// In the spotlight, or there is none.
    fn lit(&self, item: u32) -> bool {
        let caught = self.given.caught.as_ref();
        let group = self.given.focus.group;
        let bubbles = self.given.inside.as_ref().and_then(|inside| inside.bubbles.as_ref());
        let inside = bubbles.filter(|_| self.given.focus.inside);
        group.is_none_or(|group| self.given.names.group(item) == Some(group))
            && inside.is_none_or(|bubbles| bubbles.inside.binary_search(&item).is_ok())
            && caught.is_none_or(|caught| caught.items.binary_search(&item).is_ok())
    }

    fn items(&self) {
        let names = &self.given.names;
        let crowd = (400.0 / self.picture.items.len().max(1) as f64).sqrt().clamp(0.6, 1.0);
        let radius = |item: u32| {
            let share = f64::from(names.count(item)) / f64::from(names.most);
            (RADII.0 + (RADII.1 - RADII.0) * share.sqrt()) * crowd
        };
        let placed: Vec<(u32, Place)> = self
            .picture
            .items
            .iter()
            .copied()
            .zip(self.scene.items.points().map(|point| self.place(point)))
            .collect();
        let muted = self.given.palette.muted;
        let faint = self.given.palette.faint;
        self.context.set_global_alpha(0.35);
        self.fill_marks(
            placed.iter().filter(|(item, _)| !self.lit(*item)),
            glyph::OTHER,
            faint,
            radius,
        );
        self.context.set_global_alpha(0.88);
        let mut looks: Vec<Glyph> = vec![glyph::OTHER];
        looks.extend(names.glyphs.iter().filter(|glyph| **glyph != glyph::OTHER));
        for look in looks {
            let marks = placed
                .iter()
                .filter(|(item, _)| self.lit(*item) && names.glyph(*item) == look);
            self.fill_marks(marks, look, look.color.unwrap_or(muted), radius);
        }
        self.context.set_global_alpha(1.0);
    }

    fn fill_marks<'m>(
        &self,
        marks: impl Iterator<Item = &'m (u32, Place)>,
        look: Glyph,
        color: RGBColor,
        radius: impl Fn(u32) -> f64,
    ) {
        self.context.begin_path();
        for &(item, at) in marks {
            self.trace(look, at, radius(item));
        }
        self.context.set_fill_style_str(&css(color));
        self.context.fill();
    }

    fn trace(&self, look: Glyph, (x, y): Place, radius: f64) {
        let corners = glyph::corners(look.shape);
        let Some((first, rest)) = corners.split_first() else {
            let radius = radius * glyph::radius(look.shape);
            self.context.move_to(x + radius, y);
            self.context.arc(x, y, radius, 0.0, TAU).unwrap_or_default();
            return;
        };
        self.context.move_to(x + first.0 * radius, y + first.1 * radius);
        for corner in rest {
            self.context.line_to(x + corner.0 * radius, y + corner.1 * radius);
        }
        self.context.close_path();
    }

    /// The circle that capsules lie in, where their two dimensions are those of the map.
    fn circle(&self) {
        if self.picture.regions || self.picture.heads < 2 || self.picture.projection != Projection::Plane {
            return;
        }
        let (middle, edge) = (self.place((0.0, 0.0)), self.place((1.0, 0.0)));
        self.context.set_stroke_style_str(&css(self.given.palette.faint));
        self.context.set_line_width(1.0);
        self.context.begin_path();
        let drawn = self.context.arc(middle.0, middle.1, edge.0 - middle.0, 0.0, TAU);
        drawn.unwrap_or_default();
        self.context.stroke();
    }

    /// Users as rings. The points of one user are joined: two by a segment, more by a star to their mean.
    fn users(&self) {
        let heads = self.picture.heads.max(1) as usize;
        let places: Vec<Place> = self.scene.users.points().map(|point| self.place(point)).collect();
        self.context.set_stroke_style_str(&css(self.given.palette.ink));
        self.context.set_line_width(1.0);
        // The points of regions are those of items: a star would hide them.
        if heads > 1 && !self.picture.regions {
            // The more segments, the fainter each, so that a thousand of them are no stain.
            let crowd = (60.0 / places.len().max(1) as f64).sqrt();
            self.context.set_global_alpha((0.9 * crowd).clamp(0.08, 0.5));
            self.context.begin_path();
            for user in places.chunks_exact(heads) {
                let share = 1.0 / heads as f64;
                let mean = user
                    .iter()
                    .fold((0.0, 0.0), |sum, at| (sum.0 + share * at.0, sum.1 + share * at.1));
                for &at in user {
                    self.context.move_to(mean.0, mean.1);
                    self.context.line_to(at.0, at.1);
                }
            }
            self.context.stroke();
        }
        self.context
            .set_global_alpha(if places.len() > 400 { 0.2 } else { 0.32 });
        self.context.begin_path();
        for &at in places.iter().filter(|_| !self.picture.regions) {
            self.trace(glyph::USER, at, USER_RADIUS);
        }
        self.context.stroke();
        self.context.set_global_alpha(1.0);
    }

    /// What the model recommends to the selected user stands in a ring.
    fn recommended(&self) {
        let Some(card) = &self.given.card else { return };
        let recommended = |item: u32| card.recommended.iter().any(|listed| listed.item == item);
        self.context.begin_path();
        for (item, point) in self.picture.items.iter().zip(self.scene.items.points()) {
            if recommended(*item) {
                let (x, y) = self.place(point);
                self.context.move_to(x + 7.0, y);
                self.context.arc(x, y, 7.0, 0.0, TAU).unwrap_or_default();
            }
        }
        self.context.set_stroke_style_str(&css(self.given.palette.accent));
        self.context.set_line_width(1.5);
        self.context.stroke();
    }

    /// What the selected user chose stands in a square.
    fn history(&self) {
        let Some(card) = &self.given.card else { return };
        let chosen = |item: u32| card.history.iter().any(|listed| listed.item == item);
        self.context.begin_path();
        for (item, point) in self.picture.items.iter().zip(self.scene.items.points()) {
            if chosen(*item) {
                let (x, y) = self.place(point);
                self.context.rect(x - 5.0, y - 5.0, 10.0, 10.0);
            }
        }
        self.context.set_stroke_style_str(&css(self.given.palette.ink));
        self.context.set_line_width(1.0);
        self.context.stroke();
    }

    /// Where the points of the selected user came from, the longer ago the fainter.
    fn trail(&self) {
        let heads = self.picture.heads.max(1) as usize;
        let user = self.given.focus.user;
        let Some(place) = self.picture.users.iter().position(|&other| Some(other) == user) else {
            return;
        };
        self.context.set_stroke_style_str(&css(self.given.palette.accent));
        self.context.set_line_width(1.5);
        let pictures = self.scene.trail.len();
        for (age, (from, to)) in self.scene.trail.iter().zip(self.scene.trail.iter().skip(1)).enumerate() {
            self.context.set_global_alpha(0.6 * (age + 1) as f64 / pictures as f64);
            self.context.begin_path();
            for head in place * heads..(place + 1) * heads {
                let ends = [from, to].map(|picture| picture.user_points.get(2 * head..2 * head + 2));
                if let [Some(from), Some(to)] = ends {
                    let [from, to] = [from, to].map(|point| self.place((point[0].into(), point[1].into())));
                    self.context.move_to(from.0, from.1);
                    self.context.line_to(to.0, to.1);
                }
            }
            self.context.stroke();
        }
        self.context.set_global_alpha(1.0);
    }

    /// The true interests of the selected user: a cross in the middle of each one's items, with its share of attention.
    fn truth<'b>(&'b self, taken: &mut Vec<Label<'b>>) {
        let names = &self.given.names;
        let truth = names.scenery.truth.as_ref().zip(self.given.focus.user);
        let Some((truth, user)) = truth else { return };
        for &(topic, share) in truth.interests.get(user as usize).into_iter().flatten() {
            let of_topic = |item: u32| truth.item_topics.get(item as usize) == Some(&topic);
            let Some((x, y)) = self.middle_of(of_topic) else {
                continue;
            };
            self.context.set_stroke_style_str(&css(self.given.palette.ink));
            self.context.set_line_width(1.0 + 4.0 * f64::from(share));
            self.context.begin_path();
            for (dx, dy) in [(8.0, 0.0), (0.0, 8.0)] {
                self.context.move_to(x - dx, y - dy);
                self.context.line_to(x + dx, y + dy);
            }
            self.context.stroke();
            let name = truth.topics.get(usize::from(topic)).map_or("", String::as_str);
            let label = Label::new(name, (x, y + 16.0), self.width(name)).below(taken);
            self.write(&label);
            taken.push(label);
        }
    }

    /// The line that is being drawn.
    fn line(&self) {
        let Some((first, rest)) = self.scene.line.split_first() else {
            return;
        };
        self.context.set_stroke_style_str(&css(self.given.palette.accent));
        self.context.set_line_width(1.5);
        self.context.begin_path();
        self.context.move_to(first.0, first.1);
        rest.iter().for_each(|at| self.context.line_to(at.0, at.1));
        self.context.close_path();
        self.context.stroke();
    }

    /// The names of the coloured groups in the middle of their items, where they lie on no other name.
    fn group_names<'b>(&'b self, mut taken: Vec<Label<'b>>) {
        let names = &self.given.names;
        for (group, name) in (0..).zip(&names.scenery.groups) {
            let named = names.glyphs.len() <= 8 || names.glyph_of_group(group) != glyph::OTHER;
            let written = taken.iter().any(|label| label.text == name);
            let shown = !written && self.given.focus.group.map_or(named, |spot| spot == group);
            let Some(middle) = shown.then(|| self.middle(group)).flatten() else {
                continue;
            };
            let label = Label::new(name, middle, self.width(name));
            if taken.iter().all(|other| other.clear_of(&label)) {
                self.write(&label);
                taken.push(label);
            }
        }
    }

    fn middle(&self, group: u16) -> Option<Place> {
        self.middle_of(|item| self.given.names.group(item) == Some(group))
    }

    /// The middle of the items that `counts` says yes to.
    fn middle_of(&self, counts: impl Fn(u32) -> bool) -> Option<Place> {
        let (mut sum, mut count) = ((0.0, 0.0), 0.0);
        for (&item, (x, y)) in self.picture.items.iter().zip(self.scene.items.points()) {
            if counts(item) {
                sum = (sum.0 + x, sum.1 + y);
                count += 1.0;
            }
        }
        (count > 0.0).then(|| self.place((sum.0 / count, sum.1 / count)))
    }

    /// What is selected and what is hovered, each once.
    fn in_focus(&self) -> Vec<Thing> {
        let focus = self.given.focus;
        let mut things: Vec<Thing> = Vec::new();
        for thing in [focus.user.map(Thing::User), focus.item.map(Thing::Item), focus.hovered] {
            things.extend(thing.filter(|thing| !things.contains(thing)));
        }
        things
    }

    /// The name of a thing beside its mark, on the side where there is room.
    fn label_of(&self, thing: Thing) -> Option<Label<'_>> {
        let &(x, y) = self.places_of(thing).first()?;
        let name = match thing {
            Thing::Item(item) => self.given.names.title(item),
            Thing::User(user) => self.given.names.label(user),
        };
        let width = self.width(name);
        let (wide, _) = self.scene.size;
        let aside = width / 2.0 + 12.0;
        let x = if x + aside + width / 2.0 > wide {
            x - aside
        } else {
            x + aside
        };
        Some(Label::new(name, (x, y), width))
    }

    /// A ring around each point of a thing; a user's are filled.
    fn ring(&self, thing: Thing) {
        self.context.set_stroke_style_str(&css(self.given.palette.ink));
        self.context.set_fill_style_str(&css(self.given.palette.accent));
        self.context.set_line_width(2.0);
        self.context.begin_path();
        for (x, y) in self.places_of(thing) {
            self.context.move_to(x + 6.0, y);
            self.context.arc(x, y, 6.0, 0.0, TAU).unwrap_or_default();
        }
        if matches!(thing, Thing::User(_)) {
            self.context.fill();
        }
        self.context.stroke();
    }

    fn places_of(&self, thing: Thing) -> Vec<Place> {
        let heads = self.picture.heads.max(1) as usize;
        match thing {
            Thing::Item(item) => {
                let shown = self.picture.items.iter().zip(self.scene.items.points());
                shown
                    .filter(|(other, _)| **other == item)
                    .map(|(_, point)| self.place(point))
                    .collect()
            }
            Thing::User(user) => {
                let Some(place) = self.picture.users.iter().position(|&other| other == user) else {
                    return Vec::new();
                };
                let points = self.scene.users.points().skip(place * heads).take(heads);
                points.map(|point| self.place(point)).collect()
            }
        }
    }

    fn width(&self, text: &str) -> f64 {
        self.context.set_font(FONT);
        self.context.measure_text(text).map_or(0.0, |metrics| metrics.width())
    }

    /// Text with a halo of the surface, readable on any crowd of points.
    fn write(&self, label: &Label<'_>) {
        let (x, y) = label.middle;
        self.context.set_font(FONT);
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        self.context.set_line_join("round");
        self.context.set_line_width(4.0);
        self.context.set_stroke_style_str(&css(self.given.palette.surface));
        self.context.stroke_text(label.text, x, y).unwrap_or_default();
        self.context.set_fill_style_str(&css(self.given.palette.ink));
        self.context.fill_text(label.text, x, y).unwrap_or_default();
    }
}

/// A name and where it is written.
struct Label<'a> {
    text: &'a str,
    middle: Place,
    width: f64,
}

impl<'a> Label<'a> {
    fn new(text: &'a str, middle: Place, width: f64) -> Self {
        Self { text, middle, width }
    }

    /// Moved down until it lies on none of the others.
    fn below(mut self, others: &[Self]) -> Self {
        while let Some(other) = others.iter().find(|other| !other.clear_of(&self)) {
            self.middle.1 = other.middle.1 + LINE + 1.0;
        }
        self
    }

    fn clear_of(&self, other: &Self) -> bool {
        let aside = (self.middle.0 - other.middle.0).abs() > (self.width + other.width) / 2.0 + 8.0;
        aside || (self.middle.1 - other.middle.1).abs() > LINE
    }
}

fn css(RGBColor(red, green, blue): RGBColor) -> String {
    format!("rgb({red},{green},{blue})")
}
