//! A long short-term memory over ragged sequences, forwards and backwards through time in one operation.
//!
//! ```text
//! z_t = x_t W + b + h_{t−1} U      i, f, o = σ(z)      g = tanh(z)
//! c_t = f ⊙ c_{t−1} + i ⊙ g        h_t = o ⊙ tanh(c_t)
//! ```
//!
//! (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000.) What does not depend on the hidden
//! state, `x W + b`, is a layer over all rows at once and is given as input; the gates stand in the order i, f, o, g.
//! Time runs in the outer loop: all sequences that are long enough take a step together, as one product of matrices.

use wide::f32x4;

use super::super::exponential::tanh;
use super::super::gemm::{Size, gemm_nn, gemm_nt, gemm_tn};
use super::super::params::{ParamId, Params};
use super::super::simd::{self, Write};
use super::super::tape::{Span, Tape, Var, grown};
use super::Op;
use super::activation::Activation;

/// Notes gates `[ΣT, 4d]`, then `c` `[ΣT, d]`, then `tanh c` `[ΣT, d]`, then a work space of the way forward.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Lstm {
    inputs: Var,
    recurrent: ParamId,
    /// Where each sequence starts, and where the last one ends.
    bounds: Span,
}

/// A step that a sequence takes at some time.
struct Step {
    sequence: usize,
    row: usize,
}

/// The steps at time `t` of the sequences that are long enough.
fn steps(offsets: &[u32], t: usize) -> impl Iterator<Item = Step> {
    let lines = offsets.windows(2).enumerate().map(move |(sequence, pair)| {
        let row = pair[0] as usize + t;
        (row < pair[1] as usize).then_some(Step { sequence, row })
    });
    lines.flatten()
}

fn longest(offsets: &[u32]) -> usize {
    offsets.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0) as usize
}

/// The gates i, f, o, g of a row.
fn quarters(gates: &[f32]) -> [&[f32]; 4] {
    let d = gates.len() / 4;
    [0, 1, 2, 3].map(|gate| &gates[gate * d..(gate + 1) * d])
}

impl Tape {
    /// Hidden states of an LSTM that starts from zeros: `[ΣT, 4d]` inputs of the gates i, f, o, g and a recurrent
    /// weight `[d, 4d]` give `[ΣT, d]`. Sequence `b` has the rows `offsets[b]..offsets[b + 1]`, and may be empty.
    ///
    /// # Panics
    /// If a shape does not fit, the parameter is a table, or the sequences do not cover the rows.
    pub fn lstm(&mut self, params: &Params, inputs: Var, recurrent: ParamId, offsets: &[u32]) -> Var {
        let ((rows, n), d) = (self.shape(inputs), params.shape(recurrent).0);
        let name = params.name(recurrent);
        assert!(params.is_dense(recurrent), "{name} is a table");
        assert!(n == 4 * d && params.shape(recurrent).1 == n, "four gates of {name}");
        let covered = offsets.first() == Some(&0) && offsets.last() == Some(&(rows as u32));
        assert!(covered, "sequences cover {rows} rows");
        let bounds = self.keep(offsets.iter().copied());
        let op = Lstm {
            inputs,
            recurrent,
            bounds,
        };
        let together = offsets.len() - 1;
        let out = self.push_node(Op::Lstm(op), (rows, d), 6 * rows * d + 5 * together * d, true);
        let forward = self.forward(out);
        let (notes, work) = forward.note.split_at_mut(6 * rows * d);
        let (before, recalled) = work.split_at_mut(together * d);
        recalled.fill(0.0);
        let mut notes = Notes::new(notes, rows);
        for t in 0..longest(offsets) {
            if t > 0 {
                let mut m = 0;
                for step in steps(offsets, t) {
                    simd::copy(&mut before[m * d..][..d], &forward.output[(step.row - 1) * d..][..d]);
                    m += 1;
                }
                let (left, right) = (&before[..m * d], params.slice(recurrent));
                let product = &mut recalled[..m * n];
                gemm_nn(Size { m, k: d, n }, left, right, product, Write::Store, forward.packing);
            }
            for (recalled, Step { row, .. }) in recalled.chunks_exact(n).zip(steps(offsets, t)) {
                let inputs = &forward.inputs.of(inputs)[row * n..][..n];
                notes.advance(row, t, inputs, recalled, &mut forward.output[row * d..][..d]);
            }
        }
        out
    }
}

