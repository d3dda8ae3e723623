//! Hard negatives from a past state of the model (Huang et al., KDD 2020, section 4.1.2).

use crate::engine::data::{Batch, UserId, World};
use crate::engine::matrix::Matrix;
use crate::engine::model::Retriever;
use crate::engine::nn::{Params, Tape};
use crate::engine::sampling::{Mined, Mining};

use super::Trainer;
use super::score_all::score_all;
use crate::engine::order;

/// A model as it was at some step. Users and items are ranked by one state, never by two.
pub struct Frozen {
    /// Steps made then.
    pub step: u64,
    /// What it had learnt.
    pub params: Params,
    /// All its item vectors, `[N, d]`.
    pub items: Matrix,
}

/// What ranking needs again and again.
#[derive(Default)]
pub struct Miner {
    tape: Tape,
    scores: Vec<f32>,
    keys: Vec<u64>,
    /// For each item, whether the present user is known to like it.
    known: Vec<bool>,
}

impl Miner {
    /// Fills `out` with the items that `frozen` ranks in the band for each row of `batch`. Known positives of the
    /// row's user have no rank: what follows them moves up.
    pub fn band<R: Retriever>(
        &mut self,
        model: &mut R,
        frozen: &Frozen,
        world: &World,
        batch: &Batch,
        mining: Mining,
        out: &mut Mined,
    ) {
        self.tape.reset();
        let users = model.encode(&mut self.tape, &frozen.params, batch, &[]).users;
        let heads = model.heads();
        score_all(self.tape.value(users), heads, &frozen.items, &mut self.scores);
        self.take(world, batch, mining, out);
    }

    /// The same by the scores of another model as it is now.
    pub fn found(&mut self, finder: &mut dyn Trainer, world: &World, batch: &Batch, mining: Mining, out: &mut Mined) {
        finder.scores(batch, &mut self.scores);
        self.take(world, batch, mining, out);
    }

    /// Takes the band of each row's scores.
    fn take(&mut self, world: &World, batch: &Batch, mining: Mining, out: &mut Mined) {
        let n_items = world.dataset.items.len();
        self.known.resize(n_items, false);
        out.items.clear();
        out.offsets.clear();
        out.offsets.push(0);
        for (row, &user) in batch.users.iter().enumerate() {
            self.mark(world, user, true);
            self.keys.clear();
            let scores = &self.scores[row * n_items..][..n_items];
            let unknown = (0..).zip(scores).filter(|(item, _)| !self.known[*item as usize]);
            self.keys.extend(unknown.map(|(item, score)| order::key(*score, item)));
            order::sort_first(&mut self.keys, mining.rank_hi);
            let band = self.keys.iter().take(mining.rank_hi).skip(mining.rank_lo - 1);
            out.items.extend(band.map(|&key| order::number(key)));
            out.offsets.push(out.items.len() as u32);
            self.mark(world, user, false);
        }
    }

    /// Marks what `user` chose in training.
    fn mark(&mut self, world: &World, user: UserId, known: bool) {
        let end = world.split.train_end[user.idx()] as usize;
        for item in &world.dataset.log.user(user).items[..end] {
            self.known[item.idx()] = known;
        }
    }
}
