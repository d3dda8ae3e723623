//! Vectors to search, queries to search them for, and what is truly nearest to each.

use crate::engine::data::{Batch, UserId};
use crate::engine::index::{Ask, Flat, Hit, Index, Work, share_found};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::project::Projection2;
use crate::engine::rng::{Purpose, Rng};
use crate::session::Run;
use crate::session::search::no_vectors;
use crate::text::Result;

/// Hits that recall is measured by.
pub const K: usize = 10;

/// A sample of queries over all vectors.
pub struct Space {
    flat: Flat,
    queries: Vec<Vec<f32>>,
    /// The row that a query is itself: no answer to it.
    own: Vec<Option<u32>>,
    exact: Vec<Vec<Hit>>,
}

impl Space {
    /// The vectors of `run` as they are now, and up to `most` queries: users of the data, or items where there are no
    /// users.
    ///
    /// # Errors
    /// If the model has no vectors, or they are no numbers any more.
    pub fn of(run: &mut Run, most: usize) -> Result<Self> {
        let history = run.plan.train().history;
        let mut rng = Rng::stream(run.plan.recipe.seed, Purpose::Picture, 1);
        let world = &run.world;
        let Some(embed) = run.trainer.embed() else {
            return Err(no_vectors(&run.plan));
        };
        let flat = Flat::build(embed.items().clone(), embed.metric())?;
        let mut sample = |n: usize, most: usize| {
            let mut all: Vec<u32> = (0..n as u32).collect();
            rng.shuffle(&mut all);
            all.truncate(most);
            all
        };
        let users = sample(world.dataset.users.len(), most.div_ceil(embed.heads()));
        let (rows, own) = if users.is_empty() {
            let items = sample(flat.len(), most);
            let rows: Vec<usize> = items.iter().map(|&item| item as usize).collect();
            let rows = embed.items().select(ndarray::Axis(0), &rows);
            (rows, items.into_iter().map(Some).collect())
        } else {
            let cases: Vec<_> = users.into_iter().map(|user| world.case(UserId(user))).collect();
            let mut batch = Batch::default();
            batch.contexts(&world.dataset, &cases, history);
            let rows = embed.users(&batch);
            let own = vec![None; rows.nrows()];
            (rows, own)
        };
        Ok(Self::with(flat, &rows, own))
    }

    fn with(flat: Flat, queries: &Matrix, own: Vec<Option<u32>>) -> Self {
        Self {
            flat,
            queries: queries.outer_iter().map(|row| row.to_vec()).collect(),
            own,
            exact: Vec::new(),
        }
    }

    /// The same on the two dimensions in which the vectors vary most, where near is near on the map; nothing where
    /// there are but two.
    pub fn on_plane(&self) -> Option<Self> {
        let d = self.flat.dim();
        if d <= 2 {
            return None;
        }
        let rows = Matrix::from_shape_vec((self.flat.len(), d), self.flat.vectors().to_vec()).ok()?;
        let queries = Matrix::from_shape_vec((self.queries.len(), d), self.queries.concat()).ok()?;
        let projection = Projection2::fit(&rows, None);
        let plane = |rows: &Matrix| {
            let mut points = Vec::with_capacity(2 * rows.nrows());
            projection.apply(rows.view(), &mut points);
            Matrix::from_shape_vec((rows.nrows(), 2), points).ok()
        };
        let (rows, queries) = (plane(&rows)?, plane(&queries)?);
        let flat = Flat::build(rows, Metric::L2).ok()?;
        Some(Self::with(flat, &queries, self.own.clone()))
    }

    /// All vectors, for an index to be built over.
    pub fn vectors(&self) -> (Matrix, Metric) {
        let shape = (self.flat.len(), self.flat.dim());
        let rows = Matrix::from_shape_vec(shape, self.flat.vectors().to_vec()).unwrap_or_default();
        (rows, self.flat.metric())
    }

    /// Numbers in a vector.
    pub fn dim(&self) -> usize {
        self.flat.dim()
    }

    /// How many queries.
    pub fn queries(&self) -> usize {
        self.queries.len()
    }

    /// How many vectors.
    pub fn rows(&self) -> usize {
        self.flat.len()
    }

    /// Looks up what is nearest to the next query; `false` once all are known.
    pub fn look(&mut self, work: &mut Work) -> bool {
        let query = self.exact.len();
        if query == self.queries.len() {
            return false;
        }
        let mut exact = Vec::new();
        self.search(&self.flat, query, 0, work, &mut exact);
        self.exact.push(exact);
        true
    }

    /// What `index` finds for a query.
    pub fn search(&self, index: &dyn Index, query: usize, effort: usize, work: &mut Work, found: &mut Vec<Hit>) {
        let own = self.own[query];
        let k = K + usize::from(own.is_some());
        index.search(&self.queries[query], Ask::new(k, effort), work, found);
        found.retain(|hit| Some(hit.id) != own);
        found.truncate(K);
    }

    /// Share of the nearest that were `found` for a query, and 1 if the nearest of all is among them.
    pub fn judge(&self, query: usize, found: &[Hit]) -> [f64; 2] {
        share_found(&self.flat, &self.queries[query], found, &self.exact[query])
    }
}
