//! The real sets, where they are at hand: counts as their descriptions state them.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::tests::{cell, dataset, gzip, zip};
use crate::engine::data::{Column, Dataset, Part, UserId};

/// Folder of the real sets: `PLAYGROUND_DATA`, or beside the repository. Says so where there is none.
fn data_dir() -> Option<PathBuf> {
    let named = std::env::var_os("PLAYGROUND_DATA").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    // Not `println!`: of a test that passes it would be swallowed. `cargo xtask test` counts these lines.
    let mut terminal = std::io::stdout();
    writeln!(terminal, "skipped: no data at {}", folder.display()).expect("the terminal can be written to");
    None
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut stream = flate2::bufread::GzDecoder::new(packed);
    std::io::Read::read_to_end(&mut stream, &mut content).expect("the file is whole");
    content
}

fn counts(data: &Dataset) -> (usize, usize, usize) {
    (data.log.len(), data.users.len(), data.items.len())
}

/// Every event has a query, and the only notice says so.
fn assert_queries_are_made(data: &Dataset) {
    let [notice] = &data.notices[..] else {
        panic!("{:?}", data.notices)
    };
    assert_eq!(notice.key, "data.queries_made");
    for (event, item) in data.log.items().iter().enumerate() {
        let title = data.items.label(item.idx());
        assert!(!data.queries.text(event).is_empty(), "no query for {title}");
    }
}

#[test]
fn ml_100k_has_its_counts_in_every_form() {
    let Some(folder) = data_dir() else { return };
    let packed = bytes(&folder, "ml-100k/u.data.gz");
    let ratings = unpacked(&packed);
    let (movies, users) = (bytes(&folder, "ml-100k/u.item"), bytes(&folder, "ml-100k/u.user"));
    let readme = bytes(&folder, "ml-100k/README");
    let genre = bytes(&folder, "ml-100k/u.genre");
    let info = bytes(&folder, "ml-100k/u.info");
    let jobs = bytes(&folder, "ml-100k/u.occupation");
    let archive = zip(&[
        ("ml-100k/README", &readme),
        ("ml-100k/u.data", &ratings),
        ("ml-100k/u.genre", &genre),
        ("ml-100k/u.info", &info),
        ("ml-100k/u.item", &movies),
        ("ml-100k/u.occupation", &jobs),
        ("ml-100k/u.user", &users),
        ("ml-100k/u1.base", &ratings[..ratings.len() / 2]),
    ]);
    let expected = (100_000, 943, 1_682);
    let bare = dataset(&[("u.data", &ratings)]);
    assert_eq!(counts(&bare), expected);
    let loose = dataset(&[("u.data.gz", &packed), ("u.item", &movies), ("u.user", &users)]);
    let zipped = dataset(&[("ml-100k.zip", &archive)]);
    for data in [&loose, &zipped] {
        assert_eq!(counts(data), expected);
        assert_eq!(data.log, bare.log);
        assert_queries_are_made(data);
        assert_eq!(data.items.titles[0], "Toy Story (1995)");
        assert_eq!(cell(&data.items, "genres", 0), "Animation Children's Comedy");
        assert_eq!(cell(&data.items, "year", 0), "1995");
        assert_eq!(cell(&data.users, "occupation", 0), "technician");
        assert!(
            data.items.titles.iter().any(|title| title.contains("Misérables")),
            "Latin-1"
        );
    }
    assert_eq!(zipped.name, "ml-100k");
    let lengths: Vec<usize> = (0..943).map(|user| bare.log.user(UserId(user)).items.len()).collect();
    assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&20), Some(&737)));
    let values = (0..943).flat_map(|user| bare.log.user(UserId(user)).values);
    assert_eq!(values.filter(|&&value| value == 5.0).count(), 21_201);
    let times = bare.log.times();
    assert_eq!(
        (times.iter().min(), times.iter().max()),
        (Some(&874_724_710), Some(&893_286_638))
    );
}

#[test]
fn ml_latest_small_has_its_counts_with_and_without_films() {
    let Some(folder) = data_dir() else { return };
    let packed = bytes(&folder, "ml-latest-small/ratings.csv.gz");
    let movies = bytes(&folder, "ml-latest-small/movies.csv");
    let tags = bytes(&folder, "ml-latest-small/tags.csv");
    let expected = (100_836, 610, 9_724);
    let ratings = unpacked(&packed);
    let bare = dataset(&[("ratings.csv", &ratings)]);
    assert_eq!(counts(&bare), expected);
    assert!(bare.notices.is_empty() && bare.items.titles.is_empty());
    let windows = String::from_utf8_lossy(&ratings).replace('\n', "\r\n");
    let archive = zip(&[
        ("ml-latest-small/movies.csv", &movies),
        ("ml-latest-small/ratings.csv", windows.as_bytes()),
        ("ml-latest-small/tags.csv", &tags),
    ]);
    let zipped = dataset(&[("ml-latest-small.zip", &archive)]);
    assert_eq!(counts(&zipped), expected);
    assert_eq!(zipped.log, bare.log);
    assert_queries_are_made(&zipped);
    assert_eq!(cell(&zipped.items, "genre", 0), "Adventure");
    assert!(zipped.items.titles.iter().all(|title| !title.is_empty()));
    let gzipped = dataset(&[("ratings.csv.gz", &packed), ("movies.csv.gz", &gzip(&movies))]);
    assert_eq!((gzipped.items.titles, &gzipped.log), (zipped.items.titles, &bare.log));
}

