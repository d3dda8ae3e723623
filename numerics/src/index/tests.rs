//! What every index must do. The tests walk the table, so a new kind is tested by existing.

use ndarray::{Array2, ShapeBuilder};

use super::*;
use crate::rng::{Purpose, Rng};
use base::settings::{Value, by_key};

const METRICS: [Metric; 3] = [Metric::Dot, Metric::Cosine, Metric::L2];

fn build(kind: &'static IndexKind, vectors: Array2<f32>, metric: Metric) -> Box<dyn Index> {
    build_with(kind, vectors, metric, &[]).unwrap()
}

fn build_with(
    kind: &'static IndexKind,
    vectors: Array2<f32>,
    metric: Metric,
    given: &[(&str, Value)],
) -> Result<Box<dyn Index>> {
    let given = by_key(given.iter().cloned());
    let settings = Settings::check("index", &kind.knobs(), &given).map_err(Message::join)?;
    kind.build(vectors, metric, &settings, 1)
}

/// Searches with the greatest effort.
fn search(index: &dyn Index, query: &[f32], k: usize) -> Vec<Hit> {
    index.check(query).unwrap();
    let mut out = vec![Hit { id: 99, score: 99.0 }];
    let effort = index.efforts().last().copied().unwrap_or_default();
    index.search(query, Ask::new(k, effort), &mut Work::default(), &mut out);
    out
}

fn naive_score(metric: Metric, query: &[f32], row: &[f32]) -> f64 {
    let sum = |term: fn(f64, f64) -> f64, a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| term(f64::from(a), f64::from(b))).sum()
    };
    let dot = |a, b| sum(|a, b| a * b, a, b);
    match metric {
        Metric::Dot => dot(query, row),
        Metric::Cosine => {
            let lengths = dot(query, query).sqrt() * dot(row, row).sqrt();
            if lengths > 0.0 { dot(query, row) / lengths } else { 0.0 }
        }
        Metric::L2 => -sum(|a, b| (a - b) * (a - b), query, row),
    }
}

fn naive(metric: Metric, vectors: &Array2<f32>, query: &[f32], k: usize) -> Vec<(u32, f64)> {
    let mut all: Vec<(u32, f64)> = (0..)
        .zip(vectors.outer_iter())
        .map(|(id, row)| (id, naive_score(metric, query, row.to_slice().unwrap())))
        .collect();
    all.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap().then(a.0.cmp(&b.0)));
    all.truncate(k);
    all
}

/// Values on a coarse grid: no rounding in dot and L2, and many ties.
fn grid(rng: &mut Rng, n: usize, d: usize) -> Array2<f32> {
    Array2::from_shape_simple_fn((n, d), || rng.below(5) as f32 - 2.0)
}

#[test]
fn flat_finds_what_a_naive_search_finds_on_vectors_of_every_width() {
    let mut rng = Rng::stream(5, Purpose::Trial, 0);
    for metric in METRICS {
        for (n, d) in [(1, 1), (5, 2), (40, 3), (300, 4), (257, 7), (600, 32), (256, 33)] {
            let vectors = Array2::from_shape_simple_fn((n, d), || rng.normal());
            let query: Vec<f32> = (0..d).map(|_| rng.normal()).collect();
            let found = search(&Flat::build(vectors.clone(), metric).unwrap(), &query, 10);
            let expected = naive(metric, &vectors, &query, 10);
            assert_eq!(found.len(), expected.len());
            for (found, (id, score)) in found.iter().zip(expected) {
                assert_eq!(found.id, id, "{metric:?} {n} × {d}");
                let off = (f64::from(found.score) - score).abs();
                assert!(
                    off < 1e-5 * (1.0 + score.abs()),
                    "{metric:?} {n} × {d}: {found:?} is not {score}"
                );
            }
        }
    }
}

