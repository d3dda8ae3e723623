//! What the page was told and a run's file knows nothing of: the course of the run, and the runs of a race that is over.
//!
//! It stands behind the run, in a session's file as well as in what the browser keeps:
//!
//! ```text
//! run · past · checksum of the past u64 · length of the past u32 · "PAST"
//! ```
//!
//! The run is what the worker wrote, or nothing; the past is in postcard; the checksum is FNV-1a.

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::shared::Shared;
use super::state::State;
use super::story::Story;
use super::sweep::{Outcome, Sweep, Trial};
use crate::engine::fnv::Fnv;
use crate::protocol::{Evaluated, Measured, Recipe};
use crate::text::Message;

const MAGIC: [u8; 4] = *b"PAST";

/// What was told so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    course: Course,
    race: Option<Race>,
}

/// The course of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Course {
    losses: Curve,
    evaluations: Vec<Evaluated>,
    measured: Vec<Measured>,
    /// The last step it tells of.
    reach: u64,
}

/// A race that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Race {
    /// The recipe that the others were made from.
    of: Recipe,
    runs: Vec<Raced>,
    /// Why it is over.
    over: Message,
}

/// A run of the race.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Raced {
    recipe: Recipe,
    outcome: Outcome,
    course: Course,
    note: String,
}

impl Past {
    /// Bytes behind the past itself.
    pub const END: usize = size_of::<u64>() + size_of::<u32>() + MAGIC.len();

    pub fn of(state: &State) -> Self {
        let course = Course {
            reach: state.reach(),
            ..Course::of(state.ahead.as_ref().unwrap_or(&state.story))
        };
        let race = state.race.as_ref().and_then(|race| {
            Some(Race {
                of: race.of.clone(),
                runs: race.trials.iter().map(Raced::of).collect(),
                over: race.over.clone()?,
            })
        });
        Self { course, race }
    }

    /// The course of the run, and the race, if there was one.
    pub fn open(self) -> (Story, Option<Sweep>) {
        let race = self.race.map(|Race { of, runs, over }| {
            let runs = runs.into_iter().map(Raced::trial).collect();
            Sweep::of_before(of, runs, over)
        });
        (self.course.story(), race)
    }

    /// Puts it behind the bytes of a run.
    pub fn behind(&self, run: &mut Vec<u8>) {
        let Ok(past) = postcard::to_allocvec(self) else { return };
        // The page keeps it: no room is wasted.
        run.reserve_exact(past.len() + Self::END);
        run.extend(&past);
        run.extend(Fnv::of(&past).finish().to_le_bytes());
        run.extend((past.len() as u32).to_le_bytes());
        run.extend(MAGIC);
    }

    /// Bytes behind the run in a file that ends in `end`, which are at least [`Self::END`].
    pub fn len(end: &[u8]) -> Option<usize> {
        let (_, len) = end.strip_suffix(&MAGIC)?.split_last_chunk()?;
        Some(u32::from_le_bytes(*len) as usize + Self::END)
    }

    /// The run of a file, and what stands behind it. Where that is damaged, or nothing, all is the run's: who reads that
    /// says what is wrong with it.
    pub fn split(file: &[u8]) -> (&[u8], Self) {
        Self::found_in(file).unwrap_or((file, Self::default()))
    }

    fn found_in(file: &[u8]) -> Option<(&[u8], Self)> {
        let (rest, len) = file.strip_suffix(&MAGIC)?.split_last_chunk()?;
        let (rest, sum) = rest.split_last_chunk()?;
        let (run, past) = rest.split_at_checked(rest.len().checked_sub(u32::from_le_bytes(*len) as usize)?)?;
        let whole = Fnv::of(past).finish() == u64::from_le_bytes(*sum);
        Some((run, postcard::from_bytes(past).ok().filter(|_| whole)?))
    }
}

impl Course {
    fn of(story: &Story) -> Self {
        Self {
            losses: (*story.losses).clone(),
            evaluations: story.evaluations.to_vec(),
            measured: story.measured.to_vec(),
            reach: story.reach,
        }
    }

