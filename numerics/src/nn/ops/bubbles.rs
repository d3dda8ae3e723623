//! Points against unions of boxes, each box standing for the ellipsoid in it (Wu et al., CIKM 2021).
//!
//! Of a box with the centre c and the semi-axes r, the corner nearest to the point q is `c + δ ⊙ r` with
//! `δ = sign(q − c)`, and `sign(0) = 1`. Its products with the point, `p_k = (c_k + δ_k ⊙ r_k) ⊙ q`, are pooled over the
//! boxes of a user: for each coordinate the largest one counts, so that several boxes learn from one point.

use std::ops::Range;

use wide::f32x4;

use super::super::simd;
use super::super::tape::{Span, Tape, Values, Var};
use super::Op;

/// Which points are compared with which user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// All points with every user.
    All,
    /// Equally many points with each user, user after user.
    Own,
}

/// Who has which bubbles, and how they are compared with points.
#[derive(Clone, Copy, Debug)]
pub struct BubbleSpec<'a> {
    /// User `u` has the bubbles `offsets[u]..offsets[u + 1]`: users + 1.
    pub offsets: &'a [u32],
    /// With which points.
    pub pairs: Pairs,
    /// The bubble with the largest sum of products counts in all coordinates; else each coordinate has its own.
    pub whole: bool,
}

/// Notes for each coordinate of each pair which bubble of its user counts, counted from 1, with the sign of δ.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct PoolBubbles {
    centres: Var,
    radii: Var,
    points: Var,
    offsets: Span,
    pairs: Pairs,
}

/// A user and a point.
struct Pair {
    bubbles: Range<usize>,
    /// Its row among the points.
    point: usize,
    /// Its row in the result.
    row: usize,
}

impl Tape {
    /// The pooled products of each pair of user and point, pairs in the order of users: `[ΣT, d], [ΣT, d], [C, d] →
    /// [U·C, d]`, or `[C, d]` where each user has points of their own. Without bubbles they are 0.
    ///
    /// # Panics
    /// If the shapes or the offsets do not fit.
    pub fn pool_bubbles(&mut self, centres: Var, radii: Var, points: Var, spec: &BubbleSpec) -> Var {
        let ((bubbles, d), (n, width)) = (self.shape(centres), self.shape(points));
        assert_eq!((bubbles, d), self.shape(radii), "a radius for each centre");
        assert_eq!(d, width, "widths of bubbles and points");
        assert_eq!(
            (spec.offsets.first(), spec.offsets.last()),
            (Some(&0), Some(&(bubbles as u32))),
            "the bubbles of all users"
        );
        let users = spec.offsets.len() - 1;
        let rows = match spec.pairs {
            Pairs::All => users * n,
            Pairs::Own => n,
        };
        assert!(
            spec.pairs == Pairs::All || n == 0 || n.is_multiple_of(users),
            "equally many points for each user"
        );
        let op = PoolBubbles {
            centres,
            radii,
            points,
            offsets: self.keep(spec.offsets.iter().copied()),
            pairs: spec.pairs,
        };
        let out = self.push(Op::PoolBubbles(op), (rows, d), rows * d, &[centres, radii, points]);
        let forward = self.forward(out);
        let [centres, radii, points] = [centres, radii, points].map(|input| forward.inputs.of(input));
        forward.output.fill(0.0);
        for_each_pair(spec.offsets, spec.pairs, n, |pair| {
            let all = pair.bubbles.start * d..pair.bubbles.end * d;
            let boxes = (&centres[all.clone()], &radii[all]);
            let point = &points[pair.point * d..][..d];
            let into = &mut forward.output[pair.row * d..][..d];
            let winners = &mut forward.note[pair.row * d..][..d];
            if spec.whole {
                pool_whole(boxes, point, into, winners);
            } else {
                pool(boxes, point, into, winners);
            }
        });
        out
    }

    /// Which bubble of its user counted for each coordinate of each pair of what [`Tape::pool_bubbles`] made.
    pub fn bubble_winners(&self, out: Var) -> impl Iterator<Item = u32> {
        self.values().note(out).iter().map(|note| bubble(*note) as u32)
    }
}

