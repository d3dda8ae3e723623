//! Putting pieces of bytes one behind the other so that each finds much of itself in what has just gone by.
//!
//! Gzip writes a run of bytes that it has seen within the last 32 kB as a reference of two or three bytes. Which pieces
//! stand near one another therefore decides what all weigh. The best order is out of reach; this one is found greedily.

use std::collections::{HashMap, VecDeque};

/// How far gzip looks back, in bytes (RFC 1951, 2).
const WINDOW: usize = 32 << 10;
/// Length of the runs of bytes that are compared. Gzip takes 3; but where 6 agree, usually more do.
const RUN: usize = 6;
/// Runs that a piece is taken to hold beside its own, found nowhere: without them short pieces, all of which is
/// soon found somewhere, would be the next again and again.
const BESIDE: f64 = 50.0;

/// Runs of a piece, each once, and which of all runs they are.
type Runs = Vec<usize>;

/// An order of `pieces`: the largest first, then always the one of which the greatest share stands in the window
/// before it. A run that many pieces hold counts less: by the square root of how many.
#[must_use]
pub fn chain(pieces: &[&[u8]]) -> Vec<usize> {
    let (runs, holders) = runs_of(pieces);
    let worth: Vec<f64> = holders.iter().map(|who| 1.0 / (who.len() as f64).sqrt()).collect();
    let whole: Vec<f64> = runs.iter().map(|own| own.iter().map(|&run| worth[run]).sum()).collect();
    // How much of each piece stands in the window, and how many pieces in the window hold each run.
    let mut found = vec![0.0; pieces.len()];
    let mut within = vec![0_usize; holders.len()];
    let (mut window, mut bytes) = (VecDeque::new(), 0);

    let mut left: Vec<usize> = (0..pieces.len()).collect();
    left.sort_by_key(|&piece| std::cmp::Reverse(pieces[piece].len()));
    let mut order = Vec::with_capacity(pieces.len());
    while !left.is_empty() {
        let (mut at, mut most) = (0, 0.0);
        for (place, &piece) in left.iter().enumerate() {
            let share = found[piece] / (whole[piece] + BESIDE);
            if share > most {
                (at, most) = (place, share);
            }
        }
        let next = left.remove(at);
        order.push(next);
        window.push_back(next);
        bytes += pieces[next].len();
        for &run in &runs[next] {
            within[run] += 1;
            if within[run] == 1 {
                holders[run].iter().for_each(|&piece| found[piece] += worth[run]);
            }
        }
        // The last bytes of the first piece may still be seen: it stays until those behind it fill the window.
        while let Some(&first) = window.front()
            && bytes - pieces[first].len() >= WINDOW
        {
            window.pop_front();
            bytes -= pieces[first].len();
            for &run in &runs[first] {
                within[run] -= 1;
                if within[run] == 0 {
                    holders[run].iter().for_each(|&piece| found[piece] -= worth[run]);
                }
            }
        }
    }
    order
}

/// The runs of each piece, and the pieces that hold each run.
fn runs_of(pieces: &[&[u8]]) -> (Vec<Runs>, Vec<Vec<usize>>) {
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut holders: Vec<Vec<usize>> = Vec::new();
    let mut runs = Vec::with_capacity(pieces.len());
    for (piece, bytes) in pieces.iter().enumerate() {
        let mut own = Runs::new();
        for run in bytes.windows(RUN) {
            let number = *numbers.entry(run).or_insert(holders.len());
            if number == holders.len() {
                holders.push(Vec::new());
            }
            if holders[number].last() != Some(&piece) {
                holders[number].push(piece);
                own.push(number);
            }
        }
        runs.push(own);
    }
    (runs, holders)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without a pattern, others for another `seed`.
    fn noise(seed: u32, len: usize) -> Vec<u8> {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let states = std::iter::successors(Some(seed), next);
        states.skip(1).take(len).map(|state| (state >> 24) as u8).collect()
    }

    #[test]
    fn what_is_alike_stands_together() {
        // Two families in turns, whose members share all but their last bytes.
        let members: Vec<Vec<u8>> = (0..10)
            .map(|member| [noise(member % 2, 400), noise(100 + member, 20)].concat())
            .collect();
        let pieces: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
        let families: Vec<usize> = chain(&pieces).iter().map(|piece| piece % 2).collect();
        assert_eq!(families, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn what_has_left_the_window_does_not_count() {
        let (large, other) = (noise(1, 2 * WINDOW), noise(2, WINDOW / 2));
        // Longer than the window, so that once it is there the large one is out of sight.
        let second = [&large[..WINDOW], &other].concat();
        let of_large = [&large[WINDOW..WINDOW + 200], &noise(3, 400)].concat();
        let of_second = [&other[..100], &noise(4, 500)].concat();
        assert_eq!(chain(&[&of_large, &of_second, &second, &large]), [3, 2, 1, 0]);
    }

    #[test]
    fn every_piece_has_its_place_once() {
        let mut order = chain(&[b"", b"abc", b"", b"abcdefgh", b"abcdefgh"]);
        assert_eq!(order[..2], [3, 4]);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4]);
        assert!(chain(&[]).is_empty());
    }
}
