//! Users and items as the two sides of a graph: who chose what in training.

use crate::engine::data::{World, training_items};
use crate::engine::order;

/// The edges, once sorted by the users that hear from items, once by the items that hear from users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub n_users: usize,
    pub n_items: usize,
    pub to_users: Heard,
    pub to_items: Heard,
}

/// Edges by their receivers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The receiver of each edge, ascending.
    pub to: Vec<u32>,
    /// Its sender; ascending for each receiver.
    pub from: Vec<u32>,
}

impl Graph {
    /// Of the training events of `world`; who chose an item twice has one edge to it.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let log = &world.dataset.log;
        let mut pairs = Vec::new();
        for user in log.users() {
            let chosen = training_items(log, &world.split, user);
            pairs.extend(chosen.iter().map(|item| (user.0, item.0)));
        }
        Self::build(world.dataset.users.len(), world.dataset.items.len(), &pairs)
    }

    /// Of pairs of a user and an item.
    #[must_use]
    pub fn build(n_users: usize, n_items: usize, pairs: &[(u32, u32)]) -> Self {
        let heard = |n: usize, end: fn(&(u32, u32)) -> (u32, u32)| {
            let mut of_receiver: Vec<Vec<u32>> = vec![Vec::new(); n];
            for (to, from) in pairs.iter().map(end) {
                of_receiver[to as usize].push(from);
            }
            let mut heard = Heard::default();
            for (to, mut from) in (0..).zip(of_receiver) {
                order::ascend(&mut from);
                from.dedup();
                heard.to.extend(std::iter::repeat_n(to, from.len()));
                heard.from.extend(from);
            }
            heard
        };
        Self {
            n_users,
            n_items,
            to_users: heard(n_users, |&(user, item)| (user, item)),
            to_items: heard(n_items, |&(user, item)| (item, user)),
        }
    }

    /// `1 / √(degree of both ends)` of each edge in the order of `to_users` and of `to_items` (LightGCN).
    #[must_use]
    pub fn normalised(&self) -> [Vec<f32>; 2] {
        let degrees = |heard: &Heard, n: usize| {
            let mut degrees = vec![0.0_f32; n];
            heard.to.iter().for_each(|&to| degrees[to as usize] += 1.0);
            degrees
        };
        let [users, items] = [
            degrees(&self.to_users, self.n_users),
            degrees(&self.to_items, self.n_items),
        ];
        let weights = |heard: &Heard, to: &[f32], from: &[f32]| -> Vec<f32> {
            let ends = heard.to.iter().zip(&heard.from);
            ends.map(|(a, b)| 1.0 / (to[*a as usize] * from[*b as usize]).sqrt())
                .collect()
        };
        [
            weights(&self.to_users, &users, &items),
            weights(&self.to_items, &items, &users),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_hold_every_pair_once() {
        let graph = Graph::build(3, 4, &[(0, 2), (2, 1), (0, 1), (0, 2)]);
        assert_eq!(
            (&graph.to_users.to[..], &graph.to_users.from[..]),
            (&[0, 0, 2][..], &[1, 2, 1][..])
        );
        assert_eq!(
            (&graph.to_items.to[..], &graph.to_items.from[..]),
            (&[1, 1, 2][..], &[0, 2, 0][..])
        );
        let [to_users, _] = graph.normalised();
        // The first user has two edges, the item 1 has two.
        assert_eq!(to_users, [0.5, 1.0 / 2.0_f32.sqrt(), 1.0 / 2.0_f32.sqrt()]);
    }
}
