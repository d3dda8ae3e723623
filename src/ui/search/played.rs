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
    /// A walk is in the upper layers.
    above: bool,
}

impl Played {
    /// After the first `last + 1` steps of `walked`.
    pub fn at(walked: &Walked, last: usize) -> Self {
        let mut played = Self::default();
        for stride in walked.steps.iter().take(last + 1) {
            played.take(stride);
        }
        played
    }

    fn take(&mut self, stride: &Stride) {
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
                self.arrive();
                self.best.retain(|(item, _)| Some(*item) != *out);
                items.iter().for_each(|item| self.keep(*item));
            }
            Stride::Refined { .. } => self.best.clear(),
            Stride::Descended {
                from,
                to,
                score,
                compared,
                ..
            } => {
                self.enter(*from);
                self.compared += u64::from(*compared);
                if to != from {
                    self.path.push(*to);
                }
                self.best = vec![(*to, *score)];
                self.above = true;
            }
            Stride::Expanded { item, met } => {
                self.arrive();
                self.enter(*item);
                if self.path.last() != Some(item) {
                    self.path.push(*item);
                }
                self.compared += met.len() as u64;
                self.met.extend(met);
            }
            Stride::Table { .. } | Stride::Stopped { .. } => {}
        }
    }

    /// A walk begins at an item, which is compared first.
    fn enter(&mut self, item: u32) {
        if self.path.is_empty() {
            self.path.push(item);
            self.compared += 1;
        }
    }

    /// On the lowest layer the best are gathered anew: the item that a walk comes down to may be one that must not be found.
    fn arrive(&mut self) {
        if std::mem::take(&mut self.above) {
            self.best.clear();
        }
    }

    /// Puts an item where its score belongs.
    fn keep(&mut self, (item, score): (u32, f32)) {
        let place = self.best.partition_point(|(_, other)| *other >= score);
        self.best.insert(place, (item, score));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_open_one_by_one_and_the_best_change_places() {
        let walked = Walked {
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
    fn a_walk_remembers_its_path_and_names_each_item_once() {
        let walked = Walked {
            steps: vec![
                Stride::Descended {
                    layer: 1,
                    from: 3,
                    to: 6,
                    score: 0.1,
                    compared: 4,
                },
                Stride::Descended {
                    layer: 1,
                    from: 6,
                    to: 6,
                    score: 0.1,
                    compared: 2,
                },
                Stride::Kept {
                    items: vec![(6, 0.1)],
                    out: None,
                },
                Stride::Expanded {
                    item: 6,
                    met: vec![1, 2],
                },
                Stride::Kept {
                    items: vec![(1, 0.4)],
                    out: None,
                },
                Stride::Kept {
                    items: vec![(2, 0.2)],
                    out: Some(6),
                },
                Stride::Expanded { item: 1, met: vec![9] },
                Stride::Kept {
                    items: vec![(9, 0.3)],
                    out: Some(2),
                },
            ],
            ..Walked::default()
        };
        assert_eq!(Played::at(&walked, 2).best, [(6, 0.1)]);
        let end = Played::at(&walked, 99);
        assert_eq!(end.path, [3, 6, 1]);
        assert_eq!(end.best, [(1, 0.4), (9, 0.3)]);
        // The first node, six neighbours above and three below.
        assert_eq!((end.met, end.compared), (vec![1, 2, 9], 10));
    }
}
