//! States of a run to go back to: the more recent, the denser they lie.

use super::run::Saved;

/// Bytes that all states may take together.
pub const ROOM: usize = 24 << 20;

/// Steps between two states of up to [`LIGHT`] bytes; of heavier ones more, so that most of the time is for training.
const EVERY: u64 = 64;
const LIGHT: usize = 1 << 20;

/// More states than these are too many to look through.
const FRAMES_MAX: usize = 128;

/// The states, in the order of steps.
pub struct History {
    frames: Vec<Frame>,
    /// Bytes of all.
    bytes: usize,
    room: usize,
    /// Steps between two states.
    every: u64,
}

struct Frame {
    saved: Saved,
    bytes: usize,
}

impl Default for History {
    fn default() -> Self {
        Self::within(ROOM)
    }
}

impl History {
    /// Without states, which may take so many bytes.
    pub const fn within(room: usize) -> Self {
        Self {
            frames: Vec::new(),
            bytes: 0,
            room,
            every: EVERY,
        }
    }

    /// Whether the state of `step` is to be kept.
    pub fn wants(&self, step: u64) -> bool {
        step.is_multiple_of(self.every) && self.place(step).is_err()
    }

    /// Keeps a state. Where there is no room, those go first that are missed least: their neighbours are close,
    /// beside how long ago they were.
    pub fn keep(&mut self, mut saved: Saved) {
        let bytes = saved.weight();
        self.every = EVERY * bytes.div_ceil(LIGHT).next_power_of_two() as u64;
        let Err(place) = self.place(saved.step()) else { return };
        self.bytes += bytes;
        self.frames.insert(place, Frame { saved, bytes });
        while self.frames.len() > FRAMES_MAX || self.bytes > self.room {
            let Some(least) = self.least() else {
                return self.forget_after(0);
            };
            self.bytes -= self.frames.remove(least).bytes;
        }
    }

    /// The last state at `step` or before.
    pub fn before(&self, step: u64) -> Option<&Saved> {
        let behind = self.place(step).map_or_else(|place| place, |place| place + 1);
        Some(&self.frames[behind.checked_sub(1)?].saved)
    }

    /// Forgets the states from `step` on: what follows is different now.
    pub fn forget_after(&mut self, step: u64) {
        self.frames.retain(|frame| frame.saved.step() < step);
        self.bytes = self.frames.iter().map(|frame| frame.bytes).sum();
    }

    /// How many there are, and their bytes.
    pub const fn size(&self) -> (usize, usize) {
        (self.frames.len(), self.bytes)
    }

    fn place(&self, step: u64) -> Result<usize, usize> {
        self.frames.binary_search_by_key(&step, |frame| frame.saved.step())
    }

    /// The state whose gap, once it is gone, is the smallest beside its age; never the last.
    fn least(&self) -> Option<usize> {
        let step = |place: usize| self.frames[place].saved.step();
        let last = self.frames.len().checked_sub(1)?;
        let missed = |&place: &usize| {
            let before = place.checked_sub(1).map_or(0, step);
            (step(place + 1) - before) as f64 / (step(last) - step(place)) as f64
        };
        (0..last).min_by(|a, b| missed(a).total_cmp(&missed(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::link;
    use crate::session::{Library, Run, Work};

    fn run() -> Run {
        let (recipe, _) = link::to_recipe(link::pairs("data.users=60&data.items=50&model.dim=2&train.batch=8"));
        let plan = recipe.validate().unwrap();
        let world = plan.world(Library::default().dataset(&plan).unwrap()).unwrap();
        Run::new(plan, world.into()).unwrap()
    }

    /// States of so many steps, of which a history with this room keeps what it wants.
    fn walked(room: impl Fn(usize) -> usize, steps: u64) -> (History, usize) {
        let mut run = run();
        let weight = run.save().weight();
        let mut history = History::within(room(weight));
        while run.trainer.steps() < steps {
            if matches!(run.advance(steps), Work::Idle) {
                break;
            }
            if history.wants(run.trainer.steps()) {
                history.keep(run.save());
            }
        }
        (history, weight)
    }

    #[test]
    fn states_stay_within_their_room_and_lie_denser_the_more_recent_they_are() {
        let (history, weight) = walked(|weight| 6 * weight, 1_280);
        let steps: Vec<_> = history.frames.iter().map(|frame| frame.saved.step()).collect();
        let (count, bytes) = history.size();
        assert!(
            count >= 5 && bytes <= 6 * weight,
            "{count} of {bytes}, each of {weight}"
        );
        assert_eq!(steps.last(), Some(&1_280));
        let gaps: Vec<_> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.first() > gaps.last(), "{steps:?}");
    }

    #[test]
    fn the_last_state_before_a_step_is_found_and_another_future_forgets_the_old_one() {
        let (mut history, _) = walked(|_| ROOM, 300);
        let at = |history: &History, step| history.before(step).map(Saved::step);
        assert_eq!(
            [63, 64, 200, 900].map(|step| at(&history, step)),
            [Some(0), Some(64), Some(192), Some(256)]
        );
        history.forget_after(192);
        assert_eq!(at(&history, 900), Some(128));
    }

    #[test]
    fn a_state_that_has_no_room_is_not_kept() {
        let (history, _) = walked(|weight| weight - 1, 70);
        assert_eq!(history.size(), (0, 0));
    }
}
