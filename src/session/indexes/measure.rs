//! Measuring indexes a query at a time: recall against what a search looks at and how long it takes, and against a
//! setting.

use crate::decimal::written;
use crate::engine::index::{Builder, Index, SearchLog, Work};
use crate::plan::IndexPlan;
use crate::protocol::{Aged, Measure, Measurement};
use crate::session::Run;
use crate::settings::Value;
use crate::text::{Message, Result};

use super::ask::micros;
use super::space::Space;
use super::{Clock, Indexes, bytes_a_vector};

/// Queries of a curve.
const QUERIES: usize = 200;

/// Queries by which the age of an index is told.
const QUERIES_OF_AGE: usize = 50;

/// Values of a setting that are tried at most.
const VALUES_MAX: usize = 12;

/// Milliseconds that searches are timed for, several times.
const TIMED_MS: f64 = 2.0;

/// What there is to be told.
pub enum Told {
    /// Something was measured; `first` before everything else of its kind.
    Swept { first: bool, point: Measurement },
    /// How kept indexes do.
    Aged(Aged),
}

/// A measuring under way.
pub struct Measuring {
    /// All dimensions, and the plane where it is measured, too.
    spaces: Vec<Space>,
    trials: Vec<Trial>,
    /// The trial under way.
    at: usize,
    now: Now,
    work: Work,
    /// Steps made by the model that asks.
    step: u64,
    /// Every effort is tried, and not only the one that the settings ask for.
    all_efforts: bool,
    told: bool,
    /// Recalls of kept indexes, where that is what is asked.
    ages: Option<Vec<Option<(u64, f32)>>>,
}

/// One index to be measured.
struct Trial {
    source: Source,
    /// Which of the spaces.
    space: usize,
}

enum Source {
    /// One that stands.
    Place(usize),
    /// One that is built for this: at the value of a setting, if there is one.
    Plan(Result<IndexPlan>, Option<String>),
}

/// How far the trial under way is.
#[derive(Default)]
struct Now {
    building: Option<Box<dyn Builder>>,
    built: Option<Box<dyn Index>>,
    /// Place among the efforts.
    effort: usize,
    query: usize,
    sums: [f64; 2],
}

impl Measuring {
    /// Measures `what`.
    ///
    /// # Errors
    /// If there is nothing to be measured, or too much.
    pub fn of(what: &Measure, indexes: &Indexes, run: &mut Run) -> Result<Self> {
        let mut measuring = Self::over(QUERIES, run)?;
        match what {
            Measure::Curves => {
                measuring.all_efforts = true;
                measuring.trials = standing(indexes);
                let Some(first) = measuring.trials.first() else {
                    return Err(Message::new("search.not_built"));
                };
                let Source::Place(first) = first.source else {
                    return Ok(measuring);
                };
                let regions = run.trainer.embed().is_some_and(|embed| embed.regions());
                let plane = measuring.spaces[0].on_plane().filter(|_| !regions);
                if let Some((plane, plan)) = plane.zip(indexes.places[first].plan()) {
                    measuring.spaces.push(plane);
                    measuring.trials.push(Trial {
                        source: Source::Plan(Ok(plan.on_plane()), None),
                        space: 1,
                    });
                }
            }
            Measure::Sweep { key, values } => {
                if values.is_empty() || values.len() > VALUES_MAX {
                    let refusal = Message::new("search.sweep_values").with("found", values.len());
                    return Err(refusal.with("max", VALUES_MAX));
                }
                let Some(first) = indexes.first() else {
                    return Ok(measuring);
                };
                let trials = values.iter().map(|value| Trial {
                    source: Source::Plan(first.with(key, value.clone()), Some(said(value))),
                    space: 0,
                });
                measuring.trials = trials.collect();
            }
        }
        Ok(measuring)
    }

    /// How indexes that are kept do on the present vectors.
    ///
    /// # Errors
    /// If the model has none.
    pub fn of_age(indexes: &Indexes, run: &mut Run) -> Result<Self> {
        Ok(Self {
            trials: standing(indexes),
            ages: Some(vec![None; indexes.places.len()]),
            ..Self::over(QUERIES_OF_AGE, run)?
        })
    }

    fn over(queries: usize, run: &mut Run) -> Result<Self> {
        Ok(Self {
            spaces: vec![Space::of(run, queries)?],
            trials: Vec::new(),
            at: 0,
            now: Now::default(),
            work: Work::default(),
            step: run.trainer.steps(),
            all_efforts: false,
            told: false,
            ages: None,
        })
    }

    /// Whether everything was measured.
    pub fn over_with(&self) -> bool {
        self.at >= self.trials.len()
    }

    /// Share of the trials that are done.
    pub fn share(&self) -> f32 {
        self.at as f32 / self.trials.len().max(1) as f32
    }

