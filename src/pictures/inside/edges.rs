//! The edges of a user, the weakest first.

use crate::engine::data::{ItemId, Truth, UserId, World};
use crate::engine::inside::Edges;
use crate::engine::metrics::{Suspects, weakest};
use crate::protocol::{EdgePicture, EdgesPicture, SuspectsPicture};

/// The picture of the edges of `user`.
pub fn picture(edges: &Edges, world: &World, truth: Option<&Truth>, user: u32) -> EdgesPicture {
    let first = edges.users.partition_point(|other| *other < user);
    let end = edges.users.partition_point(|other| *other <= user);
    let even = (end - first) as f32;
    let is_false = |edge: usize| {
        truth.is_some_and(|truth| truth.falsely(world, UserId(edges.users[edge]), ItemId(edges.items[edge])))
    };
    let suspects = truth.map(|_| {
        let all: Vec<bool> = (0..edges.users.len()).map(is_false).collect();
        let found = Suspects::of(edges, &all);
        SuspectsPicture {
            suspected: found.suspected,
            found: found.found,
            by_chance: found.by_chance as f32,
        }
    });
    let listed = weakest(&edges.weights[first..end]).into_iter().map(|place| {
        let edge = first + place as usize;
        EdgePicture {
            item: edges.items[edge],
            weight: edges.weights[edge] * even,
            by_modality: edges
                .modalities
                .iter()
                .map(|(_, weights)| weights[edge] * even)
                .collect(),
            is_false: is_false(edge),
        }
    });
    EdgesPicture {
        edges: listed.collect(),
        modalities: edges.modalities.iter().map(|(name, _)| name.clone()).collect(),
        suspects,
    }
}