/// Every pair whose user has a bubble.
fn for_each_pair(offsets: &[u32], pairs: Pairs, points: usize, mut visit: impl FnMut(Pair)) {
    let users = offsets.len() - 1;
    let own = points / users.max(1);
    for (user, bubbles) in offsets.windows(2).enumerate() {
        let bubbles = bubbles[0] as usize..bubbles[1] as usize;
        if bubbles.is_empty() {
            continue;
        }
        let (points, first) = match pairs {
            Pairs::All => (0..points, user * points),
            Pairs::Own => (user * own..(user + 1) * own, user * own),
        };
        for (place, point) in points.enumerate() {
            visit(Pair {
                bubbles: bubbles.clone(),
                point,
                row: first + place,
            });
        }
    }
}

/// The number of a bubble in a note; 0 where nothing was noted, for users without bubbles.
fn bubble(note: f32) -> usize {
    (note.abs() as usize).saturating_sub(1)
}

/// Whether δ is positive, and `(c + δ r) q`: the corner nearest to `q`.
#[inline(always)]
fn product(c: f32x4, r: f32x4, q: f32x4) -> (f32x4, f32x4) {
    let positive = q.simd_ge(c);
    (positive, (c + positive.bitselect(r, -r)) * q)
}

/// Four numbers of a row, or what is left of it and zeros.
#[inline(always)]
fn lanes(row: &[f32], at: usize) -> f32x4 {
    match row[at..].first_chunk::<4>() {
        Some(four) => f32x4::from(*four),
        None => {
            let mut four = [0.0; 4];
            four[..row.len() - at].copy_from_slice(&row[at..]);
            f32x4::from(four)
        }
    }
}

/// The largest product of each coordinate, the first of equals, and whose it is.
fn pool((centres, radii): (&[f32], &[f32]), point: &[f32], into: &mut [f32], winners: &mut [f32]) {
    let d = point.len();
    for at in (0..d).step_by(4) {
        let q = lanes(point, at);
        let (mut best, mut winner) = (f32x4::splat(f32::NEG_INFINITY), f32x4::ONE);
        let boxes = centres.chunks_exact(d).zip(radii.chunks_exact(d));
        let mut number = 0.0;
        for (c, r) in boxes {
            number += 1.0;
            let (positive, found) = product(lanes(c, at), lanes(r, at), q);
            let number = f32x4::splat(number);
            let better = found.simd_gt(best);
            best = better.bitselect(found, best);
            winner = better.bitselect(positive.bitselect(number, -number), winner);
        }
        let end = d.min(at + 4);
        into[at..end].copy_from_slice(&best.to_array()[..end - at]);
        winners[at..end].copy_from_slice(&winner.to_array()[..end - at]);
    }
}

/// The products of the bubble in which their sum is largest, the first of equals.
fn pool_whole((centres, radii): (&[f32], &[f32]), point: &[f32], into: &mut [f32], winners: &mut [f32]) {
    let d = point.len();
    let products = |number: usize, at: usize| {
        let [c, r] = [centres, radii].map(|rows| lanes(&rows[number * d..][..d], at));
        product(c, r, lanes(point, at))
    };
    let mut best = (0, f32::NEG_INFINITY);
    for number in 0..centres.len() / d {
        let sums = (0..d).step_by(4).map(|at| products(number, at).1);
        let sum = simd::lanes_sum(sums.fold(f32x4::ZERO, |sum, product| sum + product));
        if sum > best.1 {
            best = (number, sum);
        }
    }
    let number = f32x4::splat((best.0 + 1) as f32);
    for at in (0..d).step_by(4) {
        let end = d.min(at + 4);
        let (positive, found) = products(best.0, at);
        into[at..end].copy_from_slice(&found.to_array()[..end - at]);
        winners[at..end].copy_from_slice(&positive.bitselect(number, -number).to_array()[..end - at]);
    }
}

