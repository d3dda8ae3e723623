//! Points on their way from one snapshot to the next.

/// How long a move takes in milliseconds: about the time between two snapshots, so that the points never rest while
/// the model learns.
const LASTS: f64 = 120.0;

/// Coordinates that move in a straight line to where they were last sent.
#[derive(Debug, Default)]
pub struct Glide {
    from: Vec<f32>,
    to: Vec<f32>,
    shown: Vec<f32>,
    /// When the present move began.
    begun: f64,
}

impl Glide {
    /// Sends the coordinates elsewhere; at once if they are other points than before, or if `jump` says so.
    pub fn send(&mut self, to: &[f32], now: f64, jump: bool) {
        self.to.clear();
        self.to.extend_from_slice(to);
        if jump || self.shown.len() != to.len() {
            self.shown.clone_from(&self.to);
        }
        self.from.clone_from(&self.shown);
        self.begun = now;
    }

    /// Moves on; says whether there is more of the way to go.
    pub fn advance(&mut self, now: f64) -> bool {
        let share = ((now - self.begun) / LASTS).clamp(0.0, 1.0) as f32;
        for ((shown, &from), &to) in self.shown.iter_mut().zip(&self.from).zip(&self.to) {
            // At its end to the last bit: the same run is drawn the same, however it was come to.
            *shown = if share < 1.0 { from + (to - from) * share } else { to };
        }
        share < 1.0
    }

    /// The points where they are shown now.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        pairs(&self.shown)
    }

    /// The points where they are going.
    pub fn goals(&self) -> impl Iterator<Item = (f64, f64)> {
        pairs(&self.to)
    }
}

fn pairs(coordinates: &[f32]) -> impl Iterator<Item = (f64, f64)> {
    coordinates
        .chunks_exact(2)
        .map(|pair| (f64::from(pair[0]), f64::from(pair[1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_glide_from_where_they_are_seen() {
        let mut glide = Glide::default();
        glide.send(&[0.0, 0.0], 0.0, false);
        glide.send(&[1.0, 2.0], 0.0, false);
        assert!(glide.advance(LASTS / 2.0));
        assert_eq!(glide.points().next(), Some((0.5, 1.0)));
        glide.send(&[0.5, 5.0], LASTS, false);
        assert!(glide.advance(LASTS));
        assert_eq!(glide.points().next(), Some((0.5, 1.0)), "a new goal is no jump");
        assert!(!glide.advance(3.0 * LASTS));
        assert_eq!(glide.points().next(), Some((0.5, 5.0)));
    }

    #[test]
    fn other_points_and_still_readers_get_no_glide() {
        let mut glide = Glide::default();
        glide.send(&[0.0, 0.0], 0.0, false);
        glide.send(&[1.0, 1.0, 2.0, 2.0], 0.0, false);
        assert_eq!(glide.points().count(), 2);
        glide.send(&[3.0, 3.0, 4.0, 4.0], 0.0, true);
        assert_eq!(glide.points().next(), Some((3.0, 3.0)));
    }
}
