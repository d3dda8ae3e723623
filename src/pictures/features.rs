//! How ids and numbers become vectors: who shares what, who is near whom, and the curve of a number.

use std::rc::Rc;

use crate::engine::data::World;
use crate::engine::features::Opened;
use crate::engine::fnv::Fnv;
use crate::engine::index::{Ask, Flat, Index, Work};
use crate::engine::matrix::{Matrix, Metric};
use crate::engine::nn::{Encoder, ParamId, Tape};
use crate::engine::order;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::train::Trainer;
use crate::plan::Plan;
use crate::protocol::{FeatureLook, FeaturesPicture, IdsPicture, NumberPicture, SharedRow, SoftBinsPicture, Unseen};
use crate::text::Message;

/// Ids among which neighbours are looked for at most.
const SAMPLE: usize = 2_000;
/// Ids whose rows are compared at most.
const COMPARED: usize = 50_000;
/// Neighbours, and ids that share rows, shown one by one.
const SHOWN: usize = 8;
/// Classes of how many ids share a vector.
const GROUPS: usize = 6;
/// Bins and pairs of the cosines of codes.
const COSINE_BINS: usize = 20;
const PAIRS: u32 = 1_000;
/// Values at which a curve is drawn.
const GRID: usize = 121;

/// Draws embeddings and fields, and remembers what an embedding was before the first step.
#[derive(Default)]
pub struct FeaturesPainter {
    /// Name of the embedding, and vectors of its sample.
    before: Option<(String, Vec<f32>)>,
}

impl FeaturesPainter {
    /// What `look` asks for; nothing for a method in which ids and numbers do not become vectors.
    pub fn draw(
        &mut self,
        trainer: &mut dyn Trainer,
        plan: &Plan,
        world: &Rc<World>,
        look: &FeatureLook,
    ) -> Option<FeaturesPicture> {
        let step = trainer.steps();
        let mut opened = trainer.opened()?;
        let params = opened.params;
        let embeddings: Vec<String> = params
            .embeddings()
            .iter()
            .map(|id| params.name(*id).to_owned())
            .collect();
        let chosen = embeddings.iter().position(|name| *name == look.embedding).unwrap_or(0);
        let ids = params
            .embeddings()
            .get(chosen)
            .map(|id| self.ids(&opened, *id, plan, world, look));
        let numbers: Vec<String> = opened
            .fields
            .iter_mut()
            .flat_map(|fields| {
                let side = fields.side().to_owned();
                fields
                    .numbers()
                    .names()
                    .map(move |name| format!("{side}.{name}"))
                    .collect::<Vec<_>>()
            })
            .collect();
        let number = numbers.iter().position(|name| *name == look.number).unwrap_or(0);
        let number = numbers
            .get(number)
            .and_then(|name| number_picture(&mut opened, name, look.place));
        Some(FeaturesPicture {
            step,
            embeddings,
            ids,
            numbers,
            number,
        })
    }

