//! How well the recipe's index serves what was trained: the vectors of items, searched for by those of users.

use playground::engine::data::{Batch, UserId};
use playground::engine::index::{Flat, Parts, Truth};
use playground::protocol::Metrics;
use playground::session::Run;

/// Hits asked for.
const K: usize = 10;

/// Measures the index, where the recipe asks for one that is not exact.
pub fn measure(run: &mut Run, metrics: &mut Metrics) -> Result<(), String> {
    if run.plan.recipe.index.kind == "flat" {
        return Ok(());
    }
    let dataset = &run.world.dataset;
    let cases: Vec<_> = (0..dataset.users.len() as u32)
        .map(|user| run.world.case(UserId(user)))
        .collect();
    let mut batch = Batch::default();
    batch.contexts(dataset, &cases, run.plan.train().history);
    let Some(embed) = run.trainer.embed() else {
        return Ok(());
    };
    let (items, metric) = (embed.items().clone(), embed.metric());
    let users = embed.users(&batch);
    let queries: Vec<Vec<f32>> = users.outer_iter().map(|user| user.to_vec()).collect();
    let said = |why: playground::text::Message| why.to_string();
    let flat = Flat::build(items.clone(), metric).map_err(said)?;
    let index = run.plan.index().build(items, metric).map_err(said)?;
    let found = Truth::of(&flat, &queries, K).measure(index.as_ref(), index.effort());
    let mut put = |name: &str, value: f64| {
        metrics.insert(name.to_owned(), value);
    };
    put("1-recall@10", found.nearest);
    put("index recall@10", found.recall);
    put("scanned", found.scanned);
    let mut parts = index.parts();
    if let Parts::Transformed(transformed) = parts {
        parts = transformed.inner.parts();
    }
    if let Parts::Inverted(lists) = parts {
        put("imbalance", lists.imbalance());
        let sizes: Vec<f64> = lists
            .offsets()
            .windows(2)
            .map(|pair| f64::from(pair[1] - pair[0]))
            .collect();
        let few = sizes.iter().sum::<f64>() / sizes.len() as f64 / 4.0;
        let nearly_empty = sizes.iter().filter(|&&size| size <= few).count();
        put("nearly empty cells", nearly_empty as f64 / sizes.len() as f64);
    }
    Ok(())
}
