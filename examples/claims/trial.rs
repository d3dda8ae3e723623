//! Training what a claim needs, each recipe once, and putting the numbers side by side.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use playground::engine::data::{Batch, Case, World, planted};
use playground::engine::metrics::{Apart, apart, diverse, diversity, recovered, top_items};
use playground::engine::train::DriftPoint;
use playground::protocol::{Metrics, Recipe};
use playground::session::{Evaluation, HeldOut, Library, Run, Saved, Work};
use playground::text::Message;

use crate::asked::{Result, read_data, set};
use crate::claim::{Claim, Finding, Side, Test};
use crate::{cost, verdict};

/// Evaluations without a better one before training stops.
const PATIENCE: &str = "train.patience=4";
/// Passes at most; patience ends nearly all runs before.
const EPOCHS: &str = "train.epochs=60";

/// Weights of diversity: a name, and the share of what the first of a list is ahead of the twentieth.
const WEIGHTS: [(&str, f32); 3] = [("0", 0.0), ("0.1", 0.1), ("0.5", 0.5)];

/// What a trained model came to.
#[derive(Clone)]
struct Outcome {
    /// On the test events, after the epoch that was best on the validation events; and `relevant@20` on planted data:
    /// the share of the first 20 that have the topic the query meant, and `recovered@20`: the share of a user's interests
    /// that these 20 show; `interest_distance` and `interest_angle` of models
    /// with several vectors a user.
    metrics: Metrics,
    drift: Vec<DriftPoint>,
}

/// Keeps the data and what was trained.
pub struct Bench {
    folder: PathBuf,
    seeds: u32,
    library: Library,
    /// Name of the data that the library holds, with the section that reads them.
    read: Option<(String, Recipe)>,
    trained: BTreeMap<String, Outcome>,
}

impl Bench {
    pub fn new(folder: PathBuf, seeds: u32) -> Self {
        Self {
            folder,
            seeds,
            library: Library::default(),
            read: None,
            trained: BTreeMap::new(),
        }
    }

    /// Trains what `claim` needs on `data`, and judges.
    pub fn try_out(&mut self, claim: &Claim, data: &str) -> Result<Finding> {
        if data != "planted" && !self.folder.join(data).exists() {
            let verdict = format!("skipped: no {data} in {}", self.folder.display());
            return Ok(Finding {
                sides: Vec::new(),
                verdict,
            });
        }
        match &claim.test {
            Test::More { metric, first, second } => {
                let [a, b] = [self.metric(first, data, metric)?, self.metric(second, data, metric)?];
                Ok(Finding {
                    sides: vec![line(first, metric, &a), line(second, metric, &b)],
                    verdict: compared(&a, &b),
                })
            }
            Test::Spread { metric, sides } => self.spread(metric, sides, data),
            Test::Reversed { first, second, sides } => self.reversed(first, second, sides, data),
            Test::Trade(side) => self.trade(side, data),
            Test::Drift(side) => self.drift(side, data),
            Test::Cost { at_most, first, second } => {
                let recipes = [self.recipe(first, data, 1)?, self.recipe(second, data, 1)?];
                let worlds = [self.world(&recipes[0])?, self.world(&recipes[1])?];
                cost::compare(*at_most, [first, second], recipes, worlds)
            }
            Test::Waits(why) => Ok(Finding {
                sides: Vec::new(),
                verdict: format!("waits: {why}"),
            }),
        }
    }

    fn spread(&mut self, metric: &str, sides: &[Side], data: &str) -> Result<Finding> {
        let mut values = Vec::new();
        for side in sides {
            values.push(self.metric(side, data, metric)?);
        }
        let mean = |values: &Vec<f64>| verdict::mean_and_error(values).0;
        let by_mean = |a: &&Vec<f64>, b: &&Vec<f64>| mean(a).total_cmp(&mean(b));
        let (Some(best), Some(worst)) = (values.iter().max_by(by_mean), values.iter().min_by(by_mean)) else {
            return Err("A spread needs sides.".to_owned());
        };
        Ok(Finding {
            verdict: compared(best, worst),
            sides: sides
                .iter()
                .zip(&values)
                .map(|(side, values)| line(side, metric, values))
                .collect(),
        })
    }

