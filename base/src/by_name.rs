//! Values by name, in the order of names.
//!
//! A recipe's settings and a run's metrics are a dozen names each: a row of pairs holds them, and weighs a fraction of
//! what the standard library's tree brings into a program for every type it holds.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Values by name.
#[derive(Clone, Debug, PartialEq)]
pub struct ByName<V>(Vec<(String, V)>);

impl<V> ByName<V> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&V> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    /// Whether `name` has a value.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Gives `name` this value, and what it had before back.
    pub fn insert(&mut self, name: String, value: V) -> Option<V> {
        match self.place(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (name, value));
                None
            }
        }
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All names with their values.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&String, &V)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// All names.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }

    /// All values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Where `name` stands, or where it would.
    fn place(&self, name: &str) -> Result<usize, usize> {
        let place = self.0.iter().position(|(other, _)| other.as_str() >= name);
        match place {
            Some(place) if self.0[place].0 == name => Ok(place),
            other => Err(other.unwrap_or(self.0.len())),
        }
    }
}

impl<V> Default for ByName<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Index<&str> for ByName<V> {
    type Output = V;

    /// # Panics
    /// If `name` has no value.
    fn index(&self, name: &str) -> &V {
        match self.get(name) {
            Some(value) => value,
            None => panic!("nothing is named {name}"),
        }
    }
}

impl<V> Extend<(String, V)> for ByName<V> {
    fn extend<T: IntoIterator<Item = (String, V)>>(&mut self, pairs: T) {
        for (name, value) in pairs {
            self.insert(name, value);
        }
    }
}

impl<V> FromIterator<(String, V)> for ByName<V> {
    fn from_iter<T: IntoIterator<Item = (String, V)>>(pairs: T) -> Self {
        let mut all = Self::new();
        all.extend(pairs);
        all
    }
}

impl<V, const N: usize> From<[(String, V); N]> for ByName<V> {
    fn from(pairs: [(String, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<V> IntoIterator for ByName<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a ByName<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (String, V)>, fn(&'a (String, V)) -> (&'a String, &'a V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl<V: Serialize> Serialize for ByName<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ByName<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

/// Reads them one after the other.
struct Pairs<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
    type Value = ByName<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<ByName<V>, A::Error> {
        let mut all = ByName::new();
        while let Some((name, value)) = pairs.next_entry()? {
            all.insert(name, value);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_have_one_value_each() {
        let mut all = ByName::from([("b".to_owned(), 1), ("c".to_owned(), 2), ("a".to_owned(), 3)]);
        assert_eq!(all.insert("b".to_owned(), 4), Some(1));
        assert_eq!(all.insert("bb".to_owned(), 5), None);
        let pairs: Vec<(&str, i32)> = all.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(pairs, [("a", 3), ("b", 4), ("bb", 5), ("c", 2)]);
        assert_eq!((all.get("c"), all.get("d"), all["bb"]), (Some(&2), None, 5));
    }

    #[test]
    fn they_are_written_and_read_as_a_map() {
        let all: ByName<f64> = serde_json::from_str(r#"{"b": 1.5, "a": 2.0, "b": 3.0}"#).expect("a map");
        assert_eq!(serde_json::to_string(&all).expect("numbers"), r#"{"a":2.0,"b":3.0}"#);
        let bytes = postcard::to_allocvec(&all).expect("numbers");
        assert_eq!(postcard::from_bytes::<ByName<f64>>(&bytes).expect("its own bytes"), all);
    }
}
