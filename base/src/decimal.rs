//! Numbers as people and tables write them.
//!
//! The standard library rounds every decimal fraction correctly, by a table of ten kilobytes that do not compress. Here
//! a number of up to 15 digits and a power of ten up to 22 either way is rounded correctly (Clinger, PLDI 1990);
//! beyond that the last digit may be off by a few. The other way the library brings two algorithms for all that floats can
//! be, twice; here a number is tried with more and more digits until it reads back as itself.

/// Largest power of ten that a float holds exactly.
const EXACT: i32 = 22;

/// Digits that a whole number of 64 bits always holds.
const DIGITS: u32 = 19;

/// A number like `-12`, `.5`, `+3.25` or `6.02e23`; nothing for any other text. Too large a number is infinite.
#[must_use]
pub fn decimal(text: &[u8]) -> Option<f64> {
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mut mantissa, mut digits, mut power, mut any, mut point) = (0_u64, 0, 0_i32, false, false);
    while let [next, after @ ..] = rest {
        match next {
            b'0'..=b'9' if digits < DIGITS => {
                mantissa = mantissa * 10 + u64::from(next - b'0');
                digits += u32::from(mantissa > 0);
                power -= i32::from(point);
                any = true;
            }
            // What comes after so many digits is too little to be seen.
            b'0'..=b'9' => power += i32::from(!point),
            b'.' if !point => point = true,
            b'e' | b'E' => break,
            _ => return None,
        }
        rest = after;
    }
    if let [_, exponent @ ..] = rest {
        power = power.saturating_add(std::str::from_utf8(exponent).ok()?.parse().ok()?);
    }
    let value = scaled(mantissa as f64, power);
    any.then_some(if negative { -value } else { value })
}

/// The fewest digits that read back as `value`, without an exponent: `0.05`, `-12`, `NaN`.
#[must_use]
pub fn written(value: f64) -> String {
    shortest(value, |read| read == value)
}

/// [`written`] for a number of half the precision.
#[must_use]
pub fn written_f32(value: f32) -> String {
    shortest(f64::from(value), |read| read as f32 == value)
}

/// `value` with so many digits after the point: `1.50`.
#[must_use]
pub fn rounded(value: f64, places: usize) -> String {
    let places = places as i32;
    let mantissa = scaled(value.abs(), places).round_ties_even();
    // So large a number, or none, is written with the digits it has.
    if mantissa < 1e15 {
        point(value.is_sign_negative(), mantissa as u64, -places)
    } else {
        written(value)
    }
}

/// As many digits of `value` as are needed for `same` to hold of what is read back.
fn shortest(value: f64, same: impl Fn(f64) -> bool) -> String {
    let size = value.abs();
    if !size.is_finite() {
        let name = if value.is_nan() { "NaN" } else { "inf" };
        return signed(value < 0.0, name);
    }
    // The power of ten of the first digit.
    let mut first = 0;
    while size >= scaled(10.0, first) {
        first += 1;
    }
    while size > 0.0 && size < scaled(1.0, first) {
        first -= 1;
    }
    let mut digits = 0;
    loop {
        let power = first - digits;
        let mantissa = scaled(size, -power).round();
        if digits == 16 || same(scaled(mantissa, power).copysign(value)) {
            return point(value.is_sign_negative(), mantissa as u64, power);
        }
        digits += 1;
    }
}

/// `mantissa · 10^power` as a decimal fraction.
fn point(negative: bool, mantissa: u64, power: i32) -> String {
    let mut digits = mantissa.to_string();
    let places = -power.min(0) as usize;
    digits.push_str(&"0".repeat(power.max(0) as usize));
    if places > 0 {
        let missing = (places + 1).saturating_sub(digits.len());
        digits.insert_str(0, &"0".repeat(missing));
        digits.insert(digits.len() - places, '.');
    }
    signed(negative, &digits)
}

fn signed(negative: bool, digits: &str) -> String {
    [if negative { "-" } else { "" }, digits].concat()
}

