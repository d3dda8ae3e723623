//! HNSW (Malkov and Yashunin, TPAMI 2020): a walk from neighbour to neighbour.
//!
//! Every vector is a node of layer 0 and, with probability M^−l, of layer l. A search descends greedily through the
//! sparse upper layers and then walks layer 0 with the `ef` best nodes met so far as its memory: it always expands the
//! nearest node that was not expanded yet, and stops when that is farther than the worst of the `ef`.
//!
//! Under inner products the walk goes by them as they are, as in Faiss. They are no metric: a larger `ef` is needed.
//!
//! Links are stored as Faiss stores them: a node's 2 M places of layer 0, then M for each further layer; a list ends at
//! the first [`NONE`].

use std::collections::BinaryHeap;

use super::build::Builder;
use super::graph::Weaving;
use super::ivf::usual_codes;
use super::work::Step;
use super::{Allowed, Ask, Hit, Index, IndexKind, Parts, Work, doubled, kernels, take_more};
use crate::matrix::{Matrix, Metric};
use crate::order;
use base::settings::{Knob, Value};
use base::text::Result;

/// Its entry in the table.
pub const KIND: IndexKind = IndexKind {
    kind: "hnsw",
    source: "Malkov and Yashunin, TPAMI 2020",
    knobs: || {
        vec![
            Knob::whole("m", 2, 64, 16).paper(Value::Number(16.0)),
            Knob::whole("ef_construction", 4, 1000, 100).paper(Value::Number(100.0)),
            Knob::whole("ef", 1, 10_000, 64),
        ]
    },
    codes: usual_codes,
    build: |vectors, metric, settings, seed| {
        let d = vectors.ncols();
        let (vectors, _) = vectors.into_raw_vec_and_offset();
        let graph = Hnsw {
            metric,
            d,
            m: settings.whole("m") as usize,
            ef_construction: settings.whole("ef_construction") as usize,
            ef: settings.whole("ef") as usize,
            seed,
            vectors,
            levels: Vec::new(),
            offsets: vec![0],
            links: Vec::new(),
            entry: NONE,
            gone: Allowed::default(),
        };
        let weaving: Box<dyn Builder> = Box::new(Weaving::new(graph));
        Ok(weaving)
    },
};

/// No node.
pub const NONE: u32 = u32::MAX;

/// Nodes, layers and links.
#[derive(Clone, Debug, PartialEq)]
pub struct Hnsw {
    pub(super) metric: Metric,
    pub(super) d: usize,
    /// M: links of a node in each layer but the lowest, which has twice as many.
    pub(super) m: usize,
    pub(super) ef_construction: usize,
    pub(super) ef: usize,
    pub(super) seed: u32,
    /// n × d.
    pub(super) vectors: Vec<f32>,
    /// The highest layer of each node that is woven in.
    pub(super) levels: Vec<u8>,
    /// Where each node's links begin, and where the last one's end.
    pub(super) offsets: Vec<u32>,
    pub(super) links: Vec<u32>,
    /// A node of the highest layer.
    pub(super) entry: u32,
    /// Nodes that are walked through and not found.
    pub(super) gone: Allowed,
}

/// What a walk remembers.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// For each node the number of the walk that met it last: nothing to be cleared between walks.
    met: Vec<u32>,
    number: u32,
    /// Nodes to be expanded, the greatest is the nearest.
    ahead: BinaryHeap<u64>,
    /// The `ef` best, the greatest is the worst.
    pub(super) best: BinaryHeap<u64>,
    neighbours: Vec<u32>,
    scores: Vec<f32>,
}

impl Walk {
    pub(super) fn restart(&mut self, nodes: usize) {
        self.met.resize(nodes, 0);
        self.ahead.clear();
        self.best.clear();
        self.number = self.number.wrapping_add(1);
        if self.number == 0 {
            self.met.fill(0);
            self.number = 1;
        }
    }

    /// Says whether `node` is met for the first time.
    pub(super) fn meet(&mut self, node: u32) -> bool {
        std::mem::replace(&mut self.met[node as usize], self.number) != self.number
    }
}

impl Hnsw {
    /// M.
    #[must_use]
    pub const fn m(&self) -> usize {
        self.m
    }

    /// The vectors (n × d), removed ones among them.
    #[must_use]
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// The highest layer of each node.
    #[must_use]
    pub fn levels(&self) -> &[u8] {
        &self.levels
    }

    /// Where a walk begins; none where there is no node.
    #[must_use]
    pub fn entry(&self) -> Option<u32> {
        Some(self.entry).filter(|&entry| entry != NONE)
    }

