//! Crossed fields: a word of the user's together with one of the item's is a word of its own (Cheng et al., "Wide & Deep
//! Learning", DLRS 2016, section 3.1).

use super::Lists;
use super::fields::categories;
use crate::engine::data::Table;
use crate::engine::nn::{Init, ParamId, Params, Pooling, Tape, Var};
use crate::engine::rng::Rng;

/// Rows of a table of crosses at most: beyond it they share rows.
const ROWS_MAX: usize = 1 << 16;

/// Every field of words of the users with every one of the items.
pub struct Crosses {
    crosses: Vec<Cross>,
    /// Crosses of the pairs asked for: scratch.
    asked: Lists,
}

/// Two fields, and the table of their crosses.
struct Cross {
    users: Lists,
    items: Lists,
    /// Different words of the items.
    n_words: usize,
    table: ParamId,
    rows: usize,
}

impl Crosses {
    /// One table of `width` columns for each pair of fields; `side` goes before the parameters' names.
    pub fn build(
        (users, items): (&Table, &Table),
        side: &str,
        (width, init): (usize, Init),
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let mut crosses = Vec::new();
        for user in categories(users) {
            for item in categories(items) {
                let rows = (user.n_words * item.n_words).clamp(1, ROWS_MAX);
                let name = format!("{side}.{}_{}", user.name, item.name);
                crosses.push(Cross {
                    users: user.words.clone(),
                    items: item.words,
                    n_words: item.n_words,
                    table: params.table(&name, rows, width, init, rng),
                    rows,
                });
            }
        }
        Self {
            crosses,
            asked: Lists::default(),
        }
    }

    /// How many pairs of fields there are; each gives `width` columns.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.crosses.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.crosses.is_empty()
    }

    /// Appends to `parts` one `[pairs, width]` variable for each pair of fields: the mean over their words.
    pub fn encode(
        &mut self,
        tape: &mut Tape,
        params: &Params,
        pairs: impl Iterator<Item = (u32, u32)> + Clone,
        parts: &mut Vec<Var>,
    ) {
        for cross in &self.crosses {
            self.asked.clear();
            for (user, item) in pairs.clone() {
                for word in cross.users.row(user as usize) {
                    let first = *word as usize * cross.n_words;
                    let crossed = cross.items.row(item as usize).iter();
                    let rows = crossed.map(|other| ((first + *other as usize) % cross.rows) as u32);
                    self.asked.ids.extend(rows);
                }
                self.asked.end_row();
            }
            let Lists { offsets, ids } = &self.asked;
            parts.push(tape.gather_pool(params, cross.table, offsets, ids, Pooling::Mean));
        }
    }
}
