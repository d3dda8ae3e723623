//! What a ranker's events and an item see in each other.

use crate::engine::data::{Batch, Case, World};
use crate::engine::inside::Attended;
use crate::engine::metrics::top_items;
use crate::engine::train::Trainer;
use crate::protocol::{AttendedPicture, PlacedItem};

/// How many of the first items are shown with the places they were found at.
const PLACED: usize = 10;

/// The picture of what the user of `case` and `batch` sees in the item that `found` speaks of, and of the order that comes
/// of it; `looked` is what the reader points at.
pub fn picture(
    found: Attended,
    trainer: &mut dyn Trainer,
    world: &World,
    case: &Case,
    batch: &Batch,
    looked: Option<u32>,
) -> AttendedPicture {
    let (seen, targets) = case.parts(&world.dataset.log);
    let mut scores = Vec::new();
    trainer.scores(batch, &mut scores);
    let (mut depth, mut before) = (0, Vec::new());
    if let Some(second) = trainer.second_stage() {
        depth = second.depth();
        if let Some(first) = second.first() {
            let mut scores = Vec::new();
            first.scores(batch, &mut scores);
            before = top_items(&scores, seen, targets, depth);
        }
    }
    let place = |item: u32| {
        before
            .iter()
            .position(|(other, _)| other.0 == item)
            .map(|at| at as u32 + 1)
    };
    let all = top_items(&scores, seen, targets, depth);
    let placed = all.iter().take(PLACED).map(|(item, score)| PlacedItem {
        item: item.0,
        score: *score,
        found: place(item.0),
        held_out: targets.contains(item),
    });
    let now = all.iter().position(|(item, _)| item.0 == found.item);
    AttendedPicture {
        item: found.item,
        next: looked != Some(found.item),
        logit: found.logit,
        heads: found.heads as u32,
        found: place(found.item),
        placed: now.map(|at| at as u32 + 1),
        candidates: depth as u32,
        events: found.events,
        gaps: found.gaps.iter().map(|gap| *gap as f64).collect(),
        timed: found.timed,
        weights: found.weights,
        order: placed.collect(),
    }
}
