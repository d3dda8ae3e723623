//! What a model with several vectors made of one user's history.

use serde::{Deserialize, Serialize};

use super::Listed;

/// Why a user's vectors are where they are, and what each of them finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InsidePicture {
    /// The user.
    pub user: u32,
    /// Steps made.
    pub step: u64,
    /// Vectors of the user.
    pub heads: u32,
    /// What the model sees, oldest first.
    pub history: Vec<u32>,
    /// How much each event counts for each vector, `[n, K]`, in each round in which that comes about; empty for a model
    /// without such weights.
    pub rounds: Vec<Vec<f32>>,
    /// The clusters of a model that groups events.
    pub tree: Option<Tree>,
    /// What each vector finds alone, the user's own items left out: the nearest first.
    pub finds: Vec<Vec<Listed>>,
    /// What their mean finds: where a single vector would have landed.
    pub mean_finds: Vec<Listed>,
    /// The first items of all vectors together, chosen to be of several groups.
    pub diverse: Option<DiverseList>,
    /// What comes next, and its score by each vector.
    pub next: Option<(u32, Vec<f32>)>,
}

/// A list that is not all of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiverseList {
    /// Weight of a pair of different groups, in units of the score.
    pub lambda: f32,
    /// The list.
    pub items: Vec<Listed>,
    /// Share of its pairs that are of different groups.
    pub diversity: f32,
}

/// How events were grouped. They are numbered as the history has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Both clusters and the height of each merge, from the lowest: events are `0..n`, the union of merge `m` is
    /// `n + m`.
    pub merges: Vec<([u32; 2], f32)>,
    /// Where the tree is cut.
    pub cut: f32,
    /// When each event was, from 0 for the first to 1 for the moment that is served.
    pub when: Vec<f32>,
    /// How much each event counts, by its age.
    pub weights: Vec<f32>,
    /// What the cut leaves, the most important first.
    pub clusters: Vec<ClusterPicture>,
}

/// A cluster of events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterPicture {
    /// Its events.
    pub members: Vec<u32>,
    /// The event that stands for it.
    pub medoid: u32,
    /// Its share of all importance.
    pub share: f32,
    /// A request asks for it.
    pub asked: bool,
}