    fn ids(
        &mut self,
        opened: &Opened,
        embedding: ParamId,
        plan: &Plan,
        world: &Rc<World>,
        look: &FeatureLook,
    ) -> IdsPicture {
        let params = opened.params;
        let (n_ids, width) = params.shape(embedding);
        let id = look.id.min(n_ids.saturating_sub(1) as u32);
        let sample = sample(n_ids, id);
        let now = vectors(opened, embedding, &sample);
        let name = params.name(embedding);
        if self
            .before
            .as_ref()
            .is_none_or(|(known, vectors)| known != name || vectors.len() != now.len())
        {
            self.before = Some((name.to_owned(), at_first(plan, world, name, &sample, now.len())));
        }
        let place = sample.partition_point(|other| *other < id);
        let of = |all: &[f32], place: usize| all[place * width..(place + 1) * width].to_vec();
        let near = |all: &[f32]| nearest(all, width, &of(all, place), &sample, Some(id));
        let before = self.before.as_ref().map_or(&[][..], |(_, vectors)| vectors);
        let encoder = params.encoder(embedding);
        let mut picture = IdsPicture {
            name: name.to_owned(),
            n_ids: n_ids as u32,
            width: width as u32,
            parameters: params.count_of(embedding) as u64,
            id,
            vector: of(&now, place),
            near: [near(&now), if before.is_empty() { Vec::new() } else { near(before) }],
            ..IdsPicture::default()
        };
        if let Some(encoder) = &encoder {
            share(&mut picture, encoder.as_ref(), n_ids);
            picture.code = encoder.code(id);
            if !picture.code.is_empty() {
                picture.codes = cosines(encoder.as_ref(), n_ids as u32, plan.recipe.seed);
            }
            let others: Vec<u32> = picture.shared.iter().map(|shared| shared.id).collect();
            let theirs = vectors(opened, embedding, &others);
            for (shared, vector) in picture.shared.iter_mut().zip(theirs.chunks_exact(width.max(1))) {
                shared.cosine = cosine(&picture.vector, vector);
            }
        } else {
            picture.groups = vec![n_ids as u32];
        }
        if !look.unseen.is_empty() {
            let far = unseen_id(&look.unseen, n_ids);
            let takes = encoder.as_ref().is_some_and(|encoder| encoder.takes_any());
            picture.unseen = Some(Unseen {
                text: look.unseen.clone(),
                near: if takes {
                    let vector = vectors(opened, embedding, &[far]);
                    nearest(&now, width, &vector, &sample, None)
                } else {
                    Vec::new()
                },
                why: (!takes).then(|| {
                    let key = if encoder.is_some() {
                        "encoder.unseen_quotient"
                    } else {
                        "encoder.unseen_full"
                    };
                    Message::new(key)
                        .with("id", &look.unseen)
                        .with("name", name)
                        .with("ids", n_ids)
                }),
            });
        }
        picture.names = named(opened, embedding, &picture);
        picture
    }
}

/// So many ids evenly over all, `id` among them, upwards.
fn sample(n_ids: usize, id: u32) -> Vec<u32> {
    let n = n_ids.min(SAMPLE);
    let mut sample: Vec<u32> = (0..n).map(|place| (place * n_ids / n) as u32).collect();
    if let Err(place) = sample.binary_search(&id)
        && n > 0
    {
        sample.insert(place, id);
    }
    sample
}

/// The vectors of `ids` now.
fn vectors(opened: &Opened, embedding: ParamId, ids: &[u32]) -> Vec<f32> {
    let mut tape = Tape::new();
    let rows = tape.gather(opened.params, embedding, ids);
    tape.value(rows).to_vec()
}

/// The vectors of `ids` before the first step: those of the same recipe made anew; none if they are not `len` numbers.
fn at_first(plan: &Plan, world: &Rc<World>, name: &str, ids: &[u32], len: usize) -> Vec<f32> {
    let Ok(mut fresh) = plan.trainer(Rc::clone(world)) else {
        return Vec::new();
    };
    let found = fresh.opened().and_then(|opened| {
        let embedding = opened.params.find(name)?;
        Some(vectors(&opened, embedding, ids))
    });
    found.filter(|vectors| vectors.len() == len).unwrap_or_default()
}

/// The nearest of `all`, whose ids are `ids`, to `vector` by cosine, without `but`.
fn nearest(all: &[f32], width: usize, vector: &[f32], ids: &[u32], but: Option<u32>) -> Vec<(u32, f32)> {
    let matrix = Matrix::from_shape_vec((ids.len(), width), all.to_vec());
    let Some(index) = matrix.ok().and_then(|matrix| Flat::build(matrix, Metric::Cosine).ok()) else {
        return Vec::new();
    };
    if index.check(vector).is_err() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    index.search(vector, Ask::new(SHOWN + 1, 0), &mut Work::default(), &mut hits);
    let hits = hits.into_iter().map(|hit| (ids[hit.id as usize], hit.score));
    hits.filter(|(id, _)| Some(*id) != but).take(SHOWN).collect()
}

