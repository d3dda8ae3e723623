//! The page's words, and the names of what a recipe holds.

use crate::text::{Language, Message, find};

/// The language the page speaks.
pub const LANGUAGE: Language = Language::English;

/// The words of a key; the key itself where there are none, so that nothing stays blank.
pub fn words(key: &'static str) -> &'static str {
    find(LANGUAGE, key).unwrap_or(key)
}

/// A sentence with its values.
pub fn say(message: &Message) -> String {
    message.say(LANGUAGE)
}

/// The words under `parts` joined by dots, empty ones left out; the last part as plain words where the table has
/// none.
pub fn name(parts: &[&str]) -> String {
    look_up(parts).map_or_else(
        || {
            let last = parts.iter().rev().find(|part| !part.is_empty());
            last.map(|word| word.replace('_', " ")).unwrap_or_default()
        },
        str::to_owned,
    )
}

/// The one sentence on what `parts` is, if the table has it.
pub fn help(parts: &[&str]) -> Option<&'static str> {
    look_up(&[parts, &["help"]].concat())
}

fn look_up(parts: &[&str]) -> Option<&'static str> {
    let kept: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    find(LANGUAGE, &kept.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the sources are here").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(fs::read_to_string(path).expect("sources are text"));
            }
        }
    }

    #[test]
    fn every_key_the_page_names_has_words() {
        let mut texts = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        sources(&root.join("ui"), &mut texts);
        sources(&root.join("web"), &mut texts);
        let keys = texts.iter().flat_map(|text| {
            text.split('"')
                .filter(|piece| piece.starts_with("page.") && !piece.contains([' ', '{', '\n']))
        });
        let mut seen = 0;
        for key in keys {
            seen += 1;
            let begins = || crate::text::keys(LANGUAGE).any(|other| other.starts_with(&format!("{key}.")));
            assert!(
                key == "page." || find(LANGUAGE, key).is_some() || begins(),
                "no words for {key}"
            );
        }
        assert!(seen > 50, "the search for keys found only {seen}");
    }

    #[test]
    fn a_name_without_words_is_its_last_part() {
        assert_eq!(name(&["nowhere", "", "hash_bits"]), "hash bits");
    }
}