    fn story(self) -> Story {
        Story {
            losses: Shared::new(self.losses),
            evaluations: Shared::new(self.evaluations),
            measured: Shared::new(self.measured),
            reach: self.reach,
        }
    }
}

impl Raced {
    fn of(trial: &Trial) -> Self {
        let outcome = match &trial.outcome {
            // Nobody is at it any more.
            Outcome::Running => Outcome::Waiting,
            outcome => outcome.clone(),
        };
        Self {
            recipe: trial.recipe.clone(),
            outcome,
            course: Course::of(&trial.story),
            note: trial.note.clone(),
        }
    }

    fn trial(self) -> Trial {
        Trial {
            outcome: self.outcome,
            story: self.course.story(),
            note: self.note,
            ..Trial::new("", None, self.recipe)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        let mut losses = Curve::default();
        (1..5000).for_each(|step| losses.push(step, 5.5 / step as f32));
        let course = Course {
            losses,
            reach: 5000,
            evaluations: vec![Evaluated {
                step: 3,
                epoch: 1,
                calibration: Vec::new(),
                on: "valid".to_owned(),
                users: 7,
                rows: 0,
                metrics: [("recall@20".to_owned(), 0.25)].into(),
            }],
            measured: vec![Measured {
                step: 3,
                drift: [0.1, 0.2, 0.3],
                pool: 256,
            }],
        };
        let raced = |outcome| Raced {
            recipe: Recipe {
                seed: 9,
                ..Recipe::default()
            },
            outcome,
            course: course.clone(),
            note: "wide".to_owned(),
        };
        let trained = Outcome::Trained {
            parameters: 12,
            metric: "recall@20".to_owned(),
            quality: 0.25,
        };
        let runs = [trained, Outcome::Failed(Message::new("page.dismiss")), Outcome::Waiting];
        Past {
            course: course.clone(),
            race: Some(Race {
                of: Recipe::default(),
                runs: runs.map(raced).into(),
                over: Message::new("page.sweep.stopped"),
            }),
        }
    }

    #[test]
    fn what_stands_behind_a_run_is_found_again() {
        for run in [&b""[..], b"RPRN and more"] {
            let mut file = run.to_vec();
            past().behind(&mut file);
            assert_eq!(Past::split(&file), (run, past()));
            assert_eq!(Past::len(&file[file.len() - Past::END..]), Some(file.len() - run.len()));
        }
    }

    #[test]
    fn a_race_of_before_is_over_and_has_its_curves() {
        let race = past().open().1.expect("there is one");
        assert_eq!(race.over, Some(Message::new("page.sweep.stopped")));
        let [first, second, third] = &race.trials[..] else {
            panic!("{} runs", race.trials.len())
        };
        assert_eq!((first.note.as_str(), first.story.evaluations.len()), ("wide", 1));
        assert!(matches!(first.outcome, Outcome::Trained { parameters: 12, .. }));
        assert!(matches!(second.outcome, Outcome::Failed(_)));
        assert_eq!(third.outcome, Outcome::Waiting);
        assert_eq!(*first.story.losses, past().course.losses);
        assert!(Past::default().open().1.is_none());
    }

    /// Every byte changed and every length cut to: never a panic, never another past.
    #[test]
    fn of_a_damaged_file_all_is_the_runs() {
        let mut file = b"RPRN".to_vec();
        past().behind(&mut file);
        for place in (4..file.len()).step_by(7).chain(file.len() - 40..file.len()) {
            let mut other = file.clone();
            other[place] ^= 0x10;
            let (run, found) = Past::split(&other);
            assert_eq!((run, found), (&other[..], Past::default()), "byte {place}");
        }
        for len in (0..file.len()).step_by(7).chain(file.len() - 40..file.len()) {
            let (run, found) = Past::split(&file[..len]);
            assert_eq!((run.len(), found), (len, Past::default()));
        }
    }
}
