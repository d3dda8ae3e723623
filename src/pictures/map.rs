//! The interest map: items and users as points of the plane.

use crate::engine::data::{Batch, Case, ItemId, Truth, UserId, World};
use crate::engine::inside::{Inside, Looked};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::metrics::{apart, recovered, top_items};
use crate::engine::order;
use crate::engine::project::Projection2;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::{Trainer, rows, score_all};
use crate::protocol::{MapPicture, Outline, Projection};

use super::inside::outlines;
use crate::text::{Message, Result};

/// Items shown at most: more would be a stain. The most chosen ones are.
const ITEMS: usize = 2000;

/// Users shown at most.
const USERS: usize = 1000;

/// Pairs of events in the histories of all users shown at most: there are models that compare every two.
const PAIRS: usize = 4_000_000;

/// Users whose lists are looked through for their interests: each picture looks anew.
const JUDGED: usize = 64;

/// Length of these lists.
const LISTED: usize = 20;

/// Chooses what a run's map shows, once, and draws it again and again without turning it round.
pub struct MapPainter {
    items: Vec<u32>,
    cases: Vec<Case>,
    history: usize,
    projection: Option<Projection2>,
    batch: Batch,
}

impl MapPainter {
    /// For `world`; the model sees the last `history` events of a user.
    #[must_use]
    pub fn new(world: &World, seed: u32, history: usize) -> Self {
        let counts = &world.counts;
        let mut items: Vec<u32> = (0..counts.len() as u32).collect();
        order::sort_by(&mut items, &mut |a, b| {
            counts[b as usize].cmp(&counts[a as usize]).then(a.cmp(&b))
        });
        items.truncate(ITEMS);
        order::ascend(&mut items);

        let mut users: Vec<u32> = (0..world.dataset.users.len() as u32).collect();
        Rng::stream(seed, Purpose::Picture, 0).shuffle(&mut users);
        users.truncate(USERS);
        let mut pairs = 0;
        let few_enough = users.iter().take_while(|user| {
            let seen = (world.case(UserId(**user)).history as usize).min(history);
            pairs += seen * seen;
            pairs <= PAIRS
        });
        let few_enough = few_enough.count();
        users.truncate(few_enough);
        order::ascend(&mut users);
        let cases = users.into_iter().map(|user| world.case(UserId(user))).collect();
        Self {
            items,
            cases,
            history,
            projection: None,
            batch: Batch::default(),
        }
    }

    /// The map at the trainer's present step; nothing for a model without vectors.
    pub fn draw(
        &mut self,
        trainer: &mut dyn Trainer,
        world: &World,
        truth: Option<&Truth>,
        watched: Option<u32>,
    ) -> Option<MapPicture> {
        let step = trainer.steps();
        let winners = trainer.winners().to_vec();
        let embed = trainer.embed()?;
        let heads = embed.heads();
        let mut cases = self.cases.clone();
        if let Some(user) = watched.filter(|&user| cases.iter().all(|case| case.user.0 != user)) {
            cases.push(world.case(UserId(user)));
        }
        self.batch.contexts(&world.dataset, &cases, self.history);
        let mut users = embed.users(&self.batch);
        let regions = embed.regions();
        // Several vectors of a user are compared with each other, too: they stay as they are.
        let directions = embed.metric() == Metric::Dot && heads == 1 && !regions;
        let all = embed.items();
        let recovered = truth.and_then(|truth| recovery(&users, heads, all, &cases, world, truth));
        let places;
        let all = if regions {
            users = place(&users);
            places = place(all);
            &places
        } else {
            all
        };
        let apart = apart(&users, heads);
        if directions {
            shorten(&mut users, all);
        }
        let projection = Projection2::fit(all, self.projection.as_ref());
        let rows: Vec<usize> = self.items.iter().map(|&item| item as usize).collect();
        let (mut item_points, mut user_points) = (Vec::new(), Vec::new());
        projection.apply(all.select(ndarray::Axis(0), &rows).view(), &mut item_points);
        projection.apply(users.view(), &mut user_points);
        let dim = all.ncols() as u32;
        let outlines = match watched.filter(|_| regions) {
            Some(user) => outlines_of(trainer, world, user, self.history, &projection),
            None => Vec::new(),
        };
        let picture = MapPicture {
            step,
            projection: match &projection {
                Projection2::Plane => Projection::Plane,
                Projection2::Pca { kept, .. } => Projection::Pca { kept: *kept },
            },
            dim,
            items: self.items.clone(),
            users: cases.iter().map(|case| case.user.0).collect(),
            heads: heads as u32,
            directions,
            apart: apart.map(|apart| [apart.distance, apart.angle]),
            wins: shares(&winners, heads),
            regions,
            recovered,
            outlines,
            item_points,
            user_points,
        };
        self.projection = Some(projection);
        Some(picture)
    }

    /// x and y of every item as it is now, on the map as it was last drawn, and whether vectors have two dimensions.
    pub fn points(&self, trainer: &mut dyn Trainer) -> Option<(Vec<f32>, bool)> {
        let (projection, embed) = (self.projection.as_ref()?, trainer.embed()?);
        let mut points = Vec::new();
        if embed.regions() {
            projection.apply(place(embed.items()).view(), &mut points);
        } else {
            projection.apply(embed.items().view(), &mut points);
        }
        let plane = !embed.regions() && matches!(projection, Projection2::Plane);
        Some((points, plane))
    }

