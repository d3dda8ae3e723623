//! In-batch negatives: the positives of the other rows (Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large
//! Corpus Item Recommendations", RecSys 2019).
//!
//! A popular item is the positive of many rows and so is drawn as a negative often: `log q_j` of each column tells the
//! loss how often, and the logQ correction takes it back. `q_j` is the exact share of item j among the training
//! events; the paper estimates it from the stream of batches.

use crate::engine::data::Batch;
use crate::engine::rng::Rng;
use crate::settings::Knob;

use super::{Candidates, Sampler, SamplerKind};

pub const KIND: SamplerKind = SamplerKind {
    kind: "in_batch",
    source: "Yi et al., RecSys 2019",
    knobs: || {
        vec![Knob::choice(
            "mask",
            &["none", "same_item", "same_item_and_history"],
            "same_item",
        )]
    },
    build: |settings, counts| {
        Box::new(InBatch {
            mask: match settings.word("mask") {
                "none" => Mask::Nothing,
                "same_item" => Mask::SameItem,
                _ => Mask::SameItemAndHistory,
            },
            log_q: log_shares(counts),
            by_item: Vec::new(),
        })
    },
};

/// Which in-batch negatives are known to be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mask {
    /// Every column but the own one is a negative.
    Nothing,
    /// Accidental hits: other columns that hold the row's positive.
    SameItem,
    /// And columns that hold an item of the row's history.
    SameItemAndHistory,
}

struct InBatch {
    mask: Mask,
    /// `log q` of every item.
    log_q: Vec<f32>,
    /// Pairs of item and column, sorted: scratch.
    by_item: Vec<(u32, u32)>,
}

impl Sampler for InBatch {
    fn draw(&mut self, batch: &Batch, _: &mut Rng, out: &mut Candidates) {
        out.items.clear();
        out.items.extend(batch.positives.iter().map(|item| item.0));
        out.log_q.clear();
        out.log_q
            .extend(out.items.iter().map(|&item| self.log_q[item as usize]));
        out.positives.clear();
        out.positives.extend(0..out.items.len() as u32);
        out.masked.clear();
        if self.mask == Mask::Nothing {
            return;
        }
        self.by_item.clear();
        self.by_item.extend(out.items.iter().copied().zip(0..));
        self.by_item.sort_unstable();
        for (row, &item) in (0..).zip(&out.items) {
            mask_columns(&self.by_item, row, item, &mut out.masked);
            if self.mask == Mask::SameItemAndHistory {
                for seen in batch
                    .history(row as usize)
                    .iter()
                    .map(|seen| seen.0)
                    .filter(|&seen| seen != item)
                {
                    mask_columns(&self.by_item, row, seen, &mut out.masked);
                }
            }
        }
    }
}

/// `log q` of each item: its share of the training events. An item without any is never a positive and so never drawn.
fn log_shares(counts: &[u32]) -> Vec<f32> {
    let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let share = |&count: &u32| f64::from(count) / total as f64;
    counts.iter().map(|count| libm::log(share(count)) as f32).collect()
}

/// Masks, for `row`, every column that holds `item`, but for the row's own.
fn mask_columns(by_item: &[(u32, u32)], row: u32, item: u32, masked: &mut Vec<(u32, u32)>) {
    let start = by_item.partition_point(|&(other, _)| other < item);
    let columns = by_item[start..].iter().take_while(|&&(other, _)| other == item);
    masked.extend(
        columns
            .filter(|&&(_, column)| column != row)
            .map(|&(_, column)| (row, column)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{ItemId, UserId};
    use crate::engine::rng::Purpose;

    /// Three rows with positives 5, 2, 5; the first row's history is items 2 and 4.
    fn draw(mask: Mask) -> Candidates {
        let batch = Batch {
            users: vec![UserId(0), UserId(1), UserId(2)],
            positives: vec![ItemId(5), ItemId(2), ItemId(5)],
            history_offsets: vec![0, 2, 2, 2],
            history_items: vec![ItemId(2), ItemId(4)],
            history_times: vec![0, 0],
            times: vec![0; 3],
            ..Batch::default()
        };
        let log_q = vec![-1.0; 6];
        let by_item = Vec::new();
        let mut out = Candidates::default();
        InBatch { mask, log_q, by_item }.draw(&batch, &mut Rng::stream(0, Purpose::Negatives, 0), &mut out);
        out
    }

    #[test]
    fn the_candidates_are_the_positives_of_the_batch() {
        let out = draw(Mask::Nothing);
        assert_eq!((out.items, out.positives), (vec![5, 2, 5], vec![0, 1, 2]));
        assert_eq!((out.log_q, out.masked), (vec![-1.0; 3], vec![]));
    }

    #[test]
    fn log_q_is_the_logarithm_of_the_share_of_training_events() {
        // Shares 3/4, 1/4 and none.
        let log_q = log_shares(&[3, 1, 0]);
        assert!(
            (log_q[0] + 0.287_682_1).abs() < 1e-6 && (log_q[1] + 1.386_294_4).abs() < 1e-6,
            "{log_q:?}"
        );
        assert_eq!(log_q[2], f32::NEG_INFINITY);
    }

    #[test]
    fn an_accidental_hit_is_masked_in_both_rows_that_hold_the_item() {
        assert_eq!(draw(Mask::SameItem).masked, [(0, 2), (2, 0)]);
    }

    #[test]
    fn history_masks_the_columns_of_items_already_chosen() {
        assert_eq!(draw(Mask::SameItemAndHistory).masked, [(0, 2), (0, 1), (2, 0)]);
    }
}
