//! Indexes at equal recall, natively and in the browser by the same code, beside whatever else is at hand.
//!
//! Everything is searched one query at a time, k = 10, at the least effort that reaches a recall; the chosen searches
//! are then timed in turns, so that whatever else the machine does falls on all of them alike. Medians over the rounds
//! are printed, of speeds and of their ratios within a round. Compare within a run only.

use playground::engine::index::{Ask, Flat, INDEXES, Index, Parts, Store, Work};
use playground::engine::matrix::Metric;
use playground::settings::{Settings, Value, by_key};

mod data;

pub use data::{SETS, Set};

/// Hits that are asked for.
pub const K: usize = 10;
/// No row.
const NONE: u32 = u32::MAX;
const ROUNDS: usize = 7;
/// Seconds that a search is repeated for in each round.
const SECONDS: f64 = 0.2;
/// Recalls that are asked for.
const TARGETS: [f64; 3] = [0.90, 0.95, 0.99];
/// Queries by which recall is measured.
const JUDGED: usize = 500;

/// Somebody who searches a [`Set`] that is known to them.
pub trait Searcher {
    /// Who.
    fn name(&self) -> String;

    /// Gets ready; says what is to be said of that.
    fn build(&mut self) -> String;

    /// Numbers of the K rows found for each of the first `count` queries; [`NONE`] where there were fewer.
    fn found(&mut self, count: usize, effort: usize) -> Vec<u32>;

    /// Seconds of one query, the mean of all.
    fn seconds(&mut self, effort: usize) -> f64;
}

/// An index of ours.
struct Ours<'a> {
    name: &'static str,
    kind: &'static str,
    given: Vec<(&'static str, Value)>,
    set: &'a Set,
    now: &'a dyn Fn() -> f64,
    index: Option<Box<dyn Index>>,
}

impl Ours<'_> {
    fn search(&self, count: usize, effort: usize, each: &mut dyn FnMut(&[u32])) {
        let index = self.index.as_deref().expect("built before it is searched");
        let (mut work, mut hits, mut ids) = (Work::default(), Vec::new(), Vec::new());
        for query in &self.set.queries[..count] {
            index.search(query, Ask::new(K, effort), &mut work, &mut hits);
            ids.clear();
            ids.extend(hits.iter().map(|hit| hit.id));
            each(&ids);
        }
    }
}

impl Searcher for Ours<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn build(&mut self) -> String {
        let kind = INDEXES.iter().find(|entry| entry.kind == self.kind).expect("a kind");
        let settings =
            Settings::check("index", &kind.knobs(), &by_key(self.given.clone())).expect("settings of this kind");
        let vectors = self.set.vectors.clone();
        let mut builder = kind.begin(vectors, Metric::L2, &settings, 1).expect("vectors that fit");
        let (began, mut slice) = ((self.now)(), 0.0_f64);
        let mut last = began;
        while builder.advance().is_some() {
            let at = (self.now)();
            slice = slice.max(at - last);
            last = at;
        }
        let index = builder.finish();
        let seconds = ((self.now)() - began) / 1e3;
        let rows = self.set.vectors.nrows() as f64;
        let bytes = index.bytes() as f64 / rows;
        let refine = match index.parts() {
            Parts::Inverted(lists) => match lists.store() {
                Store::Codes(codes) => size_of_val(&codes.vectors[..]) as f64 / rows,
                Store::Vectors(_) => 0.0,
            },
            _ => 0.0,
        };
        self.index = Some(index);
        let bytes = format!("{bytes:.1} bytes a vector, {refine:.0} of them to refine");
        format!("built in {seconds:.1} s, longest unit {slice:.1} ms, {bytes}")
    }

    fn found(&mut self, count: usize, effort: usize) -> Vec<u32> {
        let mut found = Vec::new();
        self.search(count, effort, &mut |ids| {
            found.extend_from_slice(ids);
            found.resize(found.len().next_multiple_of(K), NONE);
        });
        found
    }

    fn seconds(&mut self, effort: usize) -> f64 {
        let count = self.set.queries.len();
        seconds(count, self.now, &mut || {
            self.search(count, effort, &mut |ids| {
                std::hint::black_box(ids);
            });
        })
    }
}

/// Ours, each the settings of the set.
fn ours<'a>(set: &'a Set, now: &'a dyn Fn() -> f64) -> Vec<Ours<'a>> {
    let number = |value: u32| Value::Number(f64::from(value));
    let cells = ("nlist", number(set.cells));
    let codes = vec![
        cells.clone(),
        ("m", number(set.parts)),
        ("bits", Value::Text("8".into())),
        ("refine", number(8)),
    ];
    let one = |name, kind, given| Ours {
        name,
        kind,
        given,
        set,
        now,
        index: None,
    };
    vec![
        one("IVF-Flat", "ivf_flat", vec![cells]),
        one("IVF-PQ + refine", "ivf_pq", codes),
        one("HNSW", "hnsw", Vec::new()),
    ]
}

/// A search to be timed.
struct Timed {
    line: String,
    target: f64,
    searcher: usize,
    effort: usize,
    seconds: Vec<f64>,
}

