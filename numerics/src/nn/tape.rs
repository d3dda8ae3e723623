//! A record of what was computed, from which gradients follow backwards (reverse-mode differentiation).
//!
//! Define by run: calling an operation computes its value at once and notes a [`Node`]. Values lie in one vector and
//! gradients in another, at the same offset; [`Tape::reset`] rewinds both without giving memory back. A value always
//! lies above those it was made from, which is what lets an operation read its inputs while it writes its output. The
//! first operation that contributes to a gradient stores it, later ones add, so gradients are never cleared.

use super::gemm::Packing;
use super::ops::Op;
use super::params::{ParamId, Params};
use super::simd::Write;

/// Values and notes start at multiples of this many numbers: a cache line.
const ALIGNMENT: usize = 16;

/// A matrix on a tape, valid until the tape is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Var(u32);

/// What the tape knows of a matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    op: Op,
    rows: usize,
    cols: usize,
    /// Where its value and its gradient start.
    offset: usize,
    /// Where the numbers start that the operation keeps for its way back.
    note: usize,
    note_len: usize,
    /// Whether it depends on something that receives a gradient.
    learns: bool,
    /// Whether the running or last backward pass wrote its gradient.
    reached: bool,
}

/// Part of the tape's list of whole numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: usize,
    len: usize,
}

/// Buffers that operations use and leave behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    pub(super) packing: Packing,
    /// Gradient before an activation.
    pub(super) delta: Vec<f32>,
}

/// The first `len` numbers of a buffer, which grows if it must and keeps what it has.
pub(super) fn grown(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}

/// The record of a step. See the [module](self) documentation.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    values: Vec<f32>,
    gradients: Vec<f32>,
    /// Numbers of `values` in use.
    used: usize,
    whole: Vec<u32>,
    scratch: Scratch,
    /// Whether a step is recorded that trains.
    pub(super) learning: bool,
    /// Embeddings of which ids were looked up together.
    pub(super) together: Vec<Together>,
    /// Lists of ids of records before.
    pub(super) spare: Vec<Vec<u32>>,
    /// Where ids stand among those looked up together: scratch.
    pub(super) places: Vec<u32>,
}

/// Ids of an embedding that were looked up together.
#[derive(Clone, Debug)]
pub(super) struct Together {
    pub(super) embedding: ParamId,
    /// Ascending, each once.
    pub(super) ids: Vec<u32>,
    /// A row for each.
    pub(super) vectors: Var,
}

impl Together {
    /// Whether all `ids` of `embedding` are among these.
    pub(super) fn holds(&self, embedding: ParamId, ids: &[u32]) -> bool {
        self.embedding == embedding && ids.iter().all(|id| self.ids.binary_search(id).is_ok())
    }

    /// The row of an id that is among these.
    pub(super) fn place(&self, id: u32) -> u32 {
        self.ids.partition_point(|other| *other < id) as u32
    }
}

/// Values that lie below a point of the arena.
#[derive(Clone, Copy)]
pub(super) struct Values<'t> {
    nodes: &'t [Node],
    floats: &'t [f32],
    whole: &'t [u32],
}

impl<'t> Values<'t> {
    /// The value of a matrix, row by row.
    pub(super) fn of(self, var: Var) -> &'t [f32] {
        let node = &self.nodes[var.0 as usize];
        &self.floats[node.offset..node.offset + node.rows * node.cols]
    }

    /// What the operation that made a matrix noted.
    pub(super) fn note(self, var: Var) -> &'t [f32] {
        let node = &self.nodes[var.0 as usize];
        &self.floats[node.note..node.note + node.note_len]
    }

    /// Whole numbers kept with [`Tape::keep`].
    pub(super) fn whole(self, span: Span) -> &'t [u32] {
        &self.whole[span.start..span.start + span.len]
    }
}

/// What an operation computes with on the way forward.
pub(super) struct Forward<'t> {
    pub(super) inputs: Values<'t>,
    pub(super) output: &'t mut [f32],
    pub(super) note: &'t mut [f32],
    pub(super) packing: &'t mut Packing,
}

/// What an operation computes with on the way back to one of its inputs.
pub(super) struct Edge<'t> {
    /// Gradient of the output.
    pub(super) from: &'t [f32],
    /// Gradient of the input.
    pub(super) into: &'t mut [f32],
    pub(super) write: Write,
    pub(super) values: Values<'t>,
    pub(super) scratch: &'t mut Scratch,
}

/// What an operation computes with on the way back to parameters.
pub(super) struct Leaf<'t> {
    /// Gradient of the output.
    pub(super) from: &'t [f32],
    pub(super) values: Values<'t>,
    pub(super) scratch: &'t mut Scratch,
}

