//! What each of a user's vectors finds.

use crate::engine::data::{Batch, Case, ItemId, World};
use crate::engine::matrix::Matrix;
use crate::engine::metrics::{diverse, diversity, top_items};
use crate::engine::train::{Trainer, rows, score_all};
use crate::protocol::{DiverseList, InsidePicture, Listed, Look};

/// Items shown that a vector finds.
const FOUND: usize = 6;

/// Length of the list that is to be diverse, and how many it is chosen from.
const LISTED: usize = 10;
const CANDIDATES: usize = 200;

/// What the vectors of the user of `case`, which are `batch`, find, each alone, as their mean, and all together; nothing
/// for a model with one vector a user.
pub fn find(
    picture: &mut InsidePicture,
    trainer: &mut dyn Trainer,
    world: &World,
    case: &Case,
    batch: &Batch,
    look: Look,
) -> Option<()> {
    let (seen, targets) = case.parts(&world.dataset.log);
    let embed = trainer.embed()?;
    let heads = embed.heads();
    if heads < 2 {
        return None;
    }
    let vectors = embed.users(batch);
    let mean = mean(&vectors);
    let items = embed.items();
    let mut scores = Vec::new();
    let listed = |(item, score): (ItemId, f32)| Listed {
        item: item.0,
        score,
        held_out: targets.contains(&item),
    };
    let mut found = |vector: &[f32]| -> Vec<Listed> {
        score_all(vector, 1, items, &mut scores);
        let best = top_items(&scores, seen, targets, FOUND).into_iter();
        best.map(listed).collect()
    };
    picture.finds = rows(&vectors).chunks_exact(vectors.ncols()).map(&mut found).collect();
    picture.mean_finds = found(&mean);
    picture.next = targets.first().map(|next| {
        let item = items.row(next.idx());
        (next.0, vectors.outer_iter().map(|vector| vector.dot(&item)).collect())
    });
    score_all(rows(&vectors), heads, items, &mut scores);
    let ranked = top_items(&scores, seen, targets, CANDIDATES);
    picture.diverse = world.dataset.groups().and_then(|(_, groups)| {
        let lambda = look.diversity * (ranked.first()?.1 - ranked.get(LISTED)?.1);
        let list = diverse(&ranked, groups, lambda, LISTED);
        let items: Vec<ItemId> = list.iter().map(|(item, _)| *item).collect();
        Some(DiverseList {
            lambda,
            diversity: diversity(&items, groups)? as f32,
            items: list.into_iter().map(listed).collect(),
        })
    });
    picture.heads = heads as u32;
    Some(())
}

fn mean(vectors: &Matrix) -> Vec<f32> {
    let share = 1.0 / vectors.nrows() as f32;
    let sums = vectors.columns().into_iter().map(|column| column.sum() * share);
    sums.collect()
}
