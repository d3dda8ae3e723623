//! How numbers become vectors: the table of what a recipe's section `numeric` can say.
//!
//! What is known of a field beforehand (its range, its quantiles, the thresholds of a tree) is taken from the rows that
//! occur in training, each as often as it occurs. Held-out values outside that range are clamped. A missing value has a
//! vector of its own, which is learnt, under every kind.

mod autodis;
mod bins;
mod observed;
mod plain;
mod tree;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::engine::data::{Column, Table};
use crate::engine::nn::{Params, Tape, Var};
use crate::engine::rng::Rng;
use crate::settings::{Knob, Settings};

use autodis::{AutoDis, TemperatureNet};
use bins::Bins;
use observed::{Distribution, Observed, Scale};
use plain::{OneVector, Together, YOUTUBE_COLUMNS, Youtube};

pub use autodis::{Aggregation, AutoDisSpec};
pub use bins::Cut;
pub use tree::TreeSpec;

/// An entry of the table of ways.
pub struct NumericKind {
    /// Its word in the recipe.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its settings.
    pub knobs: fn() -> Vec<Knob>,
    /// Reads them.
    pub build: fn(&Settings) -> NumericSpec,
}

/// All ways, in alphabetical order, after leaving numbers out.
pub const NUMERICS: &[NumericKind] = &[
    NumericKind {
        kind: "none",
        source: "",
        knobs: Vec::new,
        build: |_| NumericSpec::None,
    },
    autodis::KIND,
    plain::DLRM,
    bins::EQUAL_FREQUENCY,
    bins::EQUAL_WIDTH,
    plain::FIELD,
    bins::LOG,
    tree::KIND,
    plain::YOUTUBE,
];

/// How numbers become vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum NumericSpec {
    /// They are left out.
    #[default]
    None,
    /// As powers of their place in the distribution.
    Youtube,
    /// By one network for all of a table, with layers of these widths.
    Dlrm(Vec<u32>),
    /// As a multiple of the field's vector.
    Field,
    /// By the vector of their bin.
    Bins(Cut),
    /// By meta-embeddings.
    AutoDis(AutoDisSpec),
}

/// The rows of a table, how their numbers become vectors, and what training knows of them.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// How.
    pub spec: &'a NumericSpec,
    /// The rows.
    pub table: &'a Table,
    /// How often each row occurs in training.
    pub occurrences: &'a [u32],
    /// How many of these were clicks, where some were not.
    pub clicks: Option<&'a [u32]>,
}

impl<'a> Facts<'a> {
    /// The rows of `table`, without their numbers.
    #[must_use]
    pub const fn left_out(table: &'a Table) -> Self {
        Self {
            spec: &NumericSpec::None,
            table,
            occurrences: &[],
            clicks: None,
        }
    }
}

/// How the numbers of one field, or of several together, become vectors.
trait Encoding {
    /// `values`, row by row and in each row one for each of its fields, NaN where missing: `→ [rows, columns]`.
    fn encode(&mut self, tape: &mut Tape, params: &Params, values: &[f32]) -> Var;

    /// The edges between bins, upwards; empty where there are none.
    fn edges(&self) -> &[f32] {
        &[]
    }

    /// How much of each bin there is in `values`, where bins are soft.
    fn soft_bins(&mut self, _params: &Params, _values: &[f32]) -> Option<SoftBins> {
        None
    }
}

/// What AutoDis makes of values: how much of each bin, and the bins' vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftBins {
    /// H.
    pub bins: usize,
    /// x̂, `[values, H]`; a missing value has none of any.
    pub weights: Vec<f32>,
    /// Meta-embeddings, `[H, width]`.
    pub vectors: Vec<f32>,
}

/// The numbers of a table as vectors.
#[derive(Default)]
pub struct Numbers {
    fields: Vec<NumberField>,
    groups: Vec<Group>,
    /// Values asked for: scratch.
    asked: Vec<f32>,
}

struct NumberField {
    name: String,
    /// By row of the table.
    values: Vec<f32>,
    /// Smallest and largest of training; none if it has no value there.
    range: Option<(f32, f32)>,
    /// Its median in training.
    middle: f32,
}

/// Fields that become one variable.
struct Group {
    fields: Range<usize>,
    columns: usize,
    encoding: Box<dyn Encoding>,
}

