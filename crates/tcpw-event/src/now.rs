//! What time it is, also where a clock stands before 1970, as one without a battery may.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's own clock.
#[cfg_attr(
    not(test),
    expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the clock"
    )
)]
pub fn now() -> DateTime<Utc> {
    moment(SystemTime::now())
}

/// A time of the system; the beginning of 1970 where no calendar reaches.
fn moment(time: SystemTime) -> DateTime<Utc> {
    let epoch = DateTime::<Utc>::UNIX_EPOCH;
    let found = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => TimeDelta::from_std(after)
            .ok()
            .and_then(|after| epoch.checked_add_signed(after)),
        Err(before) => TimeDelta::from_std(before.duration())
            .ok()
            .and_then(|before| epoch.checked_sub_signed(before)),
    };
    found.unwrap_or(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_time_of_a_clock_is_a_moment() {
        let day = Duration::from_secs(86_400);
        assert_eq!(
            moment(UNIX_EPOCH - day).to_rfc3339(),
            "1969-12-31T00:00:00+00:00"
        );
        assert_eq!(
            moment(UNIX_EPOCH + day).to_rfc3339(),
            "1970-01-02T00:00:00+00:00"
        );
        let far = Duration::from_secs(1 << 62);
        for time in [UNIX_EPOCH.checked_add(far), UNIX_EPOCH.checked_sub(far)] {
            assert_eq!(moment(time.unwrap()), DateTime::<Utc>::UNIX_EPOCH);
        }
    }
}
