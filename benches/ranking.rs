//! Judging a model on its scores: the time of one evaluation of sets of the size of well-known ones.

#![expect(clippy::disallowed_types, reason = "a benchmark is about time")]

use std::time::Instant;

use playground::engine::data::ItemId;
use playground::engine::metrics::Ranking;
use playground::engine::rng::{Purpose, Rng};

fn main() {
    println!("users × items      targets   seconds   users/s   recall@20");
    for (n_users, n_items) in [(943, 1_682), (6_040, 3_706), (22_363, 12_101)] {
        for n_targets in [1, 50] {
            measure(n_users, n_items, n_targets);
        }
    }
}

/// The scores of 64 users are made beforehand and used in turn.
fn measure(n_users: usize, n_items: u32, n_targets: usize) {
    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    let scores: Vec<Vec<f32>> = (0..64).map(|_| (0..n_items).map(|_| rng.normal()).collect()).collect();
    let mut draw = |n: usize| -> Vec<ItemId> { (0..n).map(|_| ItemId(rng.below(n_items))).collect() };
    let (seen, targets) = (draw(100), draw(n_targets));

    let mut ranking = Ranking::new(&vec![1; n_items as usize], 20);
    let start = Instant::now();
    for scores in scores.iter().cycle().take(n_users) {
        ranking.add(scores, &seen, &targets);
    }
    let judged = ranking.finish();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{n_users:>6} × {n_items:<8} {n_targets:>9} {seconds:>9.4} {:>9.0} {:>11.4}",
        n_users as f64 / seconds,
        judged["recall@20"],
    );
}
