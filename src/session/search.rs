//! Queries: a title, typed words, an item, a user or a vector → the nearest items.

use std::rc::Rc;

use crate::engine::data::{Batch, Case, ItemId, UserId, World, small, words};
use crate::engine::index::{Flat, Hit, Work};
use crate::engine::matrix::Matrix;
use crate::engine::metrics::top_items;
use crate::engine::order;
use crate::engine::train::{SecondStage, Trainer};
use crate::plan::Plan;
use crate::protocol::{Found, Query};
use crate::text::{Message, Result};

use super::indexes::{Asked, Clock, Indexes, Vectors, listed};
use super::relevance;
use super::run::Run;

/// Other titles that are offered at most.
const ALSO: usize = 10;

/// Characters of a typed query at most.
const TYPED_MAX: usize = 1_000;

/// The exact search of a run.
#[derive(Default)]
pub struct Searcher {
    /// Over the vectors of this step.
    exact: Option<(u64, Rc<Flat>)>,
}

impl Searcher {
    /// The `n` items nearest to `query` under the model as it is now, of those that `only` allows, and what `indexes`
    /// find of them; and the question, to be asked again. Indexes that are missing or old are begun.
    ///
    /// # Errors
    /// If the method has no vectors, nothing matches the words, or the query does not fit the vectors.
    pub fn search(
        &mut self,
        run: &mut Run,
        indexes: &mut Indexes,
        only: &str,
        query: &Query,
        n: usize,
        clock: Clock,
    ) -> Result<(Found, Asked)> {
        let Run {
            plan, world, trainer, ..
        } = run;
        let flat = self.exact(plan, trainer.as_mut())?;
        if let Some(embed) = trainer.embed().filter(|_| indexes.wanting(self.step())) {
            let now = Vectors {
                step: self.step(),
                metric: embed.metric(),
                rows: embed.items(),
            };
            indexes.bring_up(&now, false);
        }
        let (item, also) = match query {
            Query::Text(words) => {
                let mut matches = titles(world, words)?.into_iter();
                (matches.next(), matches.take(ALSO).collect())
            }
            Query::Item(item) => (Some(*item), Vec::new()),
            Query::Asked { text, .. } => {
                check_typed(plan, text)?;
                (None, Vec::new())
            }
            Query::User(_) | Query::Vector(_) | Query::Point(_) => (None, Vec::new()),
        };
        let filter = relevance::filter(&world.dataset.items, only)?;
        let asked = asker(world, query, plan.train().history)?;
        let vectors = vectors(trainer.as_mut(), query, asked.as_ref(), item)?;
        // A second stage orders more than is shown.
        let second = asked.as_ref().and_then(|_| trainer.second_stage());
        let (mut reranked, mut without) = (0, Vec::new());
        if let (Some(second), Some(asked)) = (second, &asked) {
            reranked = second.depth();
            if second.first().is_some() {
                without = already(world, asked);
            }
        }
        without.extend(item);
        let (allowed, filter) = filter.map_or_else(Default::default, |filter| (Some(filter.allowed), filter.terms));
        let mut question = Asked {
            flat,
            vectors,
            n: n.max(reranked),
            without,
            allowed,
            nearest: Vec::new(),
        };
        let mut work = Work::default();
        let micros = question.look(&mut work, clock)?;
        let scanned = work.log.scanned;
        let mut hits = question.nearest.clone();
        let reranked = reranked.min(hits.len());
        if let (Some(asked), Some(second)) = (&asked, trainer.second_stage()) {
            rerank(second, asked, &mut hits[..reranked]);
        }
        hits.truncate(n);
        question.narrow(n);
        // What another model has found is all there is; of the same model it can be said what it missed.
        let alone = trainer.second_stage().is_some_and(|second| second.first().is_none());
        let handed_on = asked.as_ref().filter(|_| reranked > 0 && alone);
        let handed_on = handed_on.map(|asked| handed_on_share(trainer.as_mut(), asked, &hits));
        let (terms, control) = match query {
            Query::Asked { text, control, .. } => (relevance::terms(&world.dataset.items, text), *control),
            _ => (Vec::new(), false),
        };
        let relevant = |hit: &Hit| relevance::satisfies(&world.dataset.items, hit.id as usize, &terms);
        let satisfying = hits.iter().filter(|hit| relevant(hit)).count();
        if control {
            hits.retain(relevant);
        }
        let nearest = if hits == question.nearest {
            Vec::new()
        } else {
            listed(&question.nearest)
        };
        let found = Found {
            query: query.clone(),
            step: trainer.steps(),
            item,
            also,
            terms,
            relevant: satisfying as u32,
            hits: listed(&hits),
            scanned,
            reranked: reranked as u32,
            handed_on,
            micros,
            nearest,
            served: indexes.serve(&question, clock),
            filter,
        };
        Ok((found, question))
    }

    fn step(&self) -> u64 {
        self.exact.as_ref().map_or(0, |(step, _)| *step)
    }

    /// The exact search over the present vectors, made anew when the model has moved.
    fn exact(&mut self, plan: &Plan, trainer: &mut dyn Trainer) -> Result<Rc<Flat>> {
        let step = trainer.steps();
        let Some(embed) = trainer.embed() else {
            return Err(no_vectors(plan));
        };
        if let Some((_, flat)) = self.exact.as_ref().filter(|(built, _)| *built == step) {
            return Ok(Rc::clone(flat));
        }
        let flat = Rc::new(Flat::build(embed.items().clone(), embed.metric())?);
        self.exact = Some((step, Rc::clone(&flat)));
        Ok(flat)
    }
}