#[test]
fn flat_orders_ties_by_row() {
    let mut rng = Rng::stream(6, Purpose::Trial, 0);
    for metric in [Metric::Dot, Metric::L2] {
        for d in [1, 2, 5] {
            let vectors = grid(&mut rng, 700, d);
            let query: Vec<f32> = grid(&mut rng, 1, d).into_iter().collect();
            let found = search(&Flat::build(vectors.clone(), metric).unwrap(), &query, 300);
            let found: Vec<_> = found.iter().map(|hit| (hit.id, f64::from(hit.score))).collect();
            assert_eq!(found, naive(metric, &vectors, &query, 300), "{metric:?} d = {d}");
        }
    }
}

#[test]
fn flat_takes_columns_first_matrices_as_well() {
    let rows = Array2::from_shape_vec((3, 2).f(), vec![1.0, 2.0, 3.0, 0.0, 0.0, 9.0]).unwrap();
    let found = search(&Flat::build(rows, Metric::Dot).unwrap(), &[1.0, 0.0], 3);
    assert_eq!(found.iter().map(|hit| hit.score).collect::<Vec<_>>(), [3.0, 2.0, 1.0]);
}

#[test]
fn flat_scans_everything_once_and_holds_the_vectors_only() {
    let flat = Flat::build(Array2::ones((300, 5)), Metric::Dot).unwrap();
    let mut work = Work::default();
    let mut out = Vec::new();
    for _ in 0..2 {
        flat.search(&[1.0; 5], Ask::new(3, 0), &mut work, &mut out);
    }
    assert_eq!(work.log.scanned, 600);
    assert_eq!(flat.bytes(), 300 * 5 * 4);
}

#[test]
fn names_of_kinds_are_unique() {
    for (position, kind) in INDEXES.iter().enumerate() {
        assert!(
            INDEXES[..position].iter().all(|other| other.kind != kind.kind),
            "{}",
            kind.kind
        );
    }
}

#[test]
fn every_index_says_what_it_was_built_from() {
    for kind in INDEXES {
        for metric in METRICS {
            let index = build(kind, Array2::ones((20, 4)), metric);
            assert_eq!(
                (index.len(), index.dim(), index.metric()),
                (20, 4, metric),
                "{}",
                kind.kind
            );
            assert!(index.bytes() > 0, "{}", kind.kind);
        }
    }
}

#[test]
fn an_empty_index_finds_nothing() {
    for kind in INDEXES {
        for metric in METRICS {
            let index = build(kind, Array2::zeros((0, 3)), metric);
            assert!(index.is_empty());
            assert_eq!(search(&*index, &[1.0, 2.0, 3.0], 5), [], "{}", kind.kind);
        }
    }
}

#[test]
fn one_vector_is_always_found() {
    for kind in INDEXES {
        for (metric, score) in METRICS.into_iter().zip([4.0, 1.0, -2.0]) {
            let index = build(kind, Array2::from_elem((1, 2), 1.0), metric);
            let found = search(&*index, &[2.0, 2.0], 5);
            assert_eq!(found.len(), 1);
            assert!(
                (found[0].score - score).abs() < 1e-6,
                "{} {metric:?} {found:?}",
                kind.kind
            );
        }
    }
}

#[test]
fn duplicates_are_all_found_in_the_order_of_rows() {
    for kind in INDEXES {
        for metric in METRICS {
            let index = build(kind, Array2::from_elem((30, 3), 0.5), metric);
            let ids: Vec<u32> = search(&*index, &[1.0, 0.0, 2.0], 30).iter().map(|hit| hit.id).collect();
            assert_eq!(ids, (0..30).collect::<Vec<_>>(), "{} {metric:?}", kind.kind);
        }
    }
}

