//! An index by itself: it changes nothing about training, so there may be several beside the recipe's.

use crate::engine::index::{self, Builder, INDEXES, Index, IndexKind};
use crate::engine::matrix::{Matrix, Metric};
use crate::protocol::{EFFORTS, Section};
use crate::settings::{Settings, Value};
use crate::text::{Message, Result};

use super::{Plan, check_section, entry};

/// What a section `index` describes, checked.
#[derive(Clone)]
pub struct IndexPlan {
    /// With every default filled in.
    pub section: Section,
    kind: &'static IndexKind,
    settings: Settings,
    seed: u32,
}

impl IndexPlan {
    /// Checks `section`; the seed is for kinds that cluster or draw.
    ///
    /// # Errors
    /// If it names no kind, or its settings do not suit the kind.
    pub fn check(section: &Section, seed: u32) -> Result<Self> {
        let mut section = section.clone();
        let settings = check_section("index", &mut section).map_err(Message::join)?;
        Ok(Self {
            kind: entry(INDEXES, &section, |index| index.kind),
            settings,
            section,
            seed,
        })
    }

    /// Whether it is the exact search itself.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.kind.kind == INDEXES[0].kind && self.settings.word("transform") == "none"
    }

    /// How much a search looks at, where its settings say so.
    #[must_use]
    pub fn effort(&self) -> Option<usize> {
        EFFORTS.iter().find_map(|&key| match self.section.settings.get(key) {
            Some(Value::Number(effort)) => Some(*effort as usize),
            _ => None,
        })
    }

    /// Whether what `other` builds is the same: they may differ in how much a search looks at.
    #[must_use]
    pub fn builds_like(&self, other: &Self) -> bool {
        let plain = |section: &Section| {
            let mut section = section.clone();
            for key in EFFORTS {
                if section.settings.contains_key(key) {
                    section.settings.insert(key.to_owned(), Value::Flag(false));
                }
            }
            section
        };
        plain(&self.section) == plain(&other.section)
    }

    /// The same with another value of one setting.
    ///
    /// # Errors
    /// If the kind has no such setting, or it does not take this value.
    pub fn with(&self, key: &str, value: Value) -> Result<Self> {
        let mut section = self.section.clone();
        if section.settings.insert(key.to_owned(), value).is_none() {
            return Err(Message::new("index.no_setting")
                .with("key", key)
                .with("kind", self.kind.kind));
        }
        Self::check(&section, self.seed)
    }

    /// The same kind for vectors of the plane, which leave nothing to be coded or rotated.
    #[must_use]
    pub fn on_plane(&self) -> Self {
        let mut section = self.section.clone();
        let mut set = |key: &str, word: &str| {
            section.settings.insert(key.to_owned(), Value::Text(word.to_owned()));
        };
        set("transform", "none");
        if self.kind.kind == "ivf_pq" {
            let [nlist, nprobe] = ["nlist", "nprobe"].map(|key| self.section.settings.get(key).cloned());
            section = Section {
                kind: "ivf_flat".to_owned(),
                ..Section::default()
            };
            for (key, value) in [("nlist", nlist), ("nprobe", nprobe)] {
                if let Some(value) = value {
                    section.settings.insert(key.to_owned(), value);
                }
            }
        }
        Self::check(&section, self.seed).unwrap_or_else(|_| self.clone())
    }

    /// Begins to build it over the rows of `vectors` (n × d).
    ///
    /// # Errors
    /// If the vectors cannot be indexed so.
    pub fn begin(&self, vectors: Matrix, metric: Metric) -> Result<Box<dyn Builder>> {
        self.kind.begin(vectors, metric, &self.settings, self.seed)
    }

    /// Builds it to the end.
    ///
    /// # Errors
    /// As [`IndexPlan::begin`].
    pub fn build(&self, vectors: Matrix, metric: Metric) -> Result<Box<dyn Index>> {
        self.begin(vectors, metric).map(index::run)
    }
}

impl Plan {
    /// The recipe's index.
    ///
    /// # Panics
    /// Never: the recipe was checked.
    #[must_use]
    pub fn index(&self) -> IndexPlan {
        IndexPlan::check(&self.recipe.index, self.recipe.seed).expect("a checked recipe")
    }

    /// The same plan with another index: everything else of a run goes on as it was.
    ///
    /// # Errors
    /// Never in practice: the rest of the recipe was checked before.
    pub fn with_index(&self, index: &IndexPlan) -> Result<Self> {
        let mut recipe = self.recipe.clone();
        recipe.index = index.section.clone();
        Self::check(&recipe).map_err(Message::join)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::by_key;

    fn section(kind: &str, settings: &[(&str, Value)]) -> Section {
        Section {
            kind: kind.to_owned(),
            settings: by_key(settings.iter().cloned()),
        }
    }

    #[test]
    fn only_all_vectors_as_they_are_are_the_exact_search() {
        let check = |section: &Section| IndexPlan::check(section, 1).unwrap();
        assert!(check(&section("", &[])).is_exact());
        assert!(!check(&section("flat", &[("transform", Value::Text("pca".into()))])).is_exact());
        assert!(!check(&section("hnsw", &[])).is_exact());
    }

    #[test]
    fn another_value_is_checked_like_the_first() {
        let index = IndexPlan::check(&section("ivf_flat", &[]), 1).unwrap();
        let value = |index: &IndexPlan| index.section.settings.get("nprobe").cloned();
        let more = index.with("nprobe", Value::Number(3.0)).unwrap();
        assert_eq!(value(&more), Some(Value::Number(3.0)));
        let refused = |key: &str, value: f64| index.with(key, Value::Number(value)).err().map(|why| why.key.clone());
        assert_eq!(refused("ef", 3.0).as_deref(), Some("index.no_setting"));
        assert!(refused("nprobe", -1.0).is_some());
    }

    #[test]
    fn what_a_search_looks_at_needs_no_other_index() {
        let index = IndexPlan::check(&section("hnsw", &[("ef", Value::Number(20.0))]), 1).unwrap();
        assert_eq!(index.effort(), Some(20));
        assert!(index.builds_like(&index.with("ef", Value::Number(90.0)).unwrap()));
        assert!(!index.builds_like(&index.with("m", Value::Number(8.0)).unwrap()));
    }

    #[test]
    fn on_the_plane_codes_become_cells_of_the_same_number() {
        let given = [("nlist", Value::Number(7.0)), ("transform", Value::Text("opq".into()))];
        let plane = IndexPlan::check(&section("ivf_pq", &given), 1).unwrap().on_plane();
        assert_eq!(plane.section.kind, "ivf_flat");
        assert_eq!(plane.section.settings.get("nlist"), Some(&Value::Number(7.0)));
        assert_eq!(
            plane.section.settings.get("transform"),
            Some(&Value::Text("none".into()))
        );
        let graph = IndexPlan::check(&section("hnsw", &[]), 1).unwrap().on_plane();
        assert_eq!(graph.section.kind, "hnsw");
    }
}
