//! Gathering events while a file streams by.

use bytemuck::TransparentWrapper;

use super::EVENTS_MAX;
use super::ids::{Ids, Keys};
use crate::engine::data::{Dataset, Interaction, ItemId, Log, Table, UserId};
use crate::engine::order;
use crate::text::{Message, Result};

/// The events read so far, with ids numbered by appearance.
pub struct Events {
    users: Ids,
    items: Ids,
    rows: Vec<Interaction>,
    timed: bool,
}

/// All events of a file in order, with final ids.
pub struct Gathered {
    /// Users with at least one event.
    pub users: Keys,
    /// Items with at least one event.
    pub items: Keys,
    /// The data with keys and events, still without titles and features.
    pub dataset: Dataset,
}

impl Events {
    /// Without times the order of the file is the order of time.
    pub fn new(timed: bool) -> Self {
        Self {
            users: Ids::default(),
            items: Ids::default(),
            rows: Vec::new(),
            timed,
        }
    }

    /// Adds an event; `time` is ignored where there are no times. `refuse` words what is wrong with this place.
    pub fn push(
        &mut self,
        user: &[u8],
        item: &[u8],
        time: i64,
        value: f32,
        refuse: impl FnOnce(&'static str) -> Message,
    ) -> Result<()> {
        if self.rows.len() == EVENTS_MAX {
            return Err(refuse("data.too_many").with("most", EVENTS_MAX));
        }
        let order = self.rows.len() as i64;
        self.rows.push(Interaction {
            user: UserId(self.users.number(user)),
            item: ItemId(self.items.number(item)),
            time: if self.timed { time } else { order },
            value,
        });
        Ok(())
    }

    /// Puts the events in order.
    ///
    /// # Errors
    /// If there is no event, or only one item.
    pub fn finish(self, name: String, file: &str) -> Result<Gathered> {
        if self.rows.is_empty() {
            return Err(Message::new("file.no_rows").with("file", file));
        }
        if self.items.len() < 2 {
            return Err(Message::new("data.one_item").with("file", file));
        }
        let (users, items, mut rows) = (self.users.ranked(), self.items.ranked(), self.rows);
        for row in &mut rows {
            row.user = UserId(users.rank(row.user.0));
            row.item = ItemId(items.rank(row.item.0));
        }
        Interaction::sort(&mut rows);
        let read = rows.len();
        rows.dedup_by_key(|row| (row.user, row.time, row.item));
        let merged = read - rows.len();

        let log = Log::build(users.len(), rows);
        let mut notices = Vec::new();
        let mut note = |key, events: usize| {
            if events > 0 {
                notices.push(Message::new(key).with("events", events).with("file", file));
            }
        };
        note("data.merged", merged);
        note("data.repeats", repeats(&log));
        if users.len() == 1 {
            notices.push(Message::new("data.one_user").with("file", file));
        }
        let dataset = Dataset {
            name,
            users: table(&users),
            items: table(&items),
            log,
            timed: self.timed,
            notices,
            ..Dataset::default()
        };
        Ok(Gathered { users, items, dataset })
    }
}

fn table(keys: &Keys) -> Table {
    Table {
        keys: keys.texts(),
        ..Table::default()
    }
}

/// Events on an item that the same user had before.
fn repeats(log: &Log) -> usize {
    let mut items = Vec::new();
    let mut repeats = 0;
    for user in log.users() {
        items.clear();
        items.extend_from_slice(log.user(user).items);
        order::ascend(ItemId::peel_slice_mut(&mut items));
        repeats += items.windows(2).filter(|pair| pair[0] == pair[1]).count();
    }
    repeats
}
