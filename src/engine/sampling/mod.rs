//! Which items a user is compared with in a step, where each comes from, and how likely it was to be drawn.
//!
//! A sampler describes a step's negatives as [`Block`]s of columns. The chain that scores them
//! ([`objective`](super::train)) does the same for all: vectors, scores, hardest ones, mixtures, and then the loss.

mod cross_batch;
mod easy;
mod frequency;
mod hard_offline;
mod hard_online;
mod impressions;
mod in_batch;
mod interpolated;
mod mask;
mod mixed;
mod popularity;
mod uniform;

#[cfg(test)]
mod trial;

use crate::by_name::ByName;
use crate::settings::{Knob, Settings};
use crate::text::{Message, Result};

use super::data::{Batch, ItemId, World};
use super::nn::{Pen, Unfit};
use super::rng::Rng;

pub use cross_batch::Bank;

/// Where a block's items come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The positives of the batch; they are encoded already.
    #[default]
    Batch,
    /// Drawn from the catalogue, for all rows alike.
    Catalogue,
    /// Drawn from the catalogue for each row.
    Each,
    /// A memory bank of positives of earlier batches, for all rows alike.
    Bank,
    /// Shown to the row's user and not clicked; each row has its own.
    Impressions,
    /// Mined from what an earlier state of the model ranks high; each row has its own.
    Mined,
}

impl Source {
    /// Whether each row has items of its own, rather than all rows the same.
    #[must_use]
    pub const fn own(self) -> bool {
        matches!(self, Self::Each | Self::Impressions | Self::Mined)
    }

    /// Its word, for the page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Catalogue | Self::Each => "catalogue",
            Self::Bank => "bank",
            Self::Impressions => "impressions",
            Self::Mined => "mined",
        }
    }
}

/// How a block's items become vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vectors {
    /// Encoded in this step; they learn.
    #[default]
    Encoded,
    /// Encoded in this step, as constants.
    Constant,
    /// As the sampler's [`Bank`] keeps them: constants.
    Stored,
}

/// Columns of negatives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Where its items come from.
    pub source: Source,
    /// How they become vectors.
    pub vectors: Vectors,
    /// Item of each column, `[C]`; where each row has its own, `[B · C]` row after row.
    pub items: Vec<u32>,
    /// `log Q` of each of `items`: of how often it is drawn; 0 where the sampler has nothing to correct.
    pub log_q: Vec<f32>,
    /// Pairs of row and column that must not count.
    pub masked: Vec<(u32, u32)>,
    /// How many of a row's highest scores count; all if absent.
    pub hardest: Option<usize>,
}

/// Negatives made between the positive and the hardest columns of the first block (Li et al., KDD 2021, section 3.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// N.
    pub hardest: usize,
    /// Share α of the positive in each, `[B · N]`.
    pub alpha: Vec<f32>,
    /// Whether the mixture is constant for the items it is made of.
    pub stop_gradient: bool,
}

/// What a batch is compared with in one step, beside its own positives.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// `log Q` of each row's positive, `[B]`.
    pub positive_log_q: Vec<f32>,
    /// Negatives made of others.
    pub mix: Option<Mix>,
    blocks: Vec<Block>,
    /// Blocks in use; those behind keep their memory.
    used: usize,
}

impl Candidates {
    /// The blocks of negatives.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks[..self.used]
    }

    /// Candidates of these blocks, for tests of what scores them.
    #[cfg(test)]
    pub fn of(positive_log_q: Vec<f32>, blocks: Vec<Block>, mix: Option<Mix>) -> Self {
        Self {
            positive_log_q,
            mix,
            used: blocks.len(),
            blocks,
        }
    }

    /// Forgets everything, for `rows` rows whose positives have nothing to correct.
    fn begin(&mut self, rows: usize) {
        self.used = 0;
        self.positive_log_q.clear();
        self.positive_log_q.resize(rows, 0.0);
    }

    /// A new empty block.
    fn block(&mut self, source: Source) -> &mut Block {
        if self.used == self.blocks.len() {
            self.blocks.push(Block::default());
        }
        self.used += 1;
        let block = &mut self.blocks[self.used - 1];
        block.source = source;
        block.vectors = Vectors::Encoded;
        block.items.clear();
        block.log_q.clear();
        block.masked.clear();
        block.hardest = None;
        block
    }
}

