//! Several recipes, trained from the first step to the last beside the reader's own run: one after the other in one
//! worker, or in as many workers as there are lanes.
//!
//! Here is what is known of it and what follows from each word of those workers; `sweeper` speaks with them, [`sizes`]
//! and [`race`] make the lists.

mod race;
mod sizes;

pub use race::{as_csv, mean_and_deviation, seeds, spread, told, values};
pub use sizes::{Choice, SHARES, epochs, shrinks, sizes};

use serde::{Deserialize, Serialize};

use super::shared::Shared;
use super::story::Story;
use crate::protocol::{Event, MapPicture, Recipe, RunState, Section};
use crate::text::Message;

/// What a worker says that has not the data of a recipe.
const NO_DATA: &str = "data.choose_file";

/// One of the recipes.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Kind of the section that is another.
    pub kind: String,
    /// The share of a full table's numbers that was asked for; none for the full table.
    pub share: Option<f64>,
    pub recipe: Recipe,
    pub outcome: Outcome,
    /// Its course so far.
    pub story: Story,
    /// The interest map at its end.
    pub map: Option<Shared<MapPicture>>,
    /// What the reader wrote down about it.
    pub note: String,
}

/// What came of a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// A worker is at it.
    Running,
    Trained {
        /// Numbers the model learnt.
        parameters: u64,
        /// What it was judged by: `recall@20` or, where rows are, `auc`.
        metric: String,
        quality: f64,
    },
    Failed(Message),
}

/// How far a worker is.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// It is not up yet.
    Starting,
    /// It makes a model.
    Applying,
    /// It reads the reader's files once more.
    Reading,
    /// It trains: the share of this run that is done.
    Training(f32),
    /// It draws the map of the trained model.
    Looking,
    /// It has nothing left to do.
    Idle,
}

/// What a worker has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Nothing,
    /// Start a run.
    Apply(Box<Recipe>),
    /// Read the files as this section says.
    Read(Section),
    /// Train to the end.
    Train,
    /// Draw the map of this user.
    Look(Option<u32>),
    /// There is nothing left to do for it.
    End,
}

/// A worker and the place of the recipe it is at.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    pub phase: Phase,
    at: usize,
    /// There are files that it has not read.
    unread: bool,
}

/// All that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The recipe that the others are made from.
    pub of: Recipe,
    pub trials: Shared<Vec<Trial>>,
    pub lanes: Vec<Lane>,
    /// Maps are drawn, with this user's points.
    map: Option<Option<u32>>,
    /// It is over, for this reason.
    pub over: Option<Message>,
}

impl Trial {
    /// A recipe that nothing has come of yet.
    pub fn new(kind: &str, share: Option<f64>, recipe: Recipe) -> Self {
        Self {
            kind: kind.to_owned(),
            share,
            recipe,
            outcome: Outcome::Waiting,
            story: Story::default(),
            map: None,
            note: String::new(),
        }
    }
}

impl Outcome {
    /// What a run at its end gave.
    fn of(state: &RunState) -> Self {
        if let Some(why) = &state.error {
            return Self::Failed(why.clone());
        }
        let find = |start| state.metrics.iter().find(|(name, _)| name.starts_with(start));
        match find("recall@").or_else(|| find("auc")) {
            Some((metric, &quality)) => Self::Trained {
                parameters: state.parameters,
                metric: metric.clone(),
                quality,
            },
            None => Self::Failed(Message::new("page.sweep.not_judged")),
        }
    }
}

/// Numbers of the model with the full table, if it has been trained.
pub fn full(trials: &[Trial]) -> Option<u64> {
    let full = trials.iter().find(|trial| trial.share.is_none())?;
    match full.outcome {
        Outcome::Trained { parameters, .. } => Some(parameters),
        _ => None,
    }
}

impl Sweep {
    /// At its start, in so many workers. `files` says that there are some, which the data may have been read from.
    pub fn new(of: Recipe, trials: Vec<Trial>, lanes: usize, files: bool) -> Self {
        let lane = Lane {
            phase: Phase::Starting,
            at: 0,
            unread: files,
        };
        Self {
            of,
            lanes: vec![lane; lanes.min(trials.len())],
            trials: Shared::new(trials),
            map: None,
            over: None,
        }
    }

    /// One that is over: its runs are those of an earlier visit.
    pub fn of_before(of: Recipe, trials: Vec<Trial>, over: Message) -> Self {
        Self {
            over: Some(over),
            ..Self::new(of, trials, 0, false)
        }
    }

    /// Has maps drawn, with this user's points.
    pub fn with_maps(self, user: Option<u32>) -> Self {
        Self {
            map: Some(user),
            ..self
        }
    }

    /// Place of the recipe that the first worker is at.
    pub fn at(&self) -> Option<usize> {
        self.trials.iter().position(|trial| trial.outcome == Outcome::Running)
    }

    /// Whether there are workers at it.
    pub fn running(&self) -> bool {
        self.over.is_none()
    }

