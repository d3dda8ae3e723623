//! What the map shows now, and what of it is under the pointer.

use std::collections::VecDeque;

use super::gesture::distance;
use super::glide::Glide;
use super::lasso::{Caught, within};
use super::view::{Place, Point, Size, View};
use crate::protocol::{InsidePicture, MapPicture, Outline, UserCard};
use crate::ui::names::Names;
use crate::ui::search::OnMap;
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Thing};
use crate::ui::theme::Palette;

/// How near the pointer has to be to a point, in CSS pixels.
const REACH: f64 = 14.0;

/// Pictures that a trail goes back.
const TRAIL: usize = 60;

/// Share of the way the view goes towards the fitting one with each frame.
const FOLLOW: f64 = 0.12;

/// What is given from outside.
#[derive(Clone, PartialEq)]
pub struct Given {
    pub picture: Option<Shared<MapPicture>>,
    pub names: Shared<Names>,
    pub card: Option<Shared<UserCard>>,
    pub focus: Focus,
    pub palette: Palette,
    /// Opposite corners of what has to fit as well.
    pub around: Option<[Point; 2]>,
    /// What was caught by a line drawn round it.
    pub caught: Option<Shared<Caught>>,
    /// What the model made of the selected user's history.
    pub inside: Option<Shared<InsidePicture>>,
    /// What is seen of an index.
    pub index: Option<Shared<OnMap>>,
}

/// The map as it is shown.
#[derive(Default)]
pub struct Scene {
    pub given: Option<Given>,
    pub items: Glide,
    pub users: Glide,
    /// The last pictures of this run, the present one at the end: where points came from.
    pub trail: VecDeque<Shared<MapPicture>>,
    /// A line that is being drawn round things.
    pub line: Vec<Place>,
    /// `None` until there is something to look at.
    pub view: Option<View>,
    /// The reader has taken the view into their own hands.
    pub held: bool,
    pub size: Size,
}

impl Scene {
    /// Takes in what is new. `still` for readers who want no motion.
    pub fn update(&mut self, given: Given, now: f64, still: bool) {
        let before = self.given.as_ref();
        if before.is_none_or(|before| before.names != given.names) {
            self.held = false;
            self.view = None;
        }
        if let Some(picture) = &given.picture
            && before.is_none_or(|before| before.picture.as_ref() != Some(picture))
        {
            let old = before.and_then(|before| before.picture.as_ref());
            let same = old.is_some_and(|old| old.items == picture.items && old.users == picture.users);
            let turned = old.is_none_or(|old| {
                std::mem::discriminant(&old.projection) != std::mem::discriminant(&picture.projection)
            });
            let jump = still || !same || turned;
            self.items.send(&picture.item_points, now, jump);
            self.users.send(&picture.user_points, now, jump);
            if !same || turned || old.is_some_and(|old| picture.step < old.step) {
                self.trail.clear();
            }
            self.trail.push_back(picture.clone());
            if self.trail.len() > TRAIL {
                self.trail.pop_front();
            }
            if old.is_none() || picture.step < old.map_or(0, |old| old.step) {
                self.view = None;
                self.held = false;
            }
        }
        self.given = Some(given);
    }

    /// Moves on; says whether there is more to come.
    pub fn advance(&mut self, now: f64, still: bool) -> bool {
        let items = self.items.advance(now);
        let users = self.users.advance(now);
        let mut following = false;
        if !self.held
            && let Some(goal) = self.fitting()
        {
            match &mut self.view {
                Some(view) if !still => following = view.approach(goal, FOLLOW),
                view => *view = Some(goal),
            }
        }
        items || users || following
    }

    /// The view of everything there is.
    pub fn fitting(&self) -> Option<View> {
        let around = self.given.as_ref().and_then(|given| given.around).into_iter().flatten();
        let picture = self.given.as_ref().and_then(|given| given.picture.as_ref());
        let edges = picture
            .into_iter()
            .flat_map(|picture| &picture.outlines)
            .flat_map(edges);
        View::fit(
            self.items.goals().chain(self.users.goals()).chain(around).chain(edges),
            self.size,
        )
    }

