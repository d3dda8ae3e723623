//! What every index must do. The tests walk the table, so a new kind is tested by existing.

use ndarray::{Array2, ShapeBuilder};

use super::*;
use crate::by_name::ByName;
use crate::engine::rng::{Purpose, Rng};

const METRICS: [Metric; 3] = [Metric::Dot, Metric::Cosine, Metric::L2];

fn build(kind: &IndexKind, vectors: Array2<f32>, metric: Metric) -> Box<dyn Index> {
    let settings = Settings::check("index", &(kind.knobs)(), &ByName::new()).unwrap();
    (kind.build)(vectors, metric, &settings, 1).unwrap()
}

/// Searches with the greatest effort.
fn search(index: &dyn Index, query: &[f32], k: usize) -> Vec<Hit> {
    index.check(query).unwrap();
    let mut out = vec![Hit { id: 99, score: 99.0 }];
    let effort = index.efforts().last().copied().unwrap_or_default();
    index.search(query, k, effort, &mut SearchLog::default(), &mut out);
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
    let mut log = SearchLog::default();
    let mut out = Vec::new();
    for _ in 0..2 {
        flat.search(&[1.0; 5], 3, 0, &mut log, &mut out);
    }
    assert_eq!(log.scanned, 600);
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
            let settings = Settings::check("index", &(kind.knobs)(), &ByName::new()).unwrap();
            let refusal = (kind.build)(vectors, Metric::Dot, &settings, 1)
                .err()
                .unwrap()
                .to_string();
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