#[test]
fn zero_vectors_and_a_zero_query_have_cosine_zero() {
    for kind in INDEXES {
        let vectors = Array2::from_shape_vec((3, 2), vec![-1.0, 0.0, 0.0, 0.0, 3.0, 0.0]).unwrap();
        let index = build(kind, vectors, Metric::Cosine);
        let scores = |query: &[f32]| -> Vec<(u32, f32)> {
            search(&*index, query, 3)
                .iter()
                .map(|hit| (hit.id, hit.score))
                .collect()
        };
        assert_eq!(scores(&[2.0, 0.0]), [(2, 1.0), (1, 0.0), (0, -1.0)], "{}", kind.kind);
        assert_eq!(scores(&[0.0, 0.0]), [(0, 0.0), (1, 0.0), (2, 0.0)], "{}", kind.kind);
    }
}

#[test]
fn asking_for_none_gives_none_and_asking_for_too_many_gives_all() {
    for kind in INDEXES {
        let mut rng = Rng::stream(8, Purpose::Trial, 0);
        let index = build(kind, Array2::from_shape_simple_fn((50, 6), || rng.normal()), Metric::L2);
        assert_eq!(search(&*index, &[0.0; 6], 0), []);
        for k in [50, 51, usize::MAX] {
            let mut ids: Vec<u32> = search(&*index, &[0.0; 6], k).iter().map(|hit| hit.id).collect();
            ids.sort_unstable();
            assert_eq!(ids, (0..50).collect::<Vec<_>>(), "{} k = {k}", kind.kind);
        }
    }
}

#[test]
fn a_vector_that_is_not_finite_is_refused_by_its_row() {
    for kind in INDEXES {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut vectors = Array2::zeros((9, 3));
            vectors[[7, 2]] = bad;
            let refusal = build_with(kind, vectors, Metric::Dot, &[]).err().unwrap().to_string();
            assert!(refusal.contains("row 7"), "{}: {refusal}", kind.kind);
        }
    }
}

#[test]
fn a_query_that_does_not_fit_is_refused_in_words() {
    for kind in INDEXES {
        let index = build(kind, Array2::zeros((9, 3)), Metric::Dot);
        let refusal = |query: &[f32]| index.check(query).unwrap_err().to_string();
        assert!(refusal(&[1.0; 4]).contains("has 4 numbers, but the vectors of this index have 3"));
        assert!(refusal(&[1.0, f32::NAN, 0.0]).contains("Number 2 of the query"));
    }
}

/// Clumps of vectors, and queries like them.
fn clumps(n: usize, d: usize) -> [Array2<f32>; 2] {
    let mut rng = Rng::stream(21, Purpose::Trial, 0);
    let centres = Array2::from_shape_simple_fn((20, d), || 2.0 * rng.normal());
    [n, 40].map(|n| {
        let mut rows = Array2::from_shape_simple_fn((n, d), || rng.normal());
        for mut row in rows.outer_iter_mut() {
            row += &centres.row(rng.below(20) as usize);
        }
        rows
    })
}

fn kind(word: &str) -> &'static IndexKind {
    INDEXES.iter().find(|kind| kind.kind == word).unwrap()
}

fn ids(hits: &[Hit]) -> Vec<u32> {
    hits.iter().map(|hit| hit.id).collect()
}

#[test]
fn spec_5_9_1_all_cells_and_all_candidates_give_exactly_the_flat_result() {
    let [vectors, queries] = clumps(1500, 9);
    for metric in METRICS {
        let flat = Flat::build(vectors.clone(), metric).unwrap();
        for word in ["ivf_flat", "imi"] {
            let index = build(kind(word), vectors.clone(), metric);
            for query in queries.outer_iter() {
                let query = query.to_vec();
                assert_eq!(
                    search(&*index, &query, 25),
                    search(&flat, &query, 25),
                    "{word} {metric:?}"
                );
            }
        }
    }
}