    /// A query, or a unit of building. Gives what there is to be told.
    pub fn advance(&mut self, indexes: &Indexes, clock: Clock) -> Option<Told> {
        let trial = self.trials.get(self.at)?;
        let space = trial.space;
        if self.spaces[space].look(&mut self.work) {
            // What the truth cost is not the index's.
            self.work.log = SearchLog::default();
            return None;
        }
        let built = match &trial.source {
            Source::Place(place) => indexes.built(*place as u32).ok(),
            Source::Plan(..) => None,
        };
        let (index, step, own) = match (&trial.source, built) {
            (Source::Place(_), Some((built, effort))) => (built.index.as_ref(), built.step, effort),
            // It is gone.
            (Source::Place(_), None) => return self.next_trial(),
            (Source::Plan(plan, _), _) => match &self.now.built {
                Some(index) => (index.as_ref(), self.step, index.effort()),
                None => {
                    let plan = plan.clone();
                    return match self.build(plan, space) {
                        Ok(()) => None,
                        Err(why) => self.refuse(why),
                    };
                }
            },
        };
        let space = &self.spaces[space];
        if index.dim() != space.dim() {
            return self.next_trial();
        }
        let efforts = if self.all_efforts { index.efforts() } else { Vec::new() };
        let effort = efforts.get(self.now.effort).copied().unwrap_or(own);
        if self.now.query < space.queries() {
            let mut found = Vec::new();
            space.search(index, self.now.query, effort, &mut self.work, &mut found);
            let shares = space.judge(self.now.query, &found);
            self.now
                .sums
                .iter_mut()
                .zip(shares)
                .for_each(|(sum, share)| *sum += share);
            self.now.query += 1;
            return None;
        }
        let queries = space.queries().max(1) as f64;
        let [recall, nearest] = self.now.sums.map(|sum| (sum / queries) as f32);
        let point = Measurement {
            place: self.place(),
            at: self.label().unwrap_or_else(|| effort.to_string()),
            step,
            recall,
            nearest,
            scanned: (self.work.log.scanned as f64 / queries / space.rows().max(1) as f64) as f32,
            centroids: (self.work.log.centroids as f64 / queries) as f32,
            bytes: bytes_a_vector(index),
            micros: timed(space, index, effort, clock),
            refused: None,
        };
        let last = self.now.effort + 1 >= efforts.len();
        self.now.effort += 1;
        self.begin_effort();
        self.tell(point, last)
    }

    /// The place of the trial under way; none where its index does not stand.
    fn place(&self) -> Option<u32> {
        match self.trials.get(self.at)?.source {
            Source::Place(place) => Some(place as u32),
            Source::Plan(..) => None,
        }
    }

    /// The value that the trial under way tries.
    fn label(&self) -> Option<String> {
        match &self.trials.get(self.at)?.source {
            Source::Plan(_, label) => label.clone(),
            Source::Place(_) => None,
        }
    }

    fn begin_effort(&mut self) {
        self.now.query = 0;
        self.now.sums = [0.0; 2];
        self.work.log = SearchLog::default();
    }

    fn tell(&mut self, point: Measurement, last: bool) -> Option<Told> {
        if let Some(ages) = &mut self.ages {
            if let Some(age) = point.place.and_then(|place| ages.get_mut(place as usize)) {
                *age = Some((point.step, point.recall));
            }
            return self.next_trial();
        }
        if last {
            self.next_trial();
        }
        let first = !std::mem::replace(&mut self.told, true);
        Some(Told::Swept { first, point })
    }

    /// Goes on to the next trial; behind the last one there is something to be told of age.
    fn next_trial(&mut self) -> Option<Told> {
        self.at += 1;
        self.now = Now::default();
        self.begin_effort();
        let ages = self.ages.take_if(|_| self.at >= self.trials.len())?;
        Some(Told::Aged(Aged {
            step: self.step,
            recalls: ages,
        }))
    }

    fn refuse(&mut self, why: Message) -> Option<Told> {
        let point = Measurement {
            at: self.label().unwrap_or_default(),
            step: self.step,
            refused: Some(why),
            ..Measurement::default()
        };
        self.tell(point, true)
    }

    fn build(&mut self, plan: Result<IndexPlan>, space: usize) -> Result<()> {
        let mut builder = match self.now.building.take() {
            Some(builder) => builder,
            None => {
                let (vectors, metric) = self.spaces[space].vectors();
                plan?.begin(vectors, metric)?
            }
        };
        if builder.advance().is_some() {
            self.now.building = Some(builder);
        } else {
            self.now.built = Some(builder.finish());
            self.begin_effort();
        }
        Ok(())
    }
}

/// Trials of all indexes that stand.
fn standing(indexes: &Indexes) -> Vec<Trial> {
    let places = indexes.places.iter().enumerate();
    let standing = places.filter(|(_, place)| place.built.is_some());
    let trials = standing.map(|(place, _)| Trial {
        source: Source::Place(place),
        space: 0,
    });
    trials.collect()
}

/// Microseconds of a search, mean over queries.
fn timed(space: &Space, index: &dyn Index, effort: usize, clock: Clock) -> Option<f32> {
    let (mut work, mut found, mut query) = (Work::default(), Vec::new(), 0);
    micros(clock, TIMED_MS, &mut || {
        space.search(index, query, effort, &mut work, &mut found);
        query = (query + 1) % space.queries();
    })
}

/// A value of a setting as people write it.
fn said(value: &Value) -> String {
    match value {
        Value::Flag(on) => on.to_string(),
        Value::Number(number) => written(*number),
        Value::Text(text) => text.clone(),
        Value::Sizes(sizes) => sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    }
}
