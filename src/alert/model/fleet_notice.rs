//! What a message about many servers says. Times are microseconds since the epoch.

use serde::{Deserialize, Serialize};

/// Something that concerns many servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum FleetNotice {
    /// A source came to servers.
    Source(SourceAtServers),
    /// Sources without messages of their own.
    Overflow {
        /// Why they have none.
        why: FleetDelay,
        /// How many sources.
        sources: u64,
        /// How many servers they came to.
        servers: u64,
        /// When the first of them came.
        first: i64,
        /// When the last of them came.
        last: i64,
        /// Those that came to most servers, and to how many.
        largest: Vec<(String, u64)>,
    },
    /// Servers were not heard of for too long.
    Silent {
        /// How many.
        count: u64,
        /// Some of them, the longest silent first, and when each was heard of last.
        servers: Vec<(String, Option<i64>)>,
    },
    /// Servers that were silent were heard of again.
    Back {
        /// How many.
        count: u64,
        /// Some of them, and since when each was silent.
        servers: Vec<(String, Option<i64>)>,
    },
    /// Servers say that they mail by themselves, and by the administrator's record do not: perhaps
    /// somebody else has their logins.
    Muting {
        /// How many.
        count: u64,
        /// Some of them, and when each said so last.
        servers: Vec<(String, Option<i64>)>,
    },
}

/// Why sources have no messages of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FleetDelay {
    /// As many messages as an hour may have had left.
    Limit,
    /// Their events came late, after an outage: the servers have mailed about them.
    Late,
    /// Users other than root reported them.
    Claimed,
}

/// A source and the servers it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceAtServers {
    /// Who it is: a network, or `name ` and a name.
    pub source: String,
    /// Whether it was told of within the quiet time.
    pub is_repeat: bool,
    /// How many servers it came to.
    pub servers: u64,
    /// Some of them, in the order in which it came.
    pub names: Vec<String>,
    /// The daemons it came to.
    pub daemons: Vec<String>,
    /// When it came first.
    pub first: i64,
    /// When it came last.
    pub last: i64,
}