/// Who shares rows with the id looked at, and how many ids share a vector.
fn share(picture: &mut IdsPicture, encoder: &dyn Encoder, n_ids: usize) {
    let own = encoder.rows(picture.id);
    if own.is_empty() {
        return;
    }
    let mut keys = Vec::new();
    let mut shared: Vec<SharedRow> = Vec::new();
    for id in 0..n_ids.min(COMPARED) as u32 {
        let rows = encoder.rows(id);
        let mut key = Fnv::default();
        rows.iter().for_each(|row| key.word(u64::from(*row)));
        keys.push(key.finish());
        let common = rows.iter().zip(&own).filter(|(a, b)| a == b).count() as u32;
        if common > 0 && id != picture.id {
            shared.push(SharedRow {
                id,
                rows: common,
                cosine: 0.0,
            });
        }
    }
    let order = order::places(shared.len(), &mut |a, b| {
        shared[b]
            .rows
            .cmp(&shared[a].rows)
            .then(shared[a].id.cmp(&shared[b].id))
    });
    picture.shared = order
        .into_iter()
        .take(SHOWN)
        .map(|place| shared[place as usize])
        .collect();
    picture.rows = own;
    let n = keys.len();
    order::sort_first(&mut keys, n);
    picture.groups = vec![0; GROUPS];
    for group in keys.chunk_by(|a, b| a == b) {
        picture.groups[group.len().min(GROUPS) - 1] += group.len() as u32;
    }
}

/// Cosines of codes of ids that follow each other, and of any two.
fn cosines(encoder: &dyn Encoder, n_ids: u32, seed: u32) -> [Vec<u32>; 2] {
    let mut rng = Rng::stream(seed, Purpose::Picture, 1);
    let mut counts = [vec![0; COSINE_BINS], vec![0; COSINE_BINS]];
    if n_ids < 2 {
        return counts;
    }
    for _ in 0..PAIRS {
        let (a, b) = (rng.below(n_ids), rng.below(n_ids));
        let code = encoder.code(a);
        for (counts, other) in counts.iter_mut().zip([a + 1, if a == b { a + 2 } else { b }]) {
            let place = (cosine(&code, &encoder.code(other)) + 1.0) / 2.0 * COSINE_BINS as f32;
            counts[(place as usize).min(COSINE_BINS - 1)] += 1;
        }
    }
    counts
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// The number of a typed id, beyond those that are known.
fn unseen_id(text: &str, n_ids: usize) -> u32 {
    Fnv::of(text.as_bytes()).folded()
        | u32::try_from(n_ids).map_or(u32::MAX, |n| n.checked_next_power_of_two().unwrap_or(u32::MAX))
}

/// What people call the ids of a picture.
fn named(opened: &Opened, embedding: ParamId, picture: &IdsPicture) -> Vec<(u32, String)> {
    let near = picture
        .near
        .iter()
        .flatten()
        .chain(picture.unseen.iter().flat_map(|unseen| &unseen.near));
    let mut ids: Vec<u32> = std::iter::once(picture.id)
        .chain(picture.shared.iter().map(|shared| shared.id))
        .chain(near.map(|(id, _)| *id))
        .collect();
    order::ascend(&mut ids);
    ids.dedup();
    ids.into_iter().map(|id| (id, opened.name(embedding, id))).collect()
}

/// The field of numbers called `name`, looked at `place` of the way from its smallest to its largest value; nothing if it
/// has no value in training.
fn number_picture(opened: &mut Opened, name: &str, place: f32) -> Option<NumberPicture> {
    let params = opened.params;
    let (side, field) = name.rsplit_once('.')?;
    let fields = opened.fields.iter_mut().find(|fields| fields.side() == side)?;
    let numbers = fields.numbers();
    let number = numbers.names().position(|name| name == field)?;
    let (low, high) = numbers.range(number)?;
    let step = (high - low) / (GRID - 1) as f32;
    let values: Vec<f32> = (0..GRID).map(|place| low + step * place as f32).collect();
    let at = low + place.clamp(0.0, 1.0) * (high - low);
    let vectors = numbers.curve(params, number, &values);
    let vector = numbers.curve(params, number, &[at]);
    let bins = numbers.soft_bins(params, number, &[at]);
    let over = numbers.soft_bins(params, number, &values);
    Some(NumberPicture {
        name: name.to_owned(),
        width: vector.len() as u32,
        vectors,
        missing: numbers.curve(params, number, &[f32::NAN]),
        edges: numbers.edges(number).to_vec(),
        at,
        vector,
        bins: bins.zip(over).map(|(bins, over)| SoftBinsPicture {
            weights: bins.weights,
            over: over.weights,
            vectors: bins.vectors,
        }),
        values,
    })
}
