//! Softmax of each row by itself, at one temperature for all or at one that is learnt for each.
//!
//! ```text
//! p_j = exp(s_j / τ) / Σ_l exp(s_l / τ)      ∂/∂s_j = p_j (G_j − Σ_l p_l G_l) / τ      ∂/∂τ = −(1/τ) Σ_j s_j ∂/∂s_j
//! ```

use super::super::simd::{self, Write};
use super::super::tape::{Tape, Var};
use super::Op;
use super::softmax::softmax_in_place;

/// Temperature τ: towards 0 a row's largest score takes all, towards infinity all are alike.
#[derive(Clone, Copy, Debug)]
pub enum Temperature {
    /// The same for all rows.
    Fixed(f32),
    /// Of each row: `middle + spread (2 g − 1)` with its gate g (`[B, 1]`) from 0 to 1.
    Gated { gate: Var, middle: f32, spread: f32 },
}

/// Notes the temperature of each row; 0 for one that is absent.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct RowSoftmax {
    scores: Var,
    gate: Option<Var>,
    spread: f32,
}

impl Tape {
    /// The softmax of each row of `scores` and a column behind it for rows that have no scores: `[B, C] → [B, C + 1]`.
    /// That column is 1 in the rows `absent` and 0 elsewhere.
    ///
    /// # Panics
    /// If there are no columns, a row has not one gate, or an absent row does not exist.
    pub fn row_softmax(&mut self, scores: Var, temperature: Temperature, absent: &[u32]) -> Var {
        let (rows, cols) = self.shape(scores);
        assert!(cols > 0, "a softmax of no scores");
        let (gate, middle, spread) = match temperature {
            Temperature::Fixed(middle) => (None, middle, 0.0),
            Temperature::Gated { gate, middle, spread } => (Some(gate), middle, spread),
        };
        if let Some(gate) = gate {
            assert_eq!(self.shape(gate), (rows, 1), "one gate for each row");
        }
        let op = Op::RowSoftmax(RowSoftmax { scores, gate, spread });
        let out = self.push(op, (rows, cols + 1), rows, &[scores, gate.unwrap_or(scores)]);
        let forward = self.forward(out);
        match gate {
            Some(gate) => {
                let gates = forward.inputs.of(gate);
                for (into, gate) in forward.note.iter_mut().zip(gates) {
                    *into = middle + spread * (2.0 * gate - 1.0);
                }
            }
            None => forward.note.fill(middle),
        }
        for &row in absent {
            forward.note[row as usize] = 0.0;
        }
        let scores = forward.inputs.of(scores).chunks_exact(cols);
        let outputs = forward.output.chunks_exact_mut(cols + 1);
        for ((into, scores), &temperature) in outputs.zip(scores).zip(&*forward.note) {
            let (softmax, last) = into.split_at_mut(cols);
            if temperature == 0.0 {
                softmax.fill(0.0);
                last[0] = 1.0;
            } else {
                simd::scaled(softmax, scores, 1.0 / temperature);
                softmax_in_place(softmax);
                last[0] = 0.0;
            }
        }
        out
    }
}

impl RowSoftmax {
    /// See the [module](self); an absent row learns nothing.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let cols = tape.shape(self.scores).1;
        if let Some(edge) = tape.edge(out, self.scores) {
            let (weights, temperatures) = (edge.values.of(out), edge.values.note(out));
            for (row, into) in edge.into.chunks_exact_mut(cols).enumerate() {
                let at = row * (cols + 1);
                let (p, from) = (&weights[at..at + cols], &edge.from[at..at + cols]);
                if temperatures[row] == 0.0 {
                    if edge.write == Write::Store {
                        into.fill(0.0);
                    }
                    continue;
                }
                let (mean, inverse) = (simd::dot(p, from), 1.0 / temperatures[row]);
                edge.write.map2(into, p, from, |p, g| p * (g - mean) * inverse);
            }
        }
        let Some(gate) = self.gate else { return };
        if let Some(edge) = tape.edge(out, gate) {
            let (weights, temperatures) = (edge.values.of(out), edge.values.note(out));
            let scores = edge.values.of(self.scores);
            let into = edge.write.sum_into(edge.into);
            for (row, into) in into.iter_mut().enumerate().filter(|(row, _)| temperatures[*row] != 0.0) {
                let at = row * (cols + 1);
                let (p, from) = (&weights[at..at + cols], &edge.from[at..at + cols]);
                let mean = simd::dot(p, from);
                let mut slope = 0.0;
                for ((p, g), s) in p.iter().zip(from).zip(&scores[row * cols..]) {
                    slope += p * (g - mean) * s;
                }
                let temperature = temperatures[row];
                *into -= 2.0 * self.spread * slope / (temperature * temperature);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f32; 6] = [1.0, 3.0, 2.0, 0.5, 0.0, -0.5];

    fn softmax(temperature: f32, absent: &[u32]) -> Vec<f32> {
        let mut tape = Tape::new();
        let scores = tape.input(2, 3, &SCORES);
        let out = tape.row_softmax(scores, Temperature::Fixed(temperature), absent);
        tape.value(out).to_vec()
    }

    #[test]
    fn a_cold_row_takes_its_largest_and_a_hot_one_takes_all_alike() {
        assert_eq!(softmax(1e-3, &[]), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        for row in softmax(1e9, &[]).chunks(4) {
            assert!(row[..3].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-6), "{row:?}");
        }
        // e^-1 + 1 + e^-0.5 = 1.974410 at τ = 2 in the first row.
        let warm = softmax(2.0, &[1]);
        for (found, expected) in warm
            .iter()
            .zip([0.186_324, 0.506_480, 0.307_196, 0.0, 0.0, 0.0, 0.0, 1.0])
        {
            assert!((found - expected).abs() < 1e-5, "{warm:?}");
        }
    }

    #[test]
    fn a_gate_moves_the_temperature_within_its_band() {
        let mut tape = Tape::new();
        let scores = tape.input(3, 2, &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        let gate = tape.input(3, 1, &[0.0, 0.5, 1.0]);
        let temperature = Temperature::Gated {
            gate,
            middle: 2.0,
            spread: 1.0,
        };
        let out = tape.row_softmax(scores, temperature, &[]);
        // σ(1/τ) at τ = 1, 2 and 3.
        for (row, expected) in [0.731_059, 0.622_459, 0.582_570].into_iter().enumerate() {
            assert!((tape.value(out)[3 * row] - expected).abs() < 1e-5, "row {row}");
        }
    }
}