impl Tape {
    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything recorded and keeps the memory. Every [`Var`] made before becomes meaningless.
    pub fn reset(&mut self) {
        self.nodes.clear();
        self.whole.clear();
        self.used = 0;
        self.learning = false;
        let past = self.together.drain(..).map(|together| together.ids);
        self.spare.extend(past);
    }

    /// The value of a matrix, row by row.
    #[must_use]
    pub fn value(&self, var: Var) -> &[f32] {
        self.values().of(var)
    }

    /// Rows and columns of a matrix.
    #[must_use]
    pub fn shape(&self, var: Var) -> (usize, usize) {
        let node = &self.nodes[var.0 as usize];
        (node.rows, node.cols)
    }

    /// The gradient that the last [`Tape::backward`] gave to a matrix, row by row; empty if the loss does not depend
    /// on it or it does not depend on anything that learns.
    #[must_use]
    pub fn gradient(&self, var: Var) -> &[f32] {
        let node = &self.nodes[var.0 as usize];
        if node.reached {
            &self.gradients[node.offset..node.offset + node.rows * node.cols]
        } else {
            &[]
        }
    }

    /// Gives `params` the gradient of `loss`, which replaces the one of the pass before.
    ///
    /// # Panics
    /// If `loss` is not a single number.
    pub fn backward(&mut self, params: &mut Params, loss: Var) {
        assert_eq!(self.shape(loss), (1, 1), "a loss is a single number");
        params.clear_gradients();
        self.reserve_rows(params);
        self.prepare_gradients(loss);
        for index in (0..=loss.0).rev() {
            let node = self.nodes[index as usize];
            if node.learns && node.reached {
                node.op.backward(Var(index), self, params);
            }
        }
    }

    /// Makes room in the tables for all rows that were looked up.
    fn reserve_rows(&self, params: &mut Params) {
        for (table, ids) in self.nodes.iter().filter_map(|node| node.op.lookups()) {
            params.table_of_mut(table).reserve(ids.len);
        }
    }

    /// What was recorded, in order.
    #[cfg(test)]
    pub(super) fn operations(&self) -> impl Iterator<Item = Op> {
        self.nodes.iter().map(|node| node.op)
    }

    fn prepare_gradients(&mut self, loss: Var) {
        if self.gradients.len() < self.used {
            self.gradients.resize(self.used, 0.0);
        }
        for node in &mut self.nodes {
            node.reached = false;
        }
        let node = &mut self.nodes[loss.0 as usize];
        node.reached = true;
        self.gradients[node.offset] = 1.0;
    }

    /// Records an operation and makes room for its output and `note_len` numbers to keep. It learns if one of
    /// `inputs` does.
    pub(super) fn push(&mut self, op: Op, shape: (usize, usize), note_len: usize, inputs: &[Var]) -> Var {
        let learns = inputs.iter().any(|input| self.nodes[input.0 as usize].learns);
        self.push_node(op, shape, note_len, learns)
    }

    /// Records an operation that `learns`, as those on parameters do, or does not.
    pub(super) fn push_node(&mut self, op: Op, (rows, cols): (usize, usize), note_len: usize, learns: bool) -> Var {
        let offset = self.used;
        let note = (offset + rows * cols).next_multiple_of(ALIGNMENT);
        self.used = (note + note_len).next_multiple_of(ALIGNMENT);
        if self.values.len() < self.used {
            self.values.resize(self.used, 0.0);
        }
        self.nodes.push(Node {
            op,
            rows,
            cols,
            offset,
            note,
            note_len,
            learns,
            reached: false,
        });
        Var(self.nodes.len() as u32 - 1)
    }

    /// Keeps whole numbers until the next reset.
    pub(super) fn keep(&mut self, whole: impl IntoIterator<Item = u32>) -> Span {
        let start = self.whole.len();
        self.whole.extend(whole);
        Span {
            start,
            len: self.whole.len() - start,
        }
    }

    /// Keeps a list of matrices until the next reset.
    pub(super) fn keep_vars(&mut self, vars: impl IntoIterator<Item = Var>) -> Span {
        self.keep(vars.into_iter().map(|var| var.0))
    }

    /// Whether a matrix depends on something that receives a gradient.
    pub(super) fn learns(&self, var: Var) -> bool {
        self.nodes[var.0 as usize].learns
    }

    /// The matrix at `place` in a list kept by [`Tape::keep_vars`], if the list is that long.
    pub(super) fn kept_var(&self, span: Span, place: usize) -> Option<Var> {
        self.values().whole(span).get(place).map(|index| Var(*index))
    }

