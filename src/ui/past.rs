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

use super::state::State;
use super::story::Story;
use super::sweep::{Outcome, Sweep, Trial};
use crate::engine::fnv::Fnv;
use crate::protocol::{Evaluated, Measured, Recipe};

const MAGIC: [u8; 4] = *b"PAST";

/// What was told so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub course: Course,
    /// The recipe that those of the race were made from.
    of: Recipe,
    race: Vec<Raced>,
}

/// The course of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Steps and losses.
    losses: Vec<(f64, f64)>,
    evaluations: Vec<Evaluated>,
    measured: Vec<Measured>,
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
    pub fn of(state: &State) -> Self {
        let race = state.race.as_ref().filter(|race| !race.running());
        let raced = |trial: &Trial| Raced {
            recipe: trial.recipe.clone(),
            outcome: trial.outcome.clone(),
            course: Course::of(&trial.story),
            note: trial.note.clone(),
        };
        Self {
            course: Course::of(&state.story),
            of: race.map_or_else(Recipe::default, |race| race.of.clone()),
            race: race.map_or_else(Vec::new, |race| race.trials.iter().map(raced).collect()),
        }
    }

    /// The race, if there was one.
    pub fn race(self) -> Option<Sweep> {
        let trial = |raced: Raced| {
            let mut trial = Trial::new("", None, raced.recipe);
            raced.course.begin(&mut trial.story);
            Trial {
                outcome: raced.outcome,
                note: raced.note,
                ..trial
            }
        };
        let trials: Vec<Trial> = self.race.into_iter().map(trial).collect();
        (!trials.is_empty()).then(|| Sweep::of_before(self.of, trials))
    }

    /// Whether the races are the same.
    pub fn raced_as(&self, other: &Self) -> bool {
        self.race == other.race
    }

    /// Puts it behind the bytes of a run.
    pub fn behind(&self, run: &mut Vec<u8>) {
        let Ok(past) = postcard::to_allocvec(self) else { return };
        run.extend(&past);
        run.extend(checksum(&past).to_le_bytes());
        run.extend((past.len() as u32).to_le_bytes());
        run.extend(MAGIC);
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
        let whole = checksum(past) == u64::from_le_bytes(*sum);
        Some((run, postcard::from_bytes(past).ok().filter(|_| whole)?))
    }
}

impl Course {
    fn of(story: &Story) -> Self {
        Self {
            losses: story.losses.points().to_vec(),
            evaluations: story.evaluations.to_vec(),
            measured: story.measured.to_vec(),
        }
    }

    /// Makes it the beginning of a story.
    pub fn begin(self, story: &mut Story) {
        story.take_before(&self.losses, self.evaluations, self.measured);
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = Fnv::default();
    sum.bytes(bytes);
    sum.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Message;

    fn past() -> Past {
        let course = Course {
            losses: vec![(1.0, 5.5), (2.5, 5.25)],
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
        Past {
            course: course.clone(),
            of: Recipe::default(),
            race: vec![raced(trained), raced(Outcome::Failed(Message::new("page.dismiss")))],
        }
    }

    #[test]
    fn what_stands_behind_a_run_is_found_again() {
        for run in [&b""[..], b"RPRN and more"] {
            let mut file = run.to_vec();
            past().behind(&mut file);
            assert_eq!(Past::split(&file), (run, past()));
        }
    }

    #[test]
    fn a_race_of_before_is_over_and_has_its_curves() {
        let race = past().race().expect("two runs");
        assert!(!race.running());
        let [first, second] = &race.trials[..] else {
            panic!("{} runs", race.trials.len())
        };
        assert_eq!((first.note.as_str(), first.story.evaluations.len()), ("wide", 1));
        assert!(matches!(first.outcome, Outcome::Trained { parameters: 12, .. }));
        assert!(matches!(second.outcome, Outcome::Failed(_)));
        assert_eq!(first.story.losses.points().len(), 2);
        assert!(Past::default().race().is_none());
    }

    /// Every byte changed and every length cut to: never a panic, never another past.
    #[test]
    fn of_a_damaged_file_all_is_the_runs() {
        let mut file = b"RPRN".to_vec();
        past().behind(&mut file);
        for place in 4..file.len() {
            let mut other = file.clone();
            other[place] ^= 0x10;
            let (run, found) = Past::split(&other);
            assert_eq!((run, found), (&other[..], Past::default()), "byte {place}");
        }
        for len in 0..file.len() {
            let (run, found) = Past::split(&file[..len]);
            assert_eq!((run.len(), found), (len, Past::default()));
        }
    }
}
