//! Lengths of time as people write them: `90s`, `30m`, `24h`, `7d` or `2w`.

use crate::values::number::scaled;

/// The units and their lengths in seconds, the longest first.
const UNITS: [(&str, u64); 5] = [
    ("w", 604_800),
    ("d", 86_400),
    ("h", 3600),
    ("m", 60),
    ("s", 1),
];
/// The longest time that the options and the configuration take, in seconds.
pub const TEN_YEARS: u64 = 10 * 366 * 86_400;

/// The seconds of a length of time; nothing for other text or an overflow.
pub fn seconds(text: &str) -> Option<u64> {
    scaled(text, &UNITS)
}

/// So many seconds in the largest unit up to days, the rest cut off: `2h` for 7300.
pub fn age(seconds: u64) -> String {
    written(seconds, |unit| seconds >= unit)
}

/// So many seconds in the largest unit up to days that divides them: `7300s`, `2h` for 7200.
pub fn exact_duration(seconds: u64) -> String {
    written(seconds, |unit| seconds > 0 && seconds.is_multiple_of(unit))
}

fn written(seconds: u64, fits: impl Fn(u64) -> bool) -> String {
    let units = UNITS.iter().skip(1);
    let (name, unit) = units
        .copied()
        .find(|(_, unit)| fits(*unit))
        .unwrap_or(("s", 1));
    format!("{}{name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_numbers_with_a_unit() {
        for (text, length) in [
            ("0h", 0),
            ("30s", 30),
            ("90m", 5400),
            ("24h", 86_400),
            ("7d", 604_800),
            ("2w", 1_209_600),
        ] {
            assert_eq!(seconds(text), Some(length), "{text}");
        }
        for text in [
            "",
            "h",
            "24",
            "-1h",
            "+1h",
            "1.5h",
            "1y",
            "99999999999999999w",
            "1\u{b5}",
            "\u{ff11}h",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_are_written_in_the_largest_unit() {
        for (length, about, exact) in [
            (0, "0s", "0s"),
            (59, "59s", "59s"),
            (61, "1m", "61s"),
            (90, "1m", "90s"),
            (1800, "30m", "30m"),
            (3600, "1h", "1h"),
            (7200, "2h", "2h"),
            (7300, "2h", "7300s"),
            (172_800, "2d", "2d"),
            (200_000, "2d", "200000s"),
            (1_209_600, "14d", "14d"),
        ] {
            assert_eq!(age(length), about);
            assert_eq!(exact_duration(length), exact);
        }
    }
}
