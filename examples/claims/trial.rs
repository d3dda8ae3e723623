//! Training what a claim needs, each recipe once, and putting the numbers side by side.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use playground::engine::data::World;
use playground::engine::train::DriftPoint;
use playground::protocol::{Metrics, Recipe};
use playground::session::{Evaluation, HeldOut, Library, Run, Saved, Work};
use playground::text::Message;

use crate::asked::{Result, read_data, set};
use crate::beside::{self, WEIGHTS};
use crate::claim::{Claim, Finding, Side, Test};
use crate::{cost, served, verdict};

/// Evaluations without a better one before training stops.
const PATIENCE: &str = "train.patience=4";
/// Passes at most; patience ends nearly all runs before.
const EPOCHS: &str = "train.epochs=60";

/// Adverts of a large vocabulary, of which most are rare.
const ADVERTS: [&str; 3] = ["data.kind=planted_clicks", "data.ids=20000", "data.rows=60000"];

/// What a trained model came to.
#[derive(Clone)]
struct Outcome {
    /// On the test events, after the epoch that was best on the validation events; and those of [`beside`].
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
        if !data.starts_with("planted") && !self.folder.join(data).exists() {
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
                    sides: vec![
                        self.sized(first, data, line(first, metric, &a))?,
                        self.sized(second, data, line(second, metric, &b))?,
                    ],
                    verdict: compared(&a, &b),
                })
            }
            Test::NoWorse {
                metric,
                by,
                first,
                second,
            } => {
                let [a, b] = [self.metric(first, data, metric)?, self.metric(second, data, metric)?];
                let allowed: Vec<f64> = b.iter().map(|value| value - by).collect();
                Ok(Finding {
                    sides: vec![
                        self.sized(first, data, line(first, metric, &a))?,
                        self.sized(second, data, line(second, metric, &b))?,
                    ],
                    verdict: compared(&a, &allowed),
                })
            }
            Test::Spread { metric, sides } => self.spread(metric, sides, data),
            Test::Reversed { first, second, sides } => self.reversed(first, second, sides, data),
            Test::Trade(side) => self.trade(side, data),
            Test::Drift(side) => self.drift(side, data),
            Test::AtLeast { metric, least, side } => {
                let values = self.metric(side, data, metric)?;
                Ok(Finding {
                    verdict: compared(&values, &vec![*least; values.len()]),
                    sides: vec![line(side, metric, &values)],
                })
            }
            Test::Beats { metric, than, side } => {
                let [a, b] = [self.metric(side, data, metric)?, self.metric(side, data, than)?];
                Ok(Finding {
                    sides: vec![line(side, metric, &a), line(side, than, &b)],
                    verdict: compared(&a, &b),
                })
            }
            Test::Cost { at_most, first, second } => {
                let recipes = [self.recipe(first, data, 1)?, self.recipe(second, data, 1)?];
                let worlds = [self.world(&recipes[0])?, self.world(&recipes[1])?];
                cost::compare(*at_most, [first, second], recipes, worlds)
            }
            Test::Grows { at_most, side, sizes } => {
                let mut worlds = Vec::new();
                for size in *sizes {
                    let mut side = side.clone();
                    side.set.extend(size.split_whitespace());
                    let recipe = self.recipe(&side, data, 1)?;
                    worlds.push((self.world(&recipe)?, recipe));
                }
                cost::growth(*at_most, side, worlds)
            }
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

    /// A side's line with how many numbers it learns, where it says how ids or numbers become vectors.
    fn sized(&mut self, side: &Side, data: &str, line: String) -> Result<String> {
        let recipe = self.recipe(side, data, 1)?;
        if recipe.encoder.kind.is_empty() && recipe.numeric.kind.is_empty() && !recipe.model.kind.contains("deepfm") {
            return Ok(line);
        }
        let numbers = self.metric(side, data, "numbers")?;
        Ok(format!("{line}, {} numbers", numbers[0]))
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
        if data.starts_with("planted") {
            let mut recipe = Recipe::default();
            if data == "planted clicks" {
                ADVERTS.iter().try_for_each(|setting| set(&mut recipe, setting))?;
            }
            return Ok(recipe);
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
        if !run.plan.method().clicks {
            beside::measure(&mut run, &mut outcome.metrics);
            served::measure(&mut run, &mut outcome.metrics)?;
        }
        let judged_by = judged_by(&run);
        let quality = outcome.metrics.get(&judged_by).copied().unwrap_or(f64::NAN);
        eprintln!("{data}, seed {seed}, {}: {judged_by} {quality:.4}", side.name);
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

/// The metric by which epochs are compared.
fn judged_by(run: &Run) -> String {
    if run.plan.method().clicks {
        "auc".to_owned()
    } else {
        format!("recall@{}", run.plan.train().top)
    }
}

/// Trains to the end, goes back to the epoch that was best on the validation events, and tests that one.
fn train(run: &mut Run) -> Result<Outcome> {
    let judged_by = judged_by(run);
    let mut best: Option<(f64, Saved)> = None;
    let mut drift: Vec<DriftPoint> = Vec::new();
    loop {
        match run.advance(u64::MAX) {
            Work::Idle => break,
            Work::Judged(evaluated) if evaluated.on == "valid" => {
                let quality = evaluated.metrics.get(&judged_by).copied().unwrap_or(0.0);
                if best.as_ref().is_none_or(|(before, _)| quality > *before) {
                    best = Some((quality, run.save()));
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
        if let Some(judged) = evaluation.advance(run.trainer.as_mut(), &run.world) {
            let mut metrics = judged.metrics;
            metrics.insert("numbers".to_owned(), run.trainer.parameters() as f64);
            return Ok(Outcome { metrics, drift });
        }
    }
}
