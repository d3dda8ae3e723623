//! The same bits everywhere: these tests run natively and, compiled to wasm, in a worker of headless Chromium, and
//! both compare with the same constants.
//!
//! A constant may change when the way it is computed is changed on purpose. It must never differ between the two.

use playground::engine::nn::{exp, sigmoid, tanh};
use playground::engine::rng::{Purpose, Rng};
use wide::f32x4;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// FNV-1a over the bits of `values`.
fn checksum(values: impl IntoIterator<Item = f32>) -> u64 {
    values.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn streams_of_chance_are_the_same_everywhere() {
    let mut rng = Rng::stream(42, Purpose::Trial, 3);
    assert_eq!([rng.bits(), rng.bits()], [0xf655_45fd, 0xcfca_b83a]);
    let draws = (0..1000).map(|_| rng.normal());
    assert_eq!(checksum(draws), 0x3de4_b7b5_526c_45fc);
}

#[test]
fn curves_are_the_same_everywhere() {
    // -20 to 20 in hundredths, four at a time.
    let points = (-500..500).map(|i| f32x4::new([0, 1, 2, 3].map(|lane| (4 * i + lane) as f32 * 0.01)));
    let along = |curve: fn(f32x4) -> f32x4| checksum(points.clone().flat_map(|x| curve(x).to_array()));
    assert_eq!(
        [along(exp), along(sigmoid), along(tanh)],
        [0x2e84_fe02_1657_8ab1, 0xcc3f_cafc_c2d2_1bbc, 0x9519_af91_4ce6_c335]
    );
}

#[cfg(target_arch = "wasm32")]
#[path = "pinned.rs"]
mod pinned;

/// Its native half is in `tests/it`.
#[cfg(target_arch = "wasm32")]
#[test]
fn the_pinned_run_comes_to_the_same_bits_in_the_browser() {
    pinned::check();
}
