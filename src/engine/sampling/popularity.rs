//! Negatives drawn in proportion to popularity^α, shared by all rows: α = 0 is uniform, 1 the distribution of in-batch
//! negatives; 0.75 is the choice of word2vec (Mikolov et al., NeurIPS 2013).

use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};

use super::mask::{Masks, Policy};
use super::{Candidates, Sampler, SamplerKind, Scene, Source};

pub const KIND: SamplerKind = SamplerKind {
    kind: "popularity",
    source: "Mikolov et al., NeurIPS 2013",
    knobs: || {
        vec![
            Knob::whole("n", 1, 4096, 256),
            Knob::real("alpha", 0.0, 2.0, 0.75).paper(Value::Number(0.75)),
            Policy::knob(),
        ]
    },
    impressions: false,
    logq: true,
    rows: false,
    batch: false,
    mixes: false,
    build: |settings, world| {
        let alpha = settings.real("alpha");
        let weights = world.counts.iter().map(|&count| match count {
            // Zero events to the power of 0 would be 1: an item never chosen has no popularity.
            0 => 0.0,
            count => libm::pow(f64::from(count), f64::from(alpha)),
        });
        let weights: Vec<f64> = weights.collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        Ok(Box::new(Popularity {
            n: settings.whole("n") as usize,
            log_q: weights.iter().map(|weight| libm::log(weight / total) as f32).collect(),
            sums: weights
                .iter()
                .map(|weight| {
                    sum += weight / total;
                    sum
                })
                .collect(),
            masks: Masks::new(Policy::build(settings), world.counts.len()),
        }))
    },
};

#[derive(Clone)]
struct Popularity {
    n: usize,
    /// Chance of each item and all before it.
    sums: Vec<f64>,
    log_q: Vec<f32>,
    masks: Masks,
}

impl Popularity {
    /// The first item whose running sum passes a point drawn from `[0, 1)` with 53 random bits.
    fn item(&self, rng: &mut Rng) -> u32 {
        let bits = (u64::from(rng.bits()) << 21) | u64::from(rng.bits() >> 11);
        let point = bits as f64 / (1_u64 << 53) as f64;
        let last = self.sums.len() - 1;
        let found = self.sums.partition_point(|&sum| sum <= point);
        // Where rounding leaves the last sum below 1, the last item that can be drawn stands for the rest.
        if found > last {
            self.sums.partition_point(|&sum| sum < self.sums[last]) as u32
        } else {
            found as u32
        }
    }
}

impl Sampler for Popularity {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        out.begin(scene.batch.len());
        for (log_q, positive) in out.positive_log_q.iter_mut().zip(&scene.batch.positives) {
            *log_q = self.log_q[positive.idx()];
        }
        let block = out.block(Source::Catalogue);
        for _ in 0..self.n {
            let item = self.item(rng);
            block.items.push(item);
            block.log_q.push(self.log_q[item as usize]);
        }
        self.masks.shared(scene.batch, block);
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Source, trial};

    #[test]
    fn every_item_is_drawn_as_often_as_its_log_q_says() {
        for alpha in [0.0, 0.75, 1.0] {
            trial::assert_honest("popularity", &[("n", 64.0), ("alpha", alpha)], Source::Catalogue);
        }
    }
}
