//! Hash functions of ids, the same on every machine.

use crate::engine::rng::Rng;

/// A prime above every number of values that is asked for: 2³¹ − 1.
const PRIME: u64 = (1 << 31) - 1;

/// `h(id) = ((a s + b) mod p) mod m` of the scattered id s, with `a ≠ 0` and `b` drawn at random: a universal family
/// (Carter and Wegman, 1979).
///
/// Functions that differ in `b` alone would be shifts of each other, and near ids would have near codes in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash {
    a: u64,
    b: u64,
}

impl Hash {
    /// One of the family.
    pub fn draw(rng: &mut Rng) -> Self {
        Self {
            a: 1 + u64::from(rng.below(PRIME as u32 - 1)),
            b: u64::from(rng.below(PRIME as u32)),
        }
    }

    /// With these a and b.
    #[cfg(test)]
    pub const fn of_factors(a: u64, b: u64) -> Self {
        Self { a, b }
    }

    /// The value of `id`, below `m`.
    ///
    /// # Panics
    /// If `m` is 0.
    pub fn of(self, id: u32, m: u32) -> u32 {
        // Both factors are below 2³¹, so that the product fits.
        let sum = self.a * scattered(id) + self.b;
        // 2³¹ ≡ 1: the high bits are added to the low ones.
        let folded = (sum & PRIME) + (sum >> 31);
        let folded = (folded & PRIME) + (folded >> 31);
        let value = if folded >= PRIME { folded - PRIME } else { folded };
        value as u32 % m
    }
}

/// The id as one of 2³¹ numbers, each of one id (those of MurmurHash3's last steps, on 31 bits; Appleby, 2011).
///
/// Ids are numbered in a row. From one to the next the value of each function would move by the same step, and
/// neighbours would be nearer to each other, or farther apart, than strangers are.
fn scattered(id: u32) -> u64 {
    let mut s = u64::from(id) & PRIME;
    s ^= s >> 16;
    s = (s * 0x85eb_ca6b) & PRIME;
    s ^= s >> 13;
    s = (s * 0xc2b2_ae35) & PRIME;
    s ^ (s >> 16)
}

/// `n` of the family.
pub fn draw(n: usize, rng: &mut Rng) -> Vec<Hash> {
    (0..n).map(|_| Hash::draw(rng)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rng::Purpose;

    #[test]
    fn the_value_is_that_of_the_formula() {
        let mut rng = Rng::stream(1, Purpose::Trial, 0);
        for _ in 0..10_000 {
            let (hash, id, m) = (Hash::draw(&mut rng), rng.bits(), 1 + rng.below(1_000_000));
            let exact = (u128::from(hash.a) * u128::from(scattered(id)) + u128::from(hash.b)) % u128::from(PRIME);
            assert_eq!(u128::from(hash.of(id, m)), exact % u128::from(m));
        }
    }

    #[test]
    fn scattered_ids_stay_different() {
        let mut all: Vec<u64> = (0..200_000).map(scattered).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 200_000);
        assert!(all.iter().all(|s| *s <= PRIME));
    }
}
