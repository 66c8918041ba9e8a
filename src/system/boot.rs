//! Time that no clock change can bend: since this boot, and which boot it is.

use std::time::Duration;

/// How many ticks of proc(5) a second has, on every architecture that Debian runs on.
const TICKS: u64 = 100;
/// Where the start of a process stands in its `stat`, after the name: field 22, counted from 3.
const START_FIELD: usize = 19;

/// A moment on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970, UTC, as the clock shows it.
    pub unix: i64,
    /// Which boot of the machine it is in (random(4)); empty if the kernel does not tell.
    pub boot: String,
    /// Milliseconds since that boot, suspension included.
    pub since_boot: u64,
}

impl Moment {
    /// Now; `unix` is what the clock shows.
    pub fn at(unix: i64) -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let uptime = read("/proc/uptime");
        let seconds = uptime.split(' ').next().unwrap_or_default();
        Self {
            unix,
            boot: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
            since_boot: seconds.parse().map_or(0, |seconds: f64| {
                u64::try_from(Duration::from_secs_f64(seconds.max(0.0)).as_millis()).unwrap_or(0)
            }),
        }
    }
}

/// When a process was started, in milliseconds since the boot.
pub(super) fn started(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets, and may hold some of its own.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields
        .split_ascii_whitespace()
        .nth(START_FIELD)?
        .parse()
        .ok()?;
    ticks.checked_mul(1000 / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_was_started_a_moment_ago() {
        let now = Moment::at(0);
        let start = started(std::process::id()).unwrap();
        assert!(start <= now.since_boot + 10, "{start} {now:?}");
        assert!(now.since_boot - start < 24 * 3_600_000, "{start} {now:?}");
        assert!(!now.boot.is_empty());
        assert_eq!(started(u32::MAX), None);
    }
}
