//! Inverted files: IVF-Flat, and IVF-PQ with its residual codes (Jégou, Douze and Schmid, TPAMI 2011).

use super::build::{Builder, Progress};
use super::coarse::{Coarse, Multi, ToCells, geometry};
use super::codes::{Codes, Encoders};
use super::fast_scan::FastScan;
use super::inverted::{Inverted, Store, by_cell};
use super::k_means::{Geometry, KMeans, sample};
use super::pq::{Pq, PqTraining};
use super::sieve::{ROWS_FROM, Sieve};
use super::{Index, IndexKind};
use crate::matrix::{Matrix, Metric};
use crate::rng::{Purpose, Rng};
use base::settings::{Knob, Settings, Value};
use base::text::{Message, Result};

/// IVF-Flat's entry in the table.
pub const FLAT: IndexKind = IndexKind {
    kind: "ivf_flat",
    source: "",
    knobs: cells,
    codes: usual_codes,
    build: |vectors, metric, settings, seed| {
        let plan = plan(&vectors, settings);
        Ok(Box::new(Building::new(vectors, metric, plan, seed)))
    },
};

/// IVF-PQ's entry in the table.
pub const PQ: IndexKind = IndexKind {
    kind: "ivf_pq",
    source: "Jégou et al., TPAMI 2011",
    knobs: || {
        let mut knobs = cells();
        knobs.extend([
            Knob::whole("m", 0, 256, 0),
            Knob::choice("bits", &["auto", "4", "6", "8"], "auto").paper(Value::Text("8".into())),
            Knob::whole("refine", 0, 64, 8),
        ]);
        knobs
    },
    codes,
    build: |vectors, metric, settings, seed| {
        let (n, d) = vectors.dim();
        let (m, bits) = codes(n, d, settings)?;
        let plan = Plan {
            codes: Some(PlannedCodes {
                m,
                bits,
                refine: settings.whole("refine") as usize,
            }),
            ..plan(&vectors, settings)
        };
        Ok(Box::new(Building::new(vectors, metric, plan, seed)))
    },
};

fn cells() -> Vec<Knob> {
    vec![Knob::whole("nlist", 0, 16_384, 0), Knob::whole("nprobe", 1, 16_384, 8)]
}

fn plan(vectors: &Matrix, settings: &Settings) -> Plan {
    let n = vectors.nrows();
    let cells = match settings.whole("nlist") as usize {
        0 => ((4.0 * libm::sqrt(n as f64)) as usize).min(n / 4),
        nlist => nlist.min(n),
    };
    Plan {
        cells: PlannedCells::Cells(cells.max(1)),
        effort: settings.whole("nprobe") as usize,
        codes: None,
    }
}

/// M and b that the settings of codes ask for.
fn codes(n: usize, d: usize, settings: &Settings) -> Result<(usize, u32)> {
    let bits = match settings.word("bits") {
        "4" => 4,
        "6" => 6,
        "8" => 8,
        _ => usual_bits(n),
    };
    Ok((parts(d, settings.whole("m") as usize, bits)?, bits))
}

/// M and b where nothing is said of codes.
pub fn usual_codes(n: usize, d: usize, _: &Settings) -> Result<(usize, u32)> {
    let bits = usual_bits(n);
    Ok((parts(d, 0, bits)?, bits))
}

/// 256 centroids want some 10,000 rows to be learnt from.
const fn usual_bits(n: usize) -> u32 {
    if n < 10_000 { 4 } else { 8 }
}

/// M: as asked for, or so that a vector of `d` numbers takes about d/4 bytes, where EBR sees accuracy saturate.
fn parts(d: usize, asked: usize, bits: u32) -> Result<usize> {
    if asked == 0 {
        let usual = 2.0 * d as f64 / f64::from(bits);
        let off = |m: usize| (m as f64 / usual).max(usual / m as f64);
        let divisors = (1..=d).filter(|m| d.is_multiple_of(*m));
        return Ok(divisors.fold(1, |best, m| if off(m) < off(best) { m } else { best }));
    }
    if d.is_multiple_of(asked) {
        return Ok(asked);
    }
    let fits: Vec<String> = (1..=d)
        .filter(|m| d.is_multiple_of(*m))
        .map(|m| m.to_string())
        .collect();
    let refusal = Message::new("index.parts").with("m", asked).with("dim", d);
    Err(refusal.with("fits", fits.join(", ")))
}

/// What is to be built.
pub struct Plan {
    /// The cells.
    pub cells: PlannedCells,
    /// Codes instead of vectors.
    pub codes: Option<PlannedCodes>,
    /// The effort of a search that names none.
    pub effort: usize,
}

