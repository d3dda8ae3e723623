//! How a user's events were grouped.

use crate::engine::data::Batch;
use crate::engine::inside::Grouping;
use crate::engine::order;
use crate::protocol::{ClusterPicture, Tree};

/// The picture of `grouping`, of the history of the only user of `batch`.
pub fn tree(grouping: &Grouping, batch: &Batch) -> Tree {
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