/// What a sampler may look at.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The batch.
    pub batch: &'a Batch,
    /// Share of the planned steps that is done, from 0 to 1.
    pub progress: f32,
    /// How far item vectors moved lately, as a share of their length, over ten steps; absent before it was measured.
    pub drift: Option<f32>,
    /// What was mined for the rows of the batch, where the sampler asked for it: see [`Sampler::mining`].
    pub mined: &'a Mined,
}

/// Items that a past state of the model ranks in a band, for each row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mined {
    /// Row b has `items[offsets[b]..offsets[b + 1]]`.
    pub offsets: Vec<u32>,
    /// Hardest first.
    pub items: Vec<u32>,
}

/// Which ranks are mined, and how often from a new state of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mining {
    /// First rank of the band, from 1; known positives have no rank.
    pub rank_lo: usize,
    /// Last rank of the band.
    pub rank_hi: usize,
    /// Epochs between two states.
    pub every_epochs: u64,
}

/// A source of negatives.
pub trait Sampler {
    /// Fills `out` with what the batch is compared with.
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates);

    /// Takes note of the positives of the batch that was learnt from, and of their vectors `[B, d]` as they were
    /// scored, before the parameters moved.
    fn observe(&mut self, _positives: &[ItemId], _vectors: &[f32]) {}

    /// The vectors of blocks that are [`Vectors::Stored`].
    fn bank(&self) -> Option<&Bank> {
        None
    }

    /// What it wants mined before each draw.
    fn mining(&self) -> Option<Mining> {
        None
    }

    /// What it remembers, for `pen`.
    ///
    /// # Errors
    /// If `pen` reads what another sampler remembers.
    fn pass(&mut self, _pen: &mut Pen) -> Result<(), Unfit> {
        Ok(())
    }

    /// A copy, with everything it remembers.
    fn copy(&self) -> Box<dyn Sampler>;
}

/// An entry of the table of samplers.
pub struct SamplerKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Whether it needs to know what was shown and not clicked.
    pub impressions: bool,
    /// Whether it knows how likely each of its draws is: otherwise logQ has nothing to correct.
    pub logq: bool,
    /// Whether a batch of one row has no negatives.
    pub rows: bool,
    /// Whether rows are compared with each other's positives.
    pub batch: bool,
    /// Whether its negatives lie between items.
    pub mixes: bool,
    /// Makes it.
    ///
    /// # Errors
    /// If two of its settings do not fit each other or the data.
    pub build: fn(&Settings, &World) -> Result<Box<dyn Sampler>>,
}

/// All samplers, in alphabetical order.
pub const SAMPLERS: &[SamplerKind] = &[
    cross_batch::KIND,
    hard_offline::KIND,
    hard_online::KIND,
    impressions::KIND,
    in_batch::KIND,
    interpolated::KIND,
    mixed::KIND,
    popularity::KIND,
    uniform::KIND,
];

/// The sampler `kind` at its defaults.
///
/// # Errors
/// If `world` has not what it needs.
///
/// # Panics
/// If there is no such sampler.
pub fn by_default(kind: &str, world: &World) -> Result<Box<dyn Sampler>> {
    let found = SAMPLERS.iter().find(|sampler| sampler.kind == kind);
    let kind = found.expect("a sampler of the table");
    let settings = Settings::check("sampler", &(kind.knobs)(), &ByName::new()).map_err(Message::join)?;
    (kind.build)(&settings, world)
}
