//! What `tcpw-fleet read` is asked on standard input, and what it answers on standard output: one
//! JSON object a line, the last one `end`. Times are microseconds since the epoch in UTC.

use serde::{Deserialize, Serialize};

/// A question to the database of many servers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetQuery {
    /// The URL of the database, which may hold a password: it is never an argument.
    pub url: String,
    /// From this time on.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
    /// What is wanted.
    pub wanted: FleetWanted,
}

/// What is wanted of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FleetWanted {
    /// The numbers of a report.
    Report {
        /// How many sources, daemons and servers are named.
        top: u16,
        /// A server that was not heard of for so many seconds is silent.
        silent: u64,
        /// A mail program that did not look for events for so many seconds mails of none.
        own_after: u64,
    },
    /// The events that are kept in full.
    Events {
        /// Those of this daemon only.
        daemon: Option<String>,
        /// Those of addresses in this network only.
        network: Option<String>,
        /// Only so many, the newest.
        newest: Option<u64>,
    },
}

/// A line of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub enum FleetLine {
    /// The sums, the first line of a report.
    Totals(FleetTotals),
    /// All events of an hour.
    Hour {
        /// Hours since the epoch in UTC.
        hour: i64,
        /// Its events.
        events: u64,
    },
    /// A source with most events, most first.
    Source(FleetSource),
    /// A source with most events of those that were never seen before.
    NewSource(FleetSource),
    /// A source that came to most servers, most first.
    Spread(FleetSource),
    /// A daemon with most events, most first.
    Daemon {
        /// Its name.
        name: String,
        /// Its events.
        events: u64,
    },
    /// A server with most events, most first.
    Host(FleetHost),
    /// A server that is silent, the longest first.
    Silent(FleetHost),
    /// An event.
    Event(FleetEvent),
    /// The last line: without it the answer is not whole.
    End {
        /// How many lines came before it.
        lines: u64,
    },
}

/// The sums of a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FleetTotals {
    /// The database, without what opens it.
    pub database: String,
    /// How many servers are known.
    pub hosts: u64,
    /// How many of them have events in the time.
    pub reporting: u64,
    /// How many of them are silent.
    pub silent: u64,
    /// How many of them had events left when they were heard of last.
    pub behind: u64,
    /// How many events these had left.
    pub backlog: u64,
    /// How many servers leave their mail to `tcpw-fleet mail`, if that did not look for events lately.
    #[serde(default)]
    pub unmailed: u64,
    /// When it looked last.
    #[serde(default)]
    pub passed: Option<i64>,
    /// When the database was read, by its own clock.
    #[serde(default)]
    pub read: Option<i64>,
    /// All events.
    pub events: u64,
    /// Clients who were turned away.
    pub denied: u64,
    /// Clients who were admitted.
    pub granted: u64,
    /// How many sources there were.
    pub sources: u64,
    /// How many of them had never been seen before.
    pub new_sources: u64,
    /// How many of them came more than once.
    pub repeating_sources: u64,
}

/// A source at all servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FleetSource {
    /// Who it is: a network, or `name ` and a name.
    pub source: String,
    /// The last daemon it came to.
    pub daemon: String,
    /// To how many servers it came in the time.
    pub hosts: u64,
    /// Its events in the time.
    pub events: u64,
    /// All its events in the database.
    pub total: u64,
    /// When it was seen first.
    pub first: i64,
    /// When it was seen last.
    pub last: i64,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FleetHost {
    /// Its name.
    pub name: String,
    /// When it was heard of last.
    pub seen: Option<i64>,
    /// The version of its tcpw-fleet.
    pub version: String,
    /// How many events it had left then.
    pub backlog: u64,
    /// Its events in the time.
    pub events: u64,
    /// Those of clients who were turned away.
    pub denied: u64,
}

/// An event that is kept in full.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FleetEvent {
    /// The server.
    pub machine: String,
    /// Its number in that server's journal.
    pub id: i64,
    /// When it happened, by the clock of the server.
    pub time: i64,
    /// When the database received it.
    pub received: i64,
    /// Whom it is about.
    pub source: String,
    /// The address of the client, if it is known.
    pub addr: Option<String>,
    /// The daemon.
    pub daemon: String,
    /// `denied`, `granted` or `unknown`.
    pub verdict: String,
    /// The rule that fired, if it is known.
    pub rule: Option<String>,
    /// Who reported it.
    pub reporter: Option<String>,
}
