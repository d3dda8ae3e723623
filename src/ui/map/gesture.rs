//! From fingers and mouse to wishes.

use super::view::Place;

/// A pointer that moved less than this between down and up was a click.
const SLACK: f64 = 5.0;

/// What the hand wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// Look at what is here.
    Look(Place),
    /// Take what is here.
    Take(Place),
    /// Move by so many pixels.
    Pan((f64, f64)),
    /// Zoom around a place.
    Zoom { at: Place, factor: f64 },
}

/// The pointers that are down.
#[derive(Debug, Default)]
pub struct Gesture {
    down: Vec<(i32, Place)>,
    /// How far the first pointer has gone, or infinitely far once there were two.
    gone: f64,
}

impl Gesture {
    pub fn press(&mut self, pointer: i32, at: Place) {
        self.gone = if self.down.is_empty() { 0.0 } else { f64::INFINITY };
        self.down.push((pointer, at));
    }

    pub fn shift(&mut self, pointer: i32, at: Place) -> Option<Wish> {
        let others = self.down.iter().find(|(id, _)| *id != pointer).map(|(_, place)| *place);
        let Some((_, place)) = self.down.iter_mut().find(|(id, _)| *id == pointer) else {
            return Some(Wish::Look(at));
        };
        let before = *place;
        let moved = (at.0 - before.0, at.1 - before.1);
        if let Some(other) = others {
            *place = at;
            let factor = distance(at, other) / distance(before, other).max(1.0);
            let middle = ((at.0 + other.0) / 2.0, (at.1 + other.1) / 2.0);
            return (factor > 0.0).then_some(Wish::Zoom { at: middle, factor });
        }
        self.gone = self.gone.max(distance(at, before));
        if self.gone < SLACK {
            return None;
        }
        self.gone = f64::INFINITY;
        *place = at;
        Some(Wish::Pan(moved))
    }

    pub fn release(&mut self, pointer: i32, at: Place) -> Option<Wish> {
        (self.lift(pointer) && self.gone < SLACK).then_some(Wish::Take(at))
    }

    /// The browser took the pointer away.
    pub fn cancel(&mut self, pointer: i32) {
        self.lift(pointer);
    }

    /// Takes a pointer away; whether it was down.
    fn lift(&mut self, pointer: i32) -> bool {
        let place = self.down.iter().position(|(id, _)| *id == pointer);
        place.map(|place| self.down.remove(place)).is_some()
    }
}

/// Places on a screen are far from where squares are no numbers any more.
pub(super) fn distance(a: Place, b: Place) -> f64 {
    let (x, y) = (a.0 - b.0, a.1 - b.1);
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trembling_click_is_a_click() {
        let mut hand = Gesture::default();
        hand.press(1, (10.0, 10.0));
        assert_eq!(hand.shift(1, (12.0, 11.0)), None);
        assert_eq!(hand.release(1, (12.0, 11.0)), Some(Wish::Take((12.0, 11.0))));
    }

    #[test]
    fn a_drag_pans_and_takes_nothing() {
        let mut hand = Gesture::default();
        hand.press(1, (10.0, 10.0));
        assert_eq!(hand.shift(1, (30.0, 10.0)), Some(Wish::Pan((20.0, 0.0))));
        assert_eq!(hand.shift(1, (31.0, 10.0)), Some(Wish::Pan((1.0, 0.0))));
        assert_eq!(hand.release(1, (31.0, 10.0)), None);
    }

    #[test]
    fn two_fingers_apart_zoom_in_around_their_middle() {
        let mut hand = Gesture::default();
        hand.press(1, (0.0, 0.0));
        hand.press(2, (100.0, 0.0));
        assert_eq!(
            hand.shift(2, (200.0, 0.0)),
            Some(Wish::Zoom {
                at: (100.0, 0.0),
                factor: 2.0
            })
        );
        assert_eq!(hand.release(2, (200.0, 0.0)), None);
        assert_eq!(hand.release(1, (0.0, 0.0)), None, "the second finger up is no click");
    }

    #[test]
    fn a_pointer_that_is_not_down_looks() {
        assert_eq!(Gesture::default().shift(7, (1.0, 2.0)), Some(Wish::Look((1.0, 2.0))));
    }
}
