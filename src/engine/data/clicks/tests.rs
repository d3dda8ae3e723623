//! Small data of every kind as rows.

use super::*;
use crate::engine::data::{Impression, Interaction, ItemId, Log};

const CONFIG: ClicksConfig = ClicksConfig {
    click_from: 4.0,
    min_count: 1,
    fold_unseen: true,
};

fn table(rows: u32) -> Table {
    Table {
        keys: (0..rows).map(|row| row.to_string()).collect(),
        fields: vec![Field {
            name: "kind".to_owned(),
            column: Column::Category {
                words: vec!["even".to_owned(), "odd".to_owned()],
                ids: (0..rows).map(|row| row % 2).collect(),
            },
        }],
        ..Table::default()
    }
}

/// Twenty users rate item t at time t, item 19 none but the last user; every third rating is good.
fn ratings(timed: bool) -> Dataset {
    let mut events = Vec::new();
    for user in 0..20 {
        for item in 0..20 {
            if item < 19 || user == 19 {
                events.push(Interaction {
                    user: UserId(user),
                    item: ItemId(item),
                    time: i64::from(item) * 3_600,
                    value: if (user + item) % 3 == 0 { 4.0 } else { 2.5 },
                });
            }
        }
    }
    Dataset {
        name: "ratings".to_owned(),
        users: table(20),
        items: table(20),
        log: Log::build(20, events),
        timed,
        ..Dataset::default()
    }
}

fn ids(side: &Side) -> (u32, &[u32]) {
    match &side.table.field("id").expect("an id is a feature").column {
        Column::Id { count, ids } => (*count, ids),
        other => panic!("{other:?}"),
    }
}

#[test]
fn ratings_are_clicks_and_nothing_is_learnt_from_a_moment_as_late_as_one_that_is_judged() {
    let data = ratings(true);
    let clicks = Clicks::build(&data, &CONFIG, 1).expect("both kinds");
    assert_eq!(clicks.len(), 381);
    assert_eq!(clicks.clicked.iter().filter(|clicked| **clicked).count(), 127);
    let latest = |rows: &[u32]| rows.iter().map(|row| data.log.times()[*row as usize]).max();
    let first = |rows: &[u32]| rows.iter().map(|row| data.log.times()[*row as usize]).min();
    assert!(latest(&clicks.train) < first(&clicks.valid) && latest(&clicks.valid) < first(&clicks.test));
    assert_eq!(clicks.train.len() + clicks.valid.len() + clicks.test.len(), 381);
    // Places 304 and 342 are of items 15 and 18 by time, twenty rows to an item: 17 by the count of the last.
    assert_eq!((clicks.train.len(), clicks.valid.len()), (300, 40));
    let names: Vec<&str> = clicks.sides.iter().map(|side| side.name).collect();
    assert_eq!(names, [USER, ITEM, MOMENT]);
    let row = clicks.test[0] as usize;
    let pair = clicks.pair(
        clicks.sides[0].rows[row],
        clicks.sides[1].rows[row],
        data.log.times()[row],
    );
    assert_eq!(pair, Some(clicks.sides.iter().map(|side| side.rows[row]).collect()));
}

#[test]
fn without_times_rows_are_divided_by_lot() {
    let clicks = Clicks::build(&ratings(false), &CONFIG, 1).expect("both kinds");
    assert_eq!((clicks.valid.len(), clicks.test.len()), (38, 38));
    assert_eq!(clicks.sides.len(), 2, "there is no moment");
    let mut all = [&clicks.train[..], &clicks.valid, &clicks.test].concat();
    order::ascend(&mut all);
    assert_eq!(all, (0..381).collect::<Vec<u32>>());
    let other = Clicks::build(&ratings(false), &CONFIG, 2).expect("both kinds");
    assert_ne!(clicks.test, other.test);
}

