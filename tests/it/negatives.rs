//! Properties that the specification asks of negatives, over the whole chain: sampler, scores, loss, optimiser.

use std::rc::Rc;

use playground::engine::data::{Batch, Batches, ItemId, World};
use playground::engine::nn::OptimizerConfig;
use playground::engine::train::{Change, OptimizerParts, Trainer};
use playground::plan::Plan;
use playground::protocol::Recipe;
use playground::session::Library;
use playground::settings::Value;

/// The recipe of a small planted world, with these settings.
fn recipe(settings: &[(&str, &str, Value)], kinds: &[(&str, &str)]) -> Recipe {
    let mut recipe = Recipe::default();
    for &(section, kind) in kinds {
        recipe.section_mut(section).expect("a section").kind = kind.to_owned();
    }
    let small = [
        ("data", "users", Value::Number(60.0)),
        ("data", "items", Value::Number(80.0)),
        ("train", "batch", Value::Number(32.0)),
    ];
    for (section, key, value) in small.iter().chain(settings) {
        let section = recipe.section_mut(section).expect("a section");
        section.settings.insert((*key).to_owned(), value.clone());
    }
    recipe
}

fn planned(recipe: &Recipe) -> (Plan, Rc<World>) {
    let plan = Plan::check(recipe).expect("a sound recipe");
    let dataset = Library::default().dataset(&plan).expect("the planted world");
    let world = plan.world(dataset).expect("divisible");
    (plan, Rc::new(world))
}

/// A trainer of that recipe.
fn trainer(settings: &[(&str, &str, Value)], kinds: &[(&str, &str)]) -> Box<dyn Trainer> {
    let (plan, world) = planned(&recipe(settings, kinds));
    plan.trainer(world).expect("the recipe fits its data")
}

/// Losses of the first steps and the checksum after them.
fn run(settings: &[(&str, &str, Value)], kinds: &[(&str, &str)], steps: usize) -> (Vec<f32>, u64) {
    let mut trainer = trainer(settings, kinds);
    let losses = (0..steps).map(|_| trainer.step().loss.expect("a loss")).collect();
    (losses, trainer.checksum())
}

fn number(section: &'static str, key: &'static str, value: f64) -> (&'static str, &'static str, Value) {
    (section, key, Value::Number(value))
}

fn flag(section: &'static str, key: &'static str, value: bool) -> (&'static str, &'static str, Value) {
    (section, key, Value::Flag(value))
}

#[test]
fn spec_2_8_1_without_a_bank_or_before_the_warm_up_ends_cbns_is_in_batch_bit_by_bit() {
    let in_batch = run(&[], &[("sampler", "in_batch")], 30);
    let cbns = [("sampler", "cross_batch")];
    assert_eq!(run(&[number("sampler", "bank", 0.0)], &cbns, 30), in_batch);
    assert_eq!(run(&[number("sampler", "warm_up", 1.0)], &cbns, 30), in_batch);
    assert_ne!(run(&[number("sampler", "warm_up", 0.0)], &cbns, 30), in_batch);
}

#[test]
fn spec_2_8_5_under_uniform_popularity_the_correction_changes_nothing() {
    // Uniform negatives have one log Q for all, which drops out of the softmax but for rounding.
    let uniform = [("sampler", "uniform")];
    let (corrected, _) = run(&[flag("loss", "logq", true)], &uniform, 20);
    let (plain, _) = run(&[flag("loss", "logq", false)], &uniform, 20);
    for (a, b) in corrected.iter().zip(&plain) {
        assert!((a - b).abs() < 1e-3, "{a} for {b}");
    }
}

#[test]
fn spec_3_9_1_mixtures_that_are_the_positive_cost_the_logarithm_of_their_number() {
    // α = 1: each of the 7 mixtures is the positive, and 80 draws from 80 items leave some weight to the random ones;
    // at a temperature so high that all scores are alike, L = ln(1 + 80 unmasked + 7), a little less for the masked.
    let settings = [
        number("sampler", "n", 80.0),
        number("sampler", "hardest", 7.0),
        number("sampler", "alpha_lo", 1.0),
        number("sampler", "alpha_hi", 1.0),
        number("loss", "temperature", 10.0),
    ];
    let (losses, _) = run(&settings, &[("sampler", "interpolated")], 1);
    let full = libm::logf(88.0);
    assert!(
        losses[0] < full + 0.02 && losses[0] > full - 0.08,
        "{losses:?} for {full}"
    );
}

#[test]
fn every_sampler_trains_with_every_loss() {
    for sampler in playground::engine::sampling::SAMPLERS {
        for loss in playground::engine::losses::LOSSES {
            let settings: &[_] = match sampler.kind {
                "hard_offline" => &[number("sampler", "rank_lo", 5.0), number("sampler", "rank_hi", 30.0)],
                "cross_batch" => &[number("sampler", "warm_up", 0.0)],
                _ => &[],
            };
            let (losses, _) = run(settings, &[("sampler", sampler.kind), ("loss", loss.kind)], 60);
            let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
            assert!(
                losses.iter().all(|loss| loss.is_finite()),
                "{}, {}",
                sampler.kind,
                loss.kind
            );
            let grown = matches!(sampler.kind, "cross_batch" | "hard_offline" | "hard_online");
            assert!(
                grown || mean(&losses[50..]) < mean(&losses[..10]),
                "{}, {}: {losses:?}",
                sampler.kind,
                loss.kind
            );
        }
    }
}