    /// The share of all that is done.
    pub fn done(&self) -> f32 {
        let waiting = |trial: &&Trial| matches!(trial.outcome, Outcome::Waiting | Outcome::Running);
        let trained = self.trials.len() - self.trials.iter().filter(waiting).count();
        let under_way = self.lanes.iter().map(|lane| match lane.phase {
            Phase::Training(share) => share,
            Phase::Looking => 1.0,
            _ => 0.0,
        });
        (trained as f32 + under_way.sum::<f32>()) / self.trials.len().max(1) as f32
    }

    /// Ends it, with the sentence `key`.
    pub fn end(&mut self, key: &'static str) {
        let trained = |trial: &&Trial| matches!(trial.outcome, Outcome::Trained { .. });
        let why = Message::new(key)
            .with("trained", self.trials.iter().filter(trained).count())
            .with("all", self.trials.len());
        self.over = Some(why);
    }

    /// What follows from a word of a worker; `answer` if it is the answer to its last order.
    pub fn hear(&mut self, lane: usize, event: Event, answer: bool) -> Order {
        let Some(Lane { phase, at, unread }) = self.lanes.get_mut(lane) else {
            return Order::End;
        };
        let at = *at;
        let (next, order) = match (&*phase, event) {
            (Phase::Starting, Event::Ready { .. }) | (Phase::Reading, Event::Applied(_)) => return self.next(lane),
            (Phase::Applying, Event::Applied(_)) => (Phase::Training(0.0), Order::Train),
            (Phase::Training(_), Event::State(state)) if answer => {
                let outcome = Outcome::of(&state);
                let map = self.map.filter(|_| matches!(outcome, Outcome::Trained { .. }));
                self.trials.make_mut()[at].outcome = outcome;
                match map {
                    Some(user) => (Phase::Looking, Order::Look(user)),
                    None => return self.next(lane),
                }
            }
            (Phase::Training(_), Event::State(state)) => {
                let share = state.step as f32 / state.last_step.max(1) as f32;
                (Phase::Training(share), Order::Nothing)
            }
            (Phase::Training(_), Event::Losses { points }) => {
                self.trials.make_mut()[at].story.take_losses(points);
                return Order::Nothing;
            }
            (Phase::Training(_), Event::Evaluated(evaluated)) => {
                self.trials.make_mut()[at].story.take_evaluation(evaluated);
                return Order::Nothing;
            }
            (Phase::Looking, Event::Map(map)) => {
                self.trials.make_mut()[at].map = Some(Shared::new(*map));
                return Order::Nothing;
            }
            (Phase::Looking, Event::State(_)) if answer => return self.next(lane),
            (Phase::Applying, Event::Refused(why)) if *unread && why.key == NO_DATA => {
                *unread = false;
                // What was begun waits until the files are read.
                self.trials.make_mut()[at].outcome = Outcome::Waiting;
                (Phase::Reading, Order::Read(self.of.data.clone()))
            }
            (Phase::Reading, Event::Refused(why)) => return self.without_data(why),
            (Phase::Reading, Event::NeedColumns(wanted)) => return self.without_data(wanted.why),
            (Phase::Idle, _) => return Order::Nothing,
            (_, Event::Refused(why)) => {
                self.trials.make_mut()[at].outcome = Outcome::Failed(why);
                return self.next(lane);
            }
            _ => return Order::Nothing,
        };
        self.lanes[lane].phase = next;
        order
    }

    fn next(&mut self, lane: usize) -> Order {
        let at = self.trials.iter().position(|trial| trial.outcome == Outcome::Waiting);
        let Some(at) = at else {
            self.lanes[lane].phase = Phase::Idle;
            if self.lanes.iter().all(|lane| lane.phase == Phase::Idle) {
                self.end("page.sweep.done");
            }
            return Order::End;
        };
        self.lanes[lane].at = at;
        self.lanes[lane].phase = Phase::Applying;
        self.trials.make_mut()[at].outcome = Outcome::Running;
        Order::Apply(Box::new(self.trials[at].recipe.clone()))
    }

    fn without_data(&mut self, why: Message) -> Order {
        self.over = Some(Message::join(vec![Message::new("page.sweep.no_data"), why]));
        Order::End
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Applied, Status};

    fn sweep(files: bool) -> Sweep {
        let trial = |kind: &str, share| {
            let recipe = Recipe {
                seed: kind.len() as u32,
                ..Recipe::default()
            };
            Trial::new(kind, share, recipe)
        };
        let trials = vec![trial("full", None), trial("hash", Some(0.5))];
        Sweep::new(Recipe::default(), trials, 1, files)
    }

    fn ready() -> Event {
        Event::Ready {
            catalogue: crate::protocol::Catalogue::default(),
            recipe: Box::default(),
        }
    }

    fn applied() -> Event {
        Event::Applied(Box::new(Applied {
            recipe: Recipe::default(),
            notices: Vec::new(),
            advice: crate::protocol::Advice::default(),
            dataset: crate::protocol::DatasetInfo::default(),
            scenery: None,
            state: RunState::default(),
        }))
    }

    fn state(step: u64, parameters: u64, metrics: &[(&str, f64)]) -> Event {
        Event::State(Box::new(RunState {
            status: Status::Finished,
            step,
            last_step: 10,
            parameters,
            metrics: metrics
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
            ..RunState::default()
        }))
    }

