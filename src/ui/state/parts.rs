//! What the state is made of: what the reader looks at, is told, shares and keeps.

use crate::protocol::{Evaluated, Found, MapPicture, Recipe};
use crate::text::Message;
use crate::ui::shared::Shared;

/// Something that can be hovered and selected wherever it appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    User(u32),
    Item(u32),
}

/// What the reader looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The selected user.
    pub user: Option<u32>,
    /// The selected item.
    pub item: Option<u32>,
    /// What the pointer is on.
    pub hovered: Option<Thing>,
    /// The only group shown in colour.
    pub group: Option<u16>,
    /// What is true of a planted world is shown.
    pub truth: bool,
    /// Only items inside the selected user's bubbles are shown in colour.
    pub inside: bool,
}

/// The sheet a phone shows; a wide screen shows all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    View,
    Recipe,
    Metrics,
}

/// Steps in ten seconds of the demo: one sees the map unfold.
pub const DEMO_SPEED: u32 = 1_000;

/// A word to the reader that stays until it is dismissed.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Something could not be done; everything stands as before.
    Refused(Message),
    /// Something is worth knowing.
    Said(Message),
    /// The worker died. `again` where another one has been started.
    Died { words: String, again: bool },
}

/// What there is to a link and a session that is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// Sections that are not shown, and settings of sections such as `model.dim`.
    pub hidden: Vec<String>,
    /// Those that cannot be changed.
    pub locked: Vec<String>,
    /// The link last made, and whether it can be pasted.
    pub link: Option<String>,
    pub copied: bool,
    /// Whether the browser kept the session; nothing where there was none to keep.
    pub kept: Option<bool>,
}

/// What two users type, and what each of them gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Personal {
    pub text: String,
    pub users: [u32; 2],
    /// Only what has the attributes that the text names.
    pub control: bool,
    pub found: [Option<Found>; 2],
    /// Why the words have no answer.
    pub refused: Option<Message>,
}

impl Personal {
    /// What a user got, if they asked.
    pub fn answer(&self, user: u32) -> Option<&Found> {
        let place = self.users.iter().position(|&who| who == user)?;
        self.found[place].as_ref()
    }
}

/// What stays of a run that is kept to be compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// As it was when it was kept.
    pub recipe: Recipe,
    /// Step and smoothed loss.
    pub losses: Vec<(f64, f64)>,
    pub evaluations: Vec<Evaluated>,
    pub map: Option<Shared<MapPicture>>,
}
