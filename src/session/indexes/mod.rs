//! The indexes that stand beside the exact search: the recipe's, and those that are pinned to be compared with it.
//!
//! They are built in slices like everything else, over the vectors of the step at which they were begun. Unless they
//! are kept, an index whose vectors are old is built anew the next time it is asked; until that is done the old one
//! answers.

mod ask;
mod measure;
mod space;

use std::rc::Rc;

use crate::engine::index::{Builder, Index, Progress};
use crate::engine::matrix::{Matrix, Metric};
use crate::pictures::cells_of;
use crate::plan::IndexPlan;
use crate::protocol::{self, Measure, PINNED_MAX, Section, Served, Shelf, Standing};
use crate::settings::{Value, by_key};
use crate::text::{Message, Result};

use super::Run;
pub use ask::{Asked, listed};
use measure::Measuring;
pub use measure::Told;

/// Kind of an index that was read from a file, among those of a recipe.
const FILE: &str = "file";

/// Milliseconds since some moment, where the shell has a clock.
pub type Clock = fn() -> Option<f64>;

/// Where no time passes.
pub const fn no_clock() -> Option<f64> {
    None
}

/// The indexes of a run.
pub struct Indexes {
    places: Vec<Place>,
    keep: bool,
    measuring: Option<Measuring>,
    /// Step at which kept indexes were last looked at.
    aged: Option<u64>,
}

/// An index and what becomes of it.
struct Place {
    of: Of,
    built: Option<Built>,
    building: Option<Building>,
    refused: Option<Message>,
}

/// Where an index comes from.
enum Of {
    /// It is built here.
    Plan(IndexPlan),
    /// It was read from a file of this name.
    File(String),
}

/// An index from a file, with the file's name.
pub type FromFile = (String, Rc<dyn Index>);

/// An index that stands.
pub struct Built {
    /// Steps made by the model whose vectors it holds.
    pub step: u64,
    /// It.
    pub index: Rc<dyn Index>,
    /// Seconds of work.
    seconds: Option<f64>,
}

struct Building {
    step: u64,
    builder: Box<dyn Builder>,
    progress: Progress,
    /// Milliseconds of work so far.
    spent: Option<f64>,
}

/// The vectors of items as they are now.
pub struct Vectors<'a> {
    /// Steps made.
    pub step: u64,
    /// n × d.
    pub rows: &'a Matrix,
    /// How they are compared.
    pub metric: Metric,
}

impl Indexes {
    /// Those of `shelf`, none of them built.
    ///
    /// # Errors
    /// If one is unsound, or there are too many.
    pub fn new(shelf: &Shelf, seed: u32) -> Result<Self> {
        let mut indexes = Self {
            places: Vec::new(),
            keep: shelf.keep,
            measuring: None,
            aged: None,
        };
        indexes.shelve(shelf, seed)?;
        Ok(indexes)
    }

    /// Takes those of `shelf` in place of the present ones; what is already built of them stays.
    ///
    /// # Errors
    /// If one is unsound, or there are too many; everything stands as before then.
    pub fn shelve(&mut self, shelf: &Shelf, seed: u32) -> Result<()> {
        if shelf.pinned.len() > PINNED_MAX {
            let refusal = Message::new("search.pinned_max").with("found", shelf.pinned.len());
            return Err(refusal.with("max", PINNED_MAX));
        }
        let sections = std::iter::once(&shelf.index).chain(&shelf.pinned);
        let plans: Vec<IndexPlan> = sections
            .map(|section| IndexPlan::check(section, seed))
            .collect::<Result<_>>()?;
        let mut before = std::mem::take(&mut self.places);
        for plan in plans {
            let same = before.iter().position(|place| place.of.builds_like(&plan));
            let of = Of::Plan(plan);
            self.places.push(match same {
                Some(same) => Place {
                    of,
                    ..before.swap_remove(same)
                },
                None => Place::new(of),
            });
        }
        self.places
            .extend(before.into_iter().filter(|place| matches!(place.of, Of::File(_))));
        self.keep = shelf.keep;
        self.measuring = None;
        Ok(())
    }

    /// Puts an index from a file beside the others, in place of the one before it. It holds the vectors of `step`.
    pub fn put(&mut self, (name, index): FromFile, step: u64) {
        self.places.retain(|place| matches!(place.of, Of::Plan(_)));
        self.places.push(Place {
            built: Some(Built {
                step,
                index,
                seconds: None,
            }),
            ..Place::new(Of::File(name))
        });
    }

    /// The plan of the recipe's.
    pub fn first(&self) -> Option<&IndexPlan> {
        self.places.first().and_then(Place::plan)
    }

    /// Whether there is work for [`Indexes::advance`].
    pub fn busy(&self) -> bool {
        self.measuring.is_some() || self.building()
    }

    /// Whether one is being built.
    pub fn building(&self) -> bool {
        self.places.iter().any(|place| place.building.is_some())
    }

    /// Begins to build what is missing, or is older than `now` and not kept; all of it if `anew`.
    pub fn bring_up(&mut self, now: &Vectors<'_>, anew: bool) {
        let keep = self.keep && !anew;
        for place in &mut self.places {
            let old = place.built.as_ref().is_none_or(|built| built.step != now.step && !keep);
            if place.is_to_be_built() && place.building.is_none() && (old || anew) {
                place.begin(now);
            }
        }
    }

    /// Whether an index is missing or older than `step`, and will not be kept so.
    pub fn wanting(&self, step: u64) -> bool {
        let old = |place: &Place| {
            place
                .built
                .as_ref()
                .is_none_or(|built| built.step != step && !self.keep)
        };
        let idle = |place: &Place| place.building.is_none() && place.refused.is_none() && place.is_to_be_built();
        self.places.iter().any(|place| idle(place) && old(place))
    }