/// `value · 10^power`.
fn scaled(mut value: f64, power: i32) -> f64 {
    // A float has numbers from 10^-324 to 10^308, and at most 19 digits come before the power.
    let mut left = power.clamp(-400, 400);
    while left != 0 && value != 0.0 {
        let part = left.clamp(-EXACT, EXACT);
        let factor = (0..part.abs()).fold(1.0, |factor, _| factor * 10.0);
        value = if part > 0 { value * factor } else { value / factor };
        left -= part;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::rng::{Purpose, Rng};

    #[test]
    fn numbers_are_written_as_by_the_standard_library() {
        let mut rng = Rng::stream(7, Purpose::World, 0);
        for _ in 0..2_000 {
            let value = rng.normal() * libm::powf(10.0, 20.0 * (rng.uniform() - 0.5));
            assert_eq!(written_f32(value), value.to_string());
            let value = f64::from((value * 1e5).round()) / 1e5;
            assert_eq!(written(value), value.to_string());
        }
        let numbers = [
            0.0,
            -0.0,
            0.1,
            0.3,
            1.0,
            -12.0,
            100.0,
            0.05,
            1e-7,
            2.5e-12,
            1e21,
            123_456_789.125,
            2.0 / 3.0,
        ];
        for value in numbers.into_iter().chain([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]) {
            assert_eq!(written(value), value.to_string());
        }
    }

    #[test]
    fn of_seventeen_digits_the_last_may_be_off() {
        for value in [
            f64::MAX / 2.0,
            f64::MIN_POSITIVE,
            std::f64::consts::PI * 1e100,
            1.0 / 3e-200,
        ] {
            let read: f64 = written(value).parse().expect("a number");
            assert!((read / value - 1.0).abs() < 1e-14, "{value}: {read}");
        }
        assert_eq!(written(5e-324).parse::<f64>(), Ok(5e-324));
    }

    #[test]
    fn so_many_digits_after_the_point_are_written() {
        let mut rng = Rng::stream(8, Purpose::World, 0);
        for places in 0..6 {
            for _ in 0..500 {
                let value = f64::from(rng.normal()) * 1000.0;
                assert_eq!(rounded(value, places), format!("{value:.places$}"));
            }
            for value in [
                0.0,
                -0.0,
                0.5,
                1.5,
                2.5,
                0.125,
                9.999,
                -0.001,
                1e-9,
                3e13,
                f64::NAN,
                f64::INFINITY,
            ] {
                assert_eq!(rounded(value, places.min(1)), format!("{value:.*}", places.min(1)));
            }
        }
        assert_eq!(rounded(1e20, 2), "100000000000000000000");
    }

    #[test]
    fn numbers_of_few_digits_are_those_of_the_standard_library() {
        let texts = [
            "0",
            "-0",
            "7",
            "+7",
            "007",
            "3.5",
            ".5",
            "5.",
            "-0.1",
            "1e3",
            "1E-3",
            "2.5e+2",
            "0.3",
            "123456.789",
            "978300760",
            "881250949.25",
            "1e22",
            "9007199254740991",
            "0.000001",
            "1e-22",
        ];
        for text in texts {
            let expected: f64 = text.parse().expect("a number");
            assert_eq!(
                decimal(text.as_bytes()).map(f64::to_bits),
                Some(expected.to_bits()),
                "{text}"
            );
        }
    }

    #[test]
    fn long_numbers_are_nearly_those_of_the_standard_library() {
        let texts = [
            "3.141592653589793238462643383",
            "6.02214076e23",
            "1e300",
            "1.7976931348623157e308",
            "5e-300",
        ];
        for text in texts
            .iter()
            .chain(&["123456789012345678901234567890", "0.00000000000000000000012345"])
        {
            let expected: f64 = text.parse().expect("a number");
            let found = decimal(text.as_bytes()).expect("a number");
            assert!((found / expected - 1.0).abs() < 1e-14, "{text}: {found}");
        }
        assert_eq!(decimal(b"1e999"), Some(f64::INFINITY));
        assert_eq!(decimal(b"1e99999999999"), None);
        assert_eq!(decimal(b"1e-999"), Some(0.0));
    }

    #[test]
    fn other_text_is_no_number() {
        let texts = [
            "", "-", ".", "e5", "1e", "1.2.3", "1,5", " 1", "nan", "inf", "0x10", "1_000", "--1", "1e5.5",
        ];
        for text in texts {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }
}
