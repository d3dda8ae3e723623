//! Training examples, and batches of them.
//!
//! An example is a place in a user's training events: the event there is the positive, those before it the history.

use std::ops::Range;

use super::passes::Passes;
use super::{Case, Dataset, ItemId, Log, Split, UserId};

/// B rows, each a user with what came before; histories have any length and lie one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Who: B.
    pub users: Vec<UserId>,
    /// What was chosen next: B, or empty when serving.
    pub positives: Vec<ItemId>,
    /// When: B. Time of the positive, or of the moment at which is served.
    pub times: Vec<i64>,
    /// Row `b` has the history `history_offsets[b]..history_offsets[b + 1]`: B + 1.
    pub history_offsets: Vec<u32>,
    /// Items of the histories, oldest first.
    pub history_items: Vec<ItemId>,
    /// Times of the histories' events.
    pub history_times: Vec<i64>,
    /// The query that led to each of the histories' events, by its number in the dataset's queries.
    pub history_queries: Vec<u32>,
    /// Row `b` has the query `query_text[query_offsets[b]..query_offsets[b + 1]]`, in bytes: B + 1.
    pub query_offsets: Vec<u32>,
    /// What each user typed, one after the other.
    pub query_text: String,
    /// How many events of the user came before, in and before the history: B.
    pub before: Vec<u32>,
}

impl Default for Batch {
    /// No rows.
    fn default() -> Self {
        Self {
            users: Vec::new(),
            positives: Vec::new(),
            times: Vec::new(),
            history_offsets: vec![0],
            history_items: Vec::new(),
            history_times: Vec::new(),
            history_queries: Vec::new(),
            query_offsets: vec![0],
            query_text: String::new(),
            before: Vec::new(),
        }
    }
}

impl Batch {
    /// B.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The history of row `row`, oldest first.
    #[must_use]
    pub fn history(&self, row: usize) -> &[ItemId] {
        &self.history_items[self.history_offsets[row] as usize..self.history_offsets[row + 1] as usize]
    }

    /// What the user of row `row` typed; empty where nothing was.
    #[must_use]
    pub fn query(&self, row: usize) -> &str {
        &self.query_text[self.query_offsets[row] as usize..self.query_offsets[row + 1] as usize]
    }

    /// Row `row` alone, as a batch that serves.
    #[must_use]
    pub fn alone(&self, row: usize) -> Self {
        let seen = self.history_offsets[row] as usize..self.history_offsets[row + 1] as usize;
        Self {
            users: vec![self.users[row]],
            positives: Vec::new(),
            times: self.times.get(row).copied().into_iter().collect(),
            history_offsets: vec![0, seen.len() as u32],
            history_items: self.history_items[seen.clone()].to_vec(),
            history_times: self.history_times.get(seen.clone()).unwrap_or_default().to_vec(),
            history_queries: self.history_queries.get(seen).unwrap_or_default().to_vec(),
            query_offsets: vec![0, self.query(row).len() as u32],
            query_text: self.query(row).to_owned(),
            before: self.before.get(row).copied().into_iter().collect(),
        }
    }

    /// Makes this the batch that asks what `cases` want next: at most `history_len` last events of what each may
    /// see, at the time of its first target, or just after its last seen event where it has no target. A query is typed before
    /// the click, so a row has the query of the first target.
    pub fn contexts(&mut self, dataset: &Dataset, cases: &[Case], history_len: usize) {
        self.clear();
        for case in cases {
            let target = dataset.log.range(case.user).start + case.history as usize;
            let has_target = case.history < case.end;
            let query = if has_target { dataset.queries.text(target) } else { "" };
            self.ask(dataset, case, query, history_len);
        }
    }

    /// Adds a row for what `case` wants who types `query`, at the same moment as in [`Batch::contexts`].
    pub fn ask(&mut self, dataset: &Dataset, case: &Case, query: &str, history_len: usize) {
        self.push(dataset, case.user, case.history as usize, query, history_len);
    }

    fn clear(&mut self) {
        self.users.clear();
        self.positives.clear();
        self.times.clear();
        self.history_items.clear();
        self.history_times.clear();
        self.history_queries.clear();
        self.history_offsets.clear();
        self.history_offsets.push(0);
        self.query_text.clear();
        self.before.clear();
        self.query_offsets.clear();
        self.query_offsets.push(0);
    }

    /// Adds the row of `user` before the event number `place`.
    fn push(&mut self, dataset: &Dataset, user: UserId, place: usize, query: &str, history_len: usize) {
        let (first, events) = (dataset.log.range(user).start, dataset.log.user(user));
        let seen = place.saturating_sub(history_len)..place;
        let last = place.min(events.times.len().saturating_sub(1));
        self.users.push(user);
        let time = events.times.get(last).copied().unwrap_or(0);
        let over = place >= events.times.len() && !events.times.is_empty();
        self.times.push(if over { time.saturating_add(1) } else { time });
        self.history_items.extend_from_slice(&events.items[seen.clone()]);
        self.history_times.extend_from_slice(&events.times[seen.clone()]);
        let numbers = seen.map(|event| dataset.queries.number(first + event));
        self.history_queries.extend(numbers);
        self.history_offsets.push(self.history_items.len() as u32);
        self.query_text.push_str(query);
        self.query_offsets.push(self.query_text.len() as u32);
        self.before.push(place as u32);
    }
}

