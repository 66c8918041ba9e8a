//! An event of the journal as it is sent: text without control characters, times in microseconds.

use chrono::{DateTime, Utc};
use hosts_access::escape::visible_short;
use std::net::IpAddr;
use tcpw::alert::{Entry, UNKNOWN_REPORTER};

/// The longest name or daemon that is sent, in bytes before escaping; the database cuts what is longer.
const LONGEST: usize = 255;
/// The longest rule.
const LONGEST_RULE: usize = 1024;

/// An event to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number in the journal.
    pub(super) seq: i64,
    /// When it was reported.
    pub(super) at: DateTime<Utc>,
    /// When it entered the journal.
    pub(super) collected: DateTime<Utc>,
    /// The address, where there is one.
    pub(super) addr: Option<IpAddr>,
    /// Whom it is about: an address, a network, or `name ` and a name.
    pub(super) source: String,
    /// The daemon.
    pub(super) daemon: String,
    /// What became of the client.
    pub(super) verdict: &'static str,
    /// File, line and text of the rule.
    pub(super) rule: Option<String>,
    /// The user who reported it, where that is known.
    pub(super) reporter: Option<i64>,
}

impl Row {
    /// The event of the journal.
    pub(super) fn of(entry: &Entry) -> Self {
        let event = &entry.event;
        let rule = entry.rule.as_ref().map(|rule| {
            let text = format!("{}:{}: {}", rule.file, rule.line, rule.text);
            visible_short(text.as_bytes(), LONGEST_RULE)
        });
        Self {
            seq: entry.id,
            at: micros(event.time),
            collected: entry.collected,
            addr: event.address(),
            source: source(&entry.source),
            daemon: visible_short(event.daemon.bytes(), LONGEST),
            verdict: entry.verdict.word(),
            rule,
            reporter: (event.uid != UNKNOWN_REPORTER).then_some(i64::from(event.uid)),
        }
    }

    /// The hour of its time, counted from the epoch.
    pub(super) fn hour(&self) -> i64 {
        self.at.timestamp().div_euclid(3600)
    }
}

/// A time cut to microseconds, which is what PostgreSQL keeps.
pub(super) fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

/// The source of the journal, one address without its length.
fn source(key: &str) -> String {
    let is_v6 = key.contains(':');
    let bare = key.strip_suffix(if is_v6 { "/128" } else { "/32" });
    let bare = bare.filter(|bare| bare.parse::<IpAddr>().is_ok());
    visible_short(bare.unwrap_or(key).as_bytes(), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_written_as_one() {
        for (key, wanted) in [
            ("192.0.2.7/32", "192.0.2.7"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("2001:db8::1/128", "2001:db8::1"),
            ("2001:db8::/64", "2001:db8::/64"),
            ("name a/32", "name a/32"),
            ("name \u{1b}[2J", "name \\x1b[2J"),
        ] {
            assert_eq!(source(key), wanted);
        }
    }

    #[test]
    fn times_are_cut_alike_before_and_after_any_epoch() {
        for nanos in [-1_500, -999, 0, 999, 1_500, 946_684_799_999_999_999] {
            let time = micros(DateTime::from_timestamp_nanos(nanos));
            assert_eq!(time.timestamp_micros(), nanos.div_euclid(1000));
            assert_eq!(time.timestamp_subsec_nanos() % 1000, 0);
        }
    }
}