    /// The neighbours of `node` in `layer`, not above its highest.
    #[must_use]
    pub fn links(&self, node: u32, layer: usize) -> &[u32] {
        let places = &self.links[self.places(node, layer)];
        let end = places.iter().position(|&link| link == NONE);
        &places[..end.unwrap_or(places.len())]
    }

    pub(super) fn places(&self, node: u32, layer: usize) -> std::ops::Range<usize> {
        let first = self.offsets[node as usize] as usize;
        match layer {
            0 => first..first + 2 * self.m,
            layer => first + (layer + 1) * self.m..first + (layer + 2) * self.m,
        }
    }

    pub(super) fn vector(&self, node: u32) -> &[f32] {
        &self.vectors[node as usize * self.d..][..self.d]
    }

    pub(super) fn score(&self, query: &[f32], node: u32) -> f32 {
        let mut score = [0.0];
        kernels::scores(self.metric, query, self.vector(node), &mut score);
        score[0]
    }

    /// Greedily from `from` to a node of `layer` that is nearer than all its neighbours.
    pub(super) fn descend(&self, query: &[f32], layer: usize, from: Hit, work: &mut Work) -> Hit {
        let mut at = from;
        loop {
            let links = self.links(at.id, layer);
            let mut scores = std::mem::take(&mut work.walk.scores);
            scores.resize(links.len(), 0.0);
            kernels::scores_of(self.metric, query, &self.vectors, links, &mut scores);
            work.log.scanned += links.len() as u64;
            let mut next = at;
            for (&id, &score) in links.iter().zip(&scores) {
                if score > next.score {
                    next = Hit { id, score };
                }
            }
            work.walk.scores = scores;
            work.note(|| Step::Descended {
                layer,
                from: at.id,
                to: next,
                compared: links.len(),
            });
            if next.id == at.id {
                return at;
            }
            at = next;
        }
    }

    /// Walks `layer` from `from`, remembering `ef` nodes: they are left in `work.walk.best`. With `found`, every node
    /// that is met and may be found is offered to `work.top`.
    pub(super) fn walk(
        &self,
        query: &[f32],
        layer: usize,
        from: &[Hit],
        ef: usize,
        found: Option<Option<&Allowed>>,
        work: &mut Work,
    ) {
        let mut walk = std::mem::take(&mut work.walk);
        walk.restart(self.levels.len());
        let mut neighbours = std::mem::take(&mut walk.neighbours);
        let mut scores = std::mem::take(&mut walk.scores);
        neighbours.clear();
        scores.clear();
        for hit in from {
            walk.meet(hit.id);
            neighbours.push(hit.id);
            scores.push(hit.score);
        }
        let mut node: Option<Hit> = None;
        loop {
            if let (Some(node), Some(_)) = (node, found) {
                work.note(|| {
                    let met = neighbours.iter().zip(&scores).map(|(&id, &score)| Hit { id, score });
                    Step::Expanded {
                        node,
                        met: met.collect(),
                    }
                });
            }
            if let Some(allowed) = found {
                for (&id, &score) in neighbours.iter().zip(&scores) {
                    if allowed.is_none_or(|allowed| allowed.contains(id)) && !self.gone.contains(id) {
                        work.offer(&[id], &[score]);
                    }
                }
            }
            for (&id, &score) in neighbours.iter().zip(&scores) {
                // An overflow is as far away as can be.
                let key = order::key(if score.is_nan() { f32::NEG_INFINITY } else { score }, id);
                if walk.best.len() < ef {
                    walk.best.push(key);
                    walk.ahead.push(!key);
                } else if let Some(mut worst) = walk.best.peek_mut()
                    && key < *worst
                {
                    *worst = key;
                    walk.ahead.push(!key);
                }
            }
            let next = walk.ahead.pop().map(|key| !key);
            let worst = walk.best.peek().copied();
            let Some(key) = next.filter(|&next| walk.best.len() < ef || worst.is_none_or(|worst| next <= worst)) else {
                if found.is_some() {
                    let worst = worst.filter(|_| walk.best.len() == ef).map(hit);
                    work.note(|| Step::Stopped {
                        next: next.map(hit),
                        worst,
                    });
                }
                break;
            };
            node = Some(hit(key));
            // Written down in any case and kept if met first: whether it is could only be guessed.
            let links = &self.links[self.places(order::number(key), layer)];
            neighbours.resize(links.len(), NONE);
            let mut count = 0;
            for &link in links.iter().take_while(|&&link| link != NONE) {
                neighbours[count] = link;
                count += usize::from(walk.meet(link));
            }
            neighbours.truncate(count);
            scores.resize(count, 0.0);
            kernels::scores_of(self.metric, query, &self.vectors, &neighbours, &mut scores);
            work.log.scanned += neighbours.len() as u64;
        }
        walk.neighbours = neighbours;
        walk.scores = scores;
        work.walk = walk;
    }

