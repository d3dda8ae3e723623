//! Every sentence a person can read, in one table keyed by language.
//!
//! Code names a sentence by its key and hands over the values that go into it; the words stand in [`en`]. A
//! [`Message`] is such a key with its values: it crosses from the worker to the page unworded, so that the page says
//! it in the reader's language.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

mod en;

/// A language the table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
}

/// A sentence by its key, with the values that stand in its `{holes}`.
///
/// It is the error type of everything that comes from outside: files, recipes, messages, queries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Key of the sentence in the table.
    pub key: Cow<'static, str>,
    /// Name and value of each hole.
    pub values: Vec<(Cow<'static, str>, String)>,
    /// Sentences that follow it.
    #[serde(default)]
    pub more: Vec<Self>,
}

/// What reading something from outside gives: the thing, or the sentence that says why not.
pub type Result<T, E = Message> = std::result::Result<T, E>;

impl Message {
    /// A sentence without holes, or the start of one with holes: see [`Message::with`].
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self {
            key: Cow::Borrowed(key),
            values: Vec::new(),
            more: Vec::new(),
        }
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
        let mut first = sentences.next().unwrap_or(const { Self::new("") });
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

/// The words of `key`, if the table of `language` has them.
#[must_use]
pub fn find(language: Language, key: &str) -> Option<&'static str> {
    let tables = match language {
        Language::English => en::TABLES,
    };
    tables
        .iter()
        .flat_map(|table| table.iter())
        .find(|(name, _)| *name == key)
        .map(|(_, words)| *words)
}

/// All keys of `language`, in the order of the table; tests walk them.
pub fn keys(language: Language) -> impl Iterator<Item = &'static str> {
    let tables = match language {
        Language::English => en::TABLES,
    };
    tables.iter().flat_map(|table| table.iter().map(|(name, _)| *name))
}
