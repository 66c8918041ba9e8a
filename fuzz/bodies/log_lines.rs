//! Each line of a log is counted once, whatever is in it.
//!
//! Input: a log file; if it begins with a byte 0xff, what follows is the export of systemd's journal.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use tcpw::report::LogReader;

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let local = |time: DateTime<Utc>| time.fixed_offset();
    let utc = |time: NaiveDateTime| Some(time.and_utc());
    let since = now - TimeDelta::days(400);
    let mut reader = LogReader::new(since, now, now, &local, &utc).of_several();
    reader.begin("log");
    if let Some(mut export) = input.strip_prefix(b"\xff") {
        // An export that is cut short is an error, and what came before it counts.
        drop(reader.export(&mut export));
    } else {
        for line in input.split(|&byte| byte == b'\n') {
            reader.line(line);
        }
    }
    let lines = reader.finish(10).lines;
    let sum = lines.refusals + lines.others + lines.untimed + lines.outside + lines.not_understood;
    assert_eq!(lines.lines, sum);
}
