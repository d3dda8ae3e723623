//! What holds of every encoder, and of the codes of DHE.

use super::*;
use crate::by_name::ByName;
use crate::engine::features::EMBEDDING_INIT;
use crate::engine::nn::{ParamId, Tape};
use crate::settings::{Value, by_key};

fn kind(kind: &str) -> &'static EncoderKind {
    ENCODERS.iter().find(|entry| entry.kind == kind).expect("an encoder")
}

/// An embedding of `n_ids` ids in `width` dimensions by an encoder with these settings.
fn embedding<const N: usize>(
    name: &str,
    given: [(&str, Value); N],
    (n_ids, width, seed): (usize, usize, u32),
) -> (Params, ParamId) {
    let kind = kind(name);
    let given: ByName<Value> = by_key(given);
    let settings = Settings::check("encoder", &(kind.knobs)(), &given).expect("sound settings");
    let encoders = chosen(kind, &settings, seed, &Table::default());
    let mut params = encoders.map_or_else(Params::new, Params::encoded_by);
    let wanted = Wanted::items("item.id", n_ids, width, EMBEDDING_INIT);
    let id = params.embedding(wanted, &mut Rng::stream(seed, Purpose::Init, 0));
    (params, id)
}

fn number(value: f64) -> Value {
    Value::Number(value)
}

fn codes(given: &str, k: u32, seed: u32) -> Rc<dyn Encoder> {
    let given = [("code", Value::Text(given.to_owned())), ("codes", number(f64::from(k)))];
    let (params, id) = embedding("dhe", given, (100, 4, seed));
    params.encoder(id).expect("DHE is no table")
}

