//! What is held out: training, validation and test events (spec 6.1).
//!
//! Each user's events are sorted by time, so every split is a cut or two through each user's sequence.

use bytemuck::TransparentWrapper;

use super::{ItemId, Log, UserId};
use crate::decimal::written_f32;
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};
use crate::text::{Message, Result};

/// How to hold out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SplitConfig {
    /// Of each user the last event is the test, the one before it validation, the rest training. Simple, but models
    /// learn from what happened after some tests (Ji et al., TOIS 2023).
    LeaveOneOut,
    /// One moment for all: what happened after it is held out, the last `test_share` of all events for the test and
    /// the `valid_share` before them for validation.
    GlobalTemporal { valid_share: f32, test_share: f32 },
    /// Whole users are held out, `test_share` of them for the test and `valid_share` for validation; of a held-out
    /// user the first `input_share` of events are seen and the rest are targets (as in ComiRec, KDD 2020).
    UserSplit {
        valid_share: f32,
        test_share: f32,
        input_share: f32,
    },
}

/// Something to be retrieved for a user: the events `history..end`, given those before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Who.
    pub user: UserId,
    /// How many leading events of the user a model may see.
    pub history: u32,
    /// The targets end before this event.
    pub end: u32,
}

impl Case {
    /// What the user has seen before, and what is to be found.
    #[must_use]
    pub fn parts<'a>(&self, log: &'a Log) -> (&'a [ItemId], &'a [ItemId]) {
        log.user(self.user).items[..self.end as usize].split_at(self.history as usize)
    }
}

/// A log divided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// How many leading events of each user are for training.
    pub train_end: Vec<u32>,
    /// What to judge by while training; in the order of users.
    pub valid: Vec<Case>,
    /// What to judge by at the end; in the order of users.
    pub test: Vec<Case>,
    /// Target events of `valid` whose item is in no training event.
    pub cold_valid: u32,
    /// Target events of `test` whose item is in no training event.
    pub cold_test: u32,
    /// What the reader should know of it.
    pub notices: Vec<Message>,
}

impl SplitConfig {
    /// Divides `log`. `timed` says whether its times are real; `seed` decides which users are held out.
    ///
    /// # Errors
    /// If a share is senseless, times are needed and missing, or nothing would be left to train on or to test with.
    pub fn split(&self, log: &Log, timed: bool, seed: u32) -> Result<Split> {
        let mut split = match *self {
            Self::LeaveOneOut => leave_one_out(log),
            Self::GlobalTemporal {
                valid_share,
                test_share,
            } => {
                check_shares(valid_share, test_share)?;
                if !timed {
                    return Err(Message::new("split.untimed"));
                }
                global_temporal(log, valid_share, test_share)
            }
            Self::UserSplit {
                valid_share,
                test_share,
                input_share,
            } => {
                check_shares(valid_share, test_share)?;
                if !(input_share > 0.0 && input_share < 1.0) {
                    return Err(Message::new("split.input_share").with("share", written_f32(input_share)));
                }
                user_split(log, [valid_share, test_share], input_share, seed)
            }
        };
        if split.train_end.iter().all(|&end| end == 0) {
            return Err(Message::new("split.no_training"));
        }
        if split.test.is_empty() {
            return Err(Message::new("split.no_test"));
        }
        count_cold(log, &mut split);
        Ok(split)
    }
}

fn check_shares(valid: f32, test: f32) -> Result<()> {
    let sound = valid >= 0.0 && test > 0.0 && valid + test < 1.0;
    if sound {
        return Ok(());
    }
    Err(Message::new("split.shares")
        .with("valid", written_f32(valid))
        .with("test", written_f32(test)))
}

fn leave_one_out(log: &Log) -> Split {
    let mut split = Split::default();
    let mut short = 0;
    for user in log.users() {
        let n = log.range(user).len() as u32;
        let train_end = if n < 3 { n } else { n - 2 };
        split.train_end.push(train_end);
        if n < 3 {
            short += u32::from(n > 0);
            continue;
        }
        let case = |history| Case {
            user,
            history,
            end: history + 1,
        };
        split.valid.push(case(n - 2));
        split.test.push(case(n - 1));
    }
    if short > 0 {
        split.notices.push(Message::new("split.short").with("users", short));
    }
    split
}