    /// Where a query's vector is on the map, drawn like users.
    pub fn point(&self, trainer: &mut dyn Trainer, vector: &[f32]) -> Option<[f32; 2]> {
        let (projection, embed) = (self.projection.as_ref()?, trainer.embed()?);
        let mut row = Matrix::from_shape_vec((1, vector.len()), vector.to_vec()).ok()?;
        if embed.regions() {
            row = place(&row);
        } else if embed.metric() == Metric::Dot && embed.heads() == 1 {
            shorten(&mut row, embed.items());
        }
        let mut point = Vec::new();
        projection.apply(row.view(), &mut point);
        point.try_into().ok()
    }

    /// The vector that is drawn at a point: in more than two dimensions, the one that lies in the plane of the map.
    ///
    /// # Errors
    /// If there is no map, or the point is none.
    pub fn vector_at(&self, trainer: &mut dyn Trainer, point: [f32; 2]) -> Result<Vec<f32>> {
        let no_map = || Message::new("search.no_map");
        let (projection, embed) = self.projection.as_ref().zip(trainer.embed()).ok_or_else(no_map)?;
        let mut vector = match projection {
            Projection2::Plane => point.to_vec(),
            Projection2::Pca { mean, axes, .. } => {
                let along = |row: usize| mean[row] + point[0] * axes[0][row] + point[1] * axes[1][row];
                (0..mean.len()).map(along).collect()
            }
        };
        // A point has no extent.
        vector.resize(embed.items().ncols(), 0.0);
        Ok(vector)
    }

    /// How vectors became points when the map was last drawn.
    #[must_use]
    pub const fn projection(&self) -> Option<&Projection2> {
        self.projection.as_ref()
    }
}

/// Where regions and items are, without what stands beside.
fn place(rows: &Matrix) -> Matrix {
    rows.slice(ndarray::s![.., ..rows.ncols() / 2]).to_owned()
}

/// The bubbles of `user` on the map.
fn outlines_of(
    trainer: &mut dyn Trainer,
    world: &World,
    user: u32,
    history: usize,
    projection: &Projection2,
) -> Vec<Outline> {
    let mut batch = Batch::default();
    batch.contexts(&world.dataset, &[world.case(UserId(user))], history);
    match trainer.inside(&batch, Looked::default()) {
        Inside::Bubbles(bubbles) => outlines(&bubbles, ItemId::numbers(&batch.history_items), projection),
        _ => Vec::new(),
    }
}

/// How often each of `heads` numbers is among `winners`; empty without winners.
fn shares(winners: &[u32], heads: usize) -> Vec<f32> {
    let mut counts = vec![0_u32; if winners.is_empty() { 0 } else { heads }];
    winners.iter().for_each(|&winner| counts[winner as usize] += 1);
    let share = |count| count as f32 / winners.len() as f32;
    counts.into_iter().map(share).collect()
}

/// Mean share of their interests that the first of the shown users find in their first items.
fn recovery(users: &Matrix, heads: usize, items: &Matrix, cases: &[Case], world: &World, truth: &Truth) -> Option<f32> {
    let cases = &cases[..cases.len().min(JUDGED)];
    let mut scores = Vec::new();
    let asked = &rows(users)[..cases.len() * heads * users.ncols()];
    score_all(asked, heads, items, &mut scores);
    let (mut sum, mut judged) = (0.0, 0);
    for (case, scores) in cases.iter().zip(scores.chunks_exact(items.nrows())) {
        let (seen, targets) = case.parts(&world.dataset.log);
        let list = top_items(scores, seen, targets, LISTED).into_iter();
        let list: Vec<ItemId> = list.map(|(item, _)| item).collect();
        if let Some(share) = recovered(&list, &truth.item_topics, &truth.interests[case.user.idx()]) {
            sum += share;
            judged += 1;
        }
    }
    (judged > 0).then(|| (sum / f64::from(judged)) as f32)
}

/// Gives users the length of items, the root of the mean square. Inner products with all items grow alike with a
/// user's length, so that only the direction decides; it is often so long that the items would be one point.
fn shorten(users: &mut Matrix, items: &Matrix) {
    let square = |x: &f32| x * x;
    let mean = items.iter().map(square).sum::<f32>() / items.nrows().max(1) as f32;
    for mut user in users.outer_iter_mut() {
        let length = user.iter().map(square).sum::<f32>().sqrt();
        if length > 0.0 {
            let factor = mean.sqrt() / length;
            user.mapv_inplace(|x| x * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn users_keep_their_direction_and_get_the_length_of_items() {
        let items = array![[3.0, 4.0], [5.0, 0.0]];
        let mut users = array![[0.0, 200.0], [-0.3, 0.4], [0.0, 0.0]];
        shorten(&mut users, &items);
        assert_eq!(users, array![[0.0, 5.0], [-3.0, 4.0], [0.0, 0.0]]);
    }
}
