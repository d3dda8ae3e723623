//! What was typed before each event.

use super::interner::{Interner, span};

/// The text of the query behind each event of a log, in the log's order: 4 bytes an event, and every different text
/// once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queries {
    /// The different texts, one after the other, in the order of their first event.
    pub(super) text: String,
    /// Where each of them ends.
    pub(super) ends: Vec<u32>,
    /// Which text belongs to each event; of no events where no event has a query.
    pub(super) of_event: Vec<u32>,
    /// Whether the queries are made by us, from titles and the like, rather than observed.
    pub made: bool,
}

impl Queries {
    /// Whether no event has a query.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.of_event.is_empty()
    }

    /// The query that led to event number `event` of all events of the log; empty where none did.
    #[must_use]
    pub fn text(&self, event: usize) -> &str {
        match self.of_event.get(event) {
            Some(&number) => &self.text[span(&self.ends, number)],
            None => "",
        }
    }

    /// The number of that query's text among [`Queries::texts`]; 0 where no event has a query.
    #[must_use]
    pub fn number(&self, event: usize) -> u32 {
        self.of_event.get(event).copied().unwrap_or(0)
    }

    /// All different texts, by number; an empty one where no event has a query, so that every number has a text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let numbers = 0..self.ends.len() as u32;
        let none = self.ends.is_empty().then_some("");
        numbers.map(|number| &self.text[span(&self.ends, number)]).chain(none)
    }
}

/// Notes queries event by event.
#[derive(Clone, Debug, Default)]
pub struct QueryLog {
    texts: Interner,
    of_event: Vec<u32>,
}

impl QueryLog {
    /// For a log of `n_events` events.
    #[must_use]
    pub fn with_capacity(n_events: usize) -> Self {
        Self {
            texts: Interner::default(),
            of_event: Vec::with_capacity(n_events),
        }
    }

    /// Adds the query of the next event, empty where it has none.
    pub fn push(&mut self, text: &str) {
        self.of_event.push(self.texts.number(text.as_bytes()));
    }

    /// All of them; `made` says that they were not observed.
    ///
    /// # Panics
    /// Never: only whole texts are put in.
    #[must_use]
    pub fn finish(self, made: bool) -> Queries {
        let (text, ends) = self.texts.into_parts();
        if text.is_empty() {
            return Queries::default();
        }
        Queries {
            text: String::from_utf8(text).expect("texts put together are a text"),
            ends,
            of_event: self.of_event,
            made,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_the_text_it_was_given() {
        let mut log = QueryLog::default();
        let typed = ["rye bread", "", "bread", "rye bread", "红楼梦", ""];
        typed.iter().for_each(|text| log.push(text));
        let queries = log.finish(false);
        let texts: Vec<&str> = (0..7).map(|event| queries.text(event)).collect();
        assert_eq!(texts[..6], typed);
        assert_eq!(texts[6], "", "there is no seventh event");
        let by_number: Vec<&str> = queries.texts().collect();
        assert!((0..6).all(|event| by_number[queries.number(event) as usize] == typed[event]));
        assert_eq!(by_number.len(), 4);
        assert!(!queries.is_empty() && !queries.made);
    }

    #[test]
    fn a_log_in_which_nobody_asked_has_no_queries() {
        let mut log = QueryLog::default();
        log.push("");
        log.push("");
        assert_eq!(log.finish(true), Queries::default());
        let none = Queries::default();
        assert_eq!(none.texts().nth(none.number(5) as usize), Some(""));
        assert!(Queries::default().is_empty());
    }
}
