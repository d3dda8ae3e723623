//! The data and the splits a recipe can name, and their settings.

use crate::by_name::ByName;
use crate::settings::{Knob, Settings, Value, by_key};

use super::planted::{PlantedConfig, TOPICS_MAX};
use super::planted_clicks::PlantedClicks;
use super::readers::{CsvColumns, Format};
use super::split::SplitConfig;

/// An entry of the table of data.
pub struct DataKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Whether it holds rows, each clicked or not, and no users and items.
    pub rows: bool,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
}

/// All kinds of data: the planted world, and files by their format.
pub const DATA_KINDS: &[DataKind] = &[
    DataKind {
        kind: "planted",
        source: "",
        rows: false,
        knobs: planted_knobs,
    },
    DataKind {
        kind: "planted_clicks",
        source: "",
        rows: true,
        knobs: planted_clicks_knobs,
    },
    DataKind {
        kind: "movielens",
        source: "Harper and Konstan, TiiS 2015",
        rows: false,
        knobs: Vec::new,
    },
    DataKind {
        kind: "goodbooks",
        source: "Zajac, 2017",
        rows: false,
        knobs: Vec::new,
    },
    DataKind {
        kind: "csv",
        source: "",
        rows: false,
        knobs: csv_knobs,
    },
    DataKind {
        kind: "sequences",
        source: "",
        rows: false,
        knobs: Vec::new,
    },
    DataKind {
        kind: "criteo",
        source: "Criteo Labs, 2014",
        rows: true,
        knobs: Vec::new,
    },
    DataKind {
        kind: "vectors",
        source: "",
        rows: false,
        knobs: Vec::new,
    },
];

/// An entry of the table of splits.
pub struct SplitKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// What it says.
    pub build: fn(&Settings) -> SplitConfig,
}

/// All splits.
pub const SPLITS: &[SplitKind] = &[
    SplitKind {
        kind: "leave_one_out",
        knobs: Vec::new,
        build: |_| SplitConfig::LeaveOneOut,
    },
    SplitKind {
        kind: "global_temporal",
        knobs: || vec![share("valid_share"), share("test_share")],
        build: |settings| SplitConfig::GlobalTemporal {
            valid_share: settings.real("valid_share"),
            test_share: settings.real("test_share"),
        },
    },
    SplitKind {
        kind: "user_split",
        knobs: || {
            vec![
                share("valid_share"),
                share("test_share"),
                Knob::real("input_share", 0.1, 0.9, 0.8),
            ]
        },
        build: |settings| SplitConfig::UserSplit {
            valid_share: settings.real("valid_share"),
            test_share: settings.real("test_share"),
            input_share: settings.real("input_share"),
        },
    },
];

/// How files of the data kind `kind` are read, if it is a kind of file.
#[must_use]
pub fn file_format(kind: &str, settings: &Settings) -> Option<Format> {
    let column = |key| Some(settings.word(key).to_owned()).filter(|name| !name.is_empty());
    Some(match kind {
        "movielens" => Format::MovieLens,
        "goodbooks" => Format::Goodbooks,
        "sequences" => Format::Sequences,
        "criteo" => Format::Criteo,
        "csv" => Format::Csv(CsvColumns {
            user: settings.word("user").to_owned(),
            item: settings.word("item").to_owned(),
            time: column("time"),
            value: column("value"),
            delimiter: DELIMITERS
                .iter()
                .find(|(word, _)| *word == settings.word("delimiter"))
                .map_or(b',', |(_, byte)| *byte),
            header: settings.flag("header"),
        }),
        _ => return None,
    })
}

