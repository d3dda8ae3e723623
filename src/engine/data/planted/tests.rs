//! The planted world is as it was planted.

use super::*;
use crate::engine::data::{Column, Table, UserId};

fn world() -> (Dataset, Truth) {
    planted(&PlantedConfig::default(), 7)
}

fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f32] {
    match &table.field(name).expect("the field is there").column {
        Column::Number { values } => values,
        other => panic!("{name} is not a number: {other:?}"),
    }
}

/// Whether each event of the log is on one of the user's interests, with its place among all events.
fn on_interest(data: &Dataset, truth: &Truth) -> Vec<bool> {
    let mut hits = Vec::new();
    for user in data.log.users() {
        let interests = &truth.interests[user.idx()];
        for item in data.log.user(user).items {
            let topic = truth.item_topics[item.idx()];
            hits.push(interests.iter().any(|interest| interest.topic == topic));
        }
    }
    hits
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_others() {
    assert_eq!(format!("{:016x}", world().0.checksum()), "356746c5d6238201");
    assert_eq!(world().1, world().1);
    assert_ne!(planted(&PlantedConfig::default(), 8).0.checksum(), world().0.checksum());
}

#[test]
fn sizes_are_as_asked() {
    let (data, truth) = world();
    assert_eq!(
        (data.users.len(), data.items.len(), truth.topics.len()),
        (1_000, 600, 10)
    );
    let mean = data.log.len() as f64 / 1_000.0;
    assert!((27.0..33.0).contains(&mean), "{mean} events a user");
    assert_eq!(truth.false_clicks.len(), data.log.len());
    assert_eq!(truth.query_topics.len(), data.log.len());

    let config = PlantedConfig {
        users: 50,
        items: 4_000,
        topics: 16,
        events_per_user: 100,
        ..PlantedConfig::default()
    };
    let (big, truth) = planted(&config, 7);
    assert_eq!((big.users.len(), big.items.len(), truth.topics.len()), (50, 4_000, 16));
    assert!((85.0..115.0).contains(&(big.log.len() as f64 / 50.0)));
}

#[test]
fn the_smallest_worlds_are_worlds_too() {
    let config = PlantedConfig {
        users: 1,
        items: 1,
        topics: 1,
        interests_max: 1,
        events_per_user: 1,
        ..PlantedConfig::default()
    };
    let (data, _) = planted(&config, 1);
    assert_eq!((data.users.len(), data.items.len()), (1, 1));
    assert!(data.log.len() <= 1);
}

#[test]
fn titles_are_unique_words_and_no_user_clicks_an_item_twice() {
    let (data, _) = world();
    let mut titles = data.items.titles.clone();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 600);
    assert!(titles.iter().all(|title| title.split(' ').count() >= 3));
    for user in data.log.users() {
        let mut items = data.log.user(user).items.to_vec();
        items.sort_unstable();
        items.dedup();
        assert_eq!(items.len(), data.log.user(user).items.len());
        assert!(data.log.user(user).times.is_sorted_by(|a, b| a < b));
    }
}

#[test]
fn popularity_follows_the_planted_skew() {
    let top_tenth = |skew| {
        let config = PlantedConfig {
            popularity_skew: skew,
            ..PlantedConfig::default()
        };
        let (data, _) = planted(&config, 7);
        let mut counts = vec![0_u32; data.items.len()];
        data.log.items().iter().for_each(|item| counts[item.idx()] += 1);
        counts.sort_unstable();
        f64::from(counts[540..].iter().sum::<u32>()) / data.log.len() as f64
    };
    let (flat, skewed, steep) = (top_tenth(0.0), top_tenth(0.8), top_tenth(1.2));
    assert!(
        flat < 0.27 && skewed > flat + 0.1 && steep > skewed + 0.05,
        "{flat} {skewed} {steep}"
    );
}