#[test]
fn spec_5_9_2_recall_and_what_is_scanned_rise_with_effort() {
    let [vectors, queries] = clumps(2000, 8);
    for metric in METRICS {
        let flat = Flat::build(vectors.clone(), metric).unwrap();
        for word in ["ivf_flat", "imi"] {
            let index = build(kind(word), vectors.clone(), metric);
            let Parts::Inverted(lists) = (match index.parts() {
                Parts::Transformed(transformed) => transformed.inner.parts(),
                parts => parts,
            }) else {
                panic!("lists")
            };
            let mut last = (0, 0);
            for effort in index.efforts() {
                let mut now = (0, 0);
                for query in queries.outer_iter() {
                    let query = query.to_vec();
                    let (mut work, mut found) = (Work::tracing(), Vec::new());
                    index.search(&query, Ask::new(10, effort), &mut work, &mut found);
                    let exact = ids(&search(&flat, &query, 10));
                    now.0 += found.iter().filter(|hit| exact.contains(&hit.id)).count();
                    now.1 += work.log.scanned;
                    let opened = work.trace.unwrap().into_iter().filter_map(|step| match step {
                        Step::Cell { cell, rows } => {
                            let [from, to] = [0, 1].map(|end| lists.offsets()[cell as usize + end] as usize);
                            assert_eq!(rows, to - from);
                            Some(rows as u64)
                        }
                        _ => None,
                    });
                    assert_eq!(work.log.scanned, opened.sum::<u64>());
                }
                assert!(
                    now >= last && now.1 >= last.1,
                    "{word} {metric:?} {effort}: {now:?} after {last:?}"
                );
                last = now;
            }
            assert_eq!(last, (400, 40 * 2000), "{word}");
        }
    }
}

