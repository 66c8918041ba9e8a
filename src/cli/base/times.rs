//! Times as options, labels of rules and messages have them.

use crate::system::local_time;
use crate::values::{TEN_YEARS, seconds};
use chrono::{DateTime, TimeDelta, Utc};

/// A time as the label of a rule has it: RFC 3339 in UTC, without fractions of a second.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The time of day by the clocks of this machine, of seconds since 1970.
pub(crate) fn clock(time: i64) -> String {
    let time = DateTime::from_timestamp(time, 0).unwrap_or_default();
    local_time(time).format("%H:%M:%S").to_string()
}

/// How long something shall last, from a second to ten years, as in `24h`.
pub(crate) fn lifetime(text: &str) -> Option<TimeDelta> {
    let length = seconds(text).filter(|length| (1..=TEN_YEARS).contains(length))?;
    Some(TimeDelta::seconds(i64::try_from(length).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_second_to_ten_years() {
        assert_eq!(lifetime("24h"), Some(TimeDelta::hours(24)));
        assert_eq!(lifetime("1s"), Some(TimeDelta::seconds(1)));
        for text in ["0h", "5000d"] {
            assert_eq!(lifetime(text), None, "{text}");
        }
    }
}
