//! A link: a recipe, the step and checksum to be reached, and which controls whoever opens it is to see.

use crate::protocol::link;
use crate::protocol::{Catalogue, Recipe};
use crate::text::Message;

/// What a link says. What the recipe says of defaults is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    pub recipe: Recipe,
    pub step: u64,
    /// The checksum there; empty if unknown.
    pub checksum: String,
    /// Name and digest of the files the data are from; empty where they are from none.
    pub file: (String, String),
    /// Sections that are not shown, and settings of sections such as `model.dim`.
    pub hidden: Vec<String>,
    /// Those that cannot be changed.
    pub locked: Vec<String>,
    /// What was not understood.
    pub notices: Vec<Message>,
}

impl Address {
    /// Of a link's hash.
    pub fn read(hash: &str) -> Self {
        let (recipe, others) = link::to_recipe(link::pairs(hash));
        let mut address = Self {
            recipe,
            ..Self::default()
        };
        if address.recipe.version != Recipe::default().version {
            let notice = Message::new("page.link.version").with("found", address.recipe.version);
            address.notices.push(notice);
            address.recipe.version = Recipe::default().version;
        }
        let list = |value: String| value.split(',').map(str::to_owned).collect();
        for (key, value) in others {
            match key.as_str() {
                "step" if value.parse::<u64>().is_ok() => address.step = value.parse().unwrap_or_default(),
                "sum" => address.checksum = value,
                "file" => address.file.0 = value,
                "digest" => address.file.1 = value,
                "hide" => address.hidden = list(value),
                "lock" => address.locked = list(value),
                _ => {
                    let notice = Message::new("page.link.unknown").with("key", key);
                    address.notices.push(notice.with("value", value));
                }
            }
        }
        address
    }

    /// The hash.
    pub fn write(&self, catalogue: &Catalogue) -> String {
        let mut pairs = link::of_recipe(&self.recipe);
        pairs.retain(|(key, value)| !is_default(key, value, &self.recipe, catalogue));
        let mut more = |key: &str, value: String| {
            if !value.is_empty() {
                pairs.push((key.to_owned(), value));
            }
        };
        if self.step > 0 {
            more("step", self.step.to_string());
            more("sum", self.checksum.clone());
        }
        more("file", self.file.0.clone());
        more("digest", self.file.1.clone());
        link::text(&pairs) + &self.flags()
    }

    /// What of the hash says which controls are to be seen.
    pub fn flags(&self) -> String {
        let mut text = String::new();
        for (key, list) in [("hide", &self.hidden), ("lock", &self.locked)] {
            if !list.is_empty() {
                text += &format!("&{key}={}", list.join(","));
            }
        }
        text
    }
}

/// Whether a pair of a recipe's link says nothing that would not hold without it.
fn is_default(key: &str, value: &str, recipe: &Recipe, catalogue: &Catalogue) -> bool {
    let default = || {
        let (key, name) = key.split_once('.')?;
        let info = catalogue.sections.iter().find(|info| info.key == key)?;
        if name == "kind" {
            return Some(info.default == value);
        }
        let kind = &recipe.section(key)?.kind;
        let kind = if kind.is_empty() { &info.default } else { kind };
        let kind = info.kinds.iter().find(|other| other.kind == *kind)?;
        let knob = kind.knobs.iter().find(|knob| knob.key == name)?;
        Some(link::word(&knob.default) == value)
    };
    default().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{catalogue, demo};

    #[test]
    fn a_link_is_short_and_gives_the_same_run() {
        let catalogue = catalogue();
        let recipe = demo().validate().unwrap().recipe;
        let address = Address {
            recipe: recipe.clone(),
            step: 300,
            checksum: "00ff00ff00ff00ff".to_owned(),
            file: ("my data.csv".to_owned(), "0123".to_owned()),
            hidden: vec!["data".to_owned(), "split".to_owned()],
            locked: vec!["model".to_owned()],
            ..Address::default()
        };
        let hash = address.write(&catalogue);
        assert!(hash.len() < 400, "{hash}");
        let mut read = Address::read(&hash);
        assert_eq!(read.recipe.validate().unwrap().recipe, recipe);
        read.recipe = recipe;
        assert_eq!(read, address);
    }

    #[test]
    fn what_is_not_understood_is_told_and_the_rest_holds() {
        let address = Address::read("v=9&seed=3&colour=red&step=soon&model.dim=4&%%%=");
        assert_eq!((address.recipe.seed, address.step), (3, 0));
        let told: Vec<_> = address.notices.iter().map(|notice| notice.key.to_string()).collect();
        assert_eq!(
            told,
            [
                "page.link.version",
                "page.link.unknown",
                "page.link.unknown",
                "page.link.unknown"
            ]
        );
    }
}
