//! The recipe: what each kind and each setting is, and why a value or a combination is refused.

pub const TABLE: &[(&str, &str)] = &[
    ("recipe.choice", "{key} is {found}, but must be one of: {choices}."),
    ("recipe.flag", "{key} is {found}, but must be true or false."),
    ("recipe.no_settings", "{key} is not known: this kind has no settings."),
    (
        "recipe.real",
        "{key} is {found}, but must be a number from {min} to {max}.",
    ),
    (
        "recipe.sizes",
        "{key} is {found}, but must be a list of at most {len} whole numbers from {min} to {max}.",
    ),
    ("recipe.text", "{key} is {found}, but must be a text."),
    (
        "recipe.unknown_key",
        "{key} is not known; the settings here are: {known}.",
    ),
    (
        "recipe.whole",
        "{key} is {found}, but must be a whole number from {min} to {max}.",
    ),
];
