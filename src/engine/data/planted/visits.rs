//! What happens in the planted world: sessions, slates of items, clicks and queries.

use super::people::Crowd;
use super::scenery::Scene;
use super::{DAYS, EFFECTS, Interest, PlantedConfig, START, streams};
use crate::engine::data::{Impression, Interaction, ItemId, Log, QueryLog, UserId};
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};

/// Items shown at once.
const SLATE: usize = 5;

/// Chance that a place of the slate is filled from the topic the user has in mind, rather than from anywhere.
const ON_TOPIC: f32 = 0.8;

/// Log-odds of a click on an item of an interest, and of any other, before the effects of numbers.
const LIKED: f32 = 0.0;
const OTHER: f32 = -5.0;

/// Chance to look at the next item of the slate after one that was not clicked.
const LOOK_ON: f32 = 0.85;

/// Chance to stay with the topic of the session.
const STAY: f32 = 0.7;

/// Mean events of a session.
const SESSION: u32 = 5;

/// Slates without a click after which a user has had enough for good.
const PATIENCE: usize = 60;

/// Everything that happened, and which of it was false.
pub struct Visits {
    pub log: Log,
    pub false_clicks: Vec<bool>,
    pub impressions: Vec<Impression>,
    pub queries: QueryLog,
    pub query_topics: Vec<Option<u32>>,
}

/// Lets every user visit.
pub fn play(config: &PlantedConfig, seed: u32, scene: &Scene, crowd: &Crowd) -> Visits {
    let mut shelves = Shelves::build(scene);
    let mut events = Vec::new();
    let mut visits = Visits {
        log: Log::default(),
        false_clicks: Vec::new(),
        impressions: Vec::new(),
        queries: QueryLog::default(),
        query_topics: Vec::new(),
    };
    for user in 0..config.users {
        let mut visitor = Visitor {
            config,
            scene,
            user: UserId(user),
            age: crowd.ages[user as usize],
            interests: &crowd.interests[user as usize],
            rng: Rng::stream(seed, Purpose::World, streams::visits(user)),
        };
        visitor.live(&mut shelves, &mut events, &mut visits);
    }
    // A user's times grow with every event, so that putting the log in order moves nothing against `false_clicks` and
    // `queries`.
    visits.log = Log::build(config.users as usize, events);
    visits
}

/// Sums of weights from which items are drawn in proportion, and marks of what the present user has clicked.
struct Shelves {
    by_topic: Vec<Vec<f32>>,
    all: Vec<f32>,
    /// The last user who clicked the item, plus 1.
    clicked_by: Vec<u32>,
}

impl Shelves {
    fn build(scene: &Scene) -> Self {
        let sums = |items: &mut dyn Iterator<Item = f32>| {
            let mut sum = 0.0;
            items
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect()
        };
        Self {
            by_topic: scene
                .members
                .iter()
                .map(|items| sums(&mut items.iter().map(|&item| scene.weights[item as usize])))
                .collect(),
            all: sums(&mut scene.weights.iter().copied()),
            clicked_by: vec![0; scene.weights.len()],
        }
    }
}

/// Index drawn in proportion to the weights whose running sums are given.
fn draw(sums: &[f32], rng: &mut Rng) -> usize {
    let mark = rng.uniform() * sums[sums.len() - 1];
    sums.partition_point(|&sum| sum <= mark).min(sums.len() - 1)
}

/// One user at large.
struct Visitor<'a> {
    config: &'a PlantedConfig,
    scene: &'a Scene,
    user: UserId,
    age: f32,
    interests: &'a [Interest],
    rng: Rng,
}