#[test]
fn a_checkpoint_keeps_the_bank_and_what_is_mined_from() {
    for (kind, settings) in [
        ("cross_batch", vec![number("sampler", "warm_up", 0.0)]),
        (
            "hard_offline",
            vec![number("sampler", "rank_hi", 40.0), number("sampler", "refresh", 2.0)],
        ),
    ] {
        let mut trainer = trainer(&settings, &[("sampler", kind)]);
        for _ in 0..60 {
            trainer.step();
        }
        let saved = trainer.save();
        let mut go_on = || {
            for _ in 0..20 {
                trainer.step();
            }
            let end = trainer.checksum();
            trainer.restore(&saved);
            end
        };
        assert_eq!(go_on(), go_on(), "{kind}");
    }
}

#[test]
fn spec_1_13_5_a_band_holds_its_ranks_and_no_known_positive() {
    let (lo, hi) = (5.0, 12.0);
    let settings = [
        number("sampler", "rank_lo", lo),
        number("sampler", "rank_hi", hi),
        number("sampler", "hard", 3.0),
        number("sampler", "n", 0.0),
    ];
    let mut recipe = recipe(&settings, &[("sampler", "hard_offline")]);
    recipe.seed = 3;
    let (plan, world) = planned(&recipe);
    let mut trainer = plan.trainer(Rc::clone(&world)).expect("the recipe fits its data");
    // What is mined in the first epoch is mined from the first values.
    let train = plan.train();
    let mut batches = Batches::new(
        &world.dataset.log,
        &world.split,
        train.batch,
        train.history,
        0,
        recipe.seed,
    );
    let mut batch = Batch::default();
    batches.fill(&world.dataset, 0, &mut batch);
    let mut scores = Vec::new();
    trainer.scores(&batch, &mut scores);
    trainer.step();
    let n_items = world.dataset.items.len();
    for (row, scores) in scores.chunks(n_items).enumerate() {
        let compared = trainer.compared(row).expect("a step was made");
        let end = world.split.train_end[compared.user.idx()] as usize;
        let known = ItemId::numbers(&world.dataset.log.user(compared.user).items[..end]);
        assert!(known.contains(&compared.positive.0), "{known:?}");
        for negative in compared.negatives.iter().filter(|negative| !negative.masked) {
            assert!(
                !known.contains(&negative.item),
                "row {row}: item {} is known",
                negative.item
            );
            let better = (0..n_items as u32)
                .filter(|item| !known.contains(item))
                .filter(|&item| scores[item as usize] > scores[negative.item as usize])
                .count();
            let rank = better as f64 + 1.0;
            assert!(
                (lo..=hi).contains(&rank),
                "row {row}: item {} has rank {rank}",
                negative.item
            );
        }
    }
}

#[test]
fn spec_2_8_7_what_does_not_learn_does_not_drift() {
    let mut still = trainer(&[], &[]);
    still.change(Change {
        optimizer: Some(OptimizerParts {
            config: OptimizerConfig::Sgd { lr: 0.0 },
            clip_norm: None,
        }),
        ..Change::default()
    });
    let mut learns = trainer(&[], &[]);
    for _ in 0..60 {
        still.step();
        learns.step();
    }
    assert_eq!(still.drift().expect("measured by step 50").distance, [0.0; 3]);
    assert!(learns.drift().expect("measured by step 50").distance[0] > 0.0);
}

#[test]
fn a_batch_that_was_learnt_from_loses_less_and_looking_at_it_again_changes_nothing() {
    for kinds in [
        &[("model", "two_tower")][..],
        &[("model", "mind"), ("sampler", "mixed")],
        &[("model", "two_tower"), ("sampler", "uniform"), ("loss", "bpr")],
        &[("model", "two_tower"), ("encoder", "dhe")],
    ] {
        let sgd = || {
            let mut trainer = trainer(&[], kinds);
            trainer.change(Change {
                optimizer: Some(OptimizerParts {
                    config: OptimizerConfig::Sgd { lr: 1e-3 },
                    clip_norm: None,
                }),
                ..Change::default()
            });
            trainer
        };
        let (mut watched, mut alone) = (sgd(), sgd());
        for _ in 0..5 {
            let before = watched.step().loss.expect("a loss");
            let row = watched.compared(3).expect("a row");
            let (after, again) = watched.again(3).expect("the same row");
            assert!(after < before, "{kinds:?}: {after} is not below {before}");
            assert_eq!((row.user, row.positive), (again.user, again.positive));
            assert_ne!(row.score, again.score);
            assert_eq!(watched.compared(3).map(|row| row.score), Some(row.score));
            alone.step();
        }
        assert_eq!(watched.checksum(), alone.checksum(), "{kinds:?}");
    }
    let mut banked = trainer(&[], &[("sampler", "cross_batch")]);
    banked.step();
    assert!(banked.again(0).is_none(), "a bank has moved on");
}
