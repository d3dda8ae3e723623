//! What a command line asks for, as a recipe and its data.

use std::path::Path;
use std::rc::Rc;

use playground::protocol::recipe::SECTIONS;
use playground::protocol::{NamedFile, Recipe};
use playground::session::{Library, files};
use playground::settings::Value;

/// Failure in words.
pub type Result<T> = std::result::Result<T, String>;

/// Sets one field: `seed=7`, `model.kind=two_tower`, `model.hidden=[64,32]`, `changes=[{"step":600,"sampler":{…}}]`.
pub fn set(recipe: &mut Recipe, setting: &str) -> Result<()> {
    let Some((path, text)) = setting.split_once('=') else {
        return Err(format!(
            "\"{setting}\" is not understood: give key=value, --recipe FILE, --data PATH or --json."
        ));
    };
    if path == "seed" {
        recipe.seed = text
            .parse()
            .map_err(|_| format!("seed is \"{text}\", but must be a whole number up to 2^32 - 1."))?;
        return Ok(());
    }
    if path == "changes" {
        recipe.changes = serde_json::from_str(text).map_err(|why| format!("changes cannot be read ({why}): give a list such as [{{\"step\":600,\"sampler\":{{\"kind\":\"uniform\"}}}}]."))?;
        return Ok(());
    }
    let (section, key) = path.split_once('.').unwrap_or((path, ""));
    let known = || {
        format!(
            "{path} is not known; keys are seed, changes and section.key, the sections are: {}.",
            SECTIONS.join(", ")
        )
    };
    let section = recipe
        .section_mut(section)
        .filter(|_| !key.is_empty())
        .ok_or_else(known)?;
    if key == "kind" {
        // Another kind has other settings.
        if section.kind != text {
            section.settings.clear();
        }
        section.kind = text.to_owned();
    } else {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::Text(text.to_owned()));
        section.settings.insert(key.to_owned(), value);
    }
    Ok(())
}

/// Reads a file, or all files of a folder, as the recipe's data section says or as their content tells.
pub fn read_data(path: &str, recipe: &mut Recipe, library: &mut Library) -> Result<()> {
    let named = read_files(Path::new(path)).map_err(|error| format!("{path} cannot be read: {error}."))?;
    let section = (!matches!(recipe.data.kind.as_str(), "" | "planted")).then_some(&recipe.data);
    match files::read(&named, section).map_err(|why| why.to_string())? {
        files::Read::NeedColumns(wanted) => {
            let guess = serde_json::to_string(&wanted.guess).unwrap_or_default();
            Err(format!(
                "{} Give them as data.user=… data.item=…; our guess is {guess}.",
                wanted.why
            ))
        }
        files::Read::Data(section, dataset) => {
            recipe.data = section.clone();
            library.keep(section, Rc::new(*dataset), String::new());
            Ok(())
        }
    }
}

fn read_files(path: &Path) -> std::io::Result<Vec<NamedFile>> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        paths = std::fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        paths.retain(|path| path.is_file());
        paths.sort();
    }
    let named = |path: std::path::PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(NamedFile {
            name,
            bytes: std::fs::read(&path)?,
        })
    };
    paths.into_iter().map(named).collect()
}
