//! The same bits everywhere: these tests run natively and, compiled to wasm, in a worker of headless Chromium, and
//! both compare with the same constants.
//!
//! A constant may change when the way it is computed is changed on purpose. It must never differ between the two.

use playground::engine::data::Table;
use playground::engine::features::{ENCODERS, chosen};
use playground::engine::nn::{Init, Params, Wanted, exp, sigmoid, tanh};
use playground::engine::rng::{Purpose, Rng};
use playground::settings::{Settings, Value, by_key};
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

#[test]
fn hashes_and_codes_of_ids_are_the_same_everywhere() {
    let of = |kind: &str, given: Option<(&str, &str)>| {
        let entry = ENCODERS.iter().find(|entry| entry.kind == kind).expect("an encoder");
        let given = by_key(given.map(|(key, word)| (key, Value::Text(word.to_owned()))));
        let settings = Settings::check("encoder", &(entry.knobs)(), &given).expect("sound settings");
        let encoders = chosen(entry, &settings, 42, &Table::default()).expect("no table");
        let mut params = Params::encoded_by(encoders);
        let wanted = Wanted::items("item.id", 10_000, 16, Init::Normal(0.1));
        let id = params.embedding(wanted, &mut Rng::stream(42, Purpose::Init, 0));
        let encoder = params.encoder(id).expect("no table");
        checksum((0..1000).flat_map(|id| {
            let rows = encoder.rows(id).into_iter().map(|row| row as f32);
            rows.chain(encoder.code(id)).collect::<Vec<f32>>()
        }))
    };
    let found = [
        of("hash", None),
        of("double_hash", None),
        of("multi_hash", None),
        of("quotient_remainder", None),
        of("hash_embedding", None),
        of("dhe", None),
        of("dhe", Some(("code", "gaussian"))),
    ];
    assert_eq!(found, HASHES);
}

/// What the first thousand ids come to under each encoder that hashes.
const HASHES: [u64; 7] = [
    0x8fa1_9f27_3998_4745,
    0x1ef9_8dcb_c676_df65,
    0x2f8c_ad1a_42dd_aba5,
    0x100f_81ca_f199_5f65,
    0xb54f_1bbc_ba49_0385,
    0x0026_4f75_4f1b_6a77,
    0xbc0e_6016_9ce1_ec9b,
];

#[cfg(target_arch = "wasm32")]
#[path = "pinned.rs"]
mod pinned;

/// Its native half is in `tests/it`.
#[cfg(target_arch = "wasm32")]
#[test]
fn the_pinned_run_comes_to_the_same_bits_in_the_browser() {
    pinned::check();
}