/// Training ends before the first moment, validation before the second; events of one moment are never parted.
fn global_temporal(log: &Log, valid_share: f32, test_share: f32) -> Split {
    let [valid_from, test_from] = moments(log.times().to_vec(), valid_share, test_share);
    let mut split = Split::default();
    let mut new_users = 0;
    for user in log.users() {
        let times = log.user(user).times;
        let before = |moment: i64| times.partition_point(|&time| time < moment) as u32;
        let (train_end, valid_end, end) = (before(valid_from), before(test_from), times.len() as u32);
        split.train_end.push(train_end);
        new_users += u32::from(train_end == 0 && end > 0);
        push_case(&mut split.valid, user, train_end, valid_end);
        push_case(&mut split.test, user, valid_end, end);
    }
    if new_users > 0 {
        split
            .notices
            .push(Message::new("split.new_users").with("users", new_users));
    }
    split
}

/// First moments of validation and of the test, of what happened at `times`.
pub(super) fn moments(times: Vec<i64>, valid_share: f32, test_share: f32) -> [i64; 2] {
    // Times before 1970 are below all others as keys too.
    let mut keys: Vec<u64> = times.into_iter().map(|time| time.cast_unsigned() ^ 1 << 63).collect();
    let mut moment = |held_out: f32| {
        let place = (keys.len() as f64 * (1.0 - f64::from(held_out))) as usize;
        if keys.is_empty() {
            return 0;
        }
        let last = keys.len() - 1;
        (order::nth(&mut keys, place.min(last)) ^ 1 << 63).cast_signed()
    };
    [moment(valid_share + test_share), moment(test_share)]
}

fn push_case(cases: &mut Vec<Case>, user: UserId, history: u32, end: u32) {
    if history < end {
        cases.push(Case { user, history, end });
    }
}

fn user_split(log: &Log, [valid_share, test_share]: [f32; 2], input_share: f32, seed: u32) -> Split {
    // Who has a single event cannot show it and be asked for it too.
    let mut able: Vec<UserId> = log.users().filter(|&user| log.range(user).len() >= 2).collect();
    Rng::stream(seed, Purpose::Split, 0).shuffle(&mut able);
    let n = able.len() as f64;
    let n_test = (n * f64::from(test_share)).round() as usize;
    let n_valid = ((n * f64::from(valid_share)).round() as usize).min(able.len() - n_test);

    let mut split = Split {
        train_end: log.users().map(|user| log.range(user).len() as u32).collect(),
        ..Split::default()
    };
    let mut hold_out = |users: &[UserId]| {
        let mut users = users.to_vec();
        order::ascend(UserId::peel_slice_mut(&mut users));
        users
            .into_iter()
            .map(|user| {
                let end = std::mem::take(&mut split.train_end[user.idx()]);
                let seen = (f64::from(end) * f64::from(input_share)) as u32;
                Case {
                    user,
                    history: seen.clamp(1, end - 1),
                    end,
                }
            })
            .collect()
    };
    let test = hold_out(&able[..n_test]);
    let valid = hold_out(&able[n_test..n_test + n_valid]);
    Split { valid, test, ..split }
}

/// How often each item of `0..n_items` occurs in training events; held-out events do not count.
#[must_use]
pub fn popularity(log: &Log, split: &Split, n_items: usize) -> Vec<u32> {
    let mut counts = vec![0; n_items];
    for user in log.users() {
        for item in training_items(log, split, user) {
            counts[item.idx()] += 1;
        }
    }
    counts
}

/// The items of a user's training events, oldest first.
pub fn training_items<'a>(log: &'a Log, split: &Split, user: UserId) -> &'a [ItemId] {
    &log.user(user).items[..split.train_end[user.idx()] as usize]
}

