//! Data: who chose what and when, and what is known of users and items.

pub mod batch;
mod checksum;
pub mod clicks;
mod interner;
mod kinds;
pub mod log;
mod made_queries;
mod passes;
pub mod planted;
mod planted_clicks;
mod queries;
pub mod readers;
pub mod split;
pub mod table;
mod words;
mod world;

use std::rc::Rc;

use bytemuck::TransparentWrapper;

use super::matrix::Matrix;

pub use batch::{Batch, Batches};
pub use clicks::{ClickRows, Clicks, ClicksConfig, Part};
pub(crate) use interner::Interner;
pub use kinds::{
    DATA_KINDS, DataKind, SPLITS, SplitKind, file_format, format_settings, planted_clicks_config, planted_config,
};
pub use log::{Interaction, Log, UserEvents};
pub use passes::Passes;
pub use planted::{Interest, PlantedConfig, Truth, planted};
pub use planted_clicks::{PlantedClicks, planted_clicks};
pub use queries::{Queries, QueryLog};
pub use split::{Case, Split, SplitConfig, popularity, training_items};
pub use table::{Column, Field, Table};
pub use words::{small, words};
pub use world::World;

/// A user, numbered from 0 in the order of the outside ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TransparentWrapper)]
#[repr(transparent)]
pub struct UserId(pub u32);

/// An item, numbered from 0 in the order of the outside ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TransparentWrapper)]
#[repr(transparent)]
pub struct ItemId(pub u32);

impl UserId {
    /// User ids as the plain numbers that networks look up.
    #[must_use]
    pub fn numbers(ids: &[Self]) -> &[u32] {
        Self::peel_slice(ids)
    }

    /// As an index into per-user arrays.
    #[must_use]
    pub const fn idx(self) -> usize {
        self.0 as usize
    }
}

impl ItemId {
    /// Item ids as the plain numbers that networks look up.
    #[must_use]
    pub fn numbers(ids: &[Self]) -> &[u32] {
        Self::peel_slice(ids)
    }

    /// As an index into per-item arrays.
    #[must_use]
    pub const fn idx(self) -> usize {
        self.0 as usize
    }
}

/// Everything known from outside about one set of users and items, or of rows. The planted world's truth is not in here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Name for people.
    pub name: String,
    /// One row for each user.
    pub users: Table,
    /// One row for each item.
    pub items: Table,
    /// The events by user, oldest first.
    pub log: Log,
    /// Whether the events' times are real seconds; otherwise they are mere order.
    pub timed: bool,
    /// Name of the item field that pictures colour by.
    pub group_field: Option<String>,
    /// What was shown, clicked or not; empty where unknown.
    pub impressions: Vec<Impression>,
    /// Rows of features with a click or none; data of such rows know no users, items and events.
    pub rows: ClickRows,
    /// Vectors of the items, of data that are nothing but vectors.
    pub vectors: Option<Rc<Matrix>>,
    /// The query behind each event; empty where there are none.
    pub queries: Queries,
    /// What the reader left out or changed, for the page.
    pub notices: Vec<crate::text::Message>,
}

impl Dataset {
    /// Names of the items' groups, and the group of each: the field that pictures colour by, if it is one word an
    /// item.
    #[must_use]
    pub fn groups(&self) -> Option<(&[String], &[u32])> {
        let field = self.items.field(self.group_field.as_ref()?)?;
        match &field.column {
            Column::Category { words, ids } => Some((words, ids)),
            _ => None,
        }
    }
}

/// An item shown to a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impression {
    /// To whom.
    pub user: UserId,
    /// What.
    pub item: ItemId,
    /// When.
    pub time: i64,
    /// Clicked or not.
    pub clicked: bool,
}
