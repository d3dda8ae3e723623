//! Why a vector that is among the nearest was not found.
//!
//! Every kind of index loses vectors in its own way, and says so in its own figures: the rank of the cell that was not
//! opened, the place that a coarse score earned, the node where a walk stopped.

use super::coarse::Coarse;
use super::hnsw::Hnsw;
use super::multi_sequence::MultiSequence;
use super::{Ask, Hit, Index, Inverted, Parts, Store, Work, kernels};

/// The cause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Miss {
    /// It was found.
    Found {
        /// Its place, from 1.
        place: usize,
    },
    /// It is not in the index any more, or never was.
    Absent,
    /// The filter does not allow it.
    Filtered,
    /// Its cell was not opened.
    Cell {
        /// The cell.
        cell: u32,
        /// The rank of the cell, from 1.
        rank: usize,
        /// How many cells were opened.
        opened: usize,
    },
    /// The score by which the index compared it earned it too low a place.
    Score {
        /// That score, of its code or of what a transform left of it.
        score: f32,
        /// Its place by that score among all that were scanned, from 1.
        place: usize,
        /// Places that were kept.
        kept: usize,
    },
    /// Its code of four bits earned it too low a place to have its whole code summed up.
    FastScan {
        /// Its place by that code among all that were scanned, from 1.
        place: usize,
        /// Places that were kept.
        kept: usize,
    },
    /// The walk did not come to it.
    Walk {
        /// The node expanded last.
        stopped: Hit,
        /// The worst of what the walk remembered, which nothing that was still to be expanded was nearer than.
        worst: Hit,
        /// Of the nodes that link to it the nearest to the query: expanding it would have found the vector. None where
        /// no node links to it.
        gate: Option<Hit>,
        /// Whether that node was met, and was too far away to be expanded.
        gate_met: bool,
    },
}

/// Why `id` is not among the hits for `query`; the search is made again.
#[must_use]
pub fn why(index: &dyn Index, query: &[f32], ask: Ask<'_>, id: u32) -> Miss {
    let mut work = Work::default();
    let mut found = Vec::new();
    index.search(query, ask, &mut work, &mut found);
    if let Some(place) = found.iter().position(|hit| hit.id == id) {
        return Miss::Found { place: place + 1 };
    }
    match index.parts() {
        Parts::Transformed(transformed) => {
            let (mut inside, mut spare) = (Vec::new(), Vec::new());
            transformed.apply(query, &mut inside, &mut spare);
            why(transformed.inner.as_ref(), &inside, ask, id)
        }
        Parts::Flat(flat) => {
            if id as usize >= flat.vectors().len() / flat.dim().max(1) || flat.gone().contains(id) {
                return Miss::Absent;
            }
            allowed(ask, id).unwrap_or_else(|| among_all(index, query, ask, id))
        }
        Parts::Inverted(lists) => in_lists(lists, query, ask, id),
        Parts::Hnsw(graph) => in_graph(graph, query, ask, id),
    }
}

fn allowed(ask: Ask<'_>, id: u32) -> Option<Miss> {
    let filtered = ask.allowed.is_some_and(|allowed| !allowed.contains(id));
    filtered.then_some(Miss::Filtered)
}

/// Its place among everything that the same effort scans.
fn among_all(index: &dyn Index, query: &[f32], ask: Ask<'_>, id: u32) -> Miss {
    let mut all = Vec::new();
    let everything = Ask { k: index.len(), ..ask };
    index.search(query, everything, &mut Work::default(), &mut all);
    match all.iter().position(|hit| hit.id == id) {
        Some(place) => Miss::Score {
            score: all[place].score,
            place: place + 1,
            kept: ask.k,
        },
        // A score that is no number.
        None => Miss::Absent,
    }
}

