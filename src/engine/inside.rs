//! What a model made of one user's history: why the user's vectors are where they are.

use super::ward::Merge;

/// What is looked at, beside the user.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looked {
    /// Where clusters are cut; else where the recipe says.
    pub height: Option<f64>,
    /// An item that the user is compared with.
    pub item: Option<u32>,
}

/// How a history became vectors.
#[derive(Clone, Debug, PartialEq)]
pub enum Inside {
    /// By no parts that could be told apart.
    Nothing,
    /// By weights: how much each event counts for each vector, `[n, K]`, in each round in which they come about.
    Shares(Vec<Vec<f32>>),
    /// By clusters.
    Clusters(Grouping),
    /// As regions around its items.
    Bubbles(Bubbles),
    /// By the edges of the graph of all users.
    Edges(Edges),
    /// Read together with an item.
    Attention(Attended),
}

/// What events and an item see in each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attended {
    /// The item.
    pub item: u32,
    /// Log-odds that the user takes it.
    pub logit: f32,
    /// Heads, h.
    pub heads: usize,
    /// The events that were read, oldest first: n.
    pub events: Vec<u32>,
    /// How long before the present moment each was, in seconds; of data without times, how many events before.
    pub gaps: Vec<i64>,
    /// Whether gaps are times.
    pub timed: bool,
    /// How much each of the events, and last the item, heeds each of them in each head: `[n + 1, h, n + 1]`.
    pub weights: Vec<f32>,
}

/// One bubble for each event, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bubbles {
    /// d.
    pub width: usize,
    /// `[T, d]`.
    pub centres: Vec<f32>,
    /// Semi-axes, `[T, d]`.
    pub radii: Vec<f32>,
    /// How it meets an item, if one is looked at.
    pub met: Option<Met>,
}

/// A user's bubbles and an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Met {
    /// The item.
    pub item: u32,
    /// Which bubble counts for each coordinate.
    pub winners: Vec<u32>,
    /// The nearest corners of these bubbles, coordinate by coordinate.
    pub corner: Vec<f32>,
    /// The score that these coordinates give.
    pub pooled: f32,
    /// How much each event counts for the context-aware bubble, and the score that bubble gives; without such a bubble
    /// nothing.
    pub context: Option<(Vec<f32>, f32)>,
}

/// What all users hear from items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edges {
    /// Who hears, user after user.
    pub users: Vec<u32>,
    /// From which item.
    pub items: Vec<u32>,
    /// Weight of each edge.
    pub weights: Vec<f32>,
    /// The modalities that edges are weighed in, each with its weight of every edge.
    pub modalities: Vec<(String, Vec<f32>)>,
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
