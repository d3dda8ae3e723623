//! The data at hand: the planted world, made when asked for, and what was read from the reader's files.

use std::rc::Rc;

use crate::engine::data::{Dataset, Truth, planted, planted_clicks};
use crate::plan::Plan;
use crate::protocol::Section;
use crate::text::{Message, Result};

/// Keeps the last planted world and the last files, so that a run can be started again without reading again.
#[derive(Default)]
pub struct Library {
    planted: Option<Planted>,
    read: Option<FromFiles>,
}

/// Data from files, how they were read, and what tells the files from others.
#[derive(Clone)]
pub struct FromFiles {
    section: Section,
    dataset: Rc<Dataset>,
    digest: String,
}

/// A planted world with the recipe's section and seed that it was made by.
struct Planted {
    section: Section,
    seed: u32,
    dataset: Rc<Dataset>,
    /// What is true of users and items.
    truth: Option<Rc<Truth>>,
}

impl Library {
    /// The data that `plan` asks for.
    ///
    /// # Errors
    /// If they come from files that have not been chosen.
    pub fn dataset(&mut self, plan: &Plan) -> Result<Rc<Dataset>> {
        let section = &plan.recipe.data;
        let seed = plan.recipe.data_seed();
        if let Some(made) = &self.planted
            && made.section == *section
            && made.seed == seed
        {
            return Ok(Rc::clone(&made.dataset));
        }
        let (dataset, truth) = if let Some(config) = plan.planted() {
            let (dataset, truth) = planted(&config, seed);
            (dataset, Some(Rc::new(truth)))
        } else if let Some(config) = plan.planted_clicks() {
            (planted_clicks(&config, seed), None)
        } else {
            return self.files(section);
        };
        let dataset = Rc::new(dataset);
        self.planted = Some(Planted {
            section: section.clone(),
            seed,
            dataset: Rc::clone(&dataset),
            truth,
        });
        Ok(dataset)
    }

    /// What is true of `dataset`, if it is the planted world last made.
    pub fn truth(&self, dataset: &Rc<Dataset>) -> Option<Rc<Truth>> {
        let made = self.planted.as_ref()?;
        made.truth.clone().filter(|_| Rc::ptr_eq(&made.dataset, dataset))
    }

    /// Keeps data that were read from files as `section` describes, and gives back those before.
    pub fn keep(&mut self, section: Section, dataset: Rc<Dataset>, digest: String) -> Option<FromFiles> {
        self.read.replace(FromFiles {
            section,
            dataset,
            digest,
        })
    }

    /// Undoes [`Library::keep`].
    pub fn put_back(&mut self, before: Option<FromFiles>) {
        self.read = before;
    }

    /// What tells the files of `dataset` from others; empty if it is not from files.
    pub fn digest(&self, dataset: &Rc<Dataset>) -> String {
        let read = self.read.as_ref().filter(|read| Rc::ptr_eq(&read.dataset, dataset));
        read.map(|read| read.digest.clone()).unwrap_or_default()
    }

    fn files(&self, section: &Section) -> Result<Rc<Dataset>> {
        match &self.read {
            Some(read) if read.section == *section => Ok(Rc::clone(&read.dataset)),
            Some(read) if read.section.kind == section.kind => {
                Err(Message::new("data.choose_file_again").with("name", &read.dataset.name))
            }
            _ => Err(Message::new("data.choose_file").with("kind", &section.kind)),
        }
    }
}