    fn apply(sweep: &Sweep, at: usize) -> Order {
        Order::Apply(Box::new(sweep.trials[at].recipe.clone()))
    }

    #[test]
    fn every_recipe_is_trained_to_its_end_one_after_the_other() {
        let mut sweep = sweep(false);
        assert_eq!(sweep.hear(0, ready(), false), apply(&sweep, 0));
        assert_eq!(sweep.hear(0, applied(), true), Order::Train);
        assert_eq!(sweep.hear(0, state(5, 100, &[]), false), Order::Nothing);
        assert_eq!(sweep.lanes[0].phase, Phase::Training(0.5));
        assert_eq!(full(&sweep.trials), None);
        let metrics = [("auc", 0.9), ("recall@20", 0.25), ("sampled_recall@20", 0.5)];
        assert_eq!(sweep.hear(0, state(10, 100, &metrics), true), apply(&sweep, 1));
        assert_eq!(full(&sweep.trials), Some(100));
        // What was said of the run before comes late.
        assert_eq!(sweep.hear(0, state(10, 100, &metrics), false), Order::Nothing);
        assert_eq!(sweep.hear(0, applied(), true), Order::Train);
        assert_eq!(sweep.hear(0, state(10, 60, &[("auc", 0.75)]), true), Order::End);
        let quality: Vec<_> = sweep.trials.iter().map(|trial| trial.outcome.clone()).collect();
        let trained = |parameters, metric: &str, quality| Outcome::Trained {
            parameters,
            metric: metric.to_owned(),
            quality,
        };
        assert_eq!(quality, [trained(100, "recall@20", 0.25), trained(60, "auc", 0.75)]);
        assert!(!sweep.running());
        assert_eq!(
            sweep.over,
            Some(Message::new("page.sweep.done").with("trained", 2).with("all", 2))
        );
    }

    #[test]
    fn a_recipe_that_is_refused_keeps_its_sentence_and_the_next_is_trained() {
        let mut sweep = sweep(true);
        sweep.hear(0, ready(), false);
        let why = Message::new("encoder.no_room");
        assert_eq!(sweep.hear(0, Event::Refused(why.clone()), true), apply(&sweep, 1));
        assert_eq!(sweep.trials[0].outcome, Outcome::Failed(why));
        sweep.hear(0, applied(), true);
        let diverged = Message::new("run.diverged");
        let failed = Event::State(Box::new(RunState {
            error: Some(diverged.clone()),
            ..RunState::default()
        }));
        assert_eq!(sweep.hear(0, failed, true), Order::End);
        assert_eq!(sweep.trials[1].outcome, Outcome::Failed(diverged));
    }

    #[test]
    fn files_are_read_once_more_where_the_data_are_not_there_and_only_then() {
        let missing = || Event::Refused(Message::new(NO_DATA));
        let mut with_files = sweep(true);
        with_files.hear(0, ready(), false);
        let data = with_files.of.data.clone();
        assert_eq!(with_files.hear(0, missing(), true), Order::Read(data));
        assert_eq!(with_files.hear(0, applied(), true), apply(&with_files, 0));
        // Still not there: that is no reason to read them for ever.
        assert_eq!(with_files.hear(0, missing(), true), apply(&with_files, 1));

        let mut unreadable = sweep(true);
        unreadable.hear(0, ready(), false);
        unreadable.hear(0, missing(), true);
        assert_eq!(
            unreadable.hear(0, Event::Refused(Message::new("page.dismiss")), true),
            Order::End
        );
        assert!(!unreadable.running() && unreadable.at().is_none());

        let mut without = sweep(false);
        without.hear(0, ready(), false);
        assert_eq!(without.hear(0, missing(), true), apply(&without, 1));
    }

    #[test]
    fn two_workers_share_the_recipes_and_draw_a_map_of_each() {
        let trials = ["a", "b", "c"].map(|kind| Trial::new(kind, None, Recipe::default()));
        let mut race = Sweep::new(Recipe::default(), trials.into(), 2, false).with_maps(Some(7));
        for lane in [0, 1] {
            assert_eq!(race.hear(lane, ready(), false), apply(&race, lane));
            assert_eq!(race.hear(lane, applied(), true), Order::Train);
        }
        race.hear(1, Event::Losses { points: vec![(1, 2.0)] }, false);
        assert_eq!(
            race.hear(1, state(10, 5, &[("recall@20", 0.5)]), true),
            Order::Look(Some(7))
        );
        assert_eq!(race.hear(1, state(10, 5, &[]), true), apply(&race, 2));
        assert_eq!(race.trials[1].story.losses.points(), [(1.0, 2.0)]);
        assert!(race.running() && race.trials[0].outcome == Outcome::Running);
        for lane in [0, 1] {
            race.hear(lane, applied(), true);
            race.hear(lane, state(10, 5, &[("recall@20", 0.5)]), true);
            assert_eq!(race.hear(lane, state(10, 5, &[]), true), Order::End);
        }
        assert!(!race.running());
    }
}
