//! Interpolated hard negatives: between the positive and the hardest of the step's random negatives (Li et al.,
//! "Embedding-based Product Retrieval in Taobao Search", KDD 2021, section 3.4).
//!
//! ```text
//! I_mix = α ⊙ i⁺ + (1 − α) ⊙ I_hard,    α_k ~ U(a, b),   0 ≤ a < b ≤ 1
//! ```
//!
//! `I_hard` are the N random negatives with the largest product with the user; sources differ on whether the paper
//! takes them from the step's or from the item pool, ours are the step's, which are encoded already. Whether the paper
//! stops the gradient through the mixture is not known either: here it flows unless `stop_grad_mix` is set.

use crate::decimal::written_f32;
use crate::engine::rng::Rng;
use crate::settings::{Knob, Value};
use crate::text::Message;

use super::mask::{Masks, Policy};
use super::{Candidates, Mix, Sampler, SamplerKind, Scene, easy};

pub const KIND: SamplerKind = SamplerKind {
    kind: "interpolated",
    source: "Li et al., KDD 2021",
    knobs: || {
        vec![
            Knob::whole("n", 1, 4096, 256),
            Knob::whole("hardest", 0, 4096, 32).paper(Value::Number(684.0)),
            Knob::real("alpha_lo", 0.0, 1.0, 0.4).paper(Value::Number(0.4)),
            Knob::real("alpha_hi", 0.0, 1.0, 0.6).paper(Value::Number(0.6)),
            Knob::flag("stop_grad_mix", false),
            Policy::knob(),
        ]
    },
    impressions: false,
    logq: false,
    rows: false,
    batch: false,
    mixes: true,
    build: |settings, world| {
        let (n, hardest) = (settings.whole("n"), settings.whole("hardest"));
        let alpha = [settings.real("alpha_lo"), settings.real("alpha_hi")];
        if hardest > n {
            return Err(Message::new("sampler.hardest_of").with("hardest", hardest).with("n", n));
        }
        if alpha[0] > alpha[1] {
            return Err(Message::new("sampler.alpha_turned")
                .with("lo", written_f32(alpha[0]))
                .with("hi", written_f32(alpha[1])));
        }
        let n_items = world.counts.len();
        Ok(Box::new(Interpolated {
            n: n as usize,
            hardest: hardest as usize,
            alpha,
            stop_gradient: settings.flag("stop_grad_mix"),
            n_items,
            masks: Masks::new(Policy::build(settings), n_items),
        }))
    },
};

#[derive(Clone)]
struct Interpolated {
    /// Random negatives, shared by all rows.
    n: usize,
    /// N.
    hardest: usize,
    /// a and b.
    alpha: [f32; 2],
    stop_gradient: bool,
    n_items: usize,
    masks: Masks,
}

impl Sampler for Interpolated {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        let rows = scene.batch.len();
        out.begin(rows);
        let block = easy::draw(self.n, scene.batch, self.n_items, &mut self.masks, rng, out);
        block.log_q.fill(0.0);
        let mut alpha = out.mix.take().map_or_else(Vec::new, |mix| mix.alpha);
        if self.hardest == 0 {
            return;
        }
        alpha.clear();
        let [low, high] = self.alpha;
        alpha.extend((0..rows * self.hardest).map(|_| rng.between(low, high)));
        out.mix = Some(Mix {
            hardest: self.hardest,
            alpha,
            stop_gradient: self.stop_gradient,
        });
    }

    fn copy(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial;

    #[test]
    fn every_mixture_has_a_share_of_its_own_within_the_bounds() {
        let out = trial::draw("interpolated", &[("n", 6.0), ("hardest", 5.0)]);
        let mix = out.mix.expect("a mixture");
        assert_eq!((mix.hardest, mix.alpha.len()), (5, 15));
        assert!(
            mix.alpha.iter().all(|alpha| (0.4..0.6).contains(alpha)),
            "{:?}",
            mix.alpha
        );
        assert!(mix.alpha.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn more_hard_ones_than_there_are_random_ones_are_refused_in_words() {
        let refusal = trial::build("interpolated", &[("n", 6.0), ("hardest", 7.0)]);
        assert!(refusal.err().expect("a refusal").to_string().contains("7"));
    }
}
