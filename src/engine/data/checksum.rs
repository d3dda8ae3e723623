//! One number for a whole dataset, to tell whether two machines have the same one.

use super::{ClickRows, Column, Dataset, Part, Queries, Table};
use crate::engine::fnv::Fnv;

/// A hash of data.
#[derive(Default)]
struct Sum(Fnv);

impl Sum {
    fn number(&mut self, number: u64) {
        self.0.bytes(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.bytes(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }

    fn whole(&mut self, numbers: &[u32]) {
        self.number(numbers.len() as u64);
        numbers.iter().for_each(|&number| self.number(u64::from(number)));
    }

    fn real(&mut self, numbers: &[f32]) {
        self.number(numbers.len() as u64);
        numbers
            .iter()
            .for_each(|number| self.number(u64::from(number.to_bits())));
    }

    fn column(&mut self, column: &Column) {
        match column {
            Column::Category { words, ids } => {
                self.texts(words);
                self.whole(ids);
            }
            Column::Id { count, ids } => {
                self.number(u64::from(*count));
                self.whole(ids);
            }
            Column::Tags { words, offsets, ids } => {
                self.texts(words);
                self.whole(offsets);
                self.whole(ids);
            }
            Column::Number { values } => self.real(values),
            Column::Vector { width, values } => {
                self.number(*width as u64);
                self.real(values);
            }
        }
    }

    fn table(&mut self, table: &Table) {
        self.texts(&table.keys);
        self.texts(&table.titles);
        for field in &table.fields {
            self.text(&field.name);
            self.column(&field.column);
        }
    }
}

impl ClickRows {
    /// Nothing where there are no rows.
    fn add_to(&self, sum: &mut Sum) {
        if self.is_empty() {
            return;
        }
        let part = |part: &Part| *part as u32;
        sum.table(&self.table);
        sum.whole(
            &self
                .clicked
                .iter()
                .map(|&clicked| u32::from(clicked))
                .collect::<Vec<_>>(),
        );
        sum.whole(&self.parts.iter().map(part).collect::<Vec<_>>());
        sum.real(&self.log_odds);
    }
}

impl Dataset {
    /// Equal for equal data on every machine: covers users, items, events, impressions and queries bit by bit.
    #[must_use]
    pub fn checksum(&self) -> u64 {
        let mut sum = Sum::default();
        sum.table(&self.users);
        sum.table(&self.items);
        for user in self.log.users() {
            let events = self.log.user(user);
            sum.number(events.items.len() as u64);
            for (item, (time, value)) in events.items.iter().zip(events.times.iter().zip(events.values)) {
                sum.number(u64::from(item.0));
                sum.number(*time as u64);
                sum.number(u64::from(value.to_bits()));
            }
        }
        for shown in &self.impressions {
            sum.whole(&[shown.user.0, shown.item.0, u32::from(shown.clicked)]);
            sum.number(shown.time as u64);
        }
        self.rows.add_to(&mut sum);
        let Queries {
            text,
            ends,
            of_event,
            made,
        } = &self.queries;
        sum.text(text);
        sum.whole(ends);
        sum.whole(of_event);
        sum.number(u64::from(*made));
        sum.0.finish()
    }
}