/// How cells are to be made.
#[derive(Clone, Copy)]
pub enum PlannedCells {
    /// So many.
    Cells(usize),
    /// A multi-index with 2^bits centroids a half.
    Multi(u32),
}

/// How rows are to be coded.
#[derive(Clone, Copy)]
pub struct PlannedCodes {
    m: usize,
    bits: u32,
    refine: usize,
}

/// An index with inverted lists under construction.
pub struct Building {
    vectors: Vec<f32>,
    d: usize,
    metric: Metric,
    plan: Plan,
    seed: u32,
    /// Clusterings that are done.
    centroids: Vec<Vec<f32>>,
    stage: Stage,
    cells: Vec<u32>,
    /// Residuals of some rows, which codes are learnt from.
    residuals: Vec<f32>,
    /// Rows in the order of the lists.
    order: Vec<u32>,
    done: Inverted,
}

enum Stage {
    Cluster(KMeans),
    Assign(ToCells),
    Learn(PqTraining),
    LearnFastScan(PqTraining),
    Fill(Option<Encoders>),
    Done,
}

/// Rows that are assigned, coded or copied in one unit of work.
const ROWS: usize = 256;

impl Building {
    /// Nothing done yet.
    pub fn new(vectors: Matrix, metric: Metric, plan: Plan, seed: u32) -> Self {
        let d = vectors.ncols();
        let (vectors, _) = vectors.into_raw_vec_and_offset();
        let done = Inverted {
            metric,
            d,
            coarse: Coarse::Cells(Vec::new()),
            offsets: Vec::new(),
            ids: Vec::new(),
            store: Store::Vectors(Vec::new()),
            coarse_sieve: None,
            sieve: None,
            effort: plan.effort,
            next: 0,
        };
        let mut building = Self {
            vectors,
            d,
            metric,
            plan,
            seed,
            centroids: Vec::new(),
            stage: Stage::Done,
            cells: Vec::new(),
            residuals: Vec::new(),
            order: Vec::new(),
            done,
        };
        building.stage = Stage::Cluster(building.clustering(0));
        building
    }

    fn n(&self) -> usize {
        self.vectors.len().checked_div(self.d).unwrap_or(0)
    }

    /// The clustering of all columns, or of half of them.
    fn clustering(&self, half: usize) -> KMeans {
        let (from, to, k, geometry) = match self.plan.cells {
            PlannedCells::Cells(k) => (0, self.d, k, geometry(self.metric)),
            PlannedCells::Multi(bits) => {
                let first = Multi::first(self.d);
                let [from, to] = [[0, first], [first, self.d]][half];
                (from, to, 1 << bits, Geometry::Euclidean)
            }
        };
        let mut rng = Rng::stream(self.seed, Purpose::Index, 2 + half as u64);
        let rows = sample(&self.vectors, self.d, from, to, k, &mut rng);
        KMeans::new(rows, to - from, k, geometry, &mut rng)
    }

    /// What follows a clustering that is done.
    fn clustered(&mut self, centroids: Vec<f32>) -> Stage {
        self.centroids.push(centroids);
        let bits = match self.plan.cells {
            PlannedCells::Multi(_) if self.centroids.len() < 2 => return Stage::Cluster(self.clustering(1)),
            PlannedCells::Multi(bits) => bits,
            PlannedCells::Cells(_) => 0,
        };
        let mut centroids = std::mem::take(&mut self.centroids).into_iter();
        let first = centroids.next().unwrap_or_default();
        self.done.coarse = match centroids.next() {
            Some(second) => Coarse::Multi(Multi {
                halves: [first, second],
                bits,
            }),
            None => Coarse::Cells(first),
        };
        Stage::Assign(self.done.coarse.to_cells(self.d, self.metric))
    }

    /// What follows when all rows have their cells.
    fn assigned(&mut self) -> Stage {
        // Rows of no width lie in the first cell.
        self.cells.resize(self.n(), 0);
        let cells = self.done.coarse.cells(self.d);
        (self.done.offsets, self.order) = by_cell(&self.cells, cells);
        self.done.next = self.cells.len() as u32;
        let codes = self.plan.codes.filter(|_| self.d > 0);
        if self.metric == Metric::L2 && codes.is_none() {
            self.done.sieve = Sieve::if_worth_it(&self.vectors, self.d, ROWS_FROM);
        }
        self.done.take_coarse_sieve();
        let Some(PlannedCodes { m, bits, .. }) = codes else {
            return self.fill_with(None);
        };
        // Residuals of as many rows as the quantiser learns from, which are drawn here already.
        let mut rng = Rng::stream(self.seed, Purpose::Index, 0);
        let mut rows: Vec<u32> = (0..self.n() as u32).collect();
        rng.shuffle(&mut rows);
        rows.truncate((64 << bits).max(4096));
        let mut centroid = vec![0.0; self.d];
        for row in rows {
            let x = &self.vectors[row as usize * self.d..][..self.d];
            self.done.coarse.centroid(self.cells[row as usize], &mut centroid);
            self.residuals.extend(x.iter().zip(&centroid).map(|(x, c)| x - c));
        }
        Stage::Learn(PqTraining::new(&self.residuals, self.d, m, bits, self.seed))
    }

