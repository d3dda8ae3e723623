//! Rows of features, each with a click or none: what a model of click-through rates learns from, pair by pair.
//!
//! They come from what was shown (impressions), from ratings (a good one is a click), or from files of such rows. Rows are
//! divided 80/10/10 by time where there are times, else by lot: the last moments are the test, and events of one
//! moment are never parted.

use super::split::moments;
use super::{Column, Dataset, Field, Table, UserId};
use crate::decimal::written_f32;
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};
use crate::text::{Message, Result};

/// Share of the rows that is the test, and share that is for validation.
const HELD_OUT: f32 = 0.1;

/// The word of all that training does not know.
pub const UNSEEN: &str = "unseen";

/// Name of the side of users.
pub const USER: &str = "user";

/// Name of the side of items.
pub const ITEM: &str = "item";

/// Name of the side of moments.
pub const MOMENT: &str = "moment";

/// Name of the only side of rows without users and items.
pub const ROW: &str = "row";

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// To learn from.
    Train,
    /// To choose settings by.
    Valid,
    /// To be looked at once, at the end.
    Test,
}

/// Rows of features, each with a click or none, of data that know no users and items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClickRows {
    /// The features.
    pub table: Table,
    /// Clicked or not.
    pub clicked: Vec<bool>,
    /// What the files say each row is for. Where they leave out a part, it is drawn from what is to learn from.
    pub parts: Vec<Part>,
    /// The log-odds by which each click was drawn, of rows that were made: for judging alone. Else empty.
    pub log_odds: Vec<f32>,
}

impl ClickRows {
    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clicked.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clicked.is_empty()
    }
}

/// What rows are made by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClicksConfig {
    /// A rating of so much is a click, a lower one is none.
    pub click_from: f32,
    /// Words of fewer training rows are the word for the unseen. With 1 no row teaches what the unseen are like.
    pub min_count: u32,
    /// Whether there is such a word; without it every word stays what it is, seen or not.
    pub fold_unseen: bool,
}

/// One of the things that meet in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// [`USER`], [`ITEM`], [`MOMENT`] or [`ROW`].
    pub name: &'static str,
    /// What is known of each, its id among the fields.
    pub table: Table,
    /// Which row of the table each of the rows has.
    pub rows: Vec<u32>,
}

/// Rows of features, each with a click or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clicks {
    /// What meets in a row.
    pub sides: Vec<Side>,
    /// Clicked or not.
    pub clicked: Vec<bool>,
    /// The rows to learn from.
    pub train: Vec<u32>,
    /// The rows to choose settings by.
    pub valid: Vec<u32>,
    /// The rows to be looked at once, at the end.
    pub test: Vec<u32>,
    /// The log-odds by which each click was drawn; empty where unknown.
    pub log_odds: Vec<f32>,
}

impl Clicks {
    /// The rows that `dataset` holds.
    ///
    /// # Errors
    /// If nothing was refused, or a part of the rows is empty.
    pub fn build(dataset: &Dataset, config: &ClicksConfig, seed: u32) -> Result<Self> {
        let mut clicks = if !dataset.rows.is_empty() {
            of_rows(&dataset.rows, seed)
        } else if !dataset.impressions.is_empty() {
            of_impressions(dataset)
        } else {
            of_ratings(dataset, config.click_from, seed)
        };
        let clicked = clicks.clicked.iter().filter(|clicked| **clicked).count();
        if clicked == 0 || clicked == clicks.clicked.len() {
            let key = if dataset.rows.is_empty() && dataset.impressions.is_empty() {
                "clicks.no_refusals"
            } else {
                "clicks.one_kind"
            };
            let refusal = Message::new(key).with("name", &dataset.name);
            return Err(refusal.with("from", written_f32(config.click_from)));
        }
        if clicks.train.is_empty() || clicks.valid.is_empty() || clicks.test.is_empty() {
            let refusal = Message::new("clicks.too_few").with("name", &dataset.name);
            return Err(refusal.with("rows", clicks.clicked.len()));
        }
        if config.fold_unseen {
            for place in 0..clicks.sides.len() {
                let [occurrences, _] = clicks.tally(place);
                let fields = &mut clicks.sides[place].table.fields;
                fields
                    .iter_mut()
                    .for_each(|field| fold(&mut field.column, &occurrences, config.min_count));
            }
        }
        Ok(clicks)
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clicked.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clicked.is_empty()
    }

    /// The side called `name`.
    #[must_use]
    pub fn side(&self, name: &str) -> Option<&Side> {
        self.sides.iter().find(|side| side.name == name)
    }

    /// For each row of the table of side `place`, in how many training rows it is, and in how many that were clicked.
    #[must_use]
    pub fn tally(&self, place: usize) -> [Vec<u32>; 2] {
        let side = &self.sides[place];
        let mut tally = [(); 2].map(|()| vec![0; side.table.len()]);
        for &row in &self.train {
            let of = side.rows[row as usize] as usize;
            tally[0][of] += 1;
            tally[1][of] += u32::from(self.clicked[row as usize]);
        }
        tally
    }

    /// For each side, which row of its table an item shown to a user at `time` has; nothing for rows without users.
    #[must_use]
    pub fn pair(&self, user: u32, item: u32, time: i64) -> Option<Vec<u32>> {
        let of = |side: &Side| match side.name {
            USER => Some(user),
            ITEM => Some(item),
            MOMENT => Some(hour(time)),
            _ => None,
        };
        self.sides.iter().map(of).collect()
    }

