//! What vectors go through before they are indexed, and queries before they are searched for: y = A x.
//!
//! PCA keeps the axes along which vectors vary most; a random rotation spreads what varies over all columns; OPQ rotates
//! so that a product quantiser loses least. A rotation changes no distance and no product. For distances PCA takes its
//! axes about the mean; subtracting the mean itself would change nothing, since queries would lose it too. For inner
//! products it takes them about the origin, where the products are.
//!
//! Cosines, too, are inner products once vectors and queries are scaled to length 1: so every kind has them.

use super::build::{Builder, Progress};
use super::eigen::{Eigen, orthonormalise};
use super::flat::unit_rows;
use super::opq::Opq;
use super::{Ask, Hit, Index, IndexKind, Parts, Work, kernels, rows_of, take_more};
use crate::matrix::{Matrix, Metric};
use crate::order;
use crate::rng::{Purpose, Rng};
use base::settings::{Knob, Settings};
use base::text::{Message, Result};

/// Rows that axes are learnt from at most.
const ROWS_LEARNT: usize = 32_768;

/// Rows that OPQ learns from at most: it goes through them in every round.
const ROWS_OPQ: usize = 8_192;

/// Rows looked at or transformed in one unit of work.
const ROWS: usize = 256;

/// The settings of the transform, which every kind has.
pub fn knobs() -> [Knob; 2] {
    [
        Knob::choice("transform", &["none", "pca", "random_rotation", "opq"], "none"),
        Knob::whole("dims", 0, 1024, 0),
    ]
}

/// y = A x + b.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// A (d_out × d_in).
    pub matrix: Vec<f32>,
    /// b (d_out); empty where there is none, as ours have none.
    pub bias: Vec<f32>,
    /// Width of what goes in.
    pub d_in: usize,
    /// Width of what comes out.
    pub d_out: usize,
}

impl Linear {
    /// y of `x`, behind what is in `out`.
    pub fn apply(&self, x: &[f32], out: &mut Vec<f32>) {
        let first = out.len();
        out.resize(first + self.d_out, 0.0);
        kernels::dots(x, &self.matrix, &mut out[first..]);
        out[first..].iter_mut().zip(&self.bias).for_each(|(y, b)| *y += b);
    }
}

/// An index over transformed vectors.
pub struct Transformed {
    /// What vectors are compared by before they are transformed.
    pub metric: Metric,
    /// The transforms, first to last. Under [`Metric::Cosine`] vectors are scaled to length 1 before all of them.
    pub chain: Vec<Linear>,
    /// Over what comes out.
    pub inner: Box<dyn Index>,
}

impl Transformed {
    /// What comes out for `x`, in `out`; `spare` is working space.
    pub fn apply(&self, x: &[f32], out: &mut Vec<f32>, spare: &mut Vec<f32>) {
        out.clear();
        out.extend_from_slice(x);
        if self.metric == Metric::Cosine {
            kernels::normalise(out);
        }
        for linear in &self.chain {
            std::mem::swap(out, spare);
            out.clear();
            linear.apply(spare, out);
        }
    }
}

impl Index for Transformed {
    fn search(&self, query: &[f32], ask: Ask<'_>, work: &mut Work, out: &mut Vec<Hit>) {
        assert_eq!(query.len(), self.dim(), "length of the query");
        let [mut transformed, mut spare] = std::mem::take(&mut work.transformed);
        self.apply(query, &mut transformed, &mut spare);
        self.inner.search(&transformed, ask, work, out);
        work.transformed = [transformed, spare];
    }

    fn efforts(&self) -> Vec<usize> {
        self.inner.efforts()
    }

    fn effort(&self) -> usize {
        self.inner.effort()
    }

    fn bytes(&self) -> usize {
        let numbers = |linear: &Linear| linear.matrix.len() + linear.bias.len();
        self.inner.bytes() + self.chain.iter().map(numbers).sum::<usize>() * size_of::<f32>()
    }

    fn len(&self) -> usize {
        self.inner.len()
    }

    fn dim(&self) -> usize {
        self.chain.first().map_or_else(|| self.inner.dim(), |first| first.d_in)
    }

    fn metric(&self) -> Metric {
        self.metric
    }

    fn add(&mut self, vectors: Matrix) -> Result<()> {
        let vectors = take_more(self.dim(), vectors)?;
        let (mut rows, mut row, mut spare) = (Vec::new(), Vec::new(), Vec::new());
        for vector in vectors.outer_iter() {
            self.apply(vector.to_slice().unwrap_or_default(), &mut row, &mut spare);
            rows.extend_from_slice(&row);
        }
        self.inner.add(rows_of(rows, vectors.nrows()))
    }

    fn remove(&mut self, ids: &[u32]) {
        self.inner.remove(ids);
    }

