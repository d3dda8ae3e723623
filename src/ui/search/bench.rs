//! The bench on which indexes stand beside each other.

use super::Played;
use crate::protocol::{Aged, CellsPicture, Event, Indexes, Kept, Measurement, Section, Shelf, Stride, Walked};
use crate::ui::shared::Shared;

/// Ages kept at most.
const AGED_MAX: usize = 300;

/// All the page knows of indexes.
#[derive(Clone, Default, PartialEq)]
pub struct Bench {
    /// What was asked for; the recipe's index is the recipe's.
    pub shelf: Shelf,
    /// How they stand.
    pub indexes: Indexes,
    /// What was measured last, and of which setting; of none where every effort was tried.
    pub points: Shared<Vec<Measurement>>,
    pub swept: Option<String>,
    /// How kept ones did, oldest first.
    pub aged: Shared<Vec<Aged>>,
    /// A search, step by step, and how far it has been played.
    pub walked: Option<Shared<Walked>>,
    pub stride: usize,
    /// It goes on by itself.
    pub playing: bool,
    /// An item taken apart.
    pub kept: Option<Shared<Kept>>,
    /// The index whose cells are on the map, and they.
    pub mapped: Option<u32>,
    pub cells: Option<Shared<CellsPicture>>,
    /// What of all this is on the map.
    pub on_map: Option<Shared<OnMap>>,
}

/// What is drawn over the items of the map.
#[derive(Clone, Default)]
pub struct OnMap {
    pub cells: Option<Shared<CellsPicture>>,
    /// Where the query is.
    pub point: Option<[f32; 2]>,
    pub played: Played,
}

impl Bench {
    /// A new run begins: what was asked for stays.
    pub fn begin(&mut self) {
        *self = Self {
            shelf: std::mem::take(&mut self.shelf),
            mapped: self.mapped,
            ..Self::default()
        };
    }

    /// Takes in a word of the worker about indexes.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Indexes(indexes) => self.indexes = indexes,
            Event::Swept { first, point } => {
                let points = self.points.make_mut();
                if first {
                    points.clear();
                }
                points.push(point);
            }
            Event::Aged(aged) => {
                let ages = self.aged.make_mut();
                ages.push(aged);
                if ages.len() > AGED_MAX {
                    ages.remove(0);
                }
            }
            Event::Walked(walked) => {
                self.walked = Some(Shared::new(*walked));
                self.stride = 0;
                self.look();
            }
            Event::Kept(kept) => self.kept = Some(Shared::new(*kept)),
            Event::Cells(cells) if self.mapped == Some(cells.place) => {
                self.cells = Some(Shared::new(*cells));
                self.look();
            }
            _ => {}
        }
    }

    /// Plays the search up to this step.
    pub fn play_to(&mut self, stride: usize) {
        let last = self
            .walked
            .as_ref()
            .map_or(0, |walked| walked.steps.len().saturating_sub(1));
        self.stride = stride.min(last);
        if stride >= last {
            self.playing = false;
        }
        self.look();
    }

    /// Ends the playing: the map is itself again.
    pub fn stop_walking(&mut self) {
        self.walked = None;
        self.playing = false;
        self.look();
    }

    /// Shows the cells of an index on the map, or none.
    pub fn map(&mut self, place: Option<u32>) {
        self.mapped = place;
        self.cells = None;
        self.look();
    }

    /// How the search stands that is played.
    pub fn played(&self) -> Option<Played> {
        let walked = self.walked.as_ref()?;
        Some(Played::at(walked, self.stride))
    }

    /// Whether the indexes that stand are others than those of which `served` tells place and step.
    pub fn differs(&self, served: &[(u32, u64)]) -> bool {
        let standing = (0..).zip(&self.indexes.places);
        let standing = standing.filter_map(|(place, of)| Some((place, of.built.as_ref()?.step)));
        let busy = self.indexes.places.iter().any(|place| place.building.is_some());
        !busy && !standing.eq(served.iter().copied())
    }

    fn look(&mut self) {
        let played = self.played();
        self.on_map = (played.is_some() || self.cells.is_some()).then(|| {
            Shared::new(OnMap {
                cells: self.cells.clone(),
                point: self.walked.as_ref().and_then(|walked| walked.point),
                played: played.unwrap_or_default(),
            })
        });
    }

    /// The section of the index at `place`.
    pub fn section(&self, place: u32) -> Option<&Section> {
        self.indexes
            .places
            .get(place as usize)
            .map(|standing| &standing.section)
    }

    /// The first step from `from` on that does more than go on as before: what slow motion would stop at.
    pub fn next_event(&self) -> usize {
        let Some(walked) = &self.walked else { return 0 };
        let rest = walked.steps.iter().enumerate().skip(self.stride + 1);
        let plain = |stride: &Stride| matches!(stride, Stride::Kept { .. });
        rest.filter(|(_, stride)| !plain(stride))
            .map(|(place, _)| place)
            .next()
            .unwrap_or(walked.steps.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Built, Standing};

    fn built(step: u64) -> Standing {
        Standing {
            built: Some(Built {
                step,
                ..Built::default()
            }),
            ..Standing::default()
        }
    }

    #[test]
    fn what_was_measured_stays_until_something_else_is_measured() {
        let mut bench = Bench::default();
        let swept = |first| Event::Swept {
            first,
            point: Measurement::default(),
        };
        bench.take(swept(true));
        bench.take(swept(false));
        assert_eq!(bench.points.len(), 2);
        bench.take(swept(true));
        assert_eq!(bench.points.len(), 1);
    }

    #[test]
    fn a_search_is_asked_again_once_indexes_are_built_and_only_then() {
        let mut bench = Bench::default();
        assert!(!bench.differs(&[]));
        bench.indexes.places = vec![built(7)];
        assert!(bench.differs(&[]));
        assert!(!bench.differs(&[(0, 7)]));
        assert!(bench.differs(&[(0, 6)]));
        bench.indexes.places[0].building = Some(("index.phase.graph".to_owned(), 0.5));
        assert!(!bench.differs(&[(0, 6)]), "not while one is being built");
    }

    #[test]
    fn cells_of_another_index_than_the_one_on_the_map_are_passed_over() {
        let mut bench = Bench::default();
        bench.map(Some(1));
        bench.take(Event::Cells(Box::default()));
        assert!(bench.on_map.is_none());
        bench.take(Event::Cells(Box::new(CellsPicture {
            place: 1,
            ..CellsPicture::default()
        })));
        assert!(bench.on_map.is_some());
        bench.map(None);
        assert!(bench.on_map.is_none());
    }
}
