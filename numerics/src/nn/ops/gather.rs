//! Rows of an embedding table, as they are or pooled.

use super::super::params::{ParamId, Params};
use super::super::simd;
use super::super::tape::{Span, Tape, Var};
use super::Op;

/// How several vectors become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// `1/n Σ x`.
    Mean,
    /// `Σ x`.
    Sum,
    /// `1/√n Σ x`.
    SqrtN,
}

/// One row of the table for each id.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Gather {
    pub(super) table: ParamId,
    pub(super) ids: Span,
}

/// The pooled rows of each list of ids.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct GatherPool {
    pub(super) table: ParamId,
    pub(super) ids: Span,
    /// Where each list starts in `ids`, and where the last one ends.
    bounds: Span,
    pooling: Pooling,
}

impl Pooling {
    /// What the sum of `n` vectors is multiplied by.
    pub(super) fn factor(self, n: usize) -> f32 {
        match self {
            _ if n == 0 => 0.0,
            Pooling::Mean => 1.0 / n as f32,
            Pooling::Sum => 1.0,
            Pooling::SqrtN => 1.0 / (n as f32).sqrt(),
        }
    }
}

impl Tape {
    /// Row `ids[i]` of an embedding as row `i`: `N ids → [N, d]`.
    ///
    /// # Panics
    /// If an id is not a row of the table, or the parameter is not an embedding.
    pub fn gather(&mut self, params: &Params, table: ParamId, ids: &[u32]) -> Var {
        if let Some(encoder) = params.encoder(table) {
            return self.encode(params, table, encoder.as_ref(), ids);
        }
        let width = params.shape(table).1;
        let source = params.table_of(table);
        let kept = self.keep(ids.iter().copied());
        let op = Op::Gather(Gather { table, ids: kept });
        let out = self.push_node(op, (ids.len(), width), 0, true);
        let output = self.forward(out).output;
        for (into, id) in output.chunks_exact_mut(width.max(1)).zip(ids) {
            simd::copy(into, source.row(*id));
        }
        out
    }

    /// The pooled rows `ids[offsets[b]..offsets[b + 1]]` of an embedding as row `b`: `→ [B, d]` with `B + 1` offsets. A
    /// row without ids is zero.
    ///
    /// # Panics
    /// If the offsets are empty, decrease or go beyond the ids, an id is not a row of the table, or the parameter is
    /// not an embedding.
    pub fn gather_pool(
        &mut self,
        params: &Params,
        table: ParamId,
        offsets: &[u32],
        ids: &[u32],
        pooling: Pooling,
    ) -> Var {
        assert!(
            !offsets.is_empty(),
            "lists of ids need one offset more than there are lists"
        );
        if let Some(encoder) = params.encoder(table) {
            return self.encode_pooled(params, table, encoder.as_ref(), (offsets, ids), pooling);
        }
        let width = params.shape(table).1;
        let source = params.table_of(table);
        let (bounds, kept) = (self.keep(offsets.iter().copied()), self.keep(ids.iter().copied()));
        let op = GatherPool {
            table,
            ids: kept,
            bounds,
            pooling,
        };
        let out = self.push_node(Op::GatherPool(op), (offsets.len() - 1, width), 0, true);
        let output = self.forward(out).output;
        for (into, bounds) in output.chunks_exact_mut(width.max(1)).zip(offsets.windows(2)) {
            let list = &ids[bounds[0] as usize..bounds[1] as usize];
            into.fill(0.0);
            for id in list {
                simd::add(into, source.row(*id));
            }
            let factor = pooling.factor(list.len());
            into.iter_mut().for_each(|x| *x *= factor);
        }
        out
    }
}

impl Gather {
    /// Row `ids[i]` gets row `i` of `G`.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let width = tape.shape(out).1;
        let leaf = tape.leaf(out);
        let table = params.table_of_mut(self.table);
        for (from, id) in leaf.from.chunks_exact(width.max(1)).zip(leaf.values.whole(self.ids)) {
            table.add_gradient(*id, from, 1.0);
        }
    }
}

impl GatherPool {
    /// Every row of list `b` gets row `b` of `G`, times the factor of the pooling.
    pub(super) fn backward(self, out: Var, tape: &mut Tape, params: &mut Params) {
        let width = tape.shape(out).1;
        let leaf = tape.leaf(out);
        let table = params.table_of_mut(self.table);
        let (bounds, ids) = (leaf.values.whole(self.bounds), leaf.values.whole(self.ids));
        for (from, bounds) in leaf.from.chunks_exact(width.max(1)).zip(bounds.windows(2)) {
            let list = &ids[bounds[0] as usize..bounds[1] as usize];
            let factor = self.pooling.factor(list.len());
            list.iter().for_each(|id| table.add_gradient(*id, from, factor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn rows_are_looked_up_and_pooled_list_by_list() {
        let mut params = Params::new();
        let table = params.table("table", 3, 2, Init::Zeros, &mut Rng::stream(1, Purpose::Init, 0));
        for (row, value) in [1.0, 10.0, 100.0].into_iter().enumerate() {
            params.values_mut(table)[[row, 0]] = value;
            params.values_mut(table)[[row, 1]] = -value;
        }
        let mut tape = Tape::new();
        let rows = tape.gather(&params, table, &[2, 0]);
        assert_eq!(tape.value(rows), [100.0, -100.0, 1.0, -1.0]);
        // Lists: none; 0, 0, 1, 2; 1.
        let mut pool = |pooling| {
            let pooled = tape.gather_pool(&params, table, &[0, 0, 4, 5], &[0, 0, 1, 2, 1], pooling);
            tape.value(pooled).to_vec()
        };
        assert_eq!(pool(Pooling::Sum), [0.0, 0.0, 112.0, -112.0, 10.0, -10.0]);
        assert_eq!(pool(Pooling::Mean), [0.0, 0.0, 28.0, -28.0, 10.0, -10.0]);
        assert_eq!(pool(Pooling::SqrtN), [0.0, 0.0, 56.0, -56.0, 10.0, -10.0]);
    }
}
