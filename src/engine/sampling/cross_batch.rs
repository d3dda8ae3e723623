//! Cross-batch negatives, CBNS: the positives of the batch and a memory bank of those of earlier batches (Wang et al.,
//! "Cross-Batch Negative Sampling for Training Two-Tower Recommenders", SIGIR 2021, eq. 9).
//!
//! ```text
//! p = e^{s'(U,I)} / ( e^{s'(U,I)} + Σ_{I⁻ ∈ M∪B\{I}} e^{s'(U,I⁻)} )        s'(U,I) = uᵀv − log q(I)
//! ```
//!
//! The bank M is a queue of vectors as they were when they were scored, each with the log q it had then. They are
//! constants: the user side learns from them, the item side does not. That missing half is what makes the step cheap,
//! and also what can make it collapse: users are pushed away from every banked item, and no item is pushed away from
//! users. Two settings that are ours show it: `bank_vectors` = `fresh` encodes the banked items anew, but as constants;
//! `learning` lets them learn as well, at the cost that the bank is there to save.
//!
//! The bank is filled during the warm-up but not scored; the paper does not say.

use crate::engine::data::ItemId;
use crate::engine::nn::{Pen, Unfit};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Settings};

use super::frequency::Frequency;
use super::mask::{Masks, Policy};
use super::{Candidates, Sampler, SamplerKind, Scene, Source, Vectors, in_batch};

pub const KIND: SamplerKind = SamplerKind {
    kind: "cross_batch",
    source: "Wang et al., SIGIR 2021",
    knobs: || {
        let mut knobs = vec![
            Knob::whole("bank", 0, 1_000_000, 2048),
            Knob::choice("warm_up_by", &["steps", "drift"], "steps"),
            Knob::real("warm_up", 0.0, 1.0, 0.15),
            Knob::real("warm_up_drift", 0.0, 1.0, 0.05),
            Knob::choice("bank_vectors", &["stored", "fresh", "learning"], "stored"),
            Policy::knob(),
        ];
        knobs.extend(Frequency::knobs());
        knobs
    },
    impressions: false,
    logq: true,
    rows: false,
    batch: true,
    mixes: false,
    build: |settings, world| {
        Ok(Box::new(CrossBatch {
            bank: Bank::new(settings.whole("bank") as usize),
            warm_up: WarmUp::build(settings),
            vectors: match settings.word("bank_vectors") {
                "fresh" => Vectors::Constant,
                "learning" => Vectors::Encoded,
                _ => Vectors::Stored,
            },
            frequency: Frequency::build(settings, &world.counts),
            masks: Masks::new(Policy::build(settings), world.counts.len()),
        }))
    },
};

/// A queue of the last positives: rows in a ring, of which the oldest is overwritten.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    /// Most rows, M.
    capacity: usize,
    /// Where the next row goes.
    next: usize,
    /// Item of each row.
    items: Vec<u32>,
    /// `log q` of each row when it was put in.
    log_q: Vec<f32>,
    /// `[rows, d]`.
    vectors: Vec<f32>,
}

impl Bank {
    /// An empty bank of at most `capacity` rows.
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    /// What it holds, for `pen`.
    fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        let mut next = self.next as u64;
        pen.one(&mut next)?;
        pen.list(&mut self.items)?;
        pen.list(&mut self.log_q)?;
        pen.list(&mut self.vectors)?;
        self.next = next as usize;
        let rows = self.items.len();
        let whole = rows == self.log_q.len() && self.vectors.len().is_multiple_of(rows.max(1));
        let within = rows <= self.capacity && self.next < self.capacity.max(1);
        if whole && within { Ok(()) } else { Err(Unfit) }
    }

    /// Items of the rows, in the order of the ring.
    #[must_use]
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Vectors of the rows, `[rows, d]`.
    #[must_use]
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// Puts a row in, in place of the oldest if the bank is full.
    fn put(&mut self, item: u32, log_q: f32, vector: &[f32]) {
        if self.capacity == 0 {
            return;
        }
        if self.items.len() < self.capacity {
            self.items.push(item);
            self.log_q.push(log_q);
            self.vectors.extend_from_slice(vector);
        } else {
            self.items[self.next] = item;
            self.log_q[self.next] = log_q;
            self.vectors[self.next * vector.len()..][..vector.len()].copy_from_slice(vector);
        }
        self.next = (self.next + 1) % self.capacity;
    }
}

/// For how long the bank is filled without being scored.
#[derive(Clone, Copy, Debug, PartialEq)]
enum WarmUp {
    /// For a share of the planned steps.
    Steps(f32),
    /// Until item vectors move less than this share of their length in ten steps.
    Drift(f32),
    /// It is over.
    Done,
}