    fn reversed(&mut self, first: &str, second: &str, sides: &[Side; 2], data: &str) -> Result<Finding> {
        let mut lines = Vec::new();
        let mut verdicts = Vec::new();
        for metric in [first, second] {
            let [a, b] = [
                self.metric(&sides[0], data, metric)?,
                self.metric(&sides[1], data, metric)?,
            ];
            lines.extend([line(&sides[0], metric, &a), line(&sides[1], metric, &b)]);
            verdicts.push(verdict::of_differences(&verdict::differences(&a, &b)));
        }
        // Each metric by itself says that the first side is the better one, or is not.
        let verdict = match verdicts[..] {
            ["holds", "does not hold"] | ["does not hold", "holds"] => "holds",
            [a, b] if a == b && a != "within noise" => "does not hold",
            _ => "within noise",
        };
        let verdict = verdict.to_owned();
        Ok(Finding { sides: lines, verdict })
    }

    /// Diversity by greedy choice, at each of some weights.
    fn trade(&mut self, side: &Side, data: &str) -> Result<Finding> {
        let mut lines = Vec::new();
        let mut values = Vec::new();
        for (name, _) in WEIGHTS {
            let both = ["recall", "diversity"].map(|metric| format!("{metric}@20, λ {name}"));
            let [recall, diversity] = both.map(|metric| self.metric(side, data, &metric));
            let (recall, diversity) = (recall?, diversity?);
            let (recalls, differs) = (verdict::said(&recall), verdict::said(&diversity));
            lines.push(format!(
                "λ {name} of the list's span: recall@20 {recalls}, diversity@20 {differs}"
            ));
            values.push([recall, diversity]);
        }
        let (first, last) = (&values[0], &values[values.len() - 1]);
        let [recall, diversity] = [0, 1].map(|metric| verdict::differences(&last[metric], &first[metric]));
        let verdicts = [verdict::of_differences(&recall), verdict::of_differences(&diversity)];
        let verdict = match verdicts {
            [_, "holds"] if verdicts[0] != "holds" => "holds",
            [_, "within noise"] => "within noise",
            _ => "does not hold",
        };
        Ok(Finding {
            sides: lines,
            verdict: format!(
                "{verdict} (recall {}, diversity {})",
                verdict::said(&recall),
                verdict::said(&diversity)
            ),
        })
    }

    fn drift(&mut self, side: &Side, data: &str) -> Result<Finding> {
        let (mut early, mut late) = (Vec::new(), Vec::new());
        let (mut ordered, mut all) = (0, 0);
        for seed in 1..=self.seeds {
            let drift = self.outcome(side, data, seed)?.drift;
            let quarter = (drift.len() / 4).max(1);
            let mean = |points: &[DriftPoint]| {
                points.iter().map(|point| f64::from(point.distance[2])).sum::<f64>() / points.len() as f64
            };
            early.push(mean(&drift[..quarter]));
            late.push(mean(&drift[drift.len() - quarter..]));
            all += drift.len();
            ordered += drift
                .iter()
                .filter(|point| point.distance.windows(2).all(|pair| pair[0] < pair[1]))
                .count();
        }
        Ok(Finding {
            sides: vec![
                format!("first quarter of the run, Δt = 10: {}", verdict::said(&early)),
                format!("last quarter: {}", verdict::said(&late)),
                format!("Δt 1 < 5 < 10 at {ordered} of {all} measurements"),
            ],
            verdict: if ordered == all {
                compared(&early, &late)
            } else {
                "does not hold".to_owned()
            },
        })
    }

    /// The metric over the seeds.
    fn metric(&mut self, side: &Side, data: &str, metric: &str) -> Result<Vec<f64>> {
        (1..=self.seeds)
            .map(|seed| {
                let outcome = self.outcome(side, data, seed)?;
                outcome
                    .metrics
                    .get(metric)
                    .copied()
                    .ok_or_else(|| format!("There is no metric {metric}."))
            })
            .collect()
    }

    fn recipe(&mut self, side: &Side, data: &str, seed: u32) -> Result<Recipe> {
        let mut recipe = self.read(data)?;
        recipe.seed = seed;
        for setting in [EPOCHS, PATIENCE].iter().chain(&side.set) {
            set(&mut recipe, setting)?;
        }
        Ok(recipe)
    }

