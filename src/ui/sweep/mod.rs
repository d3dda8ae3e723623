//! A sweep: one setting over a list of values. Each value is a recipe of its own, and a second worker trains one after
//! the other from the first step to the last.
//!
//! Here is what is known of it and what follows from each word of that worker; `sweeper` speaks with the worker,
//! [`sizes`] makes the list.

mod sizes;

pub use sizes::{Choice, SHARES, epochs, shrinks, sizes};

use super::shared::Shared;
use crate::protocol::{Event, Recipe, RunState, Section};
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
}

/// What came of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    Trained {
        /// Numbers the model learnt.
        parameters: u64,
        /// What it was judged by: `recall@20` or, where rows are, `auc`.
        metric: String,
        quality: f64,
    },
    Failed(Message),
}

/// How far a sweep is.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// The second worker is not up yet.
    Starting,
    /// It makes a model.
    Applying,
    /// It reads the reader's files once more.
    Reading,
    /// It trains: the share of this run that is done.
    Training(f32),
    /// It is gone, for this reason.
    Over(Message),
}

/// What the second worker has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Nothing,
    /// Start a run.
    Apply(Box<Recipe>),
    /// Read the files as this section says.
    Read(Section),
    /// Train to the end.
    Train,
    /// There is nothing left to do.
    End,
}

