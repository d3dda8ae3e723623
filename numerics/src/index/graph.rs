//! Weaving the graph of HNSW, node by node (Malkov and Yashunin, algorithms 1, 3 and 4).
//!
//! A new node looks for its neighbours as a search would and keeps those of them that are not nearer to one already
//! kept than to itself: links into all directions rather than many into one. Links go both ways; a node with too many
//! keeps some by the same rule.
//!
//! Dropping links can cut a node off. After the last node, whoever cannot be reached from the entry gets a link from the
//! nearest node that can be and has a place free. A node's layer is drawn from a stream of its own, so a graph that
//! grows is the graph that would have been woven at once, but for those links.

use super::build::{Builder, Progress};
use super::hnsw::{Hnsw, NONE, hit};
use super::{Hit, Index, Top, Work, flat::BLOCK, kernels};
use crate::order;
use crate::rng::{Purpose, Rng};

/// Nodes woven in one unit of work: about a millisecond.
const NODES: usize = 4;

/// Layers above the lowest at most.
const LAYERS_MAX: u32 = 30;

/// Where node i's stream begins.
const NODE_STREAMS: u64 = 1 << 32;

/// A graph under construction.
pub struct Weaving {
    /// As far as it is woven.
    pub graph: Hnsw,
    work: Work,
    candidates: Vec<u64>,
    kept: Vec<u32>,
    /// Whether each node can be reached, once that is looked at.
    reached: Option<Vec<bool>>,
    /// Nodes before this one can be reached.
    next: usize,
}

impl Weaving {
    /// Nodes of the graph that are not woven in yet: vectors behind its last level.
    pub fn new(graph: Hnsw) -> Self {
        Self {
            graph,
            work: Work::default(),
            candidates: Vec::new(),
            kept: Vec::new(),
            reached: None,
            next: 0,
        }
    }

    /// Weaves in the next node.
    fn insert(&mut self) {
        let graph = &mut self.graph;
        let node = graph.levels.len() as u32;
        let level = level(graph.seed, node, graph.m);
        let size = (2 + level) * graph.m;
        graph.levels.push(level as u8);
        graph.links.resize(graph.links.len() + size, NONE);
        graph.offsets.push(graph.links.len() as u32);
        if graph.entry == NONE {
            graph.entry = node;
            return;
        }
        let highest = usize::from(graph.levels[graph.entry as usize]);
        let query = graph.vector(node).to_vec();
        let mut from = vec![graph.enter(&query, level + 1, &mut self.work)];
        for layer in (0..=level.min(highest)).rev() {
            let ef = self.graph.ef_construction;
            self.graph.walk(&query, layer, &from, ef, None, &mut self.work);
            self.candidates.clear();
            self.candidates.extend(self.work.walk.best.iter());
            order::sort_first(&mut self.candidates, usize::MAX);
            from.clear();
            from.extend(self.candidates.iter().map(|&key| hit(key)));
            keep(&self.graph, &self.candidates, self.graph.m, &mut self.kept);
            let places = self.graph.places(node, layer);
            self.graph.links[places][..self.kept.len()].copy_from_slice(&self.kept);
            for neighbour in std::mem::take(&mut self.kept) {
                self.link(neighbour, node, layer);
            }
        }
        if level > highest {
            self.graph.entry = node;
        }
    }

    /// Links `from` to `to`, at the cost of others where there is no place.
    fn link(&mut self, from: u32, to: u32, layer: usize) {
        let places = self.graph.places(from, layer);
        if let Some(free) = self.graph.links[places.clone()].iter().position(|&link| link == NONE) {
            self.graph.links[places][free] = to;
            return;
        }
        let mut ids = self.graph.links[places.clone()].to_vec();
        ids.push(to);
        let mut scores = vec![0.0; ids.len()];
        let Hnsw { metric, vectors, .. } = &self.graph;
        kernels::scores_of(*metric, self.graph.vector(from), vectors, &ids, &mut scores);
        self.candidates.clear();
        self.candidates
            .extend(ids.iter().zip(&scores).map(|(&id, &score)| order::key(score, id)));
        order::sort_first(&mut self.candidates, usize::MAX);
        let mut kept = Vec::new();
        keep(&self.graph, &self.candidates, places.len(), &mut kept);
        let links = &mut self.graph.links[places];
        links.fill(NONE);
        links[..kept.len()].copy_from_slice(&kept);
    }

