//! Names and looks of items, users and groups.

use super::glyph::{self, Glyph};
use crate::protocol::Scenery;

/// What the worker told once for the data, and the look of each group. Numbers out of range have no name and the
/// look of an item without group.
#[derive(Debug, Default)]
pub struct Names {
    pub scenery: Scenery,
    pub glyphs: Vec<Glyph>,
    /// How often the most frequent item was chosen, 1 at least.
    pub most: u32,
}

impl Names {
    pub fn new(scenery: Scenery) -> Self {
        let glyphs = glyph::assign(&scenery.item_groups, scenery.groups.len());
        let most = scenery.item_counts.iter().copied().max().unwrap_or(1).max(1);
        Self { scenery, glyphs, most }
    }

    /// The title of an item.
    pub fn title(&self, item: u32) -> &str {
        self.scenery.item_titles.get(item as usize).map_or("", String::as_str)
    }

    /// The label of a user.
    pub fn label(&self, user: u32) -> &str {
        self.scenery.user_labels.get(user as usize).map_or("", String::as_str)
    }

    /// How often an item was chosen in training.
    pub fn count(&self, item: u32) -> u32 {
        self.scenery.item_counts.get(item as usize).copied().unwrap_or(0)
    }

    /// The group of an item.
    pub fn group(&self, item: u32) -> Option<u16> {
        self.scenery.item_groups.get(item as usize).copied()
    }

    /// The name of an item's group.
    pub fn group_name(&self, item: u32) -> Option<&str> {
        self.scenery
            .groups
            .get(usize::from(self.group(item)?))
            .map(String::as_str)
    }

    /// The look of an item.
    pub fn glyph(&self, item: u32) -> Glyph {
        self.group(item)
            .map_or(glyph::OTHER, |group| self.glyph_of_group(group))
    }

    /// The look of a group.
    pub fn glyph_of_group(&self, group: u16) -> Glyph {
        self.glyphs.get(usize::from(group)).copied().unwrap_or(glyph::OTHER)
    }
}
