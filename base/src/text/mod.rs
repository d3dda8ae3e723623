//! Every sentence a person can read, in one table keyed by language.
//!
//! Code names a sentence by its key and hands over the values that go into it; the words stand in a file for each
//! language, `en.txt`, one `key = words` a line. A [`Message`] is such a key with its values: it crosses from the
//! worker to the page unworded, so that the page says it in the reader's language.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The words natively. The page loads them beside its program, which would be the larger for every language.
const ENGLISH: &str = if cfg!(all(feature = "ui", target_arch = "wasm32")) {
    ""
} else {
    include_str!("en.txt")
};

/// Keys and their words.
type Table = Vec<(&'static str, &'static str)>;

static ENGLISH_TABLE: OnceLock<Table> = OnceLock::new();

/// A language the table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
}

/// A sentence by its key, with the values that stand in its `{holes}`.
///
/// It is the error type of everything that comes from outside: files, recipes, messages, queries. It is one address
/// long: what may fail hands it on from call to call, and every number of it would be moved there and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message(Box<Sentence>);

/// What a [`Message`] holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// Key of the sentence in the table.
    pub key: Cow<'static, str>,
    /// Name and value of each hole.
    pub values: Vec<(Cow<'static, str>, String)>,
    /// Sentences that follow it.
    #[serde(default)]
    pub more: Vec<Message>,
}

impl Deref for Message {
    type Target = Sentence;

    fn deref(&self) -> &Sentence {
        &self.0
    }
}

impl DerefMut for Message {
    fn deref_mut(&mut self) -> &mut Sentence {
        &mut self.0
    }
}

/// What reading something from outside gives: the thing, or the sentence that says why not.
pub type Result<T, E = Message> = std::result::Result<T, E>;

impl Message {
    /// A sentence without holes, or the start of one with holes: see [`Message::with`].
    #[must_use]
    pub fn new(key: &'static str) -> Self {
        Self(Box::new(Sentence {
            key: Cow::Borrowed(key),
            values: Vec::new(),
            more: Vec::new(),
        }))
    }

    /// Fills the hole `name`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((Cow::Borrowed(name), value.to_string()));
        self
    }

    /// Several sentences as one message, one after the other.
    #[must_use]
    pub fn join(sentences: Vec<Self>) -> Self {
        let mut sentences = sentences.into_iter();
        let mut first = sentences.next().unwrap_or_else(|| Self::new(""));
        first.more.extend(sentences);
        first
    }

    /// The sentence in `language`.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let template = find(language, &self.key).unwrap_or(&self.key);
        let said = self.values.iter().fold(template.to_owned(), |said, (name, value)| {
            said.replace(&format!("{{{name}}}"), value)
        });
        self.more
            .iter()
            .fold(said, |said, next| said + " " + &next.say(language))
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

impl std::error::Error for Message {}

/// Takes up the words of `language` from its file, unless it has them already.
pub fn load(language: Language, file: String) {
    match language {
        Language::English => drop(ENGLISH_TABLE.set(parse(file.leak()))),
    }
}

/// The words of `key`, if the table of `language` has them.
#[must_use]
pub fn find(language: Language, key: &str) -> Option<&'static str> {
    let found = table(language).iter().find(|(name, _)| *name == key);
    found.map(|(_, words)| *words)
}

/// All keys of `language`, in the order of the table; tests walk them.
pub fn keys(language: Language) -> impl Iterator<Item = &'static str> {
    table(language).iter().map(|(key, _)| *key)
}

fn table(language: Language) -> &'static Table {
    match language {
        Language::English => ENGLISH_TABLE.get_or_init(|| parse(ENGLISH)),
    }
}

/// The lines `key = words`; others are blank or begin with `#`.
fn parse(file: &'static str) -> Table {
    file.lines().filter_map(|line| line.split_once(" = ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_key_of_its_own_with_words() {
        let lines: Vec<&str> = ENGLISH
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        let table = parse(ENGLISH);
        assert_eq!(table.len(), lines.len(), "a line without \" = \"");
        let keys: std::collections::BTreeSet<&str> = table.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys.len(), table.len(), "a key stands twice");
        for (key, words) in table {
            assert!(!key.contains([' ', '#']) && !words.trim().is_empty(), "{key} = {words}");
        }
    }
}
