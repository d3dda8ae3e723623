//! Names and looks of items, users and groups.

use super::glyph::{self, Glyph};
use super::words::say;
use crate::protocol::Scenery;
use crate::text::Message;

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
    /// Names that are mere numbers say of what.
    pub fn new(mut scenery: Scenery) -> Self {
        name_numbers(&mut scenery.item_titles, "page.names.item");
        name_numbers(&mut scenery.user_labels, "page.names.user");
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

fn name_numbers(names: &mut [String], key: &'static str) {
    for name in names {
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            *name = say(&Message::new(key).with("number", &name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_a_number_says_of_what_and_others_stay() {
        let names = Names::new(Scenery {
            item_titles: vec!["171".to_owned(), "1984 (1956)".to_owned()],
            user_labels: vec!["1".to_owned()],
            ..Scenery::default()
        });
        assert_eq!(
            [names.title(0), names.title(1), names.label(0)],
            ["item 171", "1984 (1956)", "user 1"]
        );
    }

    #[test]
    fn what_is_out_of_range_has_no_name_and_no_group() {
        let names = Names::new(Scenery::default());
        assert_eq!((names.title(7), names.group_name(7), names.count(7)), ("", None, 0));
    }
}
