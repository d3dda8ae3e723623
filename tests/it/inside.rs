//! What is told of the inside of models, and of what they find.

use playground::protocol::{Event, Found, InsidePicture, Look, MapPicture, Query, Request, Watch};
use playground::settings::Value;

use crate::session::{Talk, small};

/// A session in which `model` has made some steps.
fn trained(model: &str, settings: &[(&str, f64)]) -> Talk {
    let mut talk = Talk::applied();
    let mut recipe = small();
    model.clone_into(&mut recipe.model.kind);
    if model == "bst" {
        // Pairs with the whole batch would be too many.
        "impressions".clone_into(&mut recipe.sampler.kind);
    }
    let given = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::Number(*value)));
    recipe.model.settings.extend(given);
    talk.call(Request::Apply {
        recipe: Box::new(recipe),
    });
    talk.call(Request::RunTo { step: 20 });
    talk.work(1_000);
    talk
}

/// What the session tells of the inside of `model`, watched with `look`, after some steps.
fn inside(model: &str, settings: &[(&str, f64)], look: Look) -> Vec<Event> {
    let mut talk = trained(model, settings);
    talk.call(Request::Watch(Watch {
        map: true,
        user: Some(3),
        inside: true,
        look,
        ..Watch::default()
    }));
    talk.said.clear();
    talk.session.snapshot(&mut |reply| talk.said.push(reply));
    talk.said.into_iter().map(|reply| reply.event).collect()
}

fn picture(events: &[Event]) -> Option<&InsidePicture> {
    events.iter().find_map(|event| match event {
        Event::Inside(picture) => Some(&**picture),
        _ => None,
    })
}

fn map(events: &[Event]) -> &MapPicture {
    let map = events.iter().find_map(|event| match event {
        Event::Map(map) => Some(map),
        _ => None,
    });
    map.expect("the map is watched")
}