impl Numbers {
    /// For the number fields of a table; `side` goes before the parameters' names. A field becomes `width` columns, but
    /// three under [`NumericSpec::Youtube`]; under [`NumericSpec::Dlrm`] all fields together become `width`.
    #[must_use]
    pub fn build(of: Facts, side: &str, width: usize, params: &mut Params, rng: &mut Rng) -> Self {
        let mut numbers = Self::default();
        if matches!(of.spec, NumericSpec::None) {
            return numbers;
        }
        let mut scales = Vec::new();
        let net = match of.spec {
            NumericSpec::AutoDis(spec) if spec.band.is_some() && has_numbers(of.table) => {
                Some(TemperatureNet::build(side, params, rng))
            }
            _ => None,
        };
        for field in &of.table.fields {
            let Column::Number { values } = &field.column else {
                continue;
            };
            let observed = Observed::new(values, of.occurrences, of.clicks);
            let distribution = Distribution::of(&observed.points());
            let middle = distribution.median();
            let name = format!("{side}.{}", field.name);
            let encoding: Option<Box<dyn Encoding>> = match of.spec {
                NumericSpec::None => None,
                NumericSpec::Dlrm(_) => {
                    scales.push(Scale::of(observed.range()));
                    None
                }
                NumericSpec::Youtube => Some(Box::new(Youtube::build(distribution, &name, params, rng))),
                NumericSpec::Field => Some(Box::new(OneVector::build(&observed, &name, width, params, rng))),
                NumericSpec::Bins(cut) => Some(Box::new(Bins::build(*cut, &observed, &name, width, params, rng))),
                NumericSpec::AutoDis(spec) => {
                    let shared = (width, net);
                    Some(Box::new(AutoDis::build(*spec, &observed, &name, shared, params, rng)))
                }
            };
            let place = numbers.fields.len();
            numbers.groups.extend(encoding.map(|encoding| Group {
                fields: place..place + 1,
                columns: match of.spec {
                    NumericSpec::Youtube => YOUTUBE_COLUMNS,
                    _ => width,
                },
                encoding,
            }));
            numbers.fields.push(NumberField {
                name: field.name.clone(),
                values: values.clone(),
                range: observed.range(),
                middle,
            });
        }
        if let NumericSpec::Dlrm(hidden) = of.spec
            && !scales.is_empty()
        {
            let sizes = (&**hidden, width);
            numbers.groups.push(Group {
                fields: 0..numbers.fields.len(),
                columns: width,
                encoding: Box::new(Together::build(scales, side, sizes, params, rng)),
            });
        }
        numbers
    }

    /// Columns of the parts that [`Numbers::encode`] gives, one after the other.
    pub fn parts(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().map(|group| group.columns)
    }

    /// Columns of all parts together.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.parts().sum()
    }

    /// Appends to `parts` the numbers of `rows`: one `[rows, …]` variable for each field, or one for all.
    pub fn encode(&mut self, tape: &mut Tape, params: &Params, rows: &[u32], parts: &mut Vec<Var>) {
        let Self { fields, groups, asked } = self;
        for group in groups {
            let fields = &fields[group.fields.clone()];
            asked.clear();
            for &row in rows {
                asked.extend(fields.iter().map(|field| field.values[row as usize]));
            }
            parts.push(group.encoding.encode(tape, params, asked));
        }
    }

    /// `values` that need not be in the table, as if they stood in field number `field`, NaN for missing:
    /// `→ [values, columns]`. Where several fields become one variable, the others have their medians of training.
    ///
    /// # Panics
    /// If there is no such field.
    pub fn encode_values(&mut self, tape: &mut Tape, params: &Params, field: usize, values: &[f32]) -> Var {
        let group = self.ask(field, values);
        self.groups[group].encoding.encode(tape, params, &self.asked)
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The smallest and the largest value of a field in training, if it has any there.
    ///
    /// # Panics
    /// If there is no such field.
    #[must_use]
    pub fn range(&self, field: usize) -> Option<(f32, f32)> {
        self.fields[field].range
    }

    /// The vector of each of `values`, as [`Numbers::encode_values`] would have it, row by row: what a picture draws
    /// against them.
    ///
    /// # Panics
    /// If there is no such field.
    pub fn curve(&mut self, params: &Params, field: usize, values: &[f32]) -> Vec<f32> {
        let mut tape = Tape::new();
        let vectors = self.encode_values(&mut tape, params, field, values);
        tape.value(vectors).to_vec()
    }

    /// Where a field is cut into bins, upwards; empty where there are none.
    ///
    /// # Panics
    /// If there is no such field.
    #[must_use]
    pub fn edges(&self, field: usize) -> &[f32] {
        self.groups[self.group(field)].encoding.edges()
    }

    /// How much of each of AutoDis' bins there is in each of `values`; none under other kinds.
    ///
    /// # Panics
    /// If there is no such field.
    pub fn soft_bins(&mut self, params: &Params, field: usize, values: &[f32]) -> Option<SoftBins> {
        let group = self.ask(field, values);
        self.groups[group].encoding.soft_bins(params, &self.asked)
    }

    fn group(&self, field: usize) -> usize {
        let group = self.groups.iter().position(|group| group.fields.contains(&field));
        group.unwrap_or_else(|| panic!("there is no field {field} of numbers"))
    }

    /// Puts `values` of `field` among what is asked for, and gives its group.
    fn ask(&mut self, field: usize, values: &[f32]) -> usize {
        let number = self.group(field);
        self.asked.clear();
        for &value in values {
            let fields = self.groups[number].fields.clone();
            let of = |place: usize| {
                if place == field {
                    value
                } else {
                    self.fields[place].middle
                }
            };
            self.asked.extend(fields.map(of));
        }
        number
    }
}

/// Whether a table has a field of numbers.
#[must_use]
pub fn has_numbers(table: &Table) -> bool {
    let mut columns = table.fields.iter().map(|field| &field.column);
    columns.any(|column| matches!(column, Column::Number { .. }))
}
