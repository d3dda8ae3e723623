//! Planted rows: clicks on adverts of a large vocabulary, drawn from a logistic model that is known.
//!
//! ```text
//! log-odds = β + b_a + ⟨v_a, p⟩ (+ c_u + ⟨v_a, t_u⟩) + effects of price, length, age and hour
//! ```
//!
//! Every advert a has a log-odds b of its own and a vector v near that of its group; p is the vector of the place it is shown
//! at. Where there is an audience, everyone u of it has a log-odds c and a taste t near that of a group. Adverts are used by
//! Zipf's law, so most of a large vocabulary is rare: what an id alone cannot teach, its `category` can, a blurred view
//! of the group. The numbers act as in the planted world, [`EFFECTS`]. Numbers of adverts say nothing of rank or group.

use super::planted::EFFECTS;
use super::{ClickRows, Column, Dataset, Field};
use crate::engine::rng::{Purpose, Rng};

/// Groups of adverts, and of the audience.
const GROUPS: u32 = 12;

/// Places where adverts are shown.
const PLACES: u32 = 8;

/// Numbers of a hidden vector.
const WIDTH: usize = 4;

/// β: about three rows of ten are clicked.
const BASE: f32 = -1.0;

/// Standard deviations of a group's log-odds, of an advert's around it, of vectors of groups, and of an advert's around them.
const GROUP_ODDS: f32 = 0.6;
const OWN_ODDS: f32 = 0.6;
const GROUP_VECTOR: f32 = 0.7;
const OWN_VECTOR: f32 = 0.3;

/// What planted rows are like.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedClicks {
    /// Rows, at least 1.
    pub rows: u32,
    /// Words of the large vocabulary, at least 1; of each of them where there is an audience.
    pub ids: u32,
    /// Whether there is a second large vocabulary: to whom it is shown.
    pub audience: bool,
    /// Exponent of Zipf's law: the word of rank r is used with weight r^-skew. 0 for no skew.
    pub skew: f32,
    /// Chance that the category says nothing of the group.
    pub noise: f32,
}

impl Default for PlantedClicks {
    fn default() -> Self {
        Self {
            rows: 60_000,
            ids: 10_000,
            audience: false,
            skew: 0.9,
            noise: 0.25,
        }
    }
}

/// Numbers of the random streams under [`Purpose::World`].
mod streams {
    pub const ADVERTS: u64 = 0;
    pub const AUDIENCE: u64 = 1;
    pub const PLACES: u64 = 2;
    pub const ROWS: u64 = 3;
}

/// A large vocabulary, of which each word has a group, log-odds and a vector.
struct Vocabulary {
    /// Sums of weights by rank, and the word of each rank.
    sums: Vec<f64>,
    words: Vec<u32>,
    groups: Vec<u32>,
    odds: Vec<f32>,
    vectors: Vec<[f32; WIDTH]>,
}

impl Vocabulary {
    fn build(config: &PlantedClicks, seed: u32, stream: u64) -> Self {
        let mut rng = Rng::stream(seed, Purpose::World, stream);
        let mut sum = 0.0;
        let weight = |rank: u32| libm::pow(f64::from(rank), -f64::from(config.skew));
        let sums = (1..=config.ids).map(|rank| {
            sum += weight(rank);
            sum
        });
        let sums = sums.collect();
        let mut words: Vec<u32> = (0..config.ids).collect();
        rng.shuffle(&mut words);
        let centres: Vec<(f32, [f32; WIDTH])> = (0..GROUPS)
            .map(|_| {
                (
                    GROUP_ODDS * rng.normal(),
                    [(); WIDTH].map(|()| GROUP_VECTOR * rng.normal()),
                )
            })
            .collect();
        let mut all = Self {
            sums,
            words,
            groups: Vec::new(),
            odds: Vec::new(),
            vectors: Vec::new(),
        };
        for _ in 0..config.ids {
            let group = rng.below(GROUPS);
            let (odds, centre) = centres[group as usize];
            all.groups.push(group);
            all.odds.push(odds + OWN_ODDS * rng.normal());
            all.vectors.push(centre.map(|x| x + OWN_VECTOR * rng.normal()));
        }
        all
    }

