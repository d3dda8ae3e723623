//! Topics and items of the planted world: where they lie, what they are called, what can be observed of them.

use super::words::{MOODS, TOPICS};
use super::{MODALITIES, PlantedConfig, SHELF_NOISE, Topic, streams};
use crate::engine::data::{Column, Field, Table, small};
use crate::engine::rng::{Purpose, Rng};

/// Width of each modality's vectors.
const MODALITY_WIDTH: usize = 8;

/// Radius that a topic's items scatter over: a share of the distance between topics.
const SPREAD: f32 = 0.22;

/// The items, and what visits need to know of them.
pub struct Scene {
    /// Keys, titles and features.
    pub table: Table,
    /// Topic of each item.
    pub item_topics: Vec<u32>,
    /// Items of each topic, ascending.
    pub members: Vec<Vec<u32>>,
    /// Place of each item.
    pub positions: Vec<[f32; 2]>,
    /// Zipf weight of each item.
    pub weights: Vec<f32>,
    /// Price of each item.
    pub prices: Vec<f32>,
    /// Minutes of each item.
    pub lengths: Vec<f32>,
    /// What people type who want something of each topic.
    pub topic_words: Vec<Vec<String>>,
    /// Standard deviation of items around their topic.
    pub spread: f32,
}

/// Places the topics evenly over a disc (a sunflower's seeds; Vogel, 1979), turned at random.
pub fn topics(config: &PlantedConfig, seed: u32) -> Vec<Topic> {
    let mut rng = Rng::stream(seed, Purpose::World, streams::TOPICS);
    let turn = rng.between(0.0, 2.0 * std::f32::consts::PI);
    let golden = std::f32::consts::PI * (3.0 - 5.0_f32.sqrt());
    let mut names: Vec<usize> = (0..config.topics as usize).collect();
    rng.shuffle(&mut names);
    let place = |seat: usize| {
        let radius = ((seat as f32 + 0.5) / config.topics as f32).sqrt();
        let angle = turn + golden * seat as f32;
        [radius * libm::cosf(angle), radius * libm::sinf(angle)]
    };
    names
        .into_iter()
        .enumerate()
        .map(|(seat, name)| Topic {
            name: TOPICS[name].name,
            centre: place(seat),
            shown_by: [0, 1, 2].map(|modality| [1.0, 0.5, 0.0][(seat + modality) % 3]),
        })
        .collect()
}

/// Standard deviation of the items around their topic, smaller the more topics share the disc.
pub fn spread(config: &PlantedConfig) -> f32 {
    SPREAD / (config.topics as f32).sqrt()
}

impl Scene {
    pub fn build(config: &PlantedConfig, seed: u32, topics: &[Topic]) -> Self {
        let n_items = config.items as usize;
        let mut rng = Rng::stream(seed, Purpose::World, streams::ITEMS);
        let mut item_topics: Vec<u32> = (0..config.items).map(|item| item % config.topics).collect();
        rng.shuffle(&mut item_topics);
        let spread = spread(config);
        let positions: Vec<[f32; 2]> = item_topics
            .iter()
            .map(|&topic| topics[topic as usize].centre.map(|x| x + spread * rng.normal()))
            .collect();
        let weights = zipf(n_items, config.popularity_skew, &mut rng);

        let mut members = vec![Vec::new(); topics.len()];
        for (item, &topic) in item_topics.iter().enumerate() {
            members[topic as usize].push(item as u32);
        }
        let topic_words = topics.iter().map(query_words).collect();
        let (numbers, prices, lengths) = numbers(n_items, seed);
        let mut fields = vec![
            shelves(config, seed, topics, &item_topics),
            tags(config, seed, topics, &item_topics),
        ];
        fields.extend(numbers);
        fields.extend(modalities(config, seed, topics, &item_topics, &positions));
        let table = Table {
            keys: (1..=n_items).map(|key| key.to_string()).collect(),
            titles: titles(seed, topics, &members, n_items),
            fields,
        };
        Self {
            table,
            item_topics,
            members,
            positions,
            weights,
            prices,
            lengths,
            topic_words,
            spread,
        }
    }
}

/// Weights rank^-skew, ranks dealt at random.
fn zipf(n_items: usize, skew: f32, rng: &mut Rng) -> Vec<f32> {
    let mut weights: Vec<f32> = (1..=n_items).map(|rank| libm::powf(rank as f32, -skew)).collect();
    rng.shuffle(&mut weights);
    weights
}

fn words_of(topic: &Topic) -> &'static super::words::TopicWords {
    TOPICS
        .iter()
        .find(|words| words.name == topic.name)
        .expect("a topic is made from its words")
}

/// Titles of three words, "Slow Rye Bread", dealt at random and unique; when they are used up they are numbered.
fn titles(seed: u32, topics: &[Topic], members: &[Vec<u32>], n_items: usize) -> Vec<String> {
    let mut rng = Rng::stream(seed, Purpose::World, streams::TITLES);
    let mut titles = vec![String::new(); n_items];
    for (topic, items) in topics.iter().zip(members) {
        let words = words_of(topic);
        let mut deck: Vec<(usize, usize, usize)> = (0..MOODS.len())
            .flat_map(|mood| (0..words.kinds.len()).map(move |kind| (mood, kind)))
            .flat_map(|(mood, kind)| (0..words.things.len()).map(move |thing| (mood, kind, thing)))
            .collect();
        rng.shuffle(&mut deck);
        for (dealt, &item) in items.iter().enumerate() {
            let (mood, kind, thing) = deck[dealt % deck.len()];
            let mut title = format!("{} {} {}", MOODS[mood], words.kinds[kind], words.things[thing]);
            let round = dealt / deck.len();
            if round > 0 {
                title.push_str(&format!(" No. {}", round + 1));
            }
            titles[item as usize] = title;
        }
    }
    titles
}