fn in_lists(lists: &Inverted, query: &[f32], ask: Ask<'_>, id: u32) -> Miss {
    let Some((row, cell)) = lists.place(id) else {
        return Miss::Absent;
    };
    if let Some(filtered) = allowed(ask, id) {
        return filtered;
    }
    let mut work = Work::default();
    lists
        .coarse
        .rank(query, lists.metric, ask.effort, &lists.offsets, None, &mut work);
    let opened = work.cells.len();
    if !work.cells.iter().any(|&(other, _)| other == cell) {
        let (rank, opened) = rank_of(lists, query, cell, work.cells.last().map(|&(last, _)| last));
        return Miss::Cell { cell, rank, opened };
    }
    let Store::Codes(codes) = &lists.store else {
        return among_all(lists, query, ask, id);
    };
    // Codes alone, without what is compared exactly behind them.
    codes.prepare(query, lists.metric, &mut work);
    let mut scores = Vec::new();
    let mut own = f32::NAN;
    for &(cell, score) in &work.cells[..opened] {
        let [from, to] = [0, 1].map(|end| lists.offsets[cell as usize + end] as usize);
        let first = scores.len();
        scores.resize(first + to - from, 0.0);
        let base = codes.base(query, lists.metric, score);
        codes.scores(base, from, to, &work.table, &mut scores[first..]);
        if (from..to).contains(&row) {
            own = scores[first + row - from];
        }
    }
    let times = if codes.vectors.is_empty() {
        1
    } else {
        codes.refine.max(1)
    };
    let place = 1 + scores.iter().filter(|&&score| score > own).count();
    let kept = ask.k.saturating_mul(times);
    let cells = std::mem::take(&mut work.cells);
    if place <= kept && lists.choose(query, &cells[..opened], ask, &mut work).is_some() {
        let offered = &work.sifted.offered;
        if !offered.left().contains(&(row as u32)) {
            return Miss::FastScan {
                place: offered.place(row),
                kept: offered.left().len(),
            };
        }
    }
    Miss::Score {
        score: own,
        place,
        kept,
    }
}

/// The rank of `cell` from 1, and that of the `last` opened, among all cells by falling score.
fn rank_of(lists: &Inverted, query: &[f32], cell: u32, last: Option<u32>) -> (usize, usize) {
    let mut ranks = [0; 2];
    let mut note = |rank: usize, at: u32| {
        if at == cell {
            ranks[0] = rank;
        }
        if Some(at) == last {
            ranks[1] = rank;
        }
    };
    match &lists.coarse {
        Coarse::Cells(centroids) => {
            let mut scores = vec![0.0; lists.offsets.len() - 1];
            kernels::scores(lists.metric, query, centroids, &mut scores);
            let falling = crate::order::places(scores.len(), &mut |a, b| {
                scores[b].total_cmp(&scores[a]).then(a.cmp(&b))
            });
            (1..).zip(falling).for_each(|(rank, at)| note(rank, at));
        }
        Coarse::Multi(multi) => {
            let mut sequence = MultiSequence::default();
            sequence.restart(multi, lists.metric, query);
            let mut rank = 0;
            while let Some((at, _)) = sequence.next_cell() {
                rank += 1;
                note(rank, at);
            }
        }
    }
    (ranks[0], ranks[1])
}

