//! Files a person chooses: those we read, and those that are not what they seem.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use e2e::data;
use e2e::page::{Page, until};
use flate2::read::GzDecoder;
use xtask::paths;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Reading 100,000 ratings and building what training needs.
const READING: Duration = Duration::from_secs(60);

#[test]
fn ml_100k_is_read_from_a_zip() -> Result<()> {
    let Some(ratings) = data::file("ml-100k/u.data.gz") else {
        return Ok(());
    };
    let mut entries = vec![("ml-100k/u.data", unpacked(&ratings)?)];
    for (name, file) in [
        ("ml-100k/u.item", "u.item"),
        ("ml-100k/u.user", "u.user"),
        ("ml-100k/u.genre", "u.genre"),
    ] {
        let Some(path) = data::file(&format!("ml-100k/{file}")) else {
            return Ok(());
        };
        entries.push((name, fs::read(path)?));
    }
    check(&[&zipped("ml-100k.zip", &entries)?], [943, 1682, 100_000])
}

#[test]
fn ml_100k_is_read_from_its_bare_ratings() -> Result<()> {
    let Some(ratings) = data::file("ml-100k/u.data.gz") else {
        return Ok(());
    };
    check(&[&written("u.data", &unpacked(&ratings)?)?], [943, 1682, 100_000])
}

#[test]
fn ml_latest_small_is_read_from_its_ratings() -> Result<()> {
    let Some(ratings) = data::file("ml-latest-small/ratings.csv.gz") else {
        return Ok(());
    };
    check(&[&written("ratings.csv", &unpacked(&ratings)?)?], [610, 9724, 100_836])
}

#[test]
fn a_gzipped_file_is_opened() -> Result<()> {
    let Some(ratings) = data::file("ml-latest-small/ratings.csv.gz") else {
        return Ok(());
    };
    check(&[&ratings], [610, 9724, 100_836])
}

#[test]
fn a_bad_file_gets_a_sentence_and_earlier_data_stay() -> Result<()> {
    let page = Page::open()?;
    page.wait("the demo", READING, |state| state.step > 0)?;
    let before = page.state()?.dataset;
    let whole = fs::read(zipped("whole.zip", &[("u.data", b"1\t2\t3\t4\n".repeat(500))])?)?;
    let noise: Vec<u8> = (0_u32..5000)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let header = "userId,movieId,rating,timestamp\n";
    for (name, bytes, words) in [
        ("empty.csv", Vec::new(), &[][..]),
        ("cut.zip", whole[..whole.len() / 2].to_vec(), &[]),
        ("noise.dat", noise, &[]),
        (
            "words.csv",
            format!("{header}1,10,4.0,100\n1,11,good,101\n2,10,3.0,102\n").into_bytes(),
            &["3", "good"],
        ),
        (
            "negative.csv",
            format!("{header}1,10,4.0,100\n-1,11,4.0,101\n2,10,3.0,102\n").into_bytes(),
            &["3", "-1"],
        ),
    ] {
        page.choose(&[&written(name, &bytes)?])?;
        let mut sentence = String::new();
        let told = until("a sentence that names the file", READING, || {
            sentence = page.refusal()?.unwrap_or_default();
            Ok(sentence.contains(name))
        });
        println!("{name}: {sentence}");
        told?;
        for word in words {
            assert!(sentence.contains(word), "{name} should name {word}: {sentence}");
        }
        assert_eq!(page.state()?.dataset, before, "after {name}");
    }
    page.pause()?;
    let step = page.state()?.step;
    page.run_to(step + 5)?;
    assert_eq!(page.state()?.step, step + 5, "the run goes on");
    Ok(())
}

#[test]
fn rows_of_criteo_are_learnt_from_and_judged() -> Result<()> {
    let names = ["train.tsv.gz", "dev.tsv", "test.tsv"].map(|name| data::file(&format!("criteo-8k/{name}")));
    let [Some(train), Some(dev), Some(test)] = names else {
        return Ok(());
    };
    let page = Page::open()?;
    page.choose(&[&train, &dev, &test])?;
    let read = page.wait("the rows to be read", READING, |state| state.dataset.rows == 8_000)?;
    assert_eq!((read.dataset.users, read.dataset.items), (0, 0), "{read:?}");
    let trained = page.wait("rows to be judged", READING, |state| {
        state.step > 20 && state.metrics.contains_key("auc")
    })?;
    assert!(trained.loss.is_some_and(f64::is_finite), "{trained:?}");
    assert!((0.3..1.0).contains(&trained.metrics["auc"]), "{trained:?}");
    Ok(())
}

/// That these files give so many users, items and interactions, and that the page trains on them.
fn check(files: &[&Path], [users, items, interactions]: [u64; 3]) -> Result<()> {
    let page = Page::open()?;
    page.choose(files)?;
    let read = page.wait("the data to be read", READING, |state| {
        state.dataset.interactions == interactions
    })?;
    assert_eq!((read.dataset.users, read.dataset.items), (users, items), "{read:?}");
    let trained = page.wait("steps on the data", READING, |state| state.step > 20)?;
    assert_eq!(trained.dataset, read.dataset);
    assert!(trained.loss.is_some_and(f64::is_finite), "{trained:?}");
    Ok(())
}

fn unpacked(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(file)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file of this name among the build's output.
pub fn written(name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let folder = paths::target().join("e2e-files");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    fs::write(&path, bytes)?;
    Ok(path)
}

fn zipped(name: &str, entries: &[(&str, Vec<u8>)]) -> Result<PathBuf> {
    let path = written(name, &[])?;
    let mut zip = ZipWriter::new(File::create(&path)?);
    for (entry, bytes) in entries {
        zip.start_file(*entry, SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    zip.finish()?;
    Ok(path)
}
