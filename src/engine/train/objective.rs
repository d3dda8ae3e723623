//! From vectors and candidates to the scores that a loss compares: the same chain for every sampler.
//!
//! ```text
//! candidates → vectors V → S = ⟨u, v⟩ → the hardest of a row, where asked → mixtures of the first block, where asked
//! ```
//!
//! What follows is the loss's: temperature, logQ, masks, softmax or pairs. Masked columns are never among the hardest.

use crate::engine::data::{Batch, ItemId};
use crate::engine::model::{Compared as With, Encoded, Joint, Readout};
use crate::engine::nn::simd::dot;
use crate::engine::nn::{AttentionSpec, AttentionWeights, Negatives, Pairs, Params, Tape, Var};
use crate::engine::sampling::{Bank, Block, Candidates, Mix, Source, Vectors};

use crate::engine::order;

use super::compared::Compared;

/// Most blocks that are compared in a step: those of a sampler, and one that is mixed.
const BLOCKS_MAX: usize = 4;

/// How users and items meet.
pub enum Comparison<'a> {
    /// In the inner product of their vectors.
    Products(Readout<'a>),
    /// As the model says.
    Joint(&'a mut dyn Joint, &'a Params),
}

impl Comparison<'_> {
    fn scores(&mut self, tape: &mut Tape, users: Var, with: With) -> Var {
        match (self, with.pairs) {
            (Comparison::Joint(model, params), _) => model.compare(tape, params, with),
            (Comparison::Products(_), Pairs::All) => tape.matmul_nt(users, with.vectors),
            (Comparison::Products(_), Pairs::Own) => tape.row_products(users, with.vectors),
        }
    }
}

/// The scoring chain, with the buffers that it keeps from step to step.
#[derive(Default)]
pub struct Objective {
    /// Scores of each block that counts, in order.
    scored: Vec<Scored>,
    /// The positives' scores, `[B, 1]`, on the tape of the last step.
    positive: Option<Var>,
    /// Which columns of each block count, where not all do; by place in `scored`.
    chosen: Vec<Chosen>,
    /// Which of its user's vectors was nearest to each row's positive.
    winners: Vec<u32>,
    /// Where the rows of an attention over vectors begin, and its queries: scratch.
    bounds: Vec<u32>,
    ones: Vec<f32>,
    /// Keys of a row's unmasked columns: scratch.
    keys: Vec<u64>,
    /// Which pairs of row and column are not masked: scratch.
    keep: Vec<bool>,
    /// The only column of the positives, as often as there are mixtures.
    only: Vec<u32>,
}

/// A block of scores on the tape of the last step.
#[derive(Clone, Copy, Debug)]
struct Scored {
    /// `[B, C]`, or `[B, h]` where h were chosen.
    scores: Var,
    /// Which block of the candidates it is made of.
    block: usize,
    /// What was done with the block.
    made: Made,
}

/// What was done with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// All columns count.
    Whole,
    /// Only the highest scores of each row count.
    Hardest,
    /// The highest scores of each row were mixed with the positive.
    Mixed,
}

/// The h highest scores of each row.
#[derive(Clone, Debug, Default)]
struct Chosen {
    /// Their columns, `[B · h]`, highest first.
    columns: Vec<u32>,
    /// `log Q` of each.
    log_q: Vec<f32>,
    /// Places that a row with fewer than h unmasked columns leaves empty.
    masked: Vec<(u32, u32)>,
}

/// Scores of a step: the positive's, and blocks of negatives.
pub struct Scores<'a> {
    /// `[B, 1]`.
    pub positive: Var,
    negatives: [Negatives<'a>; BLOCKS_MAX],
    n: usize,
}

impl<'a> Scores<'a> {
    /// The blocks.
    pub fn negatives(&self) -> &[Negatives<'a>] {
        &self.negatives[..self.n]
    }
}