    /// What follows when the codes are learnt.
    fn learnt(&mut self, pq: Pq) -> Stage {
        let refine = self.plan.codes.map_or(0, |codes| codes.refine);
        let refined = if refine > 0 { self.n() } else { 0 };
        let fast_scan =
            FastScan::is_worth_it(&pq, refined).then(|| FastScan::training(&pq, &self.residuals, self.seed));
        self.done.store = Store::Codes(Codes::new(pq, true, refine));
        fast_scan.map_or_else(|| self.fill_with(None), Stage::LearnFastScan)
    }

    /// What follows when all is learnt.
    fn fill_with(&mut self, fast_scan: Option<FastScan>) -> Stage {
        self.residuals = Vec::new();
        let Store::Codes(codes) = &mut self.done.store else {
            return Stage::Fill(None);
        };
        codes.fast_scan = fast_scan;
        Stage::Fill(Some(codes.encoders()))
    }

    /// Puts the next rows into the lists.
    fn fill(&mut self, encoders: &mut Option<Encoders>) {
        let d = self.d;
        let filled = self.done.ids.len();
        let next = &self.order[filled..self.order.len().min(filled + ROWS)];
        let mut rows = Vec::with_capacity(next.len() * d);
        for &row in next {
            rows.extend_from_slice(&self.vectors[row as usize * d..][..d]);
        }
        match (&mut self.done.store, encoders) {
            (Store::Codes(codes), Some(encoders)) => {
                let cells: Vec<u32> = next.iter().map(|&row| self.cells[row as usize]).collect();
                codes.push(encoders, &rows, &cells, &self.done.coarse, self.metric);
            }
            (Store::Vectors(vectors), _) => {
                if let Some(sieve) = &mut self.done.sieve {
                    sieve.push(&rows);
                }
                vectors.append(&mut rows);
            }
            (Store::Codes(_), None) => unreachable!("codes come with what makes them"),
        }
        self.done.ids.extend_from_slice(next);
    }
}

impl Builder for Building {
    fn advance(&mut self) -> Option<Progress> {
        let rows = self.n().max(1) as f32;
        let (next, phase, share) = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Cluster(mut clustering) => {
                let share = match self.plan.cells {
                    PlannedCells::Cells(_) => clustering.share(),
                    PlannedCells::Multi(_) => (self.centroids.len() as f32 + clustering.share()) / 2.0,
                };
                let next = if clustering.advance() {
                    Stage::Cluster(clustering)
                } else {
                    self.clustered(clustering.centroids())
                };
                (next, "index.phase.cluster", share)
            }
            Stage::Assign(mut to_cells) => {
                let done = self.cells.len();
                let end = self.n().min(done + ROWS);
                to_cells.assign(&self.vectors[done * self.d..end * self.d], self.d, &mut self.cells);
                let next = if end == self.n() {
                    self.assigned()
                } else {
                    Stage::Assign(to_cells)
                };
                (next, "index.phase.assign", end as f32 / rows)
            }
            Stage::Learn(mut training) => {
                let share = training.share();
                let next = if training.advance() {
                    Stage::Learn(training)
                } else {
                    self.learnt(training.finish())
                };
                (next, "index.phase.codes", share)
            }
            Stage::LearnFastScan(mut training) => {
                let next = if training.advance() {
                    Stage::LearnFastScan(training)
                } else {
                    self.fill_with(Some(FastScan::new(training.finish())))
                };
                (next, "index.phase.codes", 1.0)
            }
            Stage::Fill(mut encoders) => {
                self.fill(&mut encoders);
                let filled = self.done.ids.len();
                let next = if filled == self.order.len() {
                    Stage::Done
                } else {
                    Stage::Fill(encoders)
                };
                (next, "index.phase.lists", filled as f32 / rows)
            }
            Stage::Done => return None,
        };
        self.stage = next;
        Some(Progress { phase, share })
    }

    fn finish(self: Box<Self>) -> Box<dyn Index> {
        assert!(
            matches!(self.stage, Stage::Done),
            "an index that is not built to the end"
        );
        Box::new(self.done)
    }
}
