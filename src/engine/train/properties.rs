//! Properties that the specification asks of losses and negatives, on the scoring chain.

use crate::engine::rng::{Purpose, Rng};
use crate::engine::sampling::{Block, Candidates, Mix, Source};
use crate::settings::Value;

use super::chain::{Chain, Learnt, assert_near, block};

const WIDTH: usize = 8;
const ROWS: usize = 6;
const DRAWN: usize = 5;

fn random(n: usize, counter: u64) -> Vec<f32> {
    let mut rng = Rng::stream(5, Purpose::Trial, counter);
    (0..n).map(|_| rng.normal()).collect()
}

fn diagonal() -> Vec<(u32, u32)> {
    (0..ROWS as u32).map(|row| (row, row)).collect()
}

fn in_batch() -> Block {
    block(Source::Batch, ROWS, vec![-2.0; ROWS], diagonal())
}

fn drawn() -> Block {
    block(Source::Catalogue, DRAWN, vec![-2.0; DRAWN], Vec::new())
}

/// Random vectors for these blocks, of which `encoded` columns are encoded beside the positives.
fn chain(loss: &'static str, settings: &[(&'static str, f64)], blocks: Vec<Block>, encoded: usize) -> Chain {
    let numbers = settings.iter().map(|&(key, value)| (key, Value::Number(value)));
    Chain {
        width: WIDTH,
        users: random(ROWS * WIDTH, 0),
        items: random((ROWS + encoded) * WIDTH, 1),
        cosine: false,
        candidates: Candidates::of(vec![-2.0; ROWS], blocks, None),
        loss,
        settings: numbers.collect(),
    }
}

fn softmax(blocks: Vec<Block>, encoded: usize) -> Chain {
    chain("sampled_softmax", &[("temperature", 1.0)], blocks, encoded)
}

fn norm(values: &[f32]) -> f32 {
    values.iter().map(|x| x * x).sum::<f32>().sqrt()
}

#[test]
fn spec_1_13_1_without_a_margin_a_negative_like_the_positive_costs_and_teaches_nothing() {
    let mut chain = chain(
        "triplet",
        &[("margin", 0.0)],
        vec![block(Source::Mined, ROWS, vec![0.0; ROWS], vec![])],
        ROWS,
    );
    chain.cosine = true;
    // Each row's own negative has the vector of its positive.
    let positives = chain.items[..ROWS * WIDTH].to_vec();
    chain.items[ROWS * WIDTH..].copy_from_slice(&positives);
    let Learnt { loss, users, items } = chain.learn();
    assert_eq!(loss, 0.0);
    assert!(users.iter().chain(&items).all(|slope| *slope == 0.0));
}

#[test]
fn spec_1_13_2_rescaling_an_encoder_changes_no_triplet_and_gradients_are_tangents() {
    let mut chain = chain("triplet", &[("margin", 0.5)], vec![drawn()], DRAWN);
    chain.cosine = true;
    let learnt = chain.learn();
    assert!(learnt.loss > 0.05, "{}", learnt.loss);
    for (user, slope) in chain.users.chunks(WIDTH).zip(learnt.users.chunks(WIDTH)) {
        let product: f32 = user.iter().zip(slope).map(|(x, slope)| x * slope).sum();
        assert!(product.abs() < 1e-6 * norm(user).max(1.0), "{product}");
    }
    let mut longer = chain.clone();
    longer.users.iter_mut().for_each(|x| *x *= 3.0);
    longer.items.iter_mut().for_each(|x| *x *= 0.5);
    assert_near("rescaled", &[longer.learn().loss], &[learnt.loss], 1e-6);
}

#[test]
fn spec_1_13_4_all_but_one_of_the_batch_as_hard_ones_are_the_whole_batch() {
    let whole = chain("triplet", &[("margin", 0.5)], vec![in_batch()], 0).learn();
    let hardest = Block {
        hardest: Some(ROWS - 1),
        ..in_batch()
    };
    let chosen = chain("triplet", &[("margin", 0.5)], vec![hardest], 0).learn();
    assert_near("loss", &[chosen.loss], &[whole.loss], 1e-6);
    assert_near("users", &chosen.users, &whole.users, 1e-6);
    assert_near("items", &chosen.items, &whole.items, 1e-6);
}