/// The places of `hits` by falling score.
fn falling(hits: &[Hit]) -> Vec<u32> {
    order::places(hits.len(), &mut |a, b| {
        let (a, b) = (hits[a], hits[b]);
        b.score.total_cmp(&a.score).then(a.id.cmp(&b.id))
    })
}

/// What who asks has had: a model that orders what another has found is not asked about it.
fn already(world: &World, asked: &Batch) -> Vec<u32> {
    let events = world.dataset.log.user(asked.users[0]).items;
    ItemId::numbers(&events[..asked.before[0] as usize]).to_vec()
}

/// Puts `hits` in the order in which `second` has them for who asks.
fn rerank(second: &mut dyn SecondStage, asked: &Batch, hits: &mut [Hit]) {
    let items: Vec<u32> = hits.iter().map(|hit| hit.id).collect();
    for (hit, score) in hits.iter_mut().zip(second.rescore(asked, &items)) {
        hit.score = score;
    }
    let found = hits.to_vec();
    for (place, hit) in hits.iter_mut().zip(falling(&found)) {
        *place = found[hit as usize];
    }
}

/// Share of the best items by the exact score, as many as `hits`, that are among `hits`.
fn handed_on_share(trainer: &mut dyn Trainer, asked: &Batch, hits: &[Hit]) -> f32 {
    let mut scores = Vec::new();
    trainer.scores(asked, &mut scores);
    let best = top_items(&scores, &[], &[], hits.len());
    let found = best.iter().filter(|(item, _)| hits.iter().any(|hit| hit.id == item.0));
    found.count() as f32 / best.len().max(1) as f32
}

/// Who asks, if it is a user.
fn asker(world: &World, query: &Query, history: usize) -> Result<Option<Batch>> {
    let mut batch = Batch::default();
    match query {
        Query::User(user) => batch.contexts(&world.dataset, &[case(world, *user)?], history),
        Query::Asked { user, text, .. } => batch.ask(&world.dataset, &case(world, *user)?, text, history),
        Query::Text(_) | Query::Item(_) | Query::Vector(_) | Query::Point(_) => return Ok(None),
    }
    Ok(Some(batch))
}

/// Why nothing can be searched where a model has no vectors.
pub(super) fn no_vectors(plan: &Plan) -> Message {
    Message::new("search.no_vectors").with("model", &plan.recipe.model.kind)
}

/// The vector of an item.
///
/// # Errors
/// If there is no such item.
pub(super) fn row_of(items: &Matrix, item: u32) -> Result<Vec<f32>> {
    let row = items.outer_iter().nth(item as usize);
    let row = row.ok_or_else(|| {
        Message::new("search.no_item")
            .with("item", item)
            .with("items", items.nrows())
    })?;
    Ok(row.to_vec())
}

/// The vectors that stand for a query: one, or as many as the user who asks has.
fn vectors(
    trainer: &mut dyn Trainer,
    query: &Query,
    asked: Option<&Batch>,
    item: Option<u32>,
) -> Result<Vec<Vec<f32>>> {
    let Some(embed) = trainer.embed() else {
        return Ok(Vec::new());
    };
    if let Some(item) = item {
        let regions = embed.regions();
        let items = embed.items();
        let mut vector = row_of(items, item)?;
        if regions {
            // An item has a place and no extent.
            let half = vector.len() / 2;
            vector[half..].fill(0.0);
        }
        return Ok(vec![vector]);
    }
    if let Query::Vector(vector) = query {
        return Ok(vec![vector.clone()]);
    }
    let users = asked.map(|batch| embed.users(batch));
    let rows = users.iter().flat_map(|users| users.outer_iter());
    Ok(rows.map(|row| row.to_vec()).collect())
}

/// What `user` may have seen who is searched for.
fn case(world: &World, user: u32) -> Result<Case> {
    let n_users = world.dataset.users.len();
    if user as usize >= n_users {
        return Err(Message::new("search.no_user").with("user", user).with("users", n_users));
    }
    Ok(world.case(UserId(user)))
}

/// Refuses typed words where the model does not read them, and words that are none or too many.
fn check_typed(plan: &Plan, text: &str) -> Result<()> {
    if !plan.method().queries {
        return Err(Message::new("search.no_queries").with("model", &plan.recipe.model.kind));
    }
    if words(text).next().is_none() {
        return Err(Message::new("search.nothing_typed"));
    }
    let characters = text.chars().count();
    if characters > TYPED_MAX {
        let refusal = Message::new("search.too_long").with("characters", characters);
        return Err(refusal.with("most", TYPED_MAX));
    }
    Ok(())
}

/// Items whose titles hold all the words, best first: whole titles, then beginnings, then the more popular.
fn titles(world: &World, words: &str) -> Result<Vec<u32>> {
    let words = small(words.trim());
    if words.is_empty() {
        return Err(Message::new("search.empty"));
    }
    let items = &world.dataset.items;
    let counts = &world.counts;
    let mut matches: Vec<(u8, std::cmp::Reverse<u32>, u32)> = Vec::new();
    for (row, &count) in counts.iter().enumerate() {
        let title = small(items.label(row));
        if words.split_whitespace().all(|word| title.contains(word)) {
            let class = if title == words {
                0
            } else {
                2 - u8::from(title.starts_with(&words))
            };
            matches.push((class, std::cmp::Reverse(count), row as u32));
        }
    }
    if matches.is_empty() {
        return Err(Message::new("search.no_title").with("words", words));
    }
    let best_first = order::places(matches.len(), &mut |a, b| matches[a].cmp(&matches[b]));
    Ok(best_first.into_iter().map(|place| matches[place as usize].2).collect())
}
