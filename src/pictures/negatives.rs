//! A row of the last batch: its hardest negatives, what the loss's setting does to them, and how popular they are.

use crate::engine::data::World;
use crate::engine::losses::Weighing;
use crate::engine::order;
use crate::engine::train::{Compared, ComparedRow, Trainer};
use crate::protocol::{Effect, Negative, NegativesPicture};

/// Negatives shown one by one.
const HARDEST: usize = 16;
/// Negatives whose shares are drawn.
const DRAWN: usize = 30;
/// Margins for which it is counted what lies within.
const MARGINS: usize = 40;
/// Classes of popularity.
const CLASSES: usize = 10;
/// Largest logarithm of the odds against the positive.
const LOG_ODDS_MAX: f32 = 75.0;
/// How much of the earlier pictures' negatives counts with those of a new one.
const MEMORY: f32 = 0.9;

/// Draws rows, and remembers how popular the negatives of the last ones were.
pub struct NegativesPainter {
    /// Class of each item.
    class: Vec<usize>,
    /// Share of the training events in each class.
    events: [f32; CLASSES],
    drawn: [f32; CLASSES],
    corrected: [f32; CLASSES],
}

impl NegativesPainter {
    /// For `world`.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let counts = &world.counts;
        let mut rising: Vec<u32> = (0..counts.len() as u32).collect();
        order::sort_by(&mut rising, &mut |a, b| {
            counts[a as usize].cmp(&counts[b as usize]).then(a.cmp(&b))
        });
        let mut class = vec![0; counts.len()];
        let mut events = [0.0; CLASSES];
        for (place, &item) in rising.iter().enumerate() {
            let of = place * CLASSES / counts.len();
            class[item as usize] = of;
            events[of] += counts[item as usize] as f32;
        }
        Self {
            class,
            events: shares(events),
            drawn: [0.0; CLASSES],
            corrected: [0.0; CLASSES],
        }
    }

    /// Row `row` of the last batch, or its last row; nothing where nothing was compared yet.
    /// `again` where it is to be scored after the step as well.
    pub fn draw(&mut self, trainer: &mut dyn Trainer, row: u32, again: bool) -> Option<NegativesPicture> {
        let rows = trainer.compared(0)?.rows;
        let row = (row as usize).min(rows - 1);
        let compared = trainer.compared(row)?;
        let again = again.then(|| trainer.again(row)).flatten();
        // Columns may be others where the hardest are chosen.
        let after = |item: u32| {
            let (_, again) = again.as_ref()?;
            let mut negatives = again.negatives.iter();
            negatives
                .find(|negative| negative.item == item)
                .map(|negative| negative.score)
        };
        self.count(&compared.negatives);
        let weights = weights(&compared, compared.weighing);
        let total: f32 = weights.iter().sum();
        let share = |weight: f32| if total > 0.0 { weight / total } else { 0.0 };
        let logits: Vec<f32> = compared
            .negatives
            .iter()
            .map(|negative| corrected(negative, compared.weighing))
            .collect();
        let mut falling: Vec<u32> = (0..logits.len() as u32).collect();
        order::sort_by(&mut falling, &mut |a, b| {
            logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b))
        });
        let hardest = falling.iter().take(HARDEST).map(|&place| {
            let negative = &compared.negatives[place as usize];
            Negative {
                item: negative.item,
                score: negative.score,
                after: after(negative.item),
                share: share(weights[place as usize]),
                source: word(negative).to_owned(),
                masked: negative.masked,
            }
        });
        let mut sources: Vec<(String, u32)> = Vec::new();
        for word in compared.negatives.iter().map(word) {
            match sources.iter_mut().find(|(known, _)| known == word) {
                Some((_, n)) => *n += 1,
                None => sources.push((word.to_owned(), 1)),
            }
        }
        let [drawn, corrected] = [shares(self.drawn), shares(self.corrected)];
        Some(NegativesPicture {
            step: trainer.steps(),
            row: row as u32,
            rows: rows as u32,
            user: compared.user.0,
            positive: Negative {
                item: compared.positive.0,
                score: compared.score,
                after: again.as_ref().map(|(_, again)| again.score),
                share: 1.0 / (1.0 + total),
                source: String::new(),
                masked: false,
            },
            hardest: hardest.collect(),
            sources,
            masked: compared.negatives.iter().filter(|negative| negative.masked).count() as u32,
            loss_after: again.as_ref().map(|(loss, _)| *loss),
            effect: effect(&compared),
            popularity: (0..CLASSES)
                .map(|of| [self.events[of], drawn[of], corrected[of]])
                .collect(),
        })
    }

    /// Adds negatives to those of the last pictures; logQ gives each the weight 1 / Q.
    fn count(&mut self, negatives: &[Compared]) {
        for sum in self.drawn.iter_mut().chain(&mut self.corrected) {
            *sum *= MEMORY;
        }
        let counts = || negatives.iter().filter(|negative| !negative.masked);
        let most = counts()
            .map(|negative| -negative.log_q)
            .fold(f32::NEG_INFINITY, f32::max);
        for negative in counts() {
            let of = self.class[negative.item as usize];
            self.drawn[of] += 1.0;
            self.corrected[of] += libm::expf(-negative.log_q - most);
        }
    }
}