impl Visitor<'_> {
    /// Goes through all sessions of the user, oldest first.
    fn live(&mut self, shelves: &mut Shelves, events: &mut Vec<Interaction>, visits: &mut Visits) {
        let target = self.n_events();
        let starts = self.session_starts(target.div_ceil(SESSION));
        let n_sessions = starts.len() as u32;
        let mut now = 0;
        for (session, start) in starts.into_iter().enumerate() {
            let session = session as u32;
            let done = session as f32 / (n_sessions - 1).max(1) as f32;
            let main = self.topic_in_mind(done);
            now = start.max(now + 3_600);
            for _ in target * session / n_sessions..target * (session + 1) / n_sessions {
                let Some((item, is_false)) = self.next_click(done, main, &mut now, shelves, visits) else {
                    return;
                };
                shelves.clicked_by[item.idx()] = self.user.0 + 1;
                visits.false_clicks.push(is_false);
                events.push(Interaction {
                    user: self.user,
                    item,
                    time: now,
                    value: 1.0,
                });
            }
        }
    }

    /// How many events the user will have: log-normal around the mean, at least 5 where there are items enough.
    fn n_events(&mut self) -> u32 {
        let mean = self.config.events_per_user as f32;
        let drawn = mean * libm::expf(0.4 * self.rng.normal() - 0.08);
        (drawn.round() as u32).max(5).min(self.config.items.div_ceil(4))
    }

    /// First seconds of the sessions, ascending: any day, mostly in the evening.
    fn session_starts(&mut self, n: u32) -> Vec<i64> {
        let mut starts: Vec<u32> = (0..n)
            .map(|_| {
                let day = self.rng.below(DAYS);
                let hour = (17.0 + 4.0 * self.rng.normal()).clamp(0.0, 23.9);
                86_400 * day + (3_600.0 * hour) as u32
            })
            .collect();
        order::ascend(&mut starts);
        starts.into_iter().map(|start| START + i64::from(start)).collect()
    }

    fn topic_in_mind(&mut self, done: f32) -> usize {
        let mark = self.rng.uniform();
        let mut sum = 0.0;
        let place = self.interests.iter().position(|interest| {
            sum += interest.weight(done);
            mark < sum
        });
        place.unwrap_or(self.interests.len() - 1)
    }

    /// Looks through slates until an item is clicked, rightly or falsely; nothing when patience ends.
    fn next_click(
        &mut self,
        done: f32,
        main: usize,
        now: &mut i64,
        shelves: &Shelves,
        visits: &mut Visits,
    ) -> Option<(ItemId, bool)> {
        let stays = self.rng.uniform() < STAY;
        let interest = self.interests[if stays { main } else { self.topic_in_mind(done) }];
        let asked = self.rng.uniform() < self.config.searches;
        let is_false = self.rng.uniform() < self.config.false_clicks;
        let mut clicked = None;
        for _ in 0..PATIENCE {
            *now += i64::from(20 + self.rng.below(160));
            let mut slate = self.slate(&interest, shelves);
            clicked = if is_false {
                self.click_falsely(&mut slate, shelves)
            } else {
                self.click(&slate, *now)
            };
            self.record(&slate, clicked, *now, visits);
            if clicked.is_some() {
                break;
            }
        }
        let item = clicked?;
        let query = if asked { self.ask(interest.topic) } else { String::new() };
        visits.queries.push(&query);
        visits.query_topics.push(asked.then_some(interest.topic));
        Some((item, is_false))
    }

    /// Up to [`SLATE`] different items that the user has not clicked yet.
    fn slate(&mut self, interest: &Interest, shelves: &Shelves) -> Vec<ItemId> {
        let mut slate = Vec::with_capacity(SLATE);
        for _ in 0..SLATE {
            let on_topic = self.rng.uniform() < ON_TOPIC;
            for _ in 0..20 {
                let item = if on_topic {
                    self.item_of(interest, shelves)
                } else {
                    ItemId(draw(&shelves.all, &mut self.rng) as u32)
                };
                if !slate.contains(&item) && shelves.clicked_by[item.idx()] != self.user.0 + 1 {
                    slate.push(item);
                    break;
                }
            }
        }
        slate
    }

    /// An item of the topic by its popularity and by its nearness to the user's taste, by rejection.
    fn item_of(&mut self, interest: &Interest, shelves: &Shelves) -> ItemId {
        let topic = interest.topic as usize;
        loop {
            let item = self.scene.members[topic][draw(&shelves.by_topic[topic], &mut self.rng)];
            let place = self.scene.positions[item as usize];
            let (x, y) = (place[0] - interest.taste[0], place[1] - interest.taste[1]);
            let away = (x * x + y * y) / (self.scene.spread * self.scene.spread);
            if self.rng.uniform() < libm::expf(-0.5 * away).max(0.05) {
                return ItemId(item);
            }
        }
    }

    /// The cascade: look at one item after the other until one is clicked or the user looks away.
    fn click(&mut self, slate: &[ItemId], now: i64) -> Option<ItemId> {
        for &item in slate {
            if self.rng.uniform() < self.chance(item, now) {
                return Some(item);
            }
            if self.rng.uniform() >= LOOK_ON {
                return None;
            }
        }
        None
    }

    /// Chance of a click on an item that is looked at.
    fn chance(&self, item: ItemId, now: i64) -> f32 {
        let topic = self.scene.item_topics[item.idx()];
        let liked = self.interests.iter().any(|interest| interest.topic == topic);
        let hour = (now - START).rem_euclid(86_400) as f32 / 3_600.0;
        let log_odds = if liked { LIKED } else { OTHER }
            + EFFECTS.price(self.scene.prices[item.idx()])
            + EFFECTS.length(self.scene.lengths[item.idx()])
            + EFFECTS.age(self.age)
            + EFFECTS.hour(hour);
        1.0 / (1.0 + libm::expf(-log_odds))
    }

    /// Puts any item not clicked yet into the slate and clicks it.
    fn click_falsely(&mut self, slate: &mut Vec<ItemId>, shelves: &Shelves) -> Option<ItemId> {
        let item = ItemId(self.rng.below(self.config.items));
        if shelves.clicked_by[item.idx()] == self.user.0 + 1 {
            return None;
        }
        if !slate.contains(&item) {
            slate.pop();
            let place = self.rng.below(slate.len() as u32 + 1) as usize;
            slate.insert(place, item);
        }
        Some(item)
    }

    fn record(&self, slate: &[ItemId], clicked: Option<ItemId>, now: i64, visits: &mut Visits) {
        visits.impressions.extend(slate.iter().map(|&item| Impression {
            user: self.user,
            item,
            time: now,
            clicked: clicked == Some(item),
        }));
    }

    /// A query of one to three words of the topic, now and then with a word of another.
    fn ask(&mut self, topic: u32) -> String {
        let mut words: Vec<&str> = Vec::new();
        for _ in 0..1 + self.rng.below(3) {
            let foreign = self.rng.uniform() < 0.5 * self.config.noise;
            let from = if foreign {
                self.rng.below(self.config.topics)
            } else {
                topic
            };
            let own = &self.scene.topic_words[from as usize];
            let word = own[self.rng.below(own.len() as u32) as usize].as_str();
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" ")
    }
}
