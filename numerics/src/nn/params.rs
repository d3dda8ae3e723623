//! All numbers that a model learns.

use std::rc::Rc;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::embedding::{Encoder, Encoders, Of, TooLarge, Wanted};
use super::pen::{Pen, Unfit};
use super::simd::{self, Write};
use super::table::Table;
use crate::fnv::Fnv;
use crate::rng::Rng;

/// A parameter of a [`Params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParamId(u32);

/// First values of a parameter `[rows, cols]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Zero: biases.
    Zeros,
    /// Uniform in `[-a, a)`.
    Uniform(f32),
    /// Normal with this standard deviation.
    Normal(f32),
    /// Uniform in `±√(6 / (rows + cols))` (Glorot and Bengio, 2010).
    Glorot,
    /// Normal with standard deviation `√(2 / rows)`, `rows` being the inputs (He et al., 2015): layers with ReLU.
    He,
}

impl Init {
    fn draw(self, rows: usize, cols: usize, rng: &mut Rng) -> Vec<f32> {
        let glorot = (6.0 / (rows + cols).max(1) as f32).sqrt();
        let he = (2.0 / rows.max(1) as f32).sqrt();
        let mut one = || match self {
            Init::Zeros => 0.0,
            Init::Uniform(a) => rng.between(-a, a),
            Init::Normal(deviation) => deviation * rng.normal(),
            Init::Glorot => rng.between(-glorot, glorot),
            Init::He => he * rng.normal(),
        };
        (0..rows * cols).map(|_| one()).collect()
    }
}

/// Where the numbers of a parameter are.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// From here in the flat vector of all dense parameters.
    Dense(usize),
    /// In this table.
    Table(usize),
    /// Nowhere: made by this encoder from other parameters.
    Encoded(usize),
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    rows: usize,
    cols: usize,
    place: Place,
    /// Whether the last backward pass reached a dense parameter; if not, its gradient is zero.
    reached: bool,
}

/// Dense parameters, flat in one vector, and embedding tables, with the gradients of the last backward pass.
#[derive(Clone, Debug, Default)]
pub struct Params {
    entries: Vec<Entry>,
    dense: Vec<f32>,
    dense_gradient: Vec<f32>,
    tables: Vec<Table>,
    /// What makes embeddings that are no tables, and what the ids of each stand for.
    made: Vec<(Of, Rc<dyn Encoder>)>,
    /// All embeddings, tables or not.
    pub(super) embeddings: Vec<ParamId>,
    /// Decides what embeddings are made of; tables where there is none.
    pub(super) encoders: Option<Rc<dyn Encoders>>,
    pub(super) too_large: Option<TooLarge>,
    /// Grows whenever a value may have changed.
    version: u64,
}

/// The values of a [`Params`] at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamsSnapshot {
    dense: Vec<f32>,
    tables: Vec<Vec<f32>>,
}

impl ParamsSnapshot {
    /// Every number, for `pen`.
    ///
    /// # Errors
    /// If `pen` reads those of other parameters.
    pub fn pass(&mut self, pen: &mut Pen) -> Result<(), Unfit> {
        pen.all(&mut self.dense)?;
        self.tables.iter_mut().try_for_each(|table| pen.all(table))
    }
}

impl Params {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No parameters yet; their embeddings will be made by `encoders`.
    #[must_use]
    pub fn encoded_by(encoders: Rc<dyn Encoders>) -> Self {
        Self {
            encoders: Some(encoders),
            ..Self::default()
        }
    }

    /// An embedding that was left out because there is no room for its table.
    #[must_use]
    pub const fn too_large(&self) -> Option<&TooLarge> {
        self.too_large.as_ref()
    }

