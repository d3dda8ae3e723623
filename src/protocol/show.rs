//! What the page shows of the data, the model and the index.

use serde::{Deserialize, Serialize};

use crate::text::Message;

use super::{Section, Served};

/// The data in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Name on the page: "Planted world", "ml-100k.zip".
    pub name: String,
    /// What tells the files they are from apart from others; empty where there are none.
    #[serde(default)]
    pub digest: String,
    /// Users with at least one event.
    pub users: u32,
    /// Items with at least one event.
    pub items: u32,
    /// Events.
    pub interactions: u64,
    /// Rows, each clicked or not, where they are what is learnt from and judged; else 0.
    pub rows: u64,
    /// Events, or rows, in training.
    pub train: u64,
    /// Users judged in validation.
    pub valid_users: u32,
    /// Users judged in the test.
    pub test_users: u32,
    /// What was left out, or is worth knowing: lines skipped, duplicates merged, users too short to test.
    pub notices: Vec<Message>,
}

/// Names and groups of what the pictures show, sent once for a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scenery {
    /// Title of each item.
    pub item_titles: Vec<String>,
    /// Group of each item: its topic, first genre … an index into `groups`; empty where there are none.
    pub item_groups: Vec<u16>,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// How often each item was chosen in training.
    pub item_counts: Vec<u32>,
    /// Label of each user.
    pub user_labels: Vec<String>,
    /// What is true of a planted world.
    #[serde(default)]
    pub truth: Option<PlantedTruth>,
}

/// What users of a planted world are interested in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlantedTruth {
    /// Names of the topics.
    pub topics: Vec<String>,
    /// Topic of each item.
    pub item_topics: Vec<u16>,
    /// Topics of each user with their share of attention at the end, heaviest first.
    pub interests: Vec<Vec<(u16, f32)>>,
}

/// A table of which we have to be told the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnsWanted {
    /// The file.
    pub file: String,
    /// Names of its columns: the header's, or `column 1` … without one.
    pub columns: Vec<String>,
    /// A few of its rows.
    pub rows: Vec<Vec<String>>,
    /// The data section we would read it with.
    pub guess: Section,
    /// Why we ask.
    pub why: Message,
}

/// How vectors became points of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Projection {
    /// The vectors have two dimensions: this is where they are.
    Plane,
    /// Onto the two directions of largest variance of the item vectors, with the shares of variance they keep.
    Pca { kept: [f32; 2] },
}

/// Items and users as points at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPicture {
    /// Steps made.
    pub step: u64,
    /// How the points came about.
    pub projection: Projection,
    /// Dimensions of the vectors.
    pub dim: u32,
    /// Which items are shown, in ascending order.
    pub items: Vec<u32>,
    /// Which users are shown.
    pub users: Vec<u32>,
    /// Points a user has.
    pub heads: u32,
    /// Users are drawn as long as items are: the model compares by inner product, and only their direction counts.
    pub directions: bool,
    /// Mean distance between two vectors of a user, and mean angle in degrees, in all dimensions; absent where users
    /// have one.
    pub apart: Option<[f32; 2]>,
    /// Share of the rows of the last batch whose positive was nearest to each of its user's vectors; empty where users
    /// have one.
    pub wins: Vec<f32>,
    /// Users are regions: a user's points are the middles of the last of them.
    #[serde(default)]
    pub regions: bool,
    /// In a planted world, the share of a user's interests that are seen in the first 20 items, mean over some users.
    pub recovered: Option<f32>,
    /// The bubbles of the watched user, oldest first, where users are regions.
    #[serde(default)]
    pub outlines: Vec<Outline>,
    /// x and y of each item shown.
    pub item_points: Vec<f32>,
    /// x and y of each user's points, `heads` points after each other.
    pub user_points: Vec<f32>,
}

/// The shadow of an ellipsoid on the plane of the map: `middle + cos t · axes[0] + sin t · axes[1]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// The item in its middle.
    pub item: u32,
    /// Where that is.
    pub middle: [f32; 2],
    /// Two arrows from the middle to the edge. Where the map is the plane of the vectors they are the semi-axes.
    pub axes: [[f32; 2]; 2],
}

/// An item in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// The item.
    pub item: u32,
    /// Its score, distance or rating, as the list's heading says.
    pub score: f32,
    /// It is one of the held-out events of this user: a hit.
    pub held_out: bool,
}

/// A user: what they did, what the model recommends, what it should have found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserCard {
    /// The user.
    pub user: u32,
    /// Steps made when it was drawn.
    pub step: u64,
    /// Profile features by name.
    pub profile: Vec<(String, String)>,
    /// What the model sees, newest first, with the rating as score.
    pub history: Vec<Listed>,
    /// Seconds since 1970 of each event of the history; empty where the data have no times.
    pub times: Vec<i64>,
    /// The model's first items for this user, those already seen left out.
    pub recommended: Vec<Listed>,
    /// The held-out items with the rank the model gives each, 1 for the best.
    pub held_out: Vec<(u32, u32)>,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Words of a title: the best matching item is the query.
    Text(String),
    /// What this user types: for models that read queries.
    Asked {
        user: u32,
        text: String,
        /// Only items with every attribute that the text names.
        #[serde(default)]
        control: bool,
    },
    /// This item.
    Item(u32),
    /// This user's vectors.
    User(u32),
    /// This vector.
    Vector(Vec<f32>),
    /// This point of the map.
    Point([f32; 2]),
}

/// An attribute that a query names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The field of the items.
    pub field: String,
    /// Its value.
    pub value: String,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// What was asked.
    pub query: Query,
    /// Steps made by the model that was searched.
    pub step: u64,
    /// The item that stands for the query, where one does.
    pub item: Option<u32>,
    /// Other titles the words match, best first.
    pub also: Vec<u32>,
    /// The nearest items, nearest first.
    pub hits: Vec<Listed>,
    /// Attributes that the query names.
    pub terms: Vec<Term>,
    /// How many of the items that were asked for have all of them, before those that have not are left out.
    pub relevant: u32,
    /// Vectors compared with the query.
    pub scanned: u64,
    /// Of the nearest, how many a second stage put in its own order.
    pub reranked: u32,
    /// Share of the items that the second stage would have put first among all, which the first handed on.
    #[serde(default)]
    pub handed_on: Option<f32>,
    /// Microseconds the search took; absent where there is no clock.
    pub micros: Option<f32>,
    /// The nearest by vectors alone, where a second stage ordered the hits or a query left some out: what indexes are
    /// measured against. Else the hits are.
    #[serde(default)]
    pub nearest: Vec<Listed>,
    /// What each index that stands finds of the same.
    #[serde(default)]
    pub served: Vec<Served>,
    /// Attributes the filter asks for, and those it forbids.
    #[serde(default)]
    pub filter: [Vec<Term>; 2],
}

impl Found {
    /// What indexes are to find.
    pub fn wanted(&self) -> &[Listed] {
        if self.nearest.is_empty() {
            &self.hits
        } else {
            &self.nearest
        }
    }
}