/// What the way back needs of the way forward.
struct Notes<'a> {
    gates: &'a mut [f32],
    cells: &'a mut [f32],
    squashed: &'a mut [f32],
    /// Width d.
    width: usize,
}

impl<'a> Notes<'a> {
    fn new(notes: &'a mut [f32], rows: usize) -> Self {
        let width = notes.len() / (6 * rows).max(1);
        let (gates, rest) = notes.split_at_mut(4 * rows * width);
        let (cells, squashed) = rest.split_at_mut(rows * width);
        Self {
            gates,
            cells,
            squashed,
            width,
        }
    }

    /// The step of one row at time `t`: writes its gates, cell and hidden state.
    fn advance(&mut self, row: usize, t: usize, inputs: &[f32], recalled: &[f32], hidden: &mut [f32]) {
        let d = self.width;
        let gates = &mut self.gates[row * 4 * d..][..4 * d];
        simd::copy(gates, inputs);
        let (doors, candidate) = gates.split_at_mut(3 * d);
        let (recalled_doors, recalled_candidate) = recalled.split_at(3 * d);
        Activation::Sigmoid.apply_to_sum(doors, recalled_doors);
        Activation::Tanh.apply_to_sum(candidate, recalled_candidate);
        let [i, f, o, g] = quarters(gates);
        let (past, rest) = self.cells.split_at_mut(row * d);
        let (cell, squashed) = (&mut rest[..d], &mut self.squashed[row * d..][..d]);
        simd::multiply(cell, i, g);
        if t > 0 {
            simd::update2(cell, f, &past[(row - 1) * d..], |cell, f, past| cell + f * past);
        }
        simd::map(squashed, cell, tanh);
        simd::multiply(hidden, o, squashed);
    }
}

impl Lstm {
    /// From the last time to the first, with `∂h` what the loss and the next step say of `h_t`:
    /// `∂c += ∂h ⊙ o ⊙ (1 − tanh² c)`, `∂o = ∂h ⊙ tanh c`, `∂i = ∂c ⊙ g`, `∂f = ∂c ⊙ c_{t−1}`, `∂g = ∂c ⊙ i`, each
    /// through its function to `∂z`; then `∂c_{t−1} = ∂c ⊙ f` and `∂h_{t−1} = ∂z Uᵀ`. At the end `∂U = Σ h_{t−1}ᵀ ∂z`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let (rows, d) = tape.shape(out);
        self.through_time(out, tape, params);
        if let Some(edge) = tape.edge(out, self.inputs) {
            edge.write.scaled(edge.into, &edge.scratch.delta[..4 * rows * d], 1.0);
        }
        let leaf = tape.leaf(out);
        let (delta, rest) = leaf.scratch.delta.split_at_mut(4 * rows * d);
        let before = &mut rest[..rows * d];
        let (output, offsets) = (leaf.values.of(out), leaf.values.whole(self.bounds));
        if let Some((first, rest)) = before.split_at_mut_checked(d) {
            first.fill(0.0);
            simd::copy(rest, &output[..(rows - 1) * d]);
        }
        for Step { row, .. } in steps(offsets, 0) {
            before[row * d..][..d].fill(0.0);
        }
        let size = Size {
            m: d,
            k: rows,
            n: 4 * d,
        };
        let (into, write) = params.dense_gradient_mut(self.recurrent);
        gemm_tn(size, before, delta, into, write, &mut leaf.scratch.packing);
    }

    /// Puts `∂z` into the scratch space, and leaves as much room behind it as the hidden states need.
    fn through_time(self, out: Var, tape: &mut Tape, params: &Params) {
        let (rows, d) = tape.shape(out);
        let leaf = tape.leaf(out);
        let offsets = leaf.values.whole(self.bounds);
        let together = offsets.len() - 1;
        let work = 7 * together * d;
        let delta = grown(&mut leaf.scratch.delta, 4 * rows * d + work.max(rows * d));
        let (delta, work) = delta.split_at_mut(4 * rows * d);
        let (carried, work) = work[..7 * together * d].split_at_mut(2 * together * d);
        let (slopes, back) = work.split_at_mut(4 * together * d);
        carried.fill(0.0);
        for t in (0..longest(offsets)).rev() {
            let mut m = 0;
            for step in steps(offsets, t) {
                let carried = &mut carried[2 * step.sequence * d..][..2 * d];
                let (of_hidden, of_cell) = carried.split_at_mut(d);
                let slope = &mut delta[4 * step.row * d..][..4 * d];
                simd::add(of_hidden, &leaf.from[step.row * d..][..d]);
                retrace(
                    slope,
                    of_hidden,
                    of_cell,
                    &Trace::new(leaf.values.note(out), rows, d, step.row, t),
                );
                simd::copy(&mut slopes[4 * m * d..][..4 * d], slope);
                m += 1;
            }
            if t == 0 {
                break;
            }
            let size = Size { m, k: 4 * d, n: d };
            let (slopes, back) = (&slopes[..4 * m * d], &mut back[..m * d]);
            let recurrent = params.slice(self.recurrent);
            gemm_nt(size, slopes, recurrent, back, Write::Store, &mut leaf.scratch.packing);
            for (back, step) in back.chunks_exact(d).zip(steps(offsets, t)) {
                simd::copy(&mut carried[2 * step.sequence * d..][..d], back);
            }
        }
    }
}

