//! What the desk has other workers train beside the reader's own run.

use super::Desk;
use crate::protocol::Recipe;
use crate::ui::state::Kept;
use crate::ui::sweep::{Sweep, Trial};
use crate::ui::sweeper::{LANES, Sweeper};

impl Desk {
    /// Has a further worker train these, in place of those it may be at.
    pub fn sweep(&self, trials: Vec<Trial>) {
        self.train_beside(&self.sweeper, |of, files| Sweep::new(of, trials, 1, files));
    }

    /// Ends that worker.
    pub fn stop_sweep(&self) {
        self.sweeper.stop();
    }

    /// Has several workers train these side by side, and draw the map of each with the selected user's points.
    pub fn race(&self, recipes: Vec<Recipe>) {
        let trials = recipes.into_iter().map(|recipe| Trial::new("", None, recipe)).collect();
        let user = self.state().focus.user;
        self.train_beside(&self.racer, |of, files| {
            Sweep::new(of, trials, LANES, files).with_maps(user)
        });
    }

    /// Ends those workers.
    pub fn stop_race(&self) {
        self.racer.stop();
    }

    /// Shows a run of the race beside the reader's own: its curves and its map.
    pub fn show_beside(&self, place: usize) {
        let race = self.state().race;
        if let Some(trial) = race.as_ref().and_then(|race| race.trials.get(place)) {
            let kept = Kept {
                recipe: trial.recipe.clone(),
                losses: trial.story.losses.smooth(),
                evaluations: (*trial.story.evaluations).clone(),
                map: trial.map.clone(),
            };
            self.alter(|state| state.show_beside(kept));
        }
    }

    /// Writes down something about a run of the race.
    pub fn note_of_run(&self, place: usize, note: String) {
        self.racer.change(|race| {
            if let Some(trial) = race.trials.make_mut().get_mut(place) {
                trial.note = note;
            }
        });
    }

    fn train_beside(&self, sweeper: &Sweeper, sweep: impl FnOnce(Recipe, bool) -> Sweep) {
        let files = self.files.borrow().clone();
        let of = (*self.state().recipe).clone();
        sweeper.stop();
        sweeper.start(sweep(of, !files.is_empty()), files);
    }
}
