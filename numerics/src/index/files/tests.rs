//! Files are read as they were written, and whatever is done to them gives a sentence.

use super::*;
use crate::index::{Ask, Hit, INDEXES, Index, IndexKind, Work};
use crate::matrix::{Matrix, Metric};
use crate::rng::{Purpose, Rng};
use base::settings::{Settings, Value, by_key};

fn cloud(n: usize, d: usize) -> Matrix {
    let mut rng = Rng::stream(41, Purpose::Trial, 0);
    Matrix::from_shape_simple_fn((n, d), || rng.normal())
}

fn build(kind: &'static IndexKind, metric: Metric, given: &[(&str, Value)]) -> Box<dyn Index> {
    let settings = Settings::check("index", &kind.knobs(), &by_key(given.iter().cloned())).unwrap();
    kind.build(cloud(120, 6), metric, &settings, 1).unwrap()
}

fn search(index: &dyn Index) -> Vec<Vec<Hit>> {
    let (mut work, mut all) = (Work::default(), Vec::new());
    for query in cloud(10, 6).outer_iter() {
        let mut out = Vec::new();
        index.search(&query.to_vec(), Ask::new(7, index.effort()), &mut work, &mut out);
        all.push(out);
    }
    all
}

/// One of each kind, metric and transform, some of them with rows removed.
fn indexes() -> Vec<Box<dyn Index>> {
    let mut all = Vec::new();
    for kind in INDEXES {
        for metric in [Metric::Dot, Metric::Cosine, Metric::L2] {
            for transform in ["none", "opq"] {
                all.push(build(kind, metric, &[("transform", Value::Text(transform.into()))]));
            }
        }
        let mut less = build(kind, Metric::L2, &[]);
        less.remove(&[3, 5, 119]);
        all.push(less);
    }
    let unrefined = [("refine", Value::Number(0.0)), ("bits", Value::Text("6".into()))];
    all.push(build(&INDEXES[2], Metric::L2, &unrefined));
    all
}

#[test]
fn spec_5_9_7_what_is_written_is_read_as_it_was() {
    for index in indexes() {
        let file = write(index.as_ref());
        let read = super::read(&file).unwrap();
        assert_eq!(search(read.as_ref()), search(index.as_ref()));
        assert_eq!(
            (read.len(), read.bytes(), read.effort(), read.metric()),
            (index.len(), index.bytes(), index.effort(), index.metric())
        );
        assert!(write(read.as_ref()) == file);
    }
}

#[test]
fn what_is_written_for_faiss_is_read_as_it_was() {
    let mut refused = 0;
    for index in indexes() {
        let Ok(file) = write_faiss(index.as_ref()) else {
            refused += 1;
            continue;
        };
        let read = read_faiss(&file).unwrap();
        assert_eq!(read.metric(), index.metric());
        if !file.windows(4).any(|tag| tag == b"Imiq") {
            assert_eq!(search(read.as_ref()), search(index.as_ref()));
        }
        assert!(write_faiss(read.as_ref()).unwrap().len() == file.len());
    }
    // Removed rows of all kinds but plain lists, and multi-indexes under inner products.
    assert_eq!(refused, 3 + 4);
}

/// What Faiss found in its own file.
#[derive(serde::Deserialize)]
struct Case {
    name: String,
    ids: Vec<Vec<u32>>,
    scores: Vec<Vec<f32>>,
}

#[derive(serde::Deserialize)]
struct Golden {
    queries: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

#[test]
fn what_faiss_wrote_is_searched_as_faiss_searches_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/faiss_files");
    let golden = std::fs::read_to_string(folder.join("found.json")).unwrap();
    let golden: Golden = serde_json::from_str(&golden).unwrap();
    assert_eq!(golden.cases.len(), 15);
    for case in &golden.cases {
        let file = std::fs::read(folder.join(format!("{}.index", case.name))).unwrap();
        let index = read_faiss(&file).unwrap();
        let (mut work, mut found) = (Work::default(), Vec::new());
        for ((query, ids), scores) in golden.queries.iter().zip(&case.ids).zip(&case.scores) {
            index.search(query, Ask::new(ids.len(), index.effort()), &mut work, &mut found);
            for ((hit, id), score) in found.iter().zip(ids).zip(scores) {
                // Faiss gives squared distances, ours are negated.
                let score = if index.metric() == Metric::L2 {
                    0.0 - score
                } else {
                    *score
                };
                assert!(
                    (hit.score - score).abs() < 1e-5 * (1.0 + score.abs()),
                    "{}: {found:?} for {ids:?}",
                    case.name
                );
                assert_eq!(hit.id, *id, "{}: {found:?} for {ids:?} {scores:?}", case.name);
            }
        }
        // Its own transforms and ids are written in a plainer way than Faiss has them.
        if !["pca", "rotation", "named"].contains(&case.name.as_str()) {
            assert!(write_faiss(index.as_ref()).unwrap() == file, "{}", case.name);
        }
    }
}