#[test]
fn what_training_does_not_show_is_one_word() {
    let clicks = Clicks::build(&ratings(true), &CONFIG, 1).expect("both kinds");
    let item = clicks.side(ITEM).expect("items");
    let (count, items) = ids(item);
    // Items 0 to 14 are shown to twenty users each; 15 to 19 are new.
    assert_eq!(count, 21);
    assert!((0..20).all(|id| items[id as usize] == if id < 15 { id } else { 20 }));
    let [occurrences, clicked] = clicks.tally(1);
    assert_eq!((occurrences[0], occurrences[15], clicked[0]), (20, 0, 7));
    let words = |side: &Side| match &side.table.fields[1].column {
        Column::Category { words, ids } => (words.join(" "), ids[..4].to_vec()),
        other => panic!("{other:?}"),
    };
    assert_eq!(words(item), ("even odd unseen".to_owned(), vec![0, 1, 0, 1]));
    // Words of fewer than 160 rows: only `even` has more, of eight items.
    let rare = ClicksConfig {
        min_count: 160,
        ..CONFIG
    };
    let clicks = Clicks::build(&ratings(true), &rare, 1).expect("both kinds");
    assert_eq!(words(&clicks.sides[1]), ("even unseen".to_owned(), vec![0, 1, 0, 1]));
    let own = ClicksConfig {
        fold_unseen: false,
        ..CONFIG
    };
    let clicks = Clicks::build(&ratings(true), &own, 1).expect("both kinds");
    assert_eq!(ids(&clicks.sides[1]), (20, &(0..20).collect::<Vec<u32>>()[..]));
}

#[test]
fn impressions_go_before_ratings() {
    let mut data = ratings(true);
    let shown = |n: u32| Impression {
        user: UserId(n % 20),
        item: ItemId(n % 7),
        time: i64::from(n / 2),
        clicked: n.is_multiple_of(2),
    };
    data.impressions = (0..103).map(shown).collect();
    let clicks = Clicks::build(&data, &CONFIG, 1).expect("both kinds");
    // Of 103 rows two to a moment, places 82 and 92 are the first of a slate.
    assert_eq!((clicks.len(), clicks.train.len()), (103, 82));
    assert_eq!((clicks.valid[0], clicks.test[0]), (82, 92), "a slate is never parted");
}

#[test]
fn rows_keep_the_parts_their_files_say_and_draw_those_that_are_missing() {
    let rows = |parts: Vec<Part>| ClickRows {
        table: table(60),
        clicked: (0..60).map(|row| row % 4 == 0).collect(),
        parts,
        ..ClickRows::default()
    };
    let said = |parts: Vec<Part>| {
        let data = Dataset {
            rows: rows(parts),
            ..Dataset::default()
        };
        Clicks::build(&data, &CONFIG, 1).expect("both kinds")
    };
    let part = |row: usize| match row {
        0..40 => Part::Train,
        40..50 => Part::Valid,
        _ => Part::Test,
    };
    let all = said((0..60).map(part).collect());
    assert_eq!((all.train.len(), all.valid[0], all.test[0]), (40, 40, 50));
    let two = said(
        (0..60)
            .map(|row| if row < 50 { Part::Train } else { Part::Test })
            .collect(),
    );
    assert_eq!((two.train.len(), two.valid.len(), two.test.len()), (45, 5, 10));
    let none = said(vec![Part::Train; 60]);
    assert_eq!((none.train.len(), none.valid.len(), none.test.len()), (48, 6, 6));
    assert_eq!((none.sides.len(), none.pair(0, 0, 0)), (1, None));
}

#[test]
fn where_nothing_was_refused_that_is_said() {
    let key = |data: &Dataset| Clicks::build(data, &CONFIG, 1).expect_err("one kind").key.clone();
    let mut data = ratings(true);
    let events = data.log.users().flat_map(|user| {
        let events = data.log.user(user);
        let of = |(item, time): (&ItemId, &i64)| (user, *item, *time);
        events.items.iter().zip(events.times).map(of).collect::<Vec<_>>()
    });
    let events = events.map(|(user, item, time)| Interaction {
        user,
        item,
        time,
        value: 1.0,
    });
    data.log = Log::build(20, events.collect());
    assert_eq!(key(&data), "clicks.no_refusals");
    data.rows.clicked = vec![true; 30];
    assert_eq!(key(&data), "clicks.one_kind");
    data.rows.clicked = vec![true, false];
    assert_eq!(key(&data), "clicks.too_few");
}
