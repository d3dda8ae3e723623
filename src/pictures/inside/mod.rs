//! What a model made of one user's history.

mod attention;
mod bubbles;
mod edges;
mod tree;
mod vectors;

use crate::engine::data::{Batch, Truth, UserId, World};
use crate::engine::inside::{Inside, Looked};
use crate::engine::project::Projection2;
use crate::engine::train::Trainer;
use crate::protocol::{InsidePicture, Look};

pub use bubbles::outlines;

/// Whom a picture shows, and how.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub world: &'a World,
    /// What is true of them, where that is known.
    pub truth: Option<&'a Truth>,
    /// The last events that the model sees.
    pub history: usize,
    /// How the map shows vectors, if it shows any.
    pub projection: Option<&'a Projection2>,
    pub look: Look,
}

/// The picture of `user`, who is one of the world's; nothing for a model in which there is nothing to be seen.
pub fn inside_picture(trainer: &mut dyn Trainer, scene: Scene, user: u32) -> Option<InsidePicture> {
    let Scene { world, look, .. } = scene;
    let case = world.case(UserId(user));
    let (_, targets) = case.parts(&world.dataset.log);
    let mut batch = Batch::default();
    batch.contexts(&world.dataset, &[case], scene.history);
    let n_items = world.dataset.items.len() as u32;
    let next = targets.first().map(|target| target.0);
    let looked = Looked {
        height: look.cut.map(f64::from),
        item: look.item.filter(|item| *item < n_items).or(next),
    };
    let mut picture = InsidePicture {
        user,
        step: trainer.steps(),
        heads: 1,
        history: batch.history_items.iter().map(|item| item.0).collect(),
        ..InsidePicture::default()
    };
    match trainer.inside(&batch, looked) {
        Inside::Nothing => vectors::find(&mut picture, trainer, world, &case, &batch, look)?,
        Inside::Shares(rounds) => {
            picture.rounds = rounds;
            vectors::find(&mut picture, trainer, world, &case, &batch, look)?;
        }
        Inside::Clusters(grouping) => {
            picture.tree = Some(tree::tree(&grouping, &batch));
            vectors::find(&mut picture, trainer, world, &case, &batch, look)?;
        }
        Inside::Bubbles(found) => {
            let items = trainer.embed()?.items();
            picture.bubbles = Some(bubbles::picture(&found, items, scene.projection, look.item));
        }
        Inside::Attention(found) => {
            picture.attention = Some(attention::picture(found, trainer, world, &case, &batch, look.item));
        }
        Inside::Edges(found) => picture.edges = Some(edges::picture(&found, world, scene.truth, user)),
    }
    Some(picture)
}
