//! One sort for all who rank, and one for all who order numbers: each sort of a type or rule of its own would be some
//! kilobytes more to load.

use std::cmp::Ordering;

/// Sorts `numbers` as `by` orders them; those it takes for equal come in any order.
pub fn sort_by(numbers: &mut [u32], by: &mut dyn FnMut(u32, u32) -> Ordering) {
    numbers.sort_unstable_by(|&a, &b| by(a, b));
}

/// Sorts `numbers` upwards.
pub fn ascend(numbers: &mut [u32]) {
    sort_by(numbers, &mut |a, b| a.cmp(&b));
}

/// The places `0..n` as `by` orders what stands there.
pub fn places(n: usize, by: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..n as u32).collect();
    sort_by(&mut places, &mut |a, b| by(a as usize, b as usize));
    places
}

/// Smaller for a higher score, and for a lower number where scores are equal. A NaN comes before all scores or after
/// them, by its sign.
pub fn key(score: f32, number: u32) -> u64 {
    let bits = score.to_bits();
    // Flips the order of negative numbers and puts them below the positive ones.
    let ascending = bits ^ if bits >> 31 == 1 { u32::MAX } else { 1 << 31 };
    u64::from(!ascending) << 32 | u64::from(number)
}

/// The number that a key was made from.
pub const fn number(key: u64) -> u32 {
    key as u32
}

/// The score that a key was made from.
pub const fn score(key: u64) -> f32 {
    let ascending = !((key >> 32) as u32);
    f32::from_bits(ascending ^ if ascending >> 31 == 1 { 1 << 31 } else { u32::MAX })
}

/// The key that has `n` before it when all are sorted; the keys change places.
pub fn nth(keys: &mut [u64], n: usize) -> u64 {
    *keys.select_nth_unstable(n).1
}

/// Sorts the `n` smallest keys to the front; the others follow in any order.
pub fn sort_first(keys: &mut [u64], n: usize) {
    if 0 < n && n < keys.len() {
        nth(keys, n - 1);
    }
    let n = n.min(keys.len());
    keys[..n].sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_falling_score_and_then_by_number() {
        let scores = [0.5, -1.0, f32::INFINITY, 0.5, 0.0, -3e30, 7.0];
        let mut keys: Vec<u64> = (0..).zip(scores).map(|(number, score)| key(score, number)).collect();
        for (&key, score) in keys.iter().zip(scores) {
            assert_eq!(super::score(key).to_bits(), score.to_bits());
        }
        sort_first(&mut keys, 4);
        assert_eq!(
            keys[..4].iter().map(|&key| number(key)).collect::<Vec<_>>(),
            [2, 6, 0, 3]
        );
        sort_first(&mut keys, 99);
        assert_eq!(
            keys.iter().map(|&key| number(key)).collect::<Vec<_>>(),
            [2, 6, 0, 3, 4, 1, 5]
        );
    }
}