fn in_graph(graph: &Hnsw, query: &[f32], ask: Ask<'_>, id: u32) -> Miss {
    if id as usize >= graph.levels.len() || graph.gone.contains(id) {
        return Miss::Absent;
    }
    if let Some(filtered) = allowed(ask, id) {
        return filtered;
    }
    let mut work = Work::tracing();
    graph.search(query, ask, &mut work, &mut Vec::new());
    let (mut expanded, mut met, mut end) = (Vec::new(), Vec::new(), None);
    for step in work.trace.unwrap_or_default() {
        match step {
            super::Step::Expanded { node, met: some } => {
                expanded.push(node);
                met.extend(some);
            }
            super::Step::Stopped { worst, .. } => end = worst,
            _ => {}
        }
    }
    let Some(&stopped) = expanded.last() else {
        return among_all(graph, query, ask, id);
    };
    if let Some(hit) = met.iter().find(|hit| hit.id == id) {
        let better = |other: &&Hit| other.score > hit.score;
        return Miss::Score {
            score: hit.score,
            place: 1 + met.iter().filter(better).count(),
            kept: ask.k,
        };
    }
    let linking = (0..graph.levels.len() as u32).filter(|&node| graph.links(node, 0).contains(&id));
    let mut gate: Option<Hit> = None;
    for node in linking {
        let score = graph.score(query, node);
        if gate.is_none_or(|gate| score > gate.score) {
            gate = Some(Hit { id: node, score });
        }
    }
    Miss::Walk {
        stopped,
        worst: end.unwrap_or(stopped),
        gate,
        gate_met: gate.is_some_and(|gate| met.iter().any(|hit| hit.id == gate.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Allowed, Flat, INDEXES};
    use crate::matrix::{Matrix, Metric};
    use crate::rng::{Purpose, Rng};
    use base::settings::{Settings, Value, by_key};

    fn cloud(n: usize) -> Matrix {
        let mut rng = Rng::stream(31, Purpose::Trial, 0);
        Matrix::from_shape_simple_fn((n, 8), || rng.normal())
    }

    fn build(kind: &str, given: &[(&str, Value)]) -> Box<dyn Index> {
        let kind = INDEXES.iter().find(|entry| entry.kind == kind).unwrap();
        let settings = Settings::check("index", &kind.knobs(), &by_key(given.iter().cloned())).unwrap();
        kind.build(cloud(2000), Metric::L2, &settings, 1).unwrap()
    }

    /// The causes of all misses of the 10 nearest over many queries at a low effort.
    fn misses(index: &dyn Index, effort: usize) -> Vec<Miss> {
        let flat = Flat::build(cloud(2000), Metric::L2).unwrap();
        let (mut work, mut exact, mut causes) = (Work::default(), Vec::new(), Vec::new());
        let mut rng = Rng::stream(32, Purpose::Trial, 0);
        for _ in 0..30 {
            let query: Vec<f32> = (0..8).map(|_| rng.normal()).collect();
            flat.search(&query, Ask::new(10, 0), &mut work, &mut exact);
            for hit in &exact {
                causes.push(why(index, &query, Ask::new(10, effort), hit.id));
            }
        }
        causes.retain(|cause| !matches!(cause, Miss::Found { .. }));
        causes
    }

    #[test]
    fn cells_that_were_not_opened_are_named_with_their_ranks() {
        let index = build("ivf_flat", &[]);
        let causes = misses(index.as_ref(), 8);
        assert!(!causes.is_empty());
        for cause in causes {
            let Miss::Cell { rank, opened, .. } = cause else {
                panic!("{cause:?}")
            };
            assert!(rank > 8 && opened == 8, "{cause:?}");
        }
        let index = build("imi", &[]);
        let causes = misses(index.as_ref(), 100);
        assert!(!causes.is_empty());
        assert!(
            causes
                .iter()
                .all(|cause| matches!(cause, Miss::Cell { rank, opened, .. } if rank > opened)),
            "{causes:?}"
        );
    }

    #[test]
    fn codes_and_cut_off_dimensions_are_to_blame_by_the_place_their_score_earned() {
        let codes = build("ivf_pq", &[("refine", Value::Number(0.0))]);
        let refined = build("ivf_pq", &[("refine", Value::Number(2.0))]);
        let given = [("transform", Value::Text("pca".into())), ("dims", Value::Number(3.0))];
        let narrow = build("flat", &given);
        for (index, kept) in [(codes, 10), (refined, 20), (narrow, 10)] {
            let effort = index.efforts().last().copied().unwrap_or(0);
            let causes = misses(index.as_ref(), effort);
            assert!(!causes.is_empty());
            for cause in causes {
                assert!(
                    matches!(cause, Miss::Score { place, kept: places, .. } if place > kept && places == kept),
                    "{cause:?}"
                );
            }
        }
    }

    #[test]
    fn a_walk_that_stopped_says_where_and_what_would_have_led_on() {
        let index = build("hnsw", &[("m", Value::Number(4.0))]);
        let causes = misses(index.as_ref(), 10);
        assert!(!causes.is_empty());
        for cause in causes {
            let Miss::Walk { worst, gate, .. } = cause else {
                panic!("{cause:?}")
            };
            // What would have led on was farther than all that was remembered, or was not met.
            let Miss::Walk { gate_met, .. } = cause else { continue };
            assert!(
                !gate_met || gate.is_none_or(|gate| gate.score <= worst.score),
                "{cause:?}"
            );
        }
    }

    #[test]
    fn removed_and_filtered_rows_are_not_the_search_s_fault() {
        for kind in INDEXES {
            let mut index = build(kind.kind, &[]);
            index.remove(&[7]);
            let allowed = Allowed::rows(2000, &mut |row| row != 9);
            let ask = Ask {
                allowed: Some(&allowed),
                ..Ask::new(5, 10)
            };
            assert_eq!(why(index.as_ref(), &[0.0; 8], ask, 7), Miss::Absent, "{}", kind.kind);
            assert_eq!(why(index.as_ref(), &[0.0; 8], ask, 9), Miss::Filtered, "{}", kind.kind);
            assert_eq!(why(index.as_ref(), &[0.0; 8], ask, 2000), Miss::Absent, "{}", kind.kind);
        }
    }
}