#[test]
fn events_fall_on_the_users_interests_at_the_planted_rate() {
    let (data, truth) = world();
    let hits = on_interest(&data, &truth);
    let honest: Vec<bool> = hits
        .iter()
        .zip(&truth.false_clicks)
        .filter_map(|(&hit, &is_false)| (!is_false).then_some(hit))
        .collect();
    let share = honest.iter().filter(|&&hit| hit).count() as f64 / honest.len() as f64;
    assert!(share > 0.97, "{share} of honest events are on an interest");
    assert!(share < 1.0, "now and then something else is clicked");

    // Over all users, the share of events on the first interest is its mean weight over time.
    let (mut expected, mut found, mut events) = (0.0, 0.0, 0.0);
    for user in data.log.users() {
        let Some(first) = truth.interests[user.idx()].first() else {
            continue;
        };
        let items = data.log.user(user).items;
        expected += f64::from(first.weight(0.5)) * items.len() as f64;
        found += items
            .iter()
            .filter(|item| truth.item_topics[item.idx()] == first.topic)
            .count() as f64;
        events += items.len() as f64;
    }
    assert!(
        (expected - found).abs() / events < 0.03,
        "{expected} planted, {found} found of {events}"
    );
}

#[test]
fn interests_drift_from_start_to_end() {
    let (data, truth) = world();
    // Users whose first interest lost at least 15 points: it must come up less in their last third than in their first.
    let (mut early, mut late, mut n) = (0.0, 0.0, 0);
    for user in data.log.users() {
        let first = truth.interests[user.idx()][0];
        if first.end > first.start - 0.15 {
            continue;
        }
        let items = data.log.user(user).items;
        let third = items.len() / 3;
        let share = |items: &[crate::engine::data::ItemId]| {
            let on = items.iter().filter(|item| truth.item_topics[item.idx()] == first.topic);
            on.count() as f64 / items.len() as f64
        };
        early += share(&items[..third]);
        late += share(&items[items.len() - third..]);
        n += 1;
    }
    assert!(n > 20, "{n} users");
    assert!(early - late > 0.08 * f64::from(n), "{early} {late} of {n}");
}

#[test]
fn false_clicks_have_their_share_and_fall_anywhere() {
    let (data, truth) = world();
    let n = truth.false_clicks.iter().filter(|&&is_false| is_false).count() as f64;
    let share = n / data.log.len() as f64;
    assert!((share - 0.03).abs() < 0.004, "{share}");
    let hits = on_interest(&data, &truth);
    let on = hits
        .iter()
        .zip(&truth.false_clicks)
        .filter(|&(&hit, &is_false)| hit && is_false)
        .count() as f64;
    // Three of ten topics interest a user in the mean.
    assert!((0.2..0.4).contains(&(on / n)), "{}", on / n);
}

/// Click rate of the impressions on interests for which `keep` holds.
fn click_rate(data: &Dataset, truth: &Truth, keep: impl Fn(UserId, usize) -> bool) -> f64 {
    let (mut clicks, mut shown) = (0.0, 0.0);
    for impression in &data.impressions {
        let topic = truth.item_topics[impression.item.idx()];
        let liked = truth.interests[impression.user.idx()]
            .iter()
            .any(|interest| interest.topic == topic);
        if liked && keep(impression.user, impression.item.idx()) {
            shown += 1.0;
            clicks += f64::from(u8::from(impression.clicked));
        }
    }
    clicks / shown
}

#[test]
fn clicks_rise_and_fall_with_price_length_and_age() {
    let (data, truth) = world();
    let price = numbers(&data.items, "price");
    let by_price = |low, high| click_rate(&data, &truth, |_, item| (low..high).contains(&price[item]));
    let (cheap, sweet, dear) = (by_price(0.0, 8.0), by_price(14.0, 28.0), by_price(50.0, 1e9));
    assert!(sweet > cheap + 0.08 && sweet > dear + 0.08, "{cheap} {sweet} {dear}");

    let length = numbers(&data.items, "length");
    let by_length = |low, high| click_rate(&data, &truth, |_, item| length[item] > low && length[item] <= high);
    let (short, middle, long) = (by_length(0.0, 50.0), by_length(50.0, 90.0), by_length(90.0, 1e9));
    assert!(
        middle > long + 0.05 && (short - middle).abs() < 0.05,
        "{short} {middle} {long}"
    );

    let age = numbers(&data.users, "age");
    let by_age = |low, high| click_rate(&data, &truth, |user, _| (low..high).contains(&age[user.idx()]));
    let (young, middle, old) = (by_age(26.0, 34.0), by_age(42.0, 50.0), by_age(58.0, 66.0));
    assert!(young > middle + 0.05 && old > middle + 0.05, "{young} {middle} {old}");
}

