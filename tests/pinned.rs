//! What a run comes to, the same natively and in the browser: both test binaries include this file.

use playground::protocol::{Call, Event, Query, Recipe, Request};
use playground::session::Session;

/// Steps of the pinned run: into the second epoch, past the first evaluation.
const STEPS: u64 = 130;

/// The checksum of all parameters after [`STEPS`] steps of the default recipe.
const CHECKSUM: &str = "e7d87df68c289fbc";

/// The recall on the validation events after the first epoch, in units of one user of a thousand.
const HITS: f64 = 142.0;

/// The items nearest to item 0 then.
const NEAREST: [u32; 5] = [139, 323, 599, 245, 493];

/// Trains the default recipe and compares with what is pinned.
pub fn check() {
    let mut session = Session::new();
    let mut said = Vec::new();
    let requests = [
        Request::Apply {
            recipe: Box::new(Recipe::default()),
        },
        Request::RunTo { step: STEPS },
        Request::Search {
            query: Query::Item(0),
            n: 5,
        },
    ];
    for (id, request) in (1..).zip(requests) {
        session.handle(Call { id, request }, &mut |reply| said.push(reply));
        session.tick(&mut || true, &mut |reply| said.push(reply));
    }
    let answer = |id| {
        said.iter()
            .find(|reply| reply.answers == Some(id))
            .map(|reply| &reply.event)
    };
    let Some(Event::State(state)) = answer(2) else {
        panic!("the run did not come to step {STEPS}")
    };
    let Some(Event::Found(found)) = answer(3) else {
        panic!("nothing was found")
    };
    let hits = state.metrics["recall@20"] * 1000.0;
    let nearest: Vec<u32> = found.hits.iter().map(|hit| hit.item).collect();
    assert_eq!(
        (state.checksum.as_deref(), hits.round(), &nearest[..]),
        (Some(CHECKSUM), HITS, &NEAREST[..]),
        "a change of these is a change of every result: know why, and say it in the commit"
    );
}
