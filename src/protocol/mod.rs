//! What the page and the worker say to each other: plain values, no behaviour, no browser.
//!
//! The worker speaks first ([`Event::Ready`]). The page sends [`Call`]s; the worker answers each with a [`Reply`]
//! that carries the call's number, and sends further events when there is something to tell. Every reply carries the
//! number of the run it belongs to, so that late words of an old run can be dropped.

mod features;
mod indexes;
mod inside;
pub mod link;
mod negatives;
pub mod recipe;
mod show;

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::by_name::ByName;
use crate::settings::Knob;
use crate::text::Message;
pub use features::*;
pub use indexes::*;
pub use inside::*;
pub use negatives::*;
pub use recipe::{Change, Recipe, Section};
pub use show::*;

/// A request with the number its answer will carry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the page, never 0, never used twice.
    pub id: u32,
    /// What is asked.
    pub request: Request,
}

/// A file the reader chose, read into memory by the worker's shell.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NamedFile {
    /// File name without folders.
    pub name: String,
    /// Its content. Never inside a message: the page sends the browser's file handle beside it, and the worker's
    /// shell reads it.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// What the page asks of the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Start a new run of this recipe, paused at step 0. Answered by [`Event::Applied`].
    Apply { recipe: Box<Recipe> },
    /// Read these files as data and start a new run of the present recipe on them. `data` is the recipe's data
    /// section to read them with; without it the format is detected. Answered by [`Event::Applied`] or, where the
    /// columns of a table have to be named first, [`Event::NeedColumns`].
    LoadFiles {
        files: Vec<NamedFile>,
        data: Option<Section>,
    },
    /// Train until told otherwise or until the stop rule holds.
    Play,
    /// Go to this step, forward or back, and pause. Answered when there.
    RunTo { step: u64 },
    /// Stop at once. Answered by the state.
    Pause,
    /// The same run from its first step, with the same start.
    Reset,
    /// Go on with other negatives, another loss or another rule, from the present step. The change becomes part of
    /// the recipe. Answered by [`Event::Changed`].
    Change(Box<Change>),
    /// At most this many steps a second while playing; 0 for as fast as it goes.
    Speed { steps_per_second: f32 },
    /// Which pictures are on the screen: the worker computes no others.
    Watch(Watch),
    /// The nearest items. Answered by [`Event::Found`].
    Search { query: Query, n: u32 },
    /// The same, answered once the indexes stand.
    Serve { query: Query, n: u32 },
    /// Which indexes are to stand beside the exact search. The recipe's becomes part of the recipe, and the run goes
    /// on. Answered by [`Event::Changed`].
    Shelve(Shelf),
    /// Build these indexes over the present vectors, however old those they hold.
    Rebuild,
    /// Build and measure no further.
    Halt,
    /// The steps of the last search, by one of its vectors, through an index. Answered by [`Event::Walked`].
    Walk { place: u32, vector: u32 },
    /// What an index keeps of an item. Answered by [`Event::Kept`].
    Keep { place: u32, item: u32 },
    /// Vectors or an index as a file. Answered by [`Event::Exported`].
    Export(Export),
    /// Measure indexes. [`Event::Swept`] tells what came out, bit by bit.
    Measure(Measure),
}

/// What of a run is looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The interest map.
    pub map: bool,
    /// The card of this user.
    pub user: Option<u32>,
    /// This row of the last batch.
    pub negatives: Option<u32>,
    /// What the model made of the watched user's history.
    pub inside: bool,
    /// How the watched user's history is looked at.
    #[serde(default)]
    pub look: Look,
    /// How ids and numbers become vectors.
    #[serde(default)]
    pub features: Option<FeatureLook>,
    /// The search: indexes are built where it is looked at.
    #[serde(default)]
    pub search: bool,
    /// The cells of this index on the map.
    #[serde(default)]
    pub cells: Option<u32>,
}

/// How a user's history is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Where clusters are cut, if elsewhere than the recipe says.
    pub cut: Option<f32>,
    /// An item that the user is compared with, where the model compares; else what comes next.
    #[serde(default)]
    pub item: Option<u32>,
    /// Weight of diversity, as a share of what the list's first score is ahead of its last.
    pub diversity: f32,
}

/// An event, the run it belongs to, and the call it answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// Number of the run: grows with every [`Request::Apply`] and [`Request::LoadFiles`].
    pub run: u32,
    /// The call this is the answer to, if it is one.
    pub answers: Option<u32>,
    /// What happened.
    pub event: Event,
}

/// What the worker tells the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// The worker is up: what can be chosen, and the recipe of the demo.
    Ready { catalogue: Catalogue, recipe: Box<Recipe> },
    /// A long step of reading or preparing data, with its share done if known.
    Working { what: Message, share: Option<f32> },
    /// A new run stands at step 0.
    Applied(Box<Applied>),
    /// The run goes on with this recipe.
    Changed { recipe: Box<Recipe>, advice: Advice },
    /// The files hold a table whose columns we cannot name with certainty.
    NeedColumns(Box<ColumnsWanted>),
    /// Where the run is.
    State(Box<RunState>),
    /// Training losses since the last such event: step and mean loss of its batch.
    Losses { points: Vec<(u64, f32)> },
    /// What was measured of item vectors and candidates since the last such event.
    Measured { points: Vec<Measured> },
    /// The watched row of the last batch.
    Negatives(Box<NegativesPicture>),
    /// The model was judged on the held-out events.
    Evaluated(Evaluated),
    /// The interest map at this step.
    Map(Box<MapPicture>),
    /// The card of the watched user.
    User(Box<UserCard>),
    /// What the model made of the watched user's history.
    Inside(Box<InsidePicture>),
    /// How ids and numbers become vectors.
    Features(Box<FeaturesPicture>),
    /// Answer to a search.
    Found(Box<Found>),
    /// A file that was asked for.
    Exported { name: String, bytes: Bytes },
    /// The run that was asked for: recipe, step and checksum as the hash of a link, and all of it as a file. `whole`
    /// where the file holds what was learnt, else it is to be learnt again.
    Saved { address: String, run: Bytes, whole: bool },
    /// How the indexes stand.
    Indexes(Indexes),
    /// The cells of an index.
    Cells(Box<CellsPicture>),
    /// How a search went.
    Walked(Box<Walked>),
    /// What an index keeps of an item.
    Kept(Box<Kept>),
    /// Something was measured of indexes; `first` before all that belongs to it.
    Swept { first: bool, point: Measurement },
    /// How kept indexes do on the present vectors.
    Aged(Aged),
    /// The request could not be done; everything stands as before.
    Refused(Message),
    /// The worker's code panicked: its last words. The page starts another.
    Died { words: String },
}

