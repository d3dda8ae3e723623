//! What the desk's calls to the worker are answered by.

use crate::protocol::{Event, Found};
use crate::text::Result;

/// What a call was answered by, beside what the state has taken in of it.
pub enum Answer {
    /// A new run stands.
    Applied,
    /// The columns of a table have to be named first.
    NeedColumns,
    Found(Box<Found>),
    /// A file.
    Exported {
        name: String,
        bytes: Vec<u8>,
    },
    /// The run: its address, and all of it as a file.
    Saved {
        address: String,
        run: Vec<u8>,
        whole: bool,
    },
    /// It was done.
    Done,
}

impl Answer {
    /// What an event answers, taken out of it where nobody else wants it.
    pub fn of(event: &mut Event) -> Result<Self> {
        Ok(match event {
            Event::Refused(why) => return Err(why.clone()),
            Event::Applied(_) => Self::Applied,
            Event::NeedColumns(_) => Self::NeedColumns,
            Event::Found(found) => Self::Found(found.clone()),
            Event::Exported { name, bytes } => Self::Exported {
                name: std::mem::take(name),
                bytes: std::mem::take(&mut bytes.0),
            },
            Event::Saved { address, run, whole } => Self::Saved {
                address: std::mem::take(address),
                run: std::mem::take(&mut run.0),
                whole: *whole,
            },
            _ => Self::Done,
        })
    }
}
