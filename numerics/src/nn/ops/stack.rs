//! Blocks of several matrices one under the other.

use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// Block `b` of each input, then block `b + 1` of each.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Stack {
    inputs: Span,
    blocks: usize,
}

/// Where the rows of one input stand in one block of the result, and in the input.
fn places(stacked: usize, first: usize, taken: usize, blocks: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..blocks).map(move |block| (block * stacked + first, block * taken))
}

impl Tape {
    /// Each of `blocks` blocks of the result has the block's rows of every input, in their order:
    /// `[B·k₁, d], [B·k₂, d], … → [B·(k₁ + k₂ + …), d]`.
    ///
    /// # Panics
    /// If there are no inputs, their widths differ, or the blocks do not divide their rows.
    pub fn stack(&mut self, blocks: usize, inputs: &[Var]) -> Var {
        assert!(!inputs.is_empty(), "nothing to stack");
        let cols = self.shape(inputs[0]).1;
        let fits = |&(rows, width): &(usize, usize)| width == cols && rows.is_multiple_of(blocks);
        let shapes = inputs.iter().map(|input| self.shape(*input));
        assert!(
            shapes.clone().all(|shape| fits(&shape)),
            "rows of one width in {blocks} blocks"
        );
        let rows = shapes.map(|(rows, _)| rows).sum();
        let kept = self.keep_vars(inputs.iter().copied());
        let op = Op::Stack(Stack { inputs: kept, blocks });
        let out = self.push(op, (rows, cols), 0, inputs);
        let (stacked, mut first) = (rows * cols / blocks.max(1), 0);
        for &input in inputs {
            let forward = self.forward(out);
            let from = forward.inputs.of(input);
            let taken = from.len() / blocks.max(1);
            for (into, at) in places(stacked, first, taken, blocks) {
                simd::copy(&mut forward.output[into..][..taken], &from[at..][..taken]);
            }
            first += taken;
        }
        out
    }
}

impl Stack {
    /// Each input gets its rows of `G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (rows, cols) = tape.shape(out);
        let blocks = self.blocks.max(1);
        let (stacked, mut first, mut place) = (rows * cols / blocks, 0, 0);
        while let Some(input) = tape.kept_var(self.inputs, place) {
            let taken = tape.shape(input).0 * cols / blocks;
            if let Some(edge) = tape.edge(out, input) {
                for (from, at) in places(stacked, first, taken, self.blocks) {
                    edge.write
                        .scaled(&mut edge.into[at..][..taken], &edge.from[from..][..taken], 1.0);
                }
            }
            first += taken;
            place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_alternate() {
        let mut tape = Tape::new();
        let one = tape.input(2, 2, &[1.0, 2.0, 3.0, 4.0]);
        let two = tape.input(4, 2, &[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]);
        let out = tape.stack(2, &[one, two]);
        assert_eq!(tape.shape(out), (6, 2));
        let expected = [1.0, 2.0, 10.0, 20.0, 30.0, 40.0, 3.0, 4.0, 50.0, 60.0, 70.0, 80.0];
        assert_eq!(tape.value(out), expected);
        let none = tape.input(0, 2, &[]);
        let out = tape.stack(0, &[none, none]);
        assert_eq!(tape.shape(out), (0, 2));
    }
}
