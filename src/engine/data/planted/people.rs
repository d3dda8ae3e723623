//! Users of the planted world: what they are interested in and what is known of them.

use super::words::FIRST_NAMES;
use super::{Interest, PlantedConfig, Topic, scenery, streams};
use crate::engine::data::{Column, Field, Table};
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};

/// Countries; each has two topics that its people like twice as often as others do.
const COUNTRIES: [&str; 6] = ["Brazil", "China", "Germany", "India", "Kenya", "Norway"];

/// What users hold in their hands; it means nothing.
const DEVICES: [&str; 3] = ["laptop", "phone", "tablet"];

/// The users, and what visits need to know of them.
pub struct Crowd {
    /// Keys, names and features.
    pub table: Table,
    /// Interests of each user.
    pub interests: Vec<Vec<Interest>>,
    /// Age of each user in years.
    pub ages: Vec<f32>,
}

/// One user as drawn.
struct Person {
    name: String,
    country: u32,
    device: u32,
    age: f32,
    interests: Vec<Interest>,
}

impl Crowd {
    pub fn build(config: &PlantedConfig, seed: u32, topics: &[Topic]) -> Self {
        let people: Vec<Person> = (0..config.users)
            .map(|user| person(config, seed, topics, user))
            .collect();
        let ages: Vec<f32> = people.iter().map(|person| person.age).collect();
        let category = |name: &str, words: &[&str], ids: Vec<u32>| Field {
            name: name.to_owned(),
            column: Column::Category {
                words: words.iter().map(|&word| word.to_owned()).collect(),
                ids,
            },
        };
        let fields = vec![
            category(
                "country",
                &COUNTRIES,
                people.iter().map(|person| person.country).collect(),
            ),
            category("device", &DEVICES, people.iter().map(|person| person.device).collect()),
            Field {
                name: "age".to_owned(),
                column: Column::Number { values: ages.clone() },
            },
        ];
        let table = Table {
            keys: (1..=config.users).map(|key| key.to_string()).collect(),
            titles: people.iter().map(|person| person.name.clone()).collect(),
            fields,
        };
        Self {
            table,
            ages,
            interests: people.into_iter().map(|person| person.interests).collect(),
        }
    }
}

fn person(config: &PlantedConfig, seed: u32, topics: &[Topic], user: u32) -> Person {
    let mut rng = Rng::stream(seed, Purpose::World, streams::person(user));
    let first = FIRST_NAMES[rng.below(FIRST_NAMES.len() as u32) as usize];
    let initial = char::from(b'A' + rng.below(26) as u8);
    let country = rng.below(COUNTRIES.len() as u32);
    Person {
        name: format!("{first} {initial}."),
        country,
        device: rng.below(DEVICES.len() as u32),
        age: rng.between(18.0, 80.0).floor(),
        interests: interests(config, topics, country, &mut rng),
    }
}

/// Draws from 1 to `interests_max` topics, a taste in each, and the weights they begin and end with.
fn interests(config: &PlantedConfig, topics: &[Topic], country: u32, rng: &mut Rng) -> Vec<Interest> {
    let most = config.interests_max.min(config.topics);
    let n = 1 + rng.below(most) as usize;
    let chosen = choose_topics(n, config.topics, country, rng);
    let start = shares(n, rng);
    let mut falling: Vec<u32> = (0..n as u32).collect();
    order::sort_by(&mut falling, &mut |a, b| {
        start[b as usize].total_cmp(&start[a as usize])
    });
    let fresh = shares(n, rng);
    let spread = scenery::spread(config);
    chosen
        .into_iter()
        .zip(falling.into_iter().map(|place| start[place as usize]).zip(fresh))
        .map(|(topic, (start, fresh))| Interest {
            topic,
            taste: topics[topic as usize].centre.map(|x| x + spread * rng.normal()),
            start,
            end: (1.0 - config.drift) * start + config.drift * fresh,
        })
        .collect()
}

/// Draws `n` different topics; those of the country come up twice as often.
fn choose_topics(n: usize, n_topics: u32, country: u32, rng: &mut Rng) -> Vec<u32> {
    let local = [2 * country % n_topics, (2 * country + 1) % n_topics];
    let mut deck: Vec<u32> = (0..n_topics).chain(local).collect();
    rng.shuffle(&mut deck);
    let mut chosen = Vec::with_capacity(n);
    for topic in deck {
        if chosen.len() < n && !chosen.contains(&topic) {
            chosen.push(topic);
        }
    }
    chosen
}

/// Draws `n` shares that add up to 1, none of them negligible.
fn shares(n: usize, rng: &mut Rng) -> Vec<f32> {
    let raw: Vec<f32> = (0..n).map(|_| rng.between(0.25, 1.0)).collect();
    let sum: f32 = raw.iter().sum();
    raw.into_iter().map(|share| share / sum).collect()
}