/// Where a negative comes from, in a word.
const fn word(negative: &Compared) -> &'static str {
    if negative.mixed { "mix" } else { negative.source.word() }
}

/// What the loss compares: the score over the temperature, less log Q where that is corrected.
fn corrected(negative: &Compared, weighing: Weighing) -> f32 {
    match weighing {
        Weighing::Softmax {
            temperature,
            logq: true,
        } => negative.score / temperature - negative.log_q,
        _ => negative.score,
    }
}

/// How much each negative teaches, beside 1 for the positive in a softmax.
fn weights(row: &ComparedRow, weighing: Weighing) -> Vec<f32> {
    let weight = |negative: &Compared| {
        let gap = negative.score - row.score;
        let chance = |x: f32| 1.0 / (1.0 + libm::expf(-x));
        match weighing {
            _ if negative.masked => 0.0,
            Weighing::Softmax { temperature, logq } => {
                let corrections = if logq { row.log_q - negative.log_q } else { 0.0 };
                // Beyond this the positive's own chance is nothing, and a sum of such weights is still a number.
                libm::expf((gap / temperature + corrections).min(LOG_ODDS_MAX))
            }
            Weighing::Margin(margin) => f32::from(u8::from(gap + margin > 0.0)),
            Weighing::Logistic { temperature } => chance(gap / temperature),
            Weighing::Binary { temperature } => chance(negative.score / temperature),
        }
    };
    row.negatives.iter().map(weight).collect()
}

/// The row at other temperatures, or at other margins.
fn effect(row: &ComparedRow) -> Effect {
    let at = |temperature: f32, weighing: Weighing| {
        let mut weights = weights(row, weighing);
        let total: f32 = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let mut falling: Vec<u32> = (0..weights.len() as u32).collect();
        order::sort_by(&mut falling, &mut |a, b| {
            weights[b as usize].total_cmp(&weights[a as usize])
        });
        weights = falling
            .iter()
            .take(DRAWN)
            .map(|&place| weights[place as usize] / total)
            .collect();
        (temperature, weights)
    };
    let three = |own: f32, weighing: &dyn Fn(f32) -> Weighing| {
        Effect::Temperature(
            [own / 2.0, own, own * 2.0]
                .map(|temperature| at(temperature, weighing(temperature)))
                .to_vec(),
        )
    };
    match row.weighing {
        Weighing::Softmax { temperature, logq } => {
            three(temperature, &|temperature| Weighing::Softmax { temperature, logq })
        }
        Weighing::Logistic { temperature } => three(temperature, &|temperature| Weighing::Logistic { temperature }),
        Weighing::Binary { temperature } => three(temperature, &|temperature| Weighing::Binary { temperature }),
        Weighing::Margin(own) => {
            let count = row.negatives.iter().filter(|negative| !negative.masked).count().max(1);
            let widest = (2.0 * own).max(1e-3);
            let within = (0..=MARGINS).map(|step| {
                let margin = widest * step as f32 / MARGINS as f32;
                let active: f32 = weights(row, Weighing::Margin(margin)).iter().sum();
                (margin, active / count as f32)
            });
            Effect::Margin {
                own,
                within: within.collect(),
            }
        }
    }
}

