//! The card of a user: what they did, what the model recommends, what it should have found.

use crate::decimal::written_f32;
use crate::engine::data::{Batch, Column, Table, UserId, World};
use crate::engine::metrics::{rank_of, top_items};
use crate::engine::train::Trainer;
use crate::protocol::{Listed, UserCard};

/// Events of the history shown at most.
const HISTORY: usize = 50;

/// Recommendations shown.
const RECOMMENDED: usize = 20;

/// The card of `user`, who is one of the world's; the model sees the last `history` events.
pub fn user_card(trainer: &mut dyn Trainer, world: &World, user: u32, history: usize) -> UserCard {
    let log = &world.dataset.log;
    let case = world.case(UserId(user));
    let (seen, targets) = case.parts(log);
    let mut batch = Batch::default();
    batch.contexts(&world.dataset, &[case], history);
    let mut scores = Vec::new();
    trainer.scores(&batch, &mut scores);

    let events = log.user(UserId(user));
    let newest_first = || (0..seen.len()).rev().take(HISTORY);
    let listed = |item: u32, score| Listed {
        item,
        score,
        held_out: targets.iter().any(|target| target.0 == item),
    };
    UserCard {
        user,
        step: trainer.steps(),
        profile: profile(&world.dataset.users, user as usize),
        history: newest_first()
            .map(|event| listed(events.items[event].0, events.values[event]))
            .collect(),
        times: if world.dataset.timed {
            newest_first().map(|event| events.times[event]).collect()
        } else {
            Vec::new()
        },
        recommended: top_items(&scores, seen, targets, RECOMMENDED)
            .into_iter()
            .map(|(item, score)| listed(item.0, score))
            .collect(),
        held_out: targets
            .iter()
            .map(|&target| (target.0, rank_of(&scores, seen, targets, target)))
            .collect(),
    }
}

/// The features of a row in words.
fn profile(table: &Table, row: usize) -> Vec<(String, String)> {
    let word = |words: &[String], id: u32| words.get(id as usize).cloned().unwrap_or_default();
    let mut profile = Vec::new();
    for field in &table.fields {
        let value = match &field.column {
            Column::Category { words, ids } => word(words, ids[row]),
            Column::Id { ids, .. } => ids[row].to_string(),
            Column::Tags { words, offsets, ids } => {
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                ids[range]
                    .iter()
                    .map(|&id| word(words, id))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            Column::Number { values } if values[row].is_nan() => continue,
            Column::Number { values } => written_f32(values[row]),
            Column::Vector { .. } => continue,
        };
        profile.push((field.name.clone(), value));
    }
    profile
}