    /// A number that is another whenever a value may have changed.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Adds a matrix that every step uses as a whole.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn dense(&mut self, name: &str, rows: usize, cols: usize, init: Init, rng: &mut Rng) -> ParamId {
        let offset = self.dense.len();
        self.dense.extend(init.draw(rows, cols, rng));
        self.dense_gradient.resize(self.dense.len(), 0.0);
        self.enter(name, rows, cols, Place::Dense(offset))
    }

    /// Adds an embedding table: a step looks up some rows, and only those have a gradient and are updated.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn table(&mut self, name: &str, rows: usize, cols: usize, init: Init, rng: &mut Rng) -> ParamId {
        self.tables.push(Table::new(rows, cols, init.draw(rows, cols, rng)));
        self.enter(name, rows, cols, Place::Table(self.tables.len() - 1))
    }

    /// Adds an embedding that `encoder` makes.
    pub(super) fn enter_encoded(&mut self, wanted: &Wanted, encoder: Rc<dyn Encoder>) -> ParamId {
        self.made.push((wanted.of, encoder));
        self.enter(
            wanted.name,
            wanted.n_ids,
            wanted.width,
            Place::Encoded(self.made.len() - 1),
        )
    }

    fn enter(&mut self, name: &str, rows: usize, cols: usize, place: Place) -> ParamId {
        assert!(self.find(name).is_none(), "two parameters named {name}");
        self.entries.push(Entry {
            name: name.to_owned(),
            rows,
            cols,
            place,
            reached: false,
        });
        ParamId(self.entries.len() as u32 - 1)
    }

    /// All parameters, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = ParamId> + use<> {
        (0..self.entries.len() as u32).map(ParamId)
    }

    /// The parameter of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ParamId> {
        self.ids().find(|id| self.name(*id) == name)
    }

    /// The name of a parameter.
    #[must_use]
    pub fn name(&self, id: ParamId) -> &str {
        &self.entry(id).name
    }

    /// Rows and columns of a parameter.
    #[must_use]
    pub fn shape(&self, id: ParamId) -> (usize, usize) {
        (self.entry(id).rows, self.entry(id).cols)
    }

    /// The embeddings, in the order in which they were added.
    #[must_use]
    pub fn embeddings(&self) -> &[ParamId] {
        &self.embeddings
    }

    /// How many numbers are learnt for an embedding: those of its table, or of the parameters that go by its name.
    #[must_use]
    pub fn count_of(&self, embedding: ParamId) -> usize {
        let name = self.name(embedding);
        let own = |id: &ParamId| {
            *id == embedding
                || self
                    .name(*id)
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        self.ids().filter(own).map(|id| self.slice(id).len()).sum()
    }

    /// What makes the embedding `id`, if it is no table.
    #[must_use]
    pub fn encoder(&self, id: ParamId) -> Option<Rc<dyn Encoder>> {
        match self.entry(id).place {
            Place::Encoded(at) => Some(Rc::clone(&self.made[at].1)),
            Place::Dense(_) | Place::Table(_) => None,
        }
    }

    /// The embeddings whose ids stand for `of` and that are no tables.
    pub(super) fn encoded(&self, of: Of) -> impl Iterator<Item = (ParamId, Rc<dyn Encoder>)> {
        self.ids().filter_map(move |id| match self.entry(id).place {
            Place::Encoded(at) if self.made[at].0 == of => Some((id, Rc::clone(&self.made[at].1))),
            _ => None,
        })
    }

    /// Values of a parameter `[rows, cols]`.
    #[must_use]
    pub fn values(&self, id: ParamId) -> ArrayView2<'_, f32> {
        shaped(ArrayView2::from_shape(self.shape(id), self.slice(id)))
    }

    /// Values of a parameter `[rows, cols]`, to change them.
    pub fn values_mut(&mut self, id: ParamId) -> ArrayViewMut2<'_, f32> {
        let shape = self.shape(id);
        shaped(ArrayViewMut2::from_shape(shape, self.slice_mut(id)))
    }

    /// The gradient of the last backward pass `[rows, cols]`, zero where it did not reach; a copy, meant for tests.
    #[must_use]
    pub fn gradient(&self, id: ParamId) -> Array2<f32> {
        let (rows, cols) = self.shape(id);
        let values = match self.entry(id).place {
            Place::Table(table) => self.tables[table].dense_gradient(),
            Place::Dense(at) if self.entry(id).reached => self.dense_gradient[at..at + rows * cols].to_vec(),
            Place::Dense(_) | Place::Encoded(_) => vec![0.0; rows * cols],
        };
        shaped(Array2::from_shape_vec((rows, cols), values))
    }

    /// How many numbers are learnt.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids().map(|id| self.slice(id).len()).sum()
    }

    /// The [`fingerprint`] of all values, parameters in the order in which they were added and row by row.
    #[must_use]
    pub fn checksum(&self) -> u64 {
        fingerprint(self.ids().flat_map(|id| self.slice(id)).copied())
    }

    /// A copy of all values.
    #[must_use]
    pub fn save(&self) -> ParamsSnapshot {
        ParamsSnapshot {
            dense: self.dense.clone(),
            tables: self.tables.iter().map(|table| table.values().to_vec()).collect(),
        }
    }

    /// Takes all values from a copy made by [`Params::save`].
    ///
    /// # Panics
    /// If the copy was made of other parameters.
    pub fn restore(&mut self, snapshot: &ParamsSnapshot) {
        assert_eq!(self.tables.len(), snapshot.tables.len(), "tables of the snapshot");
        self.version += 1;
        self.dense.copy_from_slice(&snapshot.dense);
        for (table, values) in self.tables.iter_mut().zip(&snapshot.tables) {
            table.values_mut().copy_from_slice(values);
        }
    }

    fn entry(&self, id: ParamId) -> &Entry {
        &self.entries[id.0 as usize]
    }

    /// Values of a parameter, row by row.
    pub(super) fn slice(&self, id: ParamId) -> &[f32] {
        let entry = self.entry(id);
        match entry.place {
            Place::Dense(at) => &self.dense[at..at + entry.rows * entry.cols],
            Place::Table(table) => self.tables[table].values(),
            Place::Encoded(_) => &[],
        }
    }

    fn slice_mut(&mut self, id: ParamId) -> &mut [f32] {
        self.version += 1;
        let Entry { rows, cols, place, .. } = self.entries[id.0 as usize];
        match place {
            Place::Dense(at) => &mut self.dense[at..at + rows * cols],
            Place::Table(table) => self.tables[table].values_mut(),
            Place::Encoded(_) => &mut [],
        }
    }

    /// The table `id`.
    ///
    /// # Panics
    /// If the parameter is dense.
    pub(super) fn table_of(&self, id: ParamId) -> &Table {
        match self.entry(id).place {
            Place::Table(table) => &self.tables[table],
            _ => panic!("rows are looked up in a table, and {} is none", self.name(id)),
        }
    }

    /// The table `id`, to add gradients.
    ///
    /// # Panics
    /// If the parameter is dense.
    pub(super) fn table_of_mut(&mut self, id: ParamId) -> &mut Table {
        match self.entry(id).place {
            Place::Table(table) => &mut self.tables[table],
            _ => panic!("rows are looked up in a table, and {} is none", self.name(id)),
        }
    }

    /// Whether a parameter is dense and not a table.
    pub(super) fn is_dense(&self, id: ParamId) -> bool {
        matches!(self.entry(id).place, Place::Dense(_))
    }

    /// Where the gradient of the dense parameter `id` goes, and how: the first writer of a pass stores.
    ///
    /// # Panics
    /// If the parameter is a table.
    pub(super) fn dense_gradient_mut(&mut self, id: ParamId) -> (&mut [f32], Write) {
        let entry = &mut self.entries[id.0 as usize];
        let Place::Dense(at) = entry.place else {
            panic!("a table is used by its rows, and {} is a table", entry.name)
        };
        let write = if entry.reached { Write::Accumulate } else { Write::Store };
        entry.reached = true;
        (&mut self.dense_gradient[at..at + entry.rows * entry.cols], write)
    }

    /// Forgets the gradients of the pass before.
    pub(super) fn clear_gradients(&mut self) {
        for entry in &mut self.entries {
            entry.reached = false;
        }
        for table in &mut self.tables {
            table.clear_gradient();
        }
    }

    /// Writes zeros where no pass wrote a gradient, so that the dense vectors can be updated as a whole.
    pub(super) fn complete_dense_gradient(&mut self) {
        for entry in &mut self.entries {
            if let Place::Dense(at) = entry.place
                && !entry.reached
            {
                self.dense_gradient[at..at + entry.rows * entry.cols].fill(0.0);
                entry.reached = true;
            }
        }
    }

    /// Euclidean norm of the gradient of all parameters together.
    pub(super) fn gradient_norm(&self) -> f32 {
        let of_tables: f32 = self.tables.iter().map(|table| squares(table.touched_gradients())).sum();
        (squares(&self.dense_gradient) + of_tables).sqrt()
    }

    /// All dense values and their gradient.
    pub(super) fn dense_parts(&mut self) -> (&mut [f32], &[f32]) {
        self.version += 1;
        (&mut self.dense, &self.dense_gradient)
    }

    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub(super) fn tables_mut(&mut self) -> &mut [Table] {
        &mut self.tables
    }
}

