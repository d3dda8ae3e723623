//! How ids and numbers become vectors, as the page shows it.

use serde::{Deserialize, Serialize};

use crate::text::Message;

/// Which id and which number are looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureLook {
    /// Name of an embedding; the first where it is none of the model's.
    pub embedding: String,
    /// An id of it.
    pub id: u32,
    /// An id that nobody has seen, typed; empty for none.
    pub unseen: String,
    /// Name of a field of numbers; the first where it is none of the model's.
    pub number: String,
    /// A place between the smallest and the largest value of training, from 0 to 1.
    pub place: f32,
}

/// How ids and numbers become vectors at one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeaturesPicture {
    /// Steps made.
    pub step: u64,
    /// Names of the embeddings.
    pub embeddings: Vec<String>,
    /// The embedding looked at.
    pub ids: Option<IdsPicture>,
    /// Names of the fields of numbers.
    pub numbers: Vec<String>,
    /// The field of numbers looked at.
    pub number: Option<NumberPicture>,
}

/// An embedding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdsPicture {
    /// Its name.
    pub name: String,
    /// Its ids, V.
    pub n_ids: u32,
    /// Numbers in a vector, d.
    pub width: u32,
    /// Numbers learnt for it.
    pub parameters: u64,
    /// The id looked at.
    pub id: u32,
    /// What people call the ids that are named here.
    pub names: Vec<(u32, String)>,
    /// Its vector.
    pub vector: Vec<f32>,
    /// The rows that its vector is made of; none where a network makes it.
    pub rows: Vec<u32>,
    /// What a network reads of it.
    pub code: Vec<f32>,
    /// Ids that share rows with it, those that share most first.
    pub shared: Vec<SharedRow>,
    /// How many ids have a vector of their own, share it with one other, two others …; the last with that many or more.
    pub groups: Vec<u32>,
    /// Cosines of codes from −1 to 1 in equal bins: of ids that follow each other, and of any two.
    pub codes: [Vec<u32>; 2],
    /// The nearest ids by cosine now, and before the first step.
    pub near: [Vec<(u32, f32)>; 2],
    /// What became of the unseen id that was typed.
    pub unseen: Option<Unseen>,
}

/// An id that shares rows with another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedRow {
    /// The id.
    pub id: u32,
    /// How many rows they share.
    pub rows: u32,
    /// Cosine of the two vectors now.
    pub cosine: f32,
}

/// An id that was not there when the model was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unseen {
    /// As it was typed.
    pub text: String,
    /// The ids with the nearest vectors by cosine.
    pub near: Vec<(u32, f32)>,
    /// Why it has no vector, if it has none.
    pub why: Option<Message>,
}

/// A field of numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NumberPicture {
    /// Its name.
    pub name: String,
    /// Values at which it is looked at, upwards: G.
    pub values: Vec<f32>,
    /// Numbers in a vector, w.
    pub width: u32,
    /// The vector at each value, `[G, w]`.
    pub vectors: Vec<f32>,
    /// The vector of a missing value.
    pub missing: Vec<f32>,
    /// Where it is cut into bins, upwards.
    pub edges: Vec<f32>,
    /// The value looked at.
    pub at: f32,
    /// Its vector.
    pub vector: Vec<f32>,
    /// Soft bins, where there are some.
    pub bins: Option<SoftBinsPicture>,
}

/// How much of each soft bin there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SoftBinsPicture {
    /// At the value looked at, H.
    pub weights: Vec<f32>,
    /// At each of the values, `[G, H]`.
    pub over: Vec<f32>,
    /// The bins' vectors, `[H, w]`.
    pub vectors: Vec<f32>,
}
