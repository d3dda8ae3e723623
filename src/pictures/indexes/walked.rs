//! The steps of a search as the page plays them.

use crate::engine::index::{Ask, Hit, Index, Parts, Step, Work};
use crate::protocol::{Stride, Walked};

/// Steps that are shown at most: nobody watches more.
const STEPS: usize = 2_000;

/// Cells that are named with their scores.
const CELLS: usize = 64;

/// Searches `index` once more and writes down how.
pub fn walked(index: &dyn Index, query: &[f32], ask: Ask<'_>) -> Walked {
    let (mut work, mut hits) = (Work::tracing(), Vec::new());
    index.search(query, ask, &mut work, &mut hits);
    let trace = work.trace.unwrap_or_default();
    let refines = trace.iter().any(|step| matches!(step, Step::Refined { .. }));
    // Codes that will be compared again go by their places in the lists.
    let mut places = places(index).filter(|_| refines);
    let mut strides: Vec<Stride> = Vec::new();
    for step in trace {
        if matches!(step, Step::Refined { .. }) {
            places = None;
        }
        let named = |hit: Hit| places.map_or(hit.id, |ids| ids[hit.id as usize]);
        match step {
            Step::Kept { hit, out } => {
                let pair = (named(hit), hit.score);
                match strides.last_mut() {
                    // The first hits fill what is still empty: that is one step.
                    Some(Stride::Kept { items, out: None }) if out.is_none() => items.push(pair),
                    _ => strides.push(Stride::Kept {
                        items: vec![pair],
                        out: out.map(named),
                    }),
                }
            }
            step => strides.extend(stride(step)),
        }
    }
    let more = strides.len().saturating_sub(STEPS) as u32;
    strides.truncate(STEPS);
    Walked {
        steps: strides,
        more,
        ..Walked::default()
    }
}

/// The items of the lists, place by place, of an index that has lists.
fn places(index: &dyn Index) -> Option<&[u32]> {
    match index.parts() {
        Parts::Inverted(lists) => Some(lists.ids()),
        Parts::Transformed(transformed) => places(transformed.inner.as_ref()),
        Parts::Flat(_) | Parts::Hnsw(_) => None,
    }
}

fn pair(hit: Hit) -> (u32, f32) {
    (hit.id, hit.score)
}

fn stride(step: Step) -> Option<Stride> {
    Some(match step {
        Step::Cells { ranked, opened } => Stride::Cells {
            count: ranked.len() as u32,
            ranked: ranked.into_iter().take(CELLS.max(opened)).map(pair).collect(),
            opened: opened as u32,
        },
        Step::Cell { cell, rows } => Stride::Cell {
            cell,
            rows: rows as u32,
        },
        Step::Table { subs, values } => Stride::Table {
            parts: subs as u32,
            values,
        },
        Step::Kept { .. } => return None,
        Step::Refined { rows } => Stride::Refined { rows: rows as u32 },
        Step::Descended {
            layer,
            from,
            to,
            compared,
        } => Stride::Descended {
            layer: layer as u32,
            compared: compared as u32,
            from,
            to: to.id,
            score: to.score,
        },
        Step::Expanded { node, met } => Stride::Expanded {
            item: node.id,
            met: met.into_iter().map(|hit| hit.id).collect(),
        },
        Step::Stopped { next, worst } => Stride::Stopped {
            next: next.map(|hit| hit.score),
            worst: worst.map(|hit| hit.score),
        },
    })
}
