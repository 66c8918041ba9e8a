//! What a report of many servers has beside the one of a single server, ready to be shown.

use super::stream::{FleetHost, FleetSource, FleetTotals};
use crate::escape::{visible, visible_short};
use crate::report::time::{maybe_utc, utc};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// As much of a value as a report shows.
pub(super) const SHOWN: usize = 120;

/// The servers of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FleetPart {
    /// How many servers the database knows.
    pub hosts: u64,
    /// How many of them have events in the time.
    pub reporting: u64,
    /// How many of them are silent.
    pub silent: u64,
    /// How many had events left to push when they were heard of last.
    pub behind: u64,
    /// How many events these had left.
    pub backlog: u64,
    /// The servers with most events.
    pub top_hosts: Vec<HostRow>,
    /// The sources that came to most servers.
    pub spread: Vec<SpreadRow>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostRow {
    /// Its name.
    pub name: String,
    /// Its events in the time.
    pub events: u64,
    /// Those of clients who were turned away.
    pub denied: u64,
    /// When it was heard of last.
    #[serde(serialize_with = "maybe_utc")]
    pub seen: Option<DateTime<Utc>>,
    /// The version of its tcpw-fleet.
    pub version: String,
    /// How many events it had left to push then.
    pub backlog: u64,
}

/// A source and the servers it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpreadRow {
    /// A network, or a name.
    pub source: String,
    /// To how many servers it came.
    pub hosts: u64,
    /// Its events in the time.
    pub events: u64,
    /// When it was seen first.
    #[serde(serialize_with = "utc")]
    pub first: DateTime<Utc>,
    /// When it was seen last.
    #[serde(serialize_with = "utc")]
    pub last: DateTime<Utc>,
}

impl FleetPart {
    /// With these servers and sources.
    pub(super) fn of(
        totals: &FleetTotals,
        top_hosts: Vec<HostRow>,
        spread: Vec<SpreadRow>,
    ) -> Self {
        Self {
            hosts: totals.hosts,
            reporting: totals.reporting,
            silent: totals.silent,
            behind: totals.behind,
            backlog: totals.backlog,
            top_hosts,
            spread,
        }
    }
}

impl From<FleetHost> for HostRow {
    fn from(host: FleetHost) -> Self {
        Self {
            name: visible_short(host.name.as_bytes(), SHOWN),
            events: host.events,
            denied: host.denied,
            seen: host.seen.map(time),
            version: visible_short(host.version.as_bytes(), SHOWN),
            backlog: host.backlog,
        }
    }
}

impl From<FleetSource> for SpreadRow {
    fn from(found: FleetSource) -> Self {
        Self {
            source: source(&found.source),
            hosts: found.hosts,
            events: found.events,
            first: time(found.first),
            last: time(found.last),
        }
    }
}

/// A source as it is shown: a network of one address is that address.
pub(super) fn source(source: &str) -> String {
    let single = source.strip_suffix("/32").or(source.strip_suffix("/128"));
    let source = visible(single.unwrap_or(source).as_bytes());
    visible_short(source.as_bytes(), SHOWN)
}

/// A time of the stream; one that no calendar has is the nearest that it has.
pub(super) fn time(microseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(microseconds).unwrap_or(if microseconds < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}