    /// A recipe with nothing but the data, which the library then holds.
    fn read(&mut self, data: &str) -> Result<Recipe> {
        if data == "planted" {
            return Ok(Recipe::default());
        }
        if let Some((_, recipe)) = self.read.as_ref().filter(|(name, _)| name == data) {
            return Ok(recipe.clone());
        }
        let mut recipe = Recipe::default();
        let path = self.folder.join(data);
        read_data(&path.to_string_lossy(), &mut recipe, &mut self.library)?;
        self.read = Some((data.to_owned(), recipe.clone()));
        Ok(recipe)
    }

    fn world(&mut self, recipe: &Recipe) -> Result<Rc<World>> {
        let plan = recipe.validate().map_err(|found| Message::join(found).to_string())?;
        let dataset = self.library.dataset(&plan).map_err(|why| why.to_string())?;
        plan.world(dataset).map(Rc::new).map_err(|why| why.to_string())
    }

    /// Trains, unless that has been done.
    fn outcome(&mut self, side: &Side, data: &str, seed: u32) -> Result<Outcome> {
        let recipe = self.recipe(side, data, seed)?;
        let plan = recipe.validate().map_err(|found| Message::join(found).to_string())?;
        let name = serde_json::to_string(&plan.recipe).map_err(|why| why.to_string())?;
        if let Some(outcome) = self.trained.get(&name) {
            return Ok(outcome.clone());
        }
        let world = self.world(&recipe)?;
        let mut run = Run::new(plan, world).map_err(|why| why.to_string())?;
        let mut outcome = train(&mut run)?;
        if data == "planted" {
            outcome.metrics.insert("relevant@20".to_owned(), relevant(&mut run));
            outcome.metrics.insert("recovered@20".to_owned(), recovery(&mut run));
        }
        traded(&mut run, &mut outcome.metrics);
        if let Some(apart) = interests_apart(&mut run) {
            let values = [("interest_distance", apart.distance), ("interest_angle", apart.angle)];
            let values = values.map(|(name, value)| (name.to_owned(), f64::from(value)));
            outcome.metrics.extend(values);
        }
        let recall = outcome.metrics.get("recall@20").copied().unwrap_or(f64::NAN);
        eprintln!("{data}, seed {seed}, {}: recall@20 {recall:.4}", side.name);
        self.trained.insert(name, outcome.clone());
        Ok(outcome)
    }
}

fn line(side: &Side, metric: &str, values: &[f64]) -> String {
    format!("{}: {metric} {}", side.name, verdict::said(values))
}

/// The verdict with the difference it rests on.
fn compared(first: &[f64], second: &[f64]) -> String {
    let differences = verdict::differences(first, second);
    let verdict = verdict::of_differences(&differences);
    format!("{verdict} (difference {})", verdict::said(&differences))
}

/// Trains to the end, goes back to the epoch that was best on the validation events, and tests that one.
fn train(run: &mut Run) -> Result<Outcome> {
    let mut best: Option<(f64, Saved)> = None;
    let mut drift: Vec<DriftPoint> = Vec::new();
    loop {
        match run.advance(u64::MAX) {
            Work::Idle => break,
            Work::Judged(evaluated) if evaluated.on == "valid" => {
                let recall = evaluated.metrics.get("recall@20").copied().unwrap_or(0.0);
                if best.as_ref().is_none_or(|(before, _)| recall > *before) {
                    best = Some((recall, run.save()));
                }
            }
            Work::Stepped(_) => {
                let measured = run.trainer.drift();
                drift.extend(measured.filter(|point| drift.last().is_none_or(|last| last.step != point.step)));
            }
            Work::Judging | Work::Judged(_) => {}
        }
    }
    if let Some(error) = run.state(false).error {
        return Err(error.to_string());
    }
    let Some((_, saved)) = best else {
        return Err("The data have no validation events.".to_owned());
    };
    run.restore(&saved).map_err(|why| why.to_string())?;
    let mut evaluation = Evaluation::new(HeldOut::Test, &run.world, run.plan.train(), run.plan.recipe.seed);
    loop {
        if let Some(metrics) = evaluation.advance(run.trainer.as_mut(), &run.world) {
            return Ok(Outcome { metrics, drift });
        }
    }
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