/// The content of a file, which travels in one piece.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Piece;

        impl Visitor<'_> for Piece {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Piece)
    }
}

/// Everything the page has to know when a run begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Applied {
    /// The recipe with every default filled in.
    pub recipe: Recipe,
    /// Unknown or adjusted settings, each with its sentence.
    pub notices: Vec<Message>,
    /// What is to be said of its choices.
    pub advice: Advice,
    /// The data.
    pub dataset: DatasetInfo,
    /// Names and groups for the pictures; absent when the data are those of the run before.
    pub scenery: Option<Scenery>,
    /// Where the run is.
    pub state: RunState,
}

/// What is to be said of the choices of a recipe, beside the controls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// Choices that do not go with the rest of it.
    pub blocked: Vec<Blocked>,
    /// What its choices come to where that is not plain to see.
    pub remarks: Vec<Remark>,
}

/// A word about a section of a recipe as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    /// Section of the recipe.
    pub section: String,
    /// The word.
    pub what: Message,
}

/// A kind that cannot be chosen now, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// Section of the recipe.
    pub section: String,
    /// Kind in that section.
    pub kind: String,
    /// The reason.
    pub why: Message,
}

/// What can be chosen: the sections of a recipe in order, the kinds of each, the knobs of each kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// In the order of the pipeline.
    pub sections: Vec<SectionInfo>,
    /// Ways of learning that can be chosen as a whole.
    #[serde(default)]
    pub presets: Vec<Preset>,
}

/// A paper's way of learning: model, negatives, loss and rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Its key: `cbns` …
    pub key: String,
    /// The paper.
    pub source: String,
    /// What it sets; data, split and seed are the reader's.
    pub recipe: Recipe,
}

/// One section of the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectionInfo {
    /// Its key: `data`, `split`, `model` …
    pub key: String,
    /// The kind of a recipe that names none.
    pub default: String,
    /// Its kinds; a section without kinds (`train`) has one whose `kind` is empty.
    pub kinds: Vec<KindInfo>,
}

/// One kind of a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindInfo {
    /// Its word in the recipe.
    pub kind: String,
    /// Where it comes from: "Yi et al., RecSys 2019"; empty where it is ours or common knowledge.
    pub source: String,
    /// A model that reads what users type.
    #[serde(default)]
    pub queries: bool,
    /// Its settings.
    pub knobs: Vec<Knob>,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No run yet.
    #[default]
    Empty,
    /// Reading data.
    Loading,
    /// At rest.
    Paused,
    /// Making steps.
    Training,
    /// Judging the model between steps.
    Evaluating,
    /// The stop rule holds.
    Finished,
    /// The loss is no longer a number; `error` says so.
    Failed,
}

/// Metrics by name, as `recall@20`.
pub type Metrics = ByName<f64>;

/// Where a run is. This is what `window.playground.state()` gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// What it is doing.
    pub status: Status,
    /// Steps made.
    pub step: u64,
    /// Passes over the training examples made, whole and begun ones: 0 before the first step.
    pub epoch: u64,
    /// Steps of one pass.
    pub steps_per_epoch: u64,
    /// Step at which the stop rule ends the run.
    pub last_step: u64,
    /// Mean loss of the last batch.
    pub loss: Option<f32>,
    /// Metrics of the last evaluation.
    pub metrics: Metrics,
    /// Of all parameters at this step, 16 hexadecimal digits; absent while it trains.
    pub checksum: Option<String>,
    /// Numbers the model learns.
    pub parameters: u64,
    /// Steps a second, measured by the shell over the last second of training.
    pub steps_per_second: Option<f32>,
    /// What it can go back to.
    #[serde(default)]
    pub keyframes: Keyframes,
    /// The data.
    pub dataset: DatasetInfo,
    /// What went wrong with this run.
    pub error: Option<Message>,
}

/// Earlier states that are kept, from which any step before is quickly made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyframes {
    /// How many.
    pub states: u32,
    /// Bytes of all.
    pub bytes: u32,
    /// Bytes they may have.
    pub room: u32,
}

/// An evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Steps made.
    pub step: u64,
    /// Passes made.
    pub epoch: u64,
    /// On which held-out events: `valid` or `test`.
    pub on: String,
    /// The metrics.
    pub metrics: Metrics,
    /// Users judged by their lists; 0 where rows are.
    pub users: u32,
    /// Rows judged one by one.
    pub rows: u32,
    /// Of ten classes of these rows, by rising chance: mean chance of a click, and share of clicks.
    pub calibration: Vec<[f32; 2]>,
}
