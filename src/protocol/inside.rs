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
    /// The regions of a model whose users are some.
    #[serde(default)]
    pub bubbles: Option<BubblesPicture>,
    /// The edges of a model that works on a graph.
    #[serde(default)]
    pub edges: Option<EdgesPicture>,
    /// What events and an item see in each other, by a model that reads them together.
    #[serde(default)]
    pub attention: Option<AttendedPicture>,
}

/// What a user's events and an item see in each other, and the order that comes of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AttendedPicture {
    /// The item.
    pub item: u32,
    /// What comes next, not what the reader looks at.
    pub next: bool,
    /// Log-odds that the user takes it.
    pub logit: f32,
    /// Heads.
    pub heads: u32,
    /// Its place among what was found, from 1.
    pub found: Option<u32>,
    /// Its place after that was put in order, from 1.
    pub placed: Option<u32>,
    /// How many are put in order.
    pub candidates: u32,
    /// The events that were read, oldest first: n.
    pub events: Vec<u32>,
    /// How long ago each was, in seconds; of data without times, how many events ago.
    pub gaps: Vec<f64>,
    /// Whether gaps are times.
    pub timed: bool,
    /// How much each of the events, and last the item, heeds each of them in each head: `[n + 1, h, n + 1]`.
    pub weights: Vec<f32>,
    /// The first of the order.
    pub order: Vec<PlacedItem>,
}

/// An item of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacedItem {
    /// The item.
    pub item: u32,
    /// Log-odds that the user takes it.
    pub score: f32,
    /// Its place among what was found, from 1.
    pub found: Option<u32>,
    /// It is what comes next.
    pub held_out: bool,
}

/// A user's bubbles, one for each event, and how they meet an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BubblesPicture {
    /// Dimensions.
    pub dim: u32,
    /// One for each event, oldest first.
    pub bubbles: Vec<BubblePicture>,
    /// Items inside any of them, ascending.
    pub inside: Vec<u32>,
    /// The item that is looked at, or comes next.
    pub met: Option<MetPicture>,
}

/// A bubble.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BubblePicture {
    /// Its smallest, mean and largest semi-axis.
    pub radii: [f32; 3],
    /// Items inside it.
    pub holds: u32,
}

/// How bubbles meet an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetPicture {
    /// The item.
    pub item: u32,
    /// What comes next, not what the reader looks at.
    pub next: bool,
    /// Which bubble counts for each coordinate.
    pub winners: Vec<u32>,
    /// What these coordinates add to the score.
    pub pooled: f32,
    /// What the context-aware bubble adds, and how much each event counts for it.
    pub context: Option<(f32, Vec<f32>)>,
    /// Where the nearest corner lies on the map.
    pub corner: [f32; 2],
}

/// A user's edges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgesPicture {
    /// The modalities that edges are weighed in.
    pub modalities: Vec<String>,
    /// The weakest first.
    pub edges: Vec<EdgePicture>,
    /// In a planted world, how well the weakest edges of all users find the false ones.
    pub suspects: Option<SuspectsPicture>,
}

/// An edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgePicture {
    /// The item at the other end.
    pub item: u32,
    /// Its weight, as a multiple of what an even share would be.
    pub weight: f32,
    /// The same in each modality.
    pub by_modality: Vec<f32>,
    /// It is known to be a false click.
    pub is_false: bool,
}

/// How well weak edges find false clicks. As many are suspected of each user as the user has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SuspectsPicture {
    /// Edges suspected: as many as there are false ones.
    pub suspected: u32,
    /// Those of them that are false.
    pub found: u32,
    /// How many chance would find.
    pub by_chance: f32,
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
