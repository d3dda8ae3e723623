//! Judging chances of clicks, row by row.
//!
//! ```text
//! AUC, GAUC, log loss   as of pairs
//! calibration           Σ σ(s) / clicks: 1 where as many clicks are foretold as there are
//! ```
//!
//! A curve says where it is not so: rows are put in order by their chance and cut into ten classes of equal size, of which each
//! has a mean chance and a share of clicks.

use crate::by_name::ByName;
use crate::engine::data::Clicks;
use crate::engine::data::clicks::USER;
use crate::engine::order;

use super::clicks::{auc, surprise};

/// Classes of the calibration curve.
const CLASSES: usize = 10;

/// Judges `rows` of `clicks` by their log-odds `scores`: metrics by name, and for each class the mean chance and the share of
/// clicks.
#[must_use]
pub fn judge_rows(clicks: &Clicks, rows: &[u32], scores: &[f32]) -> (ByName<f64>, Vec<[f32; 2]>) {
    let clicked: Vec<bool> = rows.iter().map(|row| clicks.clicked[*row as usize]).collect();
    let mut metrics = ByName::new();
    let mut note = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            metrics.insert(name.to_owned(), value);
        }
    };
    note("auc", auc(scores, &clicked));
    note("log_loss", log_loss(scores, &clicked));
    if let Some(side) = clicks.side(USER) {
        let users: Vec<u32> = rows.iter().map(|row| side.rows[*row as usize]).collect();
        note("gauc", grouped(scores, &clicked, &users));
    }
    if !clicks.log_odds.is_empty() {
        let best: Vec<f32> = rows.iter().map(|row| clicks.log_odds[*row as usize]).collect();
        note("auc_best", auc(&best, &clicked));
        note("log_loss_best", log_loss(&best, &clicked));
    }
    let happened = clicked.iter().filter(|clicked| **clicked).count();
    let foretold: f64 = scores.iter().map(|score| chance(*score)).sum();
    note("calibration", (happened > 0).then(|| foretold / happened as f64));
    (metrics, curve(scores, &clicked))
}

/// Mean of −ln σ(s) of clicks and −ln(1 − σ(s)) of the others.
fn log_loss(scores: &[f32], clicked: &[bool]) -> Option<f64> {
    let sum: f64 = scores
        .iter()
        .zip(clicked)
        .map(|(s, clicked)| surprise(*s, *clicked))
        .sum();
    (!scores.is_empty()).then(|| sum / scores.len() as f64)
}

/// AUC within the rows of each user, weighted by how many they are.
fn grouped(scores: &[f32], clicked: &[bool], users: &[u32]) -> Option<f64> {
    let by_user = order::places(users.len(), &mut |a, b| users[a].cmp(&users[b]).then(a.cmp(&b)));
    let (mut sum, mut n) = (0.0, 0.0);
    for rows in by_user.chunk_by(|a, b| users[*a as usize] == users[*b as usize]) {
        let own: Vec<f32> = rows.iter().map(|row| scores[*row as usize]).collect();
        let marks: Vec<bool> = rows.iter().map(|row| clicked[*row as usize]).collect();
        if let Some(auc) = auc(&own, &marks) {
            sum += rows.len() as f64 * auc;
            n += rows.len() as f64;
        }
    }
    (n > 0.0).then(|| sum / n)
}

/// Mean chance and share of clicks of each class, by rising chance; fewer classes where there are few rows.
fn curve(scores: &[f32], clicked: &[bool]) -> Vec<[f32; 2]> {
    let rising = order::places(scores.len(), &mut |a, b| {
        scores[a].total_cmp(&scores[b]).then(a.cmp(&b))
    });
    let n = rising.len();
    let class = |class: usize| {
        let rows = &rising[class * n / CLASSES..(class + 1) * n / CLASSES];
        let share = 1.0 / rows.len() as f64;
        let foretold: f64 = rows.iter().map(|row| chance(scores[*row as usize])).sum();
        let happened = rows.iter().filter(|row| clicked[**row as usize]).count();
        (!rows.is_empty()).then_some([(foretold * share) as f32, (happened as f64 * share) as f32])
    };
    (0..CLASSES).filter_map(class).collect()
}

/// σ(s).
fn chance(score: f32) -> f64 {
    1.0 / (1.0 + libm::exp(-f64::from(score)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::Table;
    use crate::engine::data::clicks::Side;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    /// Rows of which every second one is clicked, of users 0 0 1 1 0 0 1 1 ….
    fn clicks(n: u32) -> Clicks {
        Clicks {
            sides: vec![Side {
                name: USER,
                table: Table::default(),
                rows: (0..n).map(|row| row / 2 % 2).collect(),
            }],
            clicked: (0..n).map(|row| row % 2 == 1).collect(),
            ..Clicks::default()
        }
    }

    #[test]
    fn a_few_rows_by_hand() {
        let all: Vec<u32> = (0..4).collect();
        // Clicks score 1 and 0, the others 2 and −1: user 0 is wrong, user 1 right. Of four pairs two are right.
        let (metrics, curve) = judge_rows(&clicks(4), &all, &[2.0, 1.0, -1.0, 0.0]);
        near(metrics["auc"], 0.5);
        near(metrics["gauc"], 0.5);
        // −ln(1 − σ(2)), twice −ln σ(1), and a coin.
        near(
            metrics["log_loss"],
            (2.126_928_011_042_972_5 + 2.0 * 0.313_261_687_518_222_8 + std::f64::consts::LN_2) / 4.0,
        );
        // σ(1) and σ(−1) make one click.
        near(
            metrics["calibration"],
            (1.0 + 0.5 + 1.0 / (1.0 + libm::exp(-2.0))) / 2.0,
        );
        assert_eq!(curve.len(), 4, "a class for each row");
        assert!(!metrics.contains_key("auc_best"), "the truth is not known");
    }

    #[test]
    fn who_says_what_is_true_is_calibrated_and_at_the_ceiling() {
        // Of 100 rows of each chance, as many are clicked as that says.
        let (mut clicks, mut scores) = (Clicks::default(), Vec::new());
        for tenth in 1..10 {
            let chance = tenth as f32 / 10.0;
            for row in 0..100 {
                clicks.clicked.push(row < 10 * tenth);
                scores.push(libm::logf(chance / (1.0 - chance)));
            }
        }
        clicks.log_odds.clone_from(&scores);
        let rows: Vec<u32> = (0..900).collect();
        let (metrics, curve) = judge_rows(&clicks, &rows, &scores);
        assert!((metrics["calibration"] - 1.0).abs() < 1e-6);
        assert_eq!(metrics["auc"], metrics["auc_best"]);
        assert_eq!(metrics["log_loss"], metrics["log_loss_best"]);
        assert!(!metrics.contains_key("gauc"), "there are no users");
        let foretold: f32 = curve.iter().map(|class| class[0]).sum();
        let happened: f32 = curve.iter().map(|class| class[1]).sum();
        assert_eq!(curve.len(), 10);
        assert!((foretold - happened).abs() < 1e-4 && curve.windows(2).all(|pair| pair[0][0] <= pair[1][0]));
        // Twice as sure is right in order and wrong in chances.
        let sure: Vec<f32> = scores.iter().map(|score| 2.0 * score).collect();
        let (sure, _) = judge_rows(&clicks, &rows, &sure);
        assert_eq!(sure["auc"], metrics["auc"]);
        assert!(sure["log_loss"] > metrics["log_loss"] + 0.01);
    }
}