/// What was noted of one step of one sequence.
struct Trace<'a> {
    gates: &'a [f32],
    squashed: &'a [f32],
    /// The cell of the step before, if there was one.
    past: Option<&'a [f32]>,
}

impl<'a> Trace<'a> {
    fn new(notes: &'a [f32], rows: usize, d: usize, row: usize, t: usize) -> Self {
        let (cells, squashed) = (&notes[4 * rows * d..], &notes[5 * rows * d..]);
        Self {
            gates: &notes[4 * row * d..][..4 * d],
            squashed: &squashed[row * d..][..d],
            past: (t > 0).then(|| &cells[(row - 1) * d..][..d]),
        }
    }
}

/// Writes `∂z` of a step, and makes `∂c` that of the step before.
fn retrace(slope: &mut [f32], of_hidden: &[f32], of_cell: &mut [f32], trace: &Trace) {
    let d = of_hidden.len();
    let [i, f, o, g] = quarters(trace.gates);
    let (of_doors, of_g) = slope.split_at_mut(3 * d);
    let (of_i, rest) = of_doors.split_at_mut(d);
    let (of_f, of_o) = rest.split_at_mut(d);
    simd::multiply(of_o, of_hidden, o);
    simd::update2(of_cell, of_o, trace.squashed, |cell, h, c| {
        cell + h * (f32x4::ONE - c * c)
    });
    simd::multiply(of_o, of_hidden, trace.squashed);
    simd::multiply(of_i, of_cell, g);
    simd::multiply(of_g, of_cell, i);
    match trace.past {
        Some(past) => simd::update2(of_f, of_cell, past, |_, cell, past| cell * past),
        None => of_f.fill(0.0),
    }
    simd::update(of_cell, f, |cell, f| cell * f);
    let (doors, candidate) = trace.gates.split_at(3 * d);
    simd::update(of_doors, doors, |g, y| Activation::Sigmoid.slope(g, y));
    simd::update(of_g, candidate, |g, y| Activation::Tanh.slope(g, y));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn states_agree_with_arithmetic_by_hand() {
        let mut params = Params::new();
        let recurrent = params.dense("recurrent", 1, 4, Init::Zeros, &mut Rng::stream(1, Purpose::Init, 0));
        params.values_mut(recurrent)[[0, 3]] = 2.0;
        let mut tape = Tape::new();
        // Sequences of two steps, of none, of one. Doors of 0 are half open; g = tanh(ln 3 / 2) = 1/2.
        let ln3 = 1.098_612_3;
        let step = [0.0, 0.0, 0.0, ln3 / 2.0];
        let inputs = tape.input(3, 4, &[step, [0.0; 4], step].concat());
        let out = tape.lstm(&params, inputs, recurrent, &[0, 2, 2, 3]);
        // c₁ = 1/4 and h₁ = tanh(1/4) / 2 = 0.122459. Then g = tanh(2 h₁) = 0.240137, c₂ = c₁ / 2 + g / 2 = 0.245068 and
        // h₂ = tanh(c₂) / 2 = 0.120138.
        let expected = [0.122_459, 0.120_138, 0.122_459];
        let near = |(found, expected): (&f32, f32)| (found - expected).abs() < 1e-5;
        assert!(tape.value(out).iter().zip(expected).all(near), "{:?}", tape.value(out));
    }
}
