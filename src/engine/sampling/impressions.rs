//! Impressions without a click as negatives (Huang et al., "Embedding-based Retrieval in Facebook Search", KDD 2020,
//! section 2.4): the choice the paper warns of. What was shown had been found relevant before; a model that learns to
//! push it away does not learn to find anything.

use crate::engine::data::{UserId, World};
use crate::engine::order;
use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};
use crate::text::Message;

use super::mask::{Masks, Policy};
use super::{Candidates, Sampler, SamplerKind, Scene, Source, easy};

pub const KIND: SamplerKind = SamplerKind {
    kind: "impressions",
    source: "Huang et al., KDD 2020",
    knobs: || {
        vec![
            Knob::whole("shown", 1, 64, 4),
            Knob::whole("n", 0, 4096, 0).paper(Value::Number(0.0)),
            Policy::knob(),
        ]
    },
    impressions: true,
    logq: false,
    rows: false,
    batch: false,
    mixes: false,
    build: |settings, world| {
        if world.dataset.impressions.is_empty() {
            return Err(Message::new("sampler.no_impressions").with("name", &world.dataset.name));
        }
        let n_items = world.counts.len();
        Ok(Box::new(Impressions {
            shown: settings.whole("shown") as usize,
            n: settings.whole("n") as usize,
            n_items,
            skipped: Skipped::build(world),
            masks: Masks::new(Policy::build(settings), n_items),
        }))
    },
};

/// What each user was shown in the time of training and did not click, oldest first.
#[derive(Clone)]
struct Skipped {
    /// User u has `offsets[u]..offsets[u + 1]`.
    offsets: Vec<u32>,
    items: Vec<u32>,
    times: Vec<i64>,
}

impl Skipped {
    fn build(world: &World) -> Self {
        let log = &world.dataset.log;
        let mut by_user: Vec<Vec<(i64, u32)>> = vec![Vec::new(); log.n_users()];
        for impression in world
            .dataset
            .impressions
            .iter()
            .filter(|impression| !impression.clicked)
        {
            let user = impression.user;
            let end = world.split.train_end[user.idx()] as usize;
            let events = log.user(user);
            let in_time = end > 0 && impression.time <= events.times[end - 1];
            // What the user chose at another time is liked after all.
            if in_time && !events.items[..end].contains(&impression.item) {
                by_user[user.idx()].push((impression.time, impression.item.0));
            }
        }
        let mut skipped = Self {
            offsets: vec![0],
            items: Vec::new(),
            times: Vec::new(),
        };
        for shown in by_user {
            for place in order::places(shown.len(), &mut |a, b| shown[a].cmp(&shown[b])) {
                let (time, item) = shown[place as usize];
                skipped.times.push(time);
                skipped.items.push(item);
            }
            skipped.offsets.push(skipped.items.len() as u32);
        }
        skipped
    }

    /// The last `n` items that `user` skipped up to `time`, or the first ones after it where those are too few.
    fn near(&self, user: UserId, time: i64, n: usize) -> &[u32] {
        let range = self.offsets[user.idx()] as usize..self.offsets[user.idx() + 1] as usize;
        let seen = self.times[range.clone()].partition_point(|&shown| shown <= time);
        let end = (range.start + seen.max(n)).min(range.end);
        &self.items[end.saturating_sub(n).max(range.start)..end]
    }
}

#[derive(Clone)]
struct Impressions {
    /// Impressions of a row.
    shown: usize,
    /// Random negatives, shared by all rows.
    n: usize,
    n_items: usize,
    skipped: Skipped,
    masks: Masks,
}

impl Sampler for Impressions {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        let batch = scene.batch;
        out.begin(batch.len());
        let block = out.block(Source::Impressions);
        for (row, (&user, &time)) in batch.users.iter().zip(&batch.times).enumerate() {
            let near = self.skipped.near(user, time, self.shown);
            block.items.extend_from_slice(near);
            // Places that a user with few impressions leaves empty do not count.
            for column in near.len()..self.shown {
                block.items.push(0);
                block.masked.push((row as u32, column as u32));
            }
        }
        block.log_q.resize(block.items.len(), 0.0);
        self.masks.own(batch, block);
        if self.n > 0 {
            let block = easy::draw(self.n, batch, self.n_items, &mut self.masks, rng, out);
            block.log_q.fill(0.0);
        }
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_before_a_moment_are_taken_and_the_first_after_where_there_are_too_few() {
        let skipped = Skipped {
            offsets: vec![0, 2, 6],
            items: vec![90, 91, 1, 2, 3, 4],
            times: vec![5, 6, 10, 20, 30, 40],
        };
        let near = |time, n| skipped.near(UserId(1), time, n).to_vec();
        assert_eq!(near(30, 2), [2, 3]);
        assert_eq!(near(100, 3), [2, 3, 4]);
        assert_eq!(near(10, 2), [1, 2]);
        assert_eq!(near(0, 2), [1, 2]);
        assert_eq!(near(0, 9), [1, 2, 3, 4]);
    }
}
