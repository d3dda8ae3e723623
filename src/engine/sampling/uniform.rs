//! Negatives drawn uniformly from the catalogue, shared by all rows of the batch or for each; they are encoded and learn.

use crate::engine::rng::Rng;
use crate::settings::Knob;

use super::mask::{Masks, Policy};
use super::{Candidates, Sampler, SamplerKind, Scene, easy};

pub const KIND: SamplerKind = SamplerKind {
    kind: "uniform",
    source: "",
    knobs: || vec![Knob::whole("n", 1, 4096, 256), Knob::flag("own", false), Policy::knob()],
    impressions: false,
    logq: true,
    rows: false,
    batch: false,
    mixes: false,
    build: |settings, world| {
        let n_items = world.counts.len();
        Ok(Box::new(Uniform {
            n: settings.whole("n") as usize,
            own: settings.flag("own"),
            n_items,
            masks: Masks::new(Policy::build(settings), n_items),
        }))
    },
};

#[derive(Clone)]
struct Uniform {
    n: usize,
    /// Each row has its own, as in BPR.
    own: bool,
    n_items: usize,
    masks: Masks,
}

impl Sampler for Uniform {
    fn draw(&mut self, scene: &Scene, rng: &mut Rng, out: &mut Candidates) {
        out.begin(scene.batch.len());
        // The positive is corrected like its negatives: a constant that drops out, so logQ changes nothing here.
        out.positive_log_q.fill(easy::log_chance(self.n_items));
        if self.own {
            easy::draw_each(self.n, scene.batch, self.n_items, &mut self.masks, rng, out);
        } else {
            easy::draw(self.n, scene.batch, self.n_items, &mut self.masks, rng, out);
        }
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
        trial::assert_honest("uniform", &[("n", 64.0)], Source::Catalogue);
    }
}