fn count_cold(log: &Log, split: &mut Split) {
    let n_items = log.items().iter().map(|item| item.idx() + 1).max().unwrap_or(0);
    let counts = popularity(log, split, n_items);
    let cold = |cases: &[Case]| {
        let targets = cases
            .iter()
            .flat_map(|case| &log.user(case.user).items[case.history as usize..case.end as usize]);
        targets.filter(|item| counts[item.idx()] == 0).count() as u32
    };
    (split.cold_valid, split.cold_test) = (cold(&split.valid), cold(&split.test));
    if split.cold_test > 0 {
        let notice = Message::new("split.cold").with("events", split.cold_test);
        split.notices.push(notice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::Interaction;

    /// Users with events at the given times; item ids are places in the user's list.
    fn log(users: &[&[i64]]) -> Log {
        let mut events = Vec::new();
        for (user, times) in users.iter().enumerate() {
            for (item, &time) in times.iter().enumerate() {
                events.push(Interaction {
                    user: UserId(user as u32),
                    item: ItemId(item as u32),
                    time,
                    value: 1.0,
                });
            }
        }
        Log::build(users.len(), events)
    }

    fn case(user: u32, history: u32, end: u32) -> Case {
        Case {
            user: UserId(user),
            history,
            end,
        }
    }

    #[test]
    fn leave_one_out_holds_out_the_last_two_and_says_who_is_too_short() {
        let log = log(&[&[1, 2, 3, 4], &[1, 2], &[5, 6, 7]]);
        let split = SplitConfig::LeaveOneOut.split(&log, false, 0).expect("it can be split");
        assert_eq!(split.train_end, [2, 2, 1]);
        assert_eq!(split.valid, [case(0, 2, 3), case(2, 1, 2)]);
        assert_eq!(split.test, [case(0, 3, 4), case(2, 2, 3)]);
        // Items 0 and 1 are trained on; the tests are items 3 and 2, the validation items 2 and 1.
        assert_eq!((split.cold_valid, split.cold_test), (1, 2));
        assert_eq!(split.notices[0].key, "split.short");
        assert_eq!(popularity(&log, &split, 4), [3, 2, 0, 0]);
    }

    #[test]
    fn global_temporal_trains_on_nothing_that_is_as_late_as_a_target() {
        let log = log(&[&[1, 2, 3, 8, 9], &[4, 5, 6, 7, 10], &[9, 10]]);
        let config = SplitConfig::GlobalTemporal {
            valid_share: 0.25,
            test_share: 0.25,
        };
        let split = config.split(&log, true, 0).expect("it can be split");
        // Twelve events at 1 2 3 4 5 6 | 7 8 9 9 | 10 10: places 6 and 9 are 7 and 9, and the two 9s stay together.
        assert_eq!(split.train_end, [3, 3, 0]);
        assert_eq!(split.valid, [case(0, 3, 4), case(1, 3, 4)]);
        assert_eq!(split.test, [case(0, 4, 5), case(1, 4, 5), case(2, 0, 2)]);
        assert_eq!(config.split(&log, false, 0).expect_err("no times").key, "split.untimed");
    }

    #[test]
    fn user_split_keeps_held_out_users_out_of_training() {
        let log = log(&[&[1, 2, 3, 4, 5][..]; 20]);
        let config = SplitConfig::UserSplit {
            valid_share: 0.1,
            test_share: 0.2,
            input_share: 0.8,
        };
        let split = config.split(&log, false, 3).expect("it can be split");
        assert_eq!((split.valid.len(), split.test.len()), (2, 4));
        for case in split.valid.iter().chain(&split.test) {
            assert_eq!(split.train_end[case.user.idx()], 0);
            assert_eq!((case.history, case.end), (4, 5));
        }
        assert_eq!(split.train_end.iter().filter(|&&end| end == 5).count(), 14);
        assert_ne!(config.split(&log, false, 4).expect("it can be split").test, split.test);
    }

    #[test]
    fn senseless_shares_and_empty_parts_are_refused() {
        let log = log(&[&[1, 2, 3, 4]]);
        let key = |config: SplitConfig| config.split(&log, true, 0).expect_err("refused").key.clone();
        let temporal = |valid_share, test_share| SplitConfig::GlobalTemporal {
            valid_share,
            test_share,
        };
        assert_eq!(key(temporal(0.5, 0.5)), "split.shares");
        assert_eq!(key(temporal(0.1, f32::NAN)), "split.shares");
        let users = |input_share| SplitConfig::UserSplit {
            valid_share: 0.0,
            test_share: 0.9,
            input_share,
        };
        assert_eq!(key(users(1.0)), "split.input_share");
        assert_eq!(key(users(0.5)), "split.no_training");
        let short = self::log(&[&[1, 2]]);
        let refused = SplitConfig::LeaveOneOut.split(&short, true, 0).expect_err("refused");
        assert_eq!(refused.key, "split.no_test");
    }
}