/// The words of queries for a topic: its name, its titles' words, its tags.
fn query_words(topic: &Topic) -> Vec<String> {
    let words = words_of(topic);
    let own = std::iter::once(&words.name)
        .chain(&words.kinds)
        .chain(&words.things)
        .chain(&words.tags);
    own.map(|word| small(word)).collect()
}

/// Index of `word`, which is added where it is new.
fn place_of(all: &mut Vec<String>, word: String) -> u32 {
    let found = all.iter().position(|known| *known == word);
    found.unwrap_or_else(|| {
        all.push(word);
        all.len() - 1
    }) as u32
}

/// The shelf is the topic, except for items put on any shelf by mistake.
fn shelves(config: &PlantedConfig, seed: u32, topics: &[Topic], item_topics: &[u32]) -> Field {
    let mut rng = Rng::stream(seed, Purpose::World, streams::SHELVES);
    let ids = item_topics
        .iter()
        .map(|&topic| {
            let misplaced = rng.uniform() < SHELF_NOISE * config.noise;
            if misplaced { rng.below(config.topics) } else { topic }
        })
        .collect();
    let words = topics.iter().map(|topic| topic.name.to_owned()).collect();
    field("shelf", Column::Category { words, ids })
}

/// One to three tags, mostly of the item's topic.
fn tags(config: &PlantedConfig, seed: u32, topics: &[Topic], item_topics: &[u32]) -> Field {
    let mut rng = Rng::stream(seed, Purpose::World, streams::TAGS);
    let mut words: Vec<String> = Vec::new();
    let by_topic: Vec<Vec<u32>> = topics
        .iter()
        .map(|topic| {
            let own = words_of(topic).tags.iter();
            own.map(|&tag| place_of(&mut words, tag.to_owned())).collect()
        })
        .collect();
    let mut offsets = vec![0];
    let mut ids: Vec<u32> = Vec::new();
    for &topic in item_topics {
        let first = ids.len();
        for _ in 0..1 + rng.below(3) {
            let foreign = rng.uniform() < config.noise;
            let from = if foreign { rng.below(config.topics) } else { topic };
            let own = &by_topic[from as usize];
            let tag = own[rng.below(own.len() as u32) as usize];
            if !ids[first..].contains(&tag) {
                ids.push(tag);
            }
        }
        offsets.push(ids.len() as u32);
    }
    field("tags", Column::Tags { words, offsets, ids })
}

/// Price and length, both log-normal, and a catalogue weight that means nothing.
fn numbers(n_items: usize, seed: u32) -> ([Field; 3], Vec<f32>, Vec<f32>) {
    let mut rng = Rng::stream(seed, Purpose::World, streams::NUMBERS);
    let mut column = |middle: f32, width: f32| -> Vec<f32> {
        (0..n_items)
            .map(|_| (10.0 * middle * libm::expf(width * rng.normal())).round() / 10.0)
            .map(|value| value.max(0.1))
            .collect()
    };
    let prices = column(20.0, 0.8);
    let lengths = column(70.0, 0.5);
    let weights = column(1.0, 1.0);
    let number = |name, values: &[f32]| {
        field(
            name,
            Column::Number {
                values: values.to_vec(),
            },
        )
    };
    let fields = [
        number("price", &prices),
        number("length", &lengths),
        number("weight", &weights),
    ];
    (fields, prices, lengths)
}

/// Three views of the map: a linear picture of the item's place, faded by how much the modality shows of the topic,
/// plus two hidden factors that have nothing to do with taste, plus white noise.
fn modalities(
    config: &PlantedConfig,
    seed: u32,
    topics: &[Topic],
    item_topics: &[u32],
    positions: &[[f32; 2]],
) -> Vec<Field> {
    MODALITIES
        .iter()
        .enumerate()
        .map(|(modality, name)| {
            let mut rng = Rng::stream(seed, Purpose::World, streams::MODALITIES + modality as u64);
            let lens: [[f32; 4]; MODALITY_WIDTH] = std::array::from_fn(|_| std::array::from_fn(|_| rng.normal()));
            let mut values = Vec::with_capacity(positions.len() * MODALITY_WIDTH);
            for (&topic, place) in item_topics.iter().zip(positions) {
                let shown = topics[topic as usize].shown_by[modality];
                let hidden = [config.noise * rng.normal(), config.noise * rng.normal()];
                for row in &lens {
                    let signal = shown * (row[0] * place[0] + row[1] * place[1]);
                    let nuisance = row[2] * hidden[0] + row[3] * hidden[1];
                    values.push(signal + nuisance + config.noise * rng.normal());
                }
            }
            let width = MODALITY_WIDTH;
            field(name, Column::Vector { width, values })
        })
        .collect()
}

fn field(name: &str, column: Column) -> Field {
    Field {
        name: name.to_owned(),
        column,
    }
}
