//! What the session does about searches and indexes.

use std::rc::Rc;

use super::indexes::{Asked, Clock, Told, Vectors, no_clock};
use super::run::Run;
use super::saved::SavedRun;
use super::search::{no_vectors, row_of};
use super::{Active, Out, Session, vectors};
use crate::decimal::written_f32;
use crate::engine::index::files::{self, write_faiss, write_fvecs, write_npy};
use crate::engine::index::{Index, held};
use crate::engine::matrix::{Matrix, Metric};
use crate::pictures::{kept, scenery, walked};
use crate::protocol::{Bytes, Event, Export, NamedFile, Query, Recipe, Reply, Request, Section, Shelf};
use crate::settings::{Value, by_key};
use crate::text::{Message, Result};

impl Session {
    /// Whether there is work for [`Session::index`].
    #[must_use]
    pub fn indexing(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.indexes.busy())
    }

    /// Builds and measures indexes while `more` says so, asking before every unit of work.
    pub fn index(&mut self, more: &mut dyn FnMut() -> bool, out: Out) {
        let (run, clock) = (self.number, self.clock());
        let Some(active) = &mut self.active else { return };
        while active.indexes.busy() && more() {
            let event = match active.indexes.advance(clock) {
                Some(Told::Swept { first, point }) => Event::Swept { first, point },
                Some(Told::Aged(aged)) => Event::Aged(aged),
                None => continue,
            };
            out(Reply {
                run,
                answers: None,
                event,
            });
        }
        self.answer_searches(out);
    }

    /// Answers the searches that wait for indexes, once nothing is being built.
    pub(super) fn answer_searches(&mut self, out: Out) {
        let (run, clock) = (self.number, self.clock());
        let Some(active) = &mut self.active else { return };
        if active.indexes.building() {
            return;
        }
        for (id, query, n) in std::mem::take(&mut active.searches) {
            let event = match active.search(&query, n, &self.shelf.only, clock) {
                Ok((found, _)) => found,
                Err(why) => Event::Refused(why),
            };
            out(Reply {
                run,
                answers: Some(id),
                event,
            });
        }
    }

    /// The requests about searches and indexes.
    pub(super) fn ask_indexes(&mut self, id: u32, request: Request) -> Result<Option<Event>> {
        let clock = self.clock();
        let active = self.active.as_mut().ok_or_else(|| Message::new("run.none"))?;
        match request {
            Request::Search { query, n } => {
                let (found, asked) = active.search(&query, n, &self.shelf.only, clock)?;
                active.asked = Some((query, asked));
                return Ok(Some(found));
            }
            Request::Serve { query, n } => {
                // The first answer has them begun.
                active.search(&query, n, &self.shelf.only, clock)?;
                active.searches.push((id, query, n));
                return Ok(None);
            }
            Request::Shelve(shelf) => {
                let event = active.shelve(&shelf)?;
                self.shelf = shelf;
                return Ok(Some(event));
            }
            Request::Rebuild => active.rebuild()?,
            Request::Halt => active.indexes.halt(),
            Request::Walk { place, vector } => return active.walk(place, vector).map(Some),
            Request::Keep { place, item } => return active.keep(place, item).map(Some),
            Request::Export(what) => return active.export(&what).map(Some),
            Request::Measure(what) => active.indexes.measure(&what, &mut active.run)?,
            _ => {}
        }
        Ok(Some(self.state()))
    }

    fn clock(&self) -> Clock {
        self.clock.unwrap_or(no_clock)
    }
}

impl Session {
    /// Takes an index from a file: beside the others where it could hold the vectors of the items, else with data of
    /// its own, which are its vectors.
    pub(super) fn load_index(&mut self, file: &NamedFile, mut recipe: Recipe) -> Result<Event> {
        let index: Rc<dyn Index> = vectors::read_index(file)?.into();
        let from_file = (file.name.clone(), Rc::clone(&index));
        if let Some(active) = &mut self.active {
            let step = active.run.trainer.steps();
            let embed = active.run.trainer.embed();
            if embed.is_some_and(|embed| embed.items().dim() == (index.len(), index.dim())) {
                active.indexes.put(from_file, step);
                return Ok(self.state());
            }
        }
        let dataset = vectors::dataset(&file.name, held(index.as_ref())?)?;
        let mut notices = vec![Message::new("data.index_vectors").with("name", &file.name)];
        recipe.data = Section {
            kind: super::files::VECTORS.to_owned(),
            ..Section::default()
        };
        super::suit(&mut recipe, true, &file.name, &mut notices);
        let metric = match index.metric() {
            Metric::Dot => "dot",
            Metric::Cosine => "cosine",
            Metric::L2 => "l2",
        };
        recipe.model.settings = by_key([("similarity", Value::Text(metric.to_owned()))]);
        let event = self.begin_on(&recipe, dataset, std::slice::from_ref(file), notices)?;
        if let Some(active) = &mut self.active {
            active.indexes.put(from_file, 0);
        }
        Ok(event)
    }
}

