//! The events of all users, oldest first, in arrays: 16 bytes an event.

use std::cmp::Ordering;
use std::ops::Range;

use super::{ItemId, UserId};

/// One event: a row of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interaction {
    /// Who.
    pub user: UserId,
    /// What.
    pub item: ItemId,
    /// When: seconds since 1970, or mere order.
    pub time: i64,
    /// Rating or count; 1 where the file has none.
    pub value: f32,
}

/// Events by user, in the order of time and then of item id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// User `u` has events `offsets[u]..offsets[u + 1]`.
    offsets: Vec<u32>,
    items: Vec<ItemId>,
    times: Vec<i64>,
    values: Vec<f32>,
}

/// The events of one user, oldest first; the slices have one length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserEvents<'a> {
    /// What.
    pub items: &'a [ItemId],
    /// When.
    pub times: &'a [i64],
    /// Rating or count.
    pub values: &'a [f32],
}

impl Interaction {
    /// Puts events in the order of the log. There is one such sort in the program.
    #[inline(never)]
    pub(super) fn sort(events: &mut [Self]) {
        events.sort_unstable_by(Self::order);
    }

    /// Order of the log; of events that differ in nothing but the value, the highest value comes first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let place = |event: &Self| (event.user, event.time, event.item);
        place(self)
            .cmp(&place(other))
            .then_with(|| other.value.total_cmp(&self.value))
    }
}

impl Log {
    /// Puts events in order. Those of equal time are ordered by item id, never by the order of the file: in
    /// MovieLens that order gives away what a user watched next.
    #[must_use]
    pub fn build(n_users: usize, mut events: Vec<Interaction>) -> Self {
        Interaction::sort(&mut events);
        let mut offsets = vec![0; n_users + 1];
        for event in &events {
            offsets[event.user.idx() + 1] += 1;
        }
        for user in 0..n_users {
            offsets[user + 1] += offsets[user];
        }
        Self {
            offsets,
            items: events.iter().map(|event| event.item).collect(),
            times: events.iter().map(|event| event.time).collect(),
            values: events.iter().map(|event| event.value).collect(),
        }
    }

    /// Users, with and without events.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All users, with and without events.
    pub fn users(&self) -> impl Iterator<Item = UserId> + use<> {
        (0..self.n_users() as u32).map(UserId)
    }

    /// Where the events of `user` stand among those of all users.
    #[must_use]
    pub fn range(&self, user: UserId) -> Range<usize> {
        self.offsets[user.idx()] as usize..self.offsets[user.idx() + 1] as usize
    }

    /// The items of all events, user by user.
    #[must_use]
    pub fn items(&self) -> &[ItemId] {
        &self.items
    }

    /// The times of all events, user by user.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The events of `user`.
    #[must_use]
    pub fn user(&self, user: UserId) -> UserEvents<'_> {
        let range = self.range(user);
        UserEvents {
            items: &self.items[range.clone()],
            times: &self.times[range.clone()],
            values: &self.values[range],
        }
    }
}
