//! The data of a run, divided.

use std::rc::Rc;

use super::{Case, Dataset, Split, UserId, popularity};

/// The data of a run, with what is held out and what training counts.
#[derive(Clone, Debug)]
pub struct World {
    /// Users, items, events.
    pub dataset: Rc<Dataset>,
    /// What is held out.
    pub split: Split,
    /// How often each item occurs in training.
    pub counts: Vec<u32>,
}

impl World {
    /// Counts what `split` leaves for training.
    #[must_use]
    pub fn new(dataset: Rc<Dataset>, split: Split) -> Self {
        let counts = popularity(&dataset.log, &split, dataset.items.len());
        Self { dataset, split, counts }
    }

    /// What a picture of `user` shows: the test case, or all events and nothing held out for a user without one.
    #[must_use]
    pub fn case(&self, user: UserId) -> Case {
        let test = &self.split.test;
        match test.binary_search_by_key(&user, |case| case.user) {
            Ok(at) => test[at],
            Err(_) => {
                let all = self.dataset.log.user(user).items.len() as u32;
                Case {
                    user,
                    history: all,
                    end: all,
                }
            }
        }
    }
}