#[test]
fn goodbooks_has_its_counts_and_no_times() {
    let Some(folder) = data_dir() else { return };
    let ratings = bytes(&folder, "goodbooks-10k-5pct/ratings.csv.gz");
    let books = bytes(&folder, "goodbooks-10k-5pct/books.csv.gz");
    let data = dataset(&[("ratings.csv.gz", &ratings), ("books.csv.gz", &books)]);
    assert_eq!(counts(&data), (298_176, 2_672, 9_990));
    assert!(!data.timed);
    assert!(data.items.titles[0].starts_with("The Hunger Games"));
    assert_eq!(cell(&data.items, "language", 0), "eng");
    assert_eq!(data.notices.len(), 2);
    assert!((0..data.log.len()).all(|event| !data.queries.text(event).is_empty()));
}

#[test]
fn amazon_beauty_has_its_counts_and_attributes() {
    let Some(folder) = data_dir() else { return };
    let lines = bytes(&folder, "amazon-beauty/Beauty.txt.gz");
    let attributes = bytes(&folder, "amazon-beauty/Beauty_item2attributes.json");
    let data = dataset(&[("Beauty.txt.gz", &lines), ("Beauty_item2attributes.json", &attributes)]);
    assert_eq!(counts(&data), (198_502, 22_363, 12_101));
    assert!(data.notices.is_empty(), "{:?}", data.notices);
    let first: Vec<u32> = data.log.user(UserId(0)).items.iter().map(|item| item.0).collect();
    assert_eq!(first, [0, 1, 2, 3, 4]);
    assert_eq!(cell(&data.items, "attributes", 3), "1 2 3");
}

#[test]
fn criteo_has_its_counts_in_three_parts() {
    let Some(folder) = data_dir() else { return };
    let [train, dev, test] =
        ["train.tsv.gz", "dev.tsv", "test.tsv"].map(|name| bytes(&folder, &format!("criteo-8k/{name}")));
    let data = dataset(&[("dev.tsv", &dev), ("test.tsv", &test), ("train.tsv.gz", &train)]);
    let rows = &data.rows;
    let of = |part| rows.parts.iter().filter(|own| **own == part).count();
    assert_eq!([Part::Train, Part::Valid, Part::Test].map(of), [7_200, 409, 391]);
    assert!(data.notices.is_empty(), "{:?}", data.notices);
    let rate = |part| {
        let own = rows.parts.iter().zip(&rows.clicked).filter(|(own, _)| **own == part);
        own.filter(|(_, clicked)| **clicked).count() as f64 / of(part) as f64
    };
    for (part, expected) in [(Part::Train, 0.215), (Part::Valid, 0.227), (Part::Test, 0.220)] {
        assert!((rate(part) - expected).abs() < 0.0006, "{part:?}: {}", rate(part));
    }
    let training = |name: &str| match &rows.table.field(name).expect("a column of numbers").column {
        Column::Number { values } => {
            let own = values.iter().zip(&rows.parts).filter(|(_, part)| **part == Part::Train);
            own.map(|(value, _)| *value).collect::<Vec<f32>>()
        }
        other => panic!("{other:?}"),
    };
    let (fifth, twelfth) = (training("I5"), training("I12"));
    assert_eq!(fifth.iter().copied().fold(0.0, f32::max), 1_618_112.0);
    let missing = twelfth.iter().filter(|value| value.is_nan()).count();
    assert!((missing as f64 / 7_200.0 - 0.774).abs() < 0.0006, "{missing} missing");
    let words = rows.table.fields.iter().map(|field| match &field.column {
        Column::Category { words, ids } => {
            let mut seen = vec![false; words.len()];
            let own = ids.iter().zip(&rows.parts).filter(|(_, part)| **part == Part::Train);
            own.for_each(|(id, _)| seen[*id as usize] = true);
            seen.into_iter().filter(|seen| *seen).count()
        }
        _ => 0,
    });
    assert_eq!(words.sum::<usize>(), 34_443);
}

#[test]
fn other_tables_ask_for_their_columns() {
    let Some(folder) = data_dir() else { return };
    let rows = bytes(&folder, "ann-vectors/sift-5k.tsv.gz");
    let outcome = super::tests::load(&[("sift-5k.tsv.gz", &rows)], &super::Format::Detect);
    let Ok(super::Outcome::NeedColumns(asked)) = &outcome else {
        panic!("{:?}", outcome.err());
    };
    assert_eq!(asked.columns.len(), 129);
}
