//! Every kind of index, chosen in a recipe, serves the vectors that were trained.

use playground::plan::catalogue;
use playground::protocol::{Call, Event, Query, Recipe, Reply, Request};
use playground::session::Session;
use playground::settings::{Value, by_key};

/// The ten nearest to item 3 after some steps, and what was scanned.
fn nearest(kind: &str, settings: &[(&str, Value)]) -> (Vec<u32>, u64) {
    let mut recipe = Recipe::default();
    kind.clone_into(&mut recipe.index.kind);
    recipe.index.settings = by_key(settings.iter().cloned());
    let requests = [
        Request::Apply {
            recipe: Box::new(recipe),
        },
        Request::RunTo { step: 60 },
        Request::Search {
            query: Query::Item(3),
            n: 10,
        },
    ];
    let mut session = Session::new();
    let mut said: Vec<Reply> = Vec::new();
    for (id, request) in (1..).zip(requests) {
        session.handle(Call { id, request }, &mut |reply| said.push(reply));
        session.tick(&mut || true, &mut |reply| said.push(reply));
    }
    let answer = said.iter().find(|reply| reply.answers == Some(3));
    match answer.map(|reply| &reply.event) {
        Some(Event::Found(found)) => (found.hits.iter().map(|hit| hit.item).collect(), found.scanned),
        other => panic!("{kind} with {settings:?}: {other:?}"),
    }
}

#[test]
fn every_kind_of_index_finds_nearly_what_the_exact_one_finds() {
    let (exact, all) = nearest("flat", &[]);
    let sections = catalogue().sections;
    let index = sections
        .iter()
        .find(|section| section.key == "index")
        .expect("a section");
    for kind in &index.kinds {
        for transform in ["none", "opq"] {
            let mut settings = vec![("transform", Value::Text(transform.to_owned()))];
            if kind.knobs.iter().any(|knob| knob.key == "nprobe") {
                // A third of the cells that 600 items are divided into.
                settings.push(("nprobe", Value::Number(32.0)));
            }
            let (found, scanned) = nearest(&kind.kind, &settings);
            let right = found.iter().filter(|item| exact.contains(item)).count();
            assert!(found.len() == 10 && !found.contains(&3), "{}: {found:?}", kind.kind);
            assert!(right >= 7, "{} behind {transform}: {found:?} for {exact:?}", kind.kind);
            assert!(
                kind.kind == "flat" || scanned < all,
                "{}: {scanned} of {all}",
                kind.kind
            );
        }
    }
}
