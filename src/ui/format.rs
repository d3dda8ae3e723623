//! Numbers as people read them.

/// A whole number with thin spaces between thousands.
pub fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            said.push('\u{2009}');
        }
        said.push(digit);
    }
    said
}

/// A number with about three digits that matter.
pub fn short(number: f64) -> String {
    if !number.is_finite() {
        return "–".to_owned();
    }
    let size = number.abs();
    if size >= 1_000.0 || number == 0.0 {
        format!("{number:.0}")
    } else if size >= 100.0 {
        format!("{number:.1}")
    } else if size >= 1.0 {
        format!("{number:.2}")
    } else {
        format!("{number:.3}")
    }
}

/// A number as it is typed into a control: no digits that say nothing.
pub fn plain(number: f64) -> String {
    format!("{number}")
}

/// A share as per cent.
pub fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0)
}

/// A share as the fraction it is one in: `1/16`; what is none as it is, with two digits that matter.
pub fn fraction(share: f64) -> String {
    let parts = (1.0 / share).round();
    if parts > 1.0 && (parts * share - 1.0).abs() < 1e-6 {
        format!("1/{parts}")
    } else if (0.0..1.0).contains(&share) {
        short(share)
    } else {
        plain((share * 10.0).round() / 10.0)
    }
}

/// Seconds as `48 s`, `3 min 05 s` or `2 h 04 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// How long ago, in the largest unit that fits: `48 s`, `5 min`, `3 h`, `12 d`, `2.4 y`.
pub fn ago(seconds: f64) -> String {
    let units = [
        (1.0, "s"),
        (60.0, "min"),
        (3_600.0, "h"),
        (86_400.0, "d"),
        (31_557_600.0, "y"),
    ];
    let fits = units.iter().rev().find(|(unit, _)| seconds >= *unit);
    let (unit, name) = fits.copied().unwrap_or(units[0]);
    let number = seconds / unit;
    if name == "y" && number < 10.0 {
        format!("{number:.1}\u{a0}y")
    } else {
        format!("{number:.0}\u{a0}{name}")
    }
}

/// A day, from seconds since 1970 (UTC), as `1998-04-24`: the civil calendar counted in eras of 400 years that begin
/// in March, so that the leap day is the last of its year.
pub fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(whole(0), "0");
        assert_eq!(whole(999), "999");
        assert_eq!(whole(1_000_209), "1\u{2009}000\u{2009}209");
    }

    #[test]
    fn three_digits_matter() {
        assert_eq!(
            [0.0, 0.12345, 4.5678, 432.16, 98_765.4].map(short),
            ["0", "0.123", "4.57", "432.2", "98765"]
        );
        assert_eq!(short(f64::NAN), "–");
    }

    #[test]
    fn a_share_is_one_in_so_many() {
        let shares = [1.0, 0.5, 0.0625, 1.0 / 3.0, 0.3, 2.0, 2.828];
        let said = ["1", "1/2", "1/16", "1/3", "0.300", "2", "2.8"];
        assert_eq!(shares.map(fraction), said);
    }

    #[test]
    fn durations_name_their_two_largest_units() {
        assert_eq!(
            [47.6, 185.0, 7_440.0, -1.0].map(duration),
            ["48 s", "3 min 05 s", "2 h 04 min", "0 s"]
        );
    }

    #[test]
    fn how_long_ago_is_said_in_one_unit() {
        assert_eq!(
            [0.0, 59.0, 60.0, 7_300.0, 90_000.0, 76_000_000.0, 1e9].map(ago),
            ["0 s", "59 s", "1 min", "2 h", "1 d", "2.4 y", "32 y"].map(|said| said.replace(' ', "\u{a0}"))
        );
    }

    #[test]
    fn days_follow_the_calendar() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(-86_400), "1969-12-31");
        assert_eq!(day(874_724_710), "1997-09-20");
    }
}