/// The data kind and its settings by which a recipe asks for files of this format again.
///
/// # Panics
/// For [`Format::Detect`], which says nothing.
#[must_use]
pub fn format_settings(format: &Format) -> (&'static str, ByName<Value>) {
    let columns = match format {
        Format::Detect => panic!("files are read in a format, not in a search for one"),
        Format::MovieLens => return ("movielens", ByName::new()),
        Format::Goodbooks => return ("goodbooks", ByName::new()),
        Format::Sequences => return ("sequences", ByName::new()),
        Format::Criteo => return ("criteo", ByName::new()),
        Format::Csv(columns) => columns,
    };
    let delimiter = DELIMITERS.iter().find(|(_, byte)| *byte == columns.delimiter);
    let settings = [
        ("user", Value::Text(columns.user.clone())),
        ("item", Value::Text(columns.item.clone())),
        ("time", Value::Text(columns.time.clone().unwrap_or_default())),
        ("value", Value::Text(columns.value.clone().unwrap_or_default())),
        (
            "delimiter",
            Value::Text(delimiter.map_or("comma", |(word, _)| word).to_owned()),
        ),
        ("header", Value::Flag(columns.header)),
    ];
    ("csv", by_key(settings))
}

/// The characters between columns, and their words in a recipe.
const DELIMITERS: [(&str, u8); 4] = [("comma", b','), ("tab", b'\t'), ("semicolon", b';'), ("bar", b'|')];

fn csv_knobs() -> Vec<Knob> {
    let mut knobs: Vec<Knob> = ["user", "item", "time", "value"].map(Knob::text).into();
    knobs.push(Knob::choice("delimiter", &DELIMITERS.map(|(word, _)| word), "comma"));
    knobs.push(Knob::flag("header", true));
    knobs
}

/// The planted world that checked settings describe.
#[must_use]
pub fn planted_config(settings: &Settings) -> PlantedConfig {
    PlantedConfig {
        users: settings.whole("users"),
        items: settings.whole("items"),
        topics: settings.whole("topics"),
        interests_max: settings.whole("interests_max"),
        events_per_user: settings.whole("events_per_user"),
        popularity_skew: settings.real("popularity_skew"),
        false_clicks: settings.real("false_clicks"),
        drift: settings.real("drift"),
        noise: settings.real("noise"),
        searches: settings.real("searches"),
    }
}

fn planted_knobs() -> Vec<Knob> {
    let world = PlantedConfig::default();
    let real = |key, max, value| Knob::real(key, 0.0, max, tidy(value));
    vec![
        Knob::whole("users", 10, 100_000, world.users),
        Knob::whole("items", TOPICS_MAX, 100_000, world.items),
        Knob::whole("topics", 2, TOPICS_MAX, world.topics),
        Knob::whole("interests_max", 1, 5, world.interests_max),
        Knob::whole("events_per_user", 3, 1000, world.events_per_user),
        real("popularity_skew", 2.0, world.popularity_skew),
        real("false_clicks", 0.5, world.false_clicks),
        real("drift", 1.0, world.drift),
        real("noise", 1.0, world.noise),
        real("searches", 1.0, world.searches),
        world_seed(),
    ]
}

/// The planted rows that checked settings describe.
#[must_use]
pub fn planted_clicks_config(settings: &Settings) -> PlantedClicks {
    PlantedClicks {
        rows: settings.whole("rows"),
        ids: settings.whole("ids"),
        audience: settings.flag("audience"),
        skew: settings.real("skew"),
        noise: settings.real("noise"),
    }
}

fn planted_clicks_knobs() -> Vec<Knob> {
    let world = PlantedClicks::default();
    vec![
        Knob::whole("rows", 1_000, 1_000_000, world.rows),
        Knob::whole("ids", 100, 1_000_000, world.ids),
        Knob::flag("audience", world.audience),
        Knob::real("skew", 0.0, 2.0, tidy(world.skew)),
        Knob::real("noise", 0.0, 1.0, tidy(world.noise)),
        world_seed(),
    ]
}

/// The seed of a planted world; 0 for that of the run.
fn world_seed() -> Knob {
    Knob::whole("seed", 0, u32::MAX, 0)
}

/// The decimal number a person would write for `value`: 0.05, not 0.05000000074505806.
fn tidy(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

fn share(key: &'static str) -> Knob {
    Knob::real(key, 0.01, 0.49, 0.1)
}