    /// Offers what a walk remembered: where all that is met may be found, the best of it.
    fn offer_remembered(&self, query: &[f32], work: &mut Work) {
        for &key in &work.walk.best {
            let mut hit = hit(key);
            // As far away as can be, or an overflow, which is not found.
            if hit.score == f32::NEG_INFINITY {
                hit.score = self.score(query, hit.id);
            }
            work.top.offer(hit);
        }
    }

    /// The node of layer 0 from which a search walks.
    pub(super) fn enter(&self, query: &[f32], down_to: usize, work: &mut Work) -> Hit {
        let mut at = Hit {
            id: self.entry,
            score: self.score(query, self.entry),
        };
        work.log.scanned += 1;
        for layer in (down_to..=usize::from(self.levels[self.entry as usize])).rev() {
            at = self.descend(query, layer, at, work);
        }
        at
    }

    /// Compares the allowed rows one by one.
    fn scan(&self, query: &[f32], allowed: &Allowed, work: &mut Work) {
        for id in allowed.iter().filter(|&id| (id as usize) < self.levels.len()) {
            if !self.gone.contains(id) {
                let score = self.score(query, id);
                work.offer(&[id], &[score]);
                work.log.scanned += 1;
            }
        }
    }
}

/// The node that a key was made from, and its score.
pub(super) fn hit(key: u64) -> Hit {
    Hit {
        id: order::number(key),
        score: order::score(key),
    }
}

impl Index for Hnsw {
    /// With a filter the walk remembers so many more nodes that about k of them are allowed; where a walk through so
    /// many would cost more than to compare all that are allowed, they are.
    fn search(&self, query: &[f32], ask: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>) {
        assert_eq!(query.len(), self.d, "length of the query");
        out.clear();
        if ask.k == 0 || self.entry == NONE {
            return;
        }
        let n = self.levels.len();
        let k = ask.k.min(n);
        let mut ef = ask.effort.max(k);
        work.top.restart(k);
        let narrow = ask.allowed.filter(|allowed| {
            ef = ef.max((2 * k).saturating_mul(n) / allowed.count().max(1));
            ef.saturating_mul(self.m) >= allowed.count()
        });
        if let Some(allowed) = narrow {
            self.scan(query, allowed, work);
        } else {
            let from = self.enter(query, 1, work);
            if work.trace.is_some() || ask.allowed.is_some() || self.gone.count() > 0 {
                self.walk(query, 0, &[from], ef, Some(ask.allowed), work);
            } else {
                self.walk(query, 0, &[from], ef, None, work);
                self.offer_remembered(query, work);
            }
        }
        work.top.drain_into(out);
    }

    fn efforts(&self) -> Vec<usize> {
        doubled(8, self.levels.len().max(1))
    }

    fn effort(&self) -> usize {
        self.ef
    }

    fn bytes(&self) -> usize {
        size_of_val(&self.vectors[..])
            + self.levels.len()
            + size_of_val(&self.offsets[..])
            + size_of_val(&self.links[..])
            + self.gone.bytes()
    }

    fn len(&self) -> usize {
        self.levels.len() - self.gone.count()
    }

    fn dim(&self) -> usize {
        self.d
    }

    fn metric(&self) -> Metric {
        self.metric
    }

    fn add(&mut self, vectors: Matrix) -> Result<()> {
        let more = take_more(self.d, vectors)?;
        self.vectors.extend(more);
        let nothing = Self {
            metric: self.metric,
            d: self.d,
            m: self.m,
            ef_construction: self.ef_construction,
            ef: self.ef,
            seed: self.seed,
            vectors: Vec::new(),
            levels: Vec::new(),
            offsets: Vec::new(),
            links: Vec::new(),
            entry: NONE,
            gone: Allowed::default(),
        };
        let mut weaving = Weaving::new(std::mem::replace(self, nothing));
        while weaving.advance().is_some() {}
        *self = weaving.graph;
        Ok(())
    }

    fn remove(&mut self, ids: &[u32]) {
        for &id in ids.iter().filter(|&&id| (id as usize) < self.levels.len()) {
            self.gone.insert(id);
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts::Hnsw(self)
    }
}
