//! Recipes, changes and queries as the plain objects of scripts.
//!
//! Read and written key by key: what serde makes of a recipe, whose settings stand beside their kind, weighs six times
//! as much.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::protocol::recipe::{LIVE, SECTIONS};
use crate::protocol::{Change, Query, Recipe, Section};
use crate::settings::Value;
use crate::text::{Message, Result};
use crate::ui::sweep::{Outcome, Trial};

const KIND: &str = "kind";

/// A recipe as an object.
pub fn of_recipe(recipe: &Recipe) -> JsValue {
    let object = Object::new();
    set(&object, "version", &recipe.version.into());
    set(&object, "seed", &recipe.seed.into());
    for key in SECTIONS {
        if let Some(section) = recipe.section(key) {
            set(&object, key, &of_section(section));
        }
    }
    if !recipe.changes.is_empty() {
        let changes = recipe.changes.iter().map(|change| {
            let object = Object::new();
            set(&object, "step", &(change.step as f64).into());
            for key in LIVE {
                if let Some(section) = change.section(key) {
                    set(&object, key, &of_section(section));
                }
            }
            object
        });
        set(&object, "changes", &changes.collect::<Array>());
    }
    object.into()
}

/// Recipes and what came of them, as text.
pub fn of_runs(trials: &[Trial]) -> String {
    let runs = trials.iter().map(|trial| {
        let object = Object::new();
        set(&object, "recipe", &of_recipe(&trial.recipe));
        set(&object, "note", &trial.note.as_str().into());
        if let Outcome::Trained {
            parameters,
            metric,
            quality,
        } = &trial.outcome
        {
            set(&object, "parameters", &(*parameters as f64).into());
            set(&object, metric, &(*quality).into());
        }
        object
    });
    text_of(&runs.collect::<Array>())
}

/// An object as text, for people to read as well.
pub fn text_of(object: &JsValue) -> String {
    let text = JSON::stringify_with_replacer_and_space(object, &JsValue::NULL, &JsValue::from(2));
    text.map(String::from).unwrap_or_default()
}

/// The recipe of an object.
///
/// # Errors
/// If a key is unknown or its value is none, with the key.
pub fn to_recipe(object: &JsValue) -> Result<Recipe> {
    let mut recipe = Recipe::default();
    let refusal = |key: &str| Message::new("page.api.recipe").with("key", key);
    let mut missing = vec!["version", "seed"];
    for (key, value) in entries(object).ok_or_else(|| refusal(""))? {
        missing.retain(|other| *other != key);
        match key.as_str() {
            "version" => recipe.version = whole(&value).ok_or_else(|| refusal(&key))?,
            "seed" => recipe.seed = whole(&value).ok_or_else(|| refusal(&key))?,
            "changes" => {
                let changes = value.dyn_ref::<Array>().ok_or_else(|| refusal(&key))?;
                recipe.changes = changes.iter().map(|change| to_change(&change)).collect::<Result<_>>()?;
            }
            _ => match recipe.section_mut(&key) {
                Some(section) => *section = to_section(&value).map_err(|inner| refusal(&format!("{key}{inner}")))?,
                None => return Err(Message::new("page.api.unknown_key").with("key", key)),
            },
        }
    }
    missing.first().map_or(Ok(recipe), |key| Err(refusal(key)))
}

/// The change of an object.
///
/// # Errors
/// If a key is unknown or its value is none, with the key.
pub fn to_change(object: &JsValue) -> Result<Change> {
    let mut change = Change::default();
    let refusal = |key: &str| Message::new("page.api.change").with("key", key);
    for (key, value) in entries(object).ok_or_else(|| refusal(""))? {
        if key == "step" {
            change.step = whole(&value).ok_or_else(|| refusal(&key))?.into();
        } else if LIVE.contains(&key.as_str()) {
            let section = to_section(&value).map_err(|inner| refusal(&format!("{key}{inner}")))?;
            change.set(&key, section);
        } else {
            return Err(Message::new("page.api.unknown_key").with("key", key));
        }
    }
    Ok(change)
}

/// The query of words, or of an object with one key.
///
/// # Errors
/// If it is none.
pub fn to_query(value: &JsValue) -> Result<Query> {
    if let Some(words) = value.as_string() {
        return Ok(Query::Text(words));
    }
    let numbers = |value: &JsValue| -> Option<Vec<f32>> {
        let numbers = value.dyn_ref::<Array>()?.iter();
        numbers
            .map(|number| number.as_f64().map(|number| number as f32))
            .collect()
    };
    let query = || {
        let (key, value) = match entries(value)?.as_slice() {
            [only] => only.clone(),
            _ => return None,
        };
        Some(match key.as_str() {
            "text" => Query::Text(value.as_string()?),
            "item" => Query::Item(whole(&value)?),
            "user" => Query::User(whole(&value)?),
            "vector" => Query::Vector(numbers(&value)?),
            "point" => Query::Point(numbers(&value)?.try_into().ok()?),
            "asked" => {
                let part = |key: &str| Reflect::get(&value, &key.into()).ok();
                Query::Asked {
                    user: whole(&part("user")?)?,
                    text: part("text")?.as_string()?,
                    control: part("control")?.is_truthy(),
                }
            }
            _ => return None,
        })
    };
    query().ok_or_else(|| Message::new("page.api.query"))
}

fn of_section(section: &Section) -> Object {
    let object = Object::new();
    if !section.kind.is_empty() {
        set(&object, KIND, &section.kind.as_str().into());
    }
    for (key, value) in &section.settings {
        let value = match value {
            Value::Flag(flag) => (*flag).into(),
            Value::Number(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
            Value::Sizes(sizes) => sizes.iter().map(|size| JsValue::from(*size)).collect::<Array>().into(),
        };
        set(&object, key, &value);
    }
    object
}

/// The section of an object; else the key that has no value, behind a dot.
fn to_section(object: &JsValue) -> std::result::Result<Section, String> {
    let mut section = Section::default();
    for (key, value) in entries(object).ok_or_else(String::new)? {
        let wrong = || format!(".{key}");
        if key == KIND {
            section.kind = value.as_string().ok_or_else(wrong)?;
            continue;
        }
        let value = if let Some(flag) = value.as_bool() {
            Value::Flag(flag)
        } else if let Some(number) = value.as_f64() {
            Value::Number(number)
        } else if let Some(text) = value.as_string() {
            Value::Text(text)
        } else {
            let sizes = value.dyn_ref::<Array>().ok_or_else(wrong)?.iter();
            Value::Sizes(
                sizes
                    .map(|size| whole(&size))
                    .collect::<Option<_>>()
                    .ok_or_else(wrong)?,
            )
        };
        section.settings.insert(key, value);
    }
    Ok(section)
}

/// Keys and values of an object, but for those that are nothing.
fn entries(object: &JsValue) -> Option<Vec<(String, JsValue)>> {
    let object = object.dyn_ref::<Object>().filter(|object| !Array::is_array(object))?;
    let pairs = Object::entries(object).into_iter().filter_map(|pair| {
        let pair: Array = pair.unchecked_into();
        let value = pair.get(1);
        (!value.is_null() && !value.is_undefined()).then(|| (pair.get(0).as_string().unwrap_or_default(), value))
    });
    Some(pairs.collect())
}

fn whole(value: &JsValue) -> Option<u32> {
    let number = value.as_f64()?;
    (number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u32)
}

fn set(object: &Object, key: &str, value: &JsValue) {
    Reflect::set(object, &key.into(), value).unwrap_or_default();
}
