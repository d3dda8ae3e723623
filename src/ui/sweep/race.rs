//! The recipes of a race: other seeds, other values of a setting, or whatever the reader lines up; and what came of it
//! as numbers.

use super::{Outcome, Trial};
use crate::decimal::{rounded, written};
use crate::protocol::{Recipe, link};

/// `recipe` with so many seeds, its own first, on the same data.
pub fn seeds(recipe: &Recipe, count: u32) -> Vec<Recipe> {
    let mut pinned = recipe.clone();
    pinned.pin_data();
    let seed = |more| Recipe {
        seed: recipe.seed.wrapping_add(more),
        ..pinned.clone()
    };
    (0..count).map(seed).collect()
}

/// `recipe` with each of these values, parted by spaces, of a setting: `loss.temperature` and `0.05 0.1 0.2`.
pub fn values(recipe: &Recipe, key: &str, values: &str) -> Vec<Recipe> {
    let one = |value: &str| {
        let mut pairs = link::of_recipe(recipe);
        pairs.retain(|(other, _)| other != key);
        pairs.push((key.to_owned(), value.to_owned()));
        link::to_recipe(pairs).0
    };
    values.split_whitespace().map(one).collect()
}

/// What `recipe` says that `of` does not, as `loss.temperature = 0.1, seed = 3`.
pub fn told(recipe: &Recipe, of: &Recipe) -> String {
    let known = link::of_recipe(of);
    let mut own = link::of_recipe(recipe);
    // That the data stay the same makes no difference.
    own.retain(|pair| !(known.contains(pair) || pair.0 == "data.seed" && recipe.same_data(of)));
    let own: Vec<_> = own.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    own.join(", ")
}

/// Mean and standard deviation of the trained ones' quality, where there are several and they differ in nothing but the
/// seed.
pub fn spread(trials: &[Trial]) -> Option<(f64, f64)> {
    let first = trials.first()?;
    let same = |trial: &Trial| {
        let seed = first.recipe.seed;
        Recipe {
            seed,
            ..trial.recipe.clone()
        } == first.recipe
    };
    let quality = |trial: &Trial| match trial.outcome {
        Outcome::Trained { quality, .. } => Some(quality),
        _ => None,
    };
    let all: Vec<f64> = trials.iter().filter_map(quality).collect();
    (all.len() > 1 && trials.iter().all(same)).then(|| mean_and_deviation(&all))
}

/// Of a sample: the deviation with n - 1.
pub fn mean_and_deviation(all: &[f64]) -> (f64, f64) {
    let count = all.len() as f64;
    let mean = all.iter().sum::<f64>() / count;
    let squares: f64 = all.iter().map(|one| (one - mean) * (one - mean)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

/// The table as lines of values between commas.
pub fn as_csv(trials: &[Trial], of: &Recipe) -> String {
    let mut text = String::from("run,differs,seed,step,loss,metric,quality,parameters,note\n");
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    for (place, trial) in trials.iter().enumerate() {
        let last = trial.story.losses.smooth().last().copied();
        let (step, loss) = last
            .map(|(step, loss)| (rounded(step, 0), rounded(loss, 6)))
            .unwrap_or_default();
        let (metric, quality, parameters) = match &trial.outcome {
            Outcome::Trained {
                metric,
                quality,
                parameters,
            } => (metric.as_str(), written(*quality), parameters.to_string()),
            _ => Default::default(),
        };
        let run = (place + 1).to_string();
        let seed = trial.recipe.seed.to_string();
        let (differs, note) = (quoted(&told(&trial.recipe, of)), quoted(&trial.note));
        text += &[
            &run,
            &differs,
            &seed,
            &step,
            &loss,
            metric,
            &quality,
            &parameters,
            &note,
        ]
        .map(|cell: &str| cell)
        .join(",");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_values_differ_in_what_they_are_to_differ_in() {
        let recipe = Recipe::default();
        let told_of = |recipes: Vec<Recipe>| recipes.iter().map(|other| told(other, &recipe)).collect::<Vec<_>>();
        assert_eq!(told_of(seeds(&recipe, 3)), ["", "seed = 43", "seed = 44"]);
        assert_eq!(
            told_of(values(&recipe, "loss.temperature", " 0.05 0.1 ")),
            ["loss.temperature = 0.05", "loss.temperature = 0.1"]
        );
        assert_eq!(told_of(values(&recipe, "model.kind", "mind")), ["model.kind = mind"]);
    }

    #[test]
    fn a_spread_is_told_of_seeds_only() {
        let trained = |recipe: &Recipe, quality| Trial {
            outcome: Outcome::Trained {
                parameters: 1,
                metric: "recall@20".to_owned(),
                quality,
            },
            ..Trial::new("", None, recipe.clone())
        };
        let recipes = seeds(&Recipe::default(), 3);
        let trials: Vec<_> = recipes
            .iter()
            .zip([1.0, 2.0, 3.0])
            .map(|(recipe, quality)| trained(recipe, quality))
            .collect();
        assert_eq!(spread(&trials), Some((2.0, 1.0)));
        assert_eq!(spread(&trials[..1]), None);
        let other = values(&recipes[0], "model.dim", "8").remove(0);
        assert_eq!(spread(&[trials[0].clone(), trained(&other, 1.0)]), None);
        let csv = as_csv(&trials, &recipes[0]);
        assert!(
            csv.lines()
                .nth(2)
                .is_some_and(|line| line == "2,\"seed = 43\",43,,,recall@20,2,1,\"\""),
            "{csv}"
        );
    }
}
