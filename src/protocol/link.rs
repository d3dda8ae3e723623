//! A recipe as the readable text of a link: `v=1&seed=7&model.kind=drim&model.dim=2&500.loss.kind=bpr`.
//!
//! Numbers, `true` and `false` stand as they are, several numbers are `64,32` and `64,`, and a word that would read as
//! one of these begins with `'`. A key that begins with a number says what becomes different after that step. What is
//! not said has its default.

use crate::decimal::{decimal, written};
use crate::settings::Value;

use super::recipe::{Change, LIVE, Recipe, SECTIONS, Section};

/// The pairs of a link, in order.
pub type Pairs = Vec<(String, String)>;

/// The word that names a section's kind.
const KIND: &str = "kind";

/// The text of pairs.
#[must_use]
pub fn text(pairs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        escape(key, &mut text);
        text.push('=');
        escape(value, &mut text);
    }
    text
}

/// The pairs of a text; a piece without `=` has an empty value.
#[must_use]
pub fn pairs(text: &str) -> Pairs {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    let pair = |piece: &str| {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        (unescape(key), unescape(value))
    };
    pieces.map(pair).collect()
}

/// Everything a recipe says.
#[must_use]
pub fn of_recipe(recipe: &Recipe) -> Pairs {
    let mut pairs = vec![
        ("v".to_owned(), recipe.version.to_string()),
        ("seed".to_owned(), recipe.seed.to_string()),
    ];
    for key in SECTIONS {
        if let Some(section) = recipe.section(key) {
            of_section(key, section, &mut pairs);
        }
    }
    for change in &recipe.changes {
        for key in LIVE {
            if let Some(section) = change.section(key) {
                of_section(&format!("{}.{key}", change.step), section, &mut pairs);
            }
        }
    }
    pairs
}

/// The recipe of a link, and the keys that are none of a recipe's, with their values.
#[must_use]
pub fn to_recipe(pairs: Pairs) -> (Recipe, Pairs) {
    let mut recipe = Recipe::default();
    let mut others = Pairs::new();
    for (key, value) in pairs {
        if put(&mut recipe, &key, &value).is_none() {
            others.push((key, value));
        }
    }
    (recipe, others)
}

/// A value as it stands in a link.
#[must_use]
pub fn word(value: &Value) -> String {
    match value {
        Value::Flag(true) => "true".to_owned(),
        Value::Flag(false) => "false".to_owned(),
        Value::Number(number) => written(*number),
        Value::Sizes(sizes) => {
            let words: Vec<_> = sizes.iter().map(u32::to_string).collect();
            words.join(",") + if sizes.len() < 2 { "," } else { "" }
        }
        Value::Text(text) if matches!(value_of(text), Value::Text(plain) if plain == *text) => text.clone(),
        Value::Text(text) => format!("'{text}"),
    }
}

fn value_of(word: &str) -> Value {
    let size = |word: &str| word.parse().ok();
    match word {
        "true" => Value::Flag(true),
        "false" => Value::Flag(false),
        _ => {
            if let Some(text) = word.strip_prefix('\'') {
                Value::Text(text.to_owned())
            } else if let Some(number) = decimal(word.as_bytes()) {
                Value::Number(number)
            } else if word.contains(',')
                && let Some(sizes) = word.split(',').filter(|word| !word.is_empty()).map(size).collect()
            {
                Value::Sizes(sizes)
            } else {
                Value::Text(word.to_owned())
            }
        }
    }
}

fn of_section(key: &str, section: &Section, pairs: &mut Pairs) {
    if !section.kind.is_empty() {
        pairs.push((format!("{key}.{KIND}"), section.kind.clone()));
    }
    let settings = section.settings.iter();
    pairs.extend(settings.map(|(name, value)| (format!("{key}.{name}"), word(value))));
}