/// Cuts the training examples into batches, in an order that is new in every epoch.
///
/// Any step can be asked for at any time; only a change of epoch costs a new order.
#[derive(Clone, Debug)]
pub struct Batches {
    /// Examples of the users before each user: users + 1.
    offsets: Vec<u32>,
    /// Events before the first example of a user.
    min_history: u32,
    history_len: usize,
    passes: Passes,
}

impl Batches {
    /// Examples are the training events that have at least `min_history` events of the user before them; a row
    /// sees the `history_len` last of those. A batch has `batch_size` rows, or all examples where they are fewer.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    #[must_use]
    pub fn new(log: &Log, split: &Split, batch_size: usize, history_len: usize, min_history: usize, seed: u32) -> Self {
        let min_history = min_history as u32;
        let mut offsets = Vec::with_capacity(log.n_users() + 1);
        let mut examples = 0;
        offsets.push(0);
        for &end in &split.train_end {
            examples += end.saturating_sub(min_history);
            offsets.push(examples);
        }
        Self {
            offsets,
            min_history,
            history_len,
            passes: Passes::new(examples, batch_size, seed),
        }
    }

    /// Training examples.
    #[must_use]
    pub fn n_examples(&self) -> usize {
        self.passes.n_examples()
    }

    /// Steps in which every example comes up at most once; those that do not fill a last batch are left out of the
    /// epoch. 0 where there is no example.
    #[must_use]
    pub fn steps_per_epoch(&self) -> u64 {
        self.passes.steps_per_epoch()
    }

    /// Makes `batch` the batch of step `step`, counted from 0.
    ///
    /// # Panics
    /// If there are no examples, or the log of `dataset` is not the log this was made from.
    pub fn fill(&mut self, dataset: &Dataset, step: u64, batch: &mut Batch) {
        let places = self.places(step);
        self.passes.order(step);
        self.put(dataset, &self.passes.at_hand()[places], batch);
    }

    /// The examples of the pass that step `step` is in, in their order.
    pub fn pass(&mut self, step: u64) -> &[u32] {
        self.passes.order(step)
    }

    /// Where the examples of step `step` stand in its pass.
    #[must_use]
    pub fn places(&self, step: u64) -> Range<usize> {
        self.passes.places(step)
    }

    /// Rows of a batch.
    #[must_use]
    pub const fn batch_size(&self) -> usize {
        self.passes.batch_size()
    }

    /// Makes `batch` that of these examples.
    pub fn put(&self, dataset: &Dataset, examples: &[u32], batch: &mut Batch) {
        let log = &dataset.log;
        batch.clear();
        for &example in examples {
            let (user, place) = self.example(example);
            let event = log.range(user).start + place;
            batch.push(dataset, user, place, dataset.queries.text(event), self.history_len);
            batch.positives.push(log.items()[event]);
        }
    }