#[test]
fn damage_is_told_apart() {
    let index = build(&INDEXES[1], Metric::L2, &[]);
    let file = write(index.as_ref());
    let said = |file: &[u8]| match super::read(file) {
        Ok(_) => "nothing".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    assert!(said(&file[..file.len() - 1]).contains("checksum"));
    assert!(said(&file[..5]).contains("cut short"));
    assert!(said(b"").contains("not an index"));
    assert!(said(b"PK\x03\x04 something else").contains("not an index"));
    let mut other = file.clone();
    other[4] = 9;
    assert!(said(&other).contains("version 9"));
    let mut other = file.clone();
    other[100] ^= 1;
    assert!(said(&other).contains("checksum"));
}

/// Another checksum where it would only hide what is behind it.
fn signed(mut file: Vec<u8>) -> Vec<u8> {
    if file.len() >= 16 && file.starts_with(b"RPIX") {
        let at = file.len() - 8;
        let mut sum = crate::fnv::Fnv::default();
        let (words, rest) = file[..at].as_chunks::<8>();
        words.iter().for_each(|word| sum.word(u64::from_le_bytes(*word)));
        sum.bytes(rest);
        let sum = sum.finish();
        file[at..].copy_from_slice(&sum.to_le_bytes());
    }
    file
}

#[test]
fn whatever_is_done_to_a_file_it_is_read_or_refused_in_words() {
    type Read = fn(&[u8]) -> base::text::Result<usize>;
    let own: Read = |file| super::read(file).map(|index| search_any(index.as_ref()));
    let faiss: Read = |file| read_faiss(file).map(|index| search_any(index.as_ref()));
    let npy: Read = |file| read_npy(file).map(|rows| rows.len() * 4);
    let fvecs: Read = |file| read_fvecs(file).map(|rows| rows.len() * 4);
    let rows = cloud(20, 6);
    let mut files: Vec<(Read, Vec<u8>)> = vec![(npy, write_npy(&rows)), (fvecs, write_fvecs(&rows))];
    for index in indexes() {
        files.push((own, write(index.as_ref())));
        if let Ok(file) = write_faiss(index.as_ref()) {
            files.push((faiss, file));
        }
    }
    let mut rng = Rng::stream(42, Purpose::Trial, 0);
    let (mut taken, mut refused) = (0, 0);
    for (read, file) in &files {
        assert!(read(file).is_ok());
        for case in 0..60 {
            let mut file = file.clone();
            if case % 3 == 0 {
                file.truncate(rng.below(file.len() as u32) as usize);
            } else {
                for _ in 0..=rng.below(3) {
                    // Headers are short and say most: every other change goes there.
                    let most = if case % 2 == 0 { file.len().min(160) } else { file.len() };
                    let at = rng.below(most as u32) as usize;
                    let with = [0, 0xff, 0x7f, 1, rng.bits() as u8][rng.below(5) as usize];
                    file[at] = with;
                }
            }
            let file = signed(file);
            match read(&file) {
                // Nothing is kept that the file has not paid for.
                Ok(bytes) => {
                    taken += 1;
                    assert!(bytes <= 4 * file.len() + 4096, "{bytes} bytes of {}", file.len());
                }
                Err(refusal) => {
                    refused += 1;
                    let said = refusal.to_string();
                    assert!(said.ends_with('.') && !said.contains('{'), "{said}");
                }
            }
        }
    }
    assert!(taken > 300 && refused > 300, "{taken} taken and {refused} refused");
}

/// Searches an index that may be anything; gives its bytes.
fn search_any(index: &dyn Index) -> usize {
    let query: Vec<f32> = (0..index.dim()).map(|x| x as f32 * 0.1).collect();
    let mut out = Vec::new();
    index.search(&query, Ask::new(5, index.effort()), &mut Work::default(), &mut out);
    index.bytes()
}

#[test]
fn vectors_come_back_from_npy_and_fvecs() {
    for (n, d) in [(1, 1), (7, 3), (20, 16)] {
        let rows = cloud(n, d);
        assert_eq!(read_npy(&write_npy(&rows)), Ok(rows.clone()));
        assert_eq!(read_fvecs(&write_fvecs(&rows)), Ok(rows));
    }
}

#[test]
fn vectors_that_are_none_are_refused_in_words() {
    let npy = |header: &str, numbers: usize| {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.resize(file.len() + 4 * numbers, 0);
        read_npy(&file).map_or_else(|refusal| refusal.to_string(), |rows| format!("{:?}", rows.dim()))
    };
    for (header, part) in [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "(2, 3)"),
        ("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", "float32"),
        ("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "C order"),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }",
            "two numbers",
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }",
            "two numbers",
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (9, 3), }",
            "cut short",
        ),
    ] {
        let said = npy(header, 6);
        assert!(said.contains(part), "{header}: {said}");
    }
    let mut unequal = write_fvecs(&cloud(1, 3));
    unequal.extend(write_fvecs(&cloud(1, 2)));
    assert!(read_fvecs(&unequal).unwrap_err().to_string().contains("Vector 1"));
    let bad = Matrix::from_elem((1, 2), f32::NAN);
    assert!(
        read_fvecs(&write_fvecs(&bad))
            .unwrap_err()
            .to_string()
            .contains("not finite")
    );
    assert!(
        read_npy(&write_npy(&bad))
            .unwrap_err()
            .to_string()
            .contains("not finite")
    );
    assert!(read_fvecs(&[]).unwrap_err().to_string().contains("no vectors"));
}