    fn parts(&self) -> Parts<'_> {
        Parts::Transformed(self)
    }
}

/// Begins to build `kind` over what comes of `vectors`.
pub fn begin(
    kind: &'static IndexKind,
    vectors: Matrix,
    metric: Metric,
    settings: &Settings,
    seed: u32,
) -> Result<Box<dyn Builder>> {
    let (n, d) = vectors.dim();
    let transform = settings.word("transform");
    if transform == "none" && (metric != Metric::Cosine || kind.kind == super::flat::KIND.kind) {
        return (kind.build)(vectors, metric, settings, seed);
    }
    let inner = if metric == Metric::Cosine { Metric::Dot } else { metric };
    let width = match settings.whole("dims") as usize {
        _ if transform == "none" => d,
        0 => d,
        dims if dims <= d => dims,
        dims => return Err(Message::new("index.dims").with("dims", dims).with("dim", d)),
    };
    // What the settings ask of the width is asked before there is anything to wait for.
    (kind.build)(Matrix::zeros((0, width)), inner, settings, seed)?;
    let (m, bits) = (kind.codes)(n, width, settings)?;
    let mut preparing = Preparing {
        kind,
        settings: settings.clone(),
        seed,
        metric,
        inner,
        vectors: unit_rows(vectors, metric),
        width,
        codes: (transform == "opq").then_some((m, bits)),
        mean: vec![0.0; d],
        sums: Vec::new(),
        learnt: Vec::new(),
        matrix: Vec::new(),
        applied: Vec::new(),
        stage: Stage::Apply,
    };
    preparing.stage = match transform {
        "none" => preparing.inner()?,
        "random_rotation" => {
            let mut rng = Rng::stream(seed, Purpose::Index, 1 << 16);
            preparing.matrix = (0..d * d).map(|_| f64::from(rng.normal())).collect();
            orthonormalise(&mut preparing.matrix, d);
            Stage::Apply
        }
        _ => {
            preparing.draw();
            Stage::Moments(0)
        }
    };
    Ok(Box::new(preparing))
}

/// A transform that is learnt and applied, and then the index that is built over what comes out.
struct Preparing {
    kind: &'static IndexKind,
    settings: Settings,
    seed: u32,
    metric: Metric,
    /// How what comes out is compared.
    inner: Metric,
    vectors: Matrix,
    width: usize,
    /// Parts and bits of OPQ.
    codes: Option<(usize, u32)>,
    mean: Vec<f64>,
    /// Σ (x − mean)(x − mean)ᵀ (d × d).
    sums: Vec<f64>,
    /// Rows that are learnt from.
    learnt: Vec<u32>,
    /// A, in full: d × d.
    matrix: Vec<f64>,
    /// Rows that came out.
    applied: Vec<f32>,
    stage: Stage,
}

enum Stage {
    /// So many of the rows to be learnt from are summed up.
    Moments(usize),
    Axes(Eigen),
    Turn(Box<Opq>),
    Apply,
    Inner(Option<Linear>, Box<dyn Builder>),
}

impl Preparing {
    fn row(&self, row: u32) -> &[f32] {
        let d = self.vectors.ncols();
        &self.vectors.as_slice().unwrap_or_default()[row as usize * d..][..d]
    }

    /// Draws the rows to be learnt from, and takes their mean.
    fn draw(&mut self) {
        let d = self.vectors.ncols();
        let mut rows: Vec<u32> = (0..self.vectors.nrows() as u32).collect();
        if rows.len() > ROWS_LEARNT {
            Rng::stream(self.seed, Purpose::Index, 1 << 16).shuffle(&mut rows);
            rows.truncate(ROWS_LEARNT);
            order::ascend(&mut rows);
        }
        self.sums = vec![0.0; d * d];
        if self.inner == Metric::L2 {
            let mut mean = vec![0.0; d];
            for &row in &rows {
                mean.iter_mut()
                    .zip(self.row(row))
                    .for_each(|(sum, &x)| *sum += f64::from(x));
            }
            let n = rows.len().max(1) as f64;
            mean.iter_mut().for_each(|sum| *sum /= n);
            self.mean = mean;
        }
        self.learnt = rows;
    }

    fn moments(&mut self, from: usize) -> Stage {
        let d = self.vectors.ncols();
        let end = self.learnt.len().min(from + ROWS);
        let mut sums = std::mem::take(&mut self.sums);
        let mut centred = vec![0.0; d];
        for &row in &self.learnt[from..end] {
            let pairs = self.row(row).iter().zip(&self.mean);
            centred
                .iter_mut()
                .zip(pairs)
                .for_each(|(y, (&x, mean))| *y = f64::from(x) - mean);
            for (sums, &x) in sums.chunks_exact_mut(d).zip(&centred) {
                sums.iter_mut().zip(&centred).for_each(|(sum, y)| *sum += x * y);
            }
        }
        if end < self.learnt.len() {
            self.sums = sums;
            return Stage::Moments(end);
        }
        let n = self.learnt.len().max(1) as f64;
        sums.iter_mut().for_each(|sum| *sum /= n);
        Stage::Axes(Eigen::new(sums, d))
    }