    /// A word, by how often words are used.
    fn draw(&self, rng: &mut Rng) -> u32 {
        let mark = f64::from(rng.bits()) / 4_294_967_296.0 * self.sums[self.sums.len() - 1];
        let rank = self.sums.partition_point(|&sum| sum <= mark);
        self.words[rank.min(self.words.len() - 1)]
    }
}

fn product(a: &[f32; WIDTH], b: &[f32; WIDTH]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Makes the rows of `config` and `seed`.
///
/// # Panics
/// If there is to be no row or no word.
#[must_use]
pub fn planted_clicks(config: &PlantedClicks, seed: u32) -> Dataset {
    assert!(config.rows >= 1 && config.ids >= 1, "no row or no word");
    let adverts = Vocabulary::build(config, seed, streams::ADVERTS);
    let audience = config
        .audience
        .then(|| Vocabulary::build(config, seed, streams::AUDIENCE));
    let mut rng = Rng::stream(seed, Purpose::World, streams::PLACES);
    let places: Vec<[f32; WIDTH]> = (0..PLACES).map(|_| [(); WIDTH].map(|()| rng.normal())).collect();

    let mut rng = Rng::stream(seed, Purpose::World, streams::ROWS);
    let (mut ids, mut people) = (Vec::new(), Vec::new());
    let (mut categories, mut shown_at) = (Vec::new(), Vec::new());
    let mut numbers = [(); 4].map(|()| Vec::new());
    let mut rows = ClickRows::default();
    for _ in 0..config.rows {
        let advert = adverts.draw(&mut rng);
        let place = rng.below(PLACES);
        let blurred = rng.uniform() < config.noise;
        let any = rng.below(GROUPS);
        let of_row = [
            20.0 * libm::expf(0.8 * rng.normal()),
            70.0 * libm::expf(0.5 * rng.normal()),
            rng.between(18.0, 80.0).floor(),
            rng.between(0.0, 24.0),
        ];
        let vector = &adverts.vectors[advert as usize];
        let [price, length, age, hour] = of_row;
        let mut log_odds = BASE + adverts.odds[advert as usize] + product(vector, &places[place as usize]);
        log_odds += EFFECTS.price(price) + EFFECTS.length(length) + EFFECTS.age(age) + EFFECTS.hour(hour);
        if let Some(audience) = &audience {
            let person = audience.draw(&mut rng);
            log_odds += audience.odds[person as usize] + product(vector, &audience.vectors[person as usize]);
            people.push(person);
        }
        rows.clicked.push(rng.uniform() < 1.0 / (1.0 + libm::expf(-log_odds)));
        rows.log_odds.push(log_odds);
        ids.push(advert);
        categories.push(if blurred { any } else { adverts.groups[advert as usize] });
        shown_at.push(place);
        numbers
            .iter_mut()
            .zip(of_row)
            .for_each(|(column, number)| column.push(number));
    }
    let field = |name: &str, column| Field {
        name: name.to_owned(),
        column,
    };
    let large = |ids| Column::Id { count: config.ids, ids };
    let few = |n: u32, ids| Column::Category {
        words: (1..=n).map(|word| word.to_string()).collect(),
        ids,
    };
    let mut fields = vec![field("advert", large(ids))];
    if config.audience {
        fields.push(field("person", large(people)));
    }
    fields.push(field("category", few(GROUPS, categories)));
    fields.push(field("place", few(PLACES, shown_at)));
    let names = ["price", "length", "age", "hour"].into_iter();
    fields.extend(
        names
            .zip(numbers)
            .map(|(name, values)| field(name, Column::Number { values })),
    );
    rows.table.fields = fields;
    Dataset {
        name: "Planted clicks".to_owned(),
        rows,
        ..Dataset::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column<'a>(data: &'a Dataset, name: &str) -> &'a Column {
        &data.rows.table.field(name).unwrap_or_else(|| panic!("{name}")).column
    }

    fn ids<'a>(data: &'a Dataset, name: &str) -> &'a [u32] {
        match column(data, name) {
            Column::Id { ids, .. } | Column::Category { ids, .. } => ids,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn clicks_are_as_likely_as_they_are_said_to_be() {
        let data = planted_clicks(&PlantedClicks::default(), 3);
        let rows = &data.rows;
        assert_eq!((rows.len(), rows.table.len(), data.users.len()), (60_000, 60_000, 0));
        let clicked = rows.clicked.iter().filter(|clicked| **clicked).count() as f32;
        let chances = rows.log_odds.iter().map(|s| 1.0 / (1.0 + libm::expf(-s)));
        let expected: f32 = chances.sum();
        // Standard deviation below √(60,000 / 4) = 122.
        assert!((clicked - expected).abs() < 500.0, "{clicked} for {expected}");
        assert!((0.15..0.45).contains(&(clicked / 60_000.0)), "{clicked}");
        assert_eq!(planted_clicks(&PlantedClicks::default(), 3), data);
        assert_ne!(planted_clicks(&PlantedClicks::default(), 4).rows.clicked, rows.clicked);
    }

    #[test]
    fn common_adverts_are_shown_by_zipfs_law_and_their_numbers_say_nothing() {
        let config = PlantedClicks {
            ids: 1_000,
            skew: 1.0,
            audience: true,
            ..PlantedClicks::default()
        };
        let data = planted_clicks(&config, 1);
        let mut counts = vec![0_u32; 1_000];
        ids(&data, "advert").iter().for_each(|id| counts[*id as usize] += 1);
        let mut falling = counts.clone();
        order_down(&mut falling);
        // Shares 1/1 and 1/10 of the harmonic sum 7.485: 8,016 and 802 rows.
        assert!((7_700..8_300).contains(&falling[0]), "{}", falling[0]);
        assert!((700..900).contains(&falling[9]), "{}", falling[9]);
        let of_low: u32 = counts[..500].iter().sum();
        assert!((10_000..50_000).contains(&of_low), "{of_low} rows of the low half");
        assert_eq!(ids(&data, "person").len(), 60_000);
        assert_ne!(ids(&data, "person")[..50], ids(&data, "advert")[..50]);
    }

    fn order_down(numbers: &mut [u32]) {
        crate::engine::order::ascend(numbers);
        numbers.reverse();
    }

    #[test]
    fn a_category_says_more_of_its_adverts_with_less_noise() {
        // Share of rows whose advert is most often shown with this category.
        let agreement = |noise| {
            let config = PlantedClicks {
                ids: 200,
                noise,
                ..PlantedClicks::default()
            };
            let data = planted_clicks(&config, 1);
            let mut counts = vec![[0_u32; GROUPS as usize]; 200];
            let both = ids(&data, "advert").iter().zip(ids(&data, "category"));
            both.for_each(|(advert, category)| counts[*advert as usize][*category as usize] += 1);
            let most: u32 = counts.iter().map(|of| of.iter().max().expect("groups")).sum();
            f64::from(most) / 60_000.0
        };
        assert_eq!(agreement(0.0), 1.0);
        // Three quarters, and a twelfth of the rest.
        assert!((agreement(0.25) - 0.77).abs() < 0.02, "{}", agreement(0.25));
    }

    #[test]
    fn a_million_words_are_numbers_and_no_texts() {
        let config = PlantedClicks {
            rows: 1_000,
            ids: 1_000_000,
            ..PlantedClicks::default()
        };
        let data = planted_clicks(&config, 1);
        assert!(matches!(column(&data, "advert"), Column::Id { count: 1_000_000, ids } if ids.len() == 1_000));
    }
}
