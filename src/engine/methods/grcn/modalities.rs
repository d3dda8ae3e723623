//! What is known of items, as vectors of one width: `ī = leaky_relu(W i + b)`, for each modality.
//!
//! A planted world has images, sounds and texts. Where there are none, the modalities are what there is: genres or
//! attributes, the words of titles, numbers such as the year. Items of which nothing is known have one modality that is
//! learnt, their id.

use crate::engine::data::{Column, Interner, Table, small, words};
use crate::engine::features::Lists;
use crate::engine::nn::{Activation, Init, ParamId, Params, Pooling, Tape, Var};
use crate::engine::order;
use crate::engine::rng::Rng;

/// One way of knowing items.
pub struct Modality {
    features: Features,
    weight: ParamId,
}

/// What is known.
enum Features {
    /// Numbers, `[M, D]`, and the parameter b.
    Dense {
        rows: usize,
        values: Vec<f32>,
        bias: ParamId,
    },
    /// Words of each item; the last word of the vocabulary is b, which every item has.
    Words(Lists),
}

impl Modality {
    /// ī of all items, `[M, D']`.
    pub fn content(&self, tape: &mut Tape, params: &Params) -> Var {
        match &self.features {
            Features::Dense { rows, values, bias } => {
                let features = tape.input(*rows, values.len() / rows.max(&1), values);
                tape.linear(params, features, self.weight, Some(*bias), Activation::LeakyRelu)
            }
            Features::Words(lists) => {
                let sum = tape.gather_pool(params, self.weight, &lists.offsets, &lists.ids, Pooling::Sum);
                tape.activate(sum, Activation::LeakyRelu)
            }
        }
    }
}

/// The modalities of `items`, each of `width` numbers in the end, with their names.
pub fn modalities(items: &Table, width: usize, params: &mut Params, rng: &mut Rng) -> Vec<(String, Modality)> {
    let mut found = Vec::new();
    let has_vectors = items
        .fields
        .iter()
        .any(|field| matches!(field.column, Column::Vector { .. }));
    for field in &items.fields {
        let name = &field.name;
        let modality = match &field.column {
            Column::Vector { values, .. } => dense(name, items.len(), values.clone(), width, params, rng),
            _ if has_vectors => continue,
            Column::Number { values } => dense(name, items.len(), standardised(values), width, params, rng),
            Column::Category { words, ids } => {
                let lists = ids.iter().map(|&id| vec![id]);
                with_words(name, words.len(), lists, width, params, rng)
            }
            Column::Id { count, ids } => {
                let lists = ids.iter().map(|&id| vec![id]);
                with_words(name, *count as usize, lists, width, params, rng)
            }
            Column::Tags { words, offsets, ids } => {
                let lists = offsets
                    .windows(2)
                    .map(|ends| ids[ends[0] as usize..ends[1] as usize].to_vec());
                with_words(name, words.len(), lists, width, params, rng)
            }
        };
        found.push((name.clone(), modality));
    }
    if !has_vectors && !found.is_empty() {
        let (n_words, lists) = titles(items);
        if n_words > 0 {
            let modality = with_words("title", n_words, lists.into_iter(), width, params, rng);
            found.push(("title".to_owned(), modality));
        }
    }
    if found.is_empty() {
        let ids = (0..items.len() as u32).map(|id| vec![id]);
        let modality = with_words("id", items.len(), ids, width, params, rng);
        found.push(("id".to_owned(), modality));
    }
    found
}

fn dense(name: &str, rows: usize, values: Vec<f32>, width: usize, params: &mut Params, rng: &mut Rng) -> Modality {
    let inputs = values.len() / rows.max(1);
    Modality {
        weight: params.dense(&format!("weight.{name}"), inputs, width, Init::Glorot, rng),
        features: Features::Dense {
            rows,
            values,
            bias: params.dense(&format!("bias.{name}"), 1, width, Init::Zeros, rng),
        },
    }
}

fn with_words(
    name: &str,
    n_words: usize,
    rows: impl Iterator<Item = Vec<u32>>,
    width: usize,
    params: &mut Params,
    rng: &mut Rng,
) -> Modality {
    let mut lists = Lists::default();
    for row in rows {
        lists.ids.extend(row);
        lists.ids.push(n_words as u32);
        lists.end_row();
    }
    Modality {
        weight: params.table(&format!("weight.{name}"), n_words + 1, width, Init::Glorot, rng),
        features: Features::Words(lists),
    }
}

/// With mean 0 and variance 1; what is missing is the mean.
fn standardised(values: &[f32]) -> Vec<f32> {
    let known: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let n = known.len().max(1) as f32;
    let mean = known.iter().sum::<f32>() / n;
    let variance = known.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / n;
    let scale = 1.0 / variance.sqrt().max(1e-6);
    let standard = |value: &f32| if value.is_nan() { 0.0 } else { (value - mean) * scale };
    values.iter().map(standard).collect()
}

/// The words that at least two titles share, and those of each item.
fn titles(items: &Table) -> (usize, Vec<Vec<u32>>) {
    let mut all = Interner::default();
    let mut lists: Vec<Vec<u32>> = Vec::new();
    for row in 0..items.len() {
        let own = words(items.label(row)).map(|word| all.number(small(word).as_bytes()));
        let mut own: Vec<u32> = own.collect();
        order::ascend(&mut own);
        own.dedup();
        lists.push(own);
    }
    let mut titles = vec![0_u32; all.len()];
    lists.iter().flatten().for_each(|&word| titles[word as usize] += 1);
    let mut shared = 0;
    let numbers: Vec<Option<u32>> = titles
        .into_iter()
        .map(|titles| {
            shared += u32::from(titles > 1);
            (titles > 1).then(|| shared - 1)
        })
        .collect();
    for list in &mut lists {
        *list = list.iter().filter_map(|&word| numbers[word as usize]).collect();
    }
    (shared as usize, lists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_several_titles_are_known_and_others_are_not() {
        let items = Table {
            keys: ["The Old Sea", "old and old", "A Boat", "the SEA"]
                .map(str::to_owned)
                .to_vec(),
            ..Table::default()
        };
        let (n_words, lists) = titles(&items);
        // the, old and sea, in the order in which they come up first.
        assert_eq!(n_words, 3);
        assert_eq!(lists, [vec![0, 1, 2], vec![1], vec![], vec![0, 2]]);
    }

    #[test]
    fn what_is_missing_counts_as_the_mean() {
        let standard = standardised(&[1.0, f32::NAN, 3.0]);
        assert_eq!(standard, [-1.0, 0.0, 1.0]);
        assert!(standardised(&[5.0, 5.0]).iter().all(|value| *value == 0.0));
    }
}
