//! Categorical fields: one embedding table for each (Huang et al., KDD 2020). Numbers come beside them.
//!
//! A field with one word a row is looked up, `e = E[id]`; the words of a field with several are pooled,
//! `e = Σ_k w_k E[id_k]`. The paper does not say what the weights are: here 1, 1/n or 1/√n, as [`Pooling`] says.
//! How numbers become vectors is the `numeric` part of the recipe: see [`Numbers`]. Modalities are left to the methods that
//! read them.

use super::{EMBEDDING_INIT, Facts, Lists, Numbers};
use crate::engine::data::{Column, Table};
use crate::engine::nn::{Init, ParamId, Params, Pooling, Tape, Var, Wanted};
use crate::engine::rng::Rng;

/// The embedded fields of a table.
pub struct Fields {
    /// What they are fields of.
    side: String,
    fields: Vec<EmbeddedField>,
    /// Columns of each.
    width: usize,
    numbers: Numbers,
    pooling: Pooling,
    /// Words of the rows asked for: scratch.
    asked: Lists,
}

/// Words of each row, and the table that embeds them.
struct EmbeddedField {
    words: Lists,
    table: ParamId,
}

/// A field of words.
pub(super) struct Categories<'a> {
    pub name: &'a str,
    /// Different words.
    pub n_words: usize,
    /// Words of each row.
    pub words: Lists,
}

/// The fields of words of a table.
pub(super) fn categories(rows: &Table) -> impl Iterator<Item = Categories<'_>> {
    rows.fields.iter().filter_map(|field| {
        let (n_words, offsets, ids) = match &field.column {
            Column::Category { words, ids } => (words.len(), (0..=ids.len() as u32).collect(), ids),
            Column::Id { count, ids } => (*count as usize, (0..=ids.len() as u32).collect(), ids),
            Column::Tags { words, offsets, ids } => (words.len(), offsets.clone(), ids),
            Column::Number { .. } | Column::Vector { .. } => return None,
        };
        Some(Categories {
            name: &field.name,
            n_words,
            words: Lists {
                offsets,
                ids: ids.clone(),
            },
        })
    })
}

impl Fields {
    /// Of nothing.
    #[must_use]
    pub fn none() -> Self {
        Self {
            side: String::new(),
            fields: Vec::new(),
            width: 0,
            numbers: Numbers::default(),
            pooling: Pooling::Mean,
            asked: Lists::default(),
        }
    }

    /// An embedding of `width` columns for each field of words, and the numbers; `side` goes before the parameters' names.
    pub fn build(facts: Facts, side: &str, width: usize, pooling: Pooling, params: &mut Params, rng: &mut Rng) -> Self {
        Self::starting(facts, side, (width, EMBEDDING_INIT), pooling, params, rng)
    }

    /// The same with other first values of words.
    pub fn starting(
        facts: Facts,
        side: &str,
        (width, init): (usize, Init),
        pooling: Pooling,
        params: &mut Params,
        rng: &mut Rng,
    ) -> Self {
        let embedded = categories(facts.table).map(|Categories { name, n_words, words }| EmbeddedField {
            words,
            table: params.embedding(Wanted::words(&format!("{side}.{name}"), n_words, width, init), rng),
        });
        Self {
            side: side.to_owned(),
            fields: embedded.collect(),
            width,
            numbers: Numbers::build(facts, side, width, params, rng),
            pooling,
            asked: Lists::default(),
        }
    }

    /// Columns of the parts that [`Fields::encode`] gives, one after the other.
    pub fn parts(&self) -> impl Iterator<Item = usize> {
        let words = self.fields.iter().map(|_| self.width);
        words.chain(self.numbers.parts())
    }