    /// Divides by time.
    fn by_time(mut self, times: &[i64]) -> Self {
        let [valid_from, test_from] = moments(times.to_vec(), HELD_OUT, HELD_OUT);
        for (row, &time) in (0..).zip(times) {
            let part = match time {
                _ if time < valid_from => &mut self.train,
                _ if time < test_from => &mut self.valid,
                _ => &mut self.test,
            };
            part.push(row);
        }
        self
    }

    /// Divides by what `parts` say, and draws the parts that they leave out.
    fn by_lot(mut self, parts: &[Part], seed: u32) -> Self {
        let mut open = Vec::new();
        for row in 0..self.clicked.len() as u32 {
            match parts.get(row as usize) {
                Some(Part::Valid) => self.valid.push(row),
                Some(Part::Test) => self.test.push(row),
                Some(Part::Train) | None => open.push(row),
            }
        }
        let n = (open.len() as f32 * HELD_OUT) as usize;
        Rng::stream(seed, Purpose::Split, 0).shuffle(&mut open);
        for part in [&mut self.test, &mut self.valid] {
            if part.is_empty() {
                *part = open.split_off(open.len() - n.min(open.len()));
                order::ascend(part);
            }
        }
        order::ascend(&mut open);
        self.train = open;
        self
    }
}

fn of_rows(rows: &ClickRows, seed: u32) -> Clicks {
    let side = Side {
        name: ROW,
        table: rows.table.clone(),
        rows: (0..rows.len() as u32).collect(),
    };
    let clicks = Clicks {
        sides: vec![side],
        clicked: rows.clicked.clone(),
        log_odds: rows.log_odds.clone(),
        ..Clicks::default()
    };
    clicks.by_lot(&rows.parts, seed)
}

fn of_impressions(dataset: &Dataset) -> Clicks {
    let all = &dataset.impressions;
    let times: Vec<i64> = all.iter().map(|shown| shown.time).collect();
    let pairs = all.iter().map(|shown| (shown.user.0, shown.item.0)).unzip();
    let clicked = all.iter().map(|shown| shown.clicked).collect();
    of_pairs(dataset, pairs, &times, clicked).by_time(&times)
}

fn of_ratings(dataset: &Dataset, click_from: f32, seed: u32) -> Clicks {
    let log = &dataset.log;
    let users = log.users();
    let users = users.flat_map(|user| std::iter::repeat_n(user.0, log.user(user).items.len()));
    let items = log.items().iter().map(|item| item.0);
    let values = (0..log.n_users() as u32).flat_map(|user| log.user(UserId(user)).values);
    let clicked = values.map(|value| *value >= click_from).collect();
    let clicks = of_pairs(dataset, (users.collect(), items.collect()), log.times(), clicked);
    if dataset.timed {
        clicks.by_time(log.times())
    } else {
        clicks.by_lot(&[], seed)
    }
}

/// Users and items that meet, at a time of the day where times are known.
fn of_pairs(dataset: &Dataset, (users, items): (Vec<u32>, Vec<u32>), times: &[i64], clicked: Vec<bool>) -> Clicks {
    let mut sides = vec![known(USER, &dataset.users, users), known(ITEM, &dataset.items, items)];
    if dataset.timed {
        let hours = Field {
            name: "hour".to_owned(),
            column: Column::Number {
                values: (0..24_u8).map(f32::from).collect(),
            },
        };
        sides.push(Side {
            name: MOMENT,
            table: Table {
                fields: vec![hours],
                ..Table::default()
            },
            rows: times.iter().map(|&time| hour(time)).collect(),
        });
    }
    Clicks {
        sides,
        clicked,
        ..Clicks::default()
    }
}

/// The id of each, and what `table` knows of it beside vectors.
fn known(name: &'static str, table: &Table, rows: Vec<u32>) -> Side {
    let count = table.len() as u32;
    let id = Field {
        name: "id".to_owned(),
        column: Column::Id {
            count,
            ids: (0..count).collect(),
        },
    };
    let others = table.fields.iter();
    let others = others.filter(|field| !matches!(field.column, Column::Vector { .. }));
    Side {
        name,
        table: Table {
            fields: std::iter::once(id).chain(others.cloned()).collect(),
            ..Table::default()
        },
        rows,
    }
}

/// The hour of the day, from 0 to 23, of a moment in seconds.
fn hour(time: i64) -> u32 {
    (time.rem_euclid(86_400) / 3_600) as u32
}

/// Makes one word of all words that occur in fewer than `least` training rows, `occurrences` of each row of the table.
/// Numbered words keep their number.
fn fold(column: &mut Column, occurrences: &[u32], least: u32) {
    let (n, ids) = match column {
        Column::Category { words, ids } => (words.len(), ids),
        Column::Id { count, ids } => (*count as usize, ids),
        Column::Tags { .. } | Column::Number { .. } | Column::Vector { .. } => return,
    };
    let mut counts = vec![0; n];
    for (&id, &times) in ids.iter().zip(occurrences) {
        counts[id as usize] += times;
    }
    let stays = |id: &u32| counts[*id as usize] >= least.max(1);
    match column {
        Column::Id { count, ids } => {
            let unseen = *count;
            ids.iter_mut().filter(|id| !stays(id)).for_each(|id| *id = unseen);
            *count += 1;
        }
        Column::Category { words, ids } => {
            let kept: Vec<u32> = (0..n as u32).filter(stays).collect();
            let mut numbers = vec![kept.len() as u32; n];
            (0..).zip(&kept).for_each(|(number, &id)| numbers[id as usize] = number);
            ids.iter_mut().for_each(|id| *id = numbers[*id as usize]);
            let word = |id: &u32| std::mem::take(&mut words[*id as usize]);
            *words = kept.iter().map(word).chain([UNSEEN.to_owned()]).collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
