//! One question to every index, judged by what the exact search answers.

use std::rc::Rc;

use crate::engine::index::{Allowed, Ask, Flat, Hit, Index, Miss, Work, search_all, why};
use crate::protocol::{Listed, Served, Verdict};
use crate::text::Result;

use super::{Built, Clock, bytes_a_vector};

/// Milliseconds that a search is repeated for, several times.
const TIMED_MS: f64 = 0.5;

/// Means of which the median is taken.
const MEANS: usize = 5;

/// What was asked, as an index is asked it.
pub struct Asked {
    /// The exact search, over the present vectors.
    pub flat: Rc<Flat>,
    /// The vectors that stand for the query: one, or as many as the user who asks has.
    pub vectors: Vec<Vec<f32>>,
    /// How many hits are wanted.
    pub n: usize,
    /// Rows that are no answer: the item that asks, and what a user has had.
    pub without: Vec<u32>,
    /// The rows that a filter allows.
    pub allowed: Option<Allowed>,
    /// What the exact search answers.
    pub nearest: Vec<Hit>,
}

impl Asked {
    /// Asks the exact search; gives the microseconds that it took.
    ///
    /// # Errors
    /// If a vector does not fit those that are searched.
    pub fn look(&mut self, work: &mut Work, clock: Clock) -> Result<Option<f32>> {
        for vector in &self.vectors {
            self.flat.check(vector)?;
        }
        self.nearest = self.search(self.flat.as_ref(), 0, work);
        Ok(self.micros(self.flat.as_ref(), 0, clock))
    }

    /// Wants no more than `n` hits from now on.
    pub fn narrow(&mut self, n: usize) {
        self.n = n;
        self.nearest.truncate(n);
    }

    fn ask(&self, effort: usize) -> Ask<'_> {
        Ask {
            k: self.n + self.without.len(),
            effort,
            allowed: self.allowed.as_ref(),
        }
    }

    fn search(&self, index: &dyn Index, effort: usize, work: &mut Work) -> Vec<Hit> {
        let mut hits = Vec::new();
        search_all(index, &self.vectors, self.ask(effort), work, &mut hits);
        let rows = self.flat.len() as u32;
        hits.retain(|hit| hit.id < rows && !self.without.contains(&hit.id));
        hits.truncate(self.n);
        hits
    }

    /// One of the vectors, with what an index is asked for it.
    pub fn vector(&self, vector: u32, effort: usize) -> Option<(&[f32], Ask<'_>)> {
        let vector = self.vectors.get(vector as usize)?;
        Some((vector, self.ask(effort)))
    }

    /// What `built` answers.
    pub(super) fn served(&self, place: u32, built: &Built, effort: usize, clock: Clock) -> Option<Served> {
        let index = built.index.as_ref();
        if self.vectors.iter().any(|vector| index.check(vector).is_err()) {
            return None;
        }
        let mut work = Work::default();
        let hits = self.search(index, effort, &mut work);
        let log = work.log;
        let exact = self.exact_scores(&hits);
        let worst = self.nearest.last().map_or(f32::NEG_INFINITY, |hit| hit.score);
        let right = exact.iter().filter(|&&(_, score)| score >= worst).count();
        let verdicts = self
            .nearest
            .iter()
            .map(|hit| self.verdict(index, effort, &hits, hit.id));
        Some(Served {
            place,
            step: built.step,
            verdicts: verdicts.collect(),
            recall: right.min(self.nearest.len()) as f32 / self.nearest.len().max(1) as f32,
            scanned: log.scanned,
            centroids: log.centroids,
            refined: log.refined,
            bytes: bytes_a_vector(index),
            micros: self.micros(index, effort, clock),
            hits: listed(&hits),
        })
    }

    fn verdict(&self, index: &dyn Index, effort: usize, hits: &[Hit], item: u32) -> Verdict {
        if let Some(place) = hits.iter().position(|hit| hit.id == item) {
            return Verdict::Found {
                place: place as u32 + 1,
            };
        }
        let (vector, score) = self.exact_scores(&[Hit { id: item, score: 0.0 }])[0];
        match why(index, &self.vectors[vector], self.ask(effort), item) {
            // It was found for its vector, and others' hits pushed it out.
            Miss::Found { place } => Verdict::Score {
                score,
                exact: score,
                place: place as u32,
                kept: self.n as u32,
            },
            Miss::Absent => Verdict::Absent,
            Miss::Filtered => Verdict::Filtered,
            Miss::Cell { cell, rank, opened } => Verdict::Cell {
                cell,
                rank: rank as u32,
                opened: opened as u32,
            },
            Miss::Score {
                score: kept_as,
                place,
                kept,
            } => Verdict::Score {
                score: kept_as,
                exact: score,
                place: place as u32,
                kept: kept as u32,
            },
            Miss::FastScan { place, kept } => Verdict::FastScan {
                place: place as u32,
                kept: kept as u32,
            },
            Miss::Walk {
                stopped,
                gate,
                gate_met,
                ..
            } => Verdict::Walk {
                stopped: stopped.id,
                gate: gate.map(|gate| gate.id),
                gate_met,
            },
        }
    }

    /// For each of `hits` the vector it is nearest to, and its exact score for that.
    fn exact_scores(&self, hits: &[Hit]) -> Vec<(usize, f32)> {
        let ids: Vec<u32> = hits.iter().map(|hit| hit.id).collect();
        let mut best = vec![(0, f32::NEG_INFINITY); ids.len()];
        let mut scores = Vec::new();
        for (vector, query) in self.vectors.iter().enumerate() {
            self.flat.scores_of(query, &ids, &mut scores);
            for (best, &score) in best.iter_mut().zip(&scores) {
                if score > best.1 {
                    *best = (vector, score);
                }
            }
        }
        best
    }

    fn micros(&self, index: &dyn Index, effort: usize, clock: Clock) -> Option<f32> {
        let (mut work, mut hits) = (Work::default(), Vec::new());
        micros(clock, TIMED_MS, &mut || {
            search_all(index, &self.vectors, self.ask(effort), &mut work, &mut hits);
            hits.clear();
        })
    }
}

/// Microseconds that `run` takes: the median of some means, each over as many milliseconds as the grain of a browser's
/// clock asks for. The first run warms up.
pub(super) fn micros(clock: Clock, milliseconds: f64, run: &mut dyn FnMut()) -> Option<f32> {
    run();
    let mut means = [0.0; MEANS];
    for mean in &mut means {
        let (began, mut runs) = (clock()?, 0.0);
        let spent = loop {
            run();
            runs += 1.0;
            let spent = clock()? - began;
            if spent >= milliseconds {
                break spent;
            }
        };
        *mean = 1e3 * spent / runs;
    }
    means.sort_unstable_by(f64::total_cmp);
    Some(means[MEANS / 2] as f32)
}

/// Hits as a list shows them.
pub fn listed(hits: &[Hit]) -> Vec<Listed> {
    let list = hits.iter().map(|hit| Listed {
        item: hit.id,
        score: hit.score,
        held_out: false,
    });
    list.collect()
}