/// Rows of numbers, a line each.
fn between_tabs(rows: &Matrix) -> String {
    let mut text = String::new();
    for row in rows.rows() {
        for (column, number) in row.iter().enumerate() {
            if column > 0 {
                text.push('\t');
            }
            text += &written_f32(*number);
        }
        text.push('\n');
    }
    text
}

/// Titles of the items, a line each.
fn titles(run: &Run) -> String {
    let titles = scenery(&run.world, None).item_titles;
    let lines = titles.iter().map(|title| title.replace(['\t', '\n', '\r'], " ") + "\n");
    lines.collect()
}

impl Active {
    /// Vectors or an index as a file.
    fn export(&mut self, what: &Export) -> Result<Event> {
        let (name, bytes) = match *what {
            Export::Titles => ("titles.tsv", titles(&self.run).into_bytes()),
            Export::Npy | Export::Fvecs | Export::Tsv => {
                let Some(embed) = self.run.trainer.embed() else {
                    return Err(no_vectors(&self.run.plan));
                };
                match what {
                    Export::Npy => ("items.npy", write_npy(embed.items())),
                    Export::Tsv => ("items.tsv", between_tabs(embed.items()).into_bytes()),
                    _ => ("items.fvecs", write_fvecs(embed.items())),
                }
            }
            Export::Index(place) => ("index.rpix", files::write(self.indexes.built(place)?.0.index.as_ref())),
            Export::Run => return Ok(SavedRun::of(&self.run).told()),
            Export::Faiss(place) => ("index.faiss", write_faiss(self.indexes.built(place)?.0.index.as_ref())?),
        };
        Ok(Event::Exported {
            name: name.to_owned(),
            bytes: Bytes(bytes),
        })
    }

    fn search(&mut self, query: &Query, n: u32, only: &str, clock: Clock) -> Result<(Event, Asked)> {
        let trainer = self.run.trainer.as_mut();
        let there = match query {
            Query::Point(point) => Some(Query::Vector(self.painter.vector_at(trainer, *point)?)),
            _ => None,
        };
        let (run, indexes) = (&mut self.run, &mut self.indexes);
        let asked = there.as_ref().unwrap_or(query);
        let (mut found, asked) = self.searcher.search(run, indexes, only, asked, n as usize, clock)?;
        found.query = query.clone();
        Ok((Event::Found(Box::new(found)), asked))
    }

    /// Other indexes, one of which is the recipe's from now on.
    fn shelve(&mut self, shelf: &Shelf) -> Result<Event> {
        self.indexes.shelve(shelf, self.run.plan.recipe.seed)?;
        if let Some(first) = self.indexes.first() {
            self.run.plan = self.run.plan.with_index(first)?;
        }
        Ok(Event::Changed {
            recipe: Box::new(self.run.plan.recipe.clone()),
            advice: self.run.advice(),
        })
    }

    fn rebuild(&mut self) -> Result<()> {
        let step = self.run.trainer.steps();
        let Some(embed) = self.run.trainer.embed() else {
            return Err(no_vectors(&self.run.plan));
        };
        let now = Vectors {
            step,
            metric: embed.metric(),
            rows: embed.items(),
        };
        self.indexes.bring_up(&now, true);
        Ok(())
    }

    fn walk(&mut self, place: u32, vector: u32) -> Result<Event> {
        let (built, effort) = self.indexes.built(place)?;
        let index = built.index.as_ref();
        let asked = self.asked.as_ref();
        let (query, asked) = asked.ok_or_else(|| Message::new("search.nothing_asked"))?;
        let vectors = asked.vectors.len() as u32;
        let (of, ask) = asked
            .vector(vector, effort)
            .ok_or_else(|| Message::new("search.no_vector").with("vectors", vectors))?;
        index.check(of)?;
        let mut walked = walked(index, of, ask);
        walked.place = place;
        walked.query = Some(query.clone());
        (walked.vector, walked.vectors) = (vector, vectors);
        walked.point = self.painter.point(self.run.trainer.as_mut(), of);
        Ok(Event::Walked(Box::new(walked)))
    }

    fn keep(&mut self, place: u32, item: u32) -> Result<Event> {
        let index = self.indexes.built(place)?.0.index.as_ref();
        let Some(embed) = self.run.trainer.embed() else {
            return Err(no_vectors(&self.run.plan));
        };
        let items = embed.items();
        let row = row_of(items, item)?;
        index.check(&row)?;
        let mut kept = kept(index, item, &row);
        kept.place = place;
        Ok(Event::Kept(Box::new(kept)))
    }
}