fn shares(sums: [f32; CLASSES]) -> [f32; CLASSES] {
    let total: f32 = sums.iter().sum();
    sums.map(|sum| if total > 0.0 { sum / total } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{ItemId, UserId};
    use crate::engine::sampling::Source;

    fn row(weighing: Weighing) -> ComparedRow {
        let negative = |item, score, log_q, masked| Compared {
            item,
            score,
            log_q,
            source: Source::Batch,
            mixed: false,
            masked,
        };
        ComparedRow {
            rows: 4,
            user: UserId(2),
            positive: ItemId(0),
            score: 0.5,
            log_q: -1.0,
            negatives: vec![
                negative(1, 0.4, -1.0, false),
                negative(2, 0.1, -3.0, false),
                negative(0, 0.5, -1.0, true),
            ],
            weighing,
        }
    }

    #[test]
    fn softmax_weights_are_the_odds_against_the_positive_and_masked_ones_have_none() {
        let plain = Weighing::Softmax {
            temperature: 0.1,
            logq: false,
        };
        let odds = weights(&row(plain), plain);
        assert!(
            (odds[0] - libm::expf(-1.0)).abs() < 1e-6 && (odds[1] - libm::expf(-4.0)).abs() < 1e-6,
            "{odds:?}"
        );
        assert_eq!(odds[2], 0.0);
        let mut hopeless = row(plain);
        hopeless.score = -1_000.0;
        assert!(weights(&hopeless, plain).iter().sum::<f32>().is_finite());
        let logq = Weighing::Softmax {
            temperature: 0.1,
            logq: true,
        };
        let odds = weights(&row(logq), logq);
        assert!((odds[1] - libm::expf(-2.0)).abs() < 1e-6, "{odds:?}");
    }

    #[test]
    fn a_lower_temperature_gives_the_hardest_a_larger_share() {
        let Effect::Temperature(three) = effect(&row(Weighing::Softmax {
            temperature: 0.2,
            logq: false,
        })) else {
            panic!("a softmax has a temperature")
        };
        let first: Vec<f32> = three.iter().map(|(_, shares)| shares[0]).collect();
        assert!(first[0] > first[1] && first[1] > first[2], "{first:?}");
        for (_, shares) in &three {
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn more_negatives_lie_within_a_wider_margin() {
        let Effect::Margin { own, within } = effect(&row(Weighing::Margin(0.25))) else {
            panic!("a margin")
        };
        assert_eq!(own, 0.25);
        assert!(within.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        // Gaps of 0.1 and 0.4: none within 0.05, one within 0.2, both within 0.5.
        assert_eq!([4, 16, 40].map(|step| within[step].1), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn log_q_brings_the_classes_back_to_even_shares() {
        let mut painter = NegativesPainter {
            class: vec![0, 9],
            events: [0.1; CLASSES],
            drawn: [0.0; CLASSES],
            corrected: [0.0; CLASSES],
        };
        // Item 1 is drawn three times as often, and its Q says so.
        let drawn = |item: u32, share: f32| Compared {
            item,
            log_q: libm::logf(share),
            ..row(Weighing::Margin(0.1)).negatives[0]
        };
        painter.count(&[drawn(0, 0.25), drawn(1, 0.75), drawn(1, 0.75), drawn(1, 0.75)]);
        let (drawn, corrected) = (shares(painter.drawn), shares(painter.corrected));
        assert_eq!((drawn[0], drawn[9]), (0.25, 0.75));
        assert!(
            (corrected[0] - 0.5).abs() < 1e-6 && (corrected[9] - 0.5).abs() < 1e-6,
            "{corrected:?}"
        );
    }
}