/// All that is known of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The recipe that the others are made from.
    pub of: Recipe,
    pub trials: Shared<Vec<Trial>>,
    pub phase: Phase,
    /// There are files that the second worker has not read.
    unread: bool,
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
    /// At its start. `files` says that there are some, which the data may have been read from.
    pub fn new(of: Recipe, trials: Vec<Trial>, files: bool) -> Self {
        Self {
            of,
            trials: Shared::new(trials),
            phase: Phase::Starting,
            unread: files,
        }
    }

    /// Place of the recipe that comes next or is under way.
    pub fn at(&self) -> Option<usize> {
        self.trials.iter().position(|trial| trial.outcome == Outcome::Waiting)
    }

    /// Whether there is a second worker.
    pub fn running(&self) -> bool {
        !matches!(self.phase, Phase::Over(_))
    }

    /// Ends it, with the sentence `key`.
    pub fn end(&mut self, key: &'static str) {
        let trained = |trial: &&Trial| matches!(trial.outcome, Outcome::Trained { .. });
        let why = Message::new(key)
            .with("trained", self.trials.iter().filter(trained).count())
            .with("all", self.trials.len());
        self.phase = Phase::Over(why);
    }

    /// What follows from a word of the second worker; `answer` if it is the answer to the last order.
    pub fn hear(&mut self, event: Event, answer: bool) -> Order {
        match (&self.phase, event) {
            (Phase::Starting, Event::Ready { .. }) | (Phase::Reading, Event::Applied(_)) => self.next(),
            (Phase::Applying, Event::Applied(_)) => {
                self.phase = Phase::Training(0.0);
                Order::Train
            }
            (Phase::Training(_), Event::State(state)) if answer => self.settle(Outcome::of(&state)),
            (Phase::Training(_), Event::State(state)) => {
                self.phase = Phase::Training(state.step as f32 / state.last_step.max(1) as f32);
                Order::Nothing
            }
            (Phase::Applying, Event::Refused(why)) if self.unread && why.key == NO_DATA => {
                self.unread = false;
                self.phase = Phase::Reading;
                Order::Read(self.of.data.clone())
            }
            (Phase::Reading, Event::Refused(why)) => self.without_data(why),
            (Phase::Reading, Event::NeedColumns(wanted)) => self.without_data(wanted.why),
            (_, Event::Refused(why)) => self.settle(Outcome::Failed(why)),
            _ => Order::Nothing,
        }
    }

    fn settle(&mut self, outcome: Outcome) -> Order {
        if let Some(at) = self.at() {
            self.trials.make_mut()[at].outcome = outcome;
        }
        self.next()
    }

    fn next(&mut self) -> Order {
        match self.at() {
            Some(at) => {
                self.phase = Phase::Applying;
                Order::Apply(Box::new(self.trials[at].recipe.clone()))
            }
            None => {
                self.end("page.sweep.done");
                Order::End
            }
        }
    }

    fn without_data(&mut self, why: Message) -> Order {
        self.phase = Phase::Over(Message::join(vec![Message::new("page.sweep.no_data"), why]));
        Order::End
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Applied, Status};

    fn sweep(files: bool) -> Sweep {
        let trial = |kind: &str, share| Trial {
            kind: kind.to_owned(),
            share,
            recipe: Recipe {
                seed: kind.len() as u32,
                ..Recipe::default()
            },
            outcome: Outcome::Waiting,
        };
        let trials = vec![trial("full", None), trial("hash", Some(0.5))];
        Sweep::new(Recipe::default(), trials, files)
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
        assert_eq!(sweep.hear(ready(), false), apply(&sweep, 0));
        assert_eq!(sweep.hear(applied(), true), Order::Train);
        assert_eq!(sweep.hear(state(5, 100, &[]), false), Order::Nothing);
        assert_eq!(sweep.phase, Phase::Training(0.5));
        assert_eq!(full(&sweep.trials), None);
        let metrics = [("auc", 0.9), ("recall@20", 0.25), ("sampled_recall@20", 0.5)];
        assert_eq!(sweep.hear(state(10, 100, &metrics), true), apply(&sweep, 1));
        assert_eq!(full(&sweep.trials), Some(100));
        // What was said of the run before comes late.
        assert_eq!(sweep.hear(state(10, 100, &metrics), false), Order::Nothing);
        assert_eq!(sweep.hear(applied(), true), Order::Train);
        assert_eq!(sweep.hear(state(10, 60, &[("auc", 0.75)]), true), Order::End);
        let quality: Vec<_> = sweep.trials.iter().map(|trial| trial.outcome.clone()).collect();
        let trained = |parameters, metric: &str, quality| Outcome::Trained {
            parameters,
            metric: metric.to_owned(),
            quality,
        };
        assert_eq!(quality, [trained(100, "recall@20", 0.25), trained(60, "auc", 0.75)]);
        assert!(!sweep.running());
        assert_eq!(
            sweep.phase,
            Phase::Over(Message::new("page.sweep.done").with("trained", 2).with("all", 2))
        );
    }

    #[test]
    fn a_recipe_that_is_refused_keeps_its_sentence_and_the_next_is_trained() {
        let mut sweep = sweep(true);
        sweep.hear(ready(), false);
        let why = Message::new("encoder.no_room");
        assert_eq!(sweep.hear(Event::Refused(why.clone()), true), apply(&sweep, 1));
        assert_eq!(sweep.trials[0].outcome, Outcome::Failed(why));
        sweep.hear(applied(), true);
        let diverged = Message::new("run.diverged");
        let failed = Event::State(Box::new(RunState {
            error: Some(diverged.clone()),
            ..RunState::default()
        }));
        assert_eq!(sweep.hear(failed, true), Order::End);
        assert_eq!(sweep.trials[1].outcome, Outcome::Failed(diverged));
    }

    #[test]
    fn files_are_read_once_more_where_the_data_are_not_there_and_only_then() {
        let missing = || Event::Refused(Message::new(NO_DATA));
        let mut with_files = sweep(true);
        with_files.hear(ready(), false);
        let data = with_files.of.data.clone();
        assert_eq!(with_files.hear(missing(), true), Order::Read(data));
        assert_eq!(with_files.hear(applied(), true), apply(&with_files, 0));
        // Still not there: that is no reason to read them for ever.
        assert_eq!(with_files.hear(missing(), true), apply(&with_files, 1));

        let mut unreadable = sweep(true);
        unreadable.hear(ready(), false);
        unreadable.hear(missing(), true);
        assert_eq!(
            unreadable.hear(Event::Refused(Message::new("page.dismiss")), true),
            Order::End
        );
        assert!(!unreadable.running() && unreadable.at() == Some(0));

        let mut without = sweep(false);
        without.hear(ready(), false);
        assert_eq!(without.hear(missing(), true), apply(&without, 1));
    }
}
