//! Numbers as people and tables write them.
//!
//! The standard library rounds every decimal fraction correctly, by a table of ten kilobytes that do not compress. Here
//! a number of up to 15 digits and a power of ten up to 22 either way is rounded correctly (Clinger, PLDI 1990);
//! beyond that the last digit may be off by a few.

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
