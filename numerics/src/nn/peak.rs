//! What the machine could do at most: multiplications and additions on registers alone.
//!
//! A benchmark times this function and divides the speed of training by it. The clock is the caller's.

use wide::f32x4;

/// Chains that do not wait for one another: enough to keep two multipliers and two adders busy through their latency,
/// few enough to stay in registers next to the two constants.
const CHAINS: usize = 12;

/// Runs `iterations` rounds of `x = x · a + b` on twelve vectors of four lanes.
///
/// Returns a number that depends on every operation, so that none is left out, and the operations done.
#[must_use]
#[inline(never)]
pub fn peak_flops_kernel(iterations: u32) -> (f32, u64) {
    let (a, b) = (f32x4::splat(0.999_9), f32x4::splat(0.000_1));
    let mut chains: [f32x4; CHAINS] = std::array::from_fn(|i| f32x4::splat(i as f32));
    for _ in 0..iterations {
        for chain in &mut chains {
            *chain = *chain * a + b;
        }
    }
    let total = chains.into_iter().fold(f32x4::ZERO, |total, chain| total + chain);
    let operations = u64::from(iterations) * (CHAINS * 4 * 2) as u64;
    (super::simd::lanes_sum(total), operations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_does_what_it_counts() {
        // 0 + 1 + … + 11 = 66 on four lanes; one round takes x to 0.9999 x + 0.0001.
        assert_eq!(peak_flops_kernel(0), (264.0, 0));
        let (checksum, operations) = peak_flops_kernel(1);
        assert!((checksum - (264.0 * 0.9999 + 48.0 * 0.0001)).abs() < 1e-3, "{checksum}");
        assert_eq!(operations, 96);
    }
}
