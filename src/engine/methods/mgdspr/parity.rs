//! A very small MGDSPR against PyTorch: users, items, loss and the gradient of every parameter.
//!
//! The expected numbers are in `tests/golden/mgdspr.json`, next to the script that made them.

use serde::Deserialize;

use super::{METHOD, Mgdspr};
use crate::engine::data::{Batch, Case, Column, Dataset, Field, Interaction, ItemId, Log, QueryLog, Table, UserId};
use crate::engine::features::Facts;
use crate::engine::methods::golden::{Parameters, assert_near, check_gradients, softmax_among_all, take_up};
use crate::engine::model::Retriever;
use crate::engine::nn::{Params, Tape};
use crate::engine::rng::{Purpose, Rng};
use crate::settings::{Settings, Value};

const GOLDEN: &str = include_str!("../../../../tests/golden/mgdspr.json");

/// What single precision loses on the way through attention, norms and time.
const NEAR: f32 = 5e-5;

#[derive(Deserialize)]
pub struct Golden {
    titles: Vec<String>,
    shelves: Vec<u32>,
    tags: Vec<Vec<u32>>,
    users: Vec<Events>,
    user_vectors: Vec<f32>,
    item_vectors: Vec<f32>,
    loss: f32,
    params: Parameters,
}

/// The history of a user, and last what was typed and chosen.
#[derive(Clone, Deserialize)]
pub struct Events {
    pub items: Vec<u32>,
    pub queries: Vec<String>,
}

impl Golden {
    pub fn read() -> Self {
        serde_json::from_str(GOLDEN).expect("the golden file is as its script wrote it")
    }

    pub fn users(&self) -> &[Events] {
        &self.users
    }

    /// The golden items, and the events of `users`.
    pub fn dataset(&self, users: &[Events]) -> Dataset {
        let mut queries = QueryLog::default();
        let mut events = Vec::new();
        for (user, of_user) in users.iter().enumerate() {
            for (time, (item, query)) in of_user.items.iter().zip(&of_user.queries).enumerate() {
                queries.push(query);
                events.push(Interaction {
                    user: UserId(user as u32),
                    item: ItemId(*item),
                    time: time as i64,
                    value: 1.0,
                });
            }
        }
        Dataset {
            items: self.items(),
            log: Log::build(users.len(), events),
            queries: queries.finish(false),
            ..Dataset::default()
        }
    }

    fn items(&self) -> Table {
        let words = || ["a", "b", "c"].map(str::to_owned).to_vec();
        let ends = self.tags.iter().scan(0, |end, tags| {
            *end += tags.len() as u32;
            Some(*end)
        });
        let field = |name: &str, column| Field {
            name: name.to_owned(),
            column,
        };
        let shelf = Column::Category {
            words: words(),
            ids: self.shelves.clone(),
        };
        let tags = Column::Tags {
            words: words(),
            offsets: [0].into_iter().chain(ends).collect(),
            ids: self.tags.concat(),
        };
        Table {
            keys: (0..self.titles.len()).map(|key| key.to_string()).collect(),
            titles: self.titles.clone(),
            fields: vec![field("shelf", shelf), field("tags", tags)],
        }
    }
}

/// The settings of the golden model, with others where `others` says so.
pub fn settings(others: &[(&str, Value)]) -> Settings {
    let small = [
        ("heads", 2.0),
        ("head_dim", 2.0),
        ("real_time", 2.0),
        ("short_term", 2.0),
        ("past_queries", 2.0),
        ("buckets", 16.0),
    ];
    let given = small
        .map(|(key, value)| (key, Value::Number(value)))
        .into_iter()
        .chain(others.iter().cloned())
        .map(|(key, value)| (key.to_owned(), value));
    Settings::check("model", &(METHOD.knobs)(), &given.collect()).expect("sound settings")
}

/// The batch that asks what each user wanted last.
pub fn last_of_each(dataset: &Dataset) -> Batch {
    let cases: Vec<Case> = dataset
        .log
        .users()
        .map(|user| {
            let end = dataset.log.user(user).items.len() as u32;
            Case {
                user,
                history: end - 1,
                end,
            }
        })
        .collect();
    let mut batch = Batch::default();
    batch.contexts(dataset, &cases, 100);
    batch
}

#[test]
fn vectors_loss_and_gradients_agree_with_pytorch() {
    let golden = Golden::read();
    let dataset = golden.dataset(golden.users());
    let mut params = Params::new();
    let mut rng = Rng::stream(1, Purpose::Init, 0);
    let known = Facts::left_out(&dataset.items);
    let mut model = Mgdspr::build(&settings(&[]), &dataset, known, &mut params, &mut rng);
    take_up(&mut params, &golden.params);
    let mut tape = Tape::new();
    let batch = last_of_each(&dataset);
    let encoded = model.encode(&mut tape, &params, &batch, &[0, 1, 2, 3, 4]);
    assert_near("users", tape.value(encoded.users), &golden.user_vectors, NEAR);
    assert_near("items", tape.value(encoded.items), &golden.item_vectors, NEAR);
    let positives: Vec<u32> = golden
        .users
        .iter()
        .filter_map(|user| user.items.last().copied())
        .collect();
    let loss = softmax_among_all(&mut tape, encoded.users, encoded.items, &positives, 1.0);
    assert_near("loss", tape.value(loss), &[golden.loss], NEAR);
    tape.backward(&mut params, loss);
    check_gradients("MGDSPR", &params, &golden.params, NEAR);
}
