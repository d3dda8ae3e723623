//! What is measured of a trained model beside the metrics of the ranking.
//!
//! On planted data `relevant@20`, the share of the first 20 that have the topic the query meant, `recovered@20`, the share
//! of a user's interests that these 20 show, and of a model on a graph `false_clicks` and `false_clicks_by_chance`, the
//! shares of the planted false clicks that weak edges and chance find; `recall@20, λ …` and `diversity@20, λ …` of lists
//! chosen greedily; `interest_distance` and `interest_angle` of models with several vectors a user; and of regions
//! `recall@20, half removed`, with every event of a history left out by the toss of a coin, and `handed_on@20`, the share
//! of the best 20 among those that the first stage finds.

use std::rc::Rc;

use playground::engine::data::{Batch, Case, ItemId, UserId, planted};
use playground::engine::inside::{Inside, Looked};
use playground::engine::metrics::{Apart, Suspects, apart, diverse, diversity, recovered, top_items};
use playground::engine::rng::{Purpose, Rng};
use playground::engine::train::{rows, score_all};
use playground::protocol::Metrics;
use playground::session::Run;

/// Weights of diversity: a name, and the share of what the first of a list is ahead of the twentieth.
pub const WEIGHTS: [(&str, f32); 3] = [("0", 0.0), ("0.1", 0.1), ("0.5", 0.5)];

/// Adds what is measured of `run` to `metrics`.
pub fn measure(run: &mut Run, metrics: &mut Metrics) {
    let mut add = |name: &str, value: f64| {
        metrics.insert(name.to_owned(), value);
    };
    if run.plan.planted().is_some() {
        add("relevant@20", relevant(run));
        add("recovered@20", recovery(run));
        if let Some(found) = suspects(run) {
            let all = f64::from(found.suspected);
            add("false_clicks", f64::from(found.found) / all);
            add("false_clicks_by_chance", found.by_chance / all);
        }
    }
    if run.trainer.embed().is_some_and(|embed| embed.regions()) {
        add("recall@20, half removed", half_removed(run));
        add("handed_on@20", handed_on(run));
    }
    if let Some(apart) = interests_apart(run) {
        add("interest_distance", f64::from(apart.distance));
        add("interest_angle", f64::from(apart.angle));
    }
    traded(run, metrics);
}

/// Recall where every event of a history is left out by the toss of a coin.
fn half_removed(run: &mut Run) -> f64 {
    let world = Rc::clone(&run.world);
    let (mut batch, mut scores, mut hits) = (Batch::default(), Vec::new(), 0.0);
    for case in &world.split.test {
        batch.contexts(&world.dataset, std::slice::from_ref(case), run.plan.train().history);
        let mut rng = Rng::stream(run.plan.recipe.seed, Purpose::Trial, u64::from(case.user.0));
        let kept: Vec<bool> = batch.history_items.iter().map(|_| rng.uniform() < 0.5).collect();
        let mut keep = kept.iter();
        batch.history_items.retain(|_| keep.next() == Some(&true));
        let mut keep = kept.iter();
        batch.history_times.retain(|_| keep.next() == Some(&true));
        batch.history_offsets = vec![0, batch.history_items.len() as u32];
        run.trainer.scores(&batch, &mut scores);
        let (seen, targets) = case.parts(&world.dataset.log);
        let list = top_items(&scores, seen, targets, 20);
        let found = targets
            .iter()
            .filter(|target| list.iter().any(|(item, _)| item == *target));
        hits += found.count() as f64 / targets.len() as f64;
    }
    hits / world.split.test.len() as f64
}

/// Share of the best 20 items of users of the test that are among those whose scores the first stage has compared.
fn handed_on(run: &mut Run) -> f64 {
    let world = Rc::clone(&run.world);
    let (mut batch, mut exact, mut bounds) = (Batch::default(), Vec::new(), Vec::new());
    let (mut sum, mut users) = (0.0, 0.0);
    for case in &world.split.test {
        batch.contexts(&world.dataset, std::slice::from_ref(case), run.plan.train().history);
        run.trainer.scores(&batch, &mut exact);
        let Some(embed) = run.trainer.embed() else { break };
        let asked = embed.users(&batch);
        let heads = embed.heads();
        score_all(rows(&asked), heads, embed.items(), &mut bounds);
        let depth = run.trainer.second_stage().map_or(0, |second| second.depth());
        let found = top_items(&bounds, &[], &[], depth);
        let best = top_items(&exact, &[], &[], 20);
        let handed = best
            .iter()
            .filter(|(item, _)| found.iter().any(|(other, _)| other == item));
        sum += handed.count() as f64 / best.len() as f64;
        users += 1.0;
    }
    sum / users
}

