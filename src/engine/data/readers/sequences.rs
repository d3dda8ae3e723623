//! Item sequences: one user a line, `user item item …`, oldest first.

use super::detect::tokens;
use super::events::Events;
use super::rows::each_line;
use super::unpack::Member;
use super::{at, attributes as of_items};
use crate::engine::data::Dataset;
use crate::text::Result;

/// Reads the sequences, and the items' attributes where their file is given.
pub fn read(lines: &Member<'_>, attributes: Option<&Member<'_>>) -> Result<Dataset> {
    let mut events = Events::new(false);
    each_line(lines, |line, content| {
        if content.trim_ascii().is_empty() {
            return Ok(());
        }
        let tokens = tokens(content);
        let Some((user, items)) = tokens.split_first().filter(|(_, items)| !items.is_empty()) else {
            return Err(at("sequences.no_items", &lines.name, line));
        };
        for item in items {
            events.push(user, item, 0, 1.0, |key| at(key, &lines.name, line))?;
        }
        Ok(())
    })?;
    let mut gathered = events.finish(lines.title(), &lines.name)?;
    if let Some(attributes) = attributes {
        let field = of_items::read(attributes, &gathered.items)?;
        gathered.dataset.items.fields.push(field);
    }
    Ok(gathered.dataset)
}