    /// What follows when the axes are found.
    fn axes(&mut self, eigen: Eigen) -> Stage {
        let d = self.vectors.ncols();
        let (variances, axes) = eigen.finish();
        self.matrix = axes;
        let Some((m, bits)) = self.codes else {
            return Stage::Apply;
        };
        let axes = self.linear();
        let step = self.learnt.len().div_ceil(ROWS_OPQ).max(1);
        let mut rows = Vec::new();
        for &row in self.learnt.iter().step_by(step) {
            axes.apply(self.row(row), &mut rows);
        }
        debug_assert!(self.width <= d);
        Stage::Turn(Box::new(Opq::new(rows, &variances[..self.width], m, bits, self.seed)))
    }

    /// The rotation after the axes: R A.
    fn turned(&mut self, opq: Opq) {
        let (d, width) = (self.vectors.ncols(), self.width);
        let rotation = opq.finish();
        let mut product = vec![0.0; width * d];
        for (into, weights) in product.chunks_exact_mut(d).zip(rotation.chunks_exact(width)) {
            for (axis, weight) in self.matrix.chunks_exact(d).zip(weights) {
                into.iter_mut().zip(axis).for_each(|(into, x)| *into += weight * x);
            }
        }
        self.matrix = product;
    }

    /// The first rows of A.
    fn linear(&self) -> Linear {
        let d = self.vectors.ncols();
        Linear {
            matrix: self.matrix[..self.width * d].iter().map(|&x| x as f32).collect(),
            bias: Vec::new(),
            d_in: d,
            d_out: self.width,
        }
    }

    /// Begins to build the index over the rows that came out, or those that went in where nothing was to be applied.
    fn inner(&mut self) -> Result<Stage> {
        let n = self.vectors.nrows();
        let (vectors, linear) = if self.matrix.is_empty() {
            (std::mem::take(&mut self.vectors), None)
        } else {
            let mut applied = std::mem::take(&mut self.applied);
            applied.resize(n * self.width, 0.0);
            let rows = Matrix::from_shape_vec((n, self.width), applied).expect("a row for each vector");
            (rows, Some(self.linear()))
        };
        let builder = (self.kind.build)(vectors, self.inner, &self.settings, self.seed)?;
        Ok(Stage::Inner(linear, builder))
    }
}

impl Builder for Preparing {
    fn advance(&mut self) -> Option<Progress> {
        let (next, phase, share) = match std::mem::replace(&mut self.stage, Stage::Apply) {
            Stage::Moments(from) => {
                let share = from as f32 / self.learnt.len().max(1) as f32;
                (self.moments(from), "index.phase.moments", share)
            }
            Stage::Axes(mut eigen) => {
                let share = eigen.share();
                let next = if eigen.advance() {
                    Stage::Axes(eigen)
                } else {
                    self.axes(eigen)
                };
                (next, "index.phase.axes", share)
            }
            Stage::Turn(mut opq) => {
                let share = opq.share();
                let next = if opq.advance() {
                    Stage::Turn(opq)
                } else {
                    self.turned(*opq);
                    Stage::Apply
                };
                (next, "index.phase.turn", share)
            }
            Stage::Apply => {
                let n = self.vectors.nrows();
                let done = self.applied.len().checked_div(self.width).unwrap_or(n);
                let linear = self.linear();
                let mut applied = std::mem::take(&mut self.applied);
                let end = n.min(done + ROWS);
                (done..end).for_each(|row| linear.apply(self.row(row as u32), &mut applied));
                self.applied = applied;
                let next = if end == n {
                    self.inner().expect("settings that were asked about before")
                } else {
                    Stage::Apply
                };
                (next, "index.phase.apply", end as f32 / n.max(1) as f32)
            }
            Stage::Inner(linear, mut builder) => {
                let progress = builder.advance();
                self.stage = Stage::Inner(linear, builder);
                return progress;
            }
        };
        self.stage = next;
        Some(Progress { phase, share })
    }

    fn finish(self: Box<Self>) -> Box<dyn Index> {
        let Stage::Inner(linear, builder) = self.stage else {
            panic!("an index that is not built to the end")
        };
        Box::new(Transformed {
            metric: self.metric,
            chain: linear.into_iter().collect(),
            inner: builder.finish(),
        })
    }
}