fn put(recipe: &mut Recipe, key: &str, value: &str) -> Option<()> {
    match key {
        "v" => recipe.version = value.parse().ok()?,
        "seed" => recipe.seed = value.parse().ok()?,
        _ => {
            let (first, rest) = key.split_once('.')?;
            match first.parse() {
                Ok(step) => {
                    let (key, name) = rest.split_once('.')?;
                    let mut change = Change {
                        step,
                        ..Change::default()
                    };
                    let before = recipe.changes.iter().find(|change| change.step == step);
                    let mut section = before.and_then(|change| change.section(key)).cloned();
                    put_in(section.get_or_insert_default(), name, value);
                    LIVE.contains(&key).then_some(())?;
                    change.set(key, section?);
                    recipe.change(change);
                }
                Err(_) => put_in(recipe.section_mut(first)?, rest, value),
            }
        }
    }
    Some(())
}

fn put_in(section: &mut Section, name: &str, value: &str) {
    if name == KIND {
        value.clone_into(&mut section.kind);
    } else {
        section.settings.insert(name.to_owned(), value_of(value));
    }
}

/// Everything but what an address may hold as it is becomes `%` and its byte.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~',:/!*()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |four: u8| char::from(b"0123456789ABCDEF"[usize::from(four)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = after.split_first_chunk::<2>().filter(|_| *first == b'%');
        let byte = digits.and_then(|(two, after)| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            Some((16 * digit(two[0])? + digit(two[1])?, after))
        });
        match byte {
            Some((byte, after)) => {
                bytes.push(byte as u8);
                rest = after;
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let (recipe, others) = to_recipe(pairs(
            "v=1&seed=7&data.kind=csv&data.user=%C3%A9tudiant&data.item='12&model.kind=drim&model.dim=2\
             &model.layers=64,&encoder.kind=dhe&encoder.layers=64,32&loss.temperature=0.07&loss.logq=true\
             &500.loss.kind=bpr&500.loss.margin=0.5&500.sampler.kind=uniform&900.loss.kind=bce",
        ));
        assert_eq!(others, Pairs::new());
        recipe
    }

    #[test]
    fn a_link_says_what_the_recipe_says() {
        let recipe = recipe();
        assert_eq!(recipe.seed, 7);
        assert_eq!(recipe.data.settings["user"], Value::Text("étudiant".to_owned()));
        assert_eq!(recipe.data.settings["item"], Value::Text("12".to_owned()));
        assert_eq!(recipe.model.settings["layers"], Value::Sizes(vec![64]));
        assert_eq!(recipe.encoder.settings["layers"], Value::Sizes(vec![64, 32]));
        assert_eq!(recipe.loss.settings["logq"], Value::Flag(true));
        let [first, second] = &recipe.changes[..] else {
            panic!("two changes: {:?}", recipe.changes)
        };
        let loss = first.loss.as_ref().unwrap();
        assert_eq!((first.step, loss.kind.as_str()), (500, "bpr"));
        assert_eq!(loss.settings["margin"], Value::Number(0.5));
        assert_eq!(first.sampler.as_ref().unwrap().kind, "uniform");
        assert_eq!(second.step, 900);

        let again = text(&of_recipe(&recipe));
        assert_eq!(to_recipe(pairs(&again)).0, recipe, "{again}");
    }

    #[test]
    fn words_are_read_back_as_what_they_were() {
        let texts = ["", "12", "true", "1,2", "'", "a=b&c", "100 %", "名"];
        for text in texts {
            let value = Value::Text(text.to_owned());
            assert_eq!(value_of(&word(&value)), value, "{text}");
        }
        for number in [0.1, -3.0, 1e-7, 123_456_789.0, f64::from(0.1_f32)] {
            assert_eq!(value_of(&word(&Value::Number(number))), Value::Number(number));
        }
        assert_eq!(value_of(&word(&Value::Sizes(Vec::new()))), Value::Sizes(Vec::new()));
    }

    #[test]
    fn what_is_none_of_a_recipe_is_handed_back() {
        let (recipe, others) = to_recipe(pairs("seed=many&step=300&sum=00ff&colour.kind=red&5.data.kind=x&%zz"));
        assert_eq!(recipe, Recipe::default());
        let keys: Vec<_> = others.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["seed", "step", "sum", "colour.kind", "5.data.kind", "%zz"]);
    }
}
