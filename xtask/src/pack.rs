//! The build as it is handed out: in a folder named after its content, kept by browsers, and as a zip.
//!
//! Trunk names some files after their content and others not. Were they to lie side by side, a browser that has kept
//! a few of them would run the page of one build with the worker of another. So all of them move into a folder whose
//! name, the version, is made of everything there is: whatever stands at such an address never changes. Outside stay
//! the few that browsers look for at lasting addresses.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The page itself.
const PAGE: &str = "index.html";
/// The service worker that keeps the files (`www/offline.js`).
const KEEPER: &str = "offline.js";
/// The zip, beside the files it holds, so that whoever serves them hands it out too.
const ZIP: &str = "retrieval-playground.zip";
/// The only folder of the zip.
const FOLDER: &str = "retrieval-playground";
/// What stays outside of the version's folder.
const LASTING: [&str; 4] = [PAGE, KEEPER, "icon.svg", "manifest.webmanifest"];
/// What of these is kept beside the page.
const KEPT: [&str; 2] = ["icon.svg", "manifest.webmanifest"];

/// What the zip says beside its files.
const README: &str = "\
Retrieval Playground

This is a web page that needs no network, but a server of files: opening index.html as a file does not work, since
browsers load no modules and no workers from there.

1. Unpack the zip.
2. Serve this folder by any static server, for example in a terminal here:
       python3 -m http.server
3. Open its address, here http://localhost:8000/ (the 0.0.0.0 that it prints is not one to open).

On a server that a class can reach by https, or on the machine itself, the page keeps itself in the browser: after the
first visit it works without the server, and can be installed from the browser's menu.
";

/// Packs what trunk has put into `folder`, and gives the version.
///
/// # Errors
/// If a file is not there, or not as trunk and `www` leave it.
pub fn pack(folder: &Path) -> Result<String> {
    let names = files(folder)?;
    let version = version(folder, &names)?;
    let moved: Vec<&String> = names.iter().filter(|name| !LASTING.contains(&name.as_str())).collect();
    for name in &moved {
        let place = folder.join(&version).join(name);
        fs::create_dir_all(place.parent().unwrap_or(folder))?;
        fs::rename(folder.join(name), &place).with_context(|| format!("cannot move {name}"))?;
        // Folders that are empty now go; the others cannot be removed, and stay.
        let mut left = Path::new(name).parent();
        while let Some(inner) = left.filter(|inner| !inner.as_os_str().is_empty()) {
            fs::remove_dir(folder.join(inner)).unwrap_or_default();
            left = inner.parent();
        }
    }
    change(&folder.join(PAGE), |page| point(&page, &version, &moved))?;
    let mut kept = vec!["./".to_owned()];
    kept.extend(KEPT.map(str::to_owned));
    kept.extend(moved.iter().map(|name| format!("{version}/{name}")));
    change(&folder.join(KEEPER), |script| fill(&script, &version, &kept))?;
    zip(folder)?;
    Ok(version)
}