#[test]
fn spec_2_8_2_a_bank_counts_as_a_larger_batch_but_its_rows_do_not_learn() {
    let bank = block(Source::Bank, DRAWN, vec![-2.0; DRAWN], Vec::new());
    let banked = softmax(vec![in_batch(), bank], DRAWN).learn();
    let larger = softmax(vec![in_batch(), drawn()], DRAWN).learn();
    assert_eq!(banked.loss, larger.loss);
    assert_eq!(banked.users, larger.users);
    let (own, others) = banked.items.split_at(ROWS * WIDTH);
    assert_eq!(own, &larger.items[..ROWS * WIDTH]);
    assert!(others.iter().all(|slope| *slope == 0.0));
    assert!(larger.items[ROWS * WIDTH..].iter().any(|slope| slope.abs() > 1e-3));
}

#[test]
fn spec_2_8_3_a_constant_on_every_log_q_changes_the_loss_only_if_the_positive_has_none() {
    let shifted = |mut chain: Chain, positive: f32, by: f32| {
        let blocks = chain.candidates.blocks().iter().cloned().map(|mut block| {
            block.log_q.iter_mut().for_each(|log_q| *log_q += by);
            block
        });
        chain.candidates = Candidates::of(vec![positive; ROWS], blocks.collect(), None);
        chain.learn().loss
    };
    let chain = || softmax(vec![in_batch(), drawn()], DRAWN);
    // Yi and CBNS correct the positive, too.
    assert_near(
        "yi",
        &[shifted(chain(), -2.0 + 1.5, 1.5)],
        &[shifted(chain(), -2.0, 0.0)],
        1e-6,
    );
    // MNS does not.
    let (plain, moved) = (shifted(chain(), 0.0, 0.0), shifted(chain(), 0.0, 1.5));
    assert!((plain - moved).abs() > 0.1, "{plain} and {moved}");
}

#[test]
fn spec_2_8_5_under_even_popularity_log_q_changes_no_gradient() {
    let with = |logq: bool| {
        let mut chain = softmax(vec![in_batch()], 0);
        chain.settings.push(("logq", Value::Flag(logq)));
        chain.learn()
    };
    let (corrected, plain) = (with(true), with(false));
    assert_near("users", &corrected.users, &plain.users, 1e-6);
    assert_near("items", &corrected.items, &plain.items, 1e-6);
}

/// Mixtures of the `n` hardest of the drawn, all with this share of the positive.
fn mixed(alpha: f32, n: usize, temperature: f64) -> Chain {
    let mut chain = chain("sampled_softmax", &[("temperature", temperature)], vec![drawn()], DRAWN);
    let mix = Mix {
        hardest: n,
        alpha: vec![alpha; ROWS * n],
        stop_gradient: false,
    };
    chain.candidates = Candidates::of(vec![-2.0; ROWS], vec![drawn()], Some(mix));
    chain.settings.push(("logq", Value::Flag(false)));
    chain
}

#[test]
fn spec_3_9_1_mixtures_that_are_the_positive_cost_log_n_plus_1_and_teach_nothing() {
    let mut chain = mixed(1.0, 3, 1.0);
    // Users are their positives twenty times over, and random negatives are zero: those weigh nothing.
    chain.items[ROWS * WIDTH..].fill(0.0);
    let positives = chain.items[..ROWS * WIDTH].iter();
    chain
        .users
        .iter_mut()
        .zip(positives)
        .for_each(|(user, item)| *user = item * 20.0);
    let Learnt { loss, users, items } = chain.learn();
    assert!((loss - libm::logf(4.0)).abs() < 1e-4, "{loss}");
    assert!(
        users.iter().chain(&items).all(|slope| slope.abs() < 1e-4),
        "{users:?} {items:?}"
    );
}

#[test]
fn spec_3_9_2_mixtures_without_the_positive_are_the_hardest_once_more() {
    let once_more = mixed(0.0, DRAWN, 1.0).learn();
    let mut twice = chain(
        "sampled_softmax",
        &[("temperature", 1.0)],
        vec![drawn(), drawn()],
        2 * DRAWN,
    );
    let drawn_vectors = twice.items[ROWS * WIDTH..][..DRAWN * WIDTH].to_vec();
    twice.items[(ROWS + DRAWN) * WIDTH..].copy_from_slice(&drawn_vectors);
    twice.settings.push(("logq", Value::Flag(false)));
    let twice = twice.learn();
    assert_near("loss", &[once_more.loss], &[twice.loss], 1e-6);
    assert_near("users", &once_more.users, &twice.users, 1e-6);
    let (first, second) = twice.items[ROWS * WIDTH..].split_at(DRAWN * WIDTH);
    let both: Vec<f32> = first.iter().zip(second).map(|(a, b)| a + b).collect();
    assert_near("items", &once_more.items[ROWS * WIDTH..], &both, 1e-6);
}