fn squares(values: &[f32]) -> f32 {
    simd::dot(values, values)
}

/// Lengths and shapes are kept together in this file, so they agree.
fn shaped<T>(array: Result<T, ndarray::ShapeError>) -> T {
    array.unwrap_or_else(|error| panic!("a parameter's length does not fit its shape: {error}"))
}

/// FNV-1a over the bits of each number, taken as one 32-bit word: changing one bit of one number changes it.
#[must_use]
pub fn fingerprint(values: impl Iterator<Item = f32>) -> u64 {
    let mut hash = Fnv::default();
    values.for_each(|value| hash.word(u64::from(value.to_bits())));
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn three() -> (Params, [ParamId; 3]) {
        let mut rng = Rng::stream(1, Purpose::Init, 0);
        let mut params = Params::new();
        let weight = params.dense("weight", 3, 2, Init::Glorot, &mut rng);
        let items = params.table("items", 5, 2, Init::Normal(0.1), &mut rng);
        let bias = params.dense("bias", 1, 2, Init::Zeros, &mut rng);
        (params, [weight, items, bias])
    }

    #[test]
    fn parameters_are_found_by_name_and_counted() {
        let (params, [weight, items, bias]) = three();
        assert_eq!(params.count(), 6 + 10 + 2);
        assert_eq!(params.find("items"), Some(items));
        assert_eq!(params.find("users"), None);
        assert_eq!(params.ids().collect::<Vec<_>>(), [weight, items, bias]);
        assert_eq!((params.name(bias), params.shape(items)), ("bias", (5, 2)));
        assert_eq!(params.values(bias), Array2::<f32>::zeros((1, 2)));
    }

    #[test]
    fn changing_one_bit_of_any_number_changes_the_checksum() {
        let (mut params, ids) = three();
        let before = params.checksum();
        for id in ids {
            for at in 0..params.values(id).len() {
                for bit in [0, 31] {
                    let flip = |params: &mut Params| {
                        let value = &mut params.slice_mut(id)[at];
                        *value = f32::from_bits(value.to_bits() ^ (1 << bit));
                    };
                    flip(&mut params);
                    assert_ne!(params.checksum(), before, "bit {bit} of number {at}");
                    flip(&mut params);
                    assert_eq!(params.checksum(), before);
                }
            }
        }
    }

    #[test]
    fn restoring_a_snapshot_brings_all_bits_back() {
        let (mut params, ids) = three();
        let (before, snapshot) = (params.checksum(), params.save());
        for id in ids {
            params.values_mut(id).fill(3.0);
        }
        assert_ne!(params.checksum(), before);
        params.restore(&snapshot);
        assert_eq!(params.checksum(), before);
    }

    #[test]
    fn first_values_have_the_spread_their_name_says() {
        let mut rng = Rng::stream(2, Purpose::Init, 0);
        let mut deviation = |init: Init| {
            let values = init.draw(100, 200, &mut rng);
            (values.iter().map(|x| f64::from(x * x)).sum::<f64>() / 20_000.0).sqrt()
        };
        // A uniform number in ±a has deviation a / √3. One per cent is two standard errors of 20,000 draws.
        let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 0.02, "{found} for {expected}");
        near(deviation(Init::Uniform(0.3)), 0.3 / 3_f64.sqrt());
        near(deviation(Init::Normal(0.05)), 0.05);
        near(deviation(Init::Glorot), (6.0_f64 / 300.0).sqrt() / 3_f64.sqrt());
        near(deviation(Init::He), 0.02_f64.sqrt());
        assert_eq!(deviation(Init::Zeros), 0.0);
    }
}
