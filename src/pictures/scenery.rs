//! Names and groups of users and items, for every picture of a data set.

use crate::engine::data::{Dataset, Interest, Truth, World};
use crate::engine::order;
use crate::protocol::{PlantedTruth, Scenery};

/// The scenery of `world`, with what is true of it where that is known.
#[must_use]
pub fn scenery(world: &World, truth: Option<&Truth>) -> Scenery {
    let dataset: &Dataset = &world.dataset;
    let (groups, item_groups) = dataset.groups().unwrap_or_default();
    Scenery {
        item_titles: (0..dataset.items.len())
            .map(|row| dataset.items.label(row).to_owned())
            .collect(),
        item_groups: item_groups.iter().map(|&group| group as u16).collect(),
        groups: groups.to_vec(),
        item_counts: world.counts.clone(),
        user_labels: (0..dataset.users.len())
            .map(|row| dataset.users.label(row).to_owned())
            .collect(),
        truth: truth.map(planted_truth),
    }
}

fn planted_truth(truth: &Truth) -> PlantedTruth {
    let of_user = |interests: &Vec<Interest>| {
        let weight = |place: usize| interests[place].weight(1.0);
        let heaviest = order::places(interests.len(), &mut |a, b| weight(b).total_cmp(&weight(a)));
        let interest = |place: u32| (interests[place as usize].topic as u16, weight(place as usize));
        heaviest.into_iter().map(interest).collect()
    };
    PlantedTruth {
        topics: truth.topics.iter().map(|topic| topic.name.to_owned()).collect(),
        item_topics: truth.item_topics.iter().map(|&topic| topic as u16).collect(),
        interests: truth.interests.iter().map(of_user).collect(),
    }
}
