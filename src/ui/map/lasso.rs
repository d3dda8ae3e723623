//! A line drawn round things.

use super::view::Place;

/// What lies within a line that was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// In ascending order.
    pub items: Vec<u32>,
    /// Users with a point within it.
    pub users: Vec<u32>,
}

/// Whether `at` lies within the closed `line`: whether a ray to the right crosses it an odd number of times.
pub fn within(line: &[Place], at: Place) -> bool {
    let next = line.iter().cycle().skip(1);
    let crossed = line.iter().zip(next).filter(|(from, to)| {
        let spans = (from.1 > at.1) != (to.1 > at.1);
        spans && at.0 < from.0 + (at.1 - from.1) / (to.1 - from.1) * (to.0 - from.0)
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_what_it_goes_round() {
        // An arrowhead, open to the left.
        let line = [(0.0, 0.0), (10.0, 5.0), (0.0, 10.0), (4.0, 5.0)];
        for at in [(5.0, 5.0), (1.0, 1.0), (9.0, 5.0)] {
            assert!(within(&line, at), "{at:?}");
        }
        for at in [(2.0, 5.0), (11.0, 5.0), (-1.0, 0.0), (5.0, -1.0)] {
            assert!(!within(&line, at), "{at:?}");
        }
        assert!(!within(&[], (0.0, 0.0)));
    }
}
