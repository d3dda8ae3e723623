//! Item sequences: one user a line, `user item item …`, oldest first.

use std::collections::BTreeMap;

use super::at;
use super::columns::Tags;
use super::detect::tokens;
use super::events::Events;
use super::ids::Keys;
use super::rows::each_line;
use super::unpack::{Member, unreadable};
use crate::engine::data::{Dataset, Field};
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
        let field = read_attributes(attributes, &gathered.items)?;
        gathered.dataset.items.fields.push(field);
    }
    Ok(gathered.dataset)
}

/// `{"item": [attribute, attribute …]}` as a column of tags.
fn read_attributes(member: &Member<'_>, items: &Keys) -> Result<Field> {
    let attributes: BTreeMap<String, Vec<i64>> = member.open(|stream| {
        serde_json::from_reader(stream).map_err(|error| {
            let line = error.line() as u64;
            match error.is_io() {
                true => unreadable(&member.name, line, &error.into()),
                false => at("sequences.attributes", &member.name, line).with("reason", error),
            }
        })
    })?;
    let mut tags = Tags::new(items.len());
    for (item, own) in &attributes {
        if let Some(row) = items.row(item.as_bytes()) {
            own.iter().for_each(|tag| tags.add(row, &tag.to_string()));
        }
    }
    Ok(tags.field("attributes"))
}