/// The items a step has to encode: the positives, then those of every block that is encoded.
pub fn items_to_encode(batch: &Batch, candidates: &Candidates, out: &mut Vec<u32>) {
    out.clear();
    out.extend_from_slice(ItemId::numbers(&batch.positives));
    for block in candidates.blocks().iter().filter(|block| is_encoded(block)) {
        out.extend_from_slice(&block.items);
    }
}

/// Whether a block's items are encoded for it.
fn is_encoded(block: &Block) -> bool {
    block.source != Source::Batch && block.vectors != Vectors::Stored
}

impl Objective {
    /// Scores `candidates`, whose vectors, in the order of [`items_to_encode`] that `items` has, are `encoded`.
    ///
    /// What a user's K vectors are compared by is chosen with the positive, for all columns alike: see [`Readout`]. To
    /// choose by a negative would let the model learn from the vector that fits it best.
    ///
    /// # Panics
    /// If the rows are not K for each user, or a block is stored and there is no bank.
    pub fn score<'a>(
        &'a mut self,
        tape: &mut Tape,
        (encoded, items): (&Encoded, &[u32]),
        candidates: &'a Candidates,
        bank: Option<&Bank>,
        mut by: Comparison,
    ) -> Scores<'a> {
        let rows = candidates.positive_log_q.len();
        let positives = part(tape, encoded.items, 0, rows);
        let users = match by {
            Comparison::Products(readout) => self.read_out(tape, encoded.users, positives, readout),
            Comparison::Joint(..) => encoded.users,
        };
        let own = With {
            items: &items[..rows],
            vectors: positives,
            pairs: Pairs::Own,
        };
        let positive = by.scores(tape, users, own);
        self.scored.clear();
        self.positive = Some(positive);
        let mut next = rows;
        for (number, block) in candidates.blocks().iter().enumerate() {
            let vectors = match block.source {
                Source::Batch => positives,
                _ if block.vectors == Vectors::Stored => stored(tape, bank),
                _ => {
                    let vectors = part(tape, encoded.items, next, block.items.len());
                    next += block.items.len();
                    vectors
                }
            };
            let vectors = if block.vectors == Vectors::Constant {
                tape.detach(vectors)
            } else {
                vectors
            };
            let with = With {
                items: if block.source == Source::Batch {
                    own.items
                } else {
                    &block.items
                },
                vectors,
                pairs: if block.source.own() { Pairs::Own } else { Pairs::All },
            };
            let scores = by.scores(tape, users, with);
            self.block(tape, scores, number, block);
            if let Some(mix) = candidates.mix.as_ref().filter(|_| number == 0) {
                let mixed = [positives, vectors];
                self.mix(tape, users, positive, mixed, block, mix);
            }
        }
        self.scores(positive, candidates)
    }

    /// What each user is compared by, `[B·K, d] → [B, d]`.
    pub fn read_out(&mut self, tape: &mut Tape, users: Var, positives: Var, readout: Readout) -> Var {
        let (rows, d) = tape.shape(positives);
        let heads = tape.shape(users).0 / rows.max(1);
        assert_eq!(
            tape.shape(users).0,
            rows * heads,
            "K vectors for each user of the batch"
        );
        self.winners.clear();
        if heads <= 1 {
            return users;
        }
        self.find_winners(tape.value(users), tape.value(positives), heads, d);
        let k = heads as u32;
        match readout {
            Readout::Nearest => tape.select(users, (0..).zip(&self.winners).map(|(user, head)| user * k + head)),
            Readout::Attention { power, active } => {
                let of_users = || (0..).zip(active);
                let vectors = tape.select(users, of_users().flat_map(|(user, n)| user * k..user * k + n));
                let repeated = of_users().flat_map(|(user, n)| std::iter::repeat_n(user, *n as usize));
                let wanted = tape.select(positives, repeated);
                let mut scores = tape.row_products(vectors, wanted);
                if power > 1.0 {
                    scores = tape.power(scores, power);
                }
                self.bounds.clear();
                self.bounds.extend(0..=rows as u32);
                let queries = rows + 1;
                let mut end = 0;
                self.bounds.push(0);
                self.bounds.extend(active.iter().map(|n| {
                    end += n;
                    end
                }));
                self.ones.clear();
                self.ones.resize(rows, 1.0);
                let one = tape.input(rows, 1, &self.ones);
                let spec = AttentionSpec {
                    query_offsets: &self.bounds[..queries],
                    key_offsets: &self.bounds[queries..],
                    heads: 1,
                    // Without scores all weigh the same.
                    scale: if power > 0.0 { 1.0 } else { 0.0 },
                    weights: AttentionWeights::Softmax,
                    causal: false,
                };
                tape.attention(one, scores, vectors, &spec)
            }
        }
    }

    /// Which of each user's vectors scores its positive highest, the first of equals.
    fn find_winners(&mut self, users: &[f32], positives: &[f32], heads: usize, d: usize) {
        for (vectors, positive) in users.chunks_exact(heads * d).zip(positives.chunks_exact(d)) {
            let mut best = (0, f32::NEG_INFINITY);
            for (head, vector) in (0..).zip(vectors.chunks_exact(d)) {
                let score = dot(vector, positive);
                if score > best.1 {
                    best = (head, score);
                }
            }
            self.winners.push(best.0);
        }
    }

    /// The numbers of the vectors that were nearest to the positives of the last batch.
    pub fn winners(&self) -> &[u32] {
        &self.winners
    }

    /// Takes the scores of one block, or its hardest columns where it asks for them.
    fn block(&mut self, tape: &mut Tape, scores: Var, number: usize, block: &Block) {
        match block.hardest {
            None => self.push(scores, number, Made::Whole),
            Some(h) => {
                self.choose(tape, scores, block, h);
                let columns = &self.chosen[self.scored.len()].columns;
                let hardest = tape.pick(scores, columns);
                self.push(hardest, number, Made::Hardest);
            }
        }
    }

    /// Adds a block of mixtures `α i⁺ + (1 − α) i_hard` of the first block. The product with a mixture is the mixture
    /// of the products, so no vector has to be made.
    fn mix(
        &mut self,
        tape: &mut Tape,
        users: Var,
        positive: Var,
        [positives, vectors]: [Var; 2],
        block: &Block,
        mix: &Mix,
    ) {
        let scores = self.scored[0].scores;
        self.choose(tape, scores, block, mix.hardest);
        let (scores, positive) = if mix.stop_gradient {
            let (constant, positives) = (tape.detach(vectors), tape.detach(positives));
            (tape.matmul_nt(users, constant), tape.row_products(users, positives))
        } else {
            (scores, positive)
        };
        let rows = tape.shape(positive).0;
        let hard = tape.pick(scores, &self.chosen[self.scored.len()].columns);
        let h = tape.shape(hard).1;
        self.only.clear();
        self.only.resize(rows * h, 0);
        let spread = tape.pick(positive, &self.only);
        let away = tape.scale(hard, -1.0);
        let way = tape.add(spread, away);
        let alpha = tape.input(rows, h, &mix.alpha);
        let step = tape.mul(alpha, way);
        let mixed = tape.add(hard, step);
        self.push(mixed, 0, Made::Mixed);
    }

    fn push(&mut self, scores: Var, block: usize, made: Made) {
        if self.chosen.len() <= self.scored.len() {
            self.chosen.push(Chosen::default());
        }
        self.scored.push(Scored { scores, block, made });
    }

    /// Fills the next place of `chosen` with the `h` highest unmasked scores of each row.
    fn choose(&mut self, tape: &Tape, scores: Var, block: &Block, h: usize) {
        while self.chosen.len() <= self.scored.len() {
            self.chosen.push(Chosen::default());
        }
        let (rows, cols) = tape.shape(scores);
        let h = h.min(cols);
        let Chosen { columns, log_q, masked } = &mut self.chosen[self.scored.len()];
        columns.clear();
        log_q.clear();
        masked.clear();
        self.keep.clear();
        self.keep.resize(rows * cols, true);
        for &(row, column) in &block.masked {
            self.keep[row as usize * cols + column as usize] = false;
        }
        for row in 0..rows {
            let (scores, keep) = (
                &tape.value(scores)[row * cols..][..cols],
                &self.keep[row * cols..][..cols],
            );
            self.keys.clear();
            let kept = (0..).zip(scores).zip(keep).filter(|(_, keep)| **keep);
            self.keys
                .extend(kept.map(|((column, score), _)| order::key(*score, column)));
            order::sort_first(&mut self.keys, h);
            let found = self.keys.len().min(h);
            columns.extend(self.keys[..found].iter().map(|&key| order::number(key)));
            for place in found..h {
                columns.push(0);
                masked.push((row as u32, place as u32));
            }
            let width = if block.source.own() { row * cols } else { 0 };
            let chosen = &columns[row * h..];
            log_q.extend(chosen.iter().map(|&column| block.log_q[width + column as usize]));
        }
    }

    /// Everything row `row` was compared with in the step whose `candidates` and `tape` these are.
    pub fn compared(&self, tape: &Tape, candidates: &Candidates, row: usize) -> Vec<Compared> {
        let mut out = Vec::new();
        for (scored, chosen) in self.scored.iter().zip(&self.chosen) {
            let block = &candidates.blocks()[scored.block];
            let cols = tape.shape(scored.scores).1;
            let whole = scored.made == Made::Whole;
            let masked = if whole { &block.masked } else { &chosen.masked };
            let first = out.len();
            for (place, &score) in tape.value(scored.scores)[row * cols..][..cols].iter().enumerate() {
                let column = if whole {
                    place
                } else {
                    chosen.columns[row * cols + place] as usize
                };
                let width = block.items.len() / tape.shape(scored.scores).0.max(1);
                let item = if block.source.own() {
                    row * width + column
                } else {
                    column
                };
                let log_q = if whole {
                    block.log_q[item]
                } else {
                    chosen.log_q[row * cols + place]
                };
                out.push(Compared {
                    item: block.items[item],
                    score,
                    log_q,
                    source: block.source,
                    mixed: scored.made == Made::Mixed,
                    masked: false,
                });
            }
            for &(_, column) in masked.iter().filter(|(at, _)| *at as usize == row) {
                out[first + column as usize].masked = true;
            }
        }
        out
    }

    /// The positives' scores, once a step was made.
    pub const fn positive(&self) -> Option<Var> {
        self.positive
    }

    /// How many negatives a row is compared with, those that do not count as well.
    pub fn pool(&self, tape: &Tape) -> usize {
        self.scored.iter().map(|scored| tape.shape(scored.scores).1).sum()
    }

    fn scores<'a>(&'a self, positive: Var, candidates: &'a Candidates) -> Scores<'a> {
        let nothing = Negatives {
            scores: positive,
            log_q: &[],
            masked: &[],
        };
        let mut negatives = [nothing; BLOCKS_MAX];
        for ((into, scored), chosen) in negatives.iter_mut().zip(&self.scored).zip(&self.chosen) {
            let block = &candidates.blocks()[scored.block];
            *into = match scored.made {
                Made::Whole => Negatives {
                    scores: scored.scores,
                    log_q: &block.log_q,
                    masked: &block.masked,
                },
                Made::Hardest | Made::Mixed => Negatives {
                    scores: scored.scores,
                    log_q: &chosen.log_q,
                    masked: &chosen.masked,
                },
            };
        }
        Scores {
            positive,
            negatives,
            n: self.scored.len(),
        }
    }
}

/// Rows of `vectors`, without a copy where they are all.
fn part(tape: &mut Tape, vectors: Var, start: usize, n: usize) -> Var {
    if start == 0 && tape.shape(vectors).0 == n {
        vectors
    } else {
        tape.rows(vectors, start, n)
    }
}

/// The bank's vectors as constants.
fn stored(tape: &mut Tape, bank: Option<&Bank>) -> Var {
    let bank = bank.expect("who stores vectors has a bank");
    let rows = bank.items().len();
    tape.input(rows, bank.vectors().len() / rows.max(1), bank.vectors())
}
