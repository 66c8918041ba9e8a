//! What time it is.

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, Utc};

/// Tells the time.
pub trait Clock {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        tcpw_event::now::now()
    }
}

/// `time` as the clocks of this machine's place show it (`TZ`, else `/etc/localtime`).
pub fn local_time(time: DateTime<Utc>) -> DateTime<FixedOffset> {
    time.with_timezone(&Local).fixed_offset()
}

/// The time at which the clocks of this machine's place show `time`: the first, where they show it
/// twice; nothing where they leave it out.
pub fn time_of_local(time: NaiveDateTime) -> Option<DateTime<Utc>> {
    let local = time.and_local_timezone(Local).earliest()?;
    Some(local.with_timezone(&Utc))
}
