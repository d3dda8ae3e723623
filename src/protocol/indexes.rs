//! What the page shows of indexes: how they stand, what they find, what they miss, and how a search goes.

use serde::{Deserialize, Serialize};

use super::{Listed, Query, Section};
use crate::settings::Value;
use crate::text::Message;

/// Settings that say how much a search looks at: they change nothing about what is built, and stand beside what is found.
pub const EFFORTS: [&str; 3] = ["nprobe", "ef", "candidates"];

/// Indexes that can be pinned beside the recipe's.
pub const PINNED_MAX: usize = 2;

/// Which indexes stand beside the exact search, and what they are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// The recipe's.
    pub index: Section,
    /// Others, at most [`PINNED_MAX`].
    pub pinned: Vec<Section>,
    /// They stay as they are while the model trains on; else each is built anew once it is asked and the model has
    /// moved.
    pub keep: bool,
    /// Only items that have every attribute these words name, and none that they name behind a minus.
    pub only: String,
}

/// How the indexes stand: the recipe's first, then the pinned ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Indexes {
    /// One for each.
    pub places: Vec<Standing>,
    /// What is measured of them is under way.
    pub measuring: Option<f32>,
}

/// How an index stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its settings.
    pub section: Section,
    /// What is being done to build it, and the share of that which is done.
    pub building: Option<(String, f32)>,
    /// The last one that was built.
    pub built: Option<Built>,
    /// Why it cannot be built.
    pub refused: Option<Message>,
}

/// An index that stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Built {
    /// Steps made by the model whose vectors it holds.
    pub step: u64,
    /// How many vectors.
    pub vectors: u32,
    /// Numbers in each.
    pub dim: u32,
    /// Bytes a vector.
    pub bytes: f32,
    /// Seconds of work that building took, where there is a clock.
    pub seconds: Option<f32>,
    /// Its cells, if it has any.
    pub cells: Option<Cells>,
}

/// The cells of an index in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cells {
    /// How many.
    pub count: u32,
    /// Share of them that hold nothing.
    pub empty: f32,
    /// nlist Σ n² / N²: 1 where all are of one size.
    pub imbalance: f32,
    /// Rows of the largest.
    pub largest: u32,
}

/// What an index found of what the exact search finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// Which: 0 is the recipe's.
    pub place: u32,
    /// Steps made by the model whose vectors it holds.
    pub step: u64,
    /// What it found, best first, with its own scores.
    pub hits: Vec<Listed>,
    /// What became of each of the nearest, in their order.
    pub verdicts: Vec<Verdict>,
    /// Share of the nearest that were found; of equally near ones any will do.
    pub recall: f32,
    /// Vectors compared with the query.
    pub scanned: u64,
    /// Centroids compared with it.
    pub centroids: u64,
    /// Vectors whose codes were among the best, compared themselves.
    pub refined: u64,
    /// Bytes a vector.
    pub bytes: f32,
    /// Microseconds of a search, where there is a clock.
    pub micros: Option<f32>,
}

/// What became of one of the nearest, and if it was missed, why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// It was found.
    Found {
        /// Its place, from 1.
        place: u32,
    },
    /// It is not in the index.
    Absent,
    /// The filter does not allow it.
    Filtered,
    /// Its cell was not opened.
    Cell {
        /// The cell.
        cell: u32,
        /// Its rank among all by nearness, from 1.
        rank: u32,
        /// How many were opened.
        opened: u32,
    },
    /// The score by which the index compared it was too low.
    Score {
        /// That score.
        score: f32,
        /// What it would be without loss.
        exact: f32,
        /// The place it earned, from 1.
        place: u32,
        /// How many places were kept.
        kept: u32,
    },
    /// Its code of four bits earned it too low a place to have its whole code summed up.
    FastScan {
        /// That place, from 1.
        place: u32,
        /// How many places were kept.
        kept: u32,
    },
    /// The walk through the graph did not come to it.
    Walk {
        /// The item at which it stopped.
        stopped: u32,
        /// Of the items that link to it the nearest; none where nothing does.
        gate: Option<u32>,
        /// That item was met, and was too far away to be expanded.
        gate_met: bool,
    },
}