    /// The thing nearest to a place, if one is near: items before users of the same distance.
    pub fn thing_at(&self, at: Place) -> Option<Thing> {
        let view = self.view?;
        let far = |point| distance(view.place(point, self.size), at);
        let picture = self.given.as_ref()?.picture.as_ref()?;
        let heads = picture.heads.max(1) as usize;
        let items = picture
            .items
            .iter()
            .map(|&item| Thing::Item(item))
            .zip(self.items.points());
        let users = picture
            .users
            .iter()
            .flat_map(|&user| std::iter::repeat_n(Thing::User(user), heads));
        items
            .chain(users.zip(self.users.points()))
            .map(|(thing, point)| (thing, far(point)))
            .filter(|(_, distance)| *distance <= REACH)
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(thing, _)| thing)
    }

    /// The point of the plane at a place.
    pub fn point_at(&self, (x, y): Place) -> Option<Point> {
        let view = self.view?;
        let (width, height) = self.size;
        Some((
            view.middle.0 + (x - width / 2.0) / view.zoom,
            view.middle.1 - (y - height / 2.0) / view.zoom,
        ))
    }

    /// The line that is being drawn is closed: what lies within it. Nothing where it holds nothing.
    pub fn close_line(&mut self) -> Option<Caught> {
        let line = std::mem::take(&mut self.line);
        let (view, picture) = (self.view?, self.given.as_ref()?.picture.as_ref()?);
        let held = |point| within(&line, view.place(point, self.size));
        let heads = picture.heads.max(1) as usize;
        let items = picture.items.iter().zip(self.items.points());
        let users = picture.users.iter().flat_map(|user| std::iter::repeat_n(user, heads));
        let users = users.zip(self.users.points());
        let mut caught = Caught::default();
        // In the order of the picture, which has the points of a user side by side.
        let held_items = items.filter(|(_, point)| held(*point));
        caught.items.extend(held_items.map(|(item, _)| *item));
        let held_users = users.filter(|(_, point)| held(*point));
        caught.users.extend(held_users.map(|(user, _)| *user));
        caught.users.dedup();
        (!caught.items.is_empty() || !caught.users.is_empty()).then_some(caught)
    }

    /// Zooms by hand.
    pub fn zoom(&mut self, at: Place, factor: f64) {
        let fitting = self.fitting().map_or(1.0, |view| view.zoom);
        if let Some(view) = &mut self.view {
            self.held = true;
            view.zoom_at(at, factor, self.size, fitting);
        }
    }

    /// Moves by hand.
    pub fn pan(&mut self, by: (f64, f64)) {
        if let Some(view) = &mut self.view {
            self.held = true;
            view.pan(by);
        }
    }

    /// The item after the hovered or selected one, or before it: how the keyboard walks over the map.
    pub fn next_item(&self, forward: bool) -> Option<Thing> {
        let given = self.given.as_ref()?;
        let items = &given.picture.as_ref()?.items;
        let present = match given.focus.hovered {
            Some(Thing::Item(item)) => Some(item),
            _ => given.focus.item,
        };
        let place = present.and_then(|item| items.iter().position(|&other| other == item));
        let next = match (place, forward) {
            (Some(place), true) => (place + 1) % items.len(),
            (Some(place), false) => (place + items.len() - 1) % items.len(),
            (None, _) => 0,
        };
        items.get(next).map(|&item| Thing::Item(item))
    }
}

/// The points of a bubble that are farthest from its middle along its two arrows.
fn edges(outline: &Outline) -> impl Iterator<Item = Point> {
    let [x, y] = outline.middle.map(f64::from);
    let arrows = outline.axes.map(|arrow| arrow.map(f64::from));
    let ends = move |[across, up]: [f64; 2]| [(x + across, y + up), (x - across, y - up)];
    arrows.into_iter().flat_map(ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Projection;
    use crate::ui::theme::Theme;

    fn scene() -> Scene {
        let picture = MapPicture {
            directions: false,
            apart: None,
            wins: Vec::new(),
            regions: false,
            recovered: None,
            outlines: Vec::new(),
            step: 0,
            projection: Projection::Plane,
            dim: 2,
            items: vec![4, 9],
            users: vec![2],
            heads: 1,
            item_points: vec![0.0, 0.0, 1.0, 0.0],
            user_points: vec![0.5, 1.0],
        };
        let given = Given {
            picture: Some(Shared::new(picture)),
            names: Shared::default(),
            card: None,
            focus: Focus::default(),
            palette: Theme::Light.palette(),
            around: None,
            caught: None,
            inside: None,
            index: None,
        };
        let mut scene = Scene {
            size: (200.0, 200.0),
            ..Scene::default()
        };
        scene.update(given, 0.0, false);
        scene.advance(1_000.0, false);
        scene
    }

    #[test]
    fn the_pointer_finds_what_is_under_it_and_nothing_far_away() {
        let scene = scene();
        let view = scene.view.expect("there are points");
        let at = |point| view.place(point, scene.size);
        assert_eq!(scene.thing_at(at((1.0, 0.0))), Some(Thing::Item(9)));
        assert_eq!(scene.thing_at(at((0.5, 1.0))), Some(Thing::User(2)));
        assert_eq!(scene.thing_at(at((0.5, 0.5))), None);
        assert_eq!(scene.point_at(at((0.25, 0.75))), Some((0.25, 0.75)));
    }

    #[test]
    fn the_view_follows_the_points_until_a_hand_takes_it() {
        let mut scene = scene();
        scene.zoom((100.0, 100.0), 2.0);
        let held = scene.view;
        scene.advance(2_000.0, false);
        assert_eq!(scene.view, held);
    }

    #[test]
    fn a_new_run_is_seen_whole_wherever_a_hand_had_gone() {
        let mut scene = scene();
        scene.zoom((0.0, 0.0), 5.0);
        let given = scene.given.clone().expect("it was given something");
        let nothing = Given {
            picture: None,
            ..given.clone()
        };
        scene.update(nothing, 0.0, false);
        scene.update(given, 0.0, false);
        scene.advance(1_000.0, false);
        assert_eq!(scene.view, scene.fitting());
    }

    #[test]
    fn the_keyboard_walks_round_all_items() {
        let mut scene = scene();
        assert_eq!(scene.next_item(true), Some(Thing::Item(4)));
        if let Some(given) = &mut scene.given {
            given.focus.item = Some(9);
        }
        assert_eq!(scene.next_item(true), Some(Thing::Item(4)));
        assert_eq!(scene.next_item(false), Some(Thing::Item(4)));
    }
}
