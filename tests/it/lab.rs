//! What is told of how ids and numbers become vectors.

use playground::protocol::{Event, FeatureLook, FeaturesPicture, Recipe, Request, Watch};
use playground::settings::Value;

use crate::session::{Talk, small};

fn recipe(model: &str, encoder: &str, numeric: &str) -> Recipe {
    let mut recipe = small();
    model.clone_into(&mut recipe.model.kind);
    encoder.clone_into(&mut recipe.encoder.kind);
    numeric.clone_into(&mut recipe.numeric.kind);
    if encoder == "hash" {
        recipe.encoder.settings.insert("share".to_owned(), Value::Number(0.25));
    }
    recipe
}

/// What the lab shows after some steps.
fn shown(recipe: Recipe, look: FeatureLook) -> Option<FeaturesPicture> {
    let mut talk = Talk::applied();
    let applied = talk.call(Request::Apply {
        recipe: Box::new(recipe),
    });
    assert!(matches!(applied, Some(Event::Applied(_))), "{applied:?}");
    talk.call(Request::RunTo { step: 20 });
    talk.work(1_000);
    talk.call(Request::Watch(Watch {
        features: Some(look),
        ..Watch::default()
    }));
    talk.said.clear();
    talk.session.snapshot(&mut |reply| talk.said.push(reply));
    talk.said.into_iter().find_map(|reply| match reply.event {
        Event::Features(picture) => Some(*picture),
        _ => None,
    })
}

#[test]
fn ids_that_fall_together_have_one_vector_before_and_after_training() {
    let picture = shown(recipe("two_tower", "hash", "none"), FeatureLook::default()).expect("a picture");
    let ids = picture.ids.expect("an embedding");
    assert_eq!((ids.name.as_str(), ids.rows.len()), ("item.id", 1));
    assert_eq!(ids.groups.iter().sum::<u32>(), ids.n_ids);
    assert!(
        ids.groups[0] < ids.n_ids / 10,
        "four ids share a row on average: {:?}",
        ids.groups
    );
    assert!((ids.parameters as f64 / f64::from(ids.n_ids * ids.width) - 0.25).abs() < 0.01);
    let first = ids.shared.first().expect("somebody shares the row");
    assert_eq!(first.rows, 1);
    assert!((first.cosine - 1.0).abs() < 1e-5);
    for near in &ids.near {
        let shares = near
            .iter()
            .filter(|(id, _)| ids.shared.iter().any(|shared| shared.id == *id));
        assert!(shares.count() >= 1, "what shares the vector is nearest: {near:?}");
    }
    assert_ne!(ids.near[0], ids.near[1], "training moves who else is near");
    assert!(ids.names.iter().all(|(_, name)| !name.is_empty()));
    assert_eq!(picture.numbers, Vec::<String>::new());
}

#[test]
fn a_network_reads_codes_and_knows_ids_that_a_table_does_not() {
    let look = |unseen: &str| FeatureLook {
        id: 7,
        unseen: unseen.to_owned(),
        ..FeatureLook::default()
    };
    let picture = shown(recipe("mind", "dhe", "none"), look("nobody knows it")).expect("a picture");
    let ids = picture.ids.expect("an embedding");
    assert_eq!(
        (ids.id, ids.code.len(), ids.rows.len(), ids.shared.len()),
        (7, 128, 0, 0)
    );
    for counts in &ids.codes {
        // No two codes are much alike.
        assert_eq!(counts.iter().sum::<u32>(), 1000);
        assert!(counts[6..14].iter().sum::<u32>() > 990, "{counts:?}");
    }
    let unseen = ids.unseen.expect("an answer");
    assert_eq!((unseen.why, unseen.near.len()), (None, 8));

    for (encoder, part) in [("full", "full table"), ("quotient_remainder", "quotient")] {
        let picture = shown(recipe("mind", encoder, "none"), look("nobody knows it")).expect("a picture");
        let unseen = picture.ids.and_then(|ids| ids.unseen).expect("an answer");
        let why = unseen.why.expect("a reason").to_string();
        assert!(
            why.contains(part) && why.contains("nobody knows it") && unseen.near.is_empty(),
            "{why}"
        );
    }
}

#[test]
fn a_number_has_a_curve_of_steps_a_line_or_a_smooth_one() {
    let of = |numeric: &str| {
        let look = FeatureLook {
            number: "item.price".to_owned(),
            place: 0.5,
            ..FeatureLook::default()
        };
        let picture = shown(recipe("two_tower", "full", numeric), look).expect("a picture");
        assert!(
            picture.numbers.contains(&"user.age".to_owned()),
            "{:?}",
            picture.numbers
        );
        let number = picture.number.expect("a field");
        assert_eq!(number.name, "item.price");
        let width = number.width as usize;
        assert_eq!(number.vectors.len(), number.values.len() * width);
        assert_ne!(number.missing, number.vector);
        let vectors: Vec<&[f32]> = number.vectors.chunks_exact(width).collect();
        let moves: Vec<bool> = vectors.windows(2).map(|pair| pair[0] != pair[1]).collect();
        (number, moves)
    };
    let (binned, moves) = of("equal_width");
    assert_eq!(moves.iter().filter(|moved| **moved).count(), binned.edges.len());
    let (field, moves) = of("field");
    assert!(field.edges.is_empty() && moves.iter().all(|moved| *moved));
    let (soft, moves) = of("autodis");
    assert!(moves.iter().all(|moved| *moved));
    let bins = soft.bins.expect("soft bins");
    assert!((bins.weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert_eq!(bins.over.len(), soft.values.len() * bins.weights.len());
    assert_eq!(bins.vectors.len(), bins.weights.len() * soft.width as usize);
}

#[test]
fn models_of_clicks_show_the_fields_of_their_rows_and_those_that_count_show_nothing() {
    let mut clicks = recipe("deepfm", "full", "autodis");
    clicks.train.settings.insert("epochs".to_owned(), Value::Number(1.0));
    let picture = shown(clicks, FeatureLook::default()).expect("a picture");
    for name in ["user.id", "item.id", "item.shelf"] {
        assert!(
            picture.embeddings.iter().any(|known| known == name),
            "{:?}",
            picture.embeddings
        );
    }
    assert!(
        picture.numbers.contains(&"moment.hour".to_owned()),
        "{:?}",
        picture.numbers
    );
    assert_eq!(shown(recipe("most_popular", "", ""), FeatureLook::default()), None);
}