#[test]
fn every_event_is_a_clicked_impression_and_the_top_of_a_slate_is_clicked_most() {
    let (data, _) = world();
    let clicked = data.impressions.iter().filter(|impression| impression.clicked).count();
    assert!(clicked >= data.log.len() && clicked <= data.log.len() + data.users.len());
    let mut by_place = [0_u32; 6];
    let mut place = 0;
    for (i, impression) in data.impressions.iter().enumerate() {
        let new = i == 0 || data.impressions[i - 1].time != impression.time;
        place = if new { 0 } else { place + 1 };
        by_place[place.min(5)] += u32::from(impression.clicked);
    }
    assert!(
        by_place[0] > 2 * by_place[2] && by_place[2] > by_place[4],
        "{by_place:?}"
    );
}

#[test]
fn a_querys_words_mostly_belong_to_its_topic() {
    let (data, truth) = world();
    let asked = truth.query_topics.iter().flatten().count();
    let share = asked as f64 / data.log.len() as f64;
    assert!((share - 0.3).abs() < 0.02, "{share}");
    let named = |word: &str, topic: u32| {
        let words = &words::TOPICS[words::TOPICS
            .iter()
            .position(|words| words.name == truth.topics[topic as usize].name)
            .expect("the topic has words")];
        let all = std::iter::once(&words.name)
            .chain(&words.kinds)
            .chain(&words.things)
            .chain(&words.tags);
        all.map(|own| own.to_lowercase()).any(|own| own == word)
    };
    let (mut own, mut all) = (0.0, 0.0);
    for (event, topic) in truth.query_topics.iter().enumerate() {
        let text = data.queries.text(event);
        assert_eq!(text.is_empty(), topic.is_none(), "event {event}");
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            all += 1.0;
            own += f64::from(u8::from(topic.is_some_and(|topic| named(word, topic))));
        }
    }
    assert!((0.82..0.95).contains(&(own / all)), "{}", own / all);
    assert!(!data.queries.made);
}

#[test]
fn shelves_and_modalities_show_topics_as_much_as_planted() {
    let (data, truth) = world();
    let Some(Column::Category { ids, .. }) = data.items.field("shelf").map(|field| &field.column) else {
        panic!("there is a shelf");
    };
    let right = ids
        .iter()
        .zip(&truth.item_topics)
        .filter(|(shelf, topic)| shelf == topic)
        .count() as f64
        / 600.0;
    assert!((0.88..0.98).contains(&right), "{right}");

    // In a modality that shows a topic, its items' vectors have a mean well off zero; else they do not.
    for (modality, name) in MODALITIES.iter().enumerate() {
        let Some(Column::Vector { width, values }) = data.items.field(name).map(|field| &field.column) else {
            panic!("{name} is a modality");
        };
        for (topic, planted) in truth.topics.iter().enumerate() {
            let mut mean = vec![0.0_f32; *width];
            let mut n = 0.0;
            for (item, _) in truth
                .item_topics
                .iter()
                .enumerate()
                .filter(|&(_, &own)| own == topic as u32)
            {
                let row = &values[item * width..(item + 1) * width];
                mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                n += 1.0;
            }
            let length = mean.iter().map(|sum| sum / n * sum / n).sum::<f32>().sqrt();
            let away = planted.centre.map(|x| x * x).iter().sum::<f32>().sqrt();
            if planted.shown_by[modality] == 0.0 {
                assert!(length < 0.5, "{name} {topic} {length}");
            } else if planted.shown_by[modality] == 1.0 && away > 0.6 {
                assert!(length > 0.7, "{name} {topic} {length}");
            }
        }
    }
}
