//! Judging a model that puts in order what another has found: both orders, what the second can reach at all, and how well
//! it tells what was taken from what was not.
//!
//! Pairs that were not taken are what was shown together with the held-out item and left; where it is not known what was
//! shown, four of the candidates and four items of the catalogue, drawn for each held-out item.

use crate::by_name::ByName;
use crate::engine::data::{Batch, Case, ItemId, World};
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::SecondStage;

use super::clicks::Clicks;
use super::{Ranking, top_items};

/// Items of each kind that a held-out item is told from, where it is not known what was shown.
const DRAWN: usize = 4;

/// Judges one user after the other.
#[derive(Clone, Debug)]
pub struct Stages {
    seed: u32,
    depth: usize,
    /// The order in which things were found.
    first: Ranking,
    /// Shares of the users' targets that are among the candidates.
    reached: f64,
    clicks: Clicks,
    /// Whether scores are log-odds.
    log_odds: bool,
    slates: Slates,
    found: Vec<f32>,
}

/// Impressions by user and time.
#[derive(Clone, Debug, Default)]
struct Slates {
    order: Vec<u32>,
}

impl Slates {
    fn of(world: &World) -> Self {
        let all = &world.dataset.impressions;
        let key = |place: usize| (all[place].user.0, all[place].time, place);
        Self {
            order: order::places(all.len(), &mut |a, b| key(a).cmp(&key(b))),
        }
    }

    /// What the user was shown at `time` and left.
    fn left<'a>(&'a self, world: &'a World, case: &Case, time: i64) -> impl Iterator<Item = ItemId> + 'a {
        let all = &world.dataset.impressions;
        let wanted = (case.user.0, time);
        let key = move |place: &u32| (all[*place as usize].user.0, all[*place as usize].time);
        let first = self.order.partition_point(|place| key(place) < wanted);
        let slate = self.order[first..].iter().take_while(move |place| key(place) == wanted);
        slate
            .map(|place| &all[*place as usize])
            .filter(|shown| !shown.clicked)
            .map(|shown| shown.item)
    }
}

impl Stages {
    /// Nobody judged yet, by lists of `top` items.
    #[must_use]
    pub fn new(world: &World, second: &dyn SecondStage, top: usize, seed: u32) -> Self {
        Self {
            seed,
            depth: second.depth(),
            first: Ranking::new(&world.counts, top),
            reached: 0.0,
            clicks: Clicks::default(),
            log_odds: second.log_odds(),
            slates: Slates::of(world),
            found: Vec::new(),
        }
    }

    /// Judges what `second` does for `case`, whose only row is `asked`.
    pub fn add(&mut self, world: &World, case: &Case, asked: &Batch, second: &mut dyn SecondStage) {
        let (seen, targets) = case.parts(&world.dataset.log);
        let Some(first) = second.first().filter(|_| !targets.is_empty()) else {
            return;
        };
        first.scores(asked, &mut self.found);
        self.first.add(&self.found, seen, targets);
        // As they are handed on: nothing that the user has had.
        let candidates = top_items(&self.found, seen, &[], self.depth);
        let is_candidate = |target: &&ItemId| candidates.iter().any(|(item, _)| item == *target);
        self.reached += targets.iter().filter(is_candidate).count() as f64 / targets.len() as f64;
        let candidates: Vec<ItemId> = candidates.into_iter().map(|(item, _)| item).collect();
        let pairs = self.pairs(world, case, targets, &candidates);
        let scores = second.rescore(asked, ItemId::numbers(&pairs));
        self.clicks.add(&scores, targets.len());
    }

    /// The averages so far, by name and cut-off as those of [`Ranking`].
    pub fn finish(&self, metrics: &mut ByName<f64>) {
        let users = f64::from(self.first.users());
        if users == 0.0 {
            return;
        }
        for (name, value) in self.first.finish() {
            if ["recall", "ndcg", "hit_rate"]
                .iter()
                .any(|kind| name.split('@').next() == Some(kind))
            {
                metrics.insert(format!("first_{name}"), value);
            }
        }
        metrics.insert(format!("candidate_recall@{}", self.depth), self.reached / users);
        let pairs = [
            ("auc", self.clicks.auc()),
            ("gauc", self.clicks.gauc()),
            ("log_loss", self.clicks.log_loss().filter(|_| self.log_odds)),
        ];
        let known = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        metrics.extend(known);
    }

    /// The targets, and then what was not taken.
    fn pairs(&self, world: &World, case: &Case, targets: &[ItemId], candidates: &[ItemId]) -> Vec<ItemId> {
        let mut pairs = targets.to_vec();
        let times = &world.dataset.log.user(case.user).times[case.history as usize..case.end as usize];
        let mut moments = times.to_vec();
        moments.dedup();
        for time in moments {
            pairs.extend(
                self.slates
                    .left(world, case, time)
                    .filter(|item| !targets.contains(item)),
            );
        }
        if pairs.len() > targets.len() {
            return pairs;
        }
        // The same for every model with the same candidates.
        let mut rng = Rng::stream(self.seed, Purpose::Pairs, u64::from(case.user.0));
        let open: Vec<ItemId> = candidates
            .iter()
            .copied()
            .filter(|item| !targets.contains(item))
            .collect();
        let n_items = world.dataset.items.len() as u32;
        let had = &world.dataset.log.user(case.user).items[..case.end as usize];
        for _ in 0..targets.len() {
            if !open.is_empty() {
                pairs.extend((0..DRAWN).map(|_| open[rng.below(open.len() as u32) as usize]));
            }
            let drawn: Vec<ItemId> = (0..DRAWN).map(|_| ItemId(rng.below(n_items))).collect();
            pairs.extend(drawn.into_iter().filter(|item| !had.contains(item)));
        }
        pairs
    }
}
