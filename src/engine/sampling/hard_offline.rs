//! Offline hard negatives: items that a past state of the model ranks in a band, blended with random ones (Huang et
//! al., "Embedding-based Retrieval in Facebook Search", KDD 2020, section 4.1.2).
//!
//! The very hardest are not best: the paper takes ranks 101 to 500 of a large catalogue. A model that sees only hard
//! negatives loses to one that sees only random ones; blended, recall rises until it saturates at 100 easy to 1 hard.
//! The state that is mined from is taken at the first step and then every few epochs; vectors and ranks always come
//! from the same one.

use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};
use crate::text::Message;

use super::mask::{Masks, Policy};
use super::{Candidates, Mining, Sampler, SamplerKind, Scene, Source, easy};

pub const KIND: SamplerKind = SamplerKind {
    kind: "hard_offline",
    source: "Huang et al., KDD 2020",
    knobs: || {
        vec![
            Knob::whole("rank_lo", 1, 100_000, 20).paper(Value::Number(101.0)),
            Knob::whole("rank_hi", 1, 100_000, 100).paper(Value::Number(500.0)),
            Knob::whole("hard", 1, 64, 1).paper(Value::Number(1.0)),
            Knob::whole("n", 0, 4096, 100).paper(Value::Number(100.0)),
            Knob::whole("refresh", 1, 1000, 1),
            Policy::knob(),
        ]
    },
    impressions: false,
    logq: false,
    rows: false,
    batch: false,
    mixes: false,
    build: |settings, world| {
        let n_items = world.counts.len();
        let mining = Mining {
            rank_lo: settings.whole("rank_lo") as usize,
            rank_hi: settings.whole("rank_hi") as usize,
            every_epochs: u64::from(settings.whole("refresh")),
        };
        if mining.rank_lo > mining.rank_hi {
            return Err(Message::new("sampler.band_turned")
                .with("lo", mining.rank_lo)
                .with("hi", mining.rank_hi));
        }
        if mining.rank_hi > n_items {
            return Err(Message::new("sampler.band_outside")
                .with("hi", mining.rank_hi)
                .with("items", n_items));
        }
        Ok(Box::new(HardOffline {
            mining,
            hard: settings.whole("hard") as usize,
            n: settings.whole("n") as usize,
            n_items,
            masks: Masks::new(Policy::build(settings), n_items),
        }))
    },
};

#[derive(Clone)]
struct HardOffline {
    mining: Mining,
    /// Hard negatives of a row.
    hard: usize,
    /// Random negatives, shared by all rows.
    n: usize,
    n_items: usize,
    masks: Masks,
}

impl Sampler for HardOffline {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        let rows = scene.batch.len();
        out.begin(rows);
        let block = out.block(Source::Mined);
        for (row, bounds) in scene.mined.offsets.windows(2).enumerate() {
            let band = &scene.mined.items[bounds[0] as usize..bounds[1] as usize];
            for column in 0..self.hard {
                if band.is_empty() {
                    // Nothing in the band but known positives: a place that does not count.
                    block.items.push(0);
                    block.masked.push((row as u32, column as u32));
                } else {
                    block.items.push(band[rng.below(band.len() as u32) as usize]);
                }
            }
        }
        block.log_q.resize(block.items.len(), 0.0);
        self.masks.own(scene.batch, block);
        if self.n > 0 {
            let block = easy::draw(self.n, scene.batch, self.n_items, &mut self.masks, rng, out);
            block.log_q.fill(0.0);
        }
    }

    fn mining(&self) -> Option<Mining> {
        Some(self.mining)
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial;
    use super::*;
    use crate::engine::rng::Purpose;
    use crate::engine::sampling::Mined;

    #[test]
    fn a_row_draws_from_its_own_band_and_an_empty_band_does_not_count() {
        let batch = trial::batch();
        let mined = Mined {
            offsets: vec![0, 2, 2, 3],
            items: vec![6, 7, 4],
        };
        let scene = Scene {
            batch: &batch,
            progress: 0.0,
            drift: None,
            mined: &mined,
        };
        let mut sampler = trial::sampler(
            "hard_offline",
            &[("rank_lo", 1.0), ("rank_hi", 3.0), ("hard", 8.0), ("n", 0.0)],
        );
        let mut out = Candidates::default();
        sampler.draw(&scene, &mut Rng::stream(1, Purpose::Negatives, 0), &mut out);
        let [block] = out.blocks() else {
            panic!("no random ones were asked for");
        };
        let (first, rest) = block.items.split_at(8);
        assert!(first.contains(&6) && first.contains(&7) && first.iter().all(|item| [6, 7].contains(item)));
        assert_eq!(rest[8..], [4; 8]);
        assert_eq!(block.masked, Vec::from_iter((0..8).map(|column| (1, column))));
    }

    #[test]
    fn a_band_that_is_no_band_of_the_catalogue_is_refused_in_words() {
        let refusal = |lo, hi| {
            let words = trial::build("hard_offline", &[("rank_lo", lo), ("rank_hi", hi)]);
            words.err().expect("a refusal").to_string()
        };
        assert!(refusal(5.0, 4.0).contains("5"), "{}", refusal(5.0, 4.0));
        assert!(refusal(1.0, 9.0).contains("8 items"), "{}", refusal(1.0, 9.0));
    }
}
