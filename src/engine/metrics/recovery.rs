//! Whether a list shows all that a user is known to be interested in: only a planted world tells.

use crate::engine::data::{Interest, ItemId};

/// Items of a topic in the list that make it seen: one may be there by chance.
const SEEN: usize = 2;

/// Share of attention, at the end of the log, that makes an interest one: attention drifts.
const ALIVE: f32 = 0.1;

/// Share of a user's `interests` of whose topic at least two items stand in `list`. Absent for a user without any.
#[must_use]
pub fn recovered(list: &[ItemId], item_topics: &[u32], interests: &[Interest]) -> Option<f64> {
    let alive = interests.iter().filter(|interest| interest.weight(1.0) >= ALIVE);
    let (mut seen, mut all) = (0, 0);
    for interest in alive {
        let shown = list.iter().filter(|item| item_topics[item.idx()] == interest.topic);
        seen += usize::from(shown.count() >= SEEN);
        all += 1;
    }
    (all > 0).then(|| seen as f64 / f64::from(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interest_is_recovered_by_two_items_and_counts_while_it_lives() {
        let interest = |topic, end| Interest {
            topic,
            taste: [0.0; 2],
            start: 0.5,
            end,
        };
        let topics = [0, 0, 1, 2, 2];
        let list: Vec<ItemId> = [0, 2, 3, 1].map(ItemId).to_vec();
        let share = |interests: &[Interest]| recovered(&list, &topics, interests);
        assert_eq!(share(&[interest(0, 0.5), interest(1, 0.5)]), Some(0.5));
        assert_eq!(share(&[interest(0, 0.9), interest(1, 0.05)]), Some(1.0));
        assert_eq!(share(&[interest(2, 1.0)]), Some(0.0));
        assert_eq!(share(&[]), None);
    }
}
