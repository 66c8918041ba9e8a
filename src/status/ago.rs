//! Times as people read them: how long ago, and by the clocks here.

use super::view::LocalTime;
use super::words::StatusWords;
use crate::values::fill;
use chrono::{DateTime, Utc};

/// The units of [`StatusWords::ago`] in seconds, each up to twice the next one.
const UNITS: [i64; 4] = [1, 60, 3600, 86_400];

/// How long before `now` something was, in the largest unit of which there are two.
pub(super) fn ago(time: DateTime<Utc>, now: DateTime<Utc>, words: &StatusWords) -> String {
    let seconds = (now - time).num_seconds().max(0);
    let fits = |unit: &&(i64, &str)| unit.0 == 1 || seconds >= 2 * unit.0;
    let units: Vec<(i64, &str)> = UNITS.into_iter().zip(words.ago).collect();
    let unit = units.iter().rev().find(fits);
    let (unit, text) = unit.copied().unwrap_or((1, "{n}"));
    fill(text, &[("n", &(seconds / unit).to_string())])
}

/// The time of day and its zone by the clocks here; with the date if it is not that of `now`.
pub(super) fn clock(time: DateTime<Utc>, now: DateTime<Utc>, local: LocalTime<'_>) -> String {
    let (time, now) = (local(time), local(now));
    let form = if time.date_naive() == now.date_naive() {
        "%H:%M %:z"
    } else {
        "%Y-%m-%d %H:%M %:z"
    };
    time.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;
    use crate::values::Language;
    use chrono::TimeDelta;

    #[test]
    fn a_time_ago_has_a_unit_that_says_enough() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for (seconds, english, korean) in [
            (-5, "0 s ago", "0초 전"),
            (119, "119 s ago", "119초 전"),
            (120, "2 min ago", "2분 전"),
            (7199, "119 min ago", "119분 전"),
            (7200, "2 h ago", "2시간 전"),
            (300_000, "3 days ago", "3일 전"),
        ] {
            let time = now - TimeDelta::seconds(seconds);
            assert_eq!(ago(time, now, words(Language::English)), english);
            assert_eq!(ago(time, now, words(Language::Korean)), korean);
        }
    }
}