    /// User and place of the example number `example`.
    fn example(&self, example: u32) -> (UserId, usize) {
        let user = self.offsets.partition_point(|&offset| offset <= example) - 1;
        (
            UserId(user as u32),
            (example - self.offsets[user] + self.min_history) as usize,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Interaction, QueryLog, SplitConfig};

    /// User u has 4 + u events; event k is item 10u + k at time 100 + k. Every second event has the item as its query.
    fn data() -> Dataset {
        let mut events = Vec::new();
        for user in 0..5 {
            for k in 0..4 + user {
                events.push(Interaction {
                    user: UserId(user),
                    item: ItemId(10 * user + k),
                    time: i64::from(100 + k),
                    value: 1.0,
                });
            }
        }
        let log = Log::build(5, events);
        let mut queries = QueryLog::default();
        log.items().iter().for_each(|item| queries.push(&query_of(item.0)));
        Dataset {
            log,
            queries: queries.finish(false),
            ..Dataset::default()
        }
    }

    fn query_of(item: u32) -> String {
        if item.is_multiple_of(2) {
            format!("item {item}")
        } else {
            String::new()
        }
    }

    fn batches(data: &Dataset, batch_size: usize, seed: u32) -> Batches {
        let split = SplitConfig::LeaveOneOut
            .split(&data.log, true, 0)
            .expect("it can be split");
        Batches::new(&data.log, &split, batch_size, 2, 1, seed)
    }

    #[test]
    fn an_epoch_shows_every_training_event_with_a_history_once_and_no_other() {
        let data = data();
        // Training events are 2, 3, 4, 5, 6; the first of each user has no history: 15 examples.
        let mut batches = batches(&data, 5, 1);
        assert_eq!((batches.n_examples(), batches.steps_per_epoch()), (15, 3));
        let mut batch = Batch::default();
        let mut seen = Vec::new();
        for step in 3..6 {
            batches.fill(&data, step, &mut batch);
            assert_eq!((batch.len(), batch.history_offsets.len()), (5, 6));
            seen.extend(batch.positives.iter().map(|item| item.0));
        }
        seen.sort_unstable();
        let expected: Vec<u32> = (0..5)
            .flat_map(|user| (1..2 + user).map(move |k| 10 * user + k))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_row_holds_the_events_just_before_its_positive() {
        let data = data();
        let mut batches = batches(&data, 15, 1);
        let mut batch = Batch::default();
        batches.fill(&data, 0, &mut batch);
        for row in 0..batch.len() {
            let positive = batch.positives[row].0;
            let (user, k) = (positive / 10, positive % 10);
            let expected: Vec<ItemId> = (k.saturating_sub(2)..k).map(|k| ItemId(10 * user + k)).collect();
            assert_eq!(batch.users[row], UserId(user));
            assert_eq!(batch.history(row), expected);
            assert_eq!(batch.times[row], i64::from(100 + k));
            assert_eq!(batch.query(row), query_of(positive));
        }
        let ages: Vec<i64> = batch
            .history_items
            .iter()
            .map(|item| i64::from(100 + item.0 % 10))
            .collect();
        assert_eq!(batch.history_times, ages);
        let texts: Vec<&str> = data.queries.texts().collect();
        for (item, &query) in batch.history_items.iter().zip(&batch.history_queries) {
            assert_eq!(texts[query as usize], query_of(item.0));
        }
    }

    #[test]
    fn a_step_is_the_same_whether_reached_by_a_jump_or_by_walking() {
        let data = data();
        let (mut walking, mut jumping) = (batches(&data, 4, 9), batches(&data, 4, 9));
        let (mut walked, mut jumped) = (Batch::default(), Batch::default());
        for step in 0..8 {
            walking.fill(&data, step, &mut walked);
        }
        jumping.fill(&data, 7, &mut jumped);
        assert_eq!(walked, jumped);
        jumping.fill(&data, 0, &mut jumped);
        walking.fill(&data, 3, &mut walked);
        assert_ne!(walked, jumped, "epochs have different orders");
    }

    #[test]
    fn fewer_examples_than_a_batch_make_one_smaller_batch() {
        let data = data();
        let mut batches = batches(&data, 256, 1);
        let mut batch = Batch::default();
        batches.fill(&data, 0, &mut batch);
        assert_eq!((batches.steps_per_epoch(), batch.len()), (1, 15));
    }

    #[test]
    fn serving_sees_what_the_case_allows_and_no_more() {
        let data = data();
        let case = |user, history, end| Case {
            user: UserId(user),
            history,
            end,
        };
        let mut batch = Batch::default();
        batch.contexts(&data, &[case(1, 3, 5), case(0, 0, 1), case(2, 6, 6)], 2);
        assert_eq!(batch.history(0), [ItemId(11), ItemId(12)]);
        assert_eq!(batch.history(1), []);
        assert_eq!(batch.history(2), [ItemId(24), ItemId(25)]);
        assert_eq!(batch.times, [103, 100, 106]);
        assert!(batch.positives.is_empty());
        let queries: Vec<&str> = (0..3).map(|row| batch.query(row)).collect();
        // The first targets are item 13, item 0, and none.
        assert_eq!(queries, ["", "item 0", ""]);
        // Event 2 is item 22, but the case ends before it.
        batch.contexts(&data, &[case(2, 2, 2), case(2, 2, 3)], 2);
        assert_eq!((batch.query(0), batch.query(1)), ("", "item 22"));
    }

    #[test]
    fn a_row_alone_asks_what_it_asked_among_others() {
        let data = data();
        let case = |user, history| Case {
            user: UserId(user),
            history,
            end: history + 1,
        };
        let (mut all, mut one) = (Batch::default(), Batch::default());
        all.contexts(&data, &[case(1, 3), case(2, 5), case(0, 0)], 2);
        for (row, case) in [case(1, 3), case(2, 5), case(0, 0)].into_iter().enumerate() {
            one.contexts(&data, &[case], 2);
            assert_eq!(all.alone(row), one);
        }
        assert_eq!(all.before, [3, 5, 0]);
    }

    #[test]
    fn a_typed_query_stands_in_a_row_of_its_own() {
        let data = data();
        let case = Case {
            user: UserId(1),
            history: 3,
            end: 5,
        };
        let mut batch = Batch::default();
        batch.ask(&data, &case, "rye bread", 2);
        batch.ask(&data, &case, "", 2);
        assert_eq!((batch.len(), batch.query(0), batch.query(1)), (2, "rye bread", ""));
        assert_eq!(batch.history(0), [ItemId(11), ItemId(12)]);
    }
}
