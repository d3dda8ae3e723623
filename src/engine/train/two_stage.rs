//! Two models one after the other: the first finds, the second puts the N best of what it found in an order of its own.
//!
//! Both learn from the same batches, each with negatives and a loss of its own. What a user has had already is not handed
//! on: N places are for what can still be chosen.

use std::rc::Rc;

use crate::engine::data::{Batch, World};
use crate::engine::embed::Embed;
use crate::engine::features::Opened;
use crate::engine::inside::{Inside, Looked};
use crate::engine::order;

use super::{Change, Checkpoint, ComparedRow, DriftPoint, Member, SecondStage, StepReport, Trainer};

/// Which of the two the recipe's negatives and loss are for, and which is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// The one that finds.
    First,
    /// The one that orders; what it mines is mined from what the first finds.
    Second,
}

/// Two models one after the other.
pub struct TwoStage {
    world: Rc<World>,
    first: Box<dyn Trainer>,
    second: Member,
    leads: Leads,
    /// N.
    depth: usize,
    keys: Vec<u64>,
    /// For each item, whether the present user has had it.
    had: Vec<bool>,
}

impl TwoStage {
    /// Of two models made from the same world and seed; the second orders the `depth` best of the first.
    #[must_use]
    pub fn new(world: Rc<World>, first: Box<dyn Trainer>, second: Member, leads: Leads, depth: usize) -> Self {
        Self {
            had: vec![false; world.dataset.items.len()],
            keys: Vec::new(),
            world,
            first,
            second,
            leads,
            depth,
        }
    }

    /// Puts the N best that the user of `asked` has not had before all others, by the second's scores. The others follow
    /// in their order.
    fn reorder(&mut self, asked: &Batch, scores: &mut [f32]) {
        let events = self.world.dataset.log.user(asked.users[0]).items;
        let had = &events[..asked.before.first().map_or(0, |before| *before as usize)];
        had.iter().for_each(|item| self.had[item.idx()] = true);
        let open = (0..).zip(&*scores).filter(|(item, _)| !self.had[*item as usize]);
        self.keys.clear();
        self.keys.extend(open.map(|(item, score)| order::key(*score, item)));
        had.iter().for_each(|item| self.had[item.idx()] = false);
        order::sort_first(&mut self.keys, self.depth);
        let candidates: Vec<u32> = self
            .keys
            .iter()
            .take(self.depth)
            .map(|&key| order::number(key))
            .collect();
        let rescored = self.second.rescore(asked, &candidates);
        let lowest = rescored.iter().copied().fold(f32::INFINITY, f32::min);
        candidates
            .iter()
            .for_each(|item| scores[*item as usize] = f32::NEG_INFINITY);
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if lowest.is_finite() && highest.is_finite() {
            scores.iter_mut().for_each(|score| *score += lowest - highest - 1.0);
        }
        for (item, score) in candidates.into_iter().zip(rescored) {
            scores[item as usize] = score;
        }
    }
}

impl Trainer for TwoStage {
    /// A step of each; the loss is that of the one that leads.
    fn step(&mut self) -> StepReport {
        let first = self.first.step();
        match self.leads {
            Leads::First => {
                self.second.learn(None);
                first
            }
            Leads::Second => self.second.learn(Some(self.first.as_mut())),
        }
    }

    /// The negatives and the loss are changed of the one that leads.
    fn change(&mut self, change: Change) {
        let optimizer = Change {
            optimizer: change.optimizer,
            ..Change::default()
        };
        match self.leads {
            Leads::First => {
                self.second.change(Change {
                    loss: change.loss.clone(),
                    ..optimizer
                });
                self.first.change(change);
            }
            Leads::Second => {
                self.first.change(optimizer);
                self.second.change(change);
            }
        }
    }

    fn steps(&self) -> u64 {
        self.second.steps()
    }

    fn steps_per_epoch(&self) -> u64 {
        self.second.steps_per_epoch()
    }

    fn parameters(&self) -> u64 {
        self.first.parameters() + self.second.parameters()
    }

    fn checksum(&self) -> u64 {
        self.first.checksum().rotate_left(1) ^ self.second.checksum()
    }

    fn scores(&mut self, batch: &Batch, out: &mut Vec<f32>) {
        self.first.scores(batch, out);
        let n_items = self.world.dataset.items.len();
        for (row, scores) in out.chunks_exact_mut(n_items).enumerate() {
            self.reorder(&batch.alone(row), scores);
        }
    }

    fn embed(&mut self) -> Option<&mut dyn Embed> {
        self.first.embed()
    }

    fn second_stage(&mut self) -> Option<&mut dyn SecondStage> {
        Some(self)
    }

    fn inside(&mut self, batch: &Batch, looked: Looked) -> Inside {
        match self.leads {
            Leads::First => self.first.inside(batch, looked),
            Leads::Second => self.second.inside(batch, looked),
        }
    }

    fn opened(&mut self) -> Option<Opened<'_>> {
        match self.leads {
            Leads::First => self.first.opened(),
            Leads::Second => self.second.opened(),
        }
    }

    fn drift(&self) -> Option<DriftPoint> {
        self.first.drift()
    }

    fn compared(&self, row: usize) -> Option<ComparedRow> {
        match self.leads {
            Leads::First => self.first.compared(row),
            Leads::Second => self.second.compared(row),
        }
    }

    fn again(&mut self, row: usize) -> Option<(f32, ComparedRow)> {
        match self.leads {
            Leads::First => self.first.again(row),
            Leads::Second => self.second.again(row),
        }
    }

    fn pool(&self) -> usize {
        match self.leads {
            Leads::First => self.first.pool(),
            Leads::Second => self.second.pool(),
        }
    }

    fn winners(&self) -> &[u32] {
        self.first.winners()
    }

    fn save(&self) -> Checkpoint {
        let mut saved = self.first.save();
        saved.learnt.push(self.second.learnt());
        saved
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        self.first.restore(checkpoint);
        if let Some(learnt) = checkpoint.learnt.last() {
            self.second.take_up(checkpoint.step, learnt);
        }
    }
}

impl SecondStage for TwoStage {
    fn depth(&self) -> usize {
        self.depth
    }

    fn rescore(&mut self, asked: &Batch, items: &[u32]) -> Vec<f32> {
        self.second.rescore(asked, items)
    }

    fn log_odds(&self) -> bool {
        self.leads == Leads::Second && self.second.log_odds()
    }

    fn first(&mut self) -> Option<&mut dyn Trainer> {
        Some(self.first.as_mut())
    }
}
