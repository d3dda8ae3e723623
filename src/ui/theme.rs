//! Light and dark, and the colours that painters need.

use plotters::style::RGBColor;
use web_sys::{Document, Storage, Window};

/// Where the choice is kept in the browser.
const KEY: &str = "theme";

/// Which surface everything stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    /// As chosen here before, or as the system has it.
    pub fn remembered() -> Self {
        let stored = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        match stored.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ if prefers("(prefers-color-scheme: dark)") => Self::Dark,
            _ => Self::Light,
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }

    /// Remembers the choice. A browser that keeps nothing forgets it, and that is all.
    pub fn remember(self) {
        if let Some(storage) = storage() {
            storage.set_item(KEY, self.word()).unwrap_or_default();
        }
    }

    /// Tells the style sheet.
    pub fn put_on(self) {
        if let Some(root) = document().and_then(|document| document.document_element()) {
            root.set_attribute("data-theme", self.word()).unwrap_or_default();
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The colours of this theme; `www/styles.css` has the same.
    pub fn palette(self) -> Palette {
        match self {
            Self::Light => Palette {
                surface: RGBColor(255, 255, 255),
                ink: RGBColor(28, 31, 36),
                muted: RGBColor(91, 98, 110),
                grid: RGBColor(228, 231, 236),
                accent: RGBColor(0, 98, 158),
                second: RGBColor(178, 75, 0),
                faint: RGBColor(186, 193, 203),
            },
            Self::Dark => Palette {
                surface: RGBColor(24, 27, 32),
                ink: RGBColor(232, 235, 240),
                muted: RGBColor(160, 168, 180),
                grid: RGBColor(45, 50, 58),
                accent: RGBColor(92, 180, 236),
                second: RGBColor(240, 160, 60),
                faint: RGBColor(84, 92, 104),
            },
        }
    }
}

/// Colours for painters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// What is painted on.
    pub surface: RGBColor,
    /// Text and the strongest marks.
    pub ink: RGBColor,
    /// Axis labels.
    pub muted: RGBColor,
    /// Grid lines.
    pub grid: RGBColor,
    /// The first curve, what is selected.
    pub accent: RGBColor,
    /// The second curve.
    pub second: RGBColor,
    /// What stands back: raw values behind smoothed ones, points out of the spotlight.
    pub faint: RGBColor,
}

/// Whether the reader asked for less motion.
pub fn still() -> bool {
    prefers("(prefers-reduced-motion: reduce)")
}

/// Whether the page shows one sheet at a time; `www/styles.css` has the same width.
pub fn narrow() -> bool {
    prefers("(max-width: 720px)")
}

fn prefers(query: &str) -> bool {
    window()
        .and_then(|window| window.match_media(query).ok().flatten())
        .is_some_and(|list| list.matches())
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}