/// How well the edges of a model on a graph find the planted false clicks.
fn suspects(run: &mut Run) -> Option<Suspects> {
    let (_, truth) = planted(&run.plan.planted()?, run.plan.recipe.seed);
    let mut batch = Batch::default();
    batch.contexts(&run.world.dataset, &run.world.split.test[..1], 1);
    let Inside::Edges(edges) = run.trainer.inside(&batch, Looked::default()) else {
        return None;
    };
    let ends = edges.users.iter().zip(&edges.items);
    let is_false: Vec<bool> = ends
        .map(|(user, item)| truth.falsely(&run.world, UserId(*user), ItemId(*item)))
        .collect();
    Some(Suspects::of(&edges, &is_false))
}

/// Recall and diversity of lists that are chosen greedily, with each of [`WEIGHTS`], among the first 200.
fn traded(run: &mut Run, metrics: &mut Metrics) {
    let world = Rc::clone(&run.world);
    let Some((_, groups)) = world.dataset.groups() else {
        return;
    };
    let (mut batch, mut scores) = (Batch::default(), Vec::new());
    let mut sums = [[0.0; 2]; WEIGHTS.len()];
    for case in &world.split.test {
        batch.contexts(&world.dataset, std::slice::from_ref(case), run.plan.train().history);
        run.trainer.scores(&batch, &mut scores);
        let (seen, targets) = case.parts(&world.dataset.log);
        let ranked = top_items(&scores, seen, targets, 200);
        let span = ranked
            .first()
            .map_or(0.0, |first| first.1 - ranked.get(20).map_or(first.1, |last| last.1));
        for ((_, weight), sums) in WEIGHTS.iter().zip(&mut sums) {
            let list: Vec<_> = diverse(&ranked, groups, weight * span, 20)
                .into_iter()
                .map(|(item, _)| item)
                .collect();
            let hits = targets.iter().filter(|target| list.contains(target)).count();
            sums[0] += hits as f64 / targets.len() as f64;
            sums[1] += diversity(&list, groups).unwrap_or(0.0);
        }
    }
    let users = world.split.test.len() as f64;
    for ((name, _), [recall, diversity]) in WEIGHTS.iter().zip(sums) {
        metrics.insert(format!("recall@20, λ {name}"), recall / users);
        metrics.insert(format!("diversity@20, λ {name}"), diversity / users);
    }
}

/// How far apart the vectors of the users of the test lie, for models with several.
fn interests_apart(run: &mut Run) -> Option<Apart> {
    let history = run.plan.train().history;
    let mut batch = Batch::default();
    batch.contexts(&run.world.dataset, &run.world.split.test, history);
    let embed = run.trainer.embed()?;
    apart(&embed.users(&batch), embed.heads())
}

/// Share of the first 20 items that have the topic meant by the query of a test event, over those that have a query.
fn relevant(run: &mut Run) -> f64 {
    let Some(config) = run.plan.planted() else {
        return f64::NAN;
    };
    let (_, truth) = planted(&config, run.plan.recipe.seed);
    let world = Rc::clone(&run.world);
    let target = |case: &Case| world.dataset.log.range(case.user).start + case.history as usize;
    let (mut good, mut shown) = (0, 0);
    let mut batch = Batch::default();
    let mut scores = Vec::new();
    for case in &world.split.test {
        let Some(topic) = truth.query_topics[target(case)] else {
            continue;
        };
        batch.contexts(&world.dataset, std::slice::from_ref(case), run.plan.train().history);
        run.trainer.scores(&batch, &mut scores);
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        good += order
            .iter()
            .take(20)
            .filter(|&&item| truth.item_topics[item] == topic)
            .count();
        shown += 20;
    }
    good as f64 / f64::from(shown)
}

/// Share of their interests that users of the test find in their first 20 items.
fn recovery(run: &mut Run) -> f64 {
    let Some(config) = run.plan.planted() else {
        return f64::NAN;
    };
    let (_, truth) = planted(&config, run.plan.recipe.seed);
    let world = Rc::clone(&run.world);
    let (mut batch, mut scores) = (Batch::default(), Vec::new());
    let (mut sum, mut users) = (0.0, 0);
    for case in &world.split.test {
        batch.contexts(&world.dataset, std::slice::from_ref(case), run.plan.train().history);
        run.trainer.scores(&batch, &mut scores);
        let (seen, targets) = case.parts(&world.dataset.log);
        let list: Vec<_> = top_items(&scores, seen, targets, 20)
            .into_iter()
            .map(|(item, _)| item)
            .collect();
        if let Some(share) = recovered(&list, &truth.item_topics, &truth.interests[case.user.idx()]) {
            sum += share;
            users += 1;
        }
    }
    sum / f64::from(users)
}