    /// Connects the next node that cannot be reached; says whether there was one.
    fn connect(&mut self) -> bool {
        let n = self.graph.levels.len();
        let entry = self.graph.entry;
        let mut reached = self.reached.take().unwrap_or_else(|| {
            let mut reached = vec![false; n];
            if entry != NONE {
                self.reach(entry, &mut reached);
            }
            reached
        });
        while self.next < n && reached[self.next] {
            self.next += 1;
        }
        let cut_off = self.next as u32;
        let found = self.next < n;
        if found {
            if let Some(from) = self.nearest_with_place(cut_off, &reached) {
                let places = self.graph.places(from, 0);
                let free = self.graph.links(from, 0).len();
                self.graph.links[places][free] = cut_off;
            }
            self.reach(cut_off, &mut reached);
        }
        self.reached = Some(reached);
        found
    }

    /// Marks all that can be reached from `node` in layer 0.
    fn reach(&self, node: u32, reached: &mut [bool]) {
        let mut ahead = vec![node];
        reached[node as usize] = true;
        while let Some(node) = ahead.pop() {
            for &link in self.graph.links(node, 0) {
                if !std::mem::replace(&mut reached[link as usize], true) {
                    ahead.push(link);
                }
            }
        }
    }

    /// The node nearest to `node` of those that can be reached and have a place for a link.
    fn nearest_with_place(&self, node: u32, reached: &[bool]) -> Option<u32> {
        let graph = &self.graph;
        let mut top = Top::new(1);
        let mut scores = [0.0; BLOCK];
        for (block, rows) in graph.vectors.chunks(BLOCK * graph.d.max(1)).enumerate() {
            let scores = &mut scores[..rows.len() / graph.d.max(1)];
            kernels::scores(graph.metric, graph.vector(node), rows, scores);
            for (id, &score) in ((block * BLOCK) as u32..).zip(scores.iter()) {
                if reached[id as usize] && graph.links(id, 0).len() < 2 * graph.m {
                    top.offer(Hit { id, score });
                }
            }
        }
        let mut best = Vec::new();
        top.drain_into(&mut best);
        best.first().map(|hit| hit.id)
    }
}

/// The highest layer of a node: ⌊−ln(U) / ln M⌋, U in (0, 1].
fn level(seed: u32, node: u32, m: usize) -> usize {
    let mut rng = Rng::stream(seed, Purpose::Index, NODE_STREAMS + u64::from(node));
    let drawn = 1.0 - f64::from(rng.uniform());
    let level = -libm::log(drawn) / libm::log(m as f64);
    (level as u32).min(LAYERS_MAX) as usize
}

/// The first `most` of `candidates` (sorted) that are not nearer to one kept before than to the node they are candidates
/// of.
fn keep(graph: &Hnsw, candidates: &[u64], most: usize, kept: &mut Vec<u32>) {
    kept.clear();
    let mut scores = [0.0; 4];
    for &key in candidates {
        if kept.len() == most {
            return;
        }
        let Hit { id, score } = hit(key);
        let nearer = kept.chunks(4).any(|some| {
            let scores = &mut scores[..some.len()];
            kernels::scores_of(graph.metric, graph.vector(id), &graph.vectors, some, scores);
            scores.iter().any(|&other| other > score)
        });
        if !nearer {
            kept.push(id);
        }
    }
}

impl Builder for Weaving {
    fn advance(&mut self) -> Option<Progress> {
        let n = self.graph.vectors.len().checked_div(self.graph.d).unwrap_or(0);
        if self.graph.levels.len() < n {
            for _ in 0..NODES.min(n - self.graph.levels.len()) {
                self.insert();
            }
            return Some(Progress {
                phase: "index.phase.graph",
                share: self.graph.levels.len() as f32 / n as f32,
            });
        }
        self.connect().then(|| Progress {
            phase: "index.phase.connect",
            share: self.next as f32 / n as f32,
        })
    }

