//! The planted world: data whose truth is known.
//!
//! Topics lie on a flat map of tastes and items lie around their topic. A user has a few topics of interest, a taste
//! within each, and weights that drift while time goes on. In every session the user is shown slates of items and looks through each from
//! the top until one is clicked (the cascade model of Craswell et al., WSDM 2008); what is clicked becomes an event.
//! Chance of a click: relevance and the non-linear [`Effects`] of a few numbers. A share of the events is false:
//! any item whatever. Models see the [`Dataset`]; the [`Truth`] is for judging them.

mod effects;
mod people;
mod scenery;
mod visits;
mod words;

use super::{ClickRows, Dataset, ItemId, UserId, World, training_items};
pub use effects::{EFFECTS, Effects};

/// The most topics a world can have: there are words for no more.
pub const TOPICS_MAX: u32 = words::TOPICS.len() as u32;

/// Names of the item fields that hold the three modalities.
pub const MODALITIES: [&str; 3] = ["image", "sound", "text"];

/// The first second of every planted world: 2024-01-01 00:00 UTC.
pub const START: i64 = 1_704_067_200;

/// How many days a planted world lasts.
pub const DAYS: u32 = 180;

/// Chance that an item stands on a shelf that is not its topic's, for each unit of [`PlantedConfig::noise`].
pub const SHELF_NOISE: f32 = 0.3;

/// What a planted world is like.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedConfig {
    /// Users, at least 1.
    pub users: u32,
    /// Items, at least as many as topics.
    pub items: u32,
    /// Topics, from 1 to [`TOPICS_MAX`].
    pub topics: u32,
    /// Most interests of a user, at least 1; each user has from 1 to so many.
    pub interests_max: u32,
    /// Mean events of a user, at least 1.
    pub events_per_user: u32,
    /// Exponent of Zipf's law: the item of rank r is drawn with weight r^-skew. 0 for no skew.
    pub popularity_skew: f32,
    /// Share of events that are false clicks.
    pub false_clicks: f32,
    /// How far interests move from first to last event: 0 not at all, 1 to weights that have nothing to do with the
    /// first ones.
    pub drift: f32,
    /// How blurred everything observed is, from 0 to 1: modalities, shelves, tags, the words of queries.
    pub noise: f32,
    /// Share of events that a query led to.
    pub searches: f32,
}

impl Default for PlantedConfig {
    fn default() -> Self {
        Self {
            users: 1_000,
            items: 600,
            topics: 10,
            interests_max: 5,
            events_per_user: 30,
            popularity_skew: 0.8,
            false_clicks: 0.03,
            drift: 0.5,
            noise: 0.25,
            searches: 0.3,
        }
    }
}

/// What is true in a planted world and stands in no data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// The topics.
    pub topics: Vec<Topic>,
    /// Topic of each item.
    pub item_topics: Vec<u32>,
    /// Place of each item on the map of tastes.
    pub item_positions: Vec<[f32; 2]>,
    /// Weight with which each item is drawn within its topic.
    pub item_weights: Vec<f32>,
    /// Interests of each user, heaviest first at the start.
    pub interests: Vec<Vec<Interest>>,
    /// Whether each event of the log, in the log's order, is a false click.
    pub false_clicks: Vec<bool>,
    /// Topic meant by the query behind each event of the log, where there is one.
    pub query_topics: Vec<Option<u32>>,
    /// How numbers act on clicking.
    pub effects: Option<Effects>,
}

impl Truth {
    /// Whether `user` chose `item` by false clicks alone, as far as training goes.
    #[must_use]
    pub fn falsely(&self, world: &World, user: UserId, item: ItemId) -> bool {
        let first = world.dataset.log.range(user).start;
        let chosen = training_items(&world.dataset.log, &world.split, user);
        let mut clicks = (first..).zip(chosen).filter(|(_, other)| **other == item);
        clicks.all(|(event, _)| self.false_clicks[event])
    }
}

/// One topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// What people call it.
    pub name: &'static str,
    /// Its middle on the map of tastes, within the unit disc.
    pub centre: [f32; 2],
    /// How much each of [`MODALITIES`] shows of an item's place: 1, a half, and nothing.
    pub shown_by: [f32; 3],
}

/// One interest of a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interest {
    /// The topic.
    pub topic: u32,
    /// The point of the map liked most within the topic.
    pub taste: [f32; 2],
    /// Share of the user's attention at the first session.
    pub start: f32,
    /// Share at the last session; between them it moves evenly.
    pub end: f32,
}

impl Interest {
    /// Share of attention when `done` of the user's sessions, from 0 to 1, have passed.
    #[must_use]
    pub fn weight(&self, done: f32) -> f32 {
        self.start + done * (self.end - self.start)
    }
}

/// Makes the world of `config` and `seed`.
///
/// # Panics
/// If a number in `config` is outside what its description allows.
#[must_use]
pub fn planted(config: &PlantedConfig, seed: u32) -> (Dataset, Truth) {
    assert!(config.users >= 1 && config.events_per_user >= 1 && config.interests_max >= 1);
    assert!((1..=TOPICS_MAX).contains(&config.topics), "{} topics", config.topics);
    assert!(
        config.items >= config.topics,
        "{} items for {} topics",
        config.items,
        config.topics
    );

    let topics = scenery::topics(config, seed);
    let scene = scenery::Scene::build(config, seed, &topics);
    let crowd = people::Crowd::build(config, seed, &topics);
    let visits = visits::play(config, seed, &scene, &crowd);

    let dataset = Dataset {
        name: "Planted world".to_owned(),
        users: crowd.table,
        items: scene.table,
        log: visits.log,
        timed: true,
        group_field: Some("shelf".to_owned()),
        impressions: visits.impressions,
        queries: visits.queries.finish(false),
        rows: ClickRows::default(),
        vectors: None,
        notices: Vec::new(),
    };
    let truth = Truth {
        topics,
        item_topics: scene.item_topics,
        item_positions: scene.positions,
        item_weights: scene.weights,
        interests: crowd.interests,
        false_clicks: visits.false_clicks,
        query_topics: visits.query_topics,
        effects: Some(EFFECTS),
    };
    (dataset, truth)
}

/// Numbers of the random streams under [`Purpose::World`](crate::engine::rng::Purpose::World).
mod streams {
    pub const TOPICS: u64 = 0;
    pub const ITEMS: u64 = 1;
    pub const TITLES: u64 = 2;
    pub const SHELVES: u64 = 3;
    pub const TAGS: u64 = 4;
    pub const NUMBERS: u64 = 5;
    /// And the two after it.
    pub const MODALITIES: u64 = 6;

    /// Who the user is.
    pub fn person(user: u32) -> u64 {
        100 + 2 * u64::from(user)
    }

    /// What the user does.
    pub fn visits(user: u32) -> u64 {
        101 + 2 * u64::from(user)
    }
}

#[cfg(test)]
mod tests;
