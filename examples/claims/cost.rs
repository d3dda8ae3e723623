//! What a step costs: two trainers step in turns, so that whatever else the machine does meets both alike.

use std::rc::Rc;
use std::time::Instant;

use playground::engine::data::World;
use playground::protocol::Recipe;
use playground::text::Message;

use crate::asked::Result;
use crate::claim::{Finding, Side};

/// Steps before the clock counts: the bank is full and buffers have their sizes.
const WARM: usize = 40;
/// Steps that are timed.
const TIMED: usize = 200;

/// Steps that are timed in a world of one size.
const OF_EPOCH: usize = 60;

/// Times an epoch in each world, and says like which power of the number of events it grows.
pub fn growth(at_most: f64, side: &Side, worlds: Vec<(Rc<World>, Recipe)>) -> Result<Finding> {
    let mut lines = Vec::new();
    let mut points = Vec::new();
    for (world, recipe) in worlds {
        let events: u32 = world.split.train_end.iter().sum();
        let plan = recipe.validate().map_err(|found| Message::join(found).to_string())?;
        let mut trainer = plan.trainer(world).map_err(|why| why.to_string())?;
        let mut times = Vec::new();
        for step in 0..WARM + OF_EPOCH {
            let started = Instant::now();
            trainer.step();
            if step >= WARM {
                times.push(started.elapsed().as_secs_f64());
            }
        }
        times.sort_by(f64::total_cmp);
        let epoch = times[times.len() / 2] * trainer.steps_per_epoch() as f64;
        lines.push(format!(
            "{}: {events} events, {} steps of {:.2} ms, {epoch:.2} s an epoch",
            side.name,
            trainer.steps_per_epoch(),
            times[times.len() / 2] * 1_000.0
        ));
        points.push((f64::from(events), epoch));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Err("Growth needs sizes.".to_owned());
    };
    let power = libm::log(last.1 / first.1) / libm::log(last.0 / first.0);
    let verdict = if power <= at_most { "holds" } else { "does not hold" };
    Ok(Finding {
        sides: lines,
        verdict: format!("{verdict} (power {power:.2}, {at_most} at most)"),
    })
}

/// Times both, and compares the medians.
pub fn compare(at_most: f64, sides: [&Side; 2], recipes: [Recipe; 2], worlds: [Rc<World>; 2]) -> Result<Finding> {
    let mut trainers = Vec::new();
    for (recipe, world) in recipes.into_iter().zip(worlds) {
        let plan = recipe.validate().map_err(|found| Message::join(found).to_string())?;
        trainers.push(plan.trainer(world).map_err(|why| why.to_string())?);
    }
    let mut times = [Vec::new(), Vec::new()];
    for step in 0..WARM + TIMED {
        for (trainer, times) in trainers.iter_mut().zip(&mut times) {
            let started = Instant::now();
            trainer.step();
            if step >= WARM {
                times.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
        }
    }
    let [first, second] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let ratio = first / second;
    let verdict = if ratio <= at_most { "holds" } else { "does not hold" };
    Ok(Finding {
        sides: vec![
            format!("{}: {first:.2} ms a step", sides[0].name),
            format!("{}: {second:.2} ms a step", sides[1].name),
        ],
        verdict: format!("{verdict} ({ratio:.2} times, {at_most} at most)"),
    })
}
