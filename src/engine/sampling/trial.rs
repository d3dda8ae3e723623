//! A small world for the tests of samplers: eight items, of which item i occurs i + 1 times.

use std::rc::Rc;

use crate::by_name::ByName;
use crate::engine::data::{Batch, Dataset, ItemId, Split, UserId, World};
use crate::engine::rng::{Purpose, Rng};
use crate::settings::{Settings, Value};
use crate::text::Result;

use super::{Candidates, Mined, SAMPLERS, Sampler, Scene, Source};

/// Three rows with positives 5, 2, 5; the first row's history is items 2 and 4.
pub fn batch() -> Batch {
    Batch {
        users: vec![UserId(0), UserId(1), UserId(2)],
        positives: vec![ItemId(5), ItemId(2), ItemId(5)],
        times: vec![0; 3],
        history_offsets: vec![0, 2, 2, 2],
        history_items: vec![ItemId(2), ItemId(4)],
        history_times: vec![0, 0],
        ..Batch::default()
    }
}

fn world() -> World {
    World {
        dataset: Rc::new(Dataset::default()),
        split: Split::default(),
        counts: (1..=8).collect(),
    }
}

fn build_with(kind: &str, given: ByName<Value>) -> Result<Box<dyn Sampler>> {
    let kind = SAMPLERS.iter().find(|sampler| sampler.kind == kind).expect("a sampler");
    let settings = Settings::check("sampler", &(kind.knobs)(), &given).expect("settings in range");
    (kind.build)(&settings, &world())
}

/// The sampler `kind` with these numbers set.
pub fn build(kind: &str, numbers: &[(&str, f64)]) -> Result<Box<dyn Sampler>> {
    let given = numbers
        .iter()
        .map(|&(key, value)| (key.to_owned(), Value::Number(value)));
    build_with(kind, given.collect())
}

/// The same, where it can be built.
pub fn sampler(kind: &str, numbers: &[(&str, f64)]) -> Box<dyn Sampler> {
    build(kind, numbers).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Draws for [`batch`].
pub fn draw_from(sampler: &mut dyn Sampler, progress: f32, out: &mut Candidates) {
    let (batch, mined) = (batch(), Mined::default());
    let scene = Scene {
        batch: &batch,
        progress,
        drift: None,
        mined: &mined,
    };
    sampler.draw(&scene, &mut Rng::stream(1, Purpose::Negatives, 0), out);
}

/// A first draw of the sampler `kind` with these numbers set.
pub fn draw(kind: &str, numbers: &[(&str, f64)]) -> Candidates {
    let mut out = Candidates::default();
    draw_from(&mut *sampler(kind, numbers), 0.0, &mut out);
    out
}

/// The same with values of any type.
pub fn draw_with(kind: &str, values: &[(&str, Value)]) -> Candidates {
    let given = values.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
    let mut sampler = build_with(kind, given.collect()).unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut out = Candidates::default();
    draw_from(&mut *sampler, 0.0, &mut out);
    out
}

/// Checks that items come up in the block from `source` as often as their `log q` says.
pub fn assert_honest(kind: &str, numbers: &[(&str, f64)], source: Source) {
    let mut sampler = sampler(kind, numbers);
    let (batch, mined) = (batch(), Mined::default());
    let scene = Scene {
        batch: &batch,
        progress: 0.0,
        drift: None,
        mined: &mined,
    };
    let (mut out, mut seen, mut log_q, mut draws) = (Candidates::default(), [0_u32; 8], [f32::NAN; 8], 0);
    for step in 0..1000 {
        sampler.draw(&scene, &mut Rng::stream(1, Purpose::Negatives, step), &mut out);
        let block = out
            .blocks()
            .iter()
            .find(|block| block.source == source)
            .expect("its block");
        for (&item, &said) in block.items.iter().zip(&block.log_q) {
            seen[item as usize] += 1;
            log_q[item as usize] = said;
            draws += 1;
        }
    }
    for item in 0..8 {
        let expected = f64::from(draws) * f64::from(libm::expf(log_q[item]));
        let error = (f64::from(seen[item]) - expected).abs();
        assert!(
            error < 5.0 * expected.sqrt(),
            "{kind}, item {item}: {} for {expected}",
            seen[item]
        );
    }
}