impl PoolBubbles {
    /// Only the bubble that counts learns: `∂/∂c = G q`, `∂/∂r = δ G q`, `∂/∂q = G (c + δ r)`. δ does not.
    pub(super) fn backward(self, out: Var, tape: &mut Tape) {
        let (n, d) = tape.shape(self.points);
        for (input, of_radii) in [(self.centres, false), (self.radii, true)] {
            let Some(edge) = tape.edge(out, input) else { continue };
            let (points, notes) = (edge.values.of(self.points), edge.values.note(out));
            let into = edge.write.sum_into(edge.into);
            for_each_pair(self.offsets(edge.values), self.pairs, n, |pair| {
                let into = &mut into[pair.bubbles.start * d..pair.bubbles.end * d];
                let row = pair.row * d..(pair.row + 1) * d;
                let known = edge.from[row.clone()].iter().zip(&notes[row]);
                for (column, ((slope, note), q)) in known.zip(&points[pair.point * d..][..d]).enumerate() {
                    let delta = if of_radii { 1.0_f32.copysign(*note) } else { 1.0 };
                    into[bubble(*note) * d + column] += delta * slope * q;
                }
            });
        }
        if let Some(edge) = tape.edge(out, self.points) {
            let [centres, radii] = [self.centres, self.radii].map(|input| edge.values.of(input));
            let notes = edge.values.note(out);
            let into = edge.write.sum_into(edge.into);
            for_each_pair(self.offsets(edge.values), self.pairs, n, |pair| {
                let own = pair.bubbles.start * d..pair.bubbles.end * d;
                let (centres, radii) = (&centres[own.clone()], &radii[own]);
                let row = pair.row * d..(pair.row + 1) * d;
                let known = edge.from[row.clone()].iter().zip(&notes[row]);
                for (column, ((slope, note), into)) in known.zip(&mut into[pair.point * d..][..d]).enumerate() {
                    let at = bubble(*note) * d + column;
                    *into += slope * (centres[at] + radii[at].copysign(*note));
                }
            });
        }
    }

    fn offsets(self, values: Values<'_>) -> &[u32] {
        values.whole(self.offsets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bubbles of three users, in five dimensions: two, none and one.
    fn pooled(whole: bool) -> (Vec<f32>, Vec<u32>) {
        let mut tape = Tape::new();
        let centres = [
            [1.0, 0.0, -1.0, 2.0, 0.5],
            [0.0, 1.0, 1.0, -2.0, 0.5],
            [0.0, 0.0, 0.0, 0.0, 0.0],
        ];
        let centres = tape.input(3, 5, centres.as_flattened());
        let radii = tape.input(3, 5, &[0.5; 15]);
        let points = tape.input(2, 5, &[2.0, -1.0, 1.0, -1.0, 0.5, 0.0, 1.0, 0.0, 0.0, -2.0]);
        let spec = BubbleSpec {
            offsets: &[0, 2, 2, 3],
            pairs: Pairs::All,
            whole,
        };
        let out = tape.pool_bubbles(centres, radii, points, &spec);
        (tape.value(out).to_vec(), tape.bubble_winners(out).collect())
    }

    #[test]
    fn each_coordinate_takes_the_largest_product_and_nobody_without_bubbles_has_any() {
        let (found, winners) = pooled(false);
        // Corners of the first user's bubbles for the first point: (1.5, -0.5, -0.5, 1.5, 1), (0.5, 0.5, 1.5, -1.5, 1).
        assert_eq!(found[..5], [3.0, 0.5, 1.5, 1.5, 0.5]);
        assert_eq!(winners[..5], [0, 0, 1, 1, 0]);
        assert_eq!(found[5..10], [0.0, 1.5, 0.0, 0.0, 0.0]);
        assert_eq!(found[10..20], [0.0; 10]);
        assert_eq!(found[20..25], [1.0, 0.5, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn a_whole_bubble_counts_where_its_sum_is_the_largest() {
        // Sums 1.5 · 2 + 0.5 − 0.5 − 1.5 + 0.5 = 2 and 1 − 0.5 + 1.5 + 1.5 + 0.5 = 4 for the first point.
        let (found, winners) = pooled(true);
        assert_eq!(found[..5], [1.0, -0.5, 1.5, 1.5, 0.5]);
        assert_eq!(winners[..5], [1; 5]);
    }
}