    /// All values.
    pub(super) fn values(&self) -> Values<'_> {
        Values {
            nodes: &self.nodes,
            floats: &self.values,
            whole: &self.whole,
        }
    }

    /// Splits the arena into what lies below `out` and what `out` has to compute.
    pub(super) fn forward(&mut self, out: Var) -> Forward<'_> {
        let node = &self.nodes[out.0 as usize];
        let (below, rest) = self.values.split_at_mut(node.offset);
        let (output, rest) = rest.split_at_mut(node.note - node.offset);
        Forward {
            inputs: Values {
                nodes: &self.nodes,
                floats: below,
                whole: &self.whole,
            },
            output: &mut output[..node.rows * node.cols],
            note: &mut rest[..node.note_len],
            packing: &mut self.scratch.packing,
        }
    }

    /// The way back from `out` to `input`; `None` if `input` needs no gradient. Whoever asks must write all of `into`.
    pub(super) fn edge(&mut self, out: Var, input: Var) -> Option<Edge<'_>> {
        let Node {
            rows,
            cols,
            offset,
            learns,
            reached,
            ..
        } = self.nodes[input.0 as usize];
        if !learns {
            return None;
        }
        self.nodes[input.0 as usize].reached = true;
        let output = &self.nodes[out.0 as usize];
        let (below, rest) = self.gradients.split_at_mut(output.offset);
        Some(Edge {
            from: &rest[..output.rows * output.cols],
            into: &mut below[offset..offset + rows * cols],
            write: if reached { Write::Accumulate } else { Write::Store },
            values: Values {
                nodes: &self.nodes,
                floats: &self.values,
                whole: &self.whole,
            },
            scratch: &mut self.scratch,
        })
    }

    /// The way back from `out` to parameters.
    pub(super) fn leaf(&mut self, out: Var) -> Leaf<'_> {
        let node = &self.nodes[out.0 as usize];
        Leaf {
            from: &self.gradients[node.offset..node.offset + node.rows * node.cols],
            values: Values {
                nodes: &self.nodes,
                floats: &self.values,
                whole: &self.whole,
            },
            scratch: &mut self.scratch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_has_no_gradient_and_a_variable_has() {
        let mut tape = Tape::new();
        let constant = tape.input(1, 2, &[2.0, 3.0]);
        let variable = tape.variable(1, 2, &[5.0, 7.0]);
        let unused = tape.variable(1, 1, &[1.0]);
        let product = tape.mul(constant, variable);
        let loss = tape.sum(product);
        assert_eq!(tape.value(loss), [31.0]);
        tape.backward(&mut Params::new(), loss);
        assert_eq!(tape.gradient(variable), [2.0, 3.0]);
        assert!(tape.gradient(constant).is_empty() && tape.gradient(unused).is_empty());
    }

    #[test]
    fn a_second_pass_over_the_same_record_starts_afresh() {
        let mut tape = Tape::new();
        let x = tape.variable(1, 2, &[1.0, 2.0]);
        let (squares, sum) = (tape.mul(x, x), tape.sum(x));
        let loss = tape.sum(squares);
        tape.backward(&mut Params::new(), loss);
        assert_eq!(tape.gradient(x), [2.0, 4.0]);
        tape.backward(&mut Params::new(), sum);
        assert_eq!(tape.gradient(x), [1.0, 1.0]);
        assert!(
            tape.gradient(squares).is_empty(),
            "the second loss does not depend on the squares"
        );
        tape.backward(&mut Params::new(), loss);
        assert_eq!(tape.gradient(x), [2.0, 4.0]);
    }

    #[test]
    fn operations_put_their_values_where_their_names_say() {
        let mut tape = Tape::new();
        let a = tape.input(2, 2, &[1.0, -2.0, 3.0, -4.0]);
        let b = tape.input(2, 1, &[5.0, 6.0]);
        let joined = tape.concat(&[a, b, a]);
        assert_eq!(tape.shape(joined), (2, 5));
        assert_eq!(
            tape.value(joined),
            [1.0, -2.0, 5.0, 1.0, -2.0, 3.0, -4.0, 6.0, 3.0, -4.0]
        );
        let last = tape.rows(joined, 1, 1);
        assert_eq!(tape.value(last), [3.0, -4.0, 6.0, 3.0, -4.0]);
        let rectified = tape.relu(a);
        assert_eq!(tape.value(rectified), [1.0, 0.0, 3.0, 0.0]);
        let mean = tape.mean(a);
        assert_eq!(tape.value(mean), [-0.5]);
        let product = tape.matmul_nn(a, b);
        assert_eq!(tape.value(product), [-7.0, -9.0]);
        let scores = tape.matmul_nt(a, a);
        assert_eq!(tape.value(scores), [5.0, 11.0, 11.0, 25.0]);
    }
}
