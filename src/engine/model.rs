//! What the author of a paper writes: how users and items become vectors on the tape, or rows of features chances.

use super::data::Batch;
use super::features::Fields;
use super::inside::{Inside, Looked};
use super::matrix::Metric;
use super::nn::{Pairs, Params, Tape, Var};
use super::rng::Rng;

/// A batch of users and a list of items as vectors on the tape.
#[derive(Clone, Copy, Debug)]
pub struct Encoded {
    /// `[B·K, d]`, the K heads of a user one after the other; of regions `[B·K, 2d]`, centres with radii beside.
    pub users: Var,
    /// `[C, d]`.
    pub items: Var,
    /// A term of the paper that is added to the loss, `[1, 1]`.
    pub penalty: Option<Var>,
}

/// How a user of several vectors is compared with the item they are to learn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Readout<'a> {
    /// By the vector nearest to it, `k* = argmax_k ⟨v_k, e_t⟩` (Cen et al., KDD 2020, equation 5).
    Nearest,
    /// By `v = Σ_k softmax_k(s_k) v_k` with `s_k = sign(x_k) |x_k|^p`, `x_k = ⟨v_k, e_t⟩`: label-aware attention (Li et
    /// al., CIKM 2019, section 3.4). With p = 0 that is their mean; p → ∞ is [`Readout::Nearest`].
    Attention {
        /// p: 0, or 1 and more.
        power: f32,
        /// How many of their vectors the users have; the others repeat the first and do not count.
        active: &'a [u32],
    },
}

/// Items that users are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Their numbers: C.
    pub items: &'a [u32],
    /// As the model encoded them, `[C, d]`.
    pub vectors: Var,
    /// Whether every user meets all of them, or each has their own.
    pub pairs: Pairs,
}

impl<'a> Compared<'a> {
    /// Every user meets all of them.
    #[must_use]
    pub const fn by_all(items: &'a [u32], vectors: Var) -> Self {
        Self {
            items,
            vectors,
            pairs: Pairs::All,
        }
    }
}

/// A model in which a user and an item meet in more than the product of two vectors.
pub trait Joint {
    /// Scores of what `with` names for the users of the batch last encoded, `[B, C]`; or `[B, C / B]` where each user
    /// has items of their own.
    fn compare(&mut self, tape: &mut Tape, params: &Params, with: Compared) -> Var;

    /// Where users are regions, how many of the items that centres and radii find are compared in earnest; nothing for a
    /// model whose users are no regions.
    fn depth(&self) -> Option<usize> {
        None
    }
}

/// A model in which users and items meet only in a score.
pub trait Retriever {
    /// Encodes both sides in one call; either may be empty, and serving uses the same code as training.
    /// `items` are item numbers, in any order and with repetition.
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded;

    /// How a user's vector is compared with an item's. Under [`Metric::Cosine`], `encode` gives vectors of
    /// length 1, so that training compares by the inner product in both cases.
    fn metric(&self) -> Metric;

    /// Vectors a user has, K.
    fn heads(&self) -> usize {
        1
    }

    /// How a user's vectors are compared with the positive, for the batch last encoded.
    fn readout(&self) -> Readout<'_> {
        Readout::Nearest
    }

    /// All users, `[N, d]`, and all items, `[M, d]`, of a model that has to compute them together.
    fn all(&mut self, _tape: &mut Tape, _params: &Params) -> Option<[Var; 2]> {
        None
    }

    /// The same model as one that compares by itself, if it does.
    fn joint(&mut self) -> Option<&mut dyn Joint> {
        None
    }

    /// Chance for the step that comes next, for what a model leaves out at random while it learns. It learns from
    /// batches that have positives, and serves those that have none.
    fn take_chances(&mut self, _rng: Rng) {}

    /// The fields it reads, to be looked into.
    fn fields(&mut self) -> Vec<&mut Fields> {
        Vec::new()
    }

    /// How the history of the only user of `batch` became what it is.
    fn inside(&mut self, _tape: &mut Tape, _params: &Params, _batch: &Batch, _looked: Looked) -> Inside {
        Inside::Nothing
    }
}

/// A model of rows of features: how likely each is clicked.
pub trait ClickModel {
    /// Log-odds of a click, `[B, 1]`; `rows` has for each side the rows of its table that meet, B each.
    fn logits(&mut self, tape: &mut Tape, params: &Params, rows: &[Vec<u32>]) -> Var;

    /// Chance for what it leaves out at random while it learns; none while it serves.
    fn take_chances(&mut self, _rng: Option<Rng>) {}

    /// The fields it reads, to be looked into.
    fn fields(&mut self) -> Vec<&mut Fields>;
}

/// Any model: what trains it is compiled once for all of them.
impl Retriever for Box<dyn Retriever> {
    fn encode(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, items: &[u32]) -> Encoded {
        self.as_mut().encode(tape, params, batch, items)
    }

    fn metric(&self) -> Metric {
        self.as_ref().metric()
    }

    fn heads(&self) -> usize {
        self.as_ref().heads()
    }

    fn all(&mut self, tape: &mut Tape, params: &Params) -> Option<[Var; 2]> {
        self.as_mut().all(tape, params)
    }

    fn joint(&mut self) -> Option<&mut dyn Joint> {
        self.as_mut().joint()
    }

    fn fields(&mut self) -> Vec<&mut Fields> {
        self.as_mut().fields()
    }

    fn take_chances(&mut self, rng: Rng) {
        self.as_mut().take_chances(rng);
    }

    fn inside(&mut self, tape: &mut Tape, params: &Params, batch: &Batch, looked: Looked) -> Inside {
        self.as_mut().inside(tape, params, batch, looked)
    }

    fn readout(&self) -> Readout<'_> {
        self.as_ref().readout()
    }
}
