//! What keeps the gate from an answer.

use crate::call_error::CallError;
use crate::label::{Edition, Label};
use crate::set::SetFault;
use hosts_access::escape::visible;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Something that is broken: what stood in the way of an answer, with the reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The words of the call are wrong.
    Call(CallError),
    /// The configuration cannot be read or understood.
    Configuration {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// No database is here, or none for the family of the address.
    NoDatabase {
        /// What is asked for.
        edition: Edition,
        /// Whether the address is one of IPv6.
        is_v6: bool,
    },
    /// A database cannot be opened, is damaged, or is about something else.
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A database is older than the call allows, or its age cannot be known.
    Stale {
        /// The database.
        label: Label,
        /// The age that the call allows.
        most: Duration,
    },
    /// A compiled set cannot be opened or is damaged.
    Set {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: SetFault,
    },
    /// This machine's own addresses cannot be read.
    OwnAddresses {
        /// The file of the kernel.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The gate itself has an error.
    Internal,
}

impl Fault {
    /// A word for the kind, by which the log is kept short.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Call(_) => "call",
            Self::Configuration { .. } => "configuration",
            Self::NoDatabase { .. } => "no-database",
            Self::Database { .. } => "database",
            Self::Stale { .. } => "stale",
            Self::Set { .. } => "set",
            Self::OwnAddresses { .. } => "own-addresses",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| visible(path.as_os_str().as_bytes());
        match self {
            Self::Call(error) => error.fmt(out),
            Self::Configuration { path, cause }
            | Self::Database { path, cause }
            | Self::OwnAddresses { path, cause } => {
                write!(out, "cannot use {}: {cause}", shown(path))
            }
            Self::NoDatabase { edition, is_v6 } => {
                let family = if *is_v6 { "IPv6" } else { "IPv4" };
                write!(out, "no database of {edition} for {family} is here")
            }
            Self::Stale { label, most } => {
                let (number, unit) = match most.as_secs() {
                    seconds if seconds.is_multiple_of(86_400) => (seconds / 86_400, "days"),
                    seconds if seconds.is_multiple_of(3600) => (seconds / 3600, "hours"),
                    seconds => (seconds, "seconds"),
                };
                let verb = match label.built {
                    Some(_) => " is",
                    None => ", may be",
                };
                write!(out, "{label}{verb} older than {number} {unit}")
            }
            Self::Set { path, fault } => {
                let cause = visible(fault.to_string().as_bytes());
                write!(out, "cannot use {}: {cause}", shown(path))
            }
            Self::Internal => out.write_str("tcpw-gate has an internal error"),
        }
    }
}

impl std::error::Error for Fault {}
