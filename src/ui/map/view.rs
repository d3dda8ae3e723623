//! Which part of the plane is on the screen.

/// A place on the canvas in CSS pixels from its upper left corner.
pub type Place = (f64, f64);

/// A point of the plane.
pub type Point = (f64, f64);

/// The canvas in CSS pixels.
pub type Size = (f64, f64);

/// Share of the canvas that stays free around the points.
const MARGIN: f64 = 0.08;

/// How far one may zoom away from the fitting view, both ways.
const ZOOM_RANGE: f64 = 60.0;

/// The point in the middle of the canvas, and the pixels of one unit of the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub middle: Point,
    pub zoom: f64,
}

impl View {
    /// All these points, as large as they can be shown. `None` without points or canvas.
    pub fn fit(points: impl Iterator<Item = Point>, (width, height): Size) -> Option<Self> {
        let mut low = (f64::INFINITY, f64::INFINITY);
        let mut high = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (x, y) in points.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        if !low.0.is_finite() || width <= 0.0 || height <= 0.0 {
            return None;
        }
        let room = 1.0 - 2.0 * MARGIN;
        let wide = (high.0 - low.0).max(1e-6);
        let tall = (high.1 - low.1).max(1e-6);
        Some(Self {
            middle: ((low.0 + high.0) / 2.0, (low.1 + high.1) / 2.0),
            zoom: (width * room / wide).min(height * room / tall),
        })
    }

    /// Where a point is shown.
    pub fn place(&self, (x, y): Point, (width, height): Size) -> Place {
        (
            width / 2.0 + (x - self.middle.0) * self.zoom,
            height / 2.0 - (y - self.middle.1) * self.zoom,
        )
    }

    /// Zooms so that what is under `at` stays there. `fitting` bounds how far.
    pub fn zoom_at(&mut self, (x, y): Place, factor: f64, (width, height): Size, fitting: f64) {
        let zoom = (self.zoom * factor).clamp(fitting / ZOOM_RANGE, fitting * ZOOM_RANGE);
        let moved = 1.0 / self.zoom - 1.0 / zoom;
        self.middle.0 += (x - width / 2.0) * moved;
        self.middle.1 -= (y - height / 2.0) * moved;
        self.zoom = zoom;
    }

    /// Moves what is shown by so many pixels.
    pub fn pan(&mut self, (right, down): (f64, f64)) {
        self.middle.0 -= right / self.zoom;
        self.middle.1 += down / self.zoom;
    }

    /// Goes a share of the way to another view; says whether there is more of the way to go.
    pub fn approach(&mut self, goal: Self, share: f64) -> bool {
        self.middle.0 += (goal.middle.0 - self.middle.0) * share;
        self.middle.1 += (goal.middle.1 - self.middle.1) * share;
        self.zoom += (goal.zoom - self.zoom) * share;
        let off = |way: f64| (way * goal.zoom).abs() > 0.5;
        let zooming = (self.zoom / goal.zoom - 1.0).abs() > 0.002;
        let on_the_way = zooming || off(goal.middle.0 - self.middle.0) || off(goal.middle.1 - self.middle.1);
        if !on_the_way {
            *self = goal;
        }
        on_the_way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = (400.0, 300.0);

    #[test]
    fn everything_fits_into_the_canvas_with_a_margin() {
        let points = [(-1.0, -2.0), (3.0, 2.0)];
        let view = View::fit(points.into_iter(), SIZE).expect("there are points");
        for point in points {
            let (x, y) = view.place(point, SIZE);
            assert!((20.0..=380.0).contains(&x) && (20.0..=280.0).contains(&y));
        }
    }

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let mut view = View {
            middle: (1.0, 1.0),
            zoom: 50.0,
        };
        let point = (2.5, -0.5);
        let at = view.place(point, SIZE);
        view.zoom_at(at, 3.0, SIZE, 50.0);
        let (x, y) = view.place(point, SIZE);
        assert!((x - at.0).abs() < 1e-9 && (y - at.1).abs() < 1e-9);
        assert!((view.zoom - 150.0).abs() < 1e-9);
    }

    #[test]
    fn zooming_has_an_end() {
        let mut view = View {
            middle: (0.0, 0.0),
            zoom: 50.0,
        };
        for _ in 0..100 {
            view.zoom_at((0.0, 0.0), 2.0, SIZE, 50.0);
        }
        assert!(view.zoom <= 50.0 * ZOOM_RANGE);
    }

    #[test]
    fn points_that_are_no_numbers_or_none_at_all_give_no_view() {
        assert_eq!(View::fit([(f64::NAN, 0.0)].into_iter(), SIZE), None);
        assert_eq!(View::fit(std::iter::empty(), SIZE), None);
        assert!(View::fit([(1.0, 1.0)].into_iter(), SIZE).is_some_and(|view| view.zoom.is_finite()));
    }

    #[test]
    fn a_view_arrives_where_it_goes() {
        let mut view = View {
            middle: (0.0, 0.0),
            zoom: 1.0,
        };
        let goal = View {
            middle: (5.0, -3.0),
            zoom: 40.0,
        };
        let frames = (0..500).take_while(|_| view.approach(goal, 0.2)).count();
        assert!(frames < 100);
        assert_eq!(view, goal);
    }
}