fn vector(params: &Params, id: ParamId, of: u32) -> Vec<f32> {
    let mut tape = Tape::new();
    let row = tape.gather(params, id, &[of]);
    tape.value(row).to_vec()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn spec_6_4_1_an_id_has_the_same_code_again_and_another_under_another_seed() {
    for given in ["uniform", "gaussian"] {
        let code = |seed, id| codes(given, 64, seed).code(id);
        assert_eq!(code(7, 12_345), code(7, 12_345));
        assert_ne!(code(7, 12_345), code(8, 12_345));
        assert_ne!(code(7, 12_345), code(7, 12_346));
        // Users and items do not share hash functions.
        let other = {
            let settings = Settings::check("encoder", &(kind("dhe").knobs)(), &ByName::new()).expect("defaults");
            let mut params =
                Params::encoded_by(chosen(kind("dhe"), &settings, 7, &Table::default()).expect("no table"));
            let wanted = Wanted::words("user.id", 100, 4, EMBEDDING_INIT);
            let id = params.embedding(wanted, &mut Rng::stream(7, Purpose::Init, 0));
            params.encoder(id).expect("no table").code(12_345)
        };
        assert_ne!(code(7, 12_345)[..8], other[..8]);
    }
}

#[test]
fn spec_6_4_2_numbers_of_a_code_are_spread_evenly_or_normally() {
    const IDS: u32 = 10_000;
    // Means and variances, each with five standard errors of ten thousand draws, and the fourth moment of each.
    for (given, variance, fourth) in [("uniform", 1.0_f64 / 3.0, 0.2), ("gaussian", 1.0, 3.0)] {
        let encoder = codes(given, 16, 3);
        let mut moments = [[0.0_f64; 3]; 16];
        for id in 0..IDS {
            for (moments, x) in moments.iter_mut().zip(encoder.code(id)) {
                let x = f64::from(x);
                [x, x * x, x * x * x * x]
                    .iter()
                    .zip(moments)
                    .for_each(|(x, sum)| *sum += x / f64::from(IDS));
            }
        }
        for [mean, square, power] in moments {
            assert!(mean.abs() < 0.05 * variance.sqrt(), "{given}: mean {mean}");
            assert!((square / variance - 1.0).abs() < 0.08, "{given}: variance {square}");
            assert!((power / fourth - 1.0).abs() < 0.25, "{given}: fourth moment {power}");
        }
    }
}

#[test]
fn spec_6_4_3_no_two_ids_share_a_code_and_none_are_nearer_than_others() {
    let encoder = codes("uniform", 16, 5);
    let mut seen: Vec<u64> = (0..100_000)
        .map(|id| {
            let mut hash = Fnv::default();
            encoder.code(id).iter().for_each(|x| hash.word(u64::from(x.to_bits())));
            hash.finish()
        })
        .collect();
    seen.sort_unstable();
    assert!(seen.windows(2).all(|two| two[0] != two[1]));

    let mut rng = Rng::stream(1, Purpose::Trial, 0);
    for given in ["uniform", "gaussian"] {
        let encoder = codes(given, 128, 5);
        let mean = |pairs: &mut dyn FnMut() -> (u32, u32)| {
            let cosines = (0..4_000).map(|_| {
                let (a, b) = pairs();
                cosine(&encoder.code(a), &encoder.code(b))
            });
            cosines.sum::<f64>() / 4_000.0
        };
        let mut at = 0;
        let neighbours = mean(&mut || {
            at += 1;
            (at, at + 1)
        });
        let strangers = mean(&mut || (rng.below(100_000), rng.below(100_000)));
        // A cosine of two codes has deviation 1 / √128, the mean of 4,000 of them 0.0014.
        assert!(
            neighbours.abs() < 0.007 && strangers.abs() < 0.007,
            "{given}: {neighbours} {strangers}"
        );
    }
}

#[test]
fn spec_6_4_4_a_network_is_as_large_for_any_vocabulary_and_knows_ids_never_seen() {
    let of = |n_ids| embedding("dhe", [], (n_ids, 16, 1));
    let (small, _) = of(100);
    let (large, id) = of(10_000_000);
    assert_eq!(small.count(), large.count());
    let unseen = vector(&large, id, 4_000_000_000);
    assert!(unseen.iter().all(|x| x.is_finite()) && unseen.iter().any(|x| *x != 0.0));
    assert_ne!(unseen, vector(&large, id, 4_000_000_001));
}

#[test]
fn encoders_take_the_share_of_numbers_that_they_may() {
    const IDS: usize = 20_000;
    for (name, given) in [
        ("hash", None),
        ("double_hash", None),
        ("double_hash", Some(("join", "concat"))),
        ("multi_hash", None),
        ("quotient_remainder", None),
        ("quotient_remainder", Some(("join", "concat"))),
        ("hash_embedding", None),
    ] {
        for share in [1.0, 0.5, 0.25, 0.125, 0.0625] {
            let mut all = vec![("share", number(share))];
            all.extend(given.map(|(key, word)| (key, Value::Text(word.to_owned()))));
            let kind = kind(name);
            let settings = Settings::check("encoder", &(kind.knobs)(), &by_key(all)).expect("sound settings");
            let mut params = Params::encoded_by(chosen(kind, &settings, 1, &Table::default()).expect("no table"));
            let wanted = Wanted::items("ids", IDS, 16, EMBEDDING_INIT);
            params.embedding(wanted, &mut Rng::stream(1, Purpose::Init, 0));
            let found = params.count() as f64 / (IDS * 16) as f64;
            assert!(
                (found / share - 1.0).abs() < 0.02,
                "{name} {given:?}: {found} for {share}"
            );
        }
    }
    for share in [1.0, 0.25, 0.0625] {
        let (params, _) = embedding("dhe", [("width", number(0.0)), ("share", number(share))], (IDS, 16, 1));
        let found = params.count() as f64 / (IDS * 16) as f64;
        assert!(found <= share && found > 0.9 * share, "{found} for {share}");
    }
}

#[test]
fn vectors_begin_as_large_as_those_of_a_full_table() {
    for entry in ENCODERS {
        let (params, id) = embedding(entry.kind, [], (4_000, 16, 2));
        let mut tape = Tape::new();
        let ids: Vec<u32> = (0..4_000).collect();
        let rows = tape.gather(&params, id, &ids);
        let squares = tape.value(rows).iter().map(|x| f64::from(x * x)).sum::<f64>();
        let deviation = (squares / 64_000.0).sqrt();
        assert!((0.05..0.15).contains(&deviation), "{}: {deviation}", entry.kind);
    }
}

#[test]
fn ids_of_the_same_rows_have_the_same_vector_and_others_another() {
    for entry in ENCODERS
        .iter()
        .filter(|entry| entry.kind != "full" && entry.kind != "dhe")
    {
        let (params, id) = embedding(entry.kind, [("share", number(0.05))], (2_000, 8, 3));
        let encoder = params.encoder(id).expect("no table");
        let (mut same, mut other) = (0, 0);
        for a in 0..200 {
            for b in 0..a {
                let shares = encoder.rows(a) == encoder.rows(b);
                let equal = vector(&params, id, a) == vector(&params, id, b);
                // Two hashes that find the same rows the other way round add up to the same.
                assert!(equal || !shares, "{}: {a} and {b}", entry.kind);
                *(if shares { &mut same } else { &mut other }) += 1;
            }
        }
        assert!(other > 19_000, "{}", entry.kind);
        let collides = matches!(entry.kind, "hash");
        assert_eq!(same > 50, collides, "{}: {same}", entry.kind);
        assert_eq!(encoder.takes_any(), entry.kind != "quotient_remainder");
    }
}

#[test]
fn a_step_normalises_by_its_own_ids_and_everything_else_by_all() {
    let (params, id) = embedding("dhe", [], (500, 8, 4));
    let alone = vector(&params, id, 17);
    let mut tape = Tape::new();
    let among = tape.gather(&params, id, &[3, 17, 99, 17]);
    assert_eq!(tape.value(among)[8..16], alone);
    assert_eq!(tape.value(among)[24..32], alone);
    tape.reset();
    tape.announce(&params, Of::Items, [&[3, 17], &[99]]);
    let learning = tape.gather(&params, id, &[17]);
    assert_ne!(tape.value(learning), alone);
    // The same ids, however often each is looked up.
    let value = tape.value(learning).to_vec();
    tape.reset();
    tape.announce(&params, Of::Items, [&[3, 3, 3, 17, 99], &[99, 17]]);
    let learning = tape.gather(&params, id, &[17]);
    assert_eq!(tape.value(learning), value);
}

#[test]
fn what_is_known_of_items_reaches_the_network() {
    use crate::engine::data::{Column, Field};
    let items = Table {
        keys: (0..4).map(|key| key.to_string()).collect(),
        fields: vec![Field {
            name: "genre".to_owned(),
            column: Column::Category {
                words: vec!["a".to_owned(), "b".to_owned()],
                ids: vec![0, 1, 1, 0],
            },
        }],
        ..Table::default()
    };
    let given = by_key([("side_features", Value::Flag(true)), ("batch_norm", Value::Flag(false))]);
    let settings = Settings::check("encoder", &(kind("dhe").knobs)(), &given).expect("sound settings");
    let mut params = Params::encoded_by(chosen(kind("dhe"), &settings, 1, &items).expect("no table"));
    let wanted = Wanted::items("item.id", 4, 3, EMBEDDING_INIT);
    let id = params.embedding(wanted, &mut Rng::stream(1, Purpose::Init, 0));
    let before: Vec<Vec<f32>> = (0..5).map(|item| vector(&params, id, item)).collect();
    let weight = params.find("item.id.weight0").expect("a layer");
    let rows = params.shape(weight).0;
    assert_eq!(rows, 128 + 2);
    params.values_mut(weight).row_mut(129).fill(0.0);
    let after: Vec<Vec<f32>> = (0..5).map(|item| vector(&params, id, item)).collect();
    let moved: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
    // Word b is that of items 1 and 2; nobody knows item 4.
    assert_eq!(moved, [false, true, true, false, false]);
}
