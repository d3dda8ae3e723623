//! How well the weights of edges find the false ones.

use crate::engine::inside::Edges;
use crate::engine::order;

/// False edges, and those of them that are found where as many of each user's weakest edges are suspected as the user has
/// false ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Suspects {
    /// False edges of all users: as many are suspected.
    pub suspected: u32,
    /// Those of the suspected that are false.
    pub found: u32,
    /// How many would be on average if chance suspected.
    pub by_chance: f64,
}

impl Suspects {
    /// Of `edges`, by who is `false`: one answer for each edge.
    #[must_use]
    pub fn of(edges: &Edges, is_false: &[bool]) -> Self {
        let mut all = Self::default();
        let mut first = 0;
        for run in edges.users.chunk_by(|a, b| a == b) {
            let range = first..first + run.len();
            first = range.end;
            let n = range.clone().filter(|edge| is_false[*edge]).count();
            let weakest = weakest(&edges.weights[range.clone()]);
            let suspected = weakest.into_iter().take(n);
            all.suspected += n as u32;
            all.found += suspected
                .filter(|place| is_false[range.start + *place as usize])
                .count() as u32;
            all.by_chance += (n * n) as f64 / run.len() as f64;
        }
        all
    }
}

/// The places of weights, the smallest first and the first of equals.
#[must_use]
pub fn weakest(weights: &[f32]) -> Vec<u32> {
    order::places(weights.len(), &mut |a, b| {
        weights[a].total_cmp(&weights[b]).then(a.cmp(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_suspected_of_each_user_as_there_are_false_ones() {
        let edges = Edges {
            users: vec![0, 0, 0, 0, 2, 2, 3],
            items: vec![0, 1, 2, 3, 0, 1, 2],
            weights: vec![0.5, -0.1, 0.2, 0.4, 0.6, 0.4, 1.0],
            modalities: Vec::new(),
        };
        let is_false = [false, true, false, true, true, false, false];
        // Of user 0 edges 1 and 2 are suspected, of user 2 edge 5, of user 3 none.
        let found = Suspects::of(&edges, &is_false);
        assert_eq!((found.suspected, found.found), (3, 1));
        assert!((found.by_chance - (4.0 / 4.0 + 1.0 / 2.0)).abs() < 1e-12);
    }
}