/// Measures our indexes on a set, and `others` beside them; says what came out line by line. `now` gives milliseconds.
pub fn run(set: &Set, others: &mut [Box<dyn Searcher + '_>], now: &dyn Fn() -> f64, say: &mut dyn FnMut(String)) {
    say(format!(
        "{}, {:?}, recall@{K}, one query at a time",
        set.name,
        Metric::L2
    ));
    let flat = Flat::build(set.vectors.clone(), Metric::L2).expect("finite vectors");
    let mut ours = ours(set, now);
    let first_other = ours.len();
    let mut searchers: Vec<&mut dyn Searcher> = Vec::new();
    ours.iter_mut().for_each(|ours| searchers.push(ours));
    others.iter_mut().for_each(|other| searchers.push(other.as_mut()));

    let judge = Judge::new(&flat, &set.queries[..JUDGED.min(set.queries.len())]);
    let mut timed = Vec::new();
    for (place, searcher) in searchers.iter_mut().enumerate() {
        let name = searcher.name();
        let built = searcher.build();
        say(format!("  {name:<16} {built}"));
        let mut recall_at = |effort| judge.recall(&searcher.found(judge.queries.len(), effort));
        let (mut below, mut effort, mut recall) = (0, 1, recall_at(1));
        for target in TARGETS {
            while recall < target && effort < set.vectors.nrows().min(4000) {
                below = effort;
                effort = (effort + 1).max(effort * 9 / 8);
                recall = recall_at(effort);
            }
            if recall < target {
                say(format!("  {name:<16} {target:.2}: not reached ({recall:.3})"));
                break;
            }
            // The least effort between the last two that reaches it.
            let (mut enough, mut reached) = (effort, recall);
            while enough > below + 1 {
                let middle = usize::midpoint(below, enough);
                let recall = recall_at(middle);
                if recall < target {
                    below = middle;
                } else {
                    (enough, reached) = (middle, recall);
                }
            }
            timed.push(Timed {
                line: format!("  {name:<16} {target:.2}: effort {enough:>4}, recall {reached:.3}"),
                target,
                searcher: place,
                effort: enough,
                seconds: Vec::new(),
            });
        }
    }
    let (mut exact, mut shares) = (Vec::new(), Vec::new());
    let memory = flat.vectors();
    for _ in 0..ROUNDS {
        for timed in &mut timed {
            timed.seconds.push(searchers[timed.searcher].seconds(timed.effort));
        }
        let (mut work, mut hits) = (Work::default(), Vec::new());
        let few = &set.queries[..100.min(set.queries.len())];
        exact.push(seconds(few.len(), now, &mut || {
            for query in few {
                flat.search(query, Ask::new(K, 0), &mut work, &mut hits);
                std::hint::black_box(&hits);
            }
        }));
        let reads = seconds(100, now, &mut || {
            for _ in 0..100 {
                std::hint::black_box(read(std::hint::black_box(memory)));
            }
        });
        shares.push(reads / exact[exact.len() - 1]);
    }
    for one in &timed {
        let mut line = format!("{}: {:>7.0} queries/s", one.line, 1.0 / median(one.seconds.clone()));
        let rivals = timed
            .iter()
            .filter(|other| one.searcher < first_other && other.searcher >= first_other && other.target == one.target);
        for rival in rivals {
            let ratios = rival.seconds.iter().zip(&one.seconds).map(|(rival, ours)| rival / ours);
            let name = searchers[rival.searcher].name();
            line.push_str(&format!(", {:.2} x {name}", median(ratios.collect())));
        }
        say(line);
    }
    let exact = median(exact);
    say(format!(
        "  {:<16} exact: {:>7.0} queries/s, {:.1} GB/s, {:.0} % of a loop that only reads",
        "Flat",
        1.0 / exact,
        size_of_val(memory) as f64 / exact / 1e9,
        100.0 * median(shares)
    ));
}

/// Knows how far the K nearest are.
struct Judge<'a> {
    flat: &'a Flat,
    queries: &'a [Vec<f32>],
    /// Score of the last of the K nearest to each query.
    worst: Vec<f32>,
}

impl<'a> Judge<'a> {
    fn new(flat: &'a Flat, queries: &'a [Vec<f32>]) -> Self {
        let (mut work, mut hits) = (Work::default(), Vec::new());
        let mut worst = |query: &Vec<f32>| {
            flat.search(query, Ask::new(K, 0), &mut work, &mut hits);
            hits.last().map_or(f32::NEG_INFINITY, |hit| hit.score)
        };
        Self {
            flat,
            queries,
            worst: queries.iter().map(&mut worst).collect(),
        }
    }

    /// Share of the K nearest among the `found`, K for each query. By distances: of equally near vectors any will do.
    fn recall(&self, found: &[u32]) -> f64 {
        let mut scores = Vec::new();
        let mut right = 0;
        for ((query, &worst), ids) in self.queries.iter().zip(&self.worst).zip(found.chunks(K)) {
            let end = ids.iter().position(|&id| id == NONE).unwrap_or(ids.len());
            self.flat.scores_of(query, &ids[..end], &mut scores);
            right += scores.iter().filter(|&&score| score >= worst).count().min(K);
        }
        right as f64 / (self.queries.len() * K) as f64
    }
}

/// Seconds of one of the `count` searches of a run, which is repeated until the grain of any clock is small against it.
fn seconds(count: usize, now: &dyn Fn() -> f64, run: &mut dyn FnMut()) -> f64 {
    let (began, mut runs) = (now(), 0);
    loop {
        run();
        runs += count;
        let spent = (now() - began) / 1e3;
        if spent > SECONDS {
            return spent / runs as f64;
        }
    }
}

/// Touches every number once, with as little work as possible.
fn read(memory: &[f32]) -> [f32; 4] {
    let (blocks, _) = memory.as_chunks::<4>();
    let (quads, _) = blocks.as_chunks::<4>();
    let mut sums = [wide::f32x4::ZERO; 4];
    for quad in quads {
        for (sum, block) in sums.iter_mut().zip(quad) {
            *sum += wide::f32x4::from(*block);
        }
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).to_array()
}

/// The middle one.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
