//! What a model made of one user's history: why the user's vectors are where they are.

use crate::engine::ward::Merge;

/// How a history became vectors.
#[derive(Clone, Debug, PartialEq)]
pub enum Inside {
    /// By no parts that could be told apart.
    Nothing,
    /// By weights: how much each event counts for each vector, `[n, K]`, in each round in which they come about.
    Shares(Vec<Vec<f32>>),
    /// By clusters.
    Clusters(Grouping),
}

/// The clusters of a user's events. Events are numbered as the history has them, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouping {
    /// The merges of all events, from the lowest.
    pub merges: Vec<Merge>,
    /// Those above this height are taken back.
    pub height: f64,
    /// What is left, in the order of their first events.
    pub clusters: Vec<Cluster>,
    /// Which clusters a request asks for.
    pub chosen: Vec<u32>,
    /// How much each event counts, by its age: a cluster's importance is the sum over its members.
    pub weights: Vec<f64>,
}

/// A cluster of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its events.
    pub members: Vec<u32>,
    /// The event that stands for it.
    pub medoid: u32,
    /// How much it counts, by the age of its events.
    pub importance: f64,
}
