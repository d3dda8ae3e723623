//! Names and groups of users and items, for every picture of a data set.

use crate::engine::data::{Column, Dataset, World};
use crate::protocol::Scenery;

/// The scenery of `world`.
#[must_use]
pub fn scenery(world: &World) -> Scenery {
    let dataset: &Dataset = &world.dataset;
    let (groups, item_groups) = groups(dataset);
    Scenery {
        item_titles: (0..dataset.items.len())
            .map(|row| dataset.items.label(row).to_owned())
            .collect(),
        item_groups,
        groups,
        item_counts: world.counts.clone(),
        user_labels: (0..dataset.users.len())
            .map(|row| dataset.users.label(row).to_owned())
            .collect(),
    }
}

/// Names of the groups and the group of each item: the field the data set names, if it is one word an item.
fn groups(dataset: &Dataset) -> (Vec<String>, Vec<u16>) {
    let field = dataset.group_field.as_ref().and_then(|name| dataset.items.field(name));
    match field.map(|field| &field.column) {
        Some(Column::Category { words, ids }) => (words.clone(), ids.iter().map(|&id| id as u16).collect()),
        _ => (Vec::new(), Vec::new()),
    }
}
