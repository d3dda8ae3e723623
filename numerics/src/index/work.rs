//! What a search works with and what it leaves behind: its cost, and if asked, every step of it.

use super::{Allowed, Hit, Top};

/// What is asked of a search, beside the query.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// How many hits.
    pub k: usize,
    /// One of [`super::Index::efforts`], or any number between: more of it looks at more vectors.
    pub effort: usize,
    /// The rows that may be found; all where there is no filter.
    pub allowed: Option<&'a Allowed>,
}

impl Ask<'_> {
    /// For `k` hits among all rows.
    #[must_use]
    pub const fn new(k: usize, effort: usize) -> Self {
        Self {
            k,
            effort,
            allowed: None,
        }
    }
}

/// What searches cost, summed up over all searches that were given the same log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchLog {
    /// Indexed vectors that were compared with a query.
    pub scanned: u64,
    /// Centroids of cells that were compared with a query.
    pub centroids: u64,
    /// Vectors whose codes were among the best, compared with a query themselves.
    pub refined: u64,
}

/// Owned by whoever searches, and reused: after the first search it allocates no more.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// What the searches cost.
    pub log: SearchLog,
    /// Where the steps of the search are written down, if there is one. Not emptied by a search.
    pub trace: Option<Vec<Step>>,
    /// The best so far.
    pub(super) top: Top,
    /// The query at length 1.
    pub(super) query: Vec<f32>,
    pub(super) transformed: [Vec<f32>; 2],
    pub(super) scores: Vec<f32>,
    /// Cells to open with their scores, nearest first.
    pub(super) cells: Vec<(u32, f32)>,
    /// What a query adds to the score of each code.
    pub(super) table: Vec<f32>,
    pub(super) found: Vec<Hit>,
    pub(super) sifted: super::sieve::Sifted,
    pub(super) fast_table: super::fast_scan::Table,
    pub(super) sequence: super::multi_sequence::MultiSequence,
    pub(super) walk: super::hnsw::Walk,
}

/// A step of a search. Played one after the other they show how the index came to its answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The query was compared with the centroids of all cells: they by falling score. The first `opened` will be opened.
    Cells {
        /// Cells, nearest first.
        ranked: Vec<Hit>,
        /// How many will be opened.
        opened: usize,
    },
    /// The rows of a cell are scanned.
    Cell {
        /// Which.
        cell: u32,
        /// How many rows are in it.
        rows: usize,
    },
    /// What each code of each sub-quantiser adds to a score (`subs` × codes).
    Table {
        /// M.
        subs: usize,
        /// The table, sub-quantiser after sub-quantiser.
        values: Vec<f32>,
    },
    /// A hit is among the best so far.
    Kept {
        /// It.
        hit: Hit,
        /// The one that had to leave.
        out: Option<Hit>,
    },
    /// The best codes are compared by their exact vectors.
    Refined {
        /// How many.
        rows: usize,
    },
    /// The neighbours of a node of an upper layer were compared: the walk goes to the nearest of them, or down a layer if
    /// none is nearer.
    Descended {
        /// Layer, 0 below.
        layer: usize,
        /// From this node.
        from: u32,
        /// To this one, or from itself.
        to: Hit,
        /// How many neighbours there are.
        compared: usize,
    },
    /// The nearest node that was not expanded yet is: its neighbours that were not met before are.
    Expanded {
        /// It.
        node: Hit,
        /// Neighbours that were met first now, in the order of the list.
        met: Vec<Hit>,
    },
    /// The walk ends: the best node that could be expanded next is farther than the worst of `ef` results.
    Stopped {
        /// That node; none where everything reachable was expanded.
        next: Option<Hit>,
        /// The worst result.
        worst: Option<Hit>,
    },
}

impl Work {
    /// Work that writes down its steps.
    #[must_use]
    pub fn tracing() -> Self {
        Self {
            trace: Some(Vec::new()),
            ..Self::default()
        }
    }

    pub(super) fn note(&mut self, step: impl FnOnce() -> Step) {
        if let Some(trace) = &mut self.trace {
            trace.push(step());
        }
    }

    /// Offers rows with these scores to the best so far; `ids` are their numbers.
    pub(super) fn offer(&mut self, ids: &[u32], scores: &[f32]) {
        let Some(trace) = &mut self.trace else {
            return self.top.offer_rows(ids, scores);
        };
        for (&id, &score) in ids.iter().zip(scores) {
            let (hit, out) = (Hit { id, score }, self.top.worst());
            self.top.offer(hit);
            let kept = !score.is_nan() && out.is_none_or(|out| (out.score, hit.id) < (score, out.id));
            if kept {
                trace.push(Step::Kept { hit, out });
            }
        }
    }
}

/// Takes the score of every row that must not be found away: NaN is never kept.
pub(super) fn hide(allowed: Option<&Allowed>, ids: &[u32], scores: &mut [f32]) {
    let Some(allowed) = allowed else {
        return;
    };
    for (&id, score) in ids.iter().zip(scores) {
        if !allowed.contains(id) {
            *score = f32::NAN;
        }
    }
}