    /// Columns of all parts together.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.parts().sum()
    }

    /// What they are fields of, as it goes before the names of parameters.
    #[must_use]
    pub fn side(&self) -> &str {
        &self.side
    }

    /// The numbers among them, to be looked into.
    pub const fn numbers(&mut self) -> &mut Numbers {
        &mut self.numbers
    }

    /// Appends to `parts` one `[rows, width]` variable for each field of words, and then the numbers.
    pub fn encode(&mut self, tape: &mut Tape, params: &Params, rows: &[u32], parts: &mut Vec<Var>) {
        for field in &self.fields {
            self.asked.select(&field.words, rows);
            let Lists { offsets, ids } = &self.asked;
            parts.push(tape.gather_pool(params, field.table, offsets, ids, self.pooling));
        }
        self.numbers.encode(tape, params, rows, parts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::Field;
    use crate::engine::rng::Purpose;

    const WIDTH: usize = 3;

    /// Rows of lists of words as a table, and its only field embedded.
    fn embedded(column: Column, pooling: Pooling) -> (Fields, Params) {
        let rows = Table {
            fields: vec![Field {
                name: "field".to_owned(),
                column,
            }],
            ..Table::default()
        };
        let mut params = Params::new();
        let mut rng = Rng::stream(3, Purpose::Init, 0);
        let fields = Fields::build(Facts::left_out(&rows), "item", WIDTH, pooling, &mut params, &mut rng);
        (fields, params)
    }

    fn words(n: u32) -> Vec<String> {
        (0..n).map(|word| word.to_string()).collect()
    }

    fn tags(rows: &[&[u32]]) -> Column {
        let mut lists = Lists::default();
        for row in rows {
            lists.ids.extend_from_slice(row);
            lists.end_row();
        }
        Column::Tags {
            words: words(5),
            offsets: lists.offsets,
            ids: lists.ids,
        }
    }

    /// The vectors of `rows`, and the gradient of the table when they get the gradient `g` (`[rows, WIDTH]`).
    fn forth_and_back((fields, params): &mut (Fields, Params), rows: &[u32], g: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let mut tape = Tape::new();
        let mut parts = Vec::new();
        fields.encode(&mut tape, params, rows, &mut parts);
        let g = tape.input(rows.len(), WIDTH, g);
        let product = tape.mul(parts[0], g);
        let loss = tape.sum(product);
        tape.backward(params, loss);
        let table = params.find("item.field").expect("the field has a table");
        (
            tape.value(parts[0]).to_vec(),
            params.gradient(table).iter().copied().collect(),
        )
    }

    #[test]
    fn spec_1_13_6_several_words_of_which_there_is_one_are_one_word() {
        let g = [1.0, -2.0, 3.0, 0.5, 0.25, -1.0];
        let one = Column::Category {
            words: words(5),
            ids: vec![4, 0, 2],
        };
        let expected = forth_and_back(&mut embedded(one, Pooling::Mean), &[2, 0], &g);
        for pooling in [Pooling::Mean, Pooling::Sum, Pooling::SqrtN] {
            let several = tags(&[&[4], &[0], &[2]]);
            assert_eq!(forth_and_back(&mut embedded(several, pooling), &[2, 0], &g), expected);
        }
    }

    #[test]
    fn spec_1_13_6_each_word_gets_its_weight_of_the_gradient() {
        let g = [1.0, -2.0, 3.0];
        for (pooling, weight) in [(Pooling::Sum, 1.0), (Pooling::Mean, 0.25), (Pooling::SqrtN, 0.5)] {
            // Words 1, 2 and 4, and 2 once more: its weight is twice that of the others.
            let mut field = embedded(tags(&[&[0], &[1, 2, 4, 2]]), pooling);
            let rows: Vec<f32> = field
                .1
                .values(field.1.ids().next().expect("a table"))
                .iter()
                .copied()
                .collect();
            let (vector, gradient) = forth_and_back(&mut field, &[1], &g);
            for column in 0..WIDTH {
                let of = |word: usize| rows[word * WIDTH + column];
                let sum: f32 = of(1) + of(2) + of(4) + of(2);
                assert!((vector[column] - weight * sum).abs() < 1e-6, "{pooling:?}");
                let expected = [0.0, weight, 2.0 * weight, 0.0, weight].map(|weight| weight * g[column]);
                let found = [0, 1, 2, 3, 4].map(|word| gradient[word * WIDTH + column]);
                assert_eq!(found, expected, "{pooling:?}");
            }
        }
    }
}