#[test]
fn spec_5_9_3_scores_of_codes_are_scores_of_the_decoded_vectors() {
    let [vectors, queries] = clumps(900, 12);
    for metric in [Metric::Dot, Metric::L2] {
        for (bits, m) in [("8", 3.0), ("6", 4.0), ("4", 6.0), ("4", 3.0)] {
            let given = [
                ("bits", Value::Text(bits.into())),
                ("m", Value::Number(m)),
                ("refine", Value::Number(0.0)),
            ];
            let index = build_with(kind("ivf_pq"), vectors.clone(), metric, &given).unwrap();
            let Parts::Inverted(lists) = index.parts() else {
                panic!("lists")
            };
            for query in queries.outer_iter() {
                let query = query.to_vec();
                for hit in search(&*index, &query, 900) {
                    let expected = naive_score(metric, &query, &lists.reconstruct(hit.id).unwrap());
                    let off = (f64::from(hit.score) - expected).abs();
                    assert!(
                        off < 1e-4 * (1.0 + expected.abs()),
                        "{bits} bits: {hit:?} for {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn spec_5_9_4_a_rotation_changes_no_exact_result() {
    let [vectors, queries] = clumps(700, 8);
    for metric in METRICS {
        let flat = Flat::build(vectors.clone(), metric).unwrap();
        for transform in ["pca", "random_rotation", "opq"] {
            let given = [("transform", Value::Text(transform.into()))];
            let index = build_with(kind("flat"), vectors.clone(), metric, &given).unwrap();
            for query in queries.outer_iter() {
                let query = query.to_vec();
                let (found, exact) = (search(&*index, &query, 20), search(&flat, &query, 20));
                for (found, exact) in found.iter().zip(&exact) {
                    assert!(
                        (found.score - exact.score).abs() < 1e-4 * (1.0 + exact.score.abs()),
                        "{transform} {metric:?}: {found:?} for {exact:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn axes_of_largest_variance_are_kept_where_fewer_are_asked_for() {
    // Two columns vary a hundred times as much as the other four: two dimensions find nearly what six find.
    let mut rng = Rng::stream(3, Purpose::Trial, 0);
    let spread = [10.0, 0.1, 0.1, 10.0, 0.1, 0.1];
    let vectors = Array2::from_shape_fn((400, 6), |(_, column)| 5.0 + spread[column] * rng.normal());
    let given = [("transform", Value::Text("pca".into())), ("dims", Value::Number(2.0))];
    let index = build_with(kind("flat"), vectors.clone(), Metric::L2, &given).unwrap();
    assert_eq!((index.dim(), index.bytes()), (6, (400 * 2 + 2 * 6) * 4));
    let exact = naive(Metric::L2, &vectors, &[5.0; 6], 1)[0];
    let found = search(&*index, &[5.0; 6], 5);
    assert!(ids(&found).contains(&exact.0), "{found:?} without {exact:?}");
}

#[test]
fn every_index_stands_behind_every_transform() {
    let [vectors, queries] = clumps(600, 8);
    for kind in INDEXES {
        for metric in METRICS {
            let flat = Flat::build(vectors.clone(), metric).unwrap();
            for transform in ["none", "pca", "random_rotation", "opq"] {
                let given = [("transform", Value::Text(transform.into()))];
                let index = build_with(kind, vectors.clone(), metric, &given).unwrap();
                let mut right = 0;
                for query in queries.outer_iter() {
                    let query = query.to_vec();
                    let exact = ids(&search(&flat, &query, 10));
                    right += ids(&search(&*index, &query, 10))
                        .iter()
                        .filter(|id| exact.contains(id))
                        .count();
                }
                assert!(right >= 396, "{} {metric:?} {transform}: {right} of 400", kind.kind);
            }
        }
    }
}

#[test]
fn the_same_seed_builds_the_same_index() {
    let [vectors, queries] = clumps(500, 6);
    for kind in INDEXES {
        let [first, second] = [(); 2].map(|()| build(kind, vectors.clone(), Metric::L2));
        for query in queries.outer_iter() {
            let query = query.to_vec();
            let [one, two] = [&first, &second].map(|index| {
                let (mut work, mut found) = (Work::tracing(), Vec::new());
                index.search(
                    &query,
                    Ask::new(10, index.efforts().first().copied().unwrap_or(0)),
                    &mut work,
                    &mut found,
                );
                (found, work.trace, work.log)
            });
            assert_eq!(one, two, "{}", kind.kind);
        }
    }
}

#[test]
fn a_filter_is_kept_to_and_finds_the_nearest_it_allows() {
    let [vectors, queries] = clumps(1000, 7);
    for kind in INDEXES {
        for metric in METRICS {
            let index = build(kind, vectors.clone(), metric);
            for every in [2, 50] {
                let allowed = Allowed::rows(1000, &mut |row| row % every == 1);
                let ask = Ask {
                    allowed: Some(&allowed),
                    ..Ask::new(10, index.efforts().last().copied().unwrap_or(0))
                };
                let (mut work, mut found) = (Work::default(), Vec::new());
                for query in queries.outer_iter() {
                    let query = query.to_vec();
                    index.search(&query, ask, &mut work, &mut found);
                    let mut exact = naive(metric, &vectors, &query, 1000);
                    exact.retain(|&(id, _)| allowed.contains(id));
                    let exact: Vec<u32> = exact.iter().take(10).map(|&(id, _)| id).collect();
                    let right = found.iter().filter(|hit| exact.contains(&hit.id)).count();
                    assert!(found.iter().all(|hit| allowed.contains(hit.id)));
                    assert!(
                        right >= 9 && found.len() == 10,
                        "{} {metric:?} 1 of {every}: {right}",
                        kind.kind
                    );
                }
            }
            let nothing = Allowed::default();
            let ask = Ask {
                allowed: Some(&nothing),
                ..Ask::new(10, index.effort())
            };
            let mut found = Vec::new();
            index.search(&[0.5; 7], ask, &mut Work::default(), &mut found);
            assert_eq!(found, [], "{}", kind.kind);
        }
    }
}

#[test]
fn what_is_added_is_found_and_what_is_removed_is_not() {
    let [vectors, queries] = clumps(800, 6);
    let (first, more) = vectors.view().split_at(ndarray::Axis(0), 500);
    for kind in INDEXES {
        for metric in METRICS {
            let mut index = build(kind, first.to_owned(), metric);
            index.add(more.to_owned()).unwrap();
            let gone: Vec<u32> = (0..800).filter(|row| row % 3 == 0).chain([5000]).collect();
            index.remove(&gone);
            index.remove(&gone);
            assert_eq!(index.len(), 533, "{}", kind.kind);
            for query in queries.outer_iter() {
                let query = query.to_vec();
                let found = search(&*index, &query, 10);
                let mut exact = naive(metric, &vectors, &query, 800);
                exact.retain(|(id, _)| id % 3 != 0);
                let exact: Vec<u32> = exact.iter().take(10).map(|&(id, _)| id).collect();
                let right = found.iter().filter(|hit| exact.contains(&hit.id)).count();
                assert!(found.iter().all(|hit| hit.id % 3 != 0));
                assert!(
                    right >= 9,
                    "{} {metric:?}: {right} of {exact:?} in {found:?}",
                    kind.kind
                );
            }
            assert_eq!(search(&*index, &[0.0; 6], 1000).len(), 533, "{}", kind.kind);
            let refusal = index.add(Array2::zeros((1, 5))).unwrap_err().to_string();
            assert!(refusal.contains("5 numbers"), "{refusal}");
            let refusal = index.add(Array2::from_elem((1, 6), f32::NAN)).unwrap_err().to_string();
            assert!(refusal.contains("row 0"), "{refusal}");
            assert_eq!(index.len(), 533);
        }
    }
}

#[test]
fn several_queries_find_the_union_with_the_best_score_of_each() {
    let [vectors, queries] = clumps(400, 5);
    for kind in INDEXES {
        let index = build(kind, vectors.clone(), Metric::Dot);
        let queries: Vec<Vec<f32>> = queries.outer_iter().take(3).map(|query| query.to_vec()).collect();
        let ask = Ask::new(20, index.efforts().last().copied().unwrap_or(0));
        let mut found = Vec::new();
        search_all(&*index, &queries, ask, &mut Work::default(), &mut found);
        let mut expected: Vec<Hit> = Vec::new();
        for hit in queries.iter().flat_map(|query| search(&*index, query, 20)) {
            match expected.iter_mut().find(|other| other.id == hit.id) {
                Some(other) => other.score = other.score.max(hit.score),
                None => expected.push(hit),
            }
        }
        expected.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        assert_eq!(found, expected, "{}", kind.kind);
    }
}

#[test]
fn building_in_slices_tells_how_far_it_is_in_words() {
    let [vectors, _] = clumps(600, 8);
    for kind in INDEXES {
        for transform in ["none", "opq"] {
            let given = by_key([("transform", Value::Text(transform.into()))]);
            let settings = Settings::check("index", &kind.knobs(), &given).unwrap();
            let mut builder = kind.begin(vectors.clone(), Metric::Cosine, &settings, 1).unwrap();
            let mut last = Progress { phase: "", share: 0.0 };
            while let Some(now) = builder.advance() {
                assert!((0.0..=1.0).contains(&now.share), "{now:?}");
                assert!(
                    now.phase != last.phase || now.share >= last.share,
                    "{now:?} after {last:?}"
                );
                assert!(
                    base::text::find(base::text::Language::English, now.phase).is_some(),
                    "{now:?}"
                );
                last = now;
            }
            assert_eq!(builder.finish().len(), 600);
        }
    }
}

#[test]
fn settings_that_do_not_fit_the_vectors_are_refused_in_words() {
    for (word, key, value, part) in [("ivf_pq", "m", 5.0, "1, 2, 3, 4, 6, 12"), ("flat", "dims", 13.0, "12")] {
        let given = [(key, Value::Number(value)), ("transform", Value::Text("pca".into()))];
        let refusal = build_with(kind(word), Array2::zeros((9, 12)), Metric::L2, &given).err();
        let refusal = refusal.map(|refusal| refusal.to_string()).unwrap_or_default();
        assert!(
            refusal.contains(&value.to_string()) && refusal.contains(part),
            "{refusal}"
        );
    }
    let refusal = build_with(kind("imi"), Array2::zeros((9, 1)), Metric::L2, &[]).err();
    assert!(refusal.unwrap().to_string().contains("two halves"));
}
