//! What a model with several vectors made of one user's history, and what each of the vectors finds.

use crate::engine::data::{Batch, ItemId, UserId, World};
use crate::engine::inside::{Grouping, Inside, Looked};
use crate::engine::matrix::Matrix;
use crate::engine::metrics::{diverse, diversity, top_items};
use crate::engine::order;
use crate::engine::train::{Trainer, rows, score_all};
use crate::protocol::{ClusterPicture, DiverseList, InsidePicture, Listed, Look, Tree};

/// Items shown that a vector finds.
const FOUND: usize = 6;

/// Length of the list that is to be diverse, and how many it is chosen from.
const LISTED: usize = 10;
const CANDIDATES: usize = 200;

/// The picture of `user`, who is one of the world's; the model sees the last `history` events. Nothing for a model with
/// one vector a user.
pub fn inside_picture(
    trainer: &mut dyn Trainer,
    world: &World,
    user: u32,
    history: usize,
    look: Look,
) -> Option<InsidePicture> {
    let heads = trainer.embed()?.heads();
    if heads < 2 {
        return None;
    }
    let case = world.case(UserId(user));
    let (seen, targets) = case.parts(&world.dataset.log);
    let mut batch = Batch::default();
    batch.contexts(&world.dataset, &[case], history);
    let inside = trainer.inside(
        &batch,
        Looked {
            height: look.cut.map(f64::from),
            item: None,
        },
    );
    let step = trainer.steps();
    let embed = trainer.embed()?;
    let vectors = embed.users(&batch);
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
    let finds = rows(&vectors).chunks_exact(vectors.ncols()).map(&mut found).collect();
    let mean_finds = found(&mean);
    let next = targets.first().map(|next| {
        let item = items.row(next.idx());
        (next.0, vectors.outer_iter().map(|vector| vector.dot(&item)).collect())
    });
    score_all(rows(&vectors), heads, items, &mut scores);
    let ranked = top_items(&scores, seen, targets, CANDIDATES);
    let diverse = world.dataset.groups().and_then(|(_, groups)| {
        let lambda = look.diversity * (ranked.first()?.1 - ranked.get(LISTED)?.1);
        let list = diverse(&ranked, groups, lambda, LISTED);
        let items: Vec<ItemId> = list.iter().map(|(item, _)| *item).collect();
        Some(DiverseList {
            lambda,
            diversity: diversity(&items, groups)? as f32,
            items: list.into_iter().map(listed).collect(),
        })
    });
    let (rounds, tree) = match inside {
        Inside::Nothing => (Vec::new(), None),
        Inside::Shares(rounds) => (rounds, None),
        Inside::Clusters(grouping) => (Vec::new(), Some(tree(&grouping, &batch))),
        Inside::Bubbles(_) | Inside::Edges(_) => (Vec::new(), None),
    };
    Some(InsidePicture {
        user,
        step,
        heads: heads as u32,
        history: batch.history_items.iter().map(|item| item.0).collect(),
        rounds,
        tree,
        finds,
        mean_finds,
        diverse,
        next,
    })
}

fn mean(vectors: &Matrix) -> Vec<f32> {
    let share = 1.0 / vectors.nrows() as f32;
    let sums = vectors.columns().into_iter().map(|column| column.sum() * share);
    sums.collect()
}

fn tree(grouping: &Grouping, batch: &Batch) -> Tree {
    let (times, now) = (&batch.history_times, batch.times[0]);
    let first = times.first().copied().unwrap_or(now);
    let span = (now - first).max(1) as f32;
    let all: f64 = grouping.clusters.iter().map(|cluster| cluster.importance).sum();
    let by_importance = order::places(grouping.clusters.len(), &mut |a, b| {
        let [a, b] = [a, b].map(|place| grouping.clusters[place].importance);
        b.total_cmp(&a)
    });
    let clusters = by_importance.into_iter().map(|place| {
        let cluster = &grouping.clusters[place as usize];
        ClusterPicture {
            members: cluster.members.clone(),
            medoid: cluster.medoid,
            share: (cluster.importance / all.max(f64::MIN_POSITIVE)) as f32,
            asked: grouping.chosen.contains(&place),
        }
    });
    Tree {
        merges: grouping
            .merges
            .iter()
            .map(|merge| (merge.pair, merge.height as f32))
            .collect(),
        cut: grouping.height as f32,
        when: times.iter().map(|time| (time - first) as f32 / span).collect(),
        weights: grouping.weights.iter().map(|weight| *weight as f32).collect(),
        clusters: clusters.collect(),
    }
}