    fn finish(self: Box<Self>) -> Box<dyn Index> {
        Box::new(self.graph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Ask, hnsw};
    use crate::matrix::{Matrix, Metric};
    use base::settings::{Settings, Value, by_key};

    fn weave(vectors: Matrix, metric: Metric, m: u32) -> Hnsw {
        let given = by_key([("m", Value::Number(f64::from(m)))]);
        let settings = Settings::check("index", &(hnsw::KIND.knobs)(), &given).unwrap();
        let mut weaving = (hnsw::KIND.build)(vectors, metric, &settings, 5).unwrap();
        while weaving.advance().is_some() {}
        let index = weaving.finish();
        let crate::index::Parts::Hnsw(graph) = index.parts() else {
            panic!("a graph")
        };
        graph.clone()
    }

    fn cloud(n: usize, d: usize) -> Matrix {
        let mut rng = Rng::stream(6, Purpose::Trial, 0);
        Matrix::from_shape_simple_fn((n, d), || rng.normal())
    }

    fn reachable(graph: &Hnsw) -> usize {
        let weaving = Weaving::new(graph.clone());
        let mut reached = vec![false; graph.levels.len()];
        weaving.reach(graph.entry, &mut reached);
        reached.iter().filter(|&&reached| reached).count()
    }

    #[test]
    fn spec_5_9_6_every_node_is_reached_and_no_node_has_too_many_links() {
        let duplicates = Matrix::from_elem((300, 3), 0.5);
        for (vectors, m) in [(cloud(800, 6), 16), (cloud(500, 2), 2), (duplicates, 4)] {
            for metric in [Metric::L2, Metric::Dot] {
                let graph = weave(vectors.clone(), metric, m);
                assert_eq!(reachable(&graph), vectors.nrows(), "{metric:?} M = {m}");
                for node in 0..vectors.nrows() as u32 {
                    for layer in 0..=usize::from(graph.levels[node as usize]) {
                        let links = graph.links(node, layer);
                        let mut sorted = links.to_vec();
                        order::ascend(&mut sorted);
                        sorted.dedup();
                        assert!(links.len() <= graph.m << usize::from(layer == 0));
                        assert!(sorted.len() == links.len() && !links.contains(&node));
                        assert!(links.iter().all(|&to| usize::from(graph.levels[to as usize]) >= layer));
                    }
                }
            }
        }
    }

    #[test]
    fn levels_fall_off_by_the_factor_m() {
        let counts = (0..64_000).fold([0; 3], |mut counts, node| {
            counts[level(1, node, 16).min(2)] += 1;
            counts
        });
        // Of 64,000 nodes 4,000 are expected above layer 0, and 250 above layer 1.
        assert!((3_800..4_200).contains(&(counts[1] + counts[2])), "{counts:?}");
        assert!((200..300).contains(&counts[2]), "{counts:?}");
    }

    #[test]
    fn a_graph_that_grows_is_the_graph_woven_at_once() {
        let all = cloud(400, 5);
        let mut grown = weave(all.slice(ndarray::s![..250, ..]).to_owned(), Metric::L2, 16);
        grown.add(all.slice(ndarray::s![250.., ..]).to_owned()).unwrap();
        assert_eq!(grown, weave(all, Metric::L2, 16));
    }

    #[test]
    fn a_walk_that_remembers_everything_misses_nothing() {
        let graph = weave(cloud(600, 8), Metric::L2, 8);
        let flat = crate::index::Flat::build(cloud(600, 8), Metric::L2).unwrap();
        let (mut work, mut found, mut exact) = (Work::default(), Vec::new(), Vec::new());
        for query in cloud(20, 8).outer_iter() {
            let query = query.to_vec();
            graph.search(&query, Ask::new(10, 600), &mut work, &mut found);
            flat.search(&query, Ask::new(10, 0), &mut work, &mut exact);
            assert_eq!(found, exact);
        }
    }
}
