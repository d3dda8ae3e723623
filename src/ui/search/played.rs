//! A search as it stands after some of its steps.

use crate::protocol::{Stride, Walked};

/// Where a search is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// Cells opened so far, the present one last.
    pub opened: Vec<u32>,
    /// Cells that will be opened, nearest first.
    pub ahead: Vec<u32>,
    /// Items compared so far, as far as they are named.
    pub met: Vec<u32>,
    /// Items whose neighbours were met, in the order of the walk.
    pub path: Vec<u32>,
    /// The best so far, best first.
    pub best: Vec<(u32, f32)>,
    /// Items compared so far.
    pub compared: u64,
}

impl Played {
    /// After the first `last + 1` steps of `walked`.
    pub fn at(walked: &Walked, last: usize) -> Self {
        let mut played = Self::default();
        for stride in walked.steps.iter().take(last + 1) {
            played.take(stride, walked.k as usize);
        }
        played
    }

    fn take(&mut self, stride: &Stride, k: usize) {
        match stride {
            Stride::Cells { ranked, opened, .. } => {
                self.ahead = ranked.iter().take(*opened as usize).map(|(cell, _)| *cell).collect();
            }
            Stride::Cell { cell, rows } => {
                self.ahead.retain(|other| other != cell);
                self.opened.push(*cell);
                self.compared += u64::from(*rows);
            }
            Stride::Kept { items, out } => {
                self.best.retain(|(item, _)| Some(*item) != *out);
                items.iter().for_each(|item| self.keep(*item, usize::MAX));
            }
            Stride::Refined { .. } => self.best.clear(),
            Stride::Descended { from, to, score, .. } => {
                if self.path.is_empty() {
                    self.path.push(*from);
                }
                self.path.push(*to);
                self.best.clear();
                self.keep((*to, *score), k);
            }
            Stride::Expanded { item, score, met } => {
                self.path.push(*item);
                self.compared += met.len() as u64;
                if !self.best.iter().any(|(other, _)| other == item) {
                    self.keep((*item, *score), k);
                }
                for pair in met {
                    self.met.push(pair.0);
                    self.keep(*pair, k);
                }
            }
            Stride::Table { .. } | Stride::Stopped { .. } => {}
        }
    }

    /// Puts an item where its score belongs, among `most` at most.
    fn keep(&mut self, (item, score): (u32, f32), most: usize) {
        let place = self.best.partition_point(|(_, other)| *other >= score);
        self.best.insert(place, (item, score));
        self.best.truncate(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_open_one_by_one_and_the_best_change_places() {
        let walked = Walked {
            k: 2,
            steps: vec![
                Stride::Cells {
                    ranked: vec![(4, -1.0), (2, -2.0), (9, -3.0)],
                    opened: 2,
                    count: 3,
                },
                Stride::Cell { cell: 4, rows: 10 },
                Stride::Kept {
                    items: vec![(7, 1.0), (5, 3.0)],
                    out: None,
                },
                Stride::Cell { cell: 2, rows: 6 },
                Stride::Kept {
                    items: vec![(8, 2.0)],
                    out: Some(7),
                },
            ],
            ..Walked::default()
        };
        let start = Played::at(&walked, 0);
        assert_eq!((start.ahead, start.opened.len()), (vec![4, 2], 0));
        let middle = Played::at(&walked, 2);
        assert_eq!((middle.ahead, middle.opened), (vec![2], vec![4]));
        assert_eq!((middle.best, middle.compared), (vec![(5, 3.0), (7, 1.0)], 10));
        let end = Played::at(&walked, 4);
        assert_eq!((end.best, end.compared), (vec![(5, 3.0), (8, 2.0)], 16));
        assert_eq!(Played::at(&walked, 99), Played::at(&walked, 4));
    }

    #[test]
    fn a_walk_remembers_its_path_and_no_more_than_k() {
        let walked = Walked {
            k: 2,
            steps: vec![
                Stride::Descended {
                    layer: 1,
                    from: 3,
                    to: 6,
                    score: 0.1,
                },
                Stride::Expanded {
                    item: 6,
                    score: 0.1,
                    met: vec![(1, 0.4), (2, 0.2)],
                },
                Stride::Expanded {
                    item: 1,
                    score: 0.4,
                    met: vec![(9, 0.3)],
                },
            ],
            ..Walked::default()
        };
        let end = Played::at(&walked, 2);
        assert_eq!(end.path, [3, 6, 6, 1]);
        assert_eq!(end.best, [(1, 0.4), (9, 0.3)]);
        assert_eq!((end.met, end.compared), (vec![1, 2, 9], 3));
    }
}