impl WarmUp {
    fn build(settings: &Settings) -> Self {
        match settings.word("warm_up_by") {
            "drift" => Self::Drift(settings.real("warm_up_drift")),
            _ => Self::Steps(settings.real("warm_up")),
        }
    }

    /// Whether it is over; once over, it stays so.
    fn over(&mut self, scene: &Scene) -> bool {
        let over = match *self {
            Self::Steps(share) => scene.progress >= share,
            Self::Drift(below) => scene.drift.is_some_and(|drift| drift < below),
            Self::Done => true,
        };
        if over && matches!(self, Self::Drift(_)) {
            *self = Self::Done;
        }
        over
    }
}

#[derive(Clone)]
struct CrossBatch {
    bank: Bank,
    warm_up: WarmUp,
    vectors: Vectors,
    frequency: Frequency,
    masks: Masks,
}

impl Sampler for CrossBatch {
    fn draw(&mut self, scene: &Scene, _: &mut Rng, out: &mut Candidates) {
        let Self { frequency, masks, .. } = self;
        let log_q = |item| frequency.log_q(item);
        out.begin(scene.batch.len());
        in_batch::draw(scene.batch, log_q, masks, out);
        in_batch::correct_positives(scene.batch, log_q, out);
        if self.warm_up.over(scene) && !self.bank.items.is_empty() {
            let block = out.block(Source::Bank);
            block.vectors = self.vectors;
            block.items.extend_from_slice(&self.bank.items);
            block.log_q.extend_from_slice(&self.bank.log_q);
            masks.shared(scene.batch, block);
        }
    }

    fn observe(&mut self, positives: &[ItemId], vectors: &[f32]) {
        let positives = ItemId::numbers(positives);
        let d = vectors.len() / positives.len().max(1);
        for (&item, vector) in positives.iter().zip(vectors.chunks_exact(d.max(1))) {
            self.bank.put(item, self.frequency.log_q(item), vector);
        }
        self.frequency.observe(positives);
    }

    fn bank(&self) -> Option<&Bank> {
        Some(&self.bank)
    }

    fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        self.frequency.pass(pen)?;
        self.bank.pass(pen)
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial;
    use super::*;

    #[test]
    fn spec_2_8_4_the_bank_holds_the_last_rows_in_order_and_unchanged() {
        let mut bank = Bank::new(5);
        for step in 0..4_u32 {
            for row in 0..3 {
                let item = 3 * step + row;
                bank.put(item, -(item as f32), &[item as f32, 0.5]);
            }
            let put = 3 * (step + 1);
            let expected: Vec<u32> = (put.saturating_sub(5)..put).collect();
            let mut found: Vec<u32> = bank.items.clone();
            found.rotate_left(if put > 5 { bank.next } else { 0 });
            assert_eq!(found, expected);
        }
        for (row, &item) in bank.items.iter().enumerate() {
            assert_eq!(bank.vectors[2 * row..][..2], [item as f32, 0.5]);
            assert_eq!(bank.log_q[row], -(item as f32));
        }
    }

    #[test]
    fn the_bank_is_filled_but_not_scored_during_the_warm_up() {
        let mut sampler = trial::sampler("cross_batch", &[("bank", 4.0), ("warm_up", 0.5)]);
        let mut out = Candidates::default();
        for progress in [0.0, 0.4, 0.5] {
            trial::draw_from(&mut *sampler, progress, &mut out);
            let sources: Vec<_> = out
                .blocks()
                .iter()
                .map(|block| (block.source, block.items.len()))
                .collect();
            if progress < 0.5 {
                assert_eq!(sources, [(Source::Batch, 3)]);
            } else {
                assert_eq!(sources, [(Source::Batch, 3), (Source::Bank, 4)]);
            }
            sampler.observe(&trial::batch().positives, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        }
        // The ring after 6 rows of 4: rows 4 and 5 stand where 0 and 1 stood. Every copy of a positive is masked.
        let bank = &out.blocks()[1];
        assert_eq!(bank.items, [2, 5, 5, 5]);
        let mut masked = bank.masked.clone();
        masked.sort_unstable();
        assert_eq!(masked, [(0, 1), (0, 2), (0, 3), (1, 0), (2, 1), (2, 2), (2, 3)]);
    }

    #[test]
    fn a_warm_up_by_drift_ends_for_good_when_vectors_come_to_rest() {
        let (batch, mined) = (trial::batch(), super::super::Mined::default());
        let scene = |drift| Scene {
            batch: &batch,
            progress: 0.0,
            drift,
            mined: &mined,
        };
        let mut warm_up = WarmUp::Drift(0.05);
        let over = [None, Some(0.2), Some(0.04), Some(0.2)].map(|drift| warm_up.over(&scene(drift)));
        assert_eq!(over, [false, false, true, true]);
    }
}
