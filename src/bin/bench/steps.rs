//! Steps of training, as the page makes them: 10,000 items of width 32, histories of 20, batch 256, in-batch softmax
//! with logQ, row-sparse Adam. The two-tower model has a layer of 64 in both towers and cosine over τ = 0.1; MIND and
//! ComiRec-SA have K = 4.
//!
//! The same numbers as in the comparison of candidates that decided how this engine is built, so that the speeds can
//! be compared: ids are drawn from Zipf's law with exponent 1. The whole step is timed, cutting the batch and looking
//! for accidental hits included, which that comparison left out.

use std::rc::Rc;

use playground::engine::data::{Dataset, Interaction, ItemId, Log, Split, Table, UserId, World};
use playground::engine::rng::{Purpose, Rng};
use playground::engine::train::Trainer;
use playground::protocol::Recipe;

/// Samples of a step.
pub const BATCH: usize = 256;
/// Operations of a step's products with all items of the batch. Each product of the forward pass is followed by two of
/// the backward pass.
const SCORES: usize = 3 * 2 * BATCH * BATCH * WIDTH;
/// Operations of a two-tower step's matrix products.
pub const TWO_TOWER: u64 = (3 * 2 * BATCH * 2 * 2 * WIDTH * HIDDEN + SCORES) as u64;
/// Of MIND's: the map of every event, three rounds of routing (sums, and logits but in the last) with one way back, and
/// the layers after it.
pub const MIND: u64 = (3 * 2 * EVENTS_SEEN * WIDTH * WIDTH
    + 2 * EVENTS_SEEN * WIDTH * INTERESTS * (3 + 2 + 1)
    + 3 * 2 * BATCH * INTERESTS * 2 * WIDTH * HIDDEN
    + SCORES) as u64;
/// Of ComiRec-SA's: the inner layer of every event, its products with K queries, and K sums.
pub const COMIREC: u64 =
    (3 * 2 * EVENTS_SEEN * (WIDTH * INNER + INTERESTS * INNER + INTERESTS * WIDTH) + SCORES) as u64;

/// Events of the histories of a batch.
const EVENTS_SEEN: usize = BATCH * HISTORY as usize;
/// K.
const INTERESTS: usize = 4;
/// d_a.
const INNER: usize = 4 * WIDTH;

const ITEMS: u32 = 10_000;
const WIDTH: usize = 32;
const HIDDEN: usize = 64;
const HISTORY: u32 = 20;
const USERS: u32 = 1_000;
/// Events of a user: all but the first 20 of them are examples with a full history.
const EVENTS: u32 = 84;

/// The model `kind` before its first step.
///
/// # Panics
/// If the recipe below is not one.
pub fn model(kind: &str) -> Box<dyn Trainer> {
    let mut recipe = Recipe::default();
    kind.clone_into(&mut recipe.model.kind);
    for (section, key, value) in [
        ("model", "dim", WIDTH),
        ("train", "batch", BATCH),
        ("train", "history", HISTORY as usize),
    ] {
        let section = recipe.section_mut(section).expect("a section of every recipe");
        section
            .settings
            .insert(key.to_owned(), playground::settings::Value::Number(value as f64));
    }
    let plan = recipe.validate().expect("all values are in range");
    plan.trainer(Rc::new(world()))
        .expect("the default sampler fits any data")
}

/// Users who choose by popularity alone; whoever trains on them sees full histories.
fn world() -> World {
    let shares = zipf();
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    let mut events = Vec::new();
    for user in 0..USERS {
        for time in 0..EVENTS {
            let drawn = f64::from(rng.uniform());
            let item = shares.partition_point(|&sum| sum < drawn).min(ITEMS as usize - 1);
            events.push(Interaction {
                user: UserId(user),
                item: ItemId(item as u32),
                time: i64::from(time),
                value: 1.0,
            });
        }
    }
    let table = |rows: u32| Table {
        keys: (0..rows).map(|row| row.to_string()).collect(),
        ..Table::default()
    };
    let dataset = Dataset {
        users: table(USERS),
        items: table(ITEMS),
        log: Log::build(USERS as usize, events),
        ..Dataset::default()
    };
    let split = Split {
        train_end: vec![EVENTS; USERS as usize],
        ..Split::default()
    };
    World::new(Rc::new(dataset), split)
}

/// Sums of the shares of items 0, 1, …, of which item i has a share in proportion to 1 / (i + 1).
fn zipf() -> Vec<f64> {
    let total: f64 = (1..=ITEMS).map(|rank| 1.0 / f64::from(rank)).sum();
    let mut sum = 0.0;
    let mut add = |rank: u32| {
        sum += 1.0 / (f64::from(rank) * total);
        sum
    };
    (1..=ITEMS).map(&mut add).collect()
}
