//! How long a host waits, so that hosts which failed together do not come back together.

use crate::database::{FleetError, random_below};

/// The longest wait after failures, in seconds: each host logs in once a minute as long as all is well,
/// so that a longer one would spare the database nothing, and keep events from it once it is back.
const LONGEST: u64 = 60;
/// The longest that the database can ask to wait, in seconds: no wait is longer, unless the clock was
/// set back meanwhile.
const LONGEST_ASKED: i64 = 3600;
/// Where all connections are taken, a host comes back within so many milliseconds at first, and at most.
const CROWD: u64 = 8000;
const LARGEST_CROWD: u64 = 32_000;
/// Whoever gives his connection to others comes back within so many milliseconds.
const TURN: u64 = 2000;

/// Seconds to wait after so many failures in a row: twice as long each time, and of that a random part
/// between a half and the whole.
///
/// # Errors
/// When the system gives no random numbers.
pub(super) fn after_failures(failures: u32) -> Result<i64, FleetError> {
    let whole = 1_u64
        .checked_shl(failures.min(20))
        .unwrap_or(LONGEST)
        .min(LONGEST);
    let part = whole / 2 + random_below(whole / 2 + 1)?;
    Ok(i64::try_from(part).unwrap_or(0))
}

/// Milliseconds to wait where all connections were taken so many times in a row: any part of a time
/// that grows, so that a thousand hosts are spread over it.
///
/// # Errors
/// When the system gives no random numbers.
pub(super) fn in_crowd(times: u32) -> Result<u64, FleetError> {
    let doubled = CROWD << times.saturating_sub(1).min(8);
    random_below(doubled.min(LARGEST_CROWD))
}

/// Milliseconds to wait after a turn, in which others may come.
///
/// # Errors
/// When the system gives no random numbers.
pub(super) fn after_turn() -> Result<u64, FleetError> {
    random_below(TURN)
}

/// Seconds that are left of a wait until `moment`; none where no wait is so long, because the clock was
/// ahead when it began.
pub(super) fn left_until(moment: i64, now: i64) -> Option<u64> {
    let left = moment.saturating_sub(now);
    if left > LONGEST_ASKED {
        return None;
    }
    u64::try_from(left).ok().filter(|left| *left > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn waits_grow_and_differ() {
        for (failures, least, most) in [
            (1, 1, 2),
            (3, 4, 8),
            (5, 16, 32),
            (6, 30, 60),
            (4000, 30, 60),
        ] {
            for _ in 0..50 {
                let pause = after_failures(failures).unwrap();
                assert!((least..=most).contains(&pause), "{failures}: {pause}");
            }
        }
        let many: HashSet<i64> = (0..50).map(|_| after_failures(9).unwrap()).collect();
        assert!(many.len() > 10);
    }

    #[test]
    fn a_crowd_is_spread_over_a_time_that_grows() {
        for (times, most) in [(1, 8000), (2, 16_000), (3, 32_000), (4000, 32_000)] {
            let waits: HashSet<u64> = (0..200).map(|_| in_crowd(times).unwrap()).collect();
            assert!(waits.len() > 100, "{times}");
            assert!(waits.iter().all(|wait| *wait < most), "{times}");
            assert!(waits.iter().any(|wait| *wait > most / 2), "{times}");
            assert!(waits.iter().any(|wait| *wait < most / 2), "{times}");
        }
        assert!((0..50).all(|_| after_turn().unwrap() < TURN));
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nobody_waiting() {
        assert_eq!(left_until(100, 40), Some(60));
        assert_eq!(left_until(40, 40), None);
        assert_eq!(left_until(0, 40), None);
        assert_eq!(left_until(3640, 40), Some(3600));
        assert_eq!(left_until(40 + 365 * 86_400, 40), None);
        assert_eq!(left_until(i64::MAX, i64::MIN), None);
    }
}