#[test]
fn spec_3_9_3_a_mixture_scores_between_its_hard_negative_and_the_positive() {
    // One negative and one mixture: P tells the mixture's score from the loss.
    for alpha in [0.0, 0.3, 0.5, 1.0] {
        let chain = mixed(alpha, 1, 1.0);
        let dot = |row: usize, item: usize| -> f32 {
            let (user, item) = (
                &chain.users[row * WIDTH..][..WIDTH],
                &chain.items[item * WIDTH..][..WIDTH],
            );
            user.iter().zip(item).map(|(a, b)| a * b).sum()
        };
        let expected = (0..ROWS).map(|row| {
            let positive = dot(row, row);
            let scores: Vec<f32> = (0..DRAWN).map(|column| dot(row, ROWS + column)).collect();
            let hard = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mixture = alpha * positive + (1.0 - alpha) * hard;
            assert!(mixture >= hard.min(positive) - 1e-5 && mixture <= hard.max(positive) + 1e-5);
            let all = scores.iter().chain([&positive, &mixture]);
            libm::logf(all.map(|score| libm::expf(score - positive)).sum::<f32>())
        });
        let expected = expected.sum::<f32>() / ROWS as f32;
        assert_near("loss", &[chain.learn().loss], &[expected], 1e-5);
    }
}

#[test]
fn spec_3_9_6_a_high_temperature_makes_all_alike_and_gradients_fall_with_it() {
    let at = |temperature: f64| chain("sampled_softmax", &[("temperature", temperature)], vec![drawn()], DRAWN).learn();
    let mut low = chain("sampled_softmax", &[("temperature", 10.0)], vec![drawn()], DRAWN);
    // Small vectors are a temperature higher than the setting allows.
    low.users.iter_mut().for_each(|x| *x *= 1e-3);
    assert!((low.learn().loss - libm::logf(DRAWN as f32 + 1.0)).abs() < 1e-3);
    let (five, ten) = (norm(&at(5.0).items), norm(&at(10.0).items));
    assert!((five / ten - 2.0).abs() < 0.2, "{five} and {ten}");
}

#[test]
fn spec_6_6_6_masked_copies_of_the_positive_are_as_if_they_were_not_there() {
    let mut with = softmax(
        vec![block(Source::Catalogue, DRAWN, vec![-2.0; DRAWN], vec![(0, 1), (0, 3)])],
        DRAWN,
    );
    // Columns 1 and 3 are copies of row 0's positive.
    let positive = with.items[..WIDTH].to_vec();
    for column in [1, 3] {
        with.items[(ROWS + column) * WIDTH..][..WIDTH].copy_from_slice(&positive);
    }
    let one_row = |mut chain: Chain| {
        chain.users.truncate(WIDTH);
        chain.candidates.positive_log_q.truncate(1);
        let blocks: Vec<Block> = chain.candidates.blocks().to_vec();
        chain.candidates = Candidates::of(vec![-2.0], blocks, None);
        // The positives of the other rows go, too.
        chain.items.drain(WIDTH..ROWS * WIDTH);
        chain
    };
    let with = one_row(with);
    let mut without = with.clone();
    for column in [3, 1] {
        without.items.drain((1 + column) * WIDTH..(2 + column) * WIDTH);
    }
    let left = block(Source::Catalogue, DRAWN - 2, vec![-2.0; DRAWN - 2], Vec::new());
    without.candidates = Candidates::of(vec![-2.0], vec![left], None);
    assert_near("loss", &[with.learn().loss], &[without.learn().loss], 1e-6);
}

#[test]
fn spec_1_4_5_only_the_interest_nearest_to_the_positive_learns() {
    let mut chain = softmax(vec![in_batch()], 0);
    // Two vectors for each user: the positive and its opposite, in turns.
    let positives = chain.items.clone();
    chain.users.clear();
    for (row, positive) in positives.chunks_exact(WIDTH).enumerate() {
        // Short ones, so that the softmax is not sure of itself.
        let towards = [0.2, -0.2];
        for factor in [towards[row % 2], towards[1 - row % 2]] {
            chain.users.extend(positive.iter().map(|x| factor * x));
        }
    }
    let learnt = chain.learn();
    for (row, slopes) in learnt.users.chunks_exact(2 * WIDTH).enumerate() {
        let (first, second) = slopes.split_at(WIDTH);
        let [near, far] = if row % 2 == 0 { [first, second] } else { [second, first] };
        assert!(far.iter().all(|slope| *slope == 0.0), "row {row}");
        assert!(norm(near) > 1e-3, "row {row}");
    }
}