    /// Gives up what is being built and measured.
    pub fn halt(&mut self) {
        self.measuring = None;
        for place in &mut self.places {
            if place.building.take().is_some() && place.built.is_none() {
                place.refused = Some(Message::new("search.halted"));
            }
        }
    }

    /// Begins to measure.
    ///
    /// # Errors
    /// If there is nothing to be measured, or not so.
    pub fn measure(&mut self, what: &Measure, run: &mut Run) -> Result<()> {
        self.measuring = Some(Measuring::of(what, self, run)?);
        Ok(())
    }

    /// Begins to look how kept indexes do now, if that is not known of this step.
    pub fn age(&mut self, run: &mut Run) {
        let step = run.trainer.steps();
        let stands = self.places.iter().any(|place| place.built.is_some());
        if self.keep && stands && self.measuring.is_none() && self.aged != Some(step) {
            self.aged = Some(step);
            self.measuring = Measuring::of_age(self, run).ok();
        }
    }

    /// A unit of work: some milliseconds of building or measuring. Gives what there is to be told.
    pub fn advance(&mut self, clock: Clock) -> Option<Told> {
        if let Some(place) = self.places.iter_mut().find(|place| place.building.is_some()) {
            place.advance(clock);
            return None;
        }
        let mut measuring = self.measuring.take()?;
        let told = measuring.advance(self, clock);
        if !measuring.over_with() {
            self.measuring = Some(measuring);
        }
        told
    }

    /// How they stand.
    pub fn standing(&self) -> protocol::Indexes {
        protocol::Indexes {
            places: self.places.iter().map(Place::standing).collect(),
            measuring: self.measuring.as_ref().map(Measuring::share),
        }
    }

    /// What each that stands finds of what is asked.
    pub fn serve(&self, asked: &Asked, clock: Clock) -> Vec<Served> {
        let standing = (0..).zip(&self.places);
        standing
            .filter_map(|(place, of)| asked.served(place, of.built.as_ref()?, of.effort(), clock))
            .collect()
    }

    /// The one at `place` with the effort that is asked of it, if it stands.
    ///
    /// # Errors
    /// If it does not.
    pub fn built(&self, place: u32) -> Result<(&Built, usize)> {
        let place = self.places.get(place as usize);
        place
            .and_then(|place| Some((place.built.as_ref()?, place.effort())))
            .ok_or_else(|| Message::new("search.not_built"))
    }
}

impl Of {
    fn builds_like(&self, plan: &IndexPlan) -> bool {
        matches!(self, Self::Plan(own) if own.builds_like(plan))
    }
}

impl Place {
    const fn new(of: Of) -> Self {
        Self {
            of,
            built: None,
            building: None,
            refused: None,
        }
    }

    /// How much its settings let it look at.
    fn effort(&self) -> usize {
        let own = self.built.as_ref().map_or(0, |built| built.index.effort());
        self.plan().and_then(IndexPlan::effort).unwrap_or(own)
    }

    /// How it is built, if it is.
    const fn plan(&self) -> Option<&IndexPlan> {
        match &self.of {
            Of::Plan(plan) => Some(plan),
            Of::File(_) => None,
        }
    }

    /// Whether there is anything to build: the exact search needs nothing.
    fn is_to_be_built(&self) -> bool {
        self.plan().is_some_and(|plan| !plan.is_exact())
    }

    fn begin(&mut self, now: &Vectors<'_>) {
        let Some(plan) = self.plan() else { return };
        match plan.begin(now.rows.clone(), now.metric) {
            Ok(builder) => {
                self.refused = None;
                self.building = Some(Building {
                    step: now.step,
                    builder,
                    progress: Progress {
                        phase: "index.phase.begin",
                        share: 0.0,
                    },
                    spent: None,
                });
            }
            Err(why) => {
                self.built = None;
                self.refused = Some(why);
            }
        }
    }

    fn advance(&mut self, clock: Clock) {
        let Some(mut building) = self.building.take() else {
            return;
        };
        let began = clock();
        let progress = building.builder.advance();
        if let (Some(began), Some(now)) = (began, clock()) {
            *building.spent.get_or_insert(0.0) += now - began;
        }
        match progress {
            Some(progress) => {
                building.progress = progress;
                self.building = Some(building);
            }
            None => {
                self.built = Some(Built {
                    step: building.step,
                    seconds: building.spent.map(|spent| spent / 1e3),
                    index: building.builder.finish().into(),
                });
            }
        }
    }

    fn standing(&self) -> Standing {
        let built = self.built.as_ref().map(|built| {
            let Built { step, index, seconds } = built;
            protocol::Built {
                step: *step,
                vectors: index.len() as u32,
                dim: index.dim() as u32,
                bytes: bytes_a_vector(index.as_ref()),
                seconds: seconds.map(|seconds| seconds as f32),
                cells: cells_of(index.as_ref()),
            }
        });
        let building = self.building.as_ref();
        Standing {
            section: match &self.of {
                Of::Plan(plan) => plan.section.clone(),
                Of::File(name) => Section {
                    kind: FILE.to_owned(),
                    settings: by_key([("name", Value::Text(name.clone()))]),
                },
            },
            building: building.map(|Building { progress, .. }| (progress.phase.to_owned(), progress.share)),
            built,
            refused: self.refused.clone(),
        }
    }
}

fn bytes_a_vector(index: &dyn Index) -> f32 {
    (index.bytes() as f64 / index.len().max(1) as f64) as f32
}