/// All files below `folder` by their path with `/`, in order; hidden ones are what an interrupted build has left.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let place = folder.join(&below);
        let entries = fs::read_dir(&place).with_context(|| format!("there is no {}", place.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.path().is_dir() {
                open.push(path);
            } else {
                let parts = path.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>();
                let parts = parts.with_context(|| format!("the name of {} is no text", path.display()))?;
                found.push(parts.join("/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Names and contents in 16 hexadecimal digits.
fn version(folder: &Path, names: &[String]) -> Result<String> {
    let mut hash = FNV_OFFSET;
    for name in names {
        let content = fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        let lengths = [name.len() as u64, content.len() as u64].map(u64::to_le_bytes);
        for part in [lengths.as_flattened(), name.as_bytes(), &content] {
            hash = fnv(hash, part);
        }
    }
    Ok(format!("{hash:016x}"))
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a goes on from `hash` over `bytes`.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(hash, step)
}

fn change(file: &Path, new: impl FnOnce(String) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    fs::write(file, new(text)?).with_context(|| format!("cannot write {}", file.display()))
}

/// The page with the `moved` files at their new addresses.
fn point(page: &str, version: &str, moved: &[&String]) -> Result<String> {
    let mut page = page.to_owned();
    for name in moved {
        for old in [format!("\"{name}\""), format!("\"./{name}\"")] {
            page = page.replace(&old, &format!("\"./{version}/{name}\""));
        }
    }
    for name in ["start.js", "styles.css"] {
        let there = page.contains(&format!("\"./{version}/{name}\""));
        ensure!(there, "{PAGE} does not name {name}");
    }
    Ok(page)
}

/// The service worker with its two blanks filled in.
fn fill(script: &str, version: &str, kept: &[String]) -> Result<String> {
    let mut script = script.to_owned();
    for (name, blank, value) in [
        ("VERSION", "\"\"", serde_json::to_string(version)?),
        ("FILES", "[]", serde_json::to_string(kept)?),
    ] {
        let line = format!("const {name} = {blank};");
        ensure!(script.contains(&line), "{KEEPER} has no line `{line}`");
        script = script.replace(&line, &format!("const {name} = {value};"));
    }
    Ok(script)
}

/// Writes the zip of all files; the same files give the same bytes.
fn zip(folder: &Path) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let names = files(folder)?;
    let mut zip = ZipWriter::new(File::create(folder.join(ZIP))?);
    zip.start_file(format!("{FOLDER}/README.txt"), options)?;
    zip.write_all(README.as_bytes())?;
    for name in names {
        zip.start_file(format!("{FOLDER}/{name}"), options)?;
        zip.write_all(&fs::read(folder.join(&name))?)?;
    }
    zip.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;

    /// What trunk leaves, in small; gone when dropped.
    struct Build(PathBuf);

    impl Build {
        fn new(name: &str, words: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("xtask-pack-{}-{name}", std::process::id()));
            fs::create_dir_all(folder.join("worlds")).unwrap();
            fs::create_dir_all(folder.join(".stage")).unwrap();
            let page = r#"<link href="icon.svg"><link href="styles.css"><script src="start.js" data-js="./app-1.js"></script>"#;
            for (file, content) in [
                ("index.html", page),
                ("offline.js", include_str!("../../www/offline.js")),
                ("icon.svg", "<svg/>"),
                ("manifest.webmanifest", include_str!("../../www/manifest.webmanifest")),
                ("start.js", "1"),
                ("styles.css", ""),
                ("app-1.js", "2"),
                ("en.txt", words),
                ("worlds/one.csv", "3"),
                (".stage/left.js", "4"),
            ] {
                fs::write(folder.join(file), content).unwrap();
            }
            Self(folder)
        }

        fn text(&self, file: &str) -> String {
            fs::read_to_string(self.0.join(file)).unwrap()
        }
    }

    impl Drop for Build {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn everything_but_the_lasting_addresses_moves_into_the_folder_of_the_version() {
        let build = Build::new("moves", "words");
        let version = pack(&build.0).unwrap();
        assert!(version.len() == 16 && version.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let own = ["app-1.js", "en.txt", "start.js", "styles.css", "worlds/one.csv"];
        let own = own.map(|name| format!("{version}/{name}"));
        let mut wanted: Vec<String> = LASTING.iter().map(|&name| name.to_owned()).collect();
        wanted.push(ZIP.to_owned());
        wanted.extend(own.clone());
        wanted.sort();
        assert_eq!(files(&build.0).unwrap(), wanted);
        assert_eq!(
            build.text("index.html"),
            format!(
                r#"<link href="icon.svg"><link href="./{version}/styles.css"><script src="./{version}/start.js" data-js="./{version}/app-1.js"></script>"#
            )
        );
        let list =
            serde_json::to_string(&[&["./", "icon.svg", "manifest.webmanifest"].map(String::from)[..], &own].concat());
        let script = build.text("offline.js");
        assert!(
            script.contains(&format!("const FILES = {};", list.unwrap())),
            "{script}"
        );
        assert!(script.contains(&format!("const VERSION = \"{version}\";")), "{script}");
    }

    #[test]
    fn the_version_is_another_when_anything_is_another() {
        let (one, same, other) = (
            Build::new("one", "words"),
            Build::new("same", "words"),
            Build::new("other", "Words"),
        );
        let [one, same, other] = [&one, &same, &other].map(|build| pack(&build.0).unwrap());
        assert_eq!(one, same);
        assert_ne!(one, other);
        // The published values of FNV-1a.
        assert_eq!(fnv(FNV_OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(FNV_OFFSET, b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_zip_holds_one_folder_and_its_bytes_depend_on_the_files_alone() {
        let (build, same) = (Build::new("zip", "words"), Build::new("zip again", "words"));
        let version = pack(&build.0).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10));
        pack(&same.0).unwrap();
        let bytes = fs::read(build.0.join(ZIP)).unwrap();
        assert!(bytes == fs::read(same.0.join(ZIP)).unwrap(), "other bytes");
        let mut zip = ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
        assert!(
            names.iter().all(|name| name.starts_with("retrieval-playground/")),
            "{names:?}"
        );
        assert_eq!(names.len(), 4 + 5 + 1, "{names:?}");
        for (name, words) in [
            ("README.txt".to_owned(), README),
            (format!("{version}/en.txt"), "words"),
        ] {
            let mut text = String::new();
            let mut entry = zip.by_name(&format!("{FOLDER}/{name}")).unwrap();
            entry.read_to_string(&mut text).unwrap();
            assert_eq!(text, words);
        }
    }

    #[test]
    fn a_page_or_service_worker_that_has_no_place_for_the_version_is_refused() {
        let build = Build::new("refused", "words");
        fs::write(build.0.join("offline.js"), "const VERSION = 1;").unwrap();
        let sentence = pack(&build.0).unwrap_err().to_string();
        assert!(sentence.contains("const VERSION = \"\";"), "{sentence}");
        let none = Vec::new();
        let sentence = point("<script src=\"begin.js\">", "1", &none).unwrap_err().to_string();
        assert!(sentence.contains("start.js"), "{sentence}");
    }
}
