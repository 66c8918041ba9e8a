//! A point in time as people give it: a while ago, or a date.

use crate::system::time_of_local;
use crate::values::seconds;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::str::FromStr;

/// How a date and a time may be written.
const FORMS: [&str; 4] = [
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.f",
];

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long ago.
    Ago(TimeDelta),
    /// At this time.
    At(DateTime<Utc>),
}

impl Moment {
    /// When that is.
    pub(crate) fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Ago(time) => now
                .checked_sub_signed(time)
                .unwrap_or(DateTime::<Utc>::MIN_UTC),
            Self::At(time) => time,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let ago = seconds(text).and_then(|length| i64::try_from(length).ok());
        if let Some(time) = ago.and_then(TimeDelta::try_seconds) {
            return Ok(Self::Ago(time));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(time.with_timezone(&Utc)));
        }
        let date = || NaiveDate::from_str(text).map(|date| date.and_time(NaiveTime::MIN));
        let time = FORMS
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .or_else(|| date().ok())
            .ok_or("give a time such as 90s, 30m, 24h, 7d or 2w ago, 2026-01-31, or \"2026-01-31 12:00\"")?;
        time_of_local(time)
            .map(Self::At)
            .ok_or_else(|| "this local time does not exist (clock change)".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_ago_and_dates_are_understood() {
        let now = DateTime::parse_from_rfc3339("2026-01-31T12:00:00Z")
            .unwrap()
            .to_utc();
        let at = |text: &str| {
            text.parse::<Moment>()
                .map(|moment| moment.at(now).to_string())
        };
        assert_eq!(at("90s").unwrap(), "2026-01-31 11:58:30 UTC");
        assert_eq!(at("2w").unwrap(), "2026-01-17 12:00:00 UTC");
        assert_eq!(
            at("2026-01-31T12:00:00.5+09:00").unwrap(),
            "2026-01-31 03:00:00.500 UTC"
        );
        assert!(at("2026-01-31").is_ok() && at("2026-01-31 09:15").is_ok());
        assert!(at("99999999999999999999w").is_err());
        for wrong in [
            "",
            "h",
            "-1h",
            "1y",
            "+1h",
            "yesterday",
            "2026-02-30",
            "1.5h",
            "１h",
        ] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            at("9000000000w").unwrap(),
            DateTime::<Utc>::MIN_UTC.to_string()
        );
    }
}