#[test]
fn routing_is_told_round_by_round_and_each_event_is_shared_out() {
    let events = inside("drim", &[("interests", 2.0), ("rounds", 4.0)], Look::default());
    let picture = picture(&events).expect("DRIM has several vectors");
    assert_eq!((picture.heads, picture.rounds.len(), picture.finds.len()), (2, 4, 2));
    for round in &picture.rounds {
        assert_eq!(round.len(), 2 * picture.history.len());
        for shares in round.chunks_exact(2) {
            assert!((shares[0] + shares[1] - 1.0).abs() < 1e-5, "{shares:?}");
        }
    }
    assert_ne!(picture.rounds[0], picture.rounds[3], "routing goes on");
    let (_, scores) = picture.next.as_ref().expect("an event is held out");
    assert_eq!(scores.len(), 2);
    let map = map(&events);
    assert!((map.wins.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{:?}", map.wins);
    assert!(map.recovered.is_some_and(|share| (0.0..=1.0).contains(&share)));
}

#[test]
fn attention_is_shared_out_over_the_history_of_each_interest() {
    let events = inside("comirec_sa", &[("interests", 3.0)], Look::default());
    let picture = picture(&events).expect("ComiRec has several vectors");
    assert_eq!(picture.rounds.len(), 1);
    for head in 0..3 {
        let sum: f32 = picture.rounds[0].iter().skip(head).step_by(3).sum();
        assert!((sum - 1.0).abs() < 1e-5, "interest {head}: {sum}");
    }
}

#[test]
fn the_tree_of_events_is_cut_where_the_reader_says() {
    let cut = |cut| Look { cut, ..Look::default() };
    let trees: Vec<_> = [None, Some(0.0), Some(1e6)]
        .map(|height| {
            let events = inside("pinnersage", &[], cut(height));
            let picture = picture(&events).expect("PinnerSage has several vectors").clone();
            (picture.history.len(), picture.tree.expect("it groups events"))
        })
        .into();
    for (n, tree) in &trees {
        assert_eq!(tree.merges.len(), n - 1);
        let members: usize = tree.clusters.iter().map(|cluster| cluster.members.len()).sum();
        assert_eq!(members, *n);
        let shares: f32 = tree.clusters.iter().map(|cluster| cluster.share).sum();
        assert!((shares - 1.0).abs() < 1e-4);
    }
    assert!((trees[0].1.cut - 1.0).abs() < 1e-6, "as the recipe says");
    assert_eq!(trees[2].1.clusters.len(), 1);
    assert!(trees[1].1.clusters.len() > trees[0].1.clusters.len());
}

#[test]
fn lists_are_more_mixed_the_more_that_weighs() {
    let list = |diversity| {
        let look = Look {
            diversity,
            ..Look::default()
        };
        let events = inside("comirec_sa", &[], look);
        picture(&events)
            .and_then(|picture| picture.diverse.clone())
            .expect("shelves are groups")
    };
    let [plain, mixed] = [list(0.0), list(1.0)];
    assert_eq!((plain.lambda, plain.items.len(), mixed.items.len()), (0.0, 10, 10));
    assert!(
        mixed.diversity > plain.diversity,
        "{} and {}",
        plain.diversity,
        mixed.diversity
    );
}

#[test]
fn a_model_of_one_vector_has_nothing_inside_to_show() {
    let events = inside("two_tower", &[], Look::default());
    assert_eq!(picture(&events), None);
}

#[test]
fn bubbles_stand_around_the_history_and_meet_the_item_that_is_looked_at() {
    for dim in [2.0, 6.0] {
        let look = Look {
            item: Some(17),
            ..Look::default()
        };
        let events = inside("seq2bubbles", &[("dim", dim)], look);
        let picture = picture(&events).expect("there are bubbles to be seen");
        let found = picture.bubbles.as_ref().expect("users are regions");
        assert_eq!(found.bubbles.len(), picture.history.len());
        assert!(
            found
                .bubbles
                .iter()
                .all(|bubble| bubble.radii[0] > 0.0 && bubble.holds > 0)
        );
        assert!(
            picture
                .history
                .iter()
                .all(|item| found.inside.binary_search(item).is_ok())
        );
        let met = found.met.as_ref().expect("an item is looked at");
        assert_eq!((met.item, met.next, met.winners.len()), (17, false, dim as usize));
        let map = map(&events);
        assert!(map.regions && map.dim == dim as u32);
        let around: Vec<u32> = map.outlines.iter().map(|outline| outline.item).collect();
        assert_eq!(around, picture.history);
        // The middle of a bubble is its item.
        let place = map
            .items
            .iter()
            .position(|item| *item == around[0])
            .expect("all items are shown");
        let middle = map.outlines[0].middle;
        assert!((middle[0] - map.item_points[2 * place]).abs() < 1e-5);
        assert!((middle[1] - map.item_points[2 * place + 1]).abs() < 1e-5);
    }
    let events = inside("seq2bubbles", &[], Look::default());
    let met = picture(&events).and_then(|picture| picture.bubbles.as_ref()?.met.clone());
    assert!(met.is_some_and(|met| met.next), "without an item the next one");
}

#[test]
fn edges_are_told_with_the_weakest_first_and_how_well_they_find_false_clicks() {
    for (model, modalities) in [("grcn", 3), ("lightgcn", 0)] {
        let events = inside(model, &[], Look::default());
        let found = picture(&events)
            .and_then(|picture| picture.edges.clone())
            .expect("there are edges");
        assert!(found.edges.is_sorted_by(|a, b| a.weight <= b.weight), "{model}");
        assert_eq!(found.modalities.len(), modalities, "{model}");
        assert!(found.edges.iter().all(|edge| edge.by_modality.len() == modalities));
        let suspects = found.suspects.expect("the world is planted");
        assert!(suspects.found <= suspects.suspected && suspects.suspected > 0);
    }
}

#[test]
fn clicks_and_item_see_each_other_and_an_order_comes_of_it() {
    for (item, next) in [(None, true), (Some(17), false)] {
        let look = Look {
            item,
            ..Look::default()
        };
        let events = inside("bst", &[("candidates", 30.0)], look);
        let found = picture(&events).and_then(|picture| picture.attention.clone());
        let found = found.expect("it attends");
        assert_eq!(found.next, next);
        assert!(item.is_none_or(|item| item == found.item));
        let n = found.events.len() + 1;
        assert_eq!((found.weights.len(), found.gaps.len()), (n * 8 * n, n - 1));
        for row in found.weights.chunks_exact(n) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        // Oldest first, and nothing of the moment itself.
        assert!(found.timed && found.gaps.is_sorted_by(|a, b| a >= b));
        assert!(found.gaps.iter().all(|gap| *gap > 0.0));
        assert!(found.order.is_sorted_by(|a, b| a.score >= b.score));
        let places = found.order.iter().map(|placed| placed.found);
        assert!(
            places.clone().all(|place| place.is_some_and(|place| place <= 30)),
            "{places:?}"
        );
        if let Some(place) = found.placed.filter(|place| *place <= 10) {
            assert_eq!(found.order[place as usize - 1].item, found.item);
        }
    }
}

pub fn search(talk: &mut Talk, query: Query, n: u32) -> Found {
    match talk.call(Request::Search { query, n }) {
        Some(Event::Found(found)) => *found,
        other => panic!("expected hits, got {other:?}"),
    }
}

#[test]
fn regions_are_found_in_two_stages_of_which_the_first_says_what_it_hands_on() {
    // Of 80 items all are handed on: the answer is the exact one.
    let mut talk = trained("seq2bubbles", &[]);
    let found = search(&mut talk, Query::User(3), 10);
    assert_eq!((found.reranked, found.handed_on), (80, Some(1.0)));
    assert!(found.hits.is_sorted_by(|a, b| a.score >= b.score));
    // Of few, some may be missed; what is found has the same exact scores.
    let mut talk = trained("seq2bubbles", &[("rerank", 10.0)]);
    let few = search(&mut talk, Query::User(3), 10);
    let share = few.handed_on.expect("regions are compared");
    let same = few.hits.iter().filter(|hit| found.hits.contains(hit)).count();
    assert!(
        (f64::from(share) - same as f64 / 10.0).abs() < 1e-6,
        "{share} for {same} of 10"
    );
    // An item has a place and no extent.
    let near = search(&mut talk, Query::Item(5), 4);
    assert_eq!((near.hits.len(), near.handed_on), (4, None));
}
