//! A run as a file: its recipe, where it stands, and what it has learnt.
//!
//! ```text
//! "RPRN" · version u32 · recipe · step u64 · checksum of the parameters u64 · state · checksum u64
//! ```
//!
//! A list is its length as u64 and what is in it; the recipe is the text of a link. The state is empty where it cannot
//! be written: then the steps are made again. The last checksum is FNV-1a over all before it.

use crate::engine::fnv::Fnv;
use crate::engine::nn::{Pen, Unfit};
use crate::protocol::{Bytes, Event, NamedFile, Recipe, link};
use crate::text::{Message, Result};

use super::run::Run;

const MAGIC: [u8; 4] = *b"RPRN";
const VERSION: u32 = 1;

/// What stands in such a file.
#[derive(Default)]
pub struct SavedRun {
    pub recipe: Recipe,
    pub step: u64,
    /// Of the parameters.
    pub checksum: u64,
    /// What [`super::Saved::pass`] wrote; empty if that cannot be.
    pub state: Vec<u8>,
}

/// Whether a file is a run.
pub fn is_run(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

impl SavedRun {
    /// As it stands.
    pub fn of(run: &Run) -> Self {
        let mut pen = Pen::Write(Vec::new());
        let state = match (run.save().pass(&mut pen), pen) {
            (Ok(()), Pen::Write(state)) => state,
            _ => Vec::new(),
        };
        Self {
            recipe: run.plan.recipe.clone(),
            step: run.trainer.steps(),
            checksum: run.trainer.checksum(),
            state,
        }
    }

    /// What the page is told of it.
    pub fn told(self) -> Event {
        let mut pairs = link::of_recipe(&self.recipe);
        let sum = format!("{:016x}", self.checksum);
        pairs.extend([("step", self.step.to_string()), ("sum", sum)].map(|(key, value)| (key.to_owned(), value)));
        Event::Saved {
            address: link::text(&pairs),
            whole: !self.state.is_empty(),
            run: Bytes(self.write()),
        }
    }

    /// The file.
    fn write(mut self) -> Vec<u8> {
        let mut pen = Pen::Write(Vec::new());
        let whole = self.pass(&mut pen);
        let Pen::Write(mut bytes) = pen else { return Vec::new() };
        debug_assert_eq!(whole, Ok(()), "what is written fits");
        let sum = Fnv::of(&bytes).finish();
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// What stands in `file`.
    ///
    /// # Errors
    /// If it is of another version, or damaged.
    pub fn read(file: &NamedFile) -> Result<Self> {
        let refusal = |key| Message::new(key).with("file", &file.name);
        let version = file.bytes.strip_prefix(&MAGIC).and_then(|rest| rest.first_chunk());
        let version = version.map(|bytes| u32::from_le_bytes(*bytes));
        if let Some(found) = version.filter(|found| *found != VERSION) {
            return Err(refusal("run.file_version").with("found", found).with("known", VERSION));
        }
        let mut saved = Self::default();
        let whole = file.bytes.split_last_chunk().filter(|(body, sum)| {
            let mut pen = Pen::Read(body);
            Fnv::of(body).finish() == u64::from_le_bytes(**sum)
                && saved.pass(&mut pen).is_ok()
                && matches!(pen, Pen::Read([]))
        });
        whole.map(|_| saved).ok_or_else(|| refusal("run.file_damaged"))
    }

    fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        let mut head = (MAGIC, VERSION);
        pen.one(&mut head.0)?;
        pen.one(&mut head.1)?;
        let mut recipe = link::text(&link::of_recipe(&self.recipe)).into_bytes();
        pen.list(&mut recipe)?;
        let recipe = String::from_utf8_lossy(&recipe);
        self.recipe = link::to_recipe(link::pairs(&recipe)).0;
        pen.one(&mut self.step)?;
        pen.one(&mut self.checksum)?;
        pen.list(&mut self.state)
    }
}
