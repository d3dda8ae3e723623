//! One sort for all who rank, and one for all who order numbers: each sort of a type or rule of its own would be some
//! kilobytes more to load.

use std::cmp::Ordering;

use wide::i32x4;

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
    if sort_few(keys) {
        keys[n]
    } else {
        *keys.select_nth_unstable(n).1
    }
}

/// Sorts the `n` smallest keys to the front; the others follow in any order.
pub fn sort_first(keys: &mut [u64], n: usize) {
    if sort_few(keys) {
        return;
    }
    if 0 < n && n < keys.len() {
        nth(keys, n - 1);
    }
    let n = n.min(keys.len());
    keys[..n].sort_unstable();
}

/// Sorts the keys if they are few and all of their scores differ; says whether it did.
fn sort_few(keys: &mut [u64]) -> bool {
    match keys.len() {
        0..=16 => sort_by_count::<4>(keys),
        17..=32 => sort_by_count::<8>(keys),
        _ => false,
    }
}

/// Sorts at most 4 N keys: the place of each is the number of smaller ones. That takes more comparisons than any other
/// way, but all of them at once, and none of them is a branch to be guessed.
#[inline(always)]
fn sort_by_count<const N: usize>(keys: &mut [u64]) -> bool {
    let mut highs = [[i32::MAX; 4]; N];
    for (high, key) in highs.as_flattened_mut().iter_mut().zip(&*keys) {
        *high = ((key >> 32) as u32 ^ 1 << 31).cast_signed();
    }
    let quads = highs.map(i32x4::from);
    let mut places = [i32x4::ZERO; N];
    for &high in highs.as_flattened().iter().take(keys.len()) {
        let high = i32x4::splat(high);
        for (places, quad) in places.iter_mut().zip(quads) {
            *places -= high.simd_lt(quad);
        }
    }
    let places = places.map(i32x4::to_array);
    let places = &places.as_flattened()[..keys.len()];
    let mut sorted = [[0; 4]; N];
    let mut sum = 0;
    for (&key, &place) in keys.iter().zip(places) {
        sorted.as_flattened_mut()[place as usize] = key;
        sum += place as usize;
    }
    // Equal ones share a place, and those between are missing.
    let all_differ = 2 * sum == keys.len() * keys.len().saturating_sub(1);
    if all_differ {
        keys.iter_mut()
            .zip(sorted.as_flattened())
            .for_each(|(key, &sorted)| *key = sorted);
    }
    all_differ
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

    #[test]
    fn few_keys_and_many_are_sorted_alike_with_and_without_equal_scores() {
        let mut state = 7_u64;
        for n in 0..70 {
            for scores in [3, 1 << 20] {
                let mut draw = || {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    state >> 33
                };
                let keys: Vec<u64> = (0..n)
                    .map(|number| key((draw() % scores) as f32 - 1.0, number))
                    .collect();
                let mut sorted = keys.clone();
                sorted.sort_unstable();
                for first in [0, 1, keys.len() / 2, keys.len(), keys.len() + 3] {
                    let mut some = keys.clone();
                    sort_first(&mut some, first);
                    let first = first.min(keys.len());
                    assert_eq!(some[..first], sorted[..first], "{first} of {n}");
                    if first > 0 {
                        assert_eq!(nth(&mut keys.clone(), first - 1), sorted[first - 1]);
                    }
                }
            }
        }
    }
}