/// A search by one index, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Walked {
    /// Which index: 0 is the recipe's.
    pub place: u32,
    /// What was asked.
    pub query: Option<Query>,
    /// Which of the query's vectors, and of how many.
    pub vector: u32,
    pub vectors: u32,
    /// Where it is on the map, if it is.
    pub point: Option<[f32; 2]>,
    /// In the order in which they were made.
    pub steps: Vec<Stride>,
    /// Steps left out behind these.
    pub more: u32,
}

/// A step of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stride {
    /// All cells were compared with the query: the nearest of them with their scores, of which `opened` are opened.
    Cells {
        ranked: Vec<(u32, f32)>,
        opened: u32,
        count: u32,
    },
    /// A cell is opened.
    Cell { cell: u32, rows: u32 },
    /// What each code of each part adds to a score, part after part.
    Table { parts: u32, values: Vec<f32> },
    /// Items are among the best so far; another may have to leave.
    Kept { items: Vec<(u32, f32)>, out: Option<u32> },
    /// The best codes are compared by their vectors.
    Refined { rows: u32 },
    /// Neighbours of a node of an upper layer are compared: the walk goes to a nearer one, or stays and goes down.
    Descended {
        layer: u32,
        from: u32,
        to: u32,
        score: f32,
        compared: u32,
    },
    /// The neighbours of the nearest node not expanded yet are met.
    Expanded { item: u32, met: Vec<u32> },
    /// The best node that could be expanded next is farther than the worst of what is remembered.
    Stopped { next: Option<f32>, worst: Option<f32> },
}

/// What an index keeps of an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Which index.
    pub place: u32,
    /// The item.
    pub item: u32,
    /// Its cell and how many rows are in it.
    pub cell: Option<[u32; 2]>,
    /// The vector as it came to be coded: transformed, and without its cell's centroid.
    pub vector: Vec<f32>,
    /// What its code stands for; empty where the vector is kept as it is.
    pub decoded: Vec<f32>,
    /// Its code, part by part.
    pub code: Vec<u32>,
    /// First two numbers of every code word, part after part: x and y.
    pub words: Vec<f32>,
    /// Links of its node on each layer, lowest first.
    pub links: Vec<Vec<u32>>,
}

/// The cells of an index on the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellsPicture {
    /// Which index.
    pub place: u32,
    /// Steps made by the model whose vectors it holds.
    pub step: u64,
    /// Corners of each cell, x and y: the part of the map that is nearest to its centroid there.
    pub corners: Vec<Vec<f32>>,
    /// Rows of each.
    pub sizes: Vec<u32>,
    /// Share of the items on the map that are drawn outside their own cell.
    pub outside: f32,
}

/// What is to be a file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Export {
    /// The vectors of items, as NumPy has them.
    Npy,
    /// The same, as the TEXMEX collections have them.
    Fvecs,
    /// The same as numbers between tabs, as the Embedding Projector reads them.
    Tsv,
    /// The titles of the items, a line each, which stand beside those there.
    Titles,
    /// An index in our own format.
    Index(u32),
    /// An index as Faiss reads it.
    Faiss(u32),
    /// The run: its recipe and what it has learnt. Answered by [`super::Event::Saved`].
    Run,
}

/// What is to be measured of the indexes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Measure {
    /// Recall of each index against how much it looks at, and of the recipe's on the two dimensions of the map.
    Curves,
    /// The recipe's index with each of these values of a setting.
    Sweep { key: String, values: Vec<Value> },
}

/// What was measured at one setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Which index; none for that of the map's plane, or for an index of a sweep.
    pub place: Option<u32>,
    /// The effort, or the value of the setting that was tried.
    pub at: String,
    /// Steps made by the model whose vectors it holds.
    pub step: u64,
    /// Share of the k nearest that were found, mean over queries.
    pub recall: f32,
    /// Share of the queries whose nearest is among the k: 1-recall@k.
    pub nearest: f32,
    /// Vectors compared with a query, of all there are.
    pub scanned: f32,
    /// Centroids compared with a query.
    pub centroids: f32,
    /// Bytes a vector.
    pub bytes: f32,
    /// Microseconds a search, where there is a clock.
    pub micros: Option<f32>,
    /// Why there is nothing of this setting.
    pub refused: Option<Message>,
}

/// Recall of kept indexes on the present vectors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aged {
    /// Steps made by the model that asks.
    pub step: u64,
    /// For each index: steps made by the model whose vectors it holds, and recall.
    pub recalls: Vec<Option<(u64, f32)>>,
}
